// SPDX-License-Identifier: Apache-2.0
// What the rows of customers, stock items and promotions should be.
#include "projector/verify.h"

#include "base/checked.h"
#include "domain/customer.h"
#include "domain/promotion.h"
#include "domain/stock_item.h"

#include <stdlib.h>

#include "base/banned.h"

bool verify_exhausted(struct error *err)
{
    return error_set(err, ERROR_fatal, "the memory of one stream is used up");
}

bool verify_customer(struct verify *verify, struct error *err)
{
    const struct verify_stream *stream = &verify->stream;
    const struct customer *customer = stream->aggregate.state;
    const struct customer_row expected = {
        .number = stream->number,
        .customer_id = stream->id,
        .tenant_id = stream->tenant_id,
        .status = customer->status,
        .region = customer->region,
        .locale = customer->locale.size != 0 ? customer->locale : slice_of(NULL, 0),
        .registered_at = stream->first_occurred_us,
        .updated_at = stream->occurred_us,
        .stream_version = stream->version,
        .position = stream->position,
        .sealed = stream->sealed};
    return verify_expect(verify, VERIFY_CUSTOMERS, &expected, err);
}

/* ---- stock ---- */

static int compare_reservations(const void *a, const void *b)
{
    const struct reservation_row *left = a;
    const struct reservation_row *right = b;
    return memcmp(&left->order_id, &right->order_id, sizeof(left->order_id));
}

static bool
verify_reservations(struct verify *verify, const struct stock_item *item, struct error *err)
{
    size_t count = 0;
    struct uuid_map_walk walk;
    struct reservation_row *rows =
        arena_array(verify->stream_arena, item->reservations.count + 1, struct reservation_row);
    if (rows == NULL)
        return verify_exhausted(err);
    uuid_map_walk_start(&walk, &item->reservations);
    while (uuid_map_walk_next(&walk))
        rows[count++] = (struct reservation_row){
            .item_number = verify->stream.number,
            .order_id = walk.key,
            .tenant_id = verify->stream.tenant_id,
            .qty = walk.value.number,
            .expires_at = walk.value.time_us};
    qsort(rows, count, sizeof(*rows), compare_reservations);
    for (size_t i = 0; i < count; i++) {
        if (!verify_expect(verify, VERIFY_RESERVATIONS, &rows[i], err))
            return false;
    }
    return true;
}

bool verify_stock(struct verify *verify, struct error *err)
{
    const struct verify_stream *stream = &verify->stream;
    const struct stock_item *item = stream->aggregate.state;
    const struct stock_row expected = {
        .item_number = stream->number,
        .tenant_id = stream->tenant_id,
        .location = item->location,
        .sku = item->sku,
        .on_hand = item->on_hand,
        .reserved = item->reserved,
        .available = item->on_hand - item->reserved,
        .updated_at = stream->occurred_us,
        .position = stream->position};
    return verify_expect(verify, VERIFY_STOCK, &expected, err) &&
           verify_reservations(verify, item, err);
}

/* ---- promotions ---- */

bool verify_grant(struct verify *verify, const struct event *event)
{
    if (event->type != EVENT_PROMOTION_REDEEMED)
        return true;
    const struct promotion_redeemed *redeemed = event->body;
    struct granted **at = &verify->stream.granted;
    while (*at != NULL && slice_compare((*at)->currency, redeemed->currency) < 0)
        at = &(*at)->next;
    if (*at == NULL || !slice_equal((*at)->currency, redeemed->currency)) {
        struct granted *granted = arena_new(verify->stream_arena, struct granted);
        if (granted == NULL)
            return false;
        granted->currency = redeemed->currency;
        granted->next = *at;
        *at = granted;
    }
    (*at)->redemptions++;
    saturated_add_i64(&(*at)->discount, redeemed->discount);
    return true;
}

bool verify_keep_grants(struct verify_stream *stream, struct arena *arena)
{
    for (struct granted **at = &stream->granted; *at != NULL; at = &(*at)->next) {
        struct granted *granted = arena_new(arena, struct granted);
        if (granted == NULL || !arena_copy(arena, (*at)->currency, &granted->currency))
            return false;
        granted->redemptions = (*at)->redemptions;
        granted->discount = (*at)->discount;
        granted->next = (*at)->next;
        *at = granted;
    }
    return true;
}

bool verify_promotion(struct verify *verify, struct error *err)
{
    const struct verify_stream *stream = &verify->stream;
    const struct promotion *promotion = stream->aggregate.state;
    const struct promotion_defined *terms = &promotion->terms;
    const struct promotion_row expected = {
        .promotion_number = stream->number,
        .tenant_id = stream->tenant_id,
        .code = terms->code,
        .kind = terms->kind,
        .bps = terms->has_bps ? terms->bps : COLUMN_NULL,
        .amount = terms->has_amount ? terms->amount : COLUMN_NULL,
        .currency = terms->has_currency ? terms->currency : slice_of(NULL, 0),
        .min_purchase = terms->min_purchase,
        .max_uses = terms->has_max_uses ? terms->max_uses : COLUMN_NULL,
        .per_customer = terms->per_customer,
        .uses = (int64_t)promotion->redemptions.count,
        .valid_from = terms->valid_from,
        .valid_until = terms->valid_until,
        .active = promotion->status == PROMOTION_ACTIVE,
        .seller_id = terms->has_seller_id ? terms->seller_id : slice_of(NULL, 0),
        .updated_at = stream->occurred_us,
        .stream_version = stream->version,
        .position = stream->position};
    if (!verify_expect(verify, VERIFY_PROMOTIONS, &expected, err))
        return false;
    for (const struct granted *one = stream->granted; one != NULL; one = one->next) {
        const struct discount_row row = {
            .promotion_number = stream->number,
            .currency = one->currency,
            .tenant_id = stream->tenant_id,
            .redemptions = one->redemptions,
            .discount = one->discount};
        if (!verify_expect(verify, VERIFY_DISCOUNTS, &row, err))
            return false;
    }
    return true;
}
