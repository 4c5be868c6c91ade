// SPDX-License-Identifier: Apache-2.0
// What customers bought and have not cancelled yet: finds the order lines that a cancellation in
// the retail file means, because the file does not say.
//
// Grows with the data, 16 bytes for each line of a known customer and 20 to 40 for each
// (customer, code, price).
#ifndef LOAD_PURCHASES_H
#define LOAD_PURCHASES_H

#include "load/map16.h"

struct purchase_key {
    uint32_t customer;
    uint32_t sku; /* number the caller gave the stock code */
    int64_t price_milli;
};

/* One order line, or a part of it. */
struct purchase_piece {
    uint32_t order; /* number the caller gave the order */
    int32_t line_no;
    int64_t qty;
};

struct purchase;

struct purchases {
    struct map16 newest; /* key -> its newest purchase */
    struct purchase *all;
    size_t count;
    size_t capacity;
    struct purchase_piece *pieces; /* of the last take */
    size_t piece_capacity;
};

enum purchase_match {
    PURCHASE_UNKNOWN, /* nothing is left of any */
    PURCHASE_TOO_FEW, /* something is left, not enough: one piece names the newest such line */
    PURCHASE_MATCHED,
};

MUST_USE bool purchases_init(struct purchases *purchases, struct error *err);
void purchases_release(struct purchases *purchases);

MUST_USE bool purchases_add(
    struct purchases *purchases,
    const struct purchase_key *key,
    const struct purchase_piece *bought,
    struct error *err);

/* Takes `qty` units from the newest purchases of the key, which then have fewer left. The pieces
 * (newest first) are the table's, valid until the next take. Only a match takes anything. */
MUST_USE bool purchases_take(
    struct purchases *purchases,
    const struct purchase_key *key,
    int64_t qty,
    enum purchase_match *out_match,
    size_t *out_count,
    struct error *err);

#endif
