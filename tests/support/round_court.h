// SPDX-License-Identifier: Apache-2.0
// A round of commands with personal data: customers, orders of theirs, and a key broker that says what
// the test wants.
#ifndef SUPPORT_ROUND_COURT_H
#define SUPPORT_ROUND_COURT_H

#include "aggregate/load.h"
#include "command/decide.h"
#include "support/command_item.h"

enum { COURT_ITEMS = 16, COURT_CUSTOMER = 0xc0 };

/* The person an order of the court is of: uuid of `COURT_CUSTOMER + number`. */
static inline struct uuid court_customer(uint8_t number)
{
    return test_uuid((uint8_t)(COURT_CUSTOMER + number));
}

struct court {
    struct stage stage; /* an arena and a tenant */
    struct arena arena; /* of the round */
    struct stage_order order;
    struct place_order orders[COURT_ITEMS]; /* bodies */
    struct item items[COURT_ITEMS];
    size_t count;
    struct round round;
    struct round_keys keys;
    struct slab slab;
    struct nonces nonces;
    struct loaded_stream loaded[COURT_ITEMS];
    struct stored_outcome known[COURT_ITEMS];
    enum key_state state; /* of every leaf … */
    uint8_t odd_class;    /* … but of those of this class … */
    enum key_state odd;   /* … which are in this one */
    struct error err;
};

static const struct customer_contact court_contact = {
    .given_name = SLICE_LITERAL("Ada"),
    .family_name = SLICE_LITERAL("Byron"),
    .email = SLICE_LITERAL("ada@b.example")};
static const struct postal_address court_address = {
    .line1 = SLICE_LITERAL("12 St James's Square"),
    .city = SLICE_LITERAL("London"),
    .country = SLICE_LITERAL("DE")};
static const struct register_customer court_register = {
    .region = SLICE_LITERAL("eu-west"), .contact = court_contact};
static const struct change_contact court_change_contact = {.contact = court_contact};
static const struct change_shipping_address court_change_address = {
    .country = SLICE_LITERAL("DE"), .address = court_address};

static inline int court_open(void **state)
{
    static struct court court;
    memset(&court, 0, sizeof(court));
    stage_open(&court.stage, CATEGORY_ORDER);
    arena_init(&court.arena, (size_t)8 << 20);
    stage_fill_order(&court.order);
    court.odd_class = UINT8_MAX;
    if (!slab_open(&court.slab, 2 * NONCE_POOL_SIZE, true, &court.err) ||
        !nonces_open(&court.nonces, &court.slab))
        return -1;
    *state = &court;
    return 0;
}

static inline int court_close(void **state)
{
    struct court *court = *state;
    slab_close(&court->slab);
    arena_release(&court->arena);
    stage_close(&court->stage);
    return 0;
}

static inline struct item *
court_add(struct court *court, enum command_type type, const void *body, uint8_t stream, uint8_t id)
{
    assert_true(court->count < COURT_ITEMS);
    court->items[court->count] = test_item(type, body, stream, id);
    court->items[court->count].settings = &court->stage.tenant;
    court->items[court->count].classes = aggregate_classes(&court->items[court->count].command);
    return &court->items[court->count++];
}

/* An order of a customer, with contact and delivery (and so with an address for the invoice). */
static inline struct item *
court_place(struct court *court, uint8_t customer, bool personal, uint8_t stream, uint8_t id)
{
    struct place_order *body = &court->orders[court->count];
    *body = court->order.command;
    body->customer_id = court_customer(customer);
    if (personal) {
        body->has_contact = body->has_delivery = true;
        body->contact = (struct person_contact){.name = SLICE_LITERAL("Ada Byron")};
        body->delivery = (struct order_delivery){.ship_to = court_address};
    }
    return court_add(court, COMMAND_PLACE_ORDER, body, stream, id);
}

/* Builds and folds the round, and lists what it wishes. */
static inline void court_wish(struct court *court)
{
    arena_reset(&court->arena);
    assert_true(round_build(&court->round, court->items, court->count, COURT_ITEMS, &court->arena));
    round_loaded(&court->round, court->loaded, court->known);
    assert_int_equal(round_fold(&court->round, &court->err), DECIDE_OK);
    assert_true(round_keys_wish(&court->round, &court->keys));
}

/* The leaves of a subject begin at eight times the last byte that tells subjects of the test apart. */
static inline struct lease court_lease(const struct court *court, const struct lease_wish *wish)
{
    static const uint8_t key[DATA_KEY_SIZE] = {1, 2, 3};
    enum key_state state = wish->class == court->odd_class ? court->odd : court->state;
    uint64_t subject = wish->subject.bytes[3];
    return (struct lease){
        .state = state,
        .leaf = {TREE_SUBJECTS, subject * LEAVES_PER_SUBJECT + wish->class},
        .key = state == KEY_LIVE ? key : NULL};
}

static inline void court_grant(struct court *court)
{
    struct lease *answers = arena_array(&court->arena, court->keys.wish_count, struct lease);
    for (size_t i = 0; i < court->keys.wish_count; i++)
        answers[i] = court_lease(court, &court->keys.wishes[i]);
    round_keys_grant(&court->keys, answers, 5);
    court->round.keys = court->keys.wish_count > 0 ? &court->keys : NULL;
}

static inline enum decide_result court_decide(struct court *court)
{
    const struct deciding deciding = {
        .now_us = STAGE_NOW, .answers = &court->stage.arena, .nonces = &court->nonces};
    court_wish(court);
    court_grant(court);
    return round_decide(&court->round, &deciding, &court->err);
}

#endif
