// SPDX-License-Identifier: Apache-2.0
// Rounds of commands for one stock item whose state is kept between them (command/hot.h), without a
// store: tests say what became of the append.
#ifndef SUPPORT_KITCHEN_H
#define SUPPORT_KITCHEN_H

#include "command/decide.h"
#include "command/hot.h"
#include "support/command_item.h"

enum { KITCHEN_ITEMS = 1000, KITCHEN_OPEN = 40 };

struct kitchen {
    struct hot hot;
    struct stage stage; /* a tenant, and the item as it is stored */
    struct arena arena; /* of the round */
    struct item items[KITCHEN_ITEMS];
    struct reserve_stock reserves[KITCHEN_ITEMS]; /* bodies of the items, where they are such */
    size_t count;
    struct round round;
    uint32_t ids;
};

static inline void kitchen_open(struct kitchen *kitchen)
{
    memset(kitchen, 0, sizeof(*kitchen));
    hot_init(&kitchen->hot);
    stage_open(&kitchen->stage, CATEGORY_STOCK);
    arena_init(&kitchen->arena, (size_t)64 << 20);
}

static inline void kitchen_close(struct kitchen *kitchen)
{
    hot_release(&kitchen->hot);
    stage_close(&kitchen->stage);
    arena_release(&kitchen->arena);
}

static inline struct uuid kitchen_order(uint32_t number)
{
    struct uuid id = {{0x0d, 0xe4}};
    memcpy(id.bytes + 4, &number, sizeof(number));
    return id;
}

/* The next command of the round, for the item of the stage; every command has another id. */
static inline struct item *
kitchen_add(struct kitchen *kitchen, enum command_type type, const void *body)
{
    struct item *item = &kitchen->items[kitchen->count++];
    *item = test_item(type, body, 0, 0);
    memcpy(item->envelope.id.bytes + 8, &kitchen->ids, sizeof(kitchen->ids));
    kitchen->ids++;
    item->stream.id = kitchen->stage.context.stream_id;
    item->settings = &kitchen->stage.tenant;
    return item;
}

static inline struct item *kitchen_reserve(struct kitchen *kitchen, uint32_t order, int64_t qty)
{
    struct reserve_stock *body = &kitchen->reserves[kitchen->count];
    *body = (struct reserve_stock){
        .sku = SLICE_LITERAL("A-1"), .order_id = kitchen_order(order), .qty = qty};
    return kitchen_add(kitchen, COMMAND_RESERVE_STOCK, body);
}

/* A round of no commands yet. */
static inline void kitchen_begin(struct kitchen *kitchen)
{
    arena_reset(&kitchen->arena);
    kitchen->count = 0;
}

/* Decides the round on what is kept; false: nothing is, the stream would have to be loaded. */
static inline bool kitchen_decide(struct kitchen *kitchen)
{
    struct error err;
    const struct deciding deciding = {.now_us = STAGE_NOW, .answers = &kitchen->arena};
    struct round *round = &kitchen->round;
    assert_true(round_build(round, kitchen->items, kitchen->count, KITCHEN_ITEMS, &kitchen->arena));
    hot_serve(&kitchen->hot, round);
    if (round->loading_groups != 0)
        return false;
    assert_int_equal(round_decide(round, &deciding, &err), DECIDE_OK);
    return true;
}

/* The append of the round ended so. */
static inline void kitchen_learn(struct kitchen *kitchen, enum append_status status)
{
    for (size_t i = 0; i < kitchen->round.append_count; i++)
        kitchen->round.appends[i].status = status;
    hot_learn(&kitchen->hot, &kitchen->round);
}

/* Has `hot` learn the stage's state as if a round had loaded it for a command. */
static inline void kitchen_keep_as(struct kitchen *kitchen, struct uuid stream)
{
    static struct append_group append;
    static struct group *appended[1];
    kitchen_begin(kitchen);
    (void)kitchen_reserve(kitchen, UINT32_MAX, 1);
    kitchen->items[0].stream.id = stream;
    assert_true(round_build(&kitchen->round, kitchen->items, 1, 1, &kitchen->arena));
    struct group *group = &kitchen->round.groups[0];
    group->aggregate = kitchen->stage.aggregate;
    append = (struct append_group){.status = APPEND_OK};
    appended[0] = group;
    kitchen->round.appends = &append;
    kitchen->round.appended = appended;
    kitchen->round.append_count = 1;
    hot_learn(&kitchen->hot, &kitchen->round);
}

/* Stocks the item and reserves for orders 0 to count - 1, one unit each; the state is kept then. */
static inline void kitchen_fill(struct kitchen *kitchen, uint32_t count)
{
    const struct receive_stock receive = {.sku = SLICE_LITERAL("A-1"), .qty = STOCK_MAX_QTY};
    stage_do(&kitchen->stage, COMMAND_RECEIVE_STOCK, &receive, 1);
    for (uint32_t i = 0; i < count; i++) {
        const struct reserve_stock reserve = {
            .sku = SLICE_LITERAL("A-1"), .order_id = kitchen_order(i), .qty = 1};
        stage_do(&kitchen->stage, COMMAND_RESERVE_STOCK, &reserve, 1);
    }
    kitchen_keep_as(kitchen, kitchen->stage.context.stream_id);
}

/* Whether a command of the round was answered so; code NULL: accepted. */
static inline bool kitchen_answered(
    const struct kitchen *kitchen, size_t number, const char *code, size_t events, int64_t version)
{
    const struct item *item = &kitchen->items[number];
    bool same_code = code == NULL ? item->answer.outcome == ANSWER_ACCEPTED
                                  : item->answer.outcome == ANSWER_REJECTED &&
                                        strcmp(item->answer.code, code) == 0;
    return same_code && item->event_count == events && item->answer.version == version;
}

/* A round that gets lost before it is appended, is decided again, and appended in the end. True when
 * nobody can tell: every try has the same answers, and what follows is as if there had been one. */
static inline bool kitchen_forgets_what_was_lost(struct kitchen *kitchen)
{
    const int64_t version = KITCHEN_OPEN + 1;
    const struct release_reservation release = {
        .sku = SLICE_LITERAL("A-1"), .order_id = kitchen_order(1), .qty = 1};
    kitchen_fill(kitchen, KITCHEN_OPEN);
    for (int try = 0; try < 3; try++) {
        kitchen_begin(kitchen);
        (void)kitchen_reserve(kitchen, 1000, 5);
        (void)kitchen_add(kitchen, COMMAND_RELEASE_RESERVATION, &release);
        assert_true(kitchen_decide(kitchen));
        if (kitchen->round.appends[0].expected_version != version ||
            !kitchen_answered(kitchen, 0, NULL, 1, version + 1) ||
            !kitchen_answered(kitchen, 1, NULL, 1, version + 2))
            return false;
    }
    kitchen_learn(kitchen, APPEND_OK);
    kitchen_begin(kitchen);
    (void)kitchen_reserve(kitchen, 1000, 5);
    (void)kitchen_add(kitchen, COMMAND_RELEASE_RESERVATION, &release);
    assert_true(kitchen_decide(kitchen));
    return kitchen->round.appends[0].expected_version == version + 2 &&
           kitchen_answered(kitchen, 0, NULL, 0, version + 2) &&
           kitchen_answered(kitchen, 1, "reservation_unknown", 0, version + 2);
}

#endif
