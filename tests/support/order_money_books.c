// SPDX-License-Identifier: Apache-2.0
// The books of an order: its money (I3 to I7).
#include "support/order_books.h"

int64_t book_round(book_wide numerator, book_wide denominator, enum rounding rounding)
{
    book_wide result = (2 * numerator + denominator) / (2 * denominator); /* half up */
    bool exact_half = (2 * numerator + denominator) % (2 * denominator) == 0;
    if (rounding == ROUNDING_HALF_EVEN && exact_half && result % 2 != 0)
        result--;
    return (int64_t)result;
}

int64_t order_books_due(const struct order_books *books)
{
    return books->sums.total - books->sums.cancelled_amount;
}

int64_t order_books_funds(const struct order_books *books)
{
    int64_t funds = 0;
    for (size_t i = 0; i < books->payment_count; i++) {
        const struct book_payment *payment = &books->payments[i];
        int64_t promised = payment->authorised - payment->voided;
        funds += promised > payment->captured ? promised : payment->captured;
    }
    return funds;
}

int64_t order_books_funds_at(const struct order_books *books, int64_t now_us)
{
    int64_t funds = order_books_funds(books);
    for (size_t i = 0; i < books->payment_count; i++) {
        const struct book_payment *payment = &books->payments[i];
        int64_t open = payment->authorised - payment->voided - payment->captured;
        if (open > 0 && payment->holds_until <= now_us)
            funds -= open;
    }
    return funds;
}

int64_t order_books_refundable(const struct order_books *books)
{
    return books->sums.captured - books->sums.refunded - books->sums.refund_pending;
}

int64_t order_books_balance(const struct order_books *books)
{
    bool over = books->status == ORDER_CANCELLED || books->status == ORDER_EXPIRED;
    return order_books_due(books) - (over ? 0 : books->credit) -
           (books->sums.captured - books->sums.refunded);
}

/* ---- placed ---- */

static const char *add_line(struct order_books *books, const struct order_placed_line *line)
{
    if (line->line_net + line->line_tax != line->line_total)
        return "I3: net and tax of a line are not its total";
    if (books->line_count == BOOKS_LINES || books_line(books, line->line_no) != NULL)
        return "I3: a line is there twice";
    books->lines[books->line_count++] = (struct book_line){
        .line_no = line->line_no,
        .qty = line->qty,
        .sku = line->sku,
        .location = line->has_location ? line->location : slice_of_text(STOCK_DEFAULT_LOCATION),
        .total = line->line_total,
        .discount = line->discount};
    books->sums.units += line->qty;
    books_credit(books, ACCOUNT_SALES, line->line_total);
    return NULL;
}

const char *books_placed(struct order_books *books, const void *body)
{
    const struct order_placed *event = body;
    int64_t discount = 0, net = 0, tax = event->shipping_tax;
    for (size_t i = 0; i < event->lines_count; i++) {
        const char *fault = add_line(books, &event->lines[i]);
        if (fault != NULL)
            return fault;
        discount += event->lines[i].discount;
        net += event->lines[i].line_net;
        tax += event->lines[i].line_tax;
    }
    if (discount != event->discount)
        return "I3: the lines' discounts are not the order's";
    if (net != event->subtotal || tax != event->tax || event->total != net + tax + event->shipping)
        return "I3: the total is not the sum of the order";
    books->status = ORDER_PLACED;
    books->rounding = (enum rounding)event->rounding;
    books->currency = event->currency;
    books->promo_code = event->has_promo_code ? event->promo_code : slice_of(NULL, 0);
    books->shipping = event->shipping + event->shipping_tax;
    books->sums.total = event->total;
    books_credit(books, ACCOUNT_SHIPPING, books->shipping);
    books_debit(books, ACCOUNT_CUSTOMER, event->total);
    return NULL;
}

const char *books_promotion_applied(struct order_books *books, const void *body)
{
    const struct promotion_applied *event = body;
    int64_t shared = 0;
    for (size_t i = 0; i < event->allocation_count; i++) {
        const struct book_line *line = books_line(books, event->allocation[i].line_no);
        if (line == NULL || line->discount != event->allocation[i].amount)
            return "I3: a line has another share of the discount";
        shared += event->allocation[i].amount;
    }
    books->is_promotion_applied = true;
    return shared == event->discount ? NULL : "I3: the shares are not the discount";
}

/* ---- payments ---- */

static struct book_payment *payment_of(struct order_books *books, const struct uuid *id)
{
    for (size_t i = 0; i < books->payment_count; i++) {
        if (uuid_equal(&books->payments[i].id, id))
            return &books->payments[i];
    }
    if (books->payment_count == ORDER_MAX_PAYMENTS)
        return NULL;
    books->payments[books->payment_count] = (struct book_payment){.id = *id};
    return &books->payments[books->payment_count++];
}

