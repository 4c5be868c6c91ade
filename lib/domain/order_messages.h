// SPDX-License-Identifier: Apache-2.0
// Commands and events of the order, as lists of fields. What is known of the person who ordered is in
// records of a retention class, sealed apart; all else is clear on purpose, the pseudonym
// (customer_id) too.
//
// A list that was released is frozen: a change is a new version beside it. Amounts of events are
// minor units of the order's currency; amounts of commands are decimal text.
#ifndef DOMAIN_ORDER_MESSAGES_H
#define DOMAIN_ORDER_MESSAGES_H

#include "domain/money.h"
#include "message/sealed.h"

enum {
    ORDER_MAX_LINES = 2000,         /* of an order: the rule of the business */
    ORDER_MAX_COMMAND_LINES = 5000, /* of a command: what is read at all, to be refused by name */
    ORDER_MAX_QTY = 1000000,
    ORDER_MAX_LINE_NO = 1000000,
    ORDER_MAX_UNITS = ORDER_MAX_LINES * ORDER_MAX_QTY, /* of one SKU in one order */
    ORDER_MAX_PAYMENTS = 8,
    ORDER_MAX_SHIPMENTS = 500,
    ORDER_MAX_RETURNS = 500,
    ORDER_MAX_REFUNDS = 500,
    PROMOTION_MAX_CODE = 64,
};

extern const struct message_enum order_channels;
extern const struct message_enum order_cancel_reasons;
extern const struct message_enum order_roundings;
extern const struct message_enum order_claim_outcomes;     /* reserved, refused */
extern const struct message_enum order_promotion_outcomes; /* applied, refused */
extern const struct message_enum payment_operations;
extern const struct message_enum payment_outcomes;
extern const struct message_enum payment_void_causes;
extern const struct message_enum order_hold_reasons;
extern const struct message_enum order_deadlines;
extern const struct message_enum order_return_reasons;
extern const struct message_enum order_refund_reasons;
extern const struct message_enum order_note_visibilities;

/* Index into the enumerations above, where code compares them. */
enum { CLAIM_RESERVED, CLAIM_REFUSED };
enum { REDEMPTION_APPLIED, REDEMPTION_REFUSED };
enum payment_operation { PAYMENT_AUTHORIZE, PAYMENT_CAPTURE, PAYMENT_VOID, PAYMENT_REFUND };
enum payment_outcome { PAYMENT_OK, PAYMENT_DECLINED, PAYMENT_ERROR };
enum payment_void_cause { VOID_CANCELLED, VOID_EXPIRED, VOID_REPLACED };
enum order_hold_reason {
    HOLD_FRAUD,
    HOLD_ADDRESS,
    HOLD_MANUAL,
    HOLD_CAPTURE_FAILED,
    HOLD_UNDERFUNDED, /* of events only, as is the next: the order holds itself */
    HOLD_AUTHORIZATION_EXPIRED,
};
enum order_deadline { DEADLINE_RESERVATION, DEADLINE_PAYMENT, DEADLINE_AUTHORIZATION };
enum order_refund_reason {
    REFUND_CANCELLED,
    REFUND_RETURNED,
    REFUND_SHIPPING,
    REFUND_GOODWILL,
    REFUND_OVERPAID, /* its good will is none: money captured beyond due goes back */
    REFUND_OTHER,
};

// clang-format off

/* ---- personal records; fields of a shared record are of the class of the field that holds it ---- */

#define POSTAL_ADDRESS_FIELDS(F, T) \
    F(T, TEXT, name,        OPTIONAL, INHERITED, 1, 200) \
    F(T, TEXT, line1,       REQUIRED, INHERITED, 1, 200) \
    F(T, TEXT, line2,       OPTIONAL, INHERITED, 1, 200) \
    F(T, TEXT, postal_code, OPTIONAL, INHERITED, 1, 20) \
    F(T, TEXT, city,        REQUIRED, INHERITED, 1, 100) \
    F(T, TEXT, country,     REQUIRED, INHERITED, 2, 2)
DECLARE_MESSAGE(postal_address, POSTAL_ADDRESS_FIELDS)

#define PERSON_CONTACT_FIELDS(F, T) \
    F(T, TEXT, name,  REQUIRED, INHERITED, 1, 200) \
    F(T, TEXT, email, OPTIONAL, INHERITED, 3, 254) \
    F(T, TEXT, phone, OPTIONAL, INHERITED, 3, 32)
DECLARE_MESSAGE(person_contact, PERSON_CONTACT_FIELDS)

#define ORDER_DELIVERY_FIELDS(F, T) \
    F(T, RECORD, ship_to, REQUIRED, INHERITED, postal_address, 0) \
    F(T, TEXT,   note,    OPTIONAL, INHERITED, 1, 500)
