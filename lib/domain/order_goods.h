// SPDX-License-Identifier: Apache-2.0
// The goods side of an order: what is reserved, shipped, delivered and returned of its lines. Stock is
// claimed per article, which is a SKU at a location: an order may have several lines of one, and two
// lines that are looked at one by one would both find the last unit.
#ifndef DOMAIN_ORDER_GOODS_H
#define DOMAIN_ORDER_GOODS_H

#include "base/arena.h"
#include "domain/order_messages.h"

/* What was said when stock was refused, the last time. */
struct article_refusal {
    int64_t requested;
    int64_t available; /* -1: not said */
    struct slice reason;
};

/* All lines of one SKU at one location. */
struct order_article {
    struct slice sku;
    struct slice location;
    uint64_t hash; /* of both: articles ascend by it */
    size_t first;  /* its lines are members[first] to members[first + line_count - 1] */
    size_t line_count;
    int64_t ordered;  /* units */
    int64_t open;     /* of them, not cancelled */
    bool is_reserved; /* a reservation was recorded: all that was open then */
    bool is_refused;  /* stock was refused, and not reserved since: as is the next */
    struct article_refusal refusal;
    int64_t expires_at; /* of the reservation, microseconds since 1970; 0: unknown */
    int64_t to_release; /* units reserved that no line was open for any more */
};

/* Whether the promotion that the customer claims is theirs. */
enum order_promotion {
    ORDER_PROMOTION_NONE, /* claimed */
    ORDER_PROMOTION_AWAITED,
    ORDER_PROMOTION_APPLIED,
    ORDER_PROMOTION_REFUSED,
};

struct order_shipment {
    struct uuid id;
    struct slice carrier;
    int64_t shipped_at;
    const struct order_units_priced *lines;
    size_t line_count;
    bool is_delivered;
};

struct order_return {
    struct uuid id;
    const struct return_line *lines;
    size_t line_count;
    bool is_received;
    const struct received_line *received;
    size_t received_count;
};

struct order_goods {
    struct order_article *articles;
    size_t article_count;
    uint16_t *members;  /* indices of lines, article by article */
    size_t outstanding; /* articles with open units and no reservation */
    enum order_promotion promotion;
    bool redemption_to_release;       /* applied after the order had come to its end */
    struct order_shipment *shipments; /* in the order they left */
    size_t shipment_count;
    size_t shipment_capacity;
    struct order_return *returns; /* in the order they were announced */
    size_t return_count;
    size_t return_capacity;
    int64_t delivered_at; /* the newest delivery, microseconds since 1970; 0: none yet */
};

struct order;

/* Where the units of a line are. */
struct slice order_line_location(const struct order_placed_line *line);

/* Room for one more of `count` elements of `size` bytes; the elements may move. NULL: the arena is
 * exhausted. */
MUST_USE void *
order_grow(void *elements, size_t count, size_t *capacity, size_t size, struct arena *arena);

/* Sorts the lines of an order just placed into articles. False: the arena is exhausted. */
MUST_USE bool order_find_articles(struct order *order, struct arena *arena);

/* NULL: no line of the order is of it. O(log n). */
struct order_article *
order_find_article(const struct order *order, struct slice sku, struct slice location);

/* Whether it has open units that are not reserved. */
bool order_article_is_outstanding(const struct order_article *article);

struct order_line;

/* Units of a line of it are cancelled. */
void order_article_cancel(struct order *order, const struct order_line *line, int64_t qty);

#endif
