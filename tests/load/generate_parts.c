// SPDX-License-Identifier: Apache-2.0
#include "load/generate_parts.h"

#include "base/text.h"
#include "wire/codec.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

enum {
    DRAFTS = 4096,
    DRAFT_SIZE = 1280, /* five lines take about 900 bytes */
    REPEATED_SKU_PERCENT = 2,
    MOST_QTY = 12,
    TAX_PPM = 200000,
    CUSTOMER_SIZE = UUID_TEXT_SIZE - 1,
    TIME_SIZE = TEXT_TIME_SIZE - 1,
    MILLISECONDS_AT = 20, /* in the text of a time */
    REFERENCE_DIGITS = 12,
    ORDERS_PER_SECOND = 1000, /* by their own clock: an order each millisecond */
};

#define REFERENCE_PREFIX "web-"
#define REFERENCE_TEXT REFERENCE_PREFIX "000000000000"

struct articles {
    uint64_t weights[GENERATED_ARTICLES]; /* running sums */
    struct article rows[GENERATED_ARTICLES];
};

struct articles *articles_new(uint64_t *random)
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
    struct articles *articles = calloc(1, sizeof(*articles));
    if (articles == NULL)
        return NULL;
    uint64_t sum = 0;
    for (size_t i = 0; i < GENERATED_ARTICLES; i++) {
        struct article *article = &articles->rows[i];
        const char *colour = colours[i % countof(colours)];
        const char *thing = things[i % countof(things)];
        sum += UINT64_C(1000000000) / (i + 1);
        articles->weights[i] = sum;
        (void)snprintf(article->sku, sizeof(article->sku), "G%05zu", i + 1);
        (void)snprintf(article->title, sizeof(article->title), "%s %s", colour, thing);
        article->price = 15 + draw_below(random, 3000);
    }
    return articles;
}

void articles_free(struct articles *articles)
{
    free(articles);
}

const struct article *articles_draw(const struct articles *articles, uint64_t *random)
{
    uint64_t wanted = draw(random) % articles->weights[GENERATED_ARTICLES - 1];
    size_t low = 0;
    size_t high = GENERATED_ARTICLES - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (articles->weights[middle] > wanted)
            high = middle;
        else
            low = middle + 1;
    }
    return &articles->rows[low];
}

/* ---- drafts ---- */

struct draft {
    uint16_t size;
    uint16_t customer_at; /* where in the bytes the fields of fixed size are */
    uint16_t time_at;
    uint16_t reference_at;
    struct draft_lines lines;
    uint8_t bytes[DRAFT_SIZE];
};

struct drafts {
    char time[TEXT_TIME_SIZE];
    int64_t second; /* that `time` shows, counted from the base time; -1: none */
    uint8_t bytes[DRAFT_SIZE];
    struct draft rows[DRAFTS];
};

/* Fills the lines and returns what they cost. */
static int64_t draw_lines(
    const struct articles *articles,
    uint64_t *random,
    struct place_order_line *lines,
    struct draft_lines *drawn)
{
    int64_t total = 0;
    const struct article *article = NULL;
    drawn->count = 1 + draw_below(random, GENERATED_MOST_LINES);
    for (int64_t i = 0; i < drawn->count; i++) {
        if (article == NULL || draw_below(random, 100) >= REPEATED_SKU_PERCENT)
            article = articles_draw(articles, random);
        drawn->qty[i] = 1 + draw_below(random, MOST_QTY);
        total += drawn->qty[i] * article->price;
        lines[i] = (struct place_order_line){
            .line_no = i + 1,
            .sku = slice_of_text(article->sku),
            .title = slice_of_text(article->title),
            .has_title = true,
            .qty = drawn->qty[i],
            .unit_price = {.coefficient = article->price, .scale = 2},
            .tax_ppm = TAX_PPM};
    }
    return total;
}

