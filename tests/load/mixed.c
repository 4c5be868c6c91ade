// SPDX-License-Identifier: Apache-2.0
#include "load/mixed.h"

#include "domain/stock_item.h"
#include "load/generate_parts.h"
#include "load/generate_people.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

enum {
    PLACE_PERCENT = 45,
    PAYMENT_PERCENT = 43,
    CANCEL_PERCENT = 4,
    RECEIPT_PERCENT = 4, /* and as many reservations */
    LAG = 256,           /* orders between placing and paying */
    OPEN_ORDERS = 4096,  /* waiting for their payment: the oldest are paid first */
    RECEIVED_QTY = 1000,
    RESERVED_QTY = 5,
    REFERENCE_SIZE = 32,
};

struct placed_order {
    struct uuid id;
    int64_t total;
    int64_t first_qty; /* of line 1 */
};

struct mixed {
    const struct run_identity *identity;
    struct mixed_options options;
    int64_t id_base_ms;
    uint64_t random;
    int64_t commands;
    int64_t placed;
    int64_t paid;
    int64_t received;
    int64_t reserved;
    struct articles *articles;
    struct drafts *drafts;
    struct people *people;
    struct placed_order orders[OPEN_ORDERS];
    const struct article *stock[OPEN_ORDERS]; /* received, to be reserved of */
    /* of the command given out last */
    char reference[REFERENCE_SIZE];
    struct record_payment_result payment;
    struct order_units cancelled_line;
    struct cancel_lines cancel_lines;
    struct receive_stock receipt;
    struct reserve_stock reservation;
};

