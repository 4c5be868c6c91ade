// SPDX-License-Identifier: Apache-2.0
// Orders, and the three bad debts that no order can be made of.
#include "base/text.h"
#include "domain/order_messages.h"
#include "load/retail_steps.h"
#include "wire/pack.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

enum {
    CHANNEL_WEB = 0,     /* index in order_channels */
    UK_TAX_PPM = 200000, /* assumed: VAT was 20 % from January 2011 */
    CURRENCY_SCALE = 2,
    NAME_SIZE = 64,
    BAD_DEBT_SIZE = 1024,
};

/* An order being made of an invoice. */
struct draft {
    struct place_order *order;
    struct place_order_line *lines;
    int64_t total_milli; /* own arithmetic, to be compared with the service's */
    uint32_t number;     /* of the order */
    const char *refused;
};

static bool no_memory(struct error *err)
{
    return error_set(err, ERROR_fatal, "out of memory");
}

static bool keep(struct retail *retail, const char *text, struct slice *out, struct error *err)
{
    return arena_copy(&retail->arena, slice_of_text(text), out) || no_memory(err);
}

/* Thousandths as decimal text has them: with two digits where that is exact. */
static struct decimal decimal_of_milli(int64_t milli)
{
    if (milli % 10 == 0)
        return (struct decimal){.coefficient = milli / 10, .scale = CURRENCY_SCALE};
    return (struct decimal){.coefficient = milli, .scale = 3};
}

static bool add_milli(struct draft *draft, const struct retail_row *row, struct error *err)
{
    int64_t amount;
    if (__builtin_mul_overflow(row->qty, row->price_milli, &amount) ||
        __builtin_add_overflow(draft->total_milli, amount, &draft->total_milli))
        return error_set(err, ERROR_invalid, "an amount is too large");
    return true;
}

static int64_t tax_of(const struct retail_row *row)
{
    return strcmp(row->country, "GB") == 0 ? UK_TAX_PPM : 0;
}

/* What the service will object to in a line, in its own order of checks. */
static void
expect_of_line(const struct retail *retail, const struct retail_row *row, struct draft *draft)
{
    if (draft->refused != NULL)
        return;
    if (row->price.scale > CURRENCY_SCALE)
        draft->refused = "price_precision";
    else if (row->price_milli == 0 && !retail->gifts)
        draft->refused = "not_permitted";
}

static bool add_line(
    struct retail *retail, const struct retail_row *row, struct draft *draft, struct error *err)
{
    uint32_t sku;
    size_t count = draft->order->lines_count;
    struct place_order_line *line = &draft->lines[count];
    if (!retail_first_sight(retail, row, &sku, err) || !keep(retail, row->code, &line->sku, err) ||
        !keep(retail, row->title, &line->title, err) || !add_milli(draft, row, err))
        return false;
    line->line_no = (int64_t)count + 1;
    line->has_title = line->title.size != 0;
    line->qty = row->qty;
    line->unit_price = row->price;
    line->tax_ppm = tax_of(row);
    draft->order->lines_count++;
    expect_of_line(retail, row, draft);
    if (row->customer == 0)
        return true;
    struct purchase_key key = {
        .customer = (uint32_t)row->customer, .sku = sku, .price_milli = row->price_milli};
    struct purchase_piece bought = {
        .order = draft->number, .line_no = (int32_t)line->line_no, .qty = row->qty};
    return purchases_add(&retail->purchases, &key, &bought, err);
}

/* Several shipping rows would become one, their amounts summed. */
static bool add_shipping(
    const struct retail_row *row, struct draft *draft, int64_t *shipping_milli, struct error *err)
{
    struct place_order *order = draft->order;
    int64_t before = draft->total_milli;
    if (!add_milli(draft, row, err))
        return false;
    *shipping_milli += draft->total_milli - before;
    order->shipping = (struct place_order_shipping){
        .method = slice_of_text(retail_shipping_method(row->code)),
        .amount = decimal_of_milli(*shipping_milli),
        .tax_ppm = tax_of(row)};
    order->has_shipping = true;
    return true;
}

static bool fill_order(
    struct retail *retail, const struct invoice *invoice, struct draft *draft, struct error *err)
{
    int64_t shipping_milli = 0;
    bool any_zero = false;
    int64_t shippings = 0;
    for (size_t i = 0; i < invoice->count; i++) {
        const struct retail_row *row = &invoice->rows[i];
        if (row->kind == CODE_SKIPPED) {
            retail_skip_row(retail, row);
        } else if (row->kind == CODE_SHIPPING) {
            if (!add_shipping(row, draft, &shipping_milli, err))
                return false;
        } else if (!add_line(retail, row, draft, err)) {
            return false;
        }
        shippings += row->kind == CODE_SHIPPING;
        any_zero = any_zero || (row->kind == CODE_PRODUCT && row->price_milli == 0);
    }
    if (shipping_milli % 10 != 0 && draft->refused == NULL)
        draft->refused = "price_precision";
    retail->counts[COUNT_zero_price_orders].count += any_zero;
    retail->counts[COUNT_two_shippings].count += shippings > 1;
    const struct retail_row *first = &invoice->rows[0];
    struct place_order *order = draft->order;
    order->customer_id = retail_customer(retail, first);
    order->channel = CHANNEL_WEB;
    order->currency = slice_of_text("GBP");
    order->prices_include_tax = true;
    order->lines = draft->lines;
    order->declared_total = decimal_of_milli(draft->total_milli);
    order->placed_at = first->time_us;
    order->has_source_ref = true;
    return keep(retail, first->country, &order->ship_country, err) &&
           keep(retail, first->invoice, &order->source_ref, err);
}

