// SPDX-License-Identifier: Apache-2.0
// Reservations: nothing is sold twice, the order is the key, and what is closed is forgotten.
#include "support/stage.h"

#define SECOND INT64_C(1000000)

static int open_stage(void **state)
{
    static struct stage stage;
    stage_open(&stage, CATEGORY_STOCK);
    *state = &stage;
    return 0;
}

static int close_stage(void **state)
{
    stage_close(*state);
    return 0;
}

static struct uuid order_of(uint8_t number)
{
    return (struct uuid){{0x0d, number}};
}

static struct reserve_stock reserves(uint8_t order, int64_t qty)
{
    return (struct reserve_stock){
        .sku = SLICE_LITERAL("A-1"), .order_id = order_of(order), .qty = qty};
}

static struct release_reservation releases(uint8_t order, int64_t qty)
{
    return (struct release_reservation){
        .sku = SLICE_LITERAL("A-1"), .order_id = order_of(order), .qty = qty, .cause = 2};
}

static struct commit_reservation commits(uint8_t order, int64_t qty)
{
    return (struct commit_reservation){
        .sku = SLICE_LITERAL("A-1"),
        .order_id = order_of(order),
        .shipment_id = {{0x5b}},
        .qty = qty};
}

static void receive(struct stage *stage, int64_t qty)
{
    const struct receive_stock command = {.sku = SLICE_LITERAL("A-1"), .qty = qty};
    stage_do(stage, COMMAND_RECEIVE_STOCK, &command, 1);
}

static void reserve(struct stage *stage, uint8_t order, int64_t qty)
{
    const struct reserve_stock command = reserves(order, qty);
    stage_do(stage, COMMAND_RESERVE_STOCK, &command, 1);
}

static void check(const struct stage *stage, int64_t on_hand, int64_t reserved, size_t open)
{
    const struct stock_item *item = stage_item(stage);
    assert_int_equal(item->on_hand, on_hand);
    assert_int_equal(item->reserved, reserved);
    assert_int_equal(item->reservations.count, open);
}

static void units_are_reserved_for_an_order(void **state)
{
    struct stage *stage = *state;
    receive(stage, 10);
    reserve(stage, 1, 4);
    assert_int_equal(stage->decision.events[0].type, EVENT_STOCK_RESERVED);
    const struct stock_reserved *event = stage->decision.events[0].body;
    struct uuid order = order_of(1);
    struct uuid_value open;
    assert_true(slice_is(event->sku, "A-1") && slice_is(event->location, "main"));
    assert_true(uuid_equal(&event->order_id, &order));
    assert_int_equal(event->qty, 4);
    assert_int_equal(event->on_hand, 10);
    assert_int_equal(event->reserved, 4);
    assert_int_equal(event->expires_at, STAGE_NOW + 15 * 60 * SECOND);
    check(stage, 10, 4, 1);
    assert_true(uuid_map_find(&stage_item(stage)->reservations, &order, &open));
    assert_int_equal(open.number, 4);
    assert_int_equal(open.time_us, event->expires_at);
}

static void the_last_unit_is_sold_once(void **state)
{
    struct stage *stage = *state;
    struct reserve_stock command = reserves(2, 7);
    receive(stage, 10);
    reserve(stage, 1, 4);
    stage_decide(stage, COMMAND_RESERVE_STOCK, &command);
    stage_refused(stage, REJECTION_insufficient_stock, "qty");
    reserve(stage, 2, 6);
    check(stage, 10, 10, 2);
    command = reserves(3, 1);
    stage_decide(stage, COMMAND_RESERVE_STOCK, &command);
    stage_refused(stage, REJECTION_insufficient_stock, "qty");
    receive(stage, 1);
    reserve(stage, 3, 1);
}

static void what_was_never_received_is_not_there(void **state)
{
    struct stage *stage = *state;
    const struct reserve_stock reserve_one = reserves(1, 1);
    const struct release_reservation release_one = releases(1, 1);
    const struct commit_reservation commit_one = commits(1, 1);
    stage_decide(stage, COMMAND_RESERVE_STOCK, &reserve_one);
    stage_refused(stage, REJECTION_insufficient_stock, "qty");
    stage_decide(stage, COMMAND_RELEASE_RESERVATION, &release_one);
    stage_refused(stage, REJECTION_reservation_unknown, "order_id");
    stage_decide(stage, COMMAND_COMMIT_RESERVATION, &commit_one);
    stage_refused(stage, REJECTION_reservation_unknown, "order_id");
}

