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
};

extern const struct message_enum order_channels;
extern const struct message_enum order_cancel_reasons;
extern const struct message_enum order_roundings;

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

#define PLACE_ORDER_FIELDS(F, T) \
    F(T, UUID,    customer_id,        REQUIRED, NONE, 0, 0) \
    F(T, ENUM,    channel,            REQUIRED, NONE, order_channels, 0) \
    F(T, TEXT,    currency,           REQUIRED, NONE, 3, 3) \
    F(T, BOOL,    prices_include_tax, REQUIRED, NONE, 0, 0) \
    F(T, TEXT,    ship_country,       REQUIRED, NONE, 2, 2) \
    F(T, LIST,    lines,              REQUIRED, NONE, place_order_line, ORDER_MAX_COMMAND_LINES) \
    F(T, RECORD,  shipping,           OPTIONAL, NONE, place_order_shipping, 0) \
    F(T, DECIMAL, declared_total,     REQUIRED, NONE, 0, 0) \
    F(T, TIME,    placed_at,          REQUIRED, NONE, 0, 0) \
    F(T, TEXT,    source_ref,         OPTIONAL, NONE, 1, 64) \
    F(T, RECORD,  contact,            OPTIONAL, CONTACT, person_contact, 0) \
    F(T, RECORD,  delivery,           OPTIONAL, DELIVERY, order_delivery, 0) \
    F(T, RECORD,  bill_to,            OPTIONAL, INVOICE, postal_address, 0) \
    F(T, RECORD,  sealed,             OPTIONAL, NONE, sealed_box, 0)
DECLARE_MESSAGE(place_order, PLACE_ORDER_FIELDS)

#define CANCEL_LINES_LINE_FIELDS(F, T) \
    F(T, INT, line_no, REQUIRED, NONE, 1, ORDER_MAX_LINE_NO) \
    F(T, INT, qty,     REQUIRED, NONE, 1, ORDER_MAX_QTY)
DECLARE_MESSAGE(cancel_lines_line, CANCEL_LINES_LINE_FIELDS)

#define CANCEL_LINES_FIELDS(F, T) \
    F(T, LIST, lines,  REQUIRED, NONE, cancel_lines_line, ORDER_MAX_COMMAND_LINES) \
    F(T, ENUM, reason, REQUIRED, NONE, order_cancel_reasons, 0)
DECLARE_MESSAGE(cancel_lines, CANCEL_LINES_FIELDS)

#define CANCEL_ORDER_FIELDS(F, T) \
    F(T, ENUM, reason, REQUIRED, NONE, order_cancel_reasons, 0)
DECLARE_MESSAGE(cancel_order, CANCEL_ORDER_FIELDS)

#define CHANGE_SHIPPING_ADDRESS_FIELDS(F, T) \
    F(T, TEXT,   country, REQUIRED, NONE, 2, 2) \
    F(T, RECORD, address, REQUIRED, DELIVERY, postal_address, 0) \
    F(T, RECORD, sealed,  OPTIONAL, NONE, sealed_box, 0)
DECLARE_MESSAGE(change_shipping_address, CHANGE_SHIPPING_ADDRESS_FIELDS)

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
    F(T, INT,  line_net,       REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,  line_tax,       REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,  line_total,     REQUIRED, NONE, 0, INT64_MAX)
DECLARE_MESSAGE(order_placed_line, ORDER_PLACED_LINE_FIELDS)

/* line_net + line_tax = line_total; subtotal = sum of line_net; tax = sum of line_tax +
 * shipping_tax; total = subtotal + shipping + tax. unit_price is as the command gave it, with tax
 * or without; shipping is net. An order with a delivery has an address for its invoice too, which
 * outlives the delivery's. */
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
    F(T, INT,  tax,                REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,  total,              REQUIRED, NONE, 0, INT64_MAX) \
    F(T, TIME, placed_at,          REQUIRED, NONE, 0, 0) \
    F(T, TEXT, source_ref,         OPTIONAL, NONE, 1, 64) \
    F(T, RECORD, contact,          OPTIONAL, CONTACT, person_contact, 0) \
    F(T, RECORD, delivery,         OPTIONAL, DELIVERY, order_delivery, 0) \
    F(T, RECORD, bill_to,          OPTIONAL, INVOICE, postal_address, 0)
DECLARE_MESSAGE(order_placed, ORDER_PLACED_FIELDS)

#define LINES_CANCELLED_LINE_FIELDS(F, T) \
    F(T, INT, line_no, REQUIRED, NONE, 1, ORDER_MAX_LINE_NO) \
    F(T, INT, qty,     REQUIRED, NONE, 1, ORDER_MAX_QTY) \
    F(T, INT, amount,  REQUIRED, NONE, 0, INT64_MAX)
DECLARE_MESSAGE(lines_cancelled_line, LINES_CANCELLED_LINE_FIELDS)

/* amount: of these lines; cancelled_amount: of the order, this event included. */
#define LINES_CANCELLED_FIELDS(F, T) \
    F(T, LIST, lines,            REQUIRED, NONE, lines_cancelled_line, ORDER_MAX_LINES) \
    F(T, ENUM, reason,           REQUIRED, NONE, order_cancel_reasons, 0) \
    F(T, INT,  amount,           REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,  cancelled_amount, REQUIRED, NONE, 0, INT64_MAX)
DECLARE_MESSAGE(lines_cancelled, LINES_CANCELLED_FIELDS)

/* amount: what was open until now, shipping included; cancelled_amount: the order's total. */
#define ORDER_CANCELLED_FIELDS(F, T) \
    F(T, ENUM, reason,           REQUIRED, NONE, order_cancel_reasons, 0) \
    F(T, INT,  amount,           REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,  cancelled_amount, REQUIRED, NONE, 0, INT64_MAX)
DECLARE_MESSAGE(order_cancelled, ORDER_CANCELLED_FIELDS)

/* The address is all that is known of the delivery from here on: a note of before is gone. */
#define SHIPPING_ADDRESS_CHANGED_FIELDS(F, T) \
    F(T, TEXT,   country, REQUIRED, NONE, 2, 2) \
    F(T, RECORD, address, REQUIRED, DELIVERY, postal_address, 0)
DECLARE_MESSAGE(shipping_address_changed, SHIPPING_ADDRESS_CHANGED_FIELDS)

// clang-format on

#endif