DECLARE_MESSAGE(order_delivery, ORDER_DELIVERY_FIELDS)

/* Free text is personal, whatever it is about. */
#define ORDER_NOTE_FIELDS(F, T) \
    F(T, TEXT, text, REQUIRED, INHERITED, 1, 500)
DECLARE_MESSAGE(order_note, ORDER_NOTE_FIELDS)

#define PAYMENT_INSTRUMENT_FIELDS(F, T) \
    F(T, TEXT, brand,  OPTIONAL, INHERITED, 1, 32) \
    F(T, TEXT, last4,  OPTIONAL, INHERITED, 4, 4) \
    F(T, TEXT, holder, OPTIONAL, INHERITED, 1, 200)
DECLARE_MESSAGE(payment_instrument, PAYMENT_INSTRUMENT_FIELDS)

#define SHIPMENT_TRACKING_FIELDS(F, T) \
    F(T, TEXT, number, REQUIRED, INHERITED, 1, 64)
DECLARE_MESSAGE(shipment_tracking, SHIPMENT_TRACKING_FIELDS)

#define DELIVERY_RECEIPT_FIELDS(F, T) \
    F(T, TEXT, signed_by, REQUIRED, INHERITED, 1, 200)
DECLARE_MESSAGE(delivery_receipt, DELIVERY_RECEIPT_FIELDS)

/* ---- commands ---- */

#define PLACE_ORDER_LINE_FIELDS(F, T) \
    F(T, INT,     line_no,        REQUIRED, NONE, 1, ORDER_MAX_LINE_NO) \
    F(T, TEXT,    sku,            REQUIRED, NONE, 1, 64) \
    F(T, TEXT,    seller_id,      OPTIONAL, NONE, 1, 64) \
    F(T, TEXT,    location,       OPTIONAL, NONE, 1, 64) \
    F(T, TEXT,    title,          OPTIONAL, NONE, 1, 200) \
    F(T, INT,     qty,            REQUIRED, NONE, 1, ORDER_MAX_QTY) \
    F(T, DECIMAL, unit_price,     REQUIRED, NONE, 0, 0) \
    F(T, INT,     tax_ppm,        REQUIRED, NONE, 0, MONEY_PPM) \
    F(T, INT,     commission_bps, OPTIONAL, NONE, 0, 10000)
DECLARE_MESSAGE(place_order_line, PLACE_ORDER_LINE_FIELDS)

#define PLACE_ORDER_SHIPPING_FIELDS(F, T) \
    F(T, TEXT,    method,  REQUIRED, NONE, 1, 64) \
    F(T, DECIMAL, amount,  REQUIRED, NONE, 0, 0) \
    F(T, INT,     tax_ppm, REQUIRED, NONE, 0, MONEY_PPM)
DECLARE_MESSAGE(place_order_shipping, PLACE_ORDER_SHIPPING_FIELDS)

/* The discount is of the goods, before tax; it is dealt out to the lines by largest remainder. */
#define PLACE_ORDER_PROMO_FIELDS(F, T) \
    F(T, TEXT,    code,             REQUIRED, NONE, 1, PROMOTION_MAX_CODE) \
    F(T, DECIMAL, claimed_discount, REQUIRED, NONE, 0, 0)
DECLARE_MESSAGE(place_order_promo, PLACE_ORDER_PROMO_FIELDS)

#define PLACE_ORDER_FIELDS(F, T) \
    F(T, UUID,    customer_id,        REQUIRED, NONE, 0, 0) \
    F(T, ENUM,    channel,            REQUIRED, NONE, order_channels, 0) \
    F(T, TEXT,    currency,           REQUIRED, NONE, 3, 3) \
    F(T, BOOL,    prices_include_tax, REQUIRED, NONE, 0, 0) \
    F(T, TEXT,    ship_country,       REQUIRED, NONE, 2, 2) \
    F(T, LIST,    lines,              REQUIRED, NONE, place_order_line, ORDER_MAX_COMMAND_LINES) \
    F(T, RECORD,  shipping,           OPTIONAL, NONE, place_order_shipping, 0) \
    F(T, RECORD,  promo,              OPTIONAL, NONE, place_order_promo, 0) \
    F(T, DECIMAL, declared_total,     REQUIRED, NONE, 0, 0) \
    F(T, TIME,    placed_at,          REQUIRED, NONE, 0, 0) \
    F(T, TEXT,    source_ref,         OPTIONAL, NONE, 1, 64) \
    F(T, RECORD,  contact,            OPTIONAL, CONTACT, person_contact, 0) \
    F(T, RECORD,  delivery,           OPTIONAL, DELIVERY, order_delivery, 0) \
    F(T, RECORD,  bill_to,            OPTIONAL, INVOICE, postal_address, 0) \
    F(T, RECORD,  sealed,             OPTIONAL, NONE, sealed_box, 0)
