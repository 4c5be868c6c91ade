// SPDX-License-Identifier: Apache-2.0
// Events that a batch is not folded from: they contradict those before, are not known, or do not fit.
#include "support/fold_log.h"

static void refused(struct log *log, size_t from, enum error_kind kind, const char *text)
{
    struct error err;
    assert_false(fold_from(log, from, &err));
    assert_int_equal(err.kind, kind);
    if (strstr(err.text, text) == NULL)
        fail_msg("refused because: %s", err.text);
}

static void test_a_version_left_out_is_refused(void **state)
{
    struct log *log = *state;
    place(log, 5);
    cancel_line(log, 1, 1);
    log->events[1].version = 3;
    refused(log, 0, ERROR_tampered, "position 101 (LinesCancelled)");
    log->events[1].version = 1;
    refused(log, 0, ERROR_tampered, "not the next version");
}

static void test_an_order_placed_twice_is_refused(void **state)
{
    struct log *log = *state;
    place(log, 5);
    place(log, 5);
    log->events[1].version = 2;
    refused(log, 0, ERROR_tampered, "begins once");
    refused(log, 1, ERROR_tampered, "begins once");
}

static void test_changes_that_do_not_fit_the_order_are_refused(void **state)
{
    struct log *log = *state;
    place(log, 5);
    struct order_units_priced line = {.line_no = 9, .qty = 1, .amount = 1};
    struct lines_cancelled body = {
        .lines = &line, .lines_count = 1, .amount = 1, .cancelled_amount = 1};
    log->stage.aggregate.version = 2;
    record(log, &(struct event){.type = EVENT_LINES_CANCELLED, .body = &body});
    refused(log, 0, ERROR_tampered, "no such line");
    line = (struct order_units_priced){.line_no = 1, .qty = 3, .amount = 1};
    log->count--;
    record(log, &(struct event){.type = EVENT_LINES_CANCELLED, .body = &body});
    refused(log, 0, ERROR_tampered, "more than the line has");
}

static void test_nothing_is_cancelled_twice(void **state)
{
    struct log *log = *state;
    place(log, 5);
    cancel_order(log);
    log->events[log->count] = log->events[log->count - 1];
    log->events[log->count].version = 3;
    log->count++;
    refused(log, 0, ERROR_tampered, "more is cancelled than was ordered");
}

static void test_another_stream_under_the_same_number_is_refused(void **state)
{
    struct log *log = *state;
    place(log, 5);
    cancel_line(log, 1, 1);
    log->events[1].stream.id = stream_id_of(6);
    refused(log, 0, ERROR_tampered, "not the next version of its stream");
}

static void test_events_of_another_aggregate_are_refused(void **state)
{
    struct log *log = *state;
    place(log, 5);
    struct stock_adjusted body = {
        .sku = slice_of_text("A-1"), .location = slice_of_text("x"), .delta = 1, .on_hand = 1};
    log->stage.aggregate.version = 2;
    record(log, &(struct event){.type = EVENT_STOCK_ADJUSTED, .body = &body});
    refused(log, 0, ERROR_tampered, "another kind");
}

static void test_unknown_events_name_their_place(void **state)
{
    struct log *log = *state;
    place(log, 5);
    log->events[0].schema_version = 4;
    refused(log, 0, ERROR_invalid, "position 100, OrderPlaced version 4");
    log->events[0].type = slice_of_text("OrderTeleported");
    refused(log, 0, ERROR_invalid, "position 100, OrderTeleported");
}

static void test_exhausted_memory_is_an_error(void **state)
{
    struct log *log = *state;
    place(log, 5);
    place(log, 6);
    cancel_line(log, 1, 1);
    for (size_t memory = 64; memory < 16384; memory += 64) {
        struct fold fold;
        struct error err = {.kind = ERROR_fatal};
        bool ok = true;
        fold_init(&fold, memory);
        for (size_t i = 0; ok && i < log->count; i++)
            ok = fold_add(&fold, &log->events[i], &err);
        fold_release(&fold);
        assert_int_equal(err.kind, ERROR_fatal);
        if (ok)
            return;
    }
    fail_msg("it never fitted");
}

int main(void)
{
#define FOLD_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FOLD_TEST(test_a_version_left_out_is_refused),
        FOLD_TEST(test_an_order_placed_twice_is_refused),
        FOLD_TEST(test_changes_that_do_not_fit_the_order_are_refused),
        FOLD_TEST(test_nothing_is_cancelled_twice),
        FOLD_TEST(test_another_stream_under_the_same_number_is_refused),
        FOLD_TEST(test_events_of_another_aggregate_are_refused),
        FOLD_TEST(test_unknown_events_name_their_place),
        FOLD_TEST(test_exhausted_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
