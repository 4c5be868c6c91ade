// SPDX-License-Identifier: Apache-2.0
// The steps of an order, for its tables: a decision per row of the state machine, a fold per event.
// The state is a struct order. What a state alone answers is in the table and no concern of a step.
#ifndef DOMAIN_ORDER_STEPS_H
#define DOMAIN_ORDER_STEPS_H

#include "domain/order.h"

/* ---- decisions: goods ---- */

decide_function order_place;
decide_function order_record_reserved;
decide_function order_record_refused;
decide_function order_record_applied;
decide_function order_record_not_applied;
decide_function order_cancel_lines;
decide_function order_cancel;
decide_function order_change_address;
decide_function order_ship;
decide_function order_ship_again; /* after the last shipment: a repetition, or refused */
decide_function order_record_delivery;
decide_function order_request_return;
decide_function order_request_return_again; /* after closing, as is the next */
decide_function order_receive_return;
decide_function order_receive_return_again;

/* ---- decisions: money ---- */

decide_function order_record_payment;
decide_function order_hold;
decide_function order_release;
decide_function order_expire;
decide_function order_request_refund;
decide_function order_add_note;
decide_function order_close;

/* ---- folds: goods ---- */

evolve_function order_on_order_placed;
evolve_function order_on_line_reserved;
evolve_function order_on_line_reservation_refused;
evolve_function order_on_promotion_applied;
evolve_function order_on_promotion_refused;
evolve_function order_on_order_confirmed;
evolve_function order_on_shipping_address_changed;
evolve_function order_on_lines_cancelled;
evolve_function order_on_order_cancelled;
evolve_function order_on_shipment_dispatched;
evolve_function order_on_shipment_delivered;
evolve_function order_on_return_requested;
evolve_function order_on_return_received;

/* ---- folds: money ---- */

evolve_function order_on_payment_authorized;
evolve_function order_on_payment_declined;
evolve_function order_on_payment_captured;
evolve_function order_on_payment_voided;
evolve_function order_on_order_held;
evolve_function order_on_order_released;
evolve_function order_on_order_expired;
evolve_function order_on_refund_requested;
evolve_function order_on_refund_settled;
evolve_function order_on_refund_failed;
evolve_function order_on_note_added;
evolve_function order_on_order_closed;

/* ---- between them ---- */

extern const struct rejection order_too_many_refunds;

/* Adds OrderConfirmed to a decision made in ORDER_PLACED when nothing is missing after its events:
 * everything open is reserved, the promotion settled, the funds there, no hold. order_decide does it
 * for every decision. False only when the arena is exhausted. */
MUST_USE bool order_complete_decision(
    const struct order *order, const struct decide_context *context, struct decision *out);

/* Everything that is open is cancelled; `amount` must be all that was due, and the order's total is
 * cancelled then. For the folds of OrderCancelled and OrderExpired. */
MUST_USE bool order_cancel_rest(struct order *order, int64_t amount, int64_t cancelled_amount);

/* When the first of the reservations lapses that hold open units; 0: none that says. */
int64_t order_reservation_due(const struct order *order);

/* How long units may be returned, from the newest delivery; microseconds since 1970. */
int64_t order_return_window_ends(const struct order *order, const struct tenant_settings *tenant);

/* Deals a discount out to the lines by what they cost (amounts, whose sum is at least the discount);
 * what is left of rounding goes to the largest remainders, of equal ones to the lowest line_no. False:
 * the arena is exhausted. */
MUST_USE bool order_deal_discount(
    int64_t discount,
    const int64_t *amounts,
    size_t count,
    struct order_placed_line *lines,
    struct arena *arena);

/* A line of a command: it exists, and is named once. seen: a flag per line of the order. False once it
 * has refused in *out. */
MUST_USE bool order_take_line(
    const struct order *order, int64_t line_no, bool *seen, size_t *at, struct decision *out);

/* Free text that must not hold the number of a card. */
MUST_USE bool order_note_is_clean(bool has_note, const struct order_note *note);

#endif
