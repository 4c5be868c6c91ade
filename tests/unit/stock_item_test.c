// SPDX-License-Identifier: Apache-2.0
// Stock items: their streams, their state machine, their counters.
#include "support/stage.h"

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

static struct receive_stock receipt(int64_t qty)
{
    return (struct receive_stock){.sku = slice_of_text("A-1"), .qty = qty};
}

static struct adjust_stock adjustment(int64_t delta)
{
    return (struct adjust_stock){.sku = slice_of_text("A-1"), .delta = delta, .reason = 2};
}

static void receive(struct stage *stage, int64_t qty)
{
    struct receive_stock command = receipt(qty);
    stage_do(stage, COMMAND_RECEIVE_STOCK, &command, 1);
}

static void check_stream_id(const char *location, const char *sku, const char *expected)
{
    struct uuid tenant;
    char text[UUID_TEXT_SIZE];
    assert_true(uuid_parse(slice_of_text("5f0e6f4c-6d0b-5c1b-9a52-7a1f2f1d9e01"), &tenant));
    struct uuid id = stock_stream_id(&tenant, slice_of_text(location), slice_of_text(sku));
    uuid_format(&id, text);
    assert_string_equal(text, expected);
}

/* Computed with Python's hashlib; senders compute them, too. */
static void stream_ids_are_derived_from_location_and_sku(void **state)
{
    (void)state;
    check_stream_id("main", "A-1", "0f130b57-0a26-553f-b21b-e071f6f57deb");
    check_stream_id("main", "85123a", "29e5c162-097f-5dad-8385-51aeb7739406");
    check_stream_id("main", "85123A", "088a09af-5121-5651-937b-4e9c5068f625");
    check_stream_id("a", "bc", "4ac74055-5046-549f-b179-efdc9e975c88");
    check_stream_id("ab", "c", "5c9fd274-142a-56e5-b7e3-9acc702ee3d4");
    check_stream_id(
        "0123456789012345678901234567890123456789012345678901234567890123",
        "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcd",
        "a56b23c0-ebe4-52e4-b4de-8fcd2756d62a");
}

static void the_first_receipt_makes_the_item(void **state)
{
    struct stage *stage = *state;
    struct receive_stock command = receipt(70);
    command.cause = 1;
    command.ref = slice_of_text("PO-1");
    command.has_ref = true;
    stage_do(stage, COMMAND_RECEIVE_STOCK, &command, 1);
    assert_int_equal(stage->decision.events[0].type, EVENT_STOCK_RECEIVED);
    const struct stock_received *event = stage->decision.events[0].body;
    assert_true(slice_is(event->sku, "A-1"));
    assert_true(slice_is(event->location, "main")); /* where none is given */
    assert_int_equal(event->qty, 70);
    assert_int_equal(event->cause, 1);
    assert_true(event->has_ref && slice_is(event->ref, "PO-1"));
    assert_int_equal(event->on_hand, 70);
    assert_int_equal(event->reserved, 0);
    const struct stock_item *item = stage_item(stage);
    assert_int_equal(item->status, STOCK_KNOWN);
    assert_true(slice_is(item->sku, "A-1") && slice_is(item->location, "main"));
    receive(stage, 30);
    assert_int_equal(item->on_hand, 100);
    assert_int_equal(stage->aggregate.version, 2);
}

static void adjustments_move_the_count(void **state)
{
    struct stage *stage = *state;
    receive(stage, 10);
    struct adjust_stock command = adjustment(-10);
    stage_do(stage, COMMAND_ADJUST_STOCK, &command, 1);
    const struct stock_adjusted *event = stage->decision.events[0].body;
    assert_int_equal(stage->decision.events[0].type, EVENT_STOCK_ADJUSTED);
    assert_true(slice_is(event->sku, "A-1") && slice_is(event->location, "main"));
    assert_int_equal(event->delta, -10);
    assert_int_equal(event->reason, 2);
    assert_int_equal(event->on_hand, 0);
    assert_int_equal(event->reserved, 0);
    command = adjustment(STOCK_MAX_QTY);
    stage_do(stage, COMMAND_ADJUST_STOCK, &command, 1);
    assert_int_equal(stage_item(stage)->on_hand, STOCK_MAX_QTY);
}

static void reserved_units_stay_on_hand(void **state)
{
    struct stage *stage = *state;
    receive(stage, 10);
    struct adjust_stock command = adjustment(-11);
    stage_decide(stage, COMMAND_ADJUST_STOCK, &command);
    stage_refused(stage, REJECTION_stock_reserved, "delta");
    ((struct stock_item *)stage->aggregate.state)->reserved = 4;
    command = adjustment(-7);
    stage_decide(stage, COMMAND_ADJUST_STOCK, &command);
    stage_refused(stage, REJECTION_stock_reserved, "delta");
    command = adjustment(-6);
    stage_do(stage, COMMAND_ADJUST_STOCK, &command, 1);
    assert_int_equal(((const struct stock_adjusted *)stage->decision.events[0].body)->reserved, 4);
    assert_int_equal(stage_item(stage)->on_hand, 4);
    receive(stage, 1);
    assert_int_equal(stage_item(stage)->reserved, 4);
}