/* Where the text is; it is there exactly once. */
static uint16_t find_once(const struct draft *draft, const char *text)
{
    size_t size = strlen(text);
    size_t found = SIZE_MAX;
    for (size_t at = 0; at + size <= draft->size; at++) {
        if (memcmp(draft->bytes + at, text, size) == 0) {
            CHECK(found == SIZE_MAX);
            found = at;
        }
    }
    CHECK(found != SIZE_MAX);
    return (uint16_t)found;
}

static void make_draft(const struct articles *articles, uint64_t *random, struct draft *draft)
{
    static const struct uuid customer = {{0xd4, 0xaf, 0x7d, 0xaf, 0x7d, 0xaf}};
    struct place_order_line lines[GENERATED_MOST_LINES];
    char customer_text[UUID_TEXT_SIZE];
    char time_text[TEXT_TIME_SIZE];
    int64_t total = draw_lines(articles, random, lines, &draft->lines);
    struct place_order order = {
        .customer_id = customer,
        .channel = draw_below(random, (int64_t)order_channels.count),
        .currency = slice_of_text("GBP"),
        .prices_include_tax = true,
        .ship_country = slice_of_text("GB"),
        .lines = lines,
        .lines_count = (size_t)draft->lines.count,
        .declared_total = {.coefficient = total, .scale = 2},
        .placed_at = GENERATED_BASE_TIME_US,
        .source_ref = slice_of_text(REFERENCE_TEXT),
        .has_source_ref = true};
    struct writer out = writer_over(draft->bytes, sizeof(draft->bytes));
    wire_encode(&place_order_message, WIRE_CONTRACT, &order, &out);
    CHECK(!out.overflow);
    draft->size = (uint16_t)out.size;
    uuid_format(&customer, customer_text);
    text_format_time(GENERATED_BASE_TIME_US, time_text);
    draft->customer_at = find_once(draft, customer_text);
    draft->time_at = find_once(draft, time_text);
    draft->reference_at = find_once(draft, REFERENCE_TEXT);
}

struct drafts *drafts_new(const struct articles *articles, uint64_t *random)
{
    struct drafts *drafts = malloc(sizeof(*drafts));
    if (drafts == NULL)
        return NULL;
    drafts->second = -1;
    for (size_t i = 0; i < DRAFTS; i++)
        make_draft(articles, random, &drafts->rows[i]);
    return drafts;
}

void drafts_free(struct drafts *drafts)
{
    free(drafts);
}

static void write_digits(char *at, int digits, int64_t value)
{
    for (int i = digits; i-- > 0; value /= 10)
        at[i] = (char)('0' + value % 10);
}

/* The whole text only when the second changes. */
static void set_time(struct drafts *drafts, int64_t number)
{
    int64_t second = number / ORDERS_PER_SECOND;
    if (second != drafts->second)
        text_format_time(GENERATED_BASE_TIME_US + second * 1000000, drafts->time);
    drafts->second = second;
    write_digits(drafts->time + MILLISECONDS_AT, 3, number % ORDERS_PER_SECOND);
}

struct slice drafts_take(
    struct drafts *drafts,
    uint64_t chance,
    int64_t number,
    const char *customer,
    struct draft_lines *out_lines)
{
    const struct draft *draft = &drafts->rows[chance % DRAFTS];
    char digits[REFERENCE_DIGITS];
    set_time(drafts, number);
    write_digits(digits, REFERENCE_DIGITS, number);
    memcpy(drafts->bytes, draft->bytes, draft->size);
    memcpy(drafts->bytes + draft->customer_at, customer, CUSTOMER_SIZE);
    memcpy(drafts->bytes + draft->time_at, drafts->time, TIME_SIZE);
    memcpy(
        drafts->bytes + draft->reference_at + strlen(REFERENCE_PREFIX), digits, REFERENCE_DIGITS);
    *out_lines = draft->lines;
    return slice_of(drafts->bytes, draft->size);
}
