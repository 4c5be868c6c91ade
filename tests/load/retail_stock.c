// SPDX-License-Identifier: Apache-2.0
// Stock: the receipt before a code is first used, and what was written off or counted.
#include "domain/stock_item.h"
#include "load/retail_steps.h"

#include <stdio.h>

#include "base/banned.h"

enum {
    /* So many that no adjustment of the file is refused for want of stock: orders do not reserve
     * yet, and demand-sized receipts only make sense once they do. */
    FIRST_RECEIPT = 1000000,
    CAUSE_PURCHASE = 0, /* index in stock_causes */
    NAME_SIZE = 64,
};

enum { REASON_DAMAGED, REASON_LOST, REASON_COUNT, REASON_OTHER }; /* of stock_adjust_reasons */

/* A code as a key: itself behind its length, or its hash when it is too long for that. */
static struct map16_key sku_key(const char *code)
{
    static const struct uuid namespace_of_codes = {{0}};
    struct map16_key key = {{0}};
    size_t size = strlen(code);
    if (size < sizeof(key.bytes)) {
        key.bytes[0] = (uint8_t)size;
        memcpy(key.bytes + 1, code, size);
    } else {
        struct uuid hash = uuid_v5(&namespace_of_codes, slice_of(code, size));
        memcpy(key.bytes, hash.bytes, sizeof(key.bytes));
    }
    return key;
}

bool retail_find_sku(const struct retail *retail, const char *code, uint32_t *out_sku)
{
    struct map16_key key = sku_key(code);
    return map16_find(&retail->skus, &key, out_sku);
}

static struct uuid stream_of(const struct retail *retail, const char *code)
{
    const struct run_identity *identity = retail->identity;
    return stock_stream_id(
        &identity->tenant, slice_of_text(identity->location), slice_of_text(code));
}

/* Text that lives as long as the plan. */
static bool keep(struct retail *retail, const char *text, struct slice *out, struct error *err)
{
    return arena_copy(&retail->arena, slice_of_text(text), out) ||
           error_set(err, ERROR_fatal, "out of memory");
}

bool retail_first_sight(
    struct retail *retail, const struct retail_row *row, uint32_t *out_sku, struct error *err)
{
    if (retail_find_sku(retail, row->code, out_sku))
        return true;
    struct map16_key key = sku_key(row->code);
    uint32_t sku = (uint32_t)retail->skus.count;
    if (!map16_put(&retail->skus, &key, sku, err))
        return false;
    char name[NAME_SIZE];
    (void)snprintf(name, sizeof(name), "stock/%s", row->code);
    struct outgoing *command = retail_plan_add(retail, COMMAND_RECEIVE_STOCK, name, err);
    struct receive_stock *body = arena_new(&retail->arena, struct receive_stock);
    if (command == NULL || body == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    if (!keep(retail, row->code, &body->sku, err))
        return false;
    body->location = slice_of_text(retail->identity->location);
    body->has_location = true;
    body->qty = FIRST_RECEIPT;
    body->cause = CAUSE_PURCHASE;
    command->stream_id = stream_of(retail, row->code);
    command->body = body;
    *out_sku = sku;
    return true;
}

/* ASCII only: what the descriptions are written in. */
static void lower(const char *text, char *out, size_t capacity)
{
    size_t at = 0;
    for (; text[at] != '\0' && at + 1 < capacity; at++)
        out[at] = (char)(text[at] >= 'A' && text[at] <= 'Z' ? text[at] + ('a' - 'A') : text[at]);
    out[at] = '\0';
}

static bool holds_any(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strstr(text, words[i]) != NULL)
            return true;
    }
    return false;
}

/* Whoever wrote the stock off gave the reason as free text, if at all. */
static int64_t reason_of(const struct retail_row *row)
{
    static const char *const damaged[] = {
        "damag",
        "broken",
        "crush",
        "smash",
        "wet",
        "rust",
        "mould",
        "faulty",
        "unsaleable",
        "throw",
        "smudge"};
    static const char *const lost[] = {"lost", "missing"};
    char text[RETAIL_TITLE_SIZE];
    if (row->qty > 0)
        return REASON_COUNT;
    lower(row->title, text, sizeof(text));
    if (holds_any(text, damaged, countof(damaged)))
        return REASON_DAMAGED;
    return holds_any(text, lost, countof(lost)) ? REASON_LOST : REASON_OTHER;
}

static bool
plan_adjustment(struct retail *retail, const struct retail_place *place, struct error *err)
{
    const struct retail_row *row = retail_row_at(place);
    uint32_t sku;
    if (!retail_first_sight(retail, row, &sku, err))
        return false;
    char name[NAME_SIZE];
    (void)snprintf(name, sizeof(name), "%s/adjust/%zu", row->invoice, place->row + 1);
    struct outgoing *command = retail_plan_add(retail, COMMAND_ADJUST_STOCK, name, err);
    struct adjust_stock *body = arena_new(&retail->arena, struct adjust_stock);
    if (command == NULL || body == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    if (!keep(retail, row->code, &body->sku, err))
        return false;
    body->location = slice_of_text(retail->identity->location);
    body->has_location = true;
    body->delta = row->qty;
    body->reason = reason_of(row);
    command->stream_id = stream_of(retail, row->code);
    command->body = body;
    return true;
}

bool retail_plan_adjustments(
    struct retail *retail, const struct invoice *invoice, struct error *err)
{
    bool any_product = false;
    for (size_t i = 0; i < invoice->count; i++) {
        if (invoice->rows[i].kind != CODE_PRODUCT) {
            retail_skip_row(retail, &invoice->rows[i]);
            continue;
        }
        any_product = true;
        if (!plan_adjustment(retail, &(struct retail_place){.invoice = invoice, .row = i}, err))
            return false;
    }
    retail->counts[COUNT_invoices_without_product].count += !any_product;
    return true;
}
