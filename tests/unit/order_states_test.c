// SPDX-License-Identifier: Apache-2.0
// The order's state machine, cell by cell: every command, in every meaning it can have, is given to an
// order that came to every state the way orders do. The table is the catalogue's, written down anew.
#include "support/order_stage.h"

/* What there is to say. */
struct commands {
    struct stage_order place;
    struct record_reservation reserved;
    struct record_reservation refused;
    struct record_redemption applied;
    struct record_redemption not_applied;
    char references[8][32];
    struct record_payment_result authorized;
    struct record_payment_result authorize_declined;
    struct record_payment_result captured;
    struct record_payment_result capture_declined;
    struct record_payment_result void_declined;
    struct record_payment_result voided;
    struct record_payment_result refunded;
    struct record_payment_result refund_failed;
    struct hold_order hold;
    struct release_hold release;
    struct change_shipping_address address;
    struct order_units cancelled_line;
    struct cancel_lines cancel_lines;
    struct cancel_order cancel;
    struct expire_order expire_reservation;
    struct expire_order expire_payment;
    struct expire_order expire_authorization;
    struct order_units shipped_line;
    struct ship_lines ship;
    struct record_delivery delivery;
    struct return_line returned_line;
    struct request_return request_return;
    struct received_line received_line;
    struct receive_return receive_return;
    struct request_refund refund;
    struct add_note note;
    struct close_order close;
};

/* What a row needs besides the state. */
enum need {
    NEEDS_NOTHING,
    NEEDS_A_HOLD,
    NEEDS_A_DELIVERY,
    NEEDS_A_RETURN,
    NEEDS_TOO_MUCH_MONEY, /* captured */
    NEEDS_A_REFUND,
    NEEDS_AN_HOUR, /* to have passed */
    NEEDS_A_MONTH,
};

/* One letter per state, NONE to EXPIRED, as in the catalogue (domain, section 5):
 *   =  events, the state stays     0  accepted without an event
 *   P S X Z K  events, then PLACED, PART_SHIPPED, CANCELLED, EXPIRED, CLOSED
 *   x invalid_state   n not_found   e already_exists   w window_closed */
static const struct {
    const char *answers;
    enum command_type command;
    size_t body; /* offset in struct commands */
    enum need need;
} rows[] = {
#define BODY(member) offsetof(struct commands, member)
    {"Peeeeeeee", COMMAND_PLACE_ORDER, BODY(place.command), NEEDS_NOTHING},
    {"n=00000==", COMMAND_RECORD_RESERVATION, BODY(reserved), NEEDS_NOTHING},
    {"n=xxxxx00", COMMAND_RECORD_RESERVATION, BODY(refused), NEEDS_NOTHING},
    {"n=00000==", COMMAND_RECORD_REDEMPTION, BODY(applied), NEEDS_NOTHING},
    {"n=xxxxx00", COMMAND_RECORD_REDEMPTION, BODY(not_applied), NEEDS_NOTHING},
    {"n========", COMMAND_RECORD_PAYMENT_RESULT, BODY(authorized), NEEDS_NOTHING},
    {"n=====000", COMMAND_RECORD_PAYMENT_RESULT, BODY(authorize_declined), NEEDS_NOTHING},
    {"n========", COMMAND_RECORD_PAYMENT_RESULT, BODY(captured), NEEDS_NOTHING},
    {"n========", COMMAND_RECORD_PAYMENT_RESULT, BODY(capture_declined), NEEDS_NOTHING},
    {"n========", COMMAND_RECORD_PAYMENT_RESULT, BODY(void_declined), NEEDS_NOTHING},
    {"n========", COMMAND_RECORD_PAYMENT_RESULT, BODY(voided), NEEDS_NOTHING},
    {"nx=======", COMMAND_RECORD_PAYMENT_RESULT, BODY(refunded), NEEDS_A_REFUND},
    {"nx=======", COMMAND_RECORD_PAYMENT_RESULT, BODY(refund_failed), NEEDS_A_REFUND},
    {"n===xxxxx", COMMAND_HOLD_ORDER, BODY(hold), NEEDS_NOTHING},
    /* not held where nothing can be held: order_expire_test.c has the hold that outlives it */
    {"n===xxxxx", COMMAND_RELEASE_HOLD, BODY(release), NEEDS_A_HOLD},
    {"n==xxxxxx", COMMAND_CHANGE_SHIPPING_ADDRESS, BODY(address), NEEDS_NOTHING},
    {"n===xxx0x", COMMAND_CANCEL_LINES, BODY(cancel_lines), NEEDS_NOTHING},
    {"nXXxxxx00", COMMAND_CANCEL_ORDER, BODY(cancel), NEEDS_NOTHING},
    {"nZ0000000", COMMAND_EXPIRE_ORDER, BODY(expire_reservation), NEEDS_AN_HOUR},
    {"nZ0000000", COMMAND_EXPIRE_ORDER, BODY(expire_payment), NEEDS_AN_HOUR},
    {"nZ0000000", COMMAND_EXPIRE_ORDER, BODY(expire_authorization), NEEDS_AN_HOUR},
    {"nxS=xxxxx", COMMAND_SHIP_LINES, BODY(ship), NEEDS_NOTHING},
    {"nxx==00xx", COMMAND_RECORD_DELIVERY, BODY(delivery), NEEDS_NOTHING},
    {"nxx===wxx", COMMAND_REQUEST_RETURN, BODY(request_return), NEEDS_A_DELIVERY},
    {"nxx===xxx", COMMAND_RECEIVE_RETURN, BODY(receive_return), NEEDS_A_RETURN},
    {"nx=======", COMMAND_REQUEST_REFUND, BODY(refund), NEEDS_TOO_MUCH_MONEY},
    {"n========", COMMAND_ADD_NOTE, BODY(note), NEEDS_NOTHING},
    {"nxxxxK0xx", COMMAND_CLOSE_ORDER, BODY(close), NEEDS_A_MONTH},
#undef BODY
};

