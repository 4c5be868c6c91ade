// SPDX-License-Identifier: Apache-2.0
// Commands of stock items, promotions and customers.
#include "support/random_commands.h"
#include "support/person.h"
#include "support/stage.h"

#define RANDOM_DAY (INT64_C(86400) * 1000000)

/* One of the keys in the books, mostly. */
static struct uuid
some_key(struct dice *dice, const struct book_key *keys, size_t count, uint8_t kind)
{
    if (count == 0 || once_in(dice, 8))
        return roll_id(dice, kind, 40);
    return keys[roll(dice, (int64_t)count)].key;
}

/* ---- stock ---- */

struct command random_stock_command(struct dice *dice, const struct stock_books *books)
{
    struct slice sku = slice_of_text(once_in(dice, 60) ? "Z-9" : "A-1");
    struct uuid order = some_key(dice, books->open, books->open_count, 'o');
    const struct book_key *open = NULL;
    for (size_t i = 0; i < books->open_count; i++) {
        if (uuid_equal(&books->open[i].key, &order))
            open = &books->open[i];
    }
    int64_t qty = open == NULL ? 1 + roll(dice, 5) : 1 + roll(dice, open->qty + once_in(dice, 6));
    int64_t choice = books->known ? roll(dice, 100) : roll(dice, 12);
    if (choice < 8) {
        struct receive_stock *body = NEW_BODY(dice, struct receive_stock);
        *body =
            (struct receive_stock){.sku = sku, .qty = 1 + roll(dice, 30), .cause = roll(dice, 2)};
        body->ref = slice_of_text(once_in(dice, 10) ? "a@b" : "PO-1");
        body->has_ref = once_in(dice, 2);
        return (struct command){COMMAND_RECEIVE_STOCK, body};
    }
    if (choice < 16) {
        struct adjust_stock *body = NEW_BODY(dice, struct adjust_stock);
        *body =
            (struct adjust_stock){.sku = sku, .delta = roll(dice, 15) - 8, .reason = roll(dice, 4)};
        return (struct command){COMMAND_ADJUST_STOCK, body};
    }
    if (choice < 60) {
        struct reserve_stock *body = NEW_BODY(dice, struct reserve_stock);
        *body = (struct reserve_stock){
            .sku = sku,
            .order_id = once_in(dice, 6) ? order : roll_id(dice, 'o', 40),
            .qty = 1 + roll(dice, 8),
            .ttl = 60,
            .has_ttl = once_in(dice, 2)};
        return (struct command){COMMAND_RESERVE_STOCK, body};
    }
    if (choice < 80) {
        struct release_reservation *body = NEW_BODY(dice, struct release_reservation);
        *body = (struct release_reservation){
            .sku = sku, .order_id = order, .qty = qty, .cause = roll(dice, 3)};
        return (struct command){COMMAND_RELEASE_RESERVATION, body};
    }
    struct commit_reservation *body = NEW_BODY(dice, struct commit_reservation);
    *body = (struct commit_reservation){
        .sku = sku,
        .order_id = order,
        .shipment_id = once_in(dice, 3) ? roll_id(dice, 's', 4) : new_id(dice, 's'),
        .qty = qty};
    return (struct command){COMMAND_COMMIT_RESERVATION, body};
}

/* ---- promotions ---- */

static const void *definition(struct dice *dice)
{
    struct define_promotion *body = NEW_BODY(dice, struct define_promotion);
    bool is_fixed = once_in(dice, 2);
    *body = (struct define_promotion){
        .code = slice_of_text("Spring26"),
        .kind = is_fixed,
        .has_bps = is_fixed == once_in(dice, 12),
        .bps = 1 + roll(dice, 10000),
        .has_amount = is_fixed,
        .amount = {roll(dice, 3000), 2},
        .currency = slice_of_text(once_in(dice, 12) ? "XXX" : "EUR"),
        .has_currency = !once_in(dice, 10),
        .min_purchase = {roll(dice, 4000), 2},
        .has_min_purchase = once_in(dice, 2),
        .max_uses = 1 + roll(dice, 12),
        .has_max_uses = !once_in(dice, 3),
        .per_customer = 1 + roll(dice, 4),
        .valid_from = dice->now_us,
        .valid_until = dice->now_us + (roll(dice, 20) - 1) * RANDOM_DAY};
    return body;
}

