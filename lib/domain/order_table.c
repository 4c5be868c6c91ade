// SPDX-License-Identifier: Apache-2.0
// The order's state machine: what each command does in each state. It is the dispatch of decide, the
// text of refusals, and what docs/orders.md prints.
#include "domain/order_steps.h"

#include "base/banned.h"

#define EXISTS TRANSITION_REFUSE(already_exists, "The order exists already.")
#define UNKNOWN TRANSITION_REFUSE(not_found, "The order does not exist.")
#define NOT_PLACED TRANSITION_REFUSE(invalid_state, "The order is confirmed already.")
#define UNCONFIRMED TRANSITION_REFUSE(invalid_state, "The order is not confirmed yet.")
#define UNSHIPPED TRANSITION_REFUSE(invalid_state, "Nothing was shipped yet.")
#define UNDELIVERED TRANSITION_REFUSE(invalid_state, "Not everything is delivered yet.")
#define ON_THE_WAY TRANSITION_REFUSE(invalid_state, "Units are shipped to the address of before.")
#define PART_WAY TRANSITION_REFUSE(invalid_state, "Units are shipped: cancel the open lines.")
#define SHIPPED TRANSITION_REFUSE(invalid_state, "All open units are shipped.")
#define RETURN_THEM TRANSITION_REFUSE(invalid_state, "All open units are shipped: return them.")
#define UNPAID TRANSITION_REFUSE(invalid_state, "There is nothing to give back yet.")
#define WINDOW \
    TRANSITION_REFUSE(window_closed, "The order is closed: the time for returns is over.")
#define CLOSED TRANSITION_REFUSE(invalid_state, "The order is closed.")
#define CANCELLED TRANSITION_REFUSE(invalid_state, "The order is cancelled.")
#define EXPIRED TRANSITION_REFUSE(invalid_state, "The order has expired.")

#define STAYS(step) TRANSITION_DECIDE(step, "stays")
#define COMPLETES(step) TRANSITION_DECIDE(step, "stays, or confirmed when complete")
#define CLAIMED(step) TRANSITION_DECIDE(step, "nothing; stays, to be released, if nothing was open")
#define REFUTES(step) TRANSITION_DECIDE(step, "refused; nothing if nothing was open")
#define LATE(step, compensation) TRANSITION_DECIDE(step, "stays, to be " compensation)
#define SHIPS(step) TRANSITION_DECIDE(step, "part_shipped or shipped")
#define FREES(step) TRANSITION_DECIDE(step, "stays; refused unless it is on hold")
#define AGAIN(step) TRANSITION_DECIDE(step, "refused; a repetition: nothing")
#define NOTHING(sentence) TRANSITION_NOTHING(sentence)

#define SETTLED NOTHING("nothing: settled already")
#define OVER NOTHING("nothing: the order is over")
#define GONE NOTHING("nothing: no unit is open")
#define ARRIVED NOTHING("nothing: all is delivered")
#define DISARMED NOTHING("nothing: no such deadline any more")

