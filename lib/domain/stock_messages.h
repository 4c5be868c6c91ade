// SPDX-License-Identifier: Apache-2.0
// Commands and events of a stock item, as lists of fields (rules: order_messages.h).
#ifndef DOMAIN_STOCK_MESSAGES_H
#define DOMAIN_STOCK_MESSAGES_H

#include "message/describe.h"

enum {
    STOCK_MAX_QTY = 1000000000,      /* units of one receipt or one adjustment */
    STOCK_MAX_RESERVED = 2000000000, /* units of one reservation: all lines of an order */
    STOCK_MAX_TTL = 31536000,        /* seconds */
};

extern const struct message_enum stock_causes;
extern const struct message_enum stock_adjust_reasons;
extern const struct message_enum stock_release_causes;

/* Indices into stock_release_causes. The last is of an order that goes on, as often as need be. */
enum stock_release_cause {
    STOCK_RELEASE_CANCELLED,
    STOCK_RELEASE_EXPIRED,
    STOCK_RELEASE_LINES_CANCELLED
};

// clang-format off

/* ---- commands; without a location the item is at STOCK_DEFAULT_LOCATION ---- */

#define RECEIVE_STOCK_FIELDS(F, T) \
    F(T, TEXT, sku,      REQUIRED, NONE, 1, 64) \
    F(T, TEXT, location, OPTIONAL, NONE, 1, 64) \
    F(T, INT,  qty,      REQUIRED, NONE, 1, STOCK_MAX_QTY) \
    F(T, ENUM, cause,    REQUIRED, NONE, stock_causes, 0) \
    F(T, TEXT, ref,      OPTIONAL, NONE, 1, 64)
DECLARE_MESSAGE(receive_stock, RECEIVE_STOCK_FIELDS)

#define ADJUST_STOCK_FIELDS(F, T) \
    F(T, TEXT, sku,      REQUIRED, NONE, 1, 64) \
    F(T, TEXT, location, OPTIONAL, NONE, 1, 64) \
    F(T, INT,  delta,    REQUIRED, NONE, -STOCK_MAX_QTY, STOCK_MAX_QTY) \
    F(T, ENUM, reason,   REQUIRED, NONE, stock_adjust_reasons, 0)
DECLARE_MESSAGE(adjust_stock, ADJUST_STOCK_FIELDS)

/* qty: sum of all lines of the order that want this item, asked for in one piece: line by line, two of
 * them could each find the last unit. ttl: seconds; absent: as the tenant's settings say. */
#define RESERVE_STOCK_FIELDS(F, T) \
    F(T, TEXT, sku,      REQUIRED, NONE, 1, 64) \
    F(T, TEXT, location, OPTIONAL, NONE, 1, 64) \
    F(T, UUID, order_id, REQUIRED, NONE, 0, 0) \
    F(T, INT,  qty,      REQUIRED, NONE, 1, STOCK_MAX_RESERVED) \
    F(T, INT,  ttl,      OPTIONAL, NONE, 1, STOCK_MAX_TTL)
DECLARE_MESSAGE(reserve_stock, RESERVE_STOCK_FIELDS)

#define RELEASE_RESERVATION_FIELDS(F, T) \
    F(T, TEXT, sku,      REQUIRED, NONE, 1, 64) \
    F(T, TEXT, location, OPTIONAL, NONE, 1, 64) \
    F(T, UUID, order_id, REQUIRED, NONE, 0, 0) \
    F(T, INT,  qty,      REQUIRED, NONE, 1, STOCK_MAX_RESERVED) \
    F(T, ENUM, cause,    REQUIRED, NONE, stock_release_causes, 0)
DECLARE_MESSAGE(release_reservation, RELEASE_RESERVATION_FIELDS)

/* The units left the building with the shipment: all of the item in it, in one piece. The shipment is
 * the key: its units are taken once. */