DECLARE_MESSAGE(place_order, PLACE_ORDER_FIELDS)

#define ORDER_UNITS_FIELDS(F, T) \
    F(T, INT, line_no, REQUIRED, NONE, 1, ORDER_MAX_LINE_NO) \
    F(T, INT, qty,     REQUIRED, NONE, 1, ORDER_MAX_QTY)
DECLARE_MESSAGE(order_units, ORDER_UNITS_FIELDS)

#define CANCEL_LINES_FIELDS(F, T) \
    F(T, LIST, lines,  REQUIRED, NONE, order_units, ORDER_MAX_COMMAND_LINES) \
    F(T, ENUM, reason, REQUIRED, NONE, order_cancel_reasons, 0)
DECLARE_MESSAGE(cancel_lines, CANCEL_LINES_FIELDS)

#define CANCEL_ORDER_FIELDS(F, T) \
    F(T, ENUM,   reason, REQUIRED, NONE, order_cancel_reasons, 0) \
    F(T, RECORD, note,   OPTIONAL, CONTACT, order_note, 0) \
    F(T, RECORD, sealed, OPTIONAL, NONE, sealed_box, 0)
DECLARE_MESSAGE(cancel_order, CANCEL_ORDER_FIELDS)

#define CHANGE_SHIPPING_ADDRESS_FIELDS(F, T) \
    F(T, TEXT,   country, REQUIRED, NONE, 2, 2) \
    F(T, RECORD, address, REQUIRED, DELIVERY, postal_address, 0) \
    F(T, RECORD, sealed,  OPTIONAL, NONE, sealed_box, 0)
DECLARE_MESSAGE(change_shipping_address, CHANGE_SHIPPING_ADDRESS_FIELDS)

/* What became of ReserveStock, told to the order. outcome reserved: expires_at may say until when;
 * refused: available and code may say why. qty: of all lines of the SKU at the location. */
#define RECORD_RESERVATION_FIELDS(F, T) \
    F(T, TEXT, sku,        REQUIRED, NONE, 1, 64) \
    F(T, TEXT, location,   OPTIONAL, NONE, 1, 64) \
    F(T, ENUM, outcome,    REQUIRED, NONE, order_claim_outcomes, 0) \
    F(T, INT,  qty,        REQUIRED, NONE, 1, ORDER_MAX_UNITS) \
    F(T, INT,  available,  OPTIONAL, NONE, 0, INT64_MAX) \
    F(T, TEXT, code,       OPTIONAL, NONE, 1, 64) \
    F(T, TIME, expires_at, OPTIONAL, NONE, 0, 0)
DECLARE_MESSAGE(record_reservation, RECORD_RESERVATION_FIELDS)

/* What became of RedeemPromotion. code: of the promotion; reason: code of the refusal. */
#define RECORD_REDEMPTION_FIELDS(F, T) \
    F(T, UUID,    promotion_id, REQUIRED, NONE, 0, 0) \
    F(T, TEXT,    code,         REQUIRED, NONE, 1, PROMOTION_MAX_CODE) \
    F(T, ENUM,    outcome,      REQUIRED, NONE, order_promotion_outcomes, 0) \
    F(T, DECIMAL, discount,     OPTIONAL, NONE, 0, 0) \
    F(T, TEXT,    reason,       OPTIONAL, NONE, 1, 64)
DECLARE_MESSAGE(record_redemption, RECORD_REDEMPTION_FIELDS)

/* What a payment provider said. provider_ref is unique for its op within the order. refund_id: with
 * op refund, the one that was requested. */
#define RECORD_PAYMENT_RESULT_FIELDS(F, T) \
    F(T, UUID,    payment_id,   REQUIRED, NONE, 0, 0) \
    F(T, ENUM,    op,           REQUIRED, NONE, payment_operations, 0) \
    F(T, ENUM,    outcome,      REQUIRED, NONE, payment_outcomes, 0) \
    F(T, DECIMAL, amount,       REQUIRED, NONE, 0, 0) \
    F(T, TEXT,    currency,     OPTIONAL, NONE, 3, 3) \
    F(T, TEXT,    provider,     REQUIRED, NONE, 1, 64) \
    F(T, TEXT,    provider_ref, REQUIRED, NONE, 1, 128) \
    F(T, TEXT,    decline_code, OPTIONAL, NONE, 1, 64) \
    F(T, TIME,    expires_at,   OPTIONAL, NONE, 0, 0) \
    F(T, UUID,    refund_id,    OPTIONAL, NONE, 0, 0) \
    F(T, RECORD,  instrument,   OPTIONAL, PAYMENT, payment_instrument, 0) \
    F(T, RECORD,  sealed,       OPTIONAL, NONE, sealed_box, 0)