/* Under another command id: the order is the key. */
static void the_same_order_again_changes_nothing(void **state)
{
    struct stage *stage = *state;
    struct reserve_stock command = reserves(1, 4);
    receive(stage, 4);
    reserve(stage, 1, 4);
    stage_decide(stage, COMMAND_RESERVE_STOCK, &command);
    stage_accepted(stage, 0);
    for (int64_t qty = 3; qty <= 5; qty += 2) {
        command = reserves(1, qty);
        stage_decide(stage, COMMAND_RESERVE_STOCK, &command);
        stage_refused(stage, REJECTION_already_exists, "order_id");
    }
    const struct release_reservation release_all = releases(1, 4);
    stage_do(stage, COMMAND_RELEASE_RESERVATION, &release_all, 1);
    reserve(stage, 1, 3); /* the old one is gone */
    check(stage, 4, 3, 1);
}

static void how_long_it_holds_may_be_said(void **state)
{
    struct stage *stage = *state;
    struct reserve_stock command = reserves(1, 1);
    receive(stage, 10);
    command.ttl = STOCK_MAX_TTL;
    command.has_ttl = true;
    stage_do(stage, COMMAND_RESERVE_STOCK, &command, 1);
    const struct stock_reserved *event = stage->decision.events[0].body;
    assert_int_equal(event->expires_at, STAGE_NOW + STOCK_MAX_TTL * SECOND);
    stage->tenant.stock_ttl_us = 10 * SECOND;
    reserve(stage, 2, 1);
    event = stage->decision.events[0].body;
    assert_int_equal(event->expires_at, STAGE_NOW + 10 * SECOND);
}

static void a_reservation_is_released_in_parts(void **state)
{
    struct stage *stage = *state;
    struct release_reservation command = releases(1, 3);
    receive(stage, 10);
    reserve(stage, 1, 4);
    stage_do(stage, COMMAND_RELEASE_RESERVATION, &command, 1);
    assert_int_equal(stage->decision.events[0].type, EVENT_RESERVATION_RELEASED);
    const struct reservation_released *event = stage->decision.events[0].body;
    struct uuid order = order_of(1);
    assert_true(slice_is(event->sku, "A-1") && slice_is(event->location, "main"));
    assert_true(uuid_equal(&event->order_id, &order));
    assert_int_equal(event->qty, 3);
    assert_int_equal(event->cause, 2);
    assert_int_equal(event->on_hand, 10);
    assert_int_equal(event->reserved, 1);
    check(stage, 10, 1, 1);
    command = releases(1, 2);
    stage_decide(stage, COMMAND_RELEASE_RESERVATION, &command);
    stage_refused(stage, REJECTION_quantity_exceeds_open, "qty");
    command = releases(1, 1);
    stage_do(stage, COMMAND_RELEASE_RESERVATION, &command, 1);
    check(stage, 10, 0, 0);
    stage_decide(stage, COMMAND_RELEASE_RESERVATION, &command);
    stage_refused(stage, REJECTION_reservation_unknown, "order_id");
}

static void a_commit_takes_units_off_the_shelf(void **state)
{
    struct stage *stage = *state;
    struct commit_reservation command = commits(1, 3);
    receive(stage, 10);
    reserve(stage, 1, 4);
    reserve(stage, 2, 6);
    stage_do(stage, COMMAND_COMMIT_RESERVATION, &command, 1);
    assert_int_equal(stage->decision.events[0].type, EVENT_RESERVATION_COMMITTED);
    const struct reservation_committed *event = stage->decision.events[0].body;
    struct uuid order = order_of(1);
    assert_true(slice_is(event->sku, "A-1") && slice_is(event->location, "main"));
    assert_true(uuid_equal(&event->order_id, &order));
    assert_true(uuid_equal(&event->shipment_id, &command.shipment_id));
    assert_int_equal(event->qty, 3);
    assert_int_equal(event->on_hand, 7);
    assert_int_equal(event->reserved, 7);
    check(stage, 7, 7, 2);
    command = commits(1, 2); /* others have more, this order has not */
    command.shipment_id.bytes[1] = 1;
    stage_decide(stage, COMMAND_COMMIT_RESERVATION, &command);
    stage_refused(stage, REJECTION_quantity_exceeds_open, "qty");
    command = commits(1, 1);
    command.shipment_id.bytes[1] = 1;
    stage_do(stage, COMMAND_COMMIT_RESERVATION, &command, 1);
    check(stage, 6, 6, 1);
    command = commits(3, 1);
    stage_decide(stage, COMMAND_COMMIT_RESERVATION, &command);
    stage_refused(stage, REJECTION_reservation_unknown, "order_id");
}