static bool has_product(const struct invoice *invoice)
{
    for (size_t i = 0; i < invoice->count; i++) {
        if (invoice->rows[i].kind == CODE_PRODUCT)
            return true;
    }
    return false;
}

/* Remembers the order for its cancellations. */
static struct retail_order *
new_order(struct retail *retail, const struct invoice *invoice, struct error *err)
{
    if (retail->order_count == retail->order_capacity) {
        size_t capacity = retail->order_capacity != 0 ? retail->order_capacity * 2 : 256;
        struct retail_order *orders = realloc(retail->orders, capacity * sizeof(*orders));
        if (orders == NULL) {
            (void)no_memory(err);
            return NULL;
        }
        retail->orders = orders;
        retail->order_capacity = capacity;
    }
    struct retail_order *order = &retail->orders[retail->order_count++];
    *order = (struct retail_order){
        .id = run_scoped_id(retail->identity, "order", slice_of_text(invoice->rows[0].invoice))};
    return order;
}

bool retail_plan_order(struct retail *retail, const struct invoice *invoice, struct error *err)
{
    if (!has_product(invoice)) {
        retail->counts[COUNT_invoices_without_product].count++;
        for (size_t i = 0; i < invoice->count; i++)
            retail_skip_row(retail, &invoice->rows[i]);
        return true;
    }
    struct retail_order *order = new_order(retail, invoice, err);
    if (order == NULL)
        return false;
    struct draft draft = {
        .order = arena_new(&retail->arena, struct place_order),
        .lines = arena_array(&retail->arena, invoice->count, struct place_order_line),
        .number = (uint32_t)(retail->order_count - 1)};
    if (draft.order == NULL || draft.lines == NULL)
        return no_memory(err);
    if (!fill_order(retail, invoice, &draft, err) ||
        !retail_plan_customer(retail, &invoice->rows[0], err))
        return false;
    order->refused = draft.refused;
    char name[NAME_SIZE];
    (void)snprintf(name, sizeof(name), "%s/place", invoice->rows[0].invoice);
    struct outgoing *command = retail_plan_add(retail, COMMAND_PLACE_ORDER, name, err);
    if (command == NULL)
        return false;
    command->stream_id = order->id;
    command->body = draft.order;
    command->lines = (int64_t)draft.order->lines_count;
    command->expected = draft.refused;
    return retail_order_part(retail, &invoice->rows[0], &command->personal, err);
}

static void pack_pair(struct writer *out, const char *key, const char *value)
{
    pack_text(out, slice_of_text(key));
    pack_text(out, slice_of_text(value));
}

/* A bad debt is written as what its sender thinks an order is. No channel has this name, so the
 * message is malformed on purpose: the codec would not write it. */
static struct slice pack_bad_debt(
    const struct retail *retail, const struct retail_row *row, uint8_t *bytes, size_t capacity)
{
    char text[UUID_TEXT_SIZE];
    char amount[TEXT_DECIMAL_SIZE];
    char time[TEXT_TIME_SIZE];
    struct writer out = writer_over(bytes, capacity);
    struct uuid customer = retail_customer(retail, row);
    uuid_format(&customer, text);
    text_format_decimal(row->price.coefficient, (int)row->price.scale, amount);
    text_format_time(row->time_us, time);
    pack_map(&out, 9);
    pack_pair(&out, "customer_id", text);
    pack_pair(&out, "channel", "adjustment");
    pack_pair(&out, "currency", "GBP");
    pack_text(&out, slice_of_text("prices_include_tax"));
    pack_bool(&out, true);
    pack_pair(&out, "ship_country", row->country);
    pack_text(&out, slice_of_text("lines"));
    pack_array(&out, 0);
    pack_pair(&out, "declared_total", amount);
    pack_pair(&out, "placed_at", time);
    pack_pair(&out, "source_ref", row->invoice);
    CHECK(!out.overflow);
    return writer_slice(&out);
}

bool retail_plan_bad_debt(struct retail *retail, const struct invoice *invoice, struct error *err)
{
    const struct retail_row *row = &invoice->rows[0];
    char name[NAME_SIZE];
    (void)snprintf(name, sizeof(name), "%s/place", row->invoice);
    struct outgoing *command = retail_plan_add(retail, COMMAND_PLACE_ORDER, name, err);
    uint8_t *bytes = arena_take(&retail->arena, BAD_DEBT_SIZE);
    if (command == NULL || bytes == NULL)
        return no_memory(err);
    command->stream_id = run_scoped_id(retail->identity, "order", slice_of_text(row->invoice));
    command->bytes = pack_bad_debt(retail, row, bytes, BAD_DEBT_SIZE);
    command->expected = "bad_field";
    return true;
}