DECLARE_MESSAGE(record_payment_result, RECORD_PAYMENT_RESULT_FIELDS)

#define HOLD_ORDER_FIELDS(F, T) \
    F(T, ENUM,   reason, REQUIRED, NONE, order_hold_reasons, 0) \
    F(T, RECORD, note,   OPTIONAL, CONTACT, order_note, 0) \
    F(T, RECORD, sealed, OPTIONAL, NONE, sealed_box, 0)
DECLARE_MESSAGE(hold_order, HOLD_ORDER_FIELDS)

#define RELEASE_HOLD_FIELDS(F, T) \
    F(T, RECORD, note,   OPTIONAL, CONTACT, order_note, 0) \
    F(T, RECORD, sealed, OPTIONAL, NONE, sealed_box, 0)
DECLARE_MESSAGE(release_hold, RELEASE_HOLD_FIELDS)

#define EXPIRE_ORDER_FIELDS(F, T) \
    F(T, ENUM, deadline, REQUIRED, NONE, order_deadlines, 0)
DECLARE_MESSAGE(expire_order, EXPIRE_ORDER_FIELDS)

#define SHIP_LINES_FIELDS(F, T) \
    F(T, UUID,   shipment_id, REQUIRED, NONE, 0, 0) \
    F(T, TEXT,   carrier,     REQUIRED, NONE, 1, 64) \
    F(T, LIST,   lines,       REQUIRED, NONE, order_units, ORDER_MAX_COMMAND_LINES) \
    F(T, TIME,   shipped_at,  REQUIRED, NONE, 0, 0) \
    F(T, RECORD, tracking,    OPTIONAL, DELIVERY, shipment_tracking, 0) \
    F(T, RECORD, sealed,      OPTIONAL, NONE, sealed_box, 0)
DECLARE_MESSAGE(ship_lines, SHIP_LINES_FIELDS)

#define RECORD_DELIVERY_FIELDS(F, T) \
    F(T, UUID,   shipment_id,  REQUIRED, NONE, 0, 0) \
    F(T, TIME,   delivered_at, REQUIRED, NONE, 0, 0) \
    F(T, RECORD, receipt,      OPTIONAL, DELIVERY, delivery_receipt, 0) \
    F(T, RECORD, sealed,       OPTIONAL, NONE, sealed_box, 0)
DECLARE_MESSAGE(record_delivery, RECORD_DELIVERY_FIELDS)

#define RETURN_LINE_FIELDS(F, T) \
    F(T, INT,  line_no, REQUIRED, NONE, 1, ORDER_MAX_LINE_NO) \
    F(T, INT,  qty,     REQUIRED, NONE, 1, ORDER_MAX_QTY) \
    F(T, ENUM, reason,  REQUIRED, NONE, order_return_reasons, 0)
DECLARE_MESSAGE(return_line, RETURN_LINE_FIELDS)

#define REQUEST_RETURN_FIELDS(F, T) \
    F(T, UUID,   return_id, REQUIRED, NONE, 0, 0) \
    F(T, LIST,   lines,     REQUIRED, NONE, return_line, ORDER_MAX_COMMAND_LINES) \
    F(T, RECORD, note,      OPTIONAL, CONTACT, order_note, 0) \
    F(T, RECORD, sealed,    OPTIONAL, NONE, sealed_box, 0)
DECLARE_MESSAGE(request_return, REQUEST_RETURN_FIELDS)

/* accepted + rejected units came back; restock of the accepted ones can be sold again. */
#define RECEIVED_LINE_FIELDS(F, T) \
    F(T, INT, line_no,  REQUIRED, NONE, 1, ORDER_MAX_LINE_NO) \
    F(T, INT, accepted, REQUIRED, NONE, 0, ORDER_MAX_QTY) \
    F(T, INT, rejected, REQUIRED, NONE, 0, ORDER_MAX_QTY) \
    F(T, INT, restock,  REQUIRED, NONE, 0, ORDER_MAX_QTY)
DECLARE_MESSAGE(received_line, RECEIVED_LINE_FIELDS)

#define RECEIVE_RETURN_FIELDS(F, T) \
    F(T, UUID, return_id, REQUIRED, NONE, 0, 0) \
    F(T, LIST, lines,     REQUIRED, NONE, received_line, ORDER_MAX_COMMAND_LINES)
DECLARE_MESSAGE(receive_return, RECEIVE_RETURN_FIELDS)