bool mixed_open(
    struct mixed **out,
    const struct mixed_options *options,
    const struct run_identity *identity,
    struct error *err)
{
    struct mixed *mixed = calloc(1, sizeof(*mixed));
    if (mixed == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    const struct run_start start = run_start_of(identity, "mixed", options->seed);
    mixed->identity = identity;
    mixed->options = *options;
    mixed->id_base_ms = start.id_base_ms;
    mixed->random = (uint64_t)options->seed;
    mixed->people = people_new(identity);
    mixed->articles = articles_new(SHAPE_SMALL, &mixed->random);
    if (mixed->articles != NULL)
        mixed->drafts = drafts_new(mixed->articles, SHAPE_SMALL, &mixed->random);
    mixed->random = start.random;
    if (mixed->drafts == NULL || mixed->people == NULL) {
        mixed_close(mixed);
        return error_set(err, ERROR_fatal, "out of memory");
    }
    *out = mixed;
    return true;
}

void mixed_close(struct mixed *mixed)
{
    if (mixed == NULL)
        return;
    drafts_free(mixed->drafts);
    articles_free(mixed->articles);
    people_free(mixed->people);
    free(mixed);
}

static struct uuid next_id(struct mixed *mixed)
{
    return run_id_draw(mixed->id_base_ms, mixed->commands, &mixed->random);
}

static void place(struct mixed *mixed, struct outgoing *out)
{
    struct draft_lines lines;
    struct buyer buyer;
    people_get(mixed->people, draw_below(&mixed->random, GENERATED_CUSTOMERS), &buyer);
    out->type = COMMAND_PLACE_ORDER;
    out->stream_id = next_id(mixed);
    out->bytes =
        drafts_take(mixed->drafts, draw(&mixed->random), mixed->placed, buyer.text, &lines);
    out->lines = lines.count;
    mixed->orders[mixed->placed++ % OPEN_ORDERS] = (struct placed_order){
        .id = out->stream_id, .total = lines.total, .first_qty = lines.qty[0]};
}

/* False: no order has waited long enough. */
static bool pay(struct mixed *mixed, struct outgoing *out)
{
    if (mixed->placed - mixed->paid < LAG)
        return false;
    const struct placed_order *order = &mixed->orders[mixed->paid % OPEN_ORDERS];
    (void)snprintf(
        mixed->reference, sizeof(mixed->reference), "ch-%012lld", (long long)mixed->paid);
    mixed->payment = (struct record_payment_result){
        .payment_id = next_id(mixed),
        .op = PAYMENT_AUTHORIZE,
        .outcome = PAYMENT_OK,
        .amount = {.coefficient = order->total, .scale = 2},
        .provider = slice_of_text("simulated"),
        .provider_ref = slice_of_text(mixed->reference)};
    mixed->paid++;
    out->type = COMMAND_RECORD_PAYMENT_RESULT;
    out->stream_id = order->id;
    out->body = &mixed->payment;
    return true;
}

/* All units of the first line of an order that is not paid yet; the next one to be paid is left. */
static bool cancel(struct mixed *mixed, struct outgoing *out)
{
    if (mixed->placed - mixed->paid < LAG)
        return false;
    struct placed_order *order =
        &mixed->orders[(mixed->paid + 1 + draw_below(&mixed->random, LAG / 2)) % OPEN_ORDERS];
    if (order->first_qty < 2) /* keep the order alive: something of it stays open */
        return false;
    order->first_qty--;
    mixed->cancelled_line = (struct order_units){.line_no = 1, .qty = 1};
    mixed->cancel_lines =
        (struct cancel_lines){.lines = &mixed->cancelled_line, .lines_count = 1, .reason = 0};
    out->type = COMMAND_CANCEL_LINES;
    out->stream_id = order->id;
    out->body = &mixed->cancel_lines;
    return true;
}

static struct slice location(const struct mixed *mixed)
{
    return slice_of_text(mixed->identity->location);
}

static bool receive(struct mixed *mixed, struct outgoing *out)
{
    const struct article *article = articles_draw(mixed->articles, &mixed->random);
    mixed->receipt = (struct receive_stock){
        .sku = slice_of_text(article->sku),
        .location = location(mixed),
        .has_location = true,
        .qty = RECEIVED_QTY};
    mixed->stock[mixed->received++ % OPEN_ORDERS] = article;
    out->type = COMMAND_RECEIVE_STOCK;
    out->stream_id =
        stock_stream_id(&mixed->identity->tenant, mixed->receipt.location, mixed->receipt.sku);
    out->body = &mixed->receipt;
    return true;
}

/* Of stock that came before: one reservation for each receipt, so that there is always enough. */
static bool reserve(struct mixed *mixed, struct outgoing *out)
{
    if (mixed->reserved == mixed->received)
        return false;
    const struct article *article = mixed->stock[mixed->reserved++ % OPEN_ORDERS];
    mixed->reservation = (struct reserve_stock){
        .sku = slice_of_text(article->sku),
        .location = location(mixed),
        .has_location = true,
        .order_id = next_id(mixed),
        .qty = RESERVED_QTY};
    out->type = COMMAND_RESERVE_STOCK;
    out->stream_id = stock_stream_id(
        &mixed->identity->tenant, mixed->reservation.location, mixed->reservation.sku);
    out->body = &mixed->reservation;
    return true;
}

static bool choose(struct mixed *mixed, struct outgoing *out)
{
    int64_t percent = draw_below(&mixed->random, 100);
    bool is_far_behind = mixed->placed - mixed->paid >= OPEN_ORDERS - LAG;
    if ((percent -= PLACE_PERCENT) < 0 && !is_far_behind)
        return false;
    if ((percent -= PAYMENT_PERCENT) < 0)
        return pay(mixed, out);
    if ((percent -= CANCEL_PERCENT) < 0)
        return cancel(mixed, out);
    if (percent < RECEIPT_PERCENT)
        return receive(mixed, out);
    return reserve(mixed, out);
}

static bool next(void *state, struct outgoing *out, bool *out_more, struct error *err)
{
    (void)err;
    struct mixed *mixed = state;
    struct outgoing command = {.expected = NULL};
    *out_more = mixed->options.commands == 0 || mixed->commands < mixed->options.commands;
    if (!*out_more)
        return true;
    if (!choose(mixed, &command))
        place(mixed, &command);
    command.command_id = next_id(mixed);
    mixed->commands++;
    *out = command;
    return true;
}

struct command_source mixed_source(struct mixed *mixed)
{
    return (struct command_source){.next = next, .state = mixed};
}
