// SPDX-License-Identifier: Apache-2.0
// What the files of an order's books share. Each function posts one kind of event.
#ifndef SUPPORT_ORDER_BOOKS_H
#define SUPPORT_ORDER_BOOKS_H

#include "support/books.h"

struct book_line *books_line(struct order_books *books, int64_t line_no);
struct book_entry *books_entry(struct book_entry *entries, size_t count, const struct uuid *id);

/* NULL: it is there already, or the books are full. */
struct book_entry *books_enter(struct book_entry *entries, size_t *count, const struct uuid *id);

/* One side of a booking: the other comes from another field, so that they can differ. */
static inline void books_debit(struct order_books *books, enum book_account account, int64_t amount)
{
    books->accounts[account] += amount;
}
static inline void
books_credit(struct order_books *books, enum book_account account, int64_t amount)
{
    books->accounts[account] -= amount;
}

const char *books_reserved(struct order_books *books, const void *body);
const char *books_confirmed(struct order_books *books, const void *body);
const char *books_lines_cancelled(struct order_books *books, const void *body);
const char *books_over(
    struct order_books *books, enum order_status status, int64_t amount, int64_t cancelled_amount);
const char *books_dispatched(struct order_books *books, const void *body);
const char *books_delivered(struct order_books *books, const void *body);
const char *books_return_requested(struct order_books *books, const void *body);
const char *books_return_received(struct order_books *books, const void *body);

/* order_money_books.c */
const char *books_placed(struct order_books *books, const void *body);
const char *books_promotion_applied(struct order_books *books, const void *body);
const char *books_authorized(struct order_books *books, const void *body);
const char *books_declined(struct order_books *books, const void *body);
const char *books_captured(struct order_books *books, const void *body);
const char *books_voided(struct order_books *books, const void *body);
const char *books_refund_requested(struct order_books *books, const void *body);
const char *books_refund_settled(struct order_books *books, const void *body);
const char *books_refund_failed(struct order_books *books, const void *body);
const char *books_closed(struct order_books *books, const void *body);

#endif