/* A provider says each thing once, and that a refund failed once under each reference. */
static const char *
note_each(struct order_books *books, int64_t op, struct slice ref, const struct uuid *failed)
{
    for (size_t i = 0; i < books->result_count; i++) {
        if (books->results[i].op == op && slice_equal(books->results[i].ref, ref) &&
            uuid_equal(&books->results[i].failed, failed))
            return "state: a provider's reference is recorded twice";
    }
    if (books->result_count == BOOKS_ENTRIES)
        return "state: the books are full";
    books->results[books->result_count++] = (struct book_result){op, ref, *failed};
    return NULL;
}

static const char *note_result(struct order_books *books, int64_t op, struct slice ref)
{
    static const struct uuid none;
    return note_each(books, op, ref, &none);
}

/* I5, of one payment */
static const char *payment_holds(const struct book_payment *payment)
{
    if (payment->voided > payment->authorised)
        return "I5: more is voided than authorised";
    return payment->refunded > payment->captured ? "I6: more is refunded than captured" : NULL;
}

const char *books_authorized(struct order_books *books, const void *body)
{
    const struct payment_authorized *event = body;
    struct book_payment *payment = payment_of(books, &event->payment_id);
    if (payment == NULL || event->amount <= 0)
        return "state: one payment too many, or of nothing";
    if (!slice_equal(event->currency, books->currency))
        return "I7: another currency";
    payment->authorised += event->amount;
    payment->holds_until = event->has_expires_at ? event->expires_at : INT64_MAX;
    books->sums.authorised += event->amount;
    const char *fault = note_result(books, PAYMENT_AUTHORIZE, event->provider_ref);
    return fault != NULL ? fault : payment_holds(payment);
}

const char *books_declined(struct order_books *books, const void *body)
{
    const struct payment_declined *event = body;
    books->sums.declines += event->op == PAYMENT_AUTHORIZE;
    if (payment_of(books, &event->payment_id) == NULL)
        return "state: one payment too many";
    return NULL; /* providers try again under the same reference */
}

const char *books_captured(struct order_books *books, const void *body)
{
    const struct payment_captured *event = body;
    struct book_payment *payment = payment_of(books, &event->payment_id);
    if (payment == NULL || event->amount <= 0)
        return "state: one payment too many, or of nothing";
    if (!slice_equal(event->currency, books->currency))
        return "I7: another currency";
    payment->captured += event->amount;
    books->sums.captured += event->amount;
    books_debit(books, ACCOUNT_CASH, event->amount);
    books_credit(books, ACCOUNT_CUSTOMER, event->amount);
    const char *fault = note_result(books, PAYMENT_CAPTURE, event->provider_ref);
    return fault != NULL ? fault : payment_holds(payment);
}

const char *books_voided(struct order_books *books, const void *body)
{
    const struct payment_voided *event = body;
    struct book_payment *payment = payment_of(books, &event->payment_id);
    if (payment == NULL || payment->authorised == 0)
        return "I5: voided, but never authorised";
    if (payment->captured + payment->voided + event->amount > payment->authorised)
        return "I5: what was captured is voided";
    payment->voided += event->amount;
    books->sums.voided += event->amount;
    const char *fault = note_result(books, PAYMENT_VOID, event->provider_ref);
    return fault != NULL ? fault : payment_holds(payment);
}

/* ---- refunds ---- */

/* What units up to `units` of `count` cost, without what went before. */
static int64_t
part_of(int64_t total, int64_t units, int64_t count, int64_t before, enum rounding rounding)
{
    int64_t sum = count == 0 ? 0 : book_round((book_wide)total * units, count, rounding);
    return sum > before ? sum - before : 0;
}

/* What qty more units of a line cost, those first that the reason is about. */
static const char *share_of(
    const struct order_books *books,
    const struct book_line *line,
    const struct order_units_priced *priced,
    int64_t reason,
    struct book_part *out)
{
    const struct book_part *before = &line->refunded;
    int64_t cancelled = line->cancelled - before->cancelled;
    int64_t returned = line->accepted - before->returned;
    int64_t first = reason == REFUND_CANCELLED ? cancelled : returned;
    if (priced->qty <= 0 || priced->qty > cancelled + returned)
        return "I6: units are refunded that were neither cancelled nor accepted";
    first = priced->qty < first ? priced->qty : first;
    out->cancelled = reason == REFUND_CANCELLED ? first : priced->qty - first;
    out->returned = priced->qty - out->cancelled;
    if (out->cancelled > 0)
        out->cancelled_amount = part_of(
            line->cancelled_amount,
            before->cancelled + out->cancelled,
            line->cancelled,
            before->cancelled_amount,
            books->rounding);
    if (out->returned > 0)
        out->returned_amount = part_of(
            line->total - line->cancelled_amount,
            before->returned + out->returned,
            line->qty - line->cancelled,
            before->returned_amount,
            books->rounding);
    return out->cancelled_amount + out->returned_amount == priced->amount
               ? NULL
               : "I6: a refund is not the share of its units";
}