/* Under another command id: the shipment is the key, as long as the reservation is open. */
static void a_shipment_takes_its_units_once(void **state)
{
    struct stage *stage = *state;
    struct commit_reservation first = commits(1, 2);
    struct commit_reservation second = commits(1, 2);
    second.shipment_id.bytes[1] = 2;
    receive(stage, 10);
    reserve(stage, 1, 5);
    reserve(stage, 2, 5);
    stage_do(stage, COMMAND_COMMIT_RESERVATION, &first, 1);
    stage_do(stage, COMMAND_COMMIT_RESERVATION, &first, 0);
    stage_do(stage, COMMAND_COMMIT_RESERVATION, &second, 1);
    stage_do(stage, COMMAND_COMMIT_RESERVATION, &second, 0);
    stage_do(stage, COMMAND_COMMIT_RESERVATION, &first, 0); /* not only the newest */
    check(stage, 6, 6, 2);
    first.qty = 1;
    stage_decide(stage, COMMAND_COMMIT_RESERVATION, &first);
    stage_refused(stage, REJECTION_already_exists, "shipment_id");
    first.order_id = order_of(2); /* one shipment, another order */
    stage_do(stage, COMMAND_COMMIT_RESERVATION, &first, 1);
}

/* With its last unit a reservation is forgotten, and what was told of it: the order may reserve again. */
static void what_was_told_goes_with_the_reservation(void **state)
{
    struct stage *stage = *state;
    struct commit_reservation first = commits(1, 2);
    struct commit_reservation last = commits(1, 3);
    last.shipment_id.bytes[1] = 2;
    receive(stage, 20);
    reserve(stage, 1, 6);
    stage_do(stage, COMMAND_COMMIT_RESERVATION, &first, 1);
    const struct release_reservation release_one = releases(1, 1);
    stage_do(stage, COMMAND_RELEASE_RESERVATION, &release_one, 1);
    assert_true(stage_item(stage)->told.count > 0);
    stage_do(stage, COMMAND_COMMIT_RESERVATION, &last, 1);
    assert_int_equal(stage_item(stage)->told.count, 0);
    stage_decide(stage, COMMAND_COMMIT_RESERVATION, &first);
    stage_refused(stage, REJECTION_reservation_unknown, "order_id");
    reserve(stage, 1, 4);
    stage_do(stage, COMMAND_COMMIT_RESERVATION, &first, 1);
    check(stage, 13, 2, 1);
}

/* A fork is what rounds decide on, a copy what is kept: both know what was told. */
static void forks_and_copies_know_what_was_told(void **state)
{
    struct stage *stage = *state;
    struct commit_reservation first = commits(1, 2);
    struct commit_reservation second = commits(1, 1);
    struct aggregate fork;
    struct aggregate copy;
    second.shipment_id.bytes[1] = 2;
    receive(stage, 10);
    reserve(stage, 1, 5);
    stage_do(stage, COMMAND_COMMIT_RESERVATION, &first, 1);
    struct aggregate base = stage->aggregate;
    assert_true(aggregate_fork(&base, &stage->arena, &fork));
    stage->aggregate = fork;
    stage_do(stage, COMMAND_COMMIT_RESERVATION, &first, 0);
    stage_do(stage, COMMAND_COMMIT_RESERVATION, &second, 1);
    fork = stage->aggregate;
    assert_true(aggregate_join(&base, &fork, &stage->arena));
    assert_true(aggregate_copy(&base, &stage->arena, &copy));
    stage->aggregate = copy;
    stage_do(stage, COMMAND_COMMIT_RESERVATION, &first, 0);
    stage_do(stage, COMMAND_COMMIT_RESERVATION, &second, 0);
    check(stage, 7, 2, 1);
}

