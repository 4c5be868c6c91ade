// SPDX-License-Identifier: Apache-2.0
// The desk where messages become commands: a message to change, one tenant, and what intake makes of it.
#ifndef SUPPORT_DESK_H
#define SUPPORT_DESK_H

#include "command/intake.h"
#include "support/command_item.h"

struct desk {
    struct arena arena;
    struct fingerprinter fp;
    struct tenants *tenants;
    bool without_keys;
    bool accepts_plain;
    bool is_queued;
    bool leaves_body;
    struct test_arrival arrival;
    struct item item;
};

static inline int open_desk(void **state)
{
    static struct desk desk;
    struct error err;
    static const uint8_t key[FINGERPRINT_KEY_SIZE] = {1, 2, 3};
    memset(&desk, 0, sizeof(desk));
    arena_init(&desk.arena, (size_t)4 << 20);
    if (!fingerprinter_open_key(&desk.fp, key, &err) ||
        !tenants_alone("default", &desk.tenants, &err))
        return -1;
    desk.tenants->rows[0].number = 7;
    arrival_fill(&desk.arrival);
    *state = &desk;
    return 0;
}

static inline int close_desk(void **state)
{
    struct desk *desk = *state;
    fingerprinter_close(&desk->fp);
    tenants_close(desk->tenants);
    arena_release(&desk->arena);
    return 0;
}

static inline void take_in(struct desk *desk)
{
    const struct intake how = {
        .fingerprinter = &desk->fp,
        .admission =
            {.tenants = desk->tenants,
             .topic = slice_of_text("order.commands"),
             .now_us = STAGE_NOW,
             .monotonic_us = 1,
             .is_queued = desk->is_queued},
        .has_keys = !desk->without_keys,
        .accepts_plain = desk->accepts_plain,
        .leaves_body = desk->leaves_body,
        .arena = &desk->arena};
    desk->item = (struct item){.arrival = desk->arrival.arrival};
    intake(&how, &desk->item);
}

static inline void assert_refused(struct desk *desk, const char *code, const char *field)
{
    take_in(desk);
    const struct answer *answer = &desk->item.answer;
    assert_int_equal(desk->item.state, ITEM_ANSWERED);
    assert_int_equal(answer->outcome, ANSWER_INVALID);
    assert_true(answer->dead_letter);
    assert_false(answer->retryable);
    assert_string_equal(answer->code, code);
    if (field == NULL)
        assert_null(answer->field);
    else
        assert_string_equal(answer->field, field);
}

#endif