/* Of units (cancelled, or returned and accepted), of shipping charged, and of good will. */
#define REQUEST_REFUND_FIELDS(F, T) \
    F(T, UUID,    refund_id, REQUIRED, NONE, 0, 0) \
    F(T, LIST,    lines,     OPTIONAL, NONE, order_units, ORDER_MAX_COMMAND_LINES) \
    F(T, DECIMAL, shipping,  OPTIONAL, NONE, 0, 0) \
    F(T, DECIMAL, goodwill,  OPTIONAL, NONE, 0, 0) \
    F(T, ENUM,    reason,    REQUIRED, NONE, order_refund_reasons, 0)
DECLARE_MESSAGE(request_refund, REQUEST_REFUND_FIELDS)

#define ADD_NOTE_FIELDS(F, T) \
    F(T, ENUM,   visibility, REQUIRED, NONE, order_note_visibilities, 0) \
    F(T, RECORD, note,       REQUIRED, CONTACT, order_note, 0) \
    F(T, RECORD, sealed,     OPTIONAL, NONE, sealed_box, 0)
DECLARE_MESSAGE(add_note, ADD_NOTE_FIELDS)

#define CLOSE_ORDER_FIELDS(F, T) \
    F(T, TEXT, ref, OPTIONAL, NONE, 1, 64)
DECLARE_MESSAGE(close_order, CLOSE_ORDER_FIELDS)

/* ---- events ---- */

#define ORDER_PLACED_LINE_FIELDS(F, T) \
    F(T, INT,  line_no,        REQUIRED, NONE, 1, ORDER_MAX_LINE_NO) \
    F(T, TEXT, sku,            REQUIRED, NONE, 1, 64) \
    F(T, TEXT, seller_id,      OPTIONAL, NONE, 1, 64) \
    F(T, TEXT, location,       OPTIONAL, NONE, 1, 64) \
    F(T, TEXT, title,          OPTIONAL, NONE, 1, 200) \
    F(T, INT,  qty,            REQUIRED, NONE, 1, ORDER_MAX_QTY) \
    F(T, INT,  unit_price,     REQUIRED, NONE, 0, MONEY_MAX_PRICE) \
    F(T, INT,  tax_ppm,        REQUIRED, NONE, 0, MONEY_PPM) \
    F(T, INT,  commission_bps, OPTIONAL, NONE, 0, 10000) \
    F(T, INT,  discount,       REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,  line_net,       REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,  line_tax,       REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,  line_total,     REQUIRED, NONE, 0, INT64_MAX)
DECLARE_MESSAGE(order_placed_line, ORDER_PLACED_LINE_FIELDS)

/* line_net + line_tax = line_total; subtotal = sum of line_net; tax = sum of line_tax +
 * shipping_tax; total = subtotal + shipping + tax; discount = sum of the lines' discounts, which are
 * taken before tax. unit_price is as the command gave it, with tax or without; shipping is net. An
 * order with a delivery has an address for its invoice too, which outlives the delivery's.
 * complete_by: when the order may be expired unless it is confirmed. */
#define ORDER_PLACED_FIELDS(F, T) \
    F(T, UUID, customer_id,        REQUIRED, NONE, 0, 0) \
    F(T, ENUM, channel,            REQUIRED, NONE, order_channels, 0) \
    F(T, TEXT, currency,           REQUIRED, NONE, 3, 3) \
    F(T, BOOL, prices_include_tax, REQUIRED, NONE, 0, 0) \
    F(T, ENUM, rounding,           REQUIRED, NONE, order_roundings, 0) \
    F(T, TEXT, ship_country,       REQUIRED, NONE, 2, 2) \
    F(T, LIST, lines,              REQUIRED, NONE, order_placed_line, ORDER_MAX_LINES) \
    F(T, TEXT, shipping_method,    OPTIONAL, NONE, 1, 64) \
    F(T, INT,  shipping,           REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,  shipping_tax_ppm,   REQUIRED, NONE, 0, MONEY_PPM) \
    F(T, INT,  shipping_tax,       REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,  subtotal,           REQUIRED, NONE, 0, INT64_MAX) \
    F(T, TEXT, promo_code,         OPTIONAL, NONE, 1, PROMOTION_MAX_CODE) \
    F(T, INT,  discount,           REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,  tax,                REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,  total,              REQUIRED, NONE, 0, INT64_MAX) \
    F(T, TIME, placed_at,          REQUIRED, NONE, 0, 0) \
    F(T, TIME, complete_by,        REQUIRED, NONE, 0, 0) \
    F(T, TEXT, bill_country,       OPTIONAL, NONE, 2, 2) \
    F(T, TEXT, source_ref,         OPTIONAL, NONE, 1, 64) \
    F(T, RECORD, contact,          OPTIONAL, CONTACT, person_contact, 0) \
    F(T, RECORD, delivery,         OPTIONAL, DELIVERY, order_delivery, 0) \
    F(T, RECORD, bill_to,          OPTIONAL, INVOICE, postal_address, 0)
DECLARE_MESSAGE(order_placed, ORDER_PLACED_FIELDS)

