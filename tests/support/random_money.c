// SPDX-License-Identifier: Apache-2.0
// PlaceOrder with the total that the customer was shown, what providers say, and what goes back.
#include "support/random_commands.h"
#include "support/person.h"
#include "support/stage.h"

#include <stdio.h>

/* ---- PlaceOrder ---- */

/* By largest remainder, the first of equals first: one unit at a time to who is owed most. */
static void deal(int64_t amount, const int64_t *weights, size_t count, int64_t *shares)
{
    int64_t sum = 0, left = amount;
    bool had[BOOKS_LINES] = {false};
    for (size_t i = 0; i < count; i++)
        sum += weights[i];
    for (size_t i = 0; i < count; i++) {
        shares[i] = (int64_t)((book_wide)amount * weights[i] / sum);
        left -= shares[i];
    }
    for (; left > 0; left--) {
        size_t best = count;
        for (size_t i = 0; i < count; i++) {
            int64_t rest = (int64_t)((book_wide)amount * weights[i] % sum);
            if (!had[i] &&
                (best == count || rest > (int64_t)((book_wide)amount * weights[best] % sum)))
                best = i;
        }
        had[best] = true;
        shares[best]++;
    }
}

static int64_t
taxed(const struct dice *dice, const struct place_order *order, int64_t amount, int64_t ppm)
{
    if (order->prices_include_tax)
        return amount;
    return amount + book_round((book_wide)amount * ppm, MONEY_PPM, dice->tenant->rounding);
}

static int64_t total_of(const struct dice *dice, const struct place_order *order, int64_t discount)
{
    int64_t weights[BOOKS_LINES], shares[BOOKS_LINES], total = 0;
    for (size_t i = 0; i < order->lines_count; i++)
        weights[i] = order->lines[i].qty * order->lines[i].unit_price.coefficient;
    deal(discount, weights, order->lines_count, shares);
    for (size_t i = 0; i < order->lines_count; i++)
        total += taxed(dice, order, weights[i] - shares[i], order->lines[i].tax_ppm);
    if (order->has_shipping)
        total += taxed(dice, order, order->shipping.amount.coefficient, order->shipping.tax_ppm);
    return total;
}

static int64_t fill_lines(struct dice *dice, struct place_order *order)
{
    static const int64_t rates[] = {0, 70000, 88750, 190000, 200000};
    static const char *const skus[] = {"A-1", "B-22", "C-333"};
    int64_t goods = 0, line_no = 0;
    size_t count = (size_t)(1 + roll(dice, once_in(dice, 4) ? BOOKS_LINES : 3));
    struct place_order_line *lines = new_body(dice, count * sizeof(*lines));
    for (size_t i = 0; i < count; i++) {
        line_no += 1 + roll(dice, 3);
        lines[i] = (struct place_order_line){
            .line_no = line_no,
            .sku = slice_of_text(skus[roll(dice, 3)]),
            .location = slice_of_text("north"),
            .has_location = once_in(dice, 3),
            .qty = 1 + roll(dice, 6),
            .unit_price = decimal_of(dice, 1 + roll(dice, 5000)),
            .tax_ppm = rates[roll(dice, 5)]};
        goods += lines[i].qty * lines[i].unit_price.coefficient;
    }
    order->lines = lines;
    order->lines_count = count;
    return goods;
}

const void *random_place_order(struct dice *dice, const struct order_books *books)
{
    static const char *const codes[] = {"EUR", "JPY", "KWD"};
    struct place_order *order = NEW_BODY(dice, struct place_order);
    if (books->status == ORDER_NONE)
        dice->currency = money_find_currency(slice_of_text(codes[roll(dice, 3)]));
    *order = (struct place_order){
        .customer_id = roll_id(dice, 'c', 5),
        .channel = roll(dice, 4),
        .currency = slice_of(dice->currency->code, 3),
        .prices_include_tax = once_in(dice, 2),
        .ship_country = slice_of_text("DE"),
        .has_shipping = once_in(dice, 2),
        .shipping =
            {.method = SLICE_LITERAL("post"),
             .amount = decimal_of(dice, roll(dice, 900)),
             .tax_ppm = 190000},
        .placed_at = dice->now_us};
    int64_t goods = fill_lines(dice, order);
    int64_t discount = once_in(dice, 3) ? roll(dice, goods + 1) : 0;
    order->promo = (struct place_order_promo){
        .code = SLICE_LITERAL("SPRING26"), .claimed_discount = decimal_of(dice, discount)};
    order->has_promo = discount > 0;
    order->declared_total = decimal_of(dice, total_of(dice, order, discount) + once_in(dice, 12));
    if (once_in(dice, 2))
        ada_orders(order);
    return order;
}

/* ---- payments ---- */

static const struct book_payment *some_payment(struct dice *dice, const struct order_books *books)
{
    return books->payment_count == 0 ? NULL
                                     : &books->payments[roll(dice, (int64_t)books->payment_count)];
}

static int64_t some_of(struct dice *dice, int64_t most)
{
    if (most <= 0 || once_in(dice, 12))
        return 1 + roll(dice, 6000);
    return once_in(dice, 3) ? 1 + roll(dice, most) : most;
}

static int64_t payment_open(const struct book_payment *payment)
{
    return payment->authorised > 0 ? payment->authorised - payment->voided - payment->captured : 0;
}

