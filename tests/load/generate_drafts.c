// SPDX-License-Identifier: Apache-2.0
// Drafts of orders: encoded once, given another customer, time and reference each time.
#include "base/text.h"
#include "load/generate_parts.h"
#include "wire/codec.h"

#include <stdlib.h>

#include "base/banned.h"

enum {
    DRAFTS = 4096,
    SCRATCH_SIZE = 256 * 1024, /* 1,100 lines take about 170 KB */
    SMALL_REPEATED_PERCENT = 2,
    RETAIL_REPEATED_PERCENT = 14, /* of the orders hold a SKU twice */
    MOST_QTY = 12,
    TAX_PPM = 200000,
    CUSTOMER_SIZE = UUID_TEXT_SIZE - 1,
    TIME_SIZE = TEXT_TIME_SIZE - 1,
    MILLISECONDS_AT = 20, /* in the text of a time */
    REFERENCE_DIGITS = 12,
    ORDERS_PER_SECOND = 1000, /* by their own clock: an order each millisecond */
    MOST_TRIES = 20,
};

#define REFERENCE_PREFIX "web-"
#define REFERENCE_TEXT REFERENCE_PREFIX "000000000000"

struct draft {
    uint8_t *bytes; /* owned, the quantities behind them */
    size_t size;
    uint32_t customer_at; /* where in the bytes the fields of fixed size are */
    uint32_t time_at;
    uint32_t reference_at;
    struct draft_lines lines;
};

struct drafts {
    char time[TEXT_TIME_SIZE];
    int64_t second; /* that `time` shows, counted from the base time; -1: none */
    struct draft rows[DRAFTS];
    uint8_t bytes[SCRATCH_SIZE];
};

/* What drafts are made from, used again for each. */
struct drawing {
    const struct articles *articles;
    enum order_shape shape;
    uint64_t *random;
    struct place_order_line lines[GENERATED_MOST_LINES];
    int64_t qty[GENERATED_MOST_LINES];
    bool sold[GENERATED_ARTICLES]; /* in this order already */
};

/* An article the order does not hold yet, if one is found soon. */
static const struct article *draw_other(struct drawing *drawing)
{
    const struct article *article = articles_draw(drawing->articles, drawing->random);
    for (int i = 0; i < MOST_TRIES; i++) {
        if (!drawing->sold[articles_index(drawing->articles, article)])
            break;
        article = articles_draw(drawing->articles, drawing->random);
    }
    drawing->sold[articles_index(drawing->articles, article)] = true;
    return article;
}

/* Small orders: each line may repeat the one before. Retail: one line of some orders does. */
static int64_t draw_repeated_line(const struct drawing *drawing, int64_t count)
{
    if (drawing->shape == SHAPE_SMALL || count < 2 ||
        draw_below(drawing->random, 100) >= RETAIL_REPEATED_PERCENT)
        return -1;
    return 1 + draw_below(drawing->random, count - 1);
}

static const struct article *
draw_article(struct drawing *drawing, const struct article *before, bool repeated)
{
    if (drawing->shape == SHAPE_RETAIL)
        return repeated ? before : draw_other(drawing);
    if (before != NULL && draw_below(drawing->random, 100) < SMALL_REPEATED_PERCENT)
        return before;
    return articles_draw(drawing->articles, drawing->random);
}

/* Fills the lines and returns what they cost. */
static int64_t draw_lines(struct drawing *drawing, int64_t count)
{
    int64_t total = 0;
    const struct article *article = NULL;
    int64_t repeated = draw_repeated_line(drawing, count);
    memset(drawing->sold, 0, sizeof(drawing->sold));
    for (int64_t i = 0; i < count; i++) {
        article = draw_article(drawing, article, i == repeated);
        drawing->qty[i] = 1 + draw_below(drawing->random, MOST_QTY);
        total += drawing->qty[i] * article->price;
        drawing->lines[i] = (struct place_order_line){
            .line_no = i + 1,
            .sku = slice_of_text(article->sku),
            .title = slice_of_text(article->title),
            .has_title = true,
            .qty = drawing->qty[i],
            .unit_price = {.coefficient = article->price, .scale = 2},
            .tax_ppm = TAX_PPM};
    }
    return total;
}

/* Where the text is; it is there exactly once. */
static uint32_t find_once(const struct draft *draft, const char *text)
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
    return (uint32_t)found;
}

/* The bytes and, behind them, the quantities. */
static bool
keep_draft(struct slice bytes, const struct drawing *drawing, int64_t count, struct draft *draft)
{
    size_t aligned = (bytes.size + sizeof(int64_t) - 1) / sizeof(int64_t) * sizeof(int64_t);
    size_t qty_size = (size_t)count * sizeof(int64_t);
    draft->bytes = malloc(aligned + qty_size);
    if (draft->bytes == NULL)
        return false;
    memcpy(draft->bytes, bytes.data, bytes.size);
    memcpy(draft->bytes + aligned, drawing->qty, qty_size);
    draft->size = bytes.size;
    draft->lines = (struct draft_lines){
        .count = count, .qty = (const int64_t *)(const void *)(draft->bytes + aligned)};
    return true;
}

static bool make_draft(struct drawing *drawing, struct writer *scratch, struct draft *draft)
{
    static const struct uuid customer = {{0xd4, 0xaf, 0x7d, 0xaf, 0x7d, 0xaf}};
    char customer_text[UUID_TEXT_SIZE];
    char time_text[TEXT_TIME_SIZE];
    int64_t count = draw_line_count(drawing->shape, drawing->random);
    int64_t total = draw_lines(drawing, count);
    struct place_order order = {
        .customer_id = customer,
        .channel = draw_below(drawing->random, (int64_t)order_channels.count),
        .currency = slice_of_text("GBP"),
        .prices_include_tax = true,
        .ship_country = slice_of_text("GB"),
        .lines = drawing->lines,
        .lines_count = (size_t)count,
        .declared_total = {.coefficient = total, .scale = 2},
        .placed_at = GENERATED_BASE_TIME_US,
        .source_ref = slice_of_text(REFERENCE_TEXT),
        .has_source_ref = true};
    scratch->size = 0;
    wire_encode(&place_order_message, WIRE_CONTRACT, &order, scratch);
    CHECK(!scratch->overflow);
    if (!keep_draft(writer_slice(scratch), drawing, count, draft))
        return false;
    draft->lines.total = total;
    uuid_format(&customer, customer_text);
    text_format_time(GENERATED_BASE_TIME_US, time_text);
    draft->customer_at = find_once(draft, customer_text);
    draft->time_at = find_once(draft, time_text);
    draft->reference_at = find_once(draft, REFERENCE_TEXT);
    return true;
}

struct drafts *drafts_new(const struct articles *articles, enum order_shape shape, uint64_t *random)
{
    struct drafts *drafts = calloc(1, sizeof(*drafts));
    struct drawing *drawing = calloc(1, sizeof(*drawing));
    bool made = drafts != NULL && drawing != NULL;
    if (made) {
        struct writer scratch = writer_over(drafts->bytes, sizeof(drafts->bytes));
        *drawing = (struct drawing){.articles = articles, .shape = shape, .random = random};
        drafts->second = -1;
        for (size_t i = 0; made && i < DRAFTS; i++)
            made = make_draft(drawing, &scratch, &drafts->rows[i]);
    }
    free(drawing);
    if (!made) {
        drafts_free(drafts);
        return NULL;
    }
    return drafts;
}

void drafts_free(struct drafts *drafts)
{
    if (drafts == NULL)
        return;
    for (size_t i = 0; i < DRAFTS; i++)
        free(drafts->rows[i].bytes);
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