/* amount: of these units, tax included. */
#define ORDER_UNITS_PRICED_FIELDS(F, T) \
    F(T, INT, line_no, REQUIRED, NONE, 1, ORDER_MAX_LINE_NO) \
    F(T, INT, qty,     REQUIRED, NONE, 1, ORDER_MAX_QTY) \
    F(T, INT, amount,  REQUIRED, NONE, 0, INT64_MAX)
DECLARE_MESSAGE(order_units_priced, ORDER_UNITS_PRICED_FIELDS)

/* amount: of these lines; cancelled_amount: of the order, this event included. */
#define LINES_CANCELLED_FIELDS(F, T) \
    F(T, LIST, lines,            REQUIRED, NONE, order_units_priced, ORDER_MAX_LINES) \
    F(T, ENUM, reason,           REQUIRED, NONE, order_cancel_reasons, 0) \
    F(T, INT,  amount,           REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,  cancelled_amount, REQUIRED, NONE, 0, INT64_MAX)
DECLARE_MESSAGE(lines_cancelled, LINES_CANCELLED_FIELDS)

/* amount: what was open until now, shipping included; cancelled_amount: the order's total. */
#define ORDER_CANCELLED_FIELDS(F, T) \
    F(T, ENUM,   reason,           REQUIRED, NONE, order_cancel_reasons, 0) \
    F(T, INT,    amount,           REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,    cancelled_amount, REQUIRED, NONE, 0, INT64_MAX) \
    F(T, RECORD, note,             OPTIONAL, CONTACT, order_note, 0)
DECLARE_MESSAGE(order_cancelled, ORDER_CANCELLED_FIELDS)

/* The address is all that is known of the delivery from here on: a note of before is gone. */
#define SHIPPING_ADDRESS_CHANGED_FIELDS(F, T) \
    F(T, TEXT,   country, REQUIRED, NONE, 2, 2) \
    F(T, RECORD, address, REQUIRED, DELIVERY, postal_address, 0)
DECLARE_MESSAGE(shipping_address_changed, SHIPPING_ADDRESS_CHANGED_FIELDS)

/* qty: all units of the SKU at the location that are open; the lines say where. Without lines nothing
 * was open any more: qty units are to be released. */
#define LINE_RESERVED_FIELDS(F, T) \
    F(T, TEXT, sku,        REQUIRED, NONE, 1, 64) \
    F(T, TEXT, location,   REQUIRED, NONE, 1, 64) \
    F(T, INT,  qty,        REQUIRED, NONE, 1, ORDER_MAX_UNITS) \
    F(T, LIST, lines,      OPTIONAL, NONE, order_units, ORDER_MAX_LINES) \
    F(T, TIME, expires_at, OPTIONAL, NONE, 0, 0)
DECLARE_MESSAGE(line_reserved, LINE_RESERVED_FIELDS)

#define LINE_RESERVATION_REFUSED_FIELDS(F, T) \
    F(T, TEXT, sku,       REQUIRED, NONE, 1, 64) \
    F(T, TEXT, location,  REQUIRED, NONE, 1, 64) \
    F(T, INT,  requested, REQUIRED, NONE, 1, ORDER_MAX_UNITS) \
    F(T, INT,  available, OPTIONAL, NONE, 0, INT64_MAX) \
    F(T, TEXT, reason,    OPTIONAL, NONE, 1, 64)
DECLARE_MESSAGE(line_reservation_refused, LINE_RESERVATION_REFUSED_FIELDS)

#define PROMOTION_SHARE_FIELDS(F, T) \
    F(T, INT, line_no, REQUIRED, NONE, 1, ORDER_MAX_LINE_NO) \
    F(T, INT, amount,  REQUIRED, NONE, 0, INT64_MAX)
DECLARE_MESSAGE(promotion_share, PROMOTION_SHARE_FIELDS)

/* The lines' amounts add up to the discount. */
#define PROMOTION_APPLIED_FIELDS(F, T) \
    F(T, UUID, promotion_id, REQUIRED, NONE, 0, 0) \
    F(T, TEXT, code,         REQUIRED, NONE, 1, PROMOTION_MAX_CODE) \
    F(T, INT,  discount,     REQUIRED, NONE, 0, INT64_MAX) \
    F(T, LIST, allocation,   OPTIONAL, NONE, promotion_share, ORDER_MAX_LINES)
DECLARE_MESSAGE(promotion_applied, PROMOTION_APPLIED_FIELDS)

#define PROMOTION_REFUSED_FIELDS(F, T) \
    F(T, TEXT, code,   REQUIRED, NONE, 1, PROMOTION_MAX_CODE) \
    F(T, TEXT, reason, OPTIONAL, NONE, 1, 64)