#define COMMIT_RESERVATION_FIELDS(F, T) \
    F(T, TEXT, sku,         REQUIRED, NONE, 1, 64) \
    F(T, TEXT, location,    OPTIONAL, NONE, 1, 64) \
    F(T, UUID, order_id,    REQUIRED, NONE, 0, 0) \
    F(T, UUID, shipment_id, REQUIRED, NONE, 0, 0) \
    F(T, INT,  qty,         REQUIRED, NONE, 1, STOCK_MAX_RESERVED)
DECLARE_MESSAGE(commit_reservation, COMMIT_RESERVATION_FIELDS)

/* ---- events; on_hand and reserved are as they are after the event ---- */

#define STOCK_RECEIVED_FIELDS(F, T) \
    F(T, TEXT, sku,      REQUIRED, NONE, 1, 64) \
    F(T, TEXT, location, REQUIRED, NONE, 1, 64) \
    F(T, INT,  qty,      REQUIRED, NONE, 1, STOCK_MAX_QTY) \
    F(T, ENUM, cause,    REQUIRED, NONE, stock_causes, 0) \
    F(T, TEXT, ref,      OPTIONAL, NONE, 1, 64) \
    F(T, INT,  on_hand,  REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,  reserved, REQUIRED, NONE, 0, INT64_MAX)
DECLARE_MESSAGE(stock_received, STOCK_RECEIVED_FIELDS)

#define STOCK_ADJUSTED_FIELDS(F, T) \
    F(T, TEXT, sku,      REQUIRED, NONE, 1, 64) \
    F(T, TEXT, location, REQUIRED, NONE, 1, 64) \
    F(T, INT,  delta,    REQUIRED, NONE, -STOCK_MAX_QTY, STOCK_MAX_QTY) \
    F(T, ENUM, reason,   REQUIRED, NONE, stock_adjust_reasons, 0) \
    F(T, INT,  on_hand,  REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,  reserved, REQUIRED, NONE, 0, INT64_MAX)
DECLARE_MESSAGE(stock_adjusted, STOCK_ADJUSTED_FIELDS)

#define STOCK_RESERVED_FIELDS(F, T) \
    F(T, TEXT, sku,        REQUIRED, NONE, 1, 64) \
    F(T, TEXT, location,   REQUIRED, NONE, 1, 64) \
    F(T, UUID, order_id,   REQUIRED, NONE, 0, 0) \
    F(T, INT,  qty,        REQUIRED, NONE, 1, STOCK_MAX_RESERVED) \
    F(T, TIME, expires_at, REQUIRED, NONE, 0, 0) \
    F(T, INT,  on_hand,    REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,  reserved,   REQUIRED, NONE, 0, INT64_MAX)
DECLARE_MESSAGE(stock_reserved, STOCK_RESERVED_FIELDS)

#define RESERVATION_RELEASED_FIELDS(F, T) \
    F(T, TEXT, sku,      REQUIRED, NONE, 1, 64) \
    F(T, TEXT, location, REQUIRED, NONE, 1, 64) \
    F(T, UUID, order_id, REQUIRED, NONE, 0, 0) \
    F(T, INT,  qty,      REQUIRED, NONE, 1, STOCK_MAX_RESERVED) \
    F(T, ENUM, cause,    REQUIRED, NONE, stock_release_causes, 0) \
    F(T, INT,  on_hand,  REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,  reserved, REQUIRED, NONE, 0, INT64_MAX)
DECLARE_MESSAGE(reservation_released, RESERVATION_RELEASED_FIELDS)

#define RESERVATION_COMMITTED_FIELDS(F, T) \
    F(T, TEXT, sku,         REQUIRED, NONE, 1, 64) \
    F(T, TEXT, location,    REQUIRED, NONE, 1, 64) \
    F(T, UUID, order_id,    REQUIRED, NONE, 0, 0) \
    F(T, UUID, shipment_id, REQUIRED, NONE, 0, 0) \
    F(T, INT,  qty,         REQUIRED, NONE, 1, STOCK_MAX_RESERVED) \
    F(T, INT,  on_hand,     REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,  reserved,    REQUIRED, NONE, 0, INT64_MAX)
DECLARE_MESSAGE(reservation_committed, RESERVATION_COMMITTED_FIELDS)

// clang-format on

#endif
