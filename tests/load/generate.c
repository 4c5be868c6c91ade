// SPDX-License-Identifier: Apache-2.0
#include "load/generate.h"

#include "domain/stock_item.h"
#include "load/generate_parts.h"

#include <stdlib.h>

#include "base/banned.h"

enum {
    GUESTS_PERCENT = 20,
    LINES_CANCELLED_PERCENT = 3,
    ORDERS_CANCELLED_PERCENT = 1,
    RECEIPT_EVERY = 50, /* orders */
    CANCEL_AFTER = 200, /* orders placed in between */
    CAUSE_PURCHASE = 0,
    REASON_CUSTOMER = 0,
    IDS_PER_MS = 64,
};

/* What will become of an order placed CANCEL_AFTER orders ago. */
struct fate {
    bool cancel_lines;
    bool cancel_order;
    int64_t line_no;
    int64_t qty;
    struct uuid order_id;
};

struct generator {
    const struct run_identity *identity;
    int64_t orders;
    int64_t placed;
    int64_t ended; /* fates that came true, or did not */
    int64_t commands;
    int64_t id_base_ms;
    uint64_t random;
    bool receipt_due;
    struct articles *articles;
    struct drafts *drafts;
    char (*customers)[UUID_TEXT_SIZE]; /* ids as text */
    struct fate fates[CANCEL_AFTER];
    /* of the command given out last */
    struct cancel_lines cancel_lines;
    struct cancel_lines_line cancelled_line;
    struct cancel_order cancel_order;
    struct receive_stock receipt;
};

