// SPDX-License-Identifier: Apache-2.0
#include "load/generate_parts.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

enum { SMALL_MOST_LINES = 5, RETAIL_FLATNESS = 50, PER_MILLE_STEPS = 1000000, IDS_PER_MS = 64 };

struct run_start run_start_of(const struct run_identity *identity, const char *kind, int64_t seed)
{
    struct uuid start = run_scoped_id(identity, kind, slice_of(&seed, sizeof(seed)));
    struct run_start found;
    uint32_t era;
    memcpy(&era, start.bytes, sizeof(era));
    memcpy(&found.random, start.bytes + 8, sizeof(found.random));
    found.id_base_ms = GENERATED_BASE_TIME_US / 1000 - (int64_t)era;
    return found;
}

struct uuid run_id_draw(int64_t id_base_ms, int64_t number, uint64_t *random)
{
    uint8_t bytes[10];
    uint64_t first = draw(random);
    uint64_t second = draw(random);
    memcpy(bytes, &first, sizeof(first));
    memcpy(bytes + sizeof(first), &second, sizeof(bytes) - sizeof(first));
    return uuid_v7(id_base_ms + number / IDS_PER_MS, bytes);
}

struct articles {
    uint64_t weights[GENERATED_ARTICLES]; /* running sums */
    struct article rows[GENERATED_ARTICLES];
};

struct articles *articles_new(enum order_shape shape, uint64_t *random)
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
        sum += UINT64_C(1000000000) / (i + (shape == SHAPE_RETAIL ? RETAIL_FLATNESS : 1));
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

size_t articles_index(const struct articles *articles, const struct article *article)
{
    return (size_t)(article - articles->rows);
}

/* Lines of the real orders: that many have at most so many lines (docs/retail-data.md). Between two
 * rows the count grows evenly. */
static const struct {
    int64_t per_million;
    int64_t lines;
} retail_quantiles[] = {
    {0, 1},
    {100000, 3},
    {250000, 7},
    {500000, 15},
    {750000, 28},
    {900000, 48},
    {950000, 66},
    {990000, 110},
    {999000, 260},
    {999900, 560},
    {PER_MILLE_STEPS, 1100}};

int64_t draw_line_count(enum order_shape shape, uint64_t *random)
{
    if (shape == SHAPE_SMALL)
        return 1 + draw_below(random, SMALL_MOST_LINES);
    int64_t at = draw_below(random, PER_MILLE_STEPS);
    size_t i = 1;
    while (retail_quantiles[i].per_million <= at)
        i++;
    int64_t from = retail_quantiles[i - 1].per_million;
    int64_t width = retail_quantiles[i].per_million - from;
    int64_t lines = retail_quantiles[i].lines - retail_quantiles[i - 1].lines;
    return retail_quantiles[i - 1].lines + (at - from) * (lines + 1) / width;
}
