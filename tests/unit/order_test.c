// SPDX-License-Identifier: Apache-2.0
// What cancelling an order does, in whole and in parts.
#include "support/stage.h"

static int open_stage(void **state)
{
    static struct stage stage;
    stage_open(&stage, CATEGORY_ORDER);
    stage_place(&stage);
    *state = &stage;
    return 0;
}

static int close_stage(void **state)
{
    stage_close(*state);
    return 0;
}

/* ---- cancelling lines ---- */

static void cancel(struct stage *stage, int64_t line_no, int64_t qty, size_t events)
{
    struct order_units line = {.line_no = line_no, .qty = qty};
    struct cancel_lines command = {.lines = &line, .lines_count = 1, .reason = 5};
    stage_do(stage, COMMAND_CANCEL_LINES, &command, events);
}

static const struct lines_cancelled *first_event(const struct stage *stage)
{
    assert_int_equal(stage->decision.events[0].type, EVENT_LINES_CANCELLED);
    return stage->decision.events[0].body;
}

static void units_are_cancelled_in_parts(void **state)
{
    struct stage *stage = *state;
    cancel(stage, 1, 1, 1);
    const struct lines_cancelled *event = first_event(stage);
    assert_int_equal(event->lines_count, 1);
    assert_int_equal(event->lines[0].line_no, 1);
    assert_int_equal(event->lines[0].qty, 1);
    assert_int_equal(event->lines[0].amount, 2399); /* half of 47.98 */
    assert_int_equal(event->amount, 2399);
    assert_int_equal(event->cancelled_amount, 2399);
    assert_int_equal(event->reason, 5);
    const struct order *order = stage_order(stage);
    assert_int_equal(order->status, ORDER_PLACED);
    assert_int_equal(order->sums.cancelled, 1);
    assert_int_equal(order->lines[0].cancelled, 1);
    cancel(stage, 1, 1, 1);
    assert_int_equal(first_event(stage)->cancelled_amount, 4798);
    assert_int_equal(order->lines[0].cancelled, 2);
    assert_int_equal(order->sums.cancelled_amount, 4798);
    assert_int_equal(stage->aggregate.version, 3);
}

static void several_lines_at_once_keep_the_senders_order(void **state)
{
    struct stage *stage = *state;
    const struct order_units lines[] = {{.line_no = 3, .qty = 4}, {.line_no = 1, .qty = 1}};
    struct cancel_lines command = {.lines = lines, .lines_count = 2, .reason = 0};
    stage_do(stage, COMMAND_CANCEL_LINES, &command, 1);
    const struct lines_cancelled *event = first_event(stage);
    assert_int_equal(event->lines_count, 2);
    assert_int_equal(event->lines[0].line_no, 3);
    assert_int_equal(event->lines[0].amount, 48); /* 4 of 10 of 1.20 */
    assert_int_equal(event->lines[1].line_no, 1);
    assert_int_equal(event->amount, 48 + 2399);
    assert_int_equal(stage_order(stage)->sums.cancelled, 5);
}

static void the_last_unit_cancels_the_order(void **state)
{
    struct stage *stage = *state;
    cancel(stage, 1, 2, 1);
    cancel(stage, 2, 1, 1);
    cancel(stage, 3, 10, 2);
    const struct order_cancelled *event = stage->decision.events[1].body;
    assert_int_equal(first_event(stage)->cancelled_amount, 5518);
    assert_int_equal(stage->decision.events[1].type, EVENT_ORDER_CANCELLED);
    assert_int_equal(event->reason, 5);
    assert_int_equal(event->amount, 588); /* the shipping with its tax */
    assert_int_equal(event->cancelled_amount, 6106);
    const struct order *order = stage_order(stage);
    assert_int_equal(order->status, ORDER_CANCELLED);
    assert_int_equal(order->sums.cancelled_amount, order->total);
    assert_int_equal(order->sums.cancelled, order->sums.units);
    assert_int_equal(stage->aggregate.version, 5);
}

static void refuse_lines(
    struct stage *stage,
    const struct order_units *lines,
    size_t count,
    enum rejection_code code,
    const char *field)
{
    struct cancel_lines command = {.lines = lines, .lines_count = count};
    stage_decide(stage, COMMAND_CANCEL_LINES, &command);
    stage_refused(stage, code, field);
}

static void bad_lines_are_refused(void **state)
{
    struct stage *stage = *state;
    const struct order_units unknown[] = {{1, 1}, {4, 1}};
    const struct order_units twice[] = {{1, 1}, {2, 1}, {1, 1}};
    const struct order_units too_many[] = {{2, 1}, {1, 3}};
    refuse_lines(stage, unknown, 2, REJECTION_unknown_line, "line_no");
    refuse_lines(stage, twice, 3, REJECTION_duplicate_line, "line_no");
    refuse_lines(stage, too_many, 2, REJECTION_quantity_exceeds_open, "qty");
    refuse_lines(stage, NULL, 0, REJECTION_bad_field, "lines");
    cancel(stage, 1, 1, 1);
    const struct order_units both[] = {{1, 2}};
    refuse_lines(stage, both, 1, REJECTION_quantity_exceeds_open, "qty");
    cancel(stage, 1, 1, 1);
    const struct order_units again[] = {{1, 1}};
    refuse_lines(stage, again, 1, REJECTION_quantity_exceeds_open, "qty");
    assert_int_equal(stage_order(stage)->sums.cancelled, 2);
}

