// SPDX-License-Identifier: Apache-2.0
// Books of stock items (I10), of promotions (I11) and of customers (what follows an erasure).
#include "support/books.h"

struct book_key *book_find_key(struct book_key *keys, size_t count, const struct uuid *key)
{
    for (size_t i = 0; i < count; i++) {
        if (uuid_equal(&keys[i].key, key))
            return &keys[i];
    }
    return NULL;
}

/* ---- stock ---- */

int64_t stock_books_reserved(const struct stock_books *books)
{
    int64_t sum = 0;
    for (size_t i = 0; i < books->open_count; i++)
        sum += books->open[i].qty;
    return sum;
}

static const char *stock_holds(const struct stock_books *books, int64_t on_hand, int64_t reserved)
{
    int64_t sum = stock_books_reserved(books);
    if (sum > books->on_hand || books->on_hand < 0)
        return "I10: more is reserved than on hand";
    if (on_hand != books->on_hand)
        return "I10: on hand is not what it adds up to";
    return reserved == sum ? NULL : "I10: reserved is not the sum of the open reservations";
}

static const char *reserve(struct stock_books *books, const struct stock_reserved *event)
{
    if (book_find_key(books->open, books->open_count, &event->order_id) != NULL)
        return "I10: an order reserves twice";
    if (event->qty <= 0 || books->open_count == BOOKS_KEYS)
        return "I10: nothing is reserved";
    books->open[books->open_count++] = (struct book_key){.key = event->order_id, .qty = event->qty};
    return stock_holds(books, event->on_hand, event->reserved);
}

static const char *take(struct stock_books *books, const struct uuid *order, int64_t qty)
{
    struct book_key *open = book_find_key(books->open, books->open_count, order);
    struct uuid closed = *order;
    if (open == NULL || qty <= 0 || qty > open->qty)
        return "I10: more is taken of a reservation than is in it";
    open->qty -= qty;
    if (open->qty != 0)
        return NULL;
    *open = books->open[--books->open_count];
    for (size_t i = books->gone_count; i-- > 0;) {
        if (uuid_equal(&books->gone[i].of, &closed))
            books->gone[i] = books->gone[--books->gone_count];
    }
    return NULL;
}

static const char *release(struct stock_books *books, const struct reservation_released *event)
{
    const char *fault = take(books, &event->order_id, event->qty);
    return fault != NULL ? fault : stock_holds(books, event->on_hand, event->reserved);
}

static const char *commit(struct stock_books *books, const struct reservation_committed *event)
{
    for (size_t i = 0; i < books->gone_count; i++) {
        if (uuid_equal(&books->gone[i].key, &event->shipment_id) &&
            uuid_equal(&books->gone[i].of, &event->order_id))
            return "I10: a shipment takes its units twice";
    }
    if (books->gone_count < BOOKS_KEYS)
        books->gone[books->gone_count++] =
            (struct book_key){.key = event->shipment_id, .of = event->order_id};
    const char *fault = take(books, &event->order_id, event->qty);
    books->on_hand -= event->qty;
    return fault != NULL ? fault : stock_holds(books, event->on_hand, event->reserved);
}

static const char *move(struct stock_books *books, int64_t delta, int64_t on_hand, int64_t reserved)
{
    books->on_hand += delta;
    return stock_holds(books, on_hand, reserved);
}

const char *stock_books_post(struct stock_books *books, const struct event *event)
{
    const void *body = event->body;
    if (!books->known && event->type != EVENT_STOCK_RECEIVED)
        return "state: something moves that was never received";
    books->known = true;
    if (event->type == EVENT_STOCK_RECEIVED) {
        const struct stock_received *received = body;
        return move(books, received->qty, received->on_hand, received->reserved);
    }
    if (event->type == EVENT_STOCK_ADJUSTED) {
        const struct stock_adjusted *adjusted = body;
        return move(books, adjusted->delta, adjusted->on_hand, adjusted->reserved);
    }
    if (event->type == EVENT_STOCK_RESERVED)
        return reserve(books, body);
    if (event->type == EVENT_RESERVATION_RELEASED)
        return release(books, body);
    return event->type == EVENT_RESERVATION_COMMITTED ? commit(books, body)
                                                      : "state: not of a stock item";
}

/* ---- promotions ---- */

