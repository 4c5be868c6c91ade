// SPDX-License-Identifier: Apache-2.0
#include "load/retail_steps.h"

#include <stdlib.h>

#include "base/banned.h"

enum { PLAN_BYTES = 16 * 1024 * 1024 };

static const char *const count_names[RETAIL_COUNT_COUNT] = {
#define X(name, member) name,
    RETAIL_COUNTS(X)
#undef X
};

static bool
open_input(struct retail *retail, const struct retail_options *options, struct error *err)
{
    return text_file_open(&retail->file, options->path, err) &&
           csv_open(&retail->csv, text_file_read, retail->file, err) &&
           invoice_reader_init(&retail->invoices, &retail->csv, options->most_days, err) &&
           purchases_init(&retail->purchases, err) && map16_init(&retail->skus, 4096, err) &&
           map16_init(&retail->customers, 8192, err);
}

bool retail_open(
    struct retail **out,
    const struct retail_options *options,
    const struct run_identity *identity,
    struct error *err)
{
    struct retail *retail = calloc(1, sizeof(*retail));
    if (retail == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    retail->identity = identity;
    retail->gifts = options->gifts;
    retail->personal = options->personal;
    arena_init(&retail->arena, PLAN_BYTES);
    for (size_t i = 0; i < RETAIL_COUNT_COUNT; i++)
        retail->counts[i].name = count_names[i];
    if (!open_input(retail, options, err)) {
        retail_close(retail);
        return false;
    }
    *out = retail;
    return true;
}

void retail_close(struct retail *retail)
{
    if (retail == NULL)
        return;
    invoice_reader_release(&retail->invoices);
    csv_close(&retail->csv);
    text_file_close(retail->file);
    purchases_release(&retail->purchases);
    map16_release(&retail->skus);
    map16_release(&retail->customers);
    arena_release(&retail->arena);
    free(retail->orders);
    free(retail->plan);
    free(retail);
}

struct outgoing *
retail_plan_add(struct retail *retail, enum command_type type, const char *name, struct error *err)
{
    if (retail->plan_count == retail->plan_capacity) {
        size_t capacity = retail->plan_capacity != 0 ? retail->plan_capacity * 2 : 64;
        struct outgoing *plan = realloc(retail->plan, capacity * sizeof(*plan));
        if (plan == NULL) {
            (void)error_set(err, ERROR_fatal, "out of memory");
            return NULL;
        }
        retail->plan = plan;
        retail->plan_capacity = capacity;
    }
    struct outgoing *added = &retail->plan[retail->plan_count++];
    *added = (struct outgoing){
        .type = type,
        .command_id = run_scoped_id(retail->identity, "command", slice_of_text(name))};
    return added;
}

void retail_skip_row(struct retail *retail, const struct retail_row *row)
{
    const char *code = strncmp(row->code, "gift_", 5) == 0 ? "gift_*" : row->code;
    for (size_t i = COUNT_skipped_post; i < RETAIL_COUNT_COUNT; i++) {
        if (strcmp(retail->counts[i].name + strlen("skipped_"), code) == 0)
            retail->counts[i].count++;
    }
}

static bool is_write_off(const struct invoice *invoice)
{
    for (size_t i = 0; i < invoice->count; i++) {
        if (invoice->rows[i].qty < 0)
            return true;
    }
    return false;
}

static bool is_all_zero(const struct invoice *invoice)
{
    for (size_t i = 0; i < invoice->count; i++) {
        if (invoice->rows[i].price_milli != 0)
            return false;
    }
    return true;
}

static bool plan_invoice(struct retail *retail, const struct invoice *invoice, struct error *err)
{
    const struct retail_row *first = &invoice->rows[0];
    retail->counts[COUNT_rows].count += (int64_t)invoice->count;
    if (first->invoice[0] == 'C') {
        retail->counts[COUNT_invoices_cancel].count++;
        return retail_plan_cancellation(retail, invoice, err);
    }
    if (first->invoice[0] == 'A') {
        retail->counts[COUNT_invoices_bad_debt].count++;
        return retail_plan_bad_debt(retail, invoice, err);
    }
    retail->counts[COUNT_invoices_normal].count++;
    if (is_write_off(invoice) || (is_all_zero(invoice) && first->customer == 0))
        return retail_plan_adjustments(retail, invoice, err);
    return retail_plan_order(retail, invoice, err);
}

static bool next(void *state, struct outgoing *out, bool *out_more, struct error *err)
{
    struct retail *retail = state;
    while (retail->plan_at == retail->plan_count) {
        const struct invoice *invoice;
        if (!invoice_reader_next(&retail->invoices, &invoice, err))
            return false;
        if (invoice == NULL) {
            *out_more = false;
            return true;
        }
        arena_reset(&retail->arena);
        retail->plan_at = 0;
        retail->plan_count = 0;
        if (!plan_invoice(retail, invoice, err))
            return error_prefix(err, "invoice %s", invoice->rows[0].invoice);
    }
    *out = retail->plan[retail->plan_at++];
    *out_more = true;
    return true;
}

struct command_source retail_source(struct retail *retail)
{
    return (struct command_source){.next = next, .state = retail};
}

const struct retail_count *retail_counts(const struct retail *retail, size_t *count)
{
    *count = RETAIL_COUNT_COUNT;
    return retail->counts;
}