// clang-format off
const struct order_row order_rows[ORDER_ROW_COUNT] = {
    {COMMAND_PLACE_ORDER, NULL, {
        [ORDER_NONE]         = TRANSITION_DECIDE(order_place, "placed"),
        [ORDER_PLACED]       = EXISTS,
        [ORDER_CONFIRMED]    = EXISTS,
        [ORDER_PART_SHIPPED] = EXISTS,
        [ORDER_SHIPPED]      = EXISTS,
        [ORDER_DELIVERED]    = EXISTS,
        [ORDER_CLOSED]       = EXISTS,
        [ORDER_CANCELLED]    = EXISTS,
        [ORDER_EXPIRED]      = EXISTS,
    }},
    {COMMAND_RECORD_RESERVATION, "reserved", {
        [ORDER_NONE]         = UNKNOWN,
        [ORDER_PLACED]       = COMPLETES(order_record_reserved),
        [ORDER_CONFIRMED]    = CLAIMED(order_record_reserved),
        [ORDER_PART_SHIPPED] = CLAIMED(order_record_reserved),
        [ORDER_SHIPPED]      = CLAIMED(order_record_reserved),
        [ORDER_DELIVERED]    = CLAIMED(order_record_reserved),
        [ORDER_CLOSED]       = CLAIMED(order_record_reserved),
        [ORDER_CANCELLED]    = LATE(order_record_reserved, "released"),
        [ORDER_EXPIRED]      = LATE(order_record_reserved, "released"),
    }},
    {COMMAND_RECORD_RESERVATION, "refused", {
        [ORDER_NONE]         = UNKNOWN,
        [ORDER_PLACED]       = STAYS(order_record_refused),
        [ORDER_CONFIRMED]    = REFUTES(order_record_refused),
        [ORDER_PART_SHIPPED] = REFUTES(order_record_refused),
        [ORDER_SHIPPED]      = REFUTES(order_record_refused),
        [ORDER_DELIVERED]    = REFUTES(order_record_refused),
        [ORDER_CLOSED]       = REFUTES(order_record_refused),
        [ORDER_CANCELLED]    = OVER,
        [ORDER_EXPIRED]      = OVER,
    }},
    {COMMAND_RECORD_REDEMPTION, "applied", {
        [ORDER_NONE]         = UNKNOWN,
        [ORDER_PLACED]       = COMPLETES(order_record_applied),
        [ORDER_CONFIRMED]    = SETTLED,
        [ORDER_PART_SHIPPED] = SETTLED,
        [ORDER_SHIPPED]      = SETTLED,
        [ORDER_DELIVERED]    = SETTLED,
        [ORDER_CLOSED]       = SETTLED,
        [ORDER_CANCELLED]    = LATE(order_record_applied, "released"),
        [ORDER_EXPIRED]      = LATE(order_record_applied, "released"),
    }},
    {COMMAND_RECORD_REDEMPTION, "refused", {
        [ORDER_NONE]         = UNKNOWN,
        [ORDER_PLACED]       = STAYS(order_record_not_applied),
        [ORDER_CONFIRMED]    = NOT_PLACED,
        [ORDER_PART_SHIPPED] = NOT_PLACED,
        [ORDER_SHIPPED]      = NOT_PLACED,
        [ORDER_DELIVERED]    = NOT_PLACED,
        [ORDER_CLOSED]       = CLOSED,
        [ORDER_CANCELLED]    = OVER,
        [ORDER_EXPIRED]      = OVER,
    }},
    {COMMAND_RECORD_PAYMENT_RESULT, "authorize ok", {
        [ORDER_NONE]         = UNKNOWN,
        [ORDER_PLACED]       = COMPLETES(order_record_payment),
        [ORDER_CONFIRMED]    = STAYS(order_record_payment),
        [ORDER_PART_SHIPPED] = STAYS(order_record_payment),
        [ORDER_SHIPPED]      = STAYS(order_record_payment),
        [ORDER_DELIVERED]    = STAYS(order_record_payment),
        [ORDER_CLOSED]       = LATE(order_record_payment, "voided"),
        [ORDER_CANCELLED]    = LATE(order_record_payment, "voided"),
        [ORDER_EXPIRED]      = LATE(order_record_payment, "voided"),
    }},
    {COMMAND_RECORD_PAYMENT_RESULT, "authorize declined", {
        [ORDER_NONE]         = UNKNOWN,
        [ORDER_PLACED]       = STAYS(order_record_payment),
        [ORDER_CONFIRMED]    = STAYS(order_record_payment),
        [ORDER_PART_SHIPPED] = STAYS(order_record_payment),
        [ORDER_SHIPPED]      = STAYS(order_record_payment),
        [ORDER_DELIVERED]    = STAYS(order_record_payment),
        [ORDER_CLOSED]       = OVER,
        [ORDER_CANCELLED]    = OVER,
        [ORDER_EXPIRED]      = OVER,
    }},
    {COMMAND_RECORD_PAYMENT_RESULT, "capture ok", {
        [ORDER_NONE]         = UNKNOWN,
        [ORDER_PLACED]       = COMPLETES(order_record_payment),
        [ORDER_CONFIRMED]    = STAYS(order_record_payment),
        [ORDER_PART_SHIPPED] = STAYS(order_record_payment),
        [ORDER_SHIPPED]      = STAYS(order_record_payment),
        [ORDER_DELIVERED]    = STAYS(order_record_payment),
        [ORDER_CLOSED]       = LATE(order_record_payment, "refunded"),
        [ORDER_CANCELLED]    = LATE(order_record_payment, "refunded"),
        [ORDER_EXPIRED]      = LATE(order_record_payment, "refunded"),
    }},
    {COMMAND_RECORD_PAYMENT_RESULT, "capture or void declined", {
        [ORDER_NONE]         = UNKNOWN,
        [ORDER_PLACED]       = STAYS(order_record_payment),
        [ORDER_CONFIRMED]    = STAYS(order_record_payment),
        [ORDER_PART_SHIPPED] = STAYS(order_record_payment),
        [ORDER_SHIPPED]      = STAYS(order_record_payment),
        [ORDER_DELIVERED]    = STAYS(order_record_payment),
        [ORDER_CLOSED]       = STAYS(order_record_payment),
        [ORDER_CANCELLED]    = STAYS(order_record_payment),
        [ORDER_EXPIRED]      = STAYS(order_record_payment),
    }},
    {COMMAND_RECORD_PAYMENT_RESULT, "void ok", {
        [ORDER_NONE]         = UNKNOWN,
        [ORDER_PLACED]       = STAYS(order_record_payment),
        [ORDER_CONFIRMED]    = TRANSITION_DECIDE(order_record_payment, "stays, held if underfunded"),
        [ORDER_PART_SHIPPED] = STAYS(order_record_payment),
        [ORDER_SHIPPED]      = STAYS(order_record_payment),
        [ORDER_DELIVERED]    = STAYS(order_record_payment),
        [ORDER_CLOSED]       = STAYS(order_record_payment),
        [ORDER_CANCELLED]    = STAYS(order_record_payment),
        [ORDER_EXPIRED]      = STAYS(order_record_payment),
    }},
    {COMMAND_RECORD_PAYMENT_RESULT, "refund", {
        [ORDER_NONE]         = UNKNOWN,
        [ORDER_PLACED]       = UNPAID,
        [ORDER_CONFIRMED]    = STAYS(order_record_payment),
        [ORDER_PART_SHIPPED] = STAYS(order_record_payment),
        [ORDER_SHIPPED]      = STAYS(order_record_payment),
        [ORDER_DELIVERED]    = STAYS(order_record_payment),
        [ORDER_CLOSED]       = STAYS(order_record_payment),
        [ORDER_CANCELLED]    = STAYS(order_record_payment),
        [ORDER_EXPIRED]      = STAYS(order_record_payment),
    }},
    {COMMAND_HOLD_ORDER, NULL, {
        [ORDER_NONE]         = UNKNOWN,
        [ORDER_PLACED]       = STAYS(order_hold),
        [ORDER_CONFIRMED]    = STAYS(order_hold),
        [ORDER_PART_SHIPPED] = STAYS(order_hold),
        [ORDER_SHIPPED]      = SHIPPED,
        [ORDER_DELIVERED]    = SHIPPED,
        [ORDER_CLOSED]       = CLOSED,
        [ORDER_CANCELLED]    = CANCELLED,
        [ORDER_EXPIRED]      = EXPIRED,
    }},
    {COMMAND_RELEASE_HOLD, NULL, {
        [ORDER_NONE]         = UNKNOWN,
        [ORDER_PLACED]       = COMPLETES(order_release),
        [ORDER_CONFIRMED]    = STAYS(order_release),
        [ORDER_PART_SHIPPED] = STAYS(order_release),
        [ORDER_SHIPPED]      = FREES(order_release),
        [ORDER_DELIVERED]    = FREES(order_release),
        [ORDER_CLOSED]       = FREES(order_release),
        [ORDER_CANCELLED]    = FREES(order_release),
        [ORDER_EXPIRED]      = FREES(order_release),
    }},
    {COMMAND_CHANGE_SHIPPING_ADDRESS, NULL, {
        [ORDER_NONE]         = UNKNOWN,
        [ORDER_PLACED]       = STAYS(order_change_address),
        [ORDER_CONFIRMED]    = STAYS(order_change_address),
        [ORDER_PART_SHIPPED] = ON_THE_WAY,
        [ORDER_SHIPPED]      = ON_THE_WAY,
        [ORDER_DELIVERED]    = ON_THE_WAY,
        [ORDER_CLOSED]       = CLOSED,
        [ORDER_CANCELLED]    = CANCELLED,
        [ORDER_EXPIRED]      = EXPIRED,
    }},
    {COMMAND_CANCEL_LINES, NULL, {
        [ORDER_NONE]         = UNKNOWN,
        [ORDER_PLACED]       = TRANSITION_DECIDE(
            order_cancel_lines, "stays, or confirmed when complete, or cancelled"),
        [ORDER_CONFIRMED]    = TRANSITION_DECIDE(order_cancel_lines, "stays, or cancelled"),
        [ORDER_PART_SHIPPED] = TRANSITION_DECIDE(
            order_cancel_lines, "stays, or shipped or delivered when nothing is left to ship"),
        [ORDER_SHIPPED]      = RETURN_THEM,
        [ORDER_DELIVERED]    = RETURN_THEM,
        [ORDER_CLOSED]       = CLOSED,
        [ORDER_CANCELLED]    = GONE,
        [ORDER_EXPIRED]      = EXPIRED,
    }},
    {COMMAND_CANCEL_ORDER, NULL, {
        [ORDER_NONE]         = UNKNOWN,
        [ORDER_PLACED]       = TRANSITION_DECIDE(order_cancel, "cancelled"),
        [ORDER_CONFIRMED]    = TRANSITION_DECIDE(order_cancel, "cancelled"),
        [ORDER_PART_SHIPPED] = PART_WAY,
        [ORDER_SHIPPED]      = RETURN_THEM,
        [ORDER_DELIVERED]    = RETURN_THEM,
        [ORDER_CLOSED]       = CLOSED,
        [ORDER_CANCELLED]    = GONE,
        [ORDER_EXPIRED]      = GONE,
    }},
    {COMMAND_EXPIRE_ORDER, "reservation or payment", {
        [ORDER_NONE]         = UNKNOWN,
        [ORDER_PLACED]       = TRANSITION_DECIDE(order_expire, "expired"),
        [ORDER_CONFIRMED]    = DISARMED,
        [ORDER_PART_SHIPPED] = DISARMED,
        [ORDER_SHIPPED]      = DISARMED,
        [ORDER_DELIVERED]    = DISARMED,
        [ORDER_CLOSED]       = DISARMED,
        [ORDER_CANCELLED]    = DISARMED,
        [ORDER_EXPIRED]      = DISARMED,
    }},
    {COMMAND_EXPIRE_ORDER, "authorization", {
        [ORDER_NONE]         = UNKNOWN,
        [ORDER_PLACED]       = TRANSITION_DECIDE(order_expire, "expired"),
        [ORDER_CONFIRMED]    = TRANSITION_DECIDE(order_expire, "held if less is captured than due"),
        [ORDER_PART_SHIPPED] = TRANSITION_DECIDE(order_expire, "held if less is captured than due"),
        [ORDER_SHIPPED]      = DISARMED,
        [ORDER_DELIVERED]    = DISARMED,
        [ORDER_CLOSED]       = DISARMED,
        [ORDER_CANCELLED]    = DISARMED,
        [ORDER_EXPIRED]      = DISARMED,
    }},
    {COMMAND_SHIP_LINES, NULL, {
        [ORDER_NONE]         = UNKNOWN,
        [ORDER_PLACED]       = UNCONFIRMED,
        [ORDER_CONFIRMED]    = SHIPS(order_ship),
        [ORDER_PART_SHIPPED] = SHIPS(order_ship),
        [ORDER_SHIPPED]      = AGAIN(order_ship_again),
        [ORDER_DELIVERED]    = AGAIN(order_ship_again),
        [ORDER_CLOSED]       = AGAIN(order_ship_again),
        [ORDER_CANCELLED]    = CANCELLED,
        [ORDER_EXPIRED]      = EXPIRED,
    }},
    {COMMAND_RECORD_DELIVERY, NULL, {
        [ORDER_NONE]         = UNKNOWN,
        [ORDER_PLACED]       = UNSHIPPED,
        [ORDER_CONFIRMED]    = UNSHIPPED,
        [ORDER_PART_SHIPPED] = STAYS(order_record_delivery),
        [ORDER_SHIPPED]      = TRANSITION_DECIDE(order_record_delivery, "stays, or delivered"),
        [ORDER_DELIVERED]    = ARRIVED,
        [ORDER_CLOSED]       = ARRIVED,
        [ORDER_CANCELLED]    = CANCELLED,
        [ORDER_EXPIRED]      = EXPIRED,
    }},
    {COMMAND_REQUEST_RETURN, NULL, {
        [ORDER_NONE]         = UNKNOWN,
        [ORDER_PLACED]       = UNSHIPPED,
        [ORDER_CONFIRMED]    = UNSHIPPED,
        [ORDER_PART_SHIPPED] = STAYS(order_request_return),
        [ORDER_SHIPPED]      = STAYS(order_request_return),
        [ORDER_DELIVERED]    = STAYS(order_request_return),
        [ORDER_CLOSED]       = AGAIN(order_request_return_again),
        [ORDER_CANCELLED]    = CANCELLED,
        [ORDER_EXPIRED]      = EXPIRED,
    }},
    {COMMAND_RECEIVE_RETURN, NULL, {
        [ORDER_NONE]         = UNKNOWN,
        [ORDER_PLACED]       = UNSHIPPED,
        [ORDER_CONFIRMED]    = UNSHIPPED,
        [ORDER_PART_SHIPPED] = STAYS(order_receive_return),
        [ORDER_SHIPPED]      = STAYS(order_receive_return),
        [ORDER_DELIVERED]    = STAYS(order_receive_return),
        [ORDER_CLOSED]       = AGAIN(order_receive_return_again),
        [ORDER_CANCELLED]    = CANCELLED,
        [ORDER_EXPIRED]      = EXPIRED,
    }},
    {COMMAND_REQUEST_REFUND, NULL, {
        [ORDER_NONE]         = UNKNOWN,
        [ORDER_PLACED]       = UNPAID,
        [ORDER_CONFIRMED]    = STAYS(order_request_refund),
        [ORDER_PART_SHIPPED] = STAYS(order_request_refund),
        [ORDER_SHIPPED]      = STAYS(order_request_refund),
        [ORDER_DELIVERED]    = STAYS(order_request_refund),
        [ORDER_CLOSED]       = TRANSITION_DECIDE(
            order_request_refund, "stays, for what was captured beyond due only"),
        [ORDER_CANCELLED]    = STAYS(order_request_refund),
        [ORDER_EXPIRED]      = STAYS(order_request_refund),
    }},
    {COMMAND_ADD_NOTE, NULL, {
        [ORDER_NONE]         = UNKNOWN,
        [ORDER_PLACED]       = STAYS(order_add_note),
        [ORDER_CONFIRMED]    = STAYS(order_add_note),
        [ORDER_PART_SHIPPED] = STAYS(order_add_note),
        [ORDER_SHIPPED]      = STAYS(order_add_note),
        [ORDER_DELIVERED]    = STAYS(order_add_note),
        [ORDER_CLOSED]       = STAYS(order_add_note),
        [ORDER_CANCELLED]    = STAYS(order_add_note),
        [ORDER_EXPIRED]      = STAYS(order_add_note),
    }},
    {COMMAND_CLOSE_ORDER, NULL, {
        [ORDER_NONE]         = UNKNOWN,
        [ORDER_PLACED]       = UNDELIVERED,
        [ORDER_CONFIRMED]    = UNDELIVERED,
        [ORDER_PART_SHIPPED] = UNDELIVERED,
        [ORDER_SHIPPED]      = UNDELIVERED,
        [ORDER_DELIVERED]    = TRANSITION_DECIDE(order_close, "closed if nothing is open or owed"),
        [ORDER_CLOSED]       = NOTHING("nothing: closed already"),
        [ORDER_CANCELLED]    = CANCELLED,
        [ORDER_EXPIRED]      = EXPIRED,
    }},
};
// clang-format on

