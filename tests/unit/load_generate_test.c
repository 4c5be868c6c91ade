// SPDX-License-Identifier: Apache-2.0
// Generated commands: the same in every run of a seed, accepted by the domain, in the intended mix.
#include "domain/aggregates.h"
#include "domain/order_messages.h"
#include "domain/stock_item.h"
#include "load/generate.h"
#include "load/sealing.h"
#include "support/cmocka.h"
#include "wire/codec.h"

#include <stdlib.h>

static const struct uuid tenant = {{0x5f, 0x0e, 0x6f, 0x4c, 0x6d, 0x0b, 0x5c, 0x1b}};

/* What a whole run comes to. */
struct run {
    int64_t commands;
    int64_t types[COMMAND_TYPE_COUNT];
    uint64_t digest; /* FNV-1a over ids and bytes */
};

typedef void visit_function(const struct outgoing *command, void *context);

static void visit_all(
    const char *run_id,
    const struct generator_options *options,
    visit_function *visit,
    void *context)
{
    struct run_identity identity;
    struct generator *generator;
    struct error err;
    assert_true(run_identity_init(&identity, &tenant, run_id));
    assert_true(generator_open(&generator, options, &identity, &err));
    struct command_source source = generator_source(generator);
    for (;;) {
        struct outgoing command;
        bool more;
        assert_true(source.next(source.state, &command, &more, &err));
        if (!more)
            break;
        visit(&command, context);
    }
    generator_close(generator);
}

/* Personal parts in plain. */
static struct slice encode(const struct outgoing *command)
{
    static uint8_t bytes[512 * 1024];
    static struct sealing plain = {.mode = PERSONAL_PLAIN};
    struct writer out = writer_over(bytes, sizeof(bytes));
    if (command->body == NULL)
        writer_bytes(&out, command->bytes.data, command->bytes.size);
    else
        wire_encode(
            command_descriptions[command->type].message, WIRE_CONTRACT, command->body, &out);
    if (command->personal.size != 0)
        sealing_add(&plain, &command->command_id, command->personal, &out);
    assert_false(out.overflow);
    return writer_slice(&out);
}

static void mix(struct run *run, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++)
        run->digest = (run->digest ^ bytes[i]) * UINT64_C(1099511628211);
}

static void count(const struct outgoing *command, void *context)
{
    struct run *run = context;
    struct slice bytes = encode(command);
    run->commands++;
    run->types[command->type]++;
    mix(run, command->command_id.bytes, sizeof(command->command_id));
    mix(run, command->stream_id.bytes, sizeof(command->stream_id));
    mix(run, bytes.data, bytes.size);
}

static struct run run_of(const char *run_id, int64_t orders, int64_t seed)
{
    struct run run = {.digest = UINT64_C(14695981039346656037)};
    const struct generator_options options = {.orders = orders, .seed = seed};
    visit_all(run_id, &options, count, &run);
    return run;
}

static void the_same_run_is_the_same(void **state)
{
    (void)state;
    struct run first = run_of("a", 500, 1);
    assert_true(run_of("a", 500, 1).digest == first.digest);
    assert_true(run_of("a", 500, 2).digest != first.digest);
    assert_true(run_of("b", 500, 1).digest != first.digest);
    assert_true(run_of("", 500, 1).digest != first.digest);
}

static void the_mix_is_as_intended(void **state)
{
    (void)state;
    enum { ORDERS = 20000 };
    struct run run = run_of("mix", ORDERS, 7);
    assert_int_equal(run.types[COMMAND_PLACE_ORDER], ORDERS);
    assert_int_equal(run.types[COMMAND_RECEIVE_STOCK], ORDERS / 50);
    assert_in_range(run.types[COMMAND_CANCEL_LINES], ORDERS * 25 / 1000, ORDERS * 35 / 1000);
    assert_in_range(run.types[COMMAND_CANCEL_ORDER], ORDERS * 7 / 1000, ORDERS * 13 / 1000);
    assert_int_equal(run.types[COMMAND_ADJUST_STOCK], 0);
}

/* ---- orders of the shape of the real ones ---- */

enum { SHAPED = 20000 };

struct shape {
    int64_t orders;
    int64_t counts[SHAPED];
    int64_t repeated; /* orders that hold a SKU twice */
    int64_t first;    /* lines of the article sold most */
    int64_t lines;
};

static int by_size(const void *a, const void *b)
{
    int64_t left, right;
    memcpy(&left, a, sizeof(left));
    memcpy(&right, b, sizeof(right));
    return (left > right) - (left < right);
}

/* SKUs are in the bytes as "G00001". */
static void count_skus(struct slice bytes, struct shape *shape)
{
    static int64_t seen_in[100000];
    bool repeated = false;
    for (size_t at = 1; at + 6 <= bytes.size; at++) {
        if (bytes.data[at - 1] != 0xa6 || bytes.data[at] != 'G')
            continue;
        size_t number = 0;
        for (size_t digit = 1; digit < 6; digit++)
            number = number * 10 + (size_t)(bytes.data[at + digit] - '0');
        assert_true(number < countof(seen_in));
        shape->first += number == 1;
        repeated = repeated || seen_in[number] == shape->orders;
        seen_in[number] = shape->orders;
    }
    shape->repeated += repeated;
}

