// SPDX-License-Identifier: Apache-2.0
// Generated commands: the same in every run of a seed, accepted by the domain, in the intended mix.
#include "domain/aggregates.h"
#include "domain/order_messages.h"
#include "domain/stock_item.h"
#include "load/generate.h"
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

static struct slice encode(const struct outgoing *command)
{
    static uint8_t bytes[4096];
    struct writer out = writer_over(bytes, sizeof(bytes));
    if (command->body == NULL)
        return command->bytes;
    wire_encode(command_descriptions[command->type].message, WIRE_CONTRACT, command->body, &out);
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

/* ---- every command is accepted, in the order in which it is sent ---- */

struct stage {
    struct arena arena;
    struct tenant_settings tenant;
    struct uuid ids[1000]; /* streams seen */
    struct aggregate aggregates[1000];
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

static void every_command_is_accepted(void **state)
{
    (void)state;
    struct stage *stage = calloc(1, sizeof(*stage));
    assert_non_null(stage);
    arena_init(&stage->arena, 64 << 20);
    stage->tenant = (struct tenant_settings){.tenant = tenant, .currencies = "GBP"};
    const struct generator_options options = {.orders = 600, .seed = 3};
    visit_all("accepted", &options, accept, stage);
    assert_in_range(stage->lines, 600 * 2, 600 * 4);
    arena_release(&stage->arena);
    free(stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_run_is_the_same),
        cmocka_unit_test(the_mix_is_as_intended),
        cmocka_unit_test(every_command_is_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