static const void *redemption(struct dice *dice, const struct promotion_books *books)
{
    struct redeem_promotion *body = NEW_BODY(dice, struct redeem_promotion);
    const struct promotion_defined *terms = &books->terms;
    int64_t subtotal = 1 + roll(dice, 12000);
    int64_t discount = terms->has_amount ? terms->amount : 0;
    if (!terms->has_amount)
        discount = book_round((book_wide)subtotal * terms->bps, 10000, ROUNDING_HALF_EVEN);
    discount = discount < subtotal ? discount : subtotal;
    *body = (struct redeem_promotion){
        .code = slice_of_text("SPRING26"),
        .order_id = once_in(dice, 8) ? some_key(dice, books->open, books->open_count, 'o')
                                     : roll_id(dice, 'o', 40),
        .customer_id = roll_id(dice, 'c', 5),
        .currency = slice_of_text(once_in(dice, 20) ? "GBP" : "EUR"),
        .subtotal = {subtotal, 2},
        .claimed_discount = {discount + once_in(dice, 15), 2},
        .at = dice->now_us};
    return body;
}

struct command random_promotion_command(struct dice *dice, const struct promotion_books *books)
{
    int64_t choice = books->status == PROMOTION_NONE ? roll(dice, 40) : 20 + roll(dice, 100);
    if (choice < 22)
        return (struct command){COMMAND_DEFINE_PROMOTION, definition(dice)};
    if (choice < 90)
        return (struct command){COMMAND_REDEEM_PROMOTION, redemption(dice, books)};
    if (choice < 118) {
        struct release_redemption *body = NEW_BODY(dice, struct release_redemption);
        body->code = slice_of_text("spring26");
        body->order_id = some_key(dice, books->open, books->open_count, 'o');
        return (struct command){COMMAND_RELEASE_REDEMPTION, body};
    }
    struct deactivate_promotion *body = NEW_BODY(dice, struct deactivate_promotion);
    body->code = slice_of_text("SPRING26");
    body->reason = roll(dice, 4);
    return (struct command){COMMAND_DEACTIVATE_PROMOTION, body};
}

/* ---- customers ---- */

static const void *confirmation(struct dice *dice)
{
    static const uint8_t fingerprint[16] = {1};
    struct confirm_erasure *body = NEW_BODY(dice, struct confirm_erasure);
    struct destroyed_class *classes = new_body(dice, 4 * sizeof(*classes));
    body->key_fingerprint = slice_of(fingerprint, sizeof(fingerprint));
    body->destroyed_at = dice->now_us;
    body->classes = classes;
    for (int64_t i = 0; i < 4; i++) {
        if (once_in(dice, 2))
            classes[body->classes_count++].class_name = once_in(dice, 12) ? 0 : i;
    }
    return body;
}

struct command random_customer_command(struct dice *dice, const struct customer_books *books)
{
    int64_t choice = books->status == CUSTOMER_NONE ? roll(dice, 30) : 12 + roll(dice, 88);
    if (choice < 20) {
        struct register_customer *body = NEW_BODY(dice, struct register_customer);
        body->region = slice_of_text(once_in(dice, 10) ? "a b" : "eu");
        body->contact = ada_customer();
        return (struct command){COMMAND_REGISTER_CUSTOMER, body};
    }
    if (choice < 70) {
        struct change_contact *body = NEW_BODY(dice, struct change_contact);
        body->contact = ada_customer();
        if (once_in(dice, 10))
            body->contact.email = slice_of_text("nobody");
        return (struct command){COMMAND_CHANGE_CONTACT, body};
    }
    if (choice < 78) {
        struct request_erasure *body = NEW_BODY(dice, struct request_erasure);
        body->request_ref = slice_of_text(once_in(dice, 3) ? "R-2" : "R-1");
        body->requested_by = slice_of_text("desk");
        return (struct command){COMMAND_REQUEST_ERASURE, body};
    }
    return (struct command){COMMAND_CONFIRM_ERASURE, confirmation(dice)};
}
