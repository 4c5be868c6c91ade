// SPDX-License-Identifier: Apache-2.0
// The books that tests keep of aggregates: from events alone, with arithmetic of their own, sharing no
// code with the domain but the structs of the messages. Posting an event says which invariant of the
// domain it breaks, if any: "I10: …".
#ifndef SUPPORT_BOOKS_H
#define SUPPORT_BOOKS_H

#include "domain/customer.h"
#include "domain/order_sums.h"
#include "domain/promotion.h"
#include "domain/stock_item.h"

enum {
    BOOKS_LINES = 12,
    BOOKS_ENTRIES = 96, /* shipments, returns, refunds, results of providers: each */
    BOOKS_KEYS = 64,    /* open reservations, redemptions */
};

/* ---- an order ---- */

/* Of a line, refunded: units that were cancelled, and units that came back. */
struct book_part {
    int64_t cancelled;
    int64_t cancelled_amount;
    int64_t returned;
    int64_t returned_amount;
};

struct book_line {
    int64_t line_no;
    int64_t qty;
    struct slice sku;
    struct slice location;
    int64_t total;
    int64_t discount;
    int64_t cancelled;
    int64_t cancelled_amount;
    int64_t reserved; /* units, ever */
    int64_t shipped;
    int64_t shipped_amount;
    int64_t delivered;
    int64_t return_requested;
    int64_t returned;
    int64_t accepted;
    struct book_part refunded;
};

/* Units of lines, by index: of a shipment, a return, a refund. */
struct book_entry {
    struct uuid id;
    int64_t units[BOOKS_LINES];
    struct book_part parts[BOOKS_LINES]; /* of a refund */
    bool done;                           /* delivered, received */
    int64_t amount;
    int64_t settled;
    int64_t failed;
    int64_t shipping;
    int64_t credit;
};

struct book_payment {
    struct uuid id;
    int64_t authorised;
    int64_t voided;
    int64_t captured;
    int64_t refunded;
    int64_t holds_until; /* what is authorised, as the newest authorisation says */
};

struct book_result {
    int64_t op;
    struct slice ref;
    struct uuid failed; /* the refund; zeros: it is none that failed */
};

/* Debit is positive. Whatever happens, they add up to 0. */
enum book_account {
    ACCOUNT_CUSTOMER, /* owes us */
    ACCOUNT_CASH,
    ACCOUNT_SALES,
    ACCOUNT_SHIPPING,
    ACCOUNT_GOODWILL,
    ACCOUNT_REFUNDS, /* what we have promised to give back */
    ACCOUNT_COUNT
};

struct order_books {
    enum order_status status;
    bool held;
    enum rounding rounding;
    struct slice currency;
    struct slice promo_code; /* empty: none */
    bool is_promotion_applied;
    size_t line_count;
    struct book_line lines[BOOKS_LINES];
    int64_t shipping;
    int64_t shipping_refunded;
    int64_t credit;
    struct order_sums sums;
    int64_t accounts[ACCOUNT_COUNT];
    struct book_entry shipments[BOOKS_ENTRIES];
    size_t shipment_count;
    struct book_entry returns[BOOKS_ENTRIES];
    size_t return_count;
    struct book_entry refunds[BOOKS_ENTRIES];
    size_t refund_count;
    struct book_payment payments[ORDER_MAX_PAYMENTS];
    size_t payment_count;
    struct book_result results[BOOKS_ENTRIES];
    size_t result_count;
};

/* NULL: every invariant holds after the event. */
const char *order_books_post(struct order_books *books, const struct event *event);

int64_t order_books_due(const struct order_books *books);
int64_t order_books_funds(const struct order_books *books);
/* Without what had lapsed by then. */
int64_t order_books_funds_at(const struct order_books *books, int64_t now_us);
/* captured - refunded - pending */
int64_t order_books_refundable(const struct order_books *books);
/* due - credit - (captured - refunded) */
int64_t order_books_balance(const struct order_books *books);

/* Units of a line that are neither cancelled nor shipped. */
static inline int64_t book_line_open(const struct book_line *line)
{
    return line->qty - line->cancelled - line->shipped;
}

/* Rounds numerator / denominator, both at least 0, another way than the domain does. */
__extension__ typedef __int128 book_wide;
int64_t book_round(book_wide numerator, book_wide denominator, enum rounding rounding);

/* ---- the others ---- */

struct book_key {
    struct uuid key;
    struct uuid of; /* the customer */
    int64_t qty;
};

struct stock_books {
    bool known;
    int64_t on_hand;
    struct book_key open[BOOKS_KEYS];
    size_t open_count;
    struct book_key gone[BOOKS_KEYS]; /* the newest shipments of open reservations: key, of order */
    size_t gone_count;
};

const char *stock_books_post(struct stock_books *books, const struct event *event);
int64_t stock_books_reserved(const struct stock_books *books);

struct promotion_books {
    enum promotion_status status;
    struct promotion_defined terms;
    struct book_key open[BOOKS_KEYS];
    size_t open_count;
};

const char *promotion_books_post(struct promotion_books *books, const struct event *event);

struct customer_books {
    enum customer_status status;
    unsigned destroyed; /* a bit per class */
};

const char *customer_books_post(struct customer_books *books, const struct event *event);

/* NULL: there is none. */
struct book_key *book_find_key(struct book_key *keys, size_t count, const struct uuid *key);

#endif
