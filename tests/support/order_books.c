// SPDX-License-Identifier: Apache-2.0
// The books of an order: its goods (I1, I2, I8, I9). Its money is in order_money_books.c.
#include "support/order_books.h"

struct book_line *books_line(struct order_books *books, int64_t line_no)
{
    for (size_t i = 0; i < books->line_count; i++) {
        if (books->lines[i].line_no == line_no)
            return &books->lines[i];
    }
    return NULL;
}

struct book_entry *books_entry(struct book_entry *entries, size_t count, const struct uuid *id)
{
    for (size_t i = 0; i < count; i++) {
        if (uuid_equal(&entries[i].id, id))
            return &entries[i];
    }
    return NULL;
}

struct book_entry *books_enter(struct book_entry *entries, size_t *count, const struct uuid *id)
{
    if (*count == BOOKS_ENTRIES || books_entry(entries, *count, id) != NULL)
        return NULL;
    entries[*count] = (struct book_entry){.id = *id};
    return &entries[(*count)++];
}

static int64_t all_open(const struct order_books *books)
{
    int64_t open = 0;
    for (size_t i = 0; i < books->line_count; i++)
        open += book_line_open(&books->lines[i]);
    return open;
}

static enum order_status status_of_goods(const struct order_books *books)
{
    const struct order_sums *sums = &books->sums;
    if (all_open(books) > 0)
        return ORDER_PART_SHIPPED;
    return sums->delivered == sums->units - sums->cancelled ? ORDER_DELIVERED : ORDER_SHIPPED;
}

/* ---- reservations ---- */

static bool is_of(const struct book_line *line, const struct line_reserved *event)
{
    return slice_equal(line->sku, event->sku) && slice_equal(line->location, event->location);
}

const char *books_reserved(struct order_books *books, const void *body)
{
    const struct line_reserved *event = body;
    int64_t units = 0;
    size_t named = 0;
    for (size_t i = 0; i < event->lines_count; i++) {
        struct book_line *line = books_line(books, event->lines[i].line_no);
        if (line == NULL || !is_of(line, event))
            return "I2: a line of another article is reserved";
        if (line->reserved != 0)
            return "I2: a line is reserved twice";
        if (event->lines[i].qty != line->qty - line->cancelled)
            return "I2: a line is reserved in part";
        line->reserved = event->lines[i].qty;
        units += event->lines[i].qty;
        named++;
    }
    for (size_t i = 0; i < books->line_count; i++) {
        const struct book_line *line = &books->lines[i];
        if (is_of(line, event) && line->cancelled < line->qty && line->reserved == 0)
            return "I2: an article is reserved in part";
    }
    if (named > 0 && units != event->qty)
        return "I2: more or less is reserved than the lines say";
    books->sums.reserved += units;
    return NULL;
}

const char *books_confirmed(struct order_books *books, const void *body)
{
    const struct order_confirmed *event = body;
    for (size_t i = 0; i < books->line_count; i++) {
        if (books->lines[i].cancelled < books->lines[i].qty && books->lines[i].reserved == 0)
            return "I8: confirmed, but not reserved";
    }
    if (books->promo_code.size != 0 && !books->is_promotion_applied)
        return "I8: confirmed, but the promotion is not settled";
    if (books->held)
        return "I8: confirmed, but on hold";
    if (books->status != ORDER_PLACED)
        return "state: confirmed twice";
    if (order_books_funds_at(books, event->confirmed_at) < order_books_due(books) ||
        event->total != order_books_due(books))
        return "I4: confirmed, but not paid for";
    books->status = ORDER_CONFIRMED;
    return NULL;
}

/* ---- cancellations ---- */

const char *books_lines_cancelled(struct order_books *books, const void *body)
{
    const struct lines_cancelled *event = body;
    int64_t amount = 0;
    for (size_t i = 0; i < event->lines_count; i++) {
        struct book_line *line = books_line(books, event->lines[i].line_no);
        if (line == NULL || event->lines[i].qty <= 0 || event->lines[i].qty > book_line_open(line))
            return "I1: more is cancelled than is open";
        line->cancelled += event->lines[i].qty;
        line->cancelled_amount += event->lines[i].amount;
        books->sums.cancelled += event->lines[i].qty;
        books_debit(books, ACCOUNT_SALES, event->lines[i].amount);
        amount += event->lines[i].amount;
    }
    if (amount != event->amount || books->sums.cancelled_amount + amount != event->cancelled_amount)
        return "I4: the cancelled amount is not the sum of the lines'";
    books_credit(books, ACCOUNT_CUSTOMER, event->cancelled_amount - books->sums.cancelled_amount);
    books->sums.cancelled_amount = event->cancelled_amount;
    if (books->status == ORDER_PART_SHIPPED)
        books->status = status_of_goods(books);
    return NULL;
}