/* An order is over once. Its lines may be cancelled as often as there are units. */
static void an_order_that_is_over_gives_back_once(void **state)
{
    struct stage *stage = *state;
    struct release_reservation over = releases(1, 2);
    const struct release_reservation lines = releases(1, 1);
    over.cause = STOCK_RELEASE_CANCELLED;
    receive(stage, 10);
    reserve(stage, 1, 9);
    stage_do(stage, COMMAND_RELEASE_RESERVATION, &lines, 1);
    stage_do(stage, COMMAND_RELEASE_RESERVATION, &lines, 1);
    stage_do(stage, COMMAND_RELEASE_RESERVATION, &over, 1);
    stage_do(stage, COMMAND_RELEASE_RESERVATION, &over, 0);
    check(stage, 10, 5, 1);
    over.cause = STOCK_RELEASE_EXPIRED;
    stage_do(stage, COMMAND_RELEASE_RESERVATION, &over, 1);
    check(stage, 10, 3, 1);
}

static void reserved_units_are_not_adjusted_away(void **state)
{
    struct stage *stage = *state;
    struct adjust_stock command = {.sku = SLICE_LITERAL("A-1"), .delta = -7};
    receive(stage, 10);
    reserve(stage, 1, 4);
    stage_decide(stage, COMMAND_ADJUST_STOCK, &command);
    stage_refused(stage, REJECTION_stock_reserved, "delta");
    command.delta = -6;
    stage_do(stage, COMMAND_ADJUST_STOCK, &command, 1);
    check(stage, 4, 4, 1);
}

static void the_stream_must_be_the_items(void **state)
{
    struct stage *stage = *state;
    struct reserve_stock reserve_one = reserves(1, 1);
    struct release_reservation release_one = releases(1, 1);
    struct commit_reservation commit_one = commits(1, 1);
    struct command commands[] = {
        {COMMAND_RESERVE_STOCK, &reserve_one},
        {COMMAND_RELEASE_RESERVATION, &release_one},
        {COMMAND_COMMIT_RESERVATION, &commit_one}};
    receive(stage, 10);
    reserve(stage, 1, 1);
    reserve_one.location = release_one.location = commit_one.location = slice_of_text("north");
    reserve_one.has_location = release_one.has_location = commit_one.has_location = true;
    for (size_t i = 0; i < countof(commands); i++) {
        stage_decide(stage, commands[i].type, commands[i].body);
        stage_refused(stage, REJECTION_bad_field, "stream");
    }
    reserve_one.location = release_one.location = commit_one.location = slice_of_text("main");
    stage_decide(stage, COMMAND_COMMIT_RESERVATION, &commit_one);
    stage_accepted(stage, 1);
}

static void contradicts(struct stage *stage, enum event_type type, const void *body)
{
    struct event event = {.type = type, .body = body};
    struct aggregate aggregate;
    assert_true(aggregate_copy(&stage->aggregate, &stage->arena, &aggregate));
    assert_false(aggregate_evolve(&aggregate, &event, &stage->arena));
    assert_true(aggregate.contradicted);
}

#define OF_ITEM .sku = SLICE_LITERAL("A-1"), .location = SLICE_LITERAL("main")

static void oversold_events_contradict(void **state)
{
    struct stage *stage = *state;
    receive(stage, 10);
    reserve(stage, 1, 4);
    struct stock_reserved event = {
        OF_ITEM, .order_id = order_of(2), .qty = 7, .on_hand = 10, .reserved = 11};
    contradicts(stage, EVENT_STOCK_RESERVED, &event); /* more than there are */
    event.qty = 6;
    event.reserved = 9;
    contradicts(stage, EVENT_STOCK_RESERVED, &event); /* does not add up */
    event.reserved = 10;
    event.on_hand = 11;
    contradicts(stage, EVENT_STOCK_RESERVED, &event);
    event.on_hand = 10;
    event.order_id = order_of(1);
    contradicts(stage, EVENT_STOCK_RESERVED, &event); /* has one already */
    event.order_id = order_of(2);
    event.sku = slice_of_text("A-2");
    contradicts(stage, EVENT_STOCK_RESERVED, &event);
    event.sku = slice_of_text("A-1");
    const struct event good = {EVENT_STOCK_RESERVED, &event};
    assert_true(aggregate_evolve(&stage->aggregate, &good, &stage->arena));
}