static void adjusting_nothing_or_by_nothing_is_refused(void **state)
{
    struct stage *stage = *state;
    struct adjust_stock command = adjustment(1);
    stage_decide(stage, COMMAND_ADJUST_STOCK, &command);
    stage_refused(stage, REJECTION_not_found, NULL);
    receive(stage, 1);
    command = adjustment(0);
    stage_decide(stage, COMMAND_ADJUST_STOCK, &command);
    stage_refused(stage, REJECTION_zero_quantity, "delta");
}

static void the_stream_must_be_the_items(void **state)
{
    struct stage *stage = *state;
    struct receive_stock command = receipt(1);
    command.location = slice_of_text("north");
    command.has_location = true;
    stage_decide(stage, COMMAND_RECEIVE_STOCK, &command);
    stage_refused(stage, REJECTION_bad_field, "stream");
    command = receipt(1);
    command.sku = slice_of_text("A-2");
    stage_decide(stage, COMMAND_RECEIVE_STOCK, &command);
    stage_refused(stage, REJECTION_bad_field, "stream");
    receive(stage, 1);
    struct adjust_stock adjust = adjustment(1);
    stage->context.stream_id.bytes[15] ^= 1;
    stage_decide(stage, COMMAND_ADJUST_STOCK, &adjust);
    stage_refused(stage, REJECTION_bad_field, "stream");
}

static void the_location_may_be_named(void **state)
{
    struct stage *stage = *state;
    struct receive_stock command = receipt(5);
    command.location = slice_of_text("north");
    command.has_location = true;
    stage->context.stream_id =
        stock_stream_id(&stage->tenant.tenant, command.location, command.sku);
    stage_do(stage, COMMAND_RECEIVE_STOCK, &command, 1);
    assert_true(slice_is(stage_item(stage)->location, "north"));
    command.location = slice_of_text("main"); /* named, the default is the same item */
    command.has_location = true;
    stage->context.stream_id =
        stock_stream_id(&stage->tenant.tenant, command.location, command.sku);
    stage_close(stage);
    stage_open(stage, CATEGORY_STOCK);
    stage_do(stage, COMMAND_RECEIVE_STOCK, &command, 1);
}

static void references_hold_no_addresses(void **state)
{
    struct stage *stage = *state;
    struct receive_stock command = receipt(1);
    command.ref = slice_of_text("someone@example.org");
    command.has_ref = true;
    stage_decide(stage, COMMAND_RECEIVE_STOCK, &command);
    stage_refused(stage, REJECTION_bad_field, "ref");
}

static void counts_that_do_not_fit_are_refused(void **state)
{
    struct stage *stage = *state;
    receive(stage, STOCK_MAX_QTY);
    ((struct stock_item *)stage->aggregate.state)->on_hand = INT64_MAX - 5;
    struct receive_stock command = receipt(6);
    stage_decide(stage, COMMAND_RECEIVE_STOCK, &command);
    stage_refused(stage, REJECTION_amount_overflow, "qty");
    struct adjust_stock adjust = adjustment(6);
    stage_decide(stage, COMMAND_ADJUST_STOCK, &adjust);
    stage_refused(stage, REJECTION_amount_overflow, "delta");
    receive(stage, 5);
    assert_int_equal(stage_item(stage)->on_hand, INT64_MAX);
}

static void every_cell_of_the_item_is_filled_and_no_other(void **state)
{
    (void)state;
    for (size_t command = 0; command < COMMAND_TYPE_COUNT; command++) {
        bool own = command_descriptions[command].category == CATEGORY_STOCK;
        for (size_t status = 0; status < STOCK_STATUS_COUNT; status++)
            assert_int_equal(stock_transitions[command][status].outcome != NULL, own);
    }
    assert_string_equal(stock_status_name(STOCK_NONE), "none");
    assert_string_equal(stock_status_name(STOCK_KNOWN), "known");
}

static void an_exhausted_arena_is_said(void **state)
{
    struct stage *stage = *state;
    struct arena small;
    struct receive_stock received = receipt(1);
    struct adjust_stock adjusted = adjustment(1);
    struct command commands[] = {
        {COMMAND_RECEIVE_STOCK, &received}, {COMMAND_ADJUST_STOCK, &adjusted}};
    receive(stage, 1);
    arena_init(&small, 8);
    stage->context.arena = &small;
    for (size_t i = 0; i < countof(commands); i++)
        assert_false(
            aggregate_decide(&stage->aggregate, &commands[i], &stage->context, &stage->decision));
    arena_release(&small);
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, open_stage, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_STAGE(stream_ids_are_derived_from_location_and_sku),
        ON_STAGE(the_first_receipt_makes_the_item),
        ON_STAGE(adjustments_move_the_count),
        ON_STAGE(reserved_units_stay_on_hand),
        ON_STAGE(adjusting_nothing_or_by_nothing_is_refused),
        ON_STAGE(the_stream_must_be_the_items),
        ON_STAGE(the_location_may_be_named),
        ON_STAGE(references_hold_no_addresses),
        ON_STAGE(counts_that_do_not_fit_are_refused),
        ON_STAGE(every_cell_of_the_item_is_filled_and_no_other),
        ON_STAGE(an_exhausted_arena_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
