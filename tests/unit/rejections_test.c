// SPDX-License-Identifier: Apache-2.0
// The table of rejections: complete, unambiguous, fit to be shown.
#include "domain/customer.h"
#include "domain/order.h"
#include "domain/promotion.h"
#include "domain/stock_item.h"
#include "support/cmocka.h"

static void every_code_is_found_by_name(void **state)
{
    (void)state;
    assert_int_equal(REJECTION_COUNT, 55);
    for (size_t i = 0; i < REJECTION_COUNT; i++)
        assert_ptr_equal(rejection_find(slice_of_text(rejections[i].code)), &rejections[i]);
    assert_string_equal(rejections[REJECTION_total_mismatch].code, "total_mismatch");
}

static void others_are_not_found(void **state)
{
    (void)state;
    assert_null(rejection_find(slice_of_text("")));
    assert_null(rejection_find(slice_of_text("bad_fiel")));
    assert_null(rejection_find(slice_of_text("bad_fields")));
    assert_null(rejection_find(slice_of(NULL, 0)));
}

static void only_conflicts_are_retryable(void **state)
{
    (void)state;
    size_t conflicts = 0;
    for (size_t i = 0; i < REJECTION_COUNT; i++) {
        bool conflict = rejections[i].class == REJECTION_CLASS_CONFLICT;
        assert_int_equal(rejections[i].retryable, conflict);
        conflicts += conflict;
    }
    assert_int_equal(conflicts, 6);
    assert_true(rejections[REJECTION_version_conflict].retryable);
    assert_false(rejections[REJECTION_insufficient_stock].retryable);
}

static void texts_are_one_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < REJECTION_COUNT; i++) {
        const char *text = rejections[i].text;
        size_t size = strlen(text);
        assert_in_range(size, 10, 100);
        assert_true(text[0] >= 'A' && text[0] <= 'Z');
        assert_int_equal(text[size - 1], '.');
        assert_null(strchr(text, '%'));
        assert_null(strchr(text, '\n'));
    }
}

static void classes_have_names(void **state)
{
    (void)state;
    assert_string_equal(rejection_class_name(REJECTION_CLASS_MALFORMED), "malformed");
    assert_string_equal(rejection_class_name(REJECTION_CLASS_PRIVACY), "privacy");
    assert_int_equal(rejections[REJECTION_bad_field].class, REJECTION_CLASS_MALFORMED);
    assert_int_equal(rejections[REJECTION_stock_reserved].class, REJECTION_CLASS_STOCK);
}

/* A cell says more in its text, but the code means the same everywhere. */
static void check_cell(const struct transition *cell)
{
    if (cell->refusal.code == NULL)
        return;
    const struct rejection *row = rejection_find(slice_of_text(cell->refusal.code));
    assert_non_null(row);
    assert_int_equal(cell->refusal.class, row->class);
    assert_int_equal(cell->refusal.retryable, row->retryable);
    assert_string_equal(cell->refusal.text, cell->outcome);
}

static void cells_of_the_state_machines_agree(void **state)
{
    (void)state;
    for (size_t row = 0; row < ORDER_ROW_COUNT; row++) {
        for (size_t status = 0; status < ORDER_STATUS_COUNT; status++)
            check_cell(&order_rows[row].cells[status]);
    }
    for (size_t command = 0; command < COMMAND_TYPE_COUNT; command++) {
        for (size_t status = 0; status < STOCK_STATUS_COUNT; status++)
            check_cell(&stock_transitions[command][status]);
        for (size_t status = 0; status < CUSTOMER_STATUS_COUNT; status++)
            check_cell(&customer_transitions[command][status]);
        for (size_t status = 0; status < PROMOTION_STATUS_COUNT; status++)
            check_cell(&promotion_transitions[command][status]);
    }
}

static void amounts_that_do_not_fit_have_one_answer_each(void **state)
{
    (void)state;
    assert_int_equal(rejection_of_fit(MONEY_TOO_PRECISE), REJECTION_price_precision);
    assert_int_equal(rejection_of_fit(MONEY_TOO_LARGE), REJECTION_amount_overflow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts_that_do_not_fit_have_one_answer_each),
        cmocka_unit_test(every_code_is_found_by_name),
        cmocka_unit_test(others_are_not_found),
        cmocka_unit_test(only_conflicts_are_retryable),
        cmocka_unit_test(texts_are_one_sentence),
        cmocka_unit_test(classes_have_names),
        cmocka_unit_test(cells_of_the_state_machines_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