/* In (sign 1) or, when all of it has failed, out again (sign -1). */
static void take_refund(struct order_books *books, const struct book_entry *refund, int64_t sign)
{
    for (size_t i = 0; i < books->line_count; i++) {
        struct book_part *sum = &books->lines[i].refunded;
        sum->cancelled += sign * refund->parts[i].cancelled;
        sum->cancelled_amount += sign * refund->parts[i].cancelled_amount;
        sum->returned += sign * refund->parts[i].returned;
        sum->returned_amount += sign * refund->parts[i].returned_amount;
    }
    books->shipping_refunded += sign * refund->shipping;
    books->credit += sign * refund->credit;
}

const char *books_refund_requested(struct order_books *books, const void *body)
{
    const struct refund_requested *event = body;
    bool is_overpaid = event->reason == REFUND_OVERPAID;
    struct book_entry *refund =
        books_enter(books->refunds, &books->refund_count, &event->refund_id);
    if (refund == NULL)
        return "state: a refund is requested twice";
    if (event->amount <= 0 || event->amount > order_books_refundable(books))
        return "I6: more is refunded than captured";
    for (size_t i = 0; i < event->lines_count; i++) {
        struct book_line *line = books_line(books, event->lines[i].line_no);
        struct book_part part = {0};
        const char *fault = line == NULL
                                ? "I6: a refund of no line"
                                : share_of(books, line, &event->lines[i], event->reason, &part);
        if (fault != NULL)
            return fault;
        refund->parts[line - books->lines] = part;
        refund->credit += part.returned_amount;
        books_debit(books, ACCOUNT_SALES, event->lines[i].amount);
    }
    refund->amount = event->amount;
    refund->shipping = event->shipping;
    refund->credit += event->shipping + (is_overpaid ? 0 : event->goodwill);
    books->sums.refund_pending += event->amount;
    books_debit(books, ACCOUNT_SHIPPING, event->shipping);
    books_debit(books, ACCOUNT_GOODWILL, event->goodwill);
    books_credit(books, ACCOUNT_REFUNDS, event->amount);
    take_refund(books, refund, 1);
    return books->shipping_refunded <= books->shipping
               ? NULL
               : "I6: more shipping goes back than was paid";
}

const char *books_refund_settled(struct order_books *books, const void *body)
{
    const struct refund_settled *event = body;
    struct book_entry *refund = books_entry(books->refunds, books->refund_count, &event->refund_id);
    struct book_payment *payment = payment_of(books, &event->payment_id);
    if (refund == NULL || payment == NULL || event->amount <= 0 ||
        event->amount > refund->amount - refund->settled - refund->failed)
        return "I6: more is settled than was requested";
    if (!slice_equal(event->currency, books->currency))
        return "I7: another currency";
    refund->settled += event->amount;
    payment->refunded += event->amount;
    books->sums.refunded += event->amount;
    books->sums.refund_pending -= event->amount;
    books_debit(books, ACCOUNT_REFUNDS, event->amount);
    books_credit(books, ACCOUNT_CASH, event->amount);
    const char *fault = note_result(books, PAYMENT_REFUND, event->provider_ref);
    return fault != NULL ? fault : payment_holds(payment);
}

const char *books_refund_failed(struct order_books *books, const void *body)
{
    const struct refund_failed *event = body;
    struct book_entry *refund = books_entry(books->refunds, books->refund_count, &event->refund_id);
    if (refund == NULL || event->amount <= 0 ||
        event->amount > refund->amount - refund->settled - refund->failed)
        return "I6: more has failed than was requested";
    refund->failed += event->amount;
    books->sums.refund_pending -= event->amount;
    books_debit(books, ACCOUNT_REFUNDS, event->amount);
    books_credit(books, ACCOUNT_CUSTOMER, event->amount);
    if (refund->failed == refund->amount)
        take_refund(books, refund, -1);
    return note_each(books, PAYMENT_REFUND, event->provider_ref, &event->refund_id);
}

const char *books_closed(struct order_books *books, const void *body)
{
    const struct order_closed *event = body;
    if (books->status != ORDER_DELIVERED || books->sums.return_requested > 0)
        return "state: closed, but not done";
    if (event->balance != 0 || order_books_balance(books) != 0 || books->sums.refund_pending != 0)
        return "I14: closed, but somebody owes something";
    books->status = ORDER_CLOSED;
    return NULL;
}
