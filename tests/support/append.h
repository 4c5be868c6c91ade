// SPDX-License-Identifier: Apache-2.0
// Appending to a store in tests: groups of one command with a few small events.
#ifndef SUPPORT_APPEND_H
#define SUPPORT_APPEND_H

#include "store/store.h"
#include "support/cmocka.h"

enum { SIMPLE_MOST_EVENTS = 4 };

/* One group with one command; fill in what differs. Do not move it after simple_group(). */
struct simple_group {
    struct append_group group;
    struct new_command command;
    struct new_event events[SIMPLE_MOST_EVENTS];
};

/* An id from a number, for readable tests. */
static inline struct uuid simple_id(uint64_t number)
{
    struct uuid id = {.bytes = {0x10, 0x20}};
    for (size_t i = 0; i < 8; i++)
        id.bytes[15 - i] = (uint8_t)(number >> (8 * i));
    return id;
}

static inline void simple_group(
    struct simple_group *out,
    uint64_t stream,
    uint64_t command,
    int64_t expected_version,
    size_t event_count)
{
    *out = (struct simple_group){0};
    assert_true(event_count <= SIMPLE_MOST_EVENTS);
    for (size_t i = 0; i < event_count; i++) {
        out->events[i] = (struct new_event){
            .type = SLICE_LITERAL("OrderPlaced"),
            .schema_version = 3,
            .occurred_us = 1769860800000000,
            .payload = SLICE_LITERAL("payload"),
        };
    }
    out->command = (struct new_command){
        .id = simple_id(command),
        .outcome = event_count > 0 ? OUTCOME_ACCEPTED : OUTCOME_REJECTED,
        .code = event_count > 0 ? slice_of(NULL, 0) : slice_of_text("not_found"),
        .field = event_count > 0 ? slice_of(NULL, 0) : slice_of_text("lines"),
        .events = out->events,
        .event_count = event_count,
    };
    memset(out->command.fingerprint, (int)(command & 0xff), sizeof(out->command.fingerprint));
    out->group = (struct append_group){
        .stream = {.tenant_id = 1, .category = 1, .id = simple_id(stream)},
        .expected_version = expected_version,
        .commands = &out->command,
        .command_count = 1,
    };
}

/* store_append of groups without sealed parts. */
static inline bool simple_append_all(
    struct appender *appender,
    struct db *db,
    struct append_group *groups,
    size_t group_count,
    struct error *err)
{
    const struct append_batch batch = {
        .groups = groups, .group_count = group_count, .erasure_fence = STORE_NOTHING_SEALED};
    return store_append(appender, db, &batch, err);
}

/* Appends one group; fails the test when the call itself fails. */
static inline enum append_status
simple_append(struct appender *appender, struct db *db, struct simple_group *simple)
{
    struct error err;
    if (!simple_append_all(appender, db, &simple->group, 1, &err))
        fail_msg("append: %s", err.text);
    return simple->group.status;
}

#endif
