// SPDX-License-Identifier: Apache-2.0
// Cancellations ("C" invoices): the file names neither order nor line, so they are found by
// customer, code and price.
#include "domain/order_messages.h"
#include "load/retail_steps.h"

#include <stdio.h>

#include "base/banned.h"

enum {
    REASON_CUSTOMER = 0, /* index in order_cancel_reasons */
    NAME_SIZE = 64,
};

/* One CancelLines to be. */
struct cancellation {
    struct uuid order;
    const char *expected;
    size_t part; /* which command of its row, from 1 */
    struct order_units *lines;
    size_t count;
};

static bool add_command(
    struct retail *retail,
    const struct retail_place *place,
    const struct cancellation *cancellation,
    struct error *err)
{
    char name[NAME_SIZE];
    (void)snprintf(
        name,
        sizeof(name),
        "%s/cancel/%zu/%zu",
        retail_row_at(place)->invoice,
        place->row + 1,
        cancellation->part);
    struct outgoing *command = retail_plan_add(retail, COMMAND_CANCEL_LINES, name, err);
    struct cancel_lines *body = arena_new(&retail->arena, struct cancel_lines);
    if (command == NULL || body == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    *body = (struct cancel_lines){
        .lines = cancellation->lines,
        .lines_count = cancellation->count,
        .reason = REASON_CUSTOMER};
    command->stream_id = cancellation->order;
    command->body = body;
    command->expected = cancellation->expected;
    return true;
}

/* A command that must be refused, for one line with the row's whole quantity. */
static bool add_refused(
    struct retail *retail,
    const struct retail_place *place,
    struct cancellation *cancellation,
    int64_t line_no,
    struct error *err)
{
    cancellation->part = 1;
    cancellation->count = 1;
    cancellation->lines = arena_new(&retail->arena, struct order_units);
    if (cancellation->lines == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    cancellation->lines[0] =
        (struct order_units){.line_no = line_no, .qty = -retail_row_at(place)->qty};
    return add_command(retail, place, cancellation, err);
}

/* Nothing was bought that fits: an order that never was. */
static bool plan_unknown(struct retail *retail, const struct retail_place *place, struct error *err)
{
    const struct retail_row *row = retail_row_at(place);
    retail->counts[row->customer != 0 ? COUNT_unmatched : COUNT_no_customer].count++;
    struct cancellation cancellation = {
        .order = run_scoped_id(retail->identity, "order", slice_of_text(row->invoice)),
        .expected = "not_found"};
    return add_refused(retail, place, &cancellation, 1, err);
}

/* Orders that were refused do not exist. */
static const char *expected_of(const struct retail_order *order, const char *otherwise)
{
    return order->refused != NULL ? "not_found" : otherwise;
}

static bool plan_too_few(struct retail *retail, const struct retail_place *place, struct error *err)
{
    const struct purchase_piece *piece = &retail->purchases.pieces[0];
    const struct retail_order *order = &retail->orders[piece->order];
    retail->counts[COUNT_too_few].count++;
    struct cancellation cancellation = {
        .order = order->id, .expected = expected_of(order, "quantity_exceeds_open")};
    return add_refused(retail, place, &cancellation, piece->line_no, err);
}

/* One command per order; pieces of one order follow each other. */
static bool plan_pieces(
    struct retail *retail, const struct retail_place *place, size_t count, struct error *err)
{
    const struct purchase_piece *pieces = retail->purchases.pieces;
    struct cancellation cancellation = {.part = 0};
    struct order_units *lines = arena_array(&retail->arena, count, struct order_units);
    if (lines == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from; to < count && pieces[to].order == pieces[from].order; to++)
            lines[to] = (struct order_units){.line_no = pieces[to].line_no, .qty = pieces[to].qty};
        const struct retail_order *order = &retail->orders[pieces[from].order];
        cancellation = (struct cancellation){
            .order = order->id,
            .expected = expected_of(order, NULL),
            .part = cancellation.part + 1,
            .lines = &lines[from],
            .count = to - from};
        if (!add_command(retail, place, &cancellation, err))
            return false;
    }
    retail->counts[COUNT_matched].count++;
    retail->counts[COUNT_over_several].count += count > 1;
    return true;
}

static bool plan_row(struct retail *retail, const struct retail_place *place, struct error *err)
{
    const struct retail_row *row = retail_row_at(place);
    enum purchase_match match = PURCHASE_UNKNOWN;
    size_t count = 0;
    uint32_t sku;
    if (row->qty > 0)
        return error_set(err, ERROR_invalid, "a cancellation of a positive quantity");
    if (row->customer != 0 && retail_find_sku(retail, row->code, &sku)) {
        struct purchase_key key = {
            .customer = (uint32_t)row->customer, .sku = sku, .price_milli = row->price_milli};
        if (!purchases_take(&retail->purchases, &key, -row->qty, &match, &count, err))
            return false;
    }
    switch (match) {
    case PURCHASE_UNKNOWN:
        return plan_unknown(retail, place, err);
    case PURCHASE_TOO_FEW:
        return plan_too_few(retail, place, err);
    case PURCHASE_MATCHED:
        return plan_pieces(retail, place, count, err);
    }
    UNREACHABLE();
}

bool retail_plan_cancellation(
    struct retail *retail, const struct invoice *invoice, struct error *err)
{
    for (size_t i = 0; i < invoice->count; i++) {
        struct retail_place place = {.invoice = invoice, .row = i};
        if (invoice->rows[i].kind != CODE_PRODUCT)
            retail_skip_row(retail, &invoice->rows[i]);
        else if (!plan_row(retail, &place, err))
            return false;
    }
    return true;
}