DECLARE_MESSAGE(promotion_refused, PROMOTION_REFUSED_FIELDS)

/* total: what is due. */
#define ORDER_CONFIRMED_FIELDS(F, T) \
    F(T, TIME, confirmed_at, REQUIRED, NONE, 0, 0) \
    F(T, INT,  total,        REQUIRED, NONE, 0, INT64_MAX)
DECLARE_MESSAGE(order_confirmed, ORDER_CONFIRMED_FIELDS)

#define PAYMENT_AUTHORIZED_FIELDS(F, T) \
    F(T, UUID,   payment_id,   REQUIRED, NONE, 0, 0) \
    F(T, TEXT,   provider,     REQUIRED, NONE, 1, 64) \
    F(T, TEXT,   provider_ref, REQUIRED, NONE, 1, 128) \
    F(T, INT,    amount,       REQUIRED, NONE, 1, INT64_MAX) \
    F(T, TEXT,   currency,     REQUIRED, NONE, 3, 3) \
    F(T, TIME,   expires_at,   OPTIONAL, NONE, 0, 0) \
    F(T, RECORD, instrument,   OPTIONAL, PAYMENT, payment_instrument, 0)
DECLARE_MESSAGE(payment_authorized, PAYMENT_AUTHORIZED_FIELDS)

/* attempt: of this op of this payment, from 1. */
#define PAYMENT_DECLINED_FIELDS(F, T) \
    F(T, UUID, payment_id,   REQUIRED, NONE, 0, 0) \
    F(T, ENUM, op,           REQUIRED, NONE, payment_operations, 0) \
    F(T, TEXT, provider,     REQUIRED, NONE, 1, 64) \
    F(T, TEXT, provider_ref, REQUIRED, NONE, 1, 128) \
    F(T, TEXT, code,         OPTIONAL, NONE, 1, 64) \
    F(T, INT,  attempt,      REQUIRED, NONE, 1, INT64_MAX)
DECLARE_MESSAGE(payment_declined, PAYMENT_DECLINED_FIELDS)

/* capture_id: UUIDv5 of the payment's id over the provider's reference. */
#define PAYMENT_CAPTURED_FIELDS(F, T) \
    F(T, UUID, payment_id,   REQUIRED, NONE, 0, 0) \
    F(T, UUID, capture_id,   REQUIRED, NONE, 0, 0) \
    F(T, TEXT, provider,     REQUIRED, NONE, 1, 64) \
    F(T, TEXT, provider_ref, REQUIRED, NONE, 1, 128) \
    F(T, INT,  amount,       REQUIRED, NONE, 1, INT64_MAX) \
    F(T, TEXT, currency,     REQUIRED, NONE, 3, 3)
DECLARE_MESSAGE(payment_captured, PAYMENT_CAPTURED_FIELDS)

#define PAYMENT_VOIDED_FIELDS(F, T) \
    F(T, UUID, payment_id,   REQUIRED, NONE, 0, 0) \
    F(T, TEXT, provider_ref, REQUIRED, NONE, 1, 128) \
    F(T, INT,  amount,       REQUIRED, NONE, 1, INT64_MAX) \
    F(T, ENUM, cause,        REQUIRED, NONE, payment_void_causes, 0)
DECLARE_MESSAGE(payment_voided, PAYMENT_VOIDED_FIELDS)

#define ORDER_HELD_FIELDS(F, T) \
    F(T, ENUM,   reason, REQUIRED, NONE, order_hold_reasons, 0) \
    F(T, RECORD, note,   OPTIONAL, CONTACT, order_note, 0)
DECLARE_MESSAGE(order_held, ORDER_HELD_FIELDS)

/* reason: of the hold that ends. */
#define ORDER_RELEASED_FIELDS(F, T) \
    F(T, ENUM,   reason, REQUIRED, NONE, order_hold_reasons, 0) \
    F(T, RECORD, note,   OPTIONAL, CONTACT, order_note, 0)
DECLARE_MESSAGE(order_released, ORDER_RELEASED_FIELDS)

/* Everything that was open goes: amount and cancelled_amount as of OrderCancelled. */
#define ORDER_EXPIRED_FIELDS(F, T) \
    F(T, ENUM, deadline,         REQUIRED, NONE, order_deadlines, 0) \
    F(T, TIME, due_at,           REQUIRED, NONE, 0, 0) \
    F(T, INT,  amount,           REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,  cancelled_amount, REQUIRED, NONE, 0, INT64_MAX)
DECLARE_MESSAGE(order_expired, ORDER_EXPIRED_FIELDS)