static void
fill_capture(struct dice *dice, const struct order_books *books, struct record_payment_result *body)
{
    const struct book_payment *payment = some_payment(dice, books);
    int64_t missing = order_books_balance(books);
    int64_t open = payment == NULL ? 0 : payment_open(payment);
    if (open > 0)
        body->payment_id = payment->id;
    body->amount = decimal_of(dice, some_of(dice, open > 0 && open < missing ? open : missing));
}

static void
fill_refund(struct dice *dice, const struct order_books *books, struct record_payment_result *body)
{
    const struct book_payment *payment = some_payment(dice, books);
    int64_t most = 0;
    body->has_refund_id = !once_in(dice, 30);
    body->refund_id = roll_id(dice, 'f', 3);
    if (books->refund_count > 0) {
        const struct book_entry *refund = &books->refunds[roll(dice, (int64_t)books->refund_count)];
        body->refund_id = refund->id;
        most = refund->amount - refund->settled - refund->failed;
        if (most == 0) /* that it went after all */
            most = refund->failed;
    }
    if (payment != NULL) {
        int64_t kept = payment->captured - payment->refunded;
        body->payment_id = payment->id;
        most = kept < most ? kept : most;
    }
    body->amount = decimal_of(dice, some_of(dice, most));
}

static int64_t choose_operation(struct dice *dice, const struct order_books *books)
{
    bool over = books->status == ORDER_CANCELLED || books->status == ORDER_EXPIRED;
    if (once_in(dice, 8))
        return roll(dice, 4);
    if (books->sums.refund_pending > 0 && once_in(dice, 2))
        return PAYMENT_REFUND;
    if (books->status == ORDER_PLACED && order_books_funds(books) < order_books_due(books))
        return once_in(dice, 5) ? PAYMENT_CAPTURE : PAYMENT_AUTHORIZE;
    if (over)
        return once_in(dice, 3) ? PAYMENT_CAPTURE : PAYMENT_VOID;
    return PAYMENT_CAPTURE;
}

const void *random_payment(struct dice *dice, const struct order_books *books)
{
    struct record_payment_result *body = NEW_BODY(dice, struct record_payment_result);
    static char refs[1000][12];
    int64_t ref = once_in(dice, 25) ? roll(dice, 20) : dice->next++ % 1000;
    (void)snprintf(refs[ref], sizeof(refs[ref]), "ref-%03d", (int)ref);
    *body = (struct record_payment_result){
        .payment_id = roll_id(dice, 'm', 4),
        .op = choose_operation(dice, books),
        .outcome = once_in(dice, 8) ? 1 + roll(dice, 2) : PAYMENT_OK,
        .currency = slice_of_text(once_in(dice, 30) ? "GBP" : dice->currency->code),
        .has_currency = once_in(dice, 2),
        .provider = slice_of_text(once_in(dice, 40) ? "other" : "psp"),
        .provider_ref = slice_of_text(refs[ref]),
        .decline_code = slice_of_text("do_not_honor"),
        .has_decline_code = !once_in(dice, 10),
        .expires_at = dice->now_us + roll(dice, 10) * 86400000000,
        .has_expires_at = once_in(dice, 2),
        .instrument = {.last4 = SLICE_LITERAL("4242"), .has_last4 = true},
        .has_instrument = once_in(dice, 2)};
    const struct book_payment *payment = some_payment(dice, books);
    if (body->op == PAYMENT_AUTHORIZE) {
        int64_t missing = order_books_due(books) - order_books_funds(books);
        body->amount = decimal_of(dice, some_of(dice, missing));
    } else if (body->op == PAYMENT_CAPTURE) {
        fill_capture(dice, books, body);
    } else if (body->op == PAYMENT_REFUND) {
        fill_refund(dice, books, body);
    } else {
        if (payment != NULL)
            body->payment_id = payment->id;
        body->amount = decimal_of(dice, some_of(dice, payment == NULL ? 0 : payment_open(payment)));
    }
    return body;
}

/* ---- refunds ---- */

static int64_t to_refund(const struct book_line *line)
{
    return line->cancelled + line->accepted - line->refunded.cancelled - line->refunded.returned;
}

const void *random_refund(struct dice *dice, const struct order_books *books)
{
    struct request_refund *body = NEW_BODY(dice, struct request_refund);
    struct order_units *lines = new_body(dice, BOOKS_LINES * sizeof(*lines));
    int64_t excess = -order_books_balance(books) - books->sums.refund_pending;
    *body = (struct request_refund){
        .refund_id = once_in(dice, 12) ? roll_id(dice, 'f', 3) : new_id(dice, 'f'),
        .reason = roll(dice, 6),
        .lines = lines};
    if (excess > 0 && once_in(dice, 2)) {
        body->reason = REFUND_OVERPAID;
        body->goodwill = decimal_of(dice, excess + once_in(dice, 20));
        body->has_goodwill = true;
        return body;
    }
    for (size_t i = 0; i < books->line_count; i++) {
        int64_t most = to_refund(&books->lines[i]) + once_in(dice, 40);
        if (most > 0 && !once_in(dice, 4))
            lines[body->lines_count++] = (struct order_units){
                .line_no = books->lines[i].line_no, .qty = 1 + roll(dice, most)};
    }
    body->has_lines = body->lines_count > 0;
    body->has_shipping = once_in(dice, 4);
    body->shipping = decimal_of(dice, roll(dice, books->shipping + 1) + once_in(dice, 20));
    body->has_goodwill = once_in(dice, 6);
    body->goodwill = decimal_of(dice, roll(dice, 300));
    return body;
}