uint64_t draw(uint64_t *state)
{
    uint64_t mixed = *state += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

static bool make_customers(struct generator *generator, struct error *err)
{
    generator->customers = calloc(GENERATED_CUSTOMERS, sizeof(*generator->customers));
    if (generator->customers == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    for (uint32_t i = 0; i < GENERATED_CUSTOMERS; i++) {
        struct uuid id =
            shared_id(generator->identity, "generated customer", slice_of(&i, sizeof(i)));
        uuid_format(&id, generator->customers[i]);
    }
    return true;
}

bool generator_open(
    struct generator **out,
    const struct generator_options *options,
    const struct run_identity *identity,
    struct error *err)
{
    struct generator *generator = calloc(1, sizeof(*generator));
    if (generator == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    generator->identity = identity;
    generator->orders = options->orders;
    /* What is sold depends on the seed, which run it is only on the run id: ids start there. */
    struct uuid start =
        run_scoped_id(identity, "generate", slice_of(&options->seed, sizeof(options->seed)));
    uint32_t era;
    memcpy(&era, start.bytes, sizeof(era));
    generator->id_base_ms = GENERATED_BASE_TIME_US / 1000 - (int64_t)era;
    generator->random = (uint64_t)options->seed;
    generator->articles = articles_new(&generator->random);
    generator->drafts =
        generator->articles != NULL ? drafts_new(generator->articles, &generator->random) : NULL;
    memcpy(&generator->random, start.bytes + 8, sizeof(generator->random));
    if (generator->drafts == NULL || !make_customers(generator, err)) {
        generator_close(generator);
        return error_set(err, ERROR_fatal, "out of memory");
    }
    *out = generator;
    return true;
}

void generator_close(struct generator *generator)
{
    if (generator == NULL)
        return;
    drafts_free(generator->drafts);
    articles_free(generator->articles);
    free(generator->customers);
    free(generator);
}

/* Ids grow with time, as UUIDv7 does it and as senders should (kinder to indexes than random ones),
 * yet the same run makes the same ids: their time is counted, not read. A run has its own era. */
static struct uuid next_id(struct generator *generator)
{
    uint8_t random[10];
    uint64_t first = draw(&generator->random);
    uint64_t second = draw(&generator->random);
    memcpy(random, &first, sizeof(first));
    memcpy(random + sizeof(first), &second, sizeof(random) - sizeof(first));
    return uuid_v7(generator->id_base_ms + generator->commands / IDS_PER_MS, random);
}

static void draw_customer(struct generator *generator, char out[static UUID_TEXT_SIZE])
{
    if (draw_below(&generator->random, 100) < GUESTS_PERCENT) {
        struct uuid guest = next_id(generator);
        uuid_format(&guest, out);
    } else {
        int64_t number = draw_below(&generator->random, GENERATED_CUSTOMERS);
        memcpy(out, generator->customers[number], UUID_TEXT_SIZE);
    }
}

static void
draw_fate(struct generator *generator, const struct uuid *order_id, const struct draft_lines *lines)
{
    struct fate *fate = &generator->fates[generator->placed % CANCEL_AFTER];
    int64_t percent = draw_below(&generator->random, 100);
    int64_t line = draw_below(&generator->random, lines->count);
    *fate = (struct fate){
        .cancel_lines = percent < LINES_CANCELLED_PERCENT,
        .cancel_order = percent >= LINES_CANCELLED_PERCENT &&
                        percent < LINES_CANCELLED_PERCENT + ORDERS_CANCELLED_PERCENT,
        .line_no = line + 1,
        .qty = 1 + draw_below(&generator->random, lines->qty[line]),
        .order_id = *order_id};
}

static void place(struct generator *generator, struct outgoing *out)
{
    char customer[UUID_TEXT_SIZE];
    struct draft_lines lines;
    out->type = COMMAND_PLACE_ORDER;
    out->stream_id = next_id(generator);
    draw_customer(generator, customer);
    out->bytes = drafts_take(
        generator->drafts, draw(&generator->random), generator->placed, customer, &lines);
    out->lines = lines.count;
    draw_fate(generator, &out->stream_id, &lines);
    generator->placed++;
    generator->receipt_due = generator->placed % RECEIPT_EVERY == 0;
}

static void receive(struct generator *generator, struct outgoing *out)
{
    const struct run_identity *identity = generator->identity;
    const struct article *article = articles_draw(generator->articles, &generator->random);
    generator->receipt = (struct receive_stock){
        .sku = slice_of_text(article->sku),
        .location = slice_of_text(identity->location),
        .has_location = true,
        .qty = 1 + draw_below(&generator->random, 1000),
        .cause = CAUSE_PURCHASE};
    generator->receipt_due = false;
    out->type = COMMAND_RECEIVE_STOCK;
    out->body = &generator->receipt;
    out->stream_id =
        stock_stream_id(&identity->tenant, generator->receipt.location, generator->receipt.sku);
}

/* The cancellation of an order that is old enough, if it has one. */
static bool come_true(struct generator *generator, struct outgoing *out)
{
    const struct fate *fate = &generator->fates[generator->ended++ % CANCEL_AFTER];
    out->stream_id = fate->order_id;
    if (fate->cancel_lines) {
        generator->cancelled_line =
            (struct cancel_lines_line){.line_no = fate->line_no, .qty = fate->qty};
        generator->cancel_lines = (struct cancel_lines){
            .lines = &generator->cancelled_line, .lines_count = 1, .reason = REASON_CUSTOMER};
        out->type = COMMAND_CANCEL_LINES;
        out->body = &generator->cancel_lines;
    } else if (fate->cancel_order) {
        generator->cancel_order = (struct cancel_order){.reason = REASON_CUSTOMER};
        out->type = COMMAND_CANCEL_ORDER;
        out->body = &generator->cancel_order;
    }
    return fate->cancel_lines || fate->cancel_order;
}

static bool next(void *state, struct outgoing *out, bool *out_more, struct error *err)
{
    struct generator *generator = state;
    struct outgoing command = {.expected = NULL};
    (void)err;
    bool all_placed = generator->orders != 0 && generator->placed == generator->orders;
    bool cancelled = false;
    *out_more = true;
    if (generator->receipt_due) {
        receive(generator, &command);
    } else {
        while (!cancelled && generator->ended < generator->placed &&
               (all_placed || generator->placed - generator->ended == CANCEL_AFTER))
            cancelled = come_true(generator, &command);
        if (!cancelled && all_placed) {
            *out_more = false;
            return true;
        }
        if (!cancelled)
            place(generator, &command);
    }
    command.command_id = next_id(generator);
    generator->commands++;
    *out = command;
    return true;
}

struct command_source generator_source(struct generator *generator)
{
    return (struct command_source){.next = next, .state = generator};
}
