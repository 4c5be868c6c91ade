// SPDX-License-Identifier: Apache-2.0
#include "load/generate.h"

#include "domain/order_messages.h"
#include "domain/stock_item.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

enum {
    ARTICLES = 4000,
    CUSTOMERS = 4000,
    MOST_LINES = 5,
    GUESTS_PERCENT = 20,
    REPEATED_SKU_PERCENT = 2,
    LINES_CANCELLED_PERCENT = 3,
    ORDERS_CANCELLED_PERCENT = 1,
    RECEIPT_EVERY = 50, /* orders */
    CANCEL_AFTER = 200, /* orders placed in between */
    MOST_QTY = 12,
    TAX_PPM = 200000,
    TEXT_SIZE = 48,
    CAUSE_PURCHASE = 0,
    REASON_CUSTOMER = 0,
};

#define BASE_TIME_US INT64_C(1735689600000000) /* 2025-01-01: the same in every run */

struct article {
    char sku[16];
    char title[TEXT_SIZE];
    int64_t price; /* minor units */
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
    uint64_t weights[ARTICLES]; /* running sums */
    struct article articles[ARTICLES];
    struct uuid customers[CUSTOMERS];
    struct fate fates[CANCEL_AFTER];
    /* bodies of the command given out last */
    struct place_order order;
    struct place_order_line lines[MOST_LINES];
    struct cancel_lines cancel_lines;
    struct cancel_lines_line cancelled_line;
    struct cancel_order cancel_order;
    struct receive_stock receipt;
    char source_ref[TEXT_SIZE];
};

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t draw(uint64_t *state)
{
    uint64_t mixed = *state += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

/* 0 .. bound-1; the bias of the remainder does not matter here. */
static int64_t draw_below(struct generator *generator, int64_t bound)
{
    return (int64_t)(draw(&generator->random) % (uint64_t)bound);
}

static void make_articles(struct generator *generator)
{
    static const char *const colours[] = {"RED", "BLUE", "IVORY", "GREEN", "PINK", "BLACK"};
    static const char *const things[] = {
        "HEART HANGING HOLDER",
        "CAKE STAND REGENCY",
        "JUMBO BAG RETROSPOT",
        "PARTY BUNTING",
        "LUNCH BAG SUKI DESIGN",
        "ALARM CLOCK BAKELIKE",
        "SET OF 12 PAPER CUPS"};
    uint64_t sum = 0;
    for (size_t i = 0; i < ARTICLES; i++) {
        struct article *article = &generator->articles[i];
        sum += UINT64_C(1000000000) / (i + 1); /* Zipf with exponent 1 */
        generator->weights[i] = sum;
        (void)snprintf(article->sku, sizeof(article->sku), "G%05zu", i + 1);
        (void)snprintf(
            article->title,
            sizeof(article->title),
            "%s %s",
            colours[i % countof(colours)],
            things[i % countof(things)]);
        article->price = 15 + draw_below(generator, 3000);
    }
}

static const struct article *draw_article(struct generator *generator)
{
    uint64_t wanted = draw(&generator->random) % generator->weights[ARTICLES - 1];
    size_t low = 0;
    size_t high = ARTICLES - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (generator->weights[middle] > wanted)
            high = middle;
        else
            low = middle + 1;
    }
    return &generator->articles[low];
}

static void make_customers(struct generator *generator)
{
    char name[TEXT_SIZE];
    for (size_t i = 0; i < CUSTOMERS; i++) {
        (void)snprintf(name, sizeof(name), "generated-%zu", i);
        generator->customers[i] = shared_id(generator->identity, "customer", slice_of_text(name));
    }
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
    char seed[TEXT_SIZE];
    (void)snprintf(seed, sizeof(seed), "%lld", (long long)options->seed);
    struct uuid start = run_scoped_id(identity, "generate", slice_of_text(seed));
    uint32_t era;
    memcpy(&era, start.bytes, sizeof(era));
    generator->identity = identity;
    generator->orders = options->orders;
    generator->random = (uint64_t)options->seed;
    make_articles(generator); /* the same articles in every run of a seed */
    make_customers(generator);
    memcpy(&generator->random, start.bytes + 8, sizeof(generator->random));
    generator->id_base_ms = BASE_TIME_US / 1000 - (int64_t)era;
    *out = generator;
    return true;
}

