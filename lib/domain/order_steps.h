// SPDX-License-Identifier: Apache-2.0
// The decisions of an order, one per command, for its table. The state is a struct order.
#ifndef DOMAIN_ORDER_STEPS_H
#define DOMAIN_ORDER_STEPS_H

#include "domain/order.h"

decide_function order_place;
decide_function order_cancel_lines;
decide_function order_cancel;
decide_function order_change_address;

#endif