enum { SMALL_PAYMENT = 9, EXCESS_PAYMENT = 8, A_RETURN = 3, A_REFUND = 7, A_SHIPMENT = 5 };

static void fill_payments(struct commands *all)
{
    all->authorized = stage_payment(all->references[0], PAYMENT_AUTHORIZE, 2, 10);
    all->authorize_declined = stage_payment(all->references[1], PAYMENT_AUTHORIZE, 2, 11);
    all->captured = stage_payment(all->references[2], PAYMENT_CAPTURE, 3, 12);
    all->capture_declined = stage_payment(all->references[3], PAYMENT_CAPTURE, 3, 13);
    all->void_declined = stage_payment(all->references[4], PAYMENT_VOID, SMALL_PAYMENT, 1);
    all->voided = stage_payment(all->references[5], PAYMENT_VOID, SMALL_PAYMENT, 1);
    all->refunded = stage_payment(all->references[6], PAYMENT_REFUND, EXCESS_PAYMENT, 5);
    all->refund_failed = stage_payment(all->references[7], PAYMENT_REFUND, EXCESS_PAYMENT, 5);
    all->authorize_declined.outcome = PAYMENT_DECLINED;
    all->capture_declined.outcome = PAYMENT_DECLINED;
    all->void_declined.outcome = PAYMENT_DECLINED;
    all->refund_failed.outcome = PAYMENT_DECLINED;
    struct record_payment_result *refusals[] = {
        &all->authorize_declined, &all->capture_declined, &all->void_declined, &all->refund_failed};
    for (size_t i = 0; i < countof(refusals); i++) {
        refusals[i]->decline_code = slice_of_text("insufficient_funds");
        refusals[i]->has_decline_code = true;
    }
    all->refunded.refund_id = all->refund_failed.refund_id = stage_id(A_REFUND);
    all->refunded.has_refund_id = all->refund_failed.has_refund_id = true;
}

static void fill_goods(struct commands *all)
{
    all->reserved = stage_reservation("A-1", "main", 12);
    all->refused = stage_reservation("A-1", NULL, 12);
    all->refused.outcome = CLAIM_REFUSED;
    all->applied = stage_redemption(REDEMPTION_APPLIED);
    all->not_applied = stage_redemption(REDEMPTION_REFUSED);
    all->cancelled_line = (struct order_units){.line_no = 2, .qty = 1};
    all->cancel_lines = (struct cancel_lines){.lines = &all->cancelled_line, .lines_count = 1};
    all->shipped_line = all->cancelled_line;
    all->ship = (struct ship_lines){
        .shipment_id = stage_id(A_SHIPMENT),
        .carrier = SLICE_LITERAL("ups"),
        .lines = &all->shipped_line,
        .lines_count = 1};
    all->delivery = (struct record_delivery){
        .shipment_id = stage_id(STAGE_FIRST_SHIPMENT), .delivered_at = STAGE_NOW};
    all->returned_line = (struct return_line){.line_no = 1, .qty = 1};
    all->request_return = (struct request_return){
        .return_id = stage_id(20), .lines = &all->returned_line, .lines_count = 1};
    all->received_line = (struct received_line){.line_no = 1, .accepted = 1};
    all->receive_return = (struct receive_return){
        .return_id = stage_id(A_RETURN), .lines = &all->received_line, .lines_count = 1};
}