void generator_close(struct generator *generator)
{
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
    return uuid_v7(generator->id_base_ms + generator->commands / 64, random);
}

static struct uuid draw_customer(struct generator *generator)
{
    if (draw_below(generator, 100) < GUESTS_PERCENT)
        return next_id(generator);
    return generator->customers[draw_below(generator, CUSTOMERS)];
}

/* Fills the lines and returns what they cost. */
static int64_t draw_lines(struct generator *generator, size_t count)
{
    int64_t total = 0;
    const struct article *article = NULL;
    for (size_t i = 0; i < count; i++) {
        if (article == NULL || draw_below(generator, 100) >= REPEATED_SKU_PERCENT)
            article = draw_article(generator);
        int64_t qty = 1 + draw_below(generator, MOST_QTY);
        total += qty * article->price;
        generator->lines[i] = (struct place_order_line){
            .line_no = (int64_t)i + 1,
            .sku = slice_of_text(article->sku),
            .title = slice_of_text(article->title),
            .has_title = true,
            .qty = qty,
            .unit_price = {.coefficient = article->price, .scale = 2},
            .tax_ppm = TAX_PPM};
    }
    return total;
}

static void draw_fate(struct generator *generator, const struct uuid *order_id, size_t lines)
{
    struct fate *fate = &generator->fates[generator->placed % CANCEL_AFTER];
    int64_t percent = draw_below(generator, 100);
    size_t line = (size_t)draw_below(generator, (int64_t)lines);
    *fate = (struct fate){
        .cancel_lines = percent < LINES_CANCELLED_PERCENT,
        .cancel_order = percent >= LINES_CANCELLED_PERCENT &&
                        percent < LINES_CANCELLED_PERCENT + ORDERS_CANCELLED_PERCENT,
        .line_no = (int64_t)line + 1,
        .qty = 1 + draw_below(generator, generator->lines[line].qty),
        .order_id = *order_id};
}

static void place(struct generator *generator, struct outgoing *out)
{
    size_t count = 1 + (size_t)draw_below(generator, MOST_LINES);
    out->type = COMMAND_PLACE_ORDER;
    out->stream_id = next_id(generator);
    int64_t total = draw_lines(generator, count);
    (void)snprintf(
        generator->source_ref,
        sizeof(generator->source_ref),
        "web-%lld",
        (long long)generator->placed);
    generator->order = (struct place_order){
        .customer_id = draw_customer(generator),
        .channel = draw_below(generator, (int64_t)order_channels.count),
        .currency = slice_of_text("GBP"),
        .prices_include_tax = true,
        .ship_country = slice_of_text("GB"),
        .lines = generator->lines,
        .lines_count = count,
        .declared_total = {.coefficient = total, .scale = 2},
        .placed_at = BASE_TIME_US + generator->placed * 1000,
        .source_ref = slice_of_text(generator->source_ref),
        .has_source_ref = true};
    out->body = &generator->order;
    out->lines = (int64_t)count;
    draw_fate(generator, &out->stream_id, count);
    generator->placed++;
    generator->receipt_due = generator->placed % RECEIPT_EVERY == 0;
}

static void receive(struct generator *generator, struct outgoing *out)
{
    const struct run_identity *identity = generator->identity;
    const struct article *article = draw_article(generator);
    generator->receipt = (struct receive_stock){
        .sku = slice_of_text(article->sku),
        .location = slice_of_text(identity->location),
        .has_location = true,
        .qty = 1 + draw_below(generator, 1000),
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
    *out_more = true;
    if (generator->receipt_due) {
        receive(generator, &command);
    } else {
        bool cancelled = false;
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
