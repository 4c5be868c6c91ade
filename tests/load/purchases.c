// SPDX-License-Identifier: Apache-2.0
#include "load/purchases.h"

#include "base/slice.h"

#include <stdlib.h>

#include "base/banned.h"

struct purchase {
    uint32_t order;
    uint32_t previous_plus_one; /* of the same key; 0: none */
    int32_t line_no;
    int32_t left;
};

static struct map16_key key_bytes(const struct purchase_key *key)
{
    struct map16_key bytes;
    memcpy(bytes.bytes, &key->customer, 4);
    memcpy(bytes.bytes + 4, &key->sku, 4);
    memcpy(bytes.bytes + 8, &key->price_milli, 8);
    return bytes;
}

bool purchases_init(struct purchases *purchases, struct error *err)
{
    *purchases = (struct purchases){0};
    return map16_init(&purchases->newest, 1024, err);
}

void purchases_release(struct purchases *purchases)
{
    map16_release(&purchases->newest);
    free(purchases->all);
    free(purchases->pieces);
    *purchases = (struct purchases){0};
}

bool purchases_add(
    struct purchases *purchases,
    const struct purchase_key *key,
    const struct purchase_piece *bought,
    struct error *err)
{
    CHECK(bought->qty > 0 && bought->qty <= INT32_MAX);
    if (purchases->count == purchases->capacity) {
        size_t capacity = purchases->capacity != 0 ? purchases->capacity * 2 : 1024;
        struct purchase *all = realloc(purchases->all, capacity * sizeof(*all));
        if (all == NULL)
            return error_set(err, ERROR_fatal, "out of memory");
        purchases->all = all;
        purchases->capacity = capacity;
    }
    struct map16_key bytes = key_bytes(key);
    uint32_t newest;
    bool known = map16_find(&purchases->newest, &bytes, &newest);
    purchases->all[purchases->count] = (struct purchase){
        .order = bought->order,
        .previous_plus_one = known ? newest + 1 : 0,
        .line_no = bought->line_no,
        .left = (int32_t)bought->qty};
    return map16_put(&purchases->newest, &bytes, (uint32_t)purchases->count++, err);
}

/* Makes room for one more piece. */
static bool reserve_piece(struct purchases *purchases, size_t count, struct error *err)
{
    if (count < purchases->piece_capacity)
        return true;
    size_t capacity = purchases->piece_capacity != 0 ? purchases->piece_capacity * 2 : 64;
    struct purchase_piece *pieces = realloc(purchases->pieces, capacity * sizeof(*pieces));
    if (pieces == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    purchases->pieces = pieces;
    purchases->piece_capacity = capacity;
    return true;
}

bool purchases_take(
    struct purchases *purchases,
    const struct purchase_key *key,
    int64_t qty,
    enum purchase_match *out_match,
    size_t *out_count,
    struct error *err)
{
    struct map16_key bytes = key_bytes(key);
    uint32_t newest;
    size_t count = 0;
    int64_t missing = qty;
    uint32_t at = map16_find(&purchases->newest, &bytes, &newest) ? newest + 1 : 0;
    for (; at != 0 && missing > 0; at = purchases->all[at - 1].previous_plus_one) {
        const struct purchase *one = &purchases->all[at - 1];
        if (one->left == 0)
            continue;
        if (!reserve_piece(purchases, count, err))
            return false;
        int64_t part = one->left < missing ? one->left : missing;
        purchases->pieces[count++] =
            (struct purchase_piece){.order = one->order, .line_no = one->line_no, .qty = part};
        missing -= part;
    }
    *out_match = count == 0 ? PURCHASE_UNKNOWN : missing > 0 ? PURCHASE_TOO_FEW : PURCHASE_MATCHED;
    *out_count = *out_match == PURCHASE_TOO_FEW ? 1 : count;
    if (*out_match != PURCHASE_MATCHED)
        return true;
    missing = qty;
    for (at = newest + 1; missing > 0; at = purchases->all[at - 1].previous_plus_one) {
        struct purchase *one = &purchases->all[at - 1];
        int32_t part = one->left < missing ? one->left : (int32_t)missing;
        one->left -= part;
        missing -= part;
    }
    return true;
}