static void fill(struct commands *all)
{
    memset(all, 0, sizeof(*all));
    stage_fill_order(&all->place);
    fill_payments(all);
    fill_goods(all);
    all->address = (struct change_shipping_address){
        .country = SLICE_LITERAL("DE"), .address = {.country = SLICE_LITERAL("DE")}};
    all->expire_reservation.deadline = DEADLINE_RESERVATION;
    all->expire_payment.deadline = DEADLINE_PAYMENT;
    all->expire_authorization.deadline = DEADLINE_AUTHORIZATION;
    all->refund = (struct request_refund){
        .refund_id = stage_id(A_REFUND),
        .goodwill = {5, 2},
        .has_goodwill = true,
        .reason = REFUND_OVERPAID};
    all->note.note.text = slice_of_text("rang twice");
}

/* The way of an order to a state. It has a cent authorised that nobody needs. */
static void reach(struct stage *stage, struct commands *all, enum order_status status)
{
    if (status == ORDER_NONE)
        return;
    stage_place_promoted(stage);
    char reference[32];
    struct record_payment_result cent =
        stage_payment(reference, PAYMENT_AUTHORIZE, SMALL_PAYMENT, 1);
    cent.expires_at = STAGE_NOW + STAGE_HOUR / 60;
    cent.has_expires_at = true;
    cent.provider_ref = slice_of_text("a cent");
    stage_do(stage, COMMAND_RECORD_PAYMENT_RESULT, &cent, 1);
    if (status == ORDER_CANCELLED)
        stage_do(stage, COMMAND_CANCEL_ORDER, &all->cancel, 1);
    if (status == ORDER_EXPIRED) {
        stage->context.now_us = STAGE_NOW + STAGE_HOUR;
        stage_do(stage, COMMAND_EXPIRE_ORDER, &all->expire_payment, 1);
    }
    if (status >= ORDER_CONFIRMED && status <= ORDER_CLOSED) {
        stage_do(stage, COMMAND_RECORD_REDEMPTION, &all->applied, 1);
        stage_confirm(stage);
        stage_pay(stage, PAYMENT_CAPTURE, 1, STAGE_DUE, 1);
        stage_fulfil(stage, status);
    }
    assert_int_equal(stage_order(stage)->status, status);
}

static void prepare(struct stage *stage, struct commands *all, enum need need)
{
    enum order_status status = stage_order(stage)->status;
    bool may_be_held = status >= ORDER_PLACED && status <= ORDER_PART_SHIPPED;
    bool is_moving = status == ORDER_PART_SHIPPED || status == ORDER_SHIPPED;
    if (need == NEEDS_A_HOLD && may_be_held)
        stage_do(stage, COMMAND_HOLD_ORDER, &all->hold, 1);
    if ((need == NEEDS_A_DELIVERY || need == NEEDS_A_RETURN) && is_moving)
        stage_deliver(stage, STAGE_FIRST_SHIPMENT);
    if (need == NEEDS_A_RETURN && (is_moving || status == ORDER_DELIVERED))
        stage_announce(stage, A_RETURN, 1, 1);
    if ((need == NEEDS_TOO_MUCH_MONEY || need == NEEDS_A_REFUND) && status >= ORDER_CONFIRMED)
        stage_pay(stage, PAYMENT_CAPTURE, EXCESS_PAYMENT, 5, 1);
    if (need == NEEDS_A_REFUND && status >= ORDER_CONFIRMED)
        stage_do(stage, COMMAND_REQUEST_REFUND, &all->refund, 1);
    if (need == NEEDS_AN_HOUR)
        stage->context.now_us = STAGE_NOW + STAGE_HOUR;
    if (need == NEEDS_A_MONTH)
        stage->context.now_us = STAGE_NOW + 31 * STAGE_DAY;
}

