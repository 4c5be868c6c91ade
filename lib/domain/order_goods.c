// SPDX-License-Identifier: Apache-2.0
// The articles of an order: its lines sorted by SKU and location once, when it is placed, so that a
// reservation of an order of 2,000 lines does not look at 2,000 lines.
#include "domain/order_steps.h"
#include "domain/personal.h"
#include "domain/sort.h"
#include "domain/stock_item.h"

#include "base/banned.h"

struct slice order_line_location(const struct order_placed_line *line)
{
    return line->has_location ? line->location : slice_of_text(STOCK_DEFAULT_LOCATION);
}

void *order_grow(void *elements, size_t count, size_t *capacity, size_t size, struct arena *arena)
{
    enum { FIRST_CAPACITY = 4 };
    if (count < *capacity)
        return elements;
    size_t more = *capacity == 0 ? FIRST_CAPACITY : *capacity * 2;
    void *grown = arena_take_array(arena, more, size);
    if (grown == NULL)
        return NULL;
    if (count != 0)
        memcpy(grown, elements, count * size);
    *capacity = more;
    return grown;
}

static uint64_t hash_bytes(uint64_t hash, struct slice bytes)
{
    for (size_t i = 0; i < bytes.size; i++)
        hash = (hash ^ bytes.data[i]) * UINT64_C(0x100000001b3); /* FNV-1a */
    return hash;
}

/* The lowest bits are free for the index of a line. Of memory only: nothing stored depends on it. */
static uint64_t hash_article(struct slice sku, struct slice location)
{
    uint64_t hash = hash_bytes(UINT64_C(0xcbf29ce484222325), sku);
    return hash_bytes(hash_bytes(hash, slice_of("", 1)), location) & ~(uint64_t)UINT16_MAX;
}

static bool is_article(const struct order_article *article, struct slice sku, struct slice location)
{
    return slice_equal(article->sku, sku) && slice_equal(article->location, location);
}

/* The article of a line whose hash is that of the newest articles; NULL: it is the first of its own. */
static struct order_article *
same_article(struct order_goods *goods, const struct order_placed_line *line, uint64_t hash)
{
    for (size_t i = goods->article_count; i > 0 && goods->articles[i - 1].hash == hash; i--) {
        if (is_article(&goods->articles[i - 1], line->sku, order_line_location(line)))
            return &goods->articles[i - 1];
    }
    return NULL;
}

/* keys: ascending hashes of the lines, each with the line's index in its lowest bits. */
static void find_articles(struct order *order, const uint64_t *keys)
{
    struct order_goods *goods = &order->goods;
    for (size_t i = 0; i < order->line_count; i++) {
        uint64_t hash = keys[i] & ~(uint64_t)UINT16_MAX;
        struct order_line *line = &order->lines[keys[i] & UINT16_MAX];
        struct order_article *article = same_article(goods, &line->placed, hash);
        if (article == NULL) {
            article = &goods->articles[goods->article_count++];
            *article = (struct order_article){
                .sku = line->placed.sku,
                .location = order_line_location(&line->placed),
                .hash = hash};
        }
        article->line_count++;
        article->ordered += line->placed.qty;
        article->open += line->placed.qty;
        line->article = (uint16_t)(article - goods->articles);
    }
    goods->outstanding = goods->article_count;
}

/* Which lines an article has, ascending. */
static void list_members(struct order *order)
{
    struct order_goods *goods = &order->goods;
    size_t first = 0;
    for (size_t i = 0; i < goods->article_count; i++) {
        goods->articles[i].first = first;
        first += goods->articles[i].line_count;
        goods->articles[i].line_count = 0; /* counted again below */
    }
    for (size_t i = 0; i < order->line_count; i++) {
        struct order_article *article = &goods->articles[order->lines[i].article];
        goods->members[article->first + article->line_count++] = (uint16_t)i;
    }
}

bool order_find_articles(struct order *order, struct arena *arena)
{
    _Static_assert(ORDER_MAX_LINES <= UINT16_MAX, "an index has 16 bits in a key");
    size_t count = order->line_count;
    struct order_goods *goods = &order->goods;
    goods->articles = arena_take_raw(arena, count * sizeof(*goods->articles));
    goods->members = arena_take_raw(arena, count * sizeof(*goods->members));
    uint64_t *keys = arena_take_raw(arena, count * sizeof(*keys));
    if (goods->articles == NULL || goods->members == NULL || keys == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct order_placed_line *line = &order->lines[i].placed;
        keys[i] = hash_article(line->sku, order_line_location(line)) | i;
    }
    sort_numbers(keys, count);
    find_articles(order, keys);
    list_members(order);
    return true;
}

struct order_article *
order_find_article(const struct order *order, struct slice sku, struct slice location)
{
    const struct order_goods *goods = &order->goods;
    uint64_t hash = hash_article(sku, location);
    size_t low = 0;
    size_t high = goods->article_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (goods->articles[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < goods->article_count && goods->articles[low].hash == hash; low++) {
        if (is_article(&goods->articles[low], sku, location))
            return &goods->articles[low];
    }
    return NULL;
}

bool order_article_is_outstanding(const struct order_article *article)
{
    return article->open > 0 && !article->is_reserved;
}

void order_article_cancel(struct order *order, const struct order_line *line, int64_t qty)
{
    struct order_article *article = &order->goods.articles[line->article];
    bool before = order_article_is_outstanding(article);
    article->open -= qty;
    if (before && !order_article_is_outstanding(article))
        order->goods.outstanding--;
}

int64_t order_reservation_due(const struct order *order)
{
    int64_t due = 0;
    for (size_t i = 0; i < order->goods.article_count; i++) {
        const struct order_article *article = &order->goods.articles[i];
        bool holds = article->is_reserved && article->open > 0 && article->expires_at != 0;
        if (holds && (due == 0 || article->expires_at < due))
            due = article->expires_at;
    }
    return due;
}

bool order_take_line(
    const struct order *order, int64_t line_no, bool *seen, size_t *at, struct decision *out)
{
    if (!order_find_line(order, line_no, at))
        return !decision_refuse(out, REJECTION_unknown_line, "line_no");
    if (seen[*at])
        return !decision_refuse(out, REJECTION_duplicate_line, "line_no");
    seen[*at] = true;
    return true;
}

bool order_note_is_clean(bool has_note, const struct order_note *note)
{
    return !has_note || !personal_has_card_number(note->text);
}