/* Real orders are cancelled line by line; no cent may be lost or won. */
static void unit_by_unit_adds_up_to_the_line(void **state)
{
    struct stage *stage = *state;
    int64_t sum = 0;
    for (int i = 0; i < 10; i++) {
        cancel(stage, 3, 1, 1);
        sum += first_event(stage)->amount;
    }
    assert_int_equal(sum, 120);
    assert_int_equal(stage_order(stage)->lines[2].cancelled, 10);
}

/* ---- cancelling all ---- */

static void cancelling_takes_what_is_open(void **state)
{
    struct stage *stage = *state;
    cancel(stage, 1, 1, 1);
    struct cancel_order command = {.reason = 2};
    stage_do(stage, COMMAND_CANCEL_ORDER, &command, 1);
    assert_int_equal(stage->decision.events[0].type, EVENT_ORDER_CANCELLED);
    const struct order_cancelled *event = stage->decision.events[0].body;
    assert_int_equal(event->reason, 2);
    assert_int_equal(event->amount, 6106 - 2399);
    assert_int_equal(event->cancelled_amount, 6106);
    const struct order *order = stage_order(stage);
    assert_int_equal(order->status, ORDER_CANCELLED);
    assert_int_equal(order->sums.cancelled_amount, 6106);
    assert_int_equal(order->sums.cancelled, 13);
    for (size_t i = 0; i < order->line_count; i++)
        assert_int_equal(order->lines[i].cancelled, order->lines[i].placed.qty);
    stage_decide(stage, COMMAND_CANCEL_ORDER, &command);
    stage_accepted(stage, 0); /* cancelled is cancelled: nothing happens twice */
}

static void the_note_goes_with_the_event(void **state)
{
    struct stage *stage = *state;
    struct cancel_order command = {.reason = 2, .has_note = true};
    command.note.text = slice_of_text("card 5555-5555-5555-4444 was refused");
    stage_decide(stage, COMMAND_CANCEL_ORDER, &command);
    stage_refused(stage, REJECTION_pan_detected, "note");
    command.note.text = slice_of_text("changed their mind");
    stage_do(stage, COMMAND_CANCEL_ORDER, &command, 1);
    const struct order_cancelled *event = stage->decision.events[0].body;
    assert_true(event->has_note);
    assert_true(slice_is(event->note.text, "changed their mind"));
}

static void an_exhausted_arena_is_said(void **state)
{
    struct stage *stage = *state;
    const struct order_units all[] = {{1, 2}, {2, 1}, {3, 10}};
    struct cancel_lines lines = {.lines = all, .lines_count = 3};
    struct cancel_order order = {.reason = 0};
    struct command commands[] = {{COMMAND_CANCEL_LINES, &lines}, {COMMAND_CANCEL_ORDER, &order}};
    for (size_t i = 0; i < countof(commands); i++) {
        size_t refusals = 0;
        for (size_t maximum = 0; maximum < 512; maximum += 8) {
            struct arena small;
            arena_init(&small, maximum);
            stage->context.arena = &small;
            if (aggregate_decide(
                    &stage->aggregate, &commands[i], &stage->context, &stage->decision))
                stage_accepted(stage, 2 - i);
            else
                refusals++;
            arena_release(&small);
        }
        assert_in_range(refusals, 1, 40);
    }
}

static void folding_says_when_the_arena_is_exhausted(void **state)
{
    struct stage *stage = *state;
    struct stage_order order;
    struct aggregate empty;
    stage_fill_order(&order);
    order.lines[0].line_no = 7;
    assert_true(aggregate_init(&empty, CATEGORY_ORDER, &stage->arena));
    struct command command = {.type = COMMAND_PLACE_ORDER, .body = &order.command};
    assert_true(aggregate_decide(&empty, &command, &stage->context, &stage->decision));
    for (size_t maximum = 0; maximum < 600; maximum += 100) {
        struct arena small;
        arena_init(&small, maximum);
        assert_false(aggregate_evolve(&empty, &stage->decision.events[0], &small));
        assert_int_equal(empty.version, 0);
        arena_release(&small);
    }
    struct aggregate none;
    struct arena small;
    arena_init(&small, 8);
    assert_false(aggregate_init(&none, CATEGORY_ORDER, &small));
    arena_release(&small);
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, open_stage, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_STAGE(units_are_cancelled_in_parts),
        ON_STAGE(several_lines_at_once_keep_the_senders_order),
        ON_STAGE(the_last_unit_cancels_the_order),
        ON_STAGE(bad_lines_are_refused),
        ON_STAGE(unit_by_unit_adds_up_to_the_line),
        ON_STAGE(cancelling_takes_what_is_open),
        ON_STAGE(the_note_goes_with_the_event),
        ON_STAGE(an_exhausted_arena_is_said),
        ON_STAGE(folding_says_when_the_arena_is_exhausted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
