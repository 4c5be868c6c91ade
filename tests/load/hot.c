// SPDX-License-Identifier: Apache-2.0
#include "load/hot.h"

#include "domain/stock_item.h"
#include "load/generate_parts.h"

#include <stdlib.h>

#include "base/banned.h"

enum { MOST_QTY = 3, TTL_SECONDS = 86400 };

struct hot_sale {
    const struct run_identity *identity;
    struct hot_sale_options options;
    struct uuid stream_id;
    struct slice location;
    int64_t id_base_ms;
    uint64_t random;
    int64_t commands;
    int64_t available; /* units left, as they must be after every command */
    /* of the command given out last */
    struct receive_stock receipt;
    struct reserve_stock reservation;
};

bool hot_sale_open(
    struct hot_sale **out,
    const struct hot_sale_options *options,
    const struct run_identity *identity,
    struct error *err)
{
    struct hot_sale *sale = calloc(1, sizeof(*sale));
    if (sale == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    const struct run_start start = run_start_of(identity, "hot", options->seed);
    sale->identity = identity;
    sale->options = *options;
    sale->location = slice_of_text(identity->location);
    sale->stream_id = stock_stream_id(&identity->tenant, sale->location, slice_of_text("HOT"));
    sale->id_base_ms = start.id_base_ms;
    sale->random = start.random;
    *out = sale;
    return true;
}

void hot_sale_close(struct hot_sale *sale)
{
    free(sale);
}

static void receive(struct hot_sale *sale, struct outgoing *out)
{
    sale->receipt = (struct receive_stock){
        .sku = slice_of_text("HOT"),
        .location = sale->location,
        .has_location = true,
        .qty = sale->options.stock};
    sale->available = sale->options.stock;
    out->type = COMMAND_RECEIVE_STOCK;
    out->body = &sale->receipt;
}

static void reserve(struct hot_sale *sale, struct outgoing *out)
{
    sale->reservation = (struct reserve_stock){
        .sku = slice_of_text("HOT"),
        .location = sale->location,
        .has_location = true,
        .order_id = run_id_draw(sale->id_base_ms, sale->commands, &sale->random),
        .qty = 1 + draw_below(&sale->random, MOST_QTY),
        .ttl = TTL_SECONDS,
        .has_ttl = true};
    out->type = COMMAND_RESERVE_STOCK;
    out->body = &sale->reservation;
    if (sale->reservation.qty <= sale->available)
        sale->available -= sale->reservation.qty;
    else
        out->expected = "insufficient_stock";
}

static bool next(void *state, struct outgoing *out, bool *out_more, struct error *err)
{
    (void)err;
    struct hot_sale *sale = state;
    struct outgoing command = {.expected = NULL, .stream_id = sale->stream_id};
    *out_more = sale->commands <= sale->options.orders;
    if (!*out_more)
        return true;
    if (sale->commands == 0)
        receive(sale, &command);
    else
        reserve(sale, &command);
    command.command_id = run_id_draw(sale->id_base_ms, sale->commands, &sale->random);
    sale->commands++;
    *out = command;
    return true;
}

struct command_source hot_sale_source(struct hot_sale *sale)
{
    return (struct command_source){.next = next, .state = sale};
}