#define SHIPMENT_DISPATCHED_FIELDS(F, T) \
    F(T, UUID,   shipment_id, REQUIRED, NONE, 0, 0) \
    F(T, TEXT,   carrier,     REQUIRED, NONE, 1, 64) \
    F(T, LIST,   lines,       REQUIRED, NONE, order_units_priced, ORDER_MAX_LINES) \
    F(T, TIME,   shipped_at,  REQUIRED, NONE, 0, 0) \
    F(T, INT,    amount,      REQUIRED, NONE, 0, INT64_MAX) \
    F(T, RECORD, tracking,    OPTIONAL, DELIVERY, shipment_tracking, 0)
DECLARE_MESSAGE(shipment_dispatched, SHIPMENT_DISPATCHED_FIELDS)

#define SHIPMENT_DELIVERED_FIELDS(F, T) \
    F(T, UUID,   shipment_id,  REQUIRED, NONE, 0, 0) \
    F(T, LIST,   lines,        REQUIRED, NONE, order_units, ORDER_MAX_LINES) \
    F(T, TIME,   delivered_at, REQUIRED, NONE, 0, 0) \
    F(T, RECORD, receipt,      OPTIONAL, DELIVERY, delivery_receipt, 0)
DECLARE_MESSAGE(shipment_delivered, SHIPMENT_DELIVERED_FIELDS)

#define RETURN_REQUESTED_FIELDS(F, T) \
    F(T, UUID,   return_id, REQUIRED, NONE, 0, 0) \
    F(T, LIST,   lines,     REQUIRED, NONE, return_line, ORDER_MAX_LINES) \
    F(T, RECORD, note,      OPTIONAL, CONTACT, order_note, 0)
DECLARE_MESSAGE(return_requested, RETURN_REQUESTED_FIELDS)

/* A return comes once. missing: units that were announced and did not come with it: they are not
 * expected any more. */
#define RETURN_RECEIVED_FIELDS(F, T) \
    F(T, UUID, return_id, REQUIRED, NONE, 0, 0) \
    F(T, LIST, lines,     REQUIRED, NONE, received_line, ORDER_MAX_LINES) \
    F(T, INT,  missing,   REQUIRED, NONE, 0, ORDER_MAX_UNITS)
DECLARE_MESSAGE(return_received, RETURN_RECEIVED_FIELDS)

/* amount = the lines' amounts + shipping + goodwill. */
#define REFUND_REQUESTED_FIELDS(F, T) \
    F(T, UUID, refund_id, REQUIRED, NONE, 0, 0) \
    F(T, LIST, lines,     OPTIONAL, NONE, order_units_priced, ORDER_MAX_LINES) \
    F(T, INT,  shipping,  REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,  goodwill,  REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,  amount,    REQUIRED, NONE, 1, INT64_MAX) \
    F(T, ENUM, reason,    REQUIRED, NONE, order_refund_reasons, 0)
DECLARE_MESSAGE(refund_requested, REFUND_REQUESTED_FIELDS)

#define REFUND_SETTLED_FIELDS(F, T) \
    F(T, UUID, refund_id,    REQUIRED, NONE, 0, 0) \
    F(T, UUID, payment_id,   REQUIRED, NONE, 0, 0) \
    F(T, TEXT, provider_ref, REQUIRED, NONE, 1, 128) \
    F(T, INT,  amount,       REQUIRED, NONE, 1, INT64_MAX) \
    F(T, TEXT, currency,     REQUIRED, NONE, 3, 3)
DECLARE_MESSAGE(refund_settled, REFUND_SETTLED_FIELDS)

#define REFUND_FAILED_FIELDS(F, T) \
    F(T, UUID, refund_id,    REQUIRED, NONE, 0, 0) \
    F(T, UUID, payment_id,   REQUIRED, NONE, 0, 0) \
    F(T, TEXT, provider_ref, REQUIRED, NONE, 1, 128) \
    F(T, INT,  amount,       REQUIRED, NONE, 1, INT64_MAX) \
    F(T, TEXT, code,         OPTIONAL, NONE, 1, 64)
DECLARE_MESSAGE(refund_failed, REFUND_FAILED_FIELDS)

#define NOTE_ADDED_FIELDS(F, T) \
    F(T, ENUM,   visibility, REQUIRED, NONE, order_note_visibilities, 0) \
    F(T, RECORD, note,       REQUIRED, CONTACT, order_note, 0)
DECLARE_MESSAGE(note_added, NOTE_ADDED_FIELDS)

/* balance: due - credit - (captured - refunded), which is 0. */
#define ORDER_CLOSED_FIELDS(F, T) \
    F(T, TIME, closed_at, REQUIRED, NONE, 0, 0) \
    F(T, INT,  balance,   REQUIRED, NONE, 0, 0) \
    F(T, TEXT, ref,       OPTIONAL, NONE, 1, 64)
DECLARE_MESSAGE(order_closed, ORDER_CLOSED_FIELDS)

// clang-format on

#endif