/* Offset of the row among those of the command. */
static size_t variant_of(const struct command *command)
{
    static const uint8_t payments[][PAYMENT_ERROR + 1] = {
        [PAYMENT_AUTHORIZE] = {0, 1, 1},
        [PAYMENT_CAPTURE] = {2, 3, 3},
        [PAYMENT_VOID] = {4, 3, 3},
        [PAYMENT_REFUND] = {5, 5, 5},
    };
    const struct record_payment_result *payment = command->body;
    const struct record_reservation *reservation = command->body;
    const struct record_redemption *redemption = command->body;
    const struct expire_order *expiry = command->body;
    if (command->type == COMMAND_RECORD_PAYMENT_RESULT)
        return payments[payment->op][payment->outcome];
    if (command->type == COMMAND_RECORD_RESERVATION)
        return (size_t)reservation->outcome;
    if (command->type == COMMAND_RECORD_REDEMPTION)
        return (size_t)redemption->outcome;
    if (command->type == COMMAND_EXPIRE_ORDER)
        return expiry->deadline == DEADLINE_AUTHORIZATION;
    return 0;
}

const struct order_row *order_row_of(const struct command *command)
{
    static const uint8_t first[COMMAND_TYPE_COUNT] = {
        [COMMAND_PLACE_ORDER] = 0,
        [COMMAND_RECORD_RESERVATION] = 1,
        [COMMAND_RECORD_REDEMPTION] = 3,
        [COMMAND_RECORD_PAYMENT_RESULT] = 5,
        [COMMAND_HOLD_ORDER] = 11,
        [COMMAND_RELEASE_HOLD] = 12,
        [COMMAND_CHANGE_SHIPPING_ADDRESS] = 13,
        [COMMAND_CANCEL_LINES] = 14,
        [COMMAND_CANCEL_ORDER] = 15,
        [COMMAND_EXPIRE_ORDER] = 16,
        [COMMAND_SHIP_LINES] = 18,
        [COMMAND_RECORD_DELIVERY] = 19,
        [COMMAND_REQUEST_RETURN] = 20,
        [COMMAND_RECEIVE_RETURN] = 21,
        [COMMAND_REQUEST_REFUND] = 22,
        [COMMAND_ADD_NOTE] = 23,
        [COMMAND_CLOSE_ORDER] = 24,
    };
    size_t at = first[command->type] + variant_of(command);
    CHECK(at < ORDER_ROW_COUNT && order_rows[at].command == command->type);
    return &order_rows[at];
}