const char *books_over(
    struct order_books *books, enum order_status status, int64_t amount, int64_t cancelled_amount)
{
    if (books->sums.shipped > 0)
        return "I9: what was shipped is cancelled or expired";
    if (amount != order_books_due(books) || cancelled_amount != books->sums.total)
        return "I4: not all of the order is cancelled";
    for (size_t i = 0; i < books->line_count; i++) {
        struct book_line *line = &books->lines[i];
        books_debit(books, ACCOUNT_SALES, line->total - line->cancelled_amount);
        line->cancelled = line->qty;
        line->cancelled_amount = line->total;
    }
    books->sums.cancelled = books->sums.units;
    books->sums.cancelled_amount = books->sums.total;
    books->status = status;
    books_debit(books, ACCOUNT_SHIPPING, books->shipping);
    books_credit(books, ACCOUNT_CUSTOMER, amount);
    return NULL;
}

/* ---- shipments ---- */

const char *books_dispatched(struct order_books *books, const void *body)
{
    const struct shipment_dispatched *event = body;
    int64_t amount = 0;
    struct book_entry *shipment =
        books_enter(books->shipments, &books->shipment_count, &event->shipment_id);
    if (shipment == NULL)
        return "state: a shipment is dispatched twice";
    if (books->held)
        return "state: shipped on hold";
    if (books->status != ORDER_CONFIRMED && books->status != ORDER_PART_SHIPPED)
        return "I9: shipped, but not confirmed";
    for (size_t i = 0; i < event->lines_count; i++) {
        struct book_line *line = books_line(books, event->lines[i].line_no);
        if (line == NULL || event->lines[i].qty <= 0 || event->lines[i].qty > book_line_open(line))
            return "I1: more is shipped than is open";
        if (line->reserved == 0)
            return "I2: shipped, but not reserved";
        shipment->units[line - books->lines] += event->lines[i].qty;
        line->shipped += event->lines[i].qty;
        line->shipped_amount += event->lines[i].amount;
        books->sums.shipped += event->lines[i].qty;
        amount += event->lines[i].amount;
    }
    if (amount != event->amount)
        return "I3: the amount of a shipment is not the sum of its lines'";
    books->status = status_of_goods(books);
    return NULL;
}

const char *books_delivered(struct order_books *books, const void *body)
{
    const struct shipment_delivered *event = body;
    struct book_entry *shipment =
        books_entry(books->shipments, books->shipment_count, &event->shipment_id);
    if (shipment == NULL || shipment->done)
        return "I1: delivered, but not on its way";
    for (size_t i = 0; i < event->lines_count; i++) {
        struct book_line *line = books_line(books, event->lines[i].line_no);
        if (line == NULL || event->lines[i].qty != shipment->units[line - books->lines])
            return "I1: more or less is delivered than was shipped";
        line->delivered += event->lines[i].qty;
        books->sums.delivered += event->lines[i].qty;
    }
    shipment->done = true;
    if (books->status == ORDER_SHIPPED)
        books->status = status_of_goods(books);
    return NULL;
}

/* ---- returns ---- */

const char *books_return_requested(struct order_books *books, const void *body)
{
    const struct return_requested *event = body;
    struct book_entry *announced =
        books_enter(books->returns, &books->return_count, &event->return_id);
    if (announced == NULL)
        return "state: a return is announced twice";
    for (size_t i = 0; i < event->lines_count; i++) {
        struct book_line *line = books_line(books, event->lines[i].line_no);
        int64_t qty = event->lines[i].qty;
        if (line == NULL || qty <= 0 ||
            line->returned + line->return_requested + qty > line->delivered)
            return "I1: more is to come back than was delivered";
        announced->units[line - books->lines] += qty;
        line->return_requested += qty;
        books->sums.return_requested += qty;
    }
    return NULL;
}

static const char *come_back(
    struct order_books *books,
    const struct book_entry *announced,
    const struct received_line *received)
{
    struct book_line *line = books_line(books, received->line_no);
    int64_t units = received->accepted + received->rejected;
    if (line == NULL || received->accepted < 0 || received->rejected < 0 ||
        units > announced->units[line - books->lines])
        return "I1: more came back than was announced";
    if (received->restock > received->accepted)
        return "I1: more is sold again than was accepted";
    line->returned += units;
    line->accepted += received->accepted;
    books->sums.returned += units;
    return NULL;
}