static void expect_refusal(const struct stage *stage, char answer)
{
    enum rejection_code code = answer == 'n'   ? REJECTION_not_found
                               : answer == 'e' ? REJECTION_already_exists
                               : answer == 'w' ? REJECTION_window_closed
                                               : REJECTION_invalid_state;
    assert_non_null(stage->decision.rejection);
    assert_string_equal(stage->decision.rejection->code, rejections[code].code);
    assert_true(strlen(stage->decision.rejection->text) > 10);
    assert_int_equal(stage->decision.event_count, 0);
}

static enum order_status status_after(char answer, enum order_status before)
{
    static const char letters[] = "PSXZK";
    static const enum order_status statuses[] = {
        ORDER_PLACED, ORDER_PART_SHIPPED, ORDER_CANCELLED, ORDER_EXPIRED, ORDER_CLOSED};
    const char *letter = strchr(letters, answer);
    return letter == NULL ? before : statuses[letter - letters];
}

/* The cell that is looked at, for who reads of a failure. */
static bool is_open;
static size_t open_row;
static enum order_status open_status;

static int say_which_failed(void **state)
{
    (void)state;
    if (is_open)
        print_message(
            "row %zu, %s, of an order that is %s\n",
            open_row,
            command_descriptions[rows[open_row].command].ce_type,
            order_status_name(open_status));
    return 0;
}

static void check_cell(size_t row, enum order_status status)
{
    static struct stage stage;
    static struct commands all;
    char answer = rows[row].answers[status];
    fill(&all);
    stage_open(&stage, CATEGORY_ORDER);
    reach(&stage, &all, status);
    prepare(&stage, &all, rows[row].need);
    stage_decide(&stage, rows[row].command, (const char *)&all + rows[row].body);
    if (strchr("newx", answer) != NULL) {
        expect_refusal(&stage, answer);
    } else {
        stage_accepted(&stage, answer != '0');
        for (size_t i = 0; i < stage.decision.event_count; i++)
            assert_true(
                aggregate_evolve(&stage.aggregate, &stage.decision.events[i], &stage.arena));
    }
    assert_int_equal(stage_order(&stage)->status, status_after(answer, status));
    stage_close(&stage);
}

static void every_cell_answers_as_the_catalogue_says(void **state)
{
    (void)state;
    for (size_t row = 0; row < countof(rows); row++) {
        assert_int_equal(strlen(rows[row].answers), ORDER_STATUS_COUNT);
        for (size_t status = 0; status < ORDER_STATUS_COUNT; status++) {
            open_row = row;
            open_status = (enum order_status)status;
            is_open = true;
            check_cell(row, (enum order_status)status);
            is_open = false;
        }
    }
}

/* So that no row is forgotten above. */
static void every_meaning_of_every_command_was_asked(void **state)
{
    static struct commands all;
    bool asked[ORDER_ROW_COUNT] = {false};
    (void)state;
    fill(&all);
    for (size_t row = 0; row < countof(rows); row++) {
        struct command command = {rows[row].command, (const char *)&all + rows[row].body};
        asked[order_row_of(&command) - order_rows] = true;
    }
    for (size_t row = 0; row < ORDER_ROW_COUNT; row++)
        assert_true(asked[row]);
}

static void every_cell_is_filled_once(void **state)
{
    (void)state;
    for (size_t row = 0; row < ORDER_ROW_COUNT; row++) {
        assert_int_equal(command_descriptions[order_rows[row].command].category, CATEGORY_ORDER);
        for (size_t status = 0; status < ORDER_STATUS_COUNT; status++) {
            const struct transition *cell = &order_rows[row].cells[status];
            assert_non_null(cell->outcome);
            assert_false(cell->decide != NULL && cell->refusal.code != NULL);
        }
    }
}

static void states_have_names(void **state)
{
    (void)state;
    assert_string_equal(order_status_name(ORDER_NONE), "none");
    assert_string_equal(order_status_name(ORDER_PART_SHIPPED), "part_shipped");
    assert_string_equal(order_status_name(ORDER_EXPIRED), "expired");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_cell_answers_as_the_catalogue_says, say_which_failed),
        cmocka_unit_test(every_meaning_of_every_command_was_asked),
        cmocka_unit_test(every_cell_is_filled_once),
        cmocka_unit_test(states_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