static void events_of_no_reservation_contradict(void **state)
{
    struct stage *stage = *state;
    receive(stage, 10);
    reserve(stage, 1, 4);
    reserve(stage, 2, 4);
    struct reservation_released released = {
        OF_ITEM, .order_id = order_of(3), .qty = 1, .on_hand = 10, .reserved = 7};
    struct reservation_committed committed = {
        OF_ITEM, .order_id = order_of(3), .qty = 1, .on_hand = 9, .reserved = 7};
    contradicts(stage, EVENT_RESERVATION_RELEASED, &released);
    contradicts(stage, EVENT_RESERVATION_COMMITTED, &committed);
    released.order_id = committed.order_id = order_of(1);
    released.qty = committed.qty = 5;
    released.reserved = committed.reserved = 3;
    committed.on_hand = 5;
    contradicts(stage, EVENT_RESERVATION_RELEASED, &released);
    contradicts(stage, EVENT_RESERVATION_COMMITTED, &committed);
    released.qty = committed.qty = 4;
    contradicts(stage, EVENT_RESERVATION_RELEASED, &released);
    contradicts(stage, EVENT_RESERVATION_COMMITTED, &committed);
    struct aggregate none;
    assert_true(aggregate_init(&none, CATEGORY_STOCK, &stage->arena));
    stage->aggregate = none;
    contradicts(stage, EVENT_RESERVATION_RELEASED, &released);
}

static void an_exhausted_arena_is_said(void **state)
{
    struct stage *stage = *state;
    struct arena small;
    const struct reserve_stock reserve_one = reserves(2, 1);
    const struct release_reservation release_one = releases(1, 1);
    const struct commit_reservation commit_one = commits(1, 1);
    const struct command commands[] = {
        {COMMAND_RESERVE_STOCK, &reserve_one},
        {COMMAND_RELEASE_RESERVATION, &release_one},
        {COMMAND_COMMIT_RESERVATION, &commit_one}};
    receive(stage, 10);
    reserve(stage, 1, 2);
    arena_init(&small, 8);
    stage->context.arena = &small;
    for (size_t i = 0; i < countof(commands); i++)
        assert_false(
            aggregate_decide(&stage->aggregate, &commands[i], &stage->context, &stage->decision));
    stage->context.arena = &stage->arena;
    stage_decide(stage, COMMAND_RESERVE_STOCK, &reserve_one);
    struct aggregate fork;
    assert_true(aggregate_fork(&stage->aggregate, &stage->arena, &fork));
    assert_false(aggregate_evolve(&fork, &stage->decision.events[0], &small));
    assert_false(fork.contradicted);
    arena_release(&small);
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, open_stage, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_STAGE(units_are_reserved_for_an_order),
        ON_STAGE(the_last_unit_is_sold_once),
        ON_STAGE(what_was_never_received_is_not_there),
        ON_STAGE(the_same_order_again_changes_nothing),
        ON_STAGE(how_long_it_holds_may_be_said),
        ON_STAGE(a_reservation_is_released_in_parts),
        ON_STAGE(a_commit_takes_units_off_the_shelf),
        ON_STAGE(a_shipment_takes_its_units_once),
        ON_STAGE(what_was_told_goes_with_the_reservation),
        ON_STAGE(forks_and_copies_know_what_was_told),
        ON_STAGE(an_order_that_is_over_gives_back_once),
        ON_STAGE(reserved_units_are_not_adjusted_away),
        ON_STAGE(the_stream_must_be_the_items),
        ON_STAGE(oversold_events_contradict),
        ON_STAGE(events_of_no_reservation_contradict),
        ON_STAGE(an_exhausted_arena_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