const char *books_return_received(struct order_books *books, const void *body)
{
    const struct return_received *event = body;
    struct book_entry *announced =
        books_entry(books->returns, books->return_count, &event->return_id);
    int64_t missing = 0;
    if (announced == NULL || announced->done)
        return "state: a return comes that is not awaited";
    for (size_t i = 0; i < event->lines_count; i++) {
        const char *fault = come_back(books, announced, &event->lines[i]);
        missing -= event->lines[i].accepted + event->lines[i].rejected;
        if (fault != NULL)
            return fault;
    }
    for (size_t i = 0; i < books->line_count; i++) {
        missing += announced->units[i];
        books->lines[i].return_requested -= announced->units[i];
        books->sums.return_requested -= announced->units[i];
    }
    announced->done = true;
    return missing == event->missing ? NULL : "I1: what is missing of a return is miscounted";
}

/* ---- every event ---- */

static const char *books_cancelled(struct order_books *books, const void *body)
{
    const struct order_cancelled *event = body;
    return books_over(books, ORDER_CANCELLED, event->amount, event->cancelled_amount);
}

static const char *books_expired(struct order_books *books, const void *body)
{
    const struct order_expired *event = body;
    return books_over(books, ORDER_EXPIRED, event->amount, event->cancelled_amount);
}

static const char *books_held(struct order_books *books, const void *body)
{
    (void)body;
    if (books->held)
        return "state: held twice";
    books->held = true;
    return NULL;
}

static const char *books_released(struct order_books *books, const void *body)
{
    (void)body;
    if (!books->held)
        return "state: released, but not held";
    books->held = false;
    return NULL;
}

/* I1, I2, I9 of each line, and I14. */
static const char *holds(const struct order_books *books)
{
    int64_t balance = 0;
    for (size_t i = 0; i < books->line_count; i++) {
        const struct book_line *line = &books->lines[i];
        if (line->cancelled < 0 || book_line_open(line) < 0 || line->delivered > line->shipped ||
            line->returned + line->return_requested > line->delivered)
            return "I1: the units of a line do not add up";
        if (line->shipped > 0 && line->shipped > line->reserved)
            return "I2: more is shipped than reserved";
        if (line->cancelled_amount + line->shipped_amount > line->total ||
            (book_line_open(line) == 0 &&
             line->cancelled_amount + line->shipped_amount != line->total))
            return "I3: what is cancelled and shipped of a line does not add up to it";
    }
    for (size_t i = 0; i < ACCOUNT_COUNT; i++)
        balance += books->accounts[i];
    if (balance != 0)
        return "I14: debit is not credit";
    if (books->accounts[ACCOUNT_CASH] != books->sums.captured - books->sums.refunded ||
        books->accounts[ACCOUNT_CASH] < 0)
        return "I14: the cash is not what came and went";
    return books->accounts[ACCOUNT_REFUNDS] == -books->sums.refund_pending
               ? NULL
               : "I14: the refunds that are due are not those that were promised";
}

typedef const char *post_function(struct order_books *books, const void *body);

static post_function *const posts[EVENT_TYPE_COUNT] = {
    [EVENT_ORDER_PLACED] = books_placed,
    [EVENT_LINE_RESERVED] = books_reserved,
    [EVENT_PROMOTION_APPLIED] = books_promotion_applied,
    [EVENT_ORDER_CONFIRMED] = books_confirmed,
    [EVENT_PAYMENT_AUTHORIZED] = books_authorized,
    [EVENT_PAYMENT_DECLINED] = books_declined,
    [EVENT_PAYMENT_CAPTURED] = books_captured,
    [EVENT_PAYMENT_VOIDED] = books_voided,
    [EVENT_ORDER_HELD] = books_held,
    [EVENT_ORDER_RELEASED] = books_released,
    [EVENT_LINES_CANCELLED] = books_lines_cancelled,
    [EVENT_ORDER_CANCELLED] = books_cancelled,
    [EVENT_ORDER_EXPIRED] = books_expired,
    [EVENT_SHIPMENT_DISPATCHED] = books_dispatched,
    [EVENT_SHIPMENT_DELIVERED] = books_delivered,
    [EVENT_RETURN_REQUESTED] = books_return_requested,
    [EVENT_RETURN_RECEIVED] = books_return_received,
    [EVENT_REFUND_REQUESTED] = books_refund_requested,
    [EVENT_REFUND_SETTLED] = books_refund_settled,
    [EVENT_REFUND_FAILED] = books_refund_failed,
    [EVENT_ORDER_CLOSED] = books_closed,
};

const char *order_books_post(struct order_books *books, const struct event *event)
{
    if ((books->status == ORDER_NONE) != (event->type == EVENT_ORDER_PLACED))
        return "state: an order is placed once, and first";
    const char *fault = posts[event->type] == NULL ? NULL : posts[event->type](books, event->body);
    return fault != NULL ? fault : holds(books);
}