static const char *promotion_holds(const struct promotion_books *books, int64_t uses)
{
    const struct promotion_defined *terms = &books->terms;
    if (uses != (int64_t)books->open_count)
        return "I11: uses are not the open redemptions";
    if (terms->has_max_uses && uses > terms->max_uses)
        return "I11: used more often than it may be";
    for (size_t i = 0; i < books->open_count; i++) {
        int64_t own = 0;
        for (size_t j = 0; j < books->open_count; j++)
            own += uuid_equal(&books->open[i].of, &books->open[j].of);
        if (own > terms->per_customer)
            return "I11: a customer has used it more often than they may";
    }
    return NULL;
}

static int64_t discount_of(const struct promotion_books *books, int64_t subtotal)
{
    if (books->terms.has_amount)
        return books->terms.amount < subtotal ? books->terms.amount : subtotal;
    return book_round((book_wide)subtotal * books->terms.bps, 10000, ROUNDING_HALF_EVEN);
}

static const char *redeem(struct promotion_books *books, const struct promotion_redeemed *event)
{
    const struct promotion_defined *terms = &books->terms;
    if (books->status != PROMOTION_ACTIVE)
        return "state: an inactive promotion is redeemed";
    if (book_find_key(books->open, books->open_count, &event->order_id) != NULL)
        return "I11: an order redeems twice";
    if (event->at < terms->valid_from || event->at >= terms->valid_until)
        return "state: redeemed out of its time";
    if (event->subtotal < terms->min_purchase)
        return "state: redeemed below its minimum";
    if (event->discount != discount_of(books, event->subtotal))
        return "I3: the discount is not the promotion's";
    if (books->open_count == BOOKS_KEYS)
        return "state: the books are full";
    books->open[books->open_count++] =
        (struct book_key){.key = event->order_id, .of = event->customer_id, .qty = 1};
    return promotion_holds(books, event->uses_after);
}

static const char *give_back(struct promotion_books *books, const struct redemption_released *event)
{
    struct book_key *open = book_find_key(books->open, books->open_count, &event->order_id);
    if (open == NULL || !uuid_equal(&open->of, &event->customer_id))
        return "I11: released, but never redeemed";
    *open = books->open[--books->open_count];
    return promotion_holds(books, event->uses_after);
}

const char *promotion_books_post(struct promotion_books *books, const struct event *event)
{
    const void *body = event->body;
    if ((books->status == PROMOTION_NONE) != (event->type == EVENT_PROMOTION_DEFINED))
        return "state: a promotion is defined once, and first";
    if (event->type == EVENT_PROMOTION_DEFINED) {
        books->terms = *(const struct promotion_defined *)body;
        books->status = PROMOTION_ACTIVE;
        return NULL;
    }
    if (event->type == EVENT_PROMOTION_REDEEMED)
        return redeem(books, body);
    if (event->type == EVENT_REDEMPTION_RELEASED)
        return give_back(books, body);
    if (event->type != EVENT_PROMOTION_DEACTIVATED || books->status != PROMOTION_ACTIVE)
        return "state: a promotion ends once";
    books->status = PROMOTION_INACTIVE;
    return promotion_holds(books, ((const struct promotion_deactivated *)body)->uses_after);
}

/* ---- customers ---- */

static const char *erase(struct customer_books *books, const struct customer_erased *event)
{
    unsigned classes = 0;
    for (size_t i = 0; i < event->classes_count; i++) {
        unsigned bit = 1u << event->classes[i].class_name;
        if (((books->destroyed | classes) & bit) != 0)
            return "state: keys are destroyed twice";
        classes |= bit;
    }
    if (classes == 0)
        return "state: an erasure of nothing";
    books->destroyed |= classes;
    books->status = CUSTOMER_ERASED;
    return NULL;
}

const char *customer_books_post(struct customer_books *books, const struct event *event)
{
    if ((books->status == CUSTOMER_NONE) != (event->type == EVENT_CUSTOMER_REGISTERED))
        return "state: a customer is registered once, and first";
    if (event->type == EVENT_CUSTOMER_REGISTERED) {
        books->status = CUSTOMER_ACTIVE;
        return NULL;
    }
    if (event->type == EVENT_CUSTOMER_ERASED)
        return books->status == CUSTOMER_ACTIVE ? "state: erased, but nobody asked for it"
                                                : erase(books, event->body);
    if (books->status != CUSTOMER_ACTIVE)
        return "I13: personal data of somebody who is being erased";
    if (event->type == EVENT_ERASURE_REQUESTED)
        books->status = CUSTOMER_ERASURE_REQUESTED;
    return NULL;
}
