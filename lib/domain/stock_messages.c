// SPDX-License-Identifier: Apache-2.0
#include "domain/stock_messages.h"

#include "base/banned.h"

static const char *const causes[] = {"purchase", "return"};
const struct message_enum stock_causes = {causes, countof(causes)};

static const char *const adjust_reasons[] = {"damaged", "lost", "count", "other"};
const struct message_enum stock_adjust_reasons = {adjust_reasons, countof(adjust_reasons)};

static const char *const release_causes[] = {"cancelled", "expired", "lines_cancelled"};
const struct message_enum stock_release_causes = {release_causes, countof(release_causes)};

DEFINE_MESSAGE(receive_stock, "ReceiveStock", 1, RECEIVE_STOCK_FIELDS)
DEFINE_MESSAGE(adjust_stock, "AdjustStock", 1, ADJUST_STOCK_FIELDS)
DEFINE_MESSAGE(reserve_stock, "ReserveStock", 1, RESERVE_STOCK_FIELDS)
DEFINE_MESSAGE(release_reservation, "ReleaseReservation", 1, RELEASE_RESERVATION_FIELDS)
DEFINE_MESSAGE(commit_reservation, "CommitReservation", 1, COMMIT_RESERVATION_FIELDS)
DEFINE_MESSAGE(stock_received, "StockReceived", 1, STOCK_RECEIVED_FIELDS)
DEFINE_MESSAGE(stock_adjusted, "StockAdjusted", 1, STOCK_ADJUSTED_FIELDS)

/* 1 of StockReserved had no expiry: the number goes on. */
DEFINE_MESSAGE(stock_reserved, "StockReserved", 2, STOCK_RESERVED_FIELDS)
DEFINE_MESSAGE(reservation_released, "ReservationReleased", 1, RESERVATION_RELEASED_FIELDS)
DEFINE_MESSAGE(reservation_committed, "ReservationCommitted", 1, RESERVATION_COMMITTED_FIELDS)
