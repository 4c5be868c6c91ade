// SPDX-License-Identifier: Apache-2.0
// What a source of the load client gives out, followed to its end: counted, and decided by the domain.
#ifndef SUPPORT_LOAD_STAGE_H
#define SUPPORT_LOAD_STAGE_H

#include "domain/aggregates.h"
#include "load/command_source.h"
#include "load/map16.h"
#include "domain/order_messages.h"
#include "domain/stock_item.h"
#include "load/sealing.h"
#include "support/cmocka.h"
#include "wire/codec.h"

#include <stdlib.h>

static const struct uuid load_tenant = {{0x5f, 0x0e, 0x6f, 0x4c, 0x6d, 0x0b, 0x5c, 0x1b}};

typedef void load_visit(const struct outgoing *command, void *context);

static inline void load_visit_all(struct command_source source, load_visit *visit, void *context)
{
    for (;;) {
        struct outgoing command = {.expected = NULL};
        struct error err;
        bool more;
        assert_true(source.next(source.state, &command, &more, &err));
        if (!more)
            break;
        visit(&command, context);
    }
}

/* Personal parts in plain. */
static inline struct slice load_encode(const struct outgoing *command)
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

/* ---- what a whole run comes to ---- */

#define LOAD_RUN_START UINT64_C(14695981039346656037)

struct load_run {
    int64_t commands;
    int64_t types[COMMAND_TYPE_COUNT];
    uint64_t digest; /* FNV-1a over ids and bytes; LOAD_RUN_START before the first */
};

static inline void load_mix(struct load_run *run, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++)
        run->digest = (run->digest ^ bytes[i]) * UINT64_C(1099511628211);
}

static inline void load_count(const struct outgoing *command, void *context)
{
    struct load_run *run = context;
    struct slice bytes = load_encode(command);
    run->commands++;
    run->types[command->type]++;
    load_mix(run, command->command_id.bytes, sizeof(command->command_id));
    load_mix(run, command->stream_id.bytes, sizeof(command->stream_id));
    load_mix(run, bytes.data, bytes.size);
}

/* ---- the real domain: each command must come to what its source expects ---- */

enum { LOAD_MOST_STREAMS = 20000 };

struct load_stage {
    struct arena arena;
    struct tenant_settings tenant;
    struct map16 numbers; /* of the streams seen, by their id */
    struct aggregate aggregates[LOAD_MOST_STREAMS];
    int64_t commands;
    int64_t lines;
    int64_t refused;
    int64_t undetermined; /* commands of which anything was expected */
};

static inline struct load_stage *load_stage_new(void)
{
    struct load_stage *stage = calloc(1, sizeof(*stage));
    struct error err;
    assert_non_null(stage);
    arena_init(&stage->arena, 256 << 20);
    stage->tenant = (struct tenant_settings){.tenant = load_tenant, .currencies = "GBP"};
    assert_true(map16_init(&stage->numbers, LOAD_MOST_STREAMS, &err));
    return stage;
}

static inline void load_stage_free(struct load_stage *stage)
{
    map16_release(&stage->numbers);
    arena_release(&stage->arena);
    free(stage);
}

static inline struct aggregate *
load_stage_stream(struct load_stage *stage, const struct outgoing *command)
{
    struct map16_key key;
    struct error err;
    uint32_t number;
    memcpy(key.bytes, command->stream_id.bytes, sizeof(key.bytes));
    if (map16_find(&stage->numbers, &key, &number))
        return &stage->aggregates[number];
    number = (uint32_t)stage->numbers.count;
    assert_true(number < LOAD_MOST_STREAMS);
    assert_true(map16_put(&stage->numbers, &key, number, &err));
    enum category category = command_descriptions[command->type].category;
    assert_true(aggregate_init(&stage->aggregates[number], category, &stage->arena));
    return &stage->aggregates[number];
}

static inline void load_stage_judge(
    struct load_stage *stage, const struct outgoing *sent, const struct decision *decision)
{
    const char *code = decision->rejection != NULL ? decision->rejection->code : NULL;
    stage->refused += code != NULL;
    if (sent->expected != NULL && strcmp(sent->expected, COMMAND_ANY_OUTCOME) == 0) {
        stage->undetermined++;
    } else if (sent->expected != NULL) {
        assert_non_null(code);
        assert_string_equal(code, sent->expected);
    } else {
        assert_null(code);
        assert_true(decision->event_count > 0);
    }
}

/* Decides and folds the command; context is a load_stage. Copies (`again`) are left to the store. */
static inline void load_stage_take(const struct outgoing *sent, void *context)
{
    struct load_stage *stage = context;
    const struct message *message = command_descriptions[sent->type].message;
    struct slice bytes;
    struct wire_fault fault;
    if (sent->again)
        return;
    assert_true(arena_copy(&stage->arena, load_encode(sent), &bytes));
    void *body = arena_take(&stage->arena, message->size);
    assert_non_null(body);
    assert_true(wire_decode(message, WIRE_CONTRACT, bytes, &stage->arena, body, &fault));
    struct aggregate *aggregate = load_stage_stream(stage, sent);
    struct command command = {.type = sent->type, .body = body};
    struct decide_context decide = {
        .arena = &stage->arena,
        .now_us = 0,
        .tenant = &stage->tenant,
        .stream_id = sent->stream_id};
    struct decision decision;
    assert_true(aggregate_decide(aggregate, &command, &decide, &decision));
    load_stage_judge(stage, sent, &decision);
    for (size_t i = 0; i < decision.event_count; i++)
        assert_true(aggregate_evolve(aggregate, &decision.events[i], &stage->arena));
    stage->commands++;
    stage->lines += sent->lines;
    if (sent->type == COMMAND_PLACE_ORDER)
        assert_int_equal(((const struct place_order *)body)->lines_count, sent->lines);
}

#endif