static void measure(const struct outgoing *command, void *context)
{
    struct shape *shape = context;
    if (command->type != COMMAND_PLACE_ORDER)
        return;
    shape->counts[shape->orders++] = command->lines;
    shape->lines += command->lines;
    count_skus(command->bytes, shape);
}

static void retail_orders_are_shaped_like_the_real_ones(void **state)
{
    (void)state;
    static struct shape shape;
    const struct generator_options options = {.orders = SHAPED, .seed = 5, .shape = SHAPE_RETAIL};
    visit_all("shape", &options, measure, &shape);
    qsort(shape.counts, SHAPED, sizeof(shape.counts[0]), by_size);
    assert_in_range(shape.counts[SHAPED / 2], 13, 17);
    assert_in_range(shape.counts[SHAPED * 9 / 10], 43, 53);
    assert_in_range(shape.counts[SHAPED * 99 / 100], 85, 150); /* of 4,096 drafts */
    assert_in_range(shape.counts[SHAPED - 1], 400, 1100);
    assert_in_range(shape.repeated, SHAPED * 12 / 100, SHAPED * 18 / 100);
    assert_in_range(shape.first * 1000 / shape.lines, 3, 6);
}

/* ---- every command is accepted, in the order in which it is sent ---- */

struct stage {
    struct arena arena;
    struct tenant_settings tenant;
    struct uuid ids[2000]; /* streams seen */
    struct aggregate aggregates[2000];
    size_t streams;
    int64_t lines;
};

static struct aggregate *stream_of(struct stage *stage, const struct outgoing *command)
{
    for (size_t i = 0; i < stage->streams; i++) {
        if (uuid_equal(&stage->ids[i], &command->stream_id))
            return &stage->aggregates[i];
    }
    assert_true(stage->streams < countof(stage->ids));
    stage->ids[stage->streams] = command->stream_id;
    struct aggregate *aggregate = &stage->aggregates[stage->streams++];
    assert_true(
        aggregate_init(aggregate, command_descriptions[command->type].category, &stage->arena));
    return aggregate;
}

static void accept(const struct outgoing *sent, void *context)
{
    struct stage *stage = context;
    const struct message *message = command_descriptions[sent->type].message;
    struct slice bytes;
    struct wire_fault fault;
    assert_true(arena_copy(&stage->arena, encode(sent), &bytes));
    void *body = arena_take(&stage->arena, message->size);
    assert_non_null(body);
    assert_true(wire_decode(message, WIRE_CONTRACT, bytes, &stage->arena, body, &fault));
    struct aggregate *aggregate = stream_of(stage, sent);
    struct command command = {.type = sent->type, .body = body};
    struct decide_context decide = {
        .arena = &stage->arena,
        .now_us = 0,
        .tenant = &stage->tenant,
        .stream_id = sent->stream_id};
    struct decision decision;
    assert_true(aggregate_decide(aggregate, &command, &decide, &decision));
    assert_null(decision.rejection);
    assert_true(decision.event_count > 0);
    for (size_t i = 0; i < decision.event_count; i++)
        assert_true(aggregate_evolve(aggregate, &decision.events[i], &stage->arena));
    assert_null(sent->expected);
    stage->lines += sent->lines;
    if (sent->type == COMMAND_PLACE_ORDER)
        assert_int_equal(((const struct place_order *)body)->lines_count, sent->lines);
}

static void accept_all(const struct generator_options *options, int64_t least, int64_t most)
{
    struct stage *stage = calloc(1, sizeof(*stage));
    assert_non_null(stage);
    arena_init(&stage->arena, 64 << 20);
    stage->tenant = (struct tenant_settings){.tenant = tenant, .currencies = "GBP"};
    visit_all("accepted", options, accept, stage);
    assert_in_range(stage->lines, least, most);
    arena_release(&stage->arena);
    free(stage);
}

static void every_command_is_accepted(void **state)
{
    (void)state;
    const struct generator_options options = {.orders = 600, .seed = 3};
    accept_all(&options, 600 * 2, 600 * 4);
}

static void commands_with_personal_data_are_accepted(void **state)
{
    (void)state;
    const struct generator_options options = {
        .orders = 400, .seed = 3, .shape = SHAPE_RETAIL, .personal = true, .registers = true};
    accept_all(&options, 400 * 15, 400 * 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_run_is_the_same),
        cmocka_unit_test(the_mix_is_as_intended),
        cmocka_unit_test(retail_orders_are_shaped_like_the_real_ones),
        cmocka_unit_test(every_command_is_accepted),
        cmocka_unit_test(commands_with_personal_data_are_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
