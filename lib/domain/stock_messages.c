// SPDX-License-Identifier: Apache-2.0
#include "domain/stock_messages.h"

#include "base/banned.h"

static const char *const causes[] = {"purchase", "return"};
const struct message_enum stock_causes = {causes, countof(causes)};

static const char *const adjust_reasons[] = {"damaged", "lost", "count", "other"};
const struct message_enum stock_adjust_reasons = {adjust_reasons, countof(adjust_reasons)};

DEFINE_MESSAGE(receive_stock, "ReceiveStock", 1, RECEIVE_STOCK_FIELDS)
DEFINE_MESSAGE(adjust_stock, "AdjustStock", 1, ADJUST_STOCK_FIELDS)
DEFINE_MESSAGE(stock_received, "StockReceived", 1, STOCK_RECEIVED_FIELDS)
DEFINE_MESSAGE(stock_adjusted, "StockAdjusted", 1, STOCK_ADJUSTED_FIELDS)
