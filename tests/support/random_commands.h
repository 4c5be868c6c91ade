// SPDX-License-Identifier: Apache-2.0
// Random commands, mostly sensible: what somebody would send who has read the books, now and then what
// nobody should. The same seed gives the same commands.
#ifndef SUPPORT_RANDOM_COMMANDS_H
#define SUPPORT_RANDOM_COMMANDS_H

#include "support/books.h"

struct dice {
    uint64_t seed;
    int64_t now_us;
    struct arena *arena; /* of the commands */
    const struct tenant_settings *tenant;
    const struct currency *currency; /* of the order */
    int64_t next;                    /* number for ids and references that are new */
};

/* 0 to bound - 1 */
int64_t roll(struct dice *dice, int64_t bound);

/* Once in so many times. */
static inline bool once_in(struct dice *dice, int64_t times)
{
    return roll(dice, times) == 0;
}

/* One of a few ids of a kind. */
struct uuid roll_id(struct dice *dice, uint8_t kind, int64_t count);

/* An id of the kind that nobody has used. */
struct uuid new_id(struct dice *dice, uint8_t kind);

void *new_body(struct dice *dice, size_t size);
#define NEW_BODY(dice, type) ((type *)new_body((dice), sizeof(type)))

struct decimal decimal_of(const struct dice *dice, int64_t minor);

struct command random_order_command(struct dice *dice, const struct order_books *books);
struct command random_stock_command(struct dice *dice, const struct stock_books *books);
struct command random_promotion_command(struct dice *dice, const struct promotion_books *books);
struct command random_customer_command(struct dice *dice, const struct customer_books *books);

/* ---- between the files ---- */

const void *random_place_order(struct dice *dice, const struct order_books *books);
const void *random_payment(struct dice *dice, const struct order_books *books);
const void *random_refund(struct dice *dice, const struct order_books *books);

#endif
