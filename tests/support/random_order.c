// SPDX-License-Identifier: Apache-2.0
// Commands of orders, but for PlaceOrder and money.
#include "support/random_commands.h"
#include "support/person.h"
#include "support/stage.h"

int64_t roll(struct dice *dice, int64_t bound)
{
    return stage_draw_below(&dice->seed, bound);
}

static struct uuid id_of(uint8_t kind, int64_t number)
{
    struct uuid id = {{0x1d, kind}};
    memcpy(id.bytes + 8, &number, sizeof(number));
    return id;
}

struct uuid roll_id(struct dice *dice, uint8_t kind, int64_t count)
{
    return id_of(kind, roll(dice, count));
}

struct uuid new_id(struct dice *dice, uint8_t kind)
{
    return id_of(kind, 1000000 + dice->next++);
}

void *new_body(struct dice *dice, size_t size)
{
    void *body = arena_take(dice->arena, size);
    assert_non_null(body);
    return body;
}

struct decimal decimal_of(const struct dice *dice, int64_t minor)
{
    return (struct decimal){minor, dice->currency->exponent};
}

/* ---- units of lines ---- */

typedef int64_t units_function(const struct book_line *line);

static int64_t to_ship(const struct book_line *line)
{
    return line->reserved == 0 ? 0 : book_line_open(line);
}

static int64_t to_return(const struct book_line *line)
{
    return line->delivered - line->returned - line->return_requested;
}

/* Some or all of what the function says of each line, mostly. */
static struct order_units *
some_units(struct dice *dice, const struct order_books *books, units_function *units, size_t *count)
{
    struct order_units *lines = new_body(dice, (BOOKS_LINES + 1) * sizeof(*lines));
    bool all = once_in(dice, 2);
    *count = 0;
    for (size_t i = 0; i < books->line_count; i++) {
        int64_t most = units(&books->lines[i]);
        if (most > 0 && (all || once_in(dice, 2)))
            lines[(*count)++] = (struct order_units){
                .line_no = books->lines[i].line_no, .qty = all ? most : 1 + roll(dice, most)};
    }
    if (*count == 0 || once_in(dice, 20))
        lines[(*count)++] =
            (struct order_units){.line_no = 1 + roll(dice, 40), .qty = 1 + roll(dice, 8)};
    return lines;
}

/* ---- bodies ---- */

static const void *reservation(struct dice *dice, const struct order_books *books)
{
    struct record_reservation *body = NEW_BODY(dice, struct record_reservation);
    const struct book_line *line =
        books->line_count == 0 ? NULL : &books->lines[roll(dice, (int64_t)books->line_count)];
    *body = (struct record_reservation){
        .sku = line == NULL || once_in(dice, 20) ? slice_of_text("Z-9") : line->sku,
        .location = line == NULL ? slice_of_text("main") : line->location,
        .has_location = true,
        .outcome = once_in(dice, 8) ? CLAIM_REFUSED : CLAIM_RESERVED,
        .has_expires_at = once_in(dice, 2),
        .expires_at = dice->now_us + (1 + roll(dice, 30)) * 60000000,
        .code = slice_of_text("insufficient_stock"),
        .has_code = once_in(dice, 2)};
    for (size_t i = 0; i < books->line_count; i++) {
        const struct book_line *at = &books->lines[i];
        if (slice_equal(at->sku, body->sku) && slice_equal(at->location, body->location))
            body->qty += at->qty - at->cancelled;
    }
    if (body->qty == 0 || once_in(dice, 15))
        body->qty += 1 + roll(dice, 3);
    return body;
}

static const void *redemption(struct dice *dice, const struct order_books *books)
{
    struct record_redemption *body = NEW_BODY(dice, struct record_redemption);
    int64_t discount = 0;
    for (size_t i = 0; i < books->line_count; i++)
        discount += books->lines[i].discount;
    bool is_small = books->promo_code.size != 0 && once_in(dice, 3);
    *body = (struct record_redemption){
        .promotion_id = id_of('p', 1),
        .code = books->promo_code.size == 0 || once_in(dice, 20)
                    ? slice_of_text("NEVER")
                    : slice_of_text(is_small ? "spring26" : "SPRING26"),
        .outcome = once_in(dice, 6) ? REDEMPTION_REFUSED : REDEMPTION_APPLIED,
        .has_discount = once_in(dice, 2),
        .discount = decimal_of(dice, discount + once_in(dice, 20))};
    return body;
}

static const void *cancellation_of_lines(struct dice *dice, const struct order_books *books)
{
    struct cancel_lines *body = NEW_BODY(dice, struct cancel_lines);
    body->lines = some_units(dice, books, book_line_open, &body->lines_count);
    body->reason = roll(dice, 7);
    return body;
}

static const void *shipment(struct dice *dice, const struct order_books *books)
{
    struct ship_lines *body = NEW_BODY(dice, struct ship_lines);
    *body = (struct ship_lines){
        .shipment_id = once_in(dice, 10) ? roll_id(dice, 's', 3) : new_id(dice, 's'),
        .carrier = slice_of_text("post"),
        .shipped_at = dice->now_us,
        .tracking = {.number = SLICE_LITERAL("T-1")},
        .has_tracking = once_in(dice, 2)};
    body->lines = some_units(dice, books, to_ship, &body->lines_count);
    return body;
}

static const void *delivery(struct dice *dice, const struct order_books *books)
{
    struct record_delivery *body = NEW_BODY(dice, struct record_delivery);
    *body = (struct record_delivery){
        .shipment_id = roll_id(dice, 's', 3),
        .delivered_at = dice->now_us,
        .receipt = {.signed_by = SLICE_LITERAL("A. L.")},
        .has_receipt = once_in(dice, 2)};
    if (books->shipment_count > 0 && !once_in(dice, 15))
        body->shipment_id = books->shipments[roll(dice, (int64_t)books->shipment_count)].id;
    return body;
}

static const void *announcement(struct dice *dice, const struct order_books *books)
{
    size_t count;
    const struct order_units *units = some_units(dice, books, to_return, &count);
    struct request_return *body = NEW_BODY(dice, struct request_return);
    struct return_line *lines = new_body(dice, count * sizeof(*lines));
    for (size_t i = 0; i < count; i++)
        lines[i] = (struct return_line){units[i].line_no, units[i].qty, roll(dice, 6)};
    *body = (struct request_return){
        .return_id = once_in(dice, 10) ? roll_id(dice, 'r', 3) : new_id(dice, 'r'),
        .lines = lines,
        .lines_count = count,
        .note = {.text = SLICE_LITERAL("It does not fit.")},
        .has_note = once_in(dice, 2)};
    return body;
}

static const void *arrival_of(struct dice *dice, const struct order_books *books)
{
    struct receive_return *body = NEW_BODY(dice, struct receive_return);
    struct received_line *lines = new_body(dice, BOOKS_LINES * sizeof(*lines));
    body->return_id = roll_id(dice, 'r', 3);
    body->lines = lines;
    if (books->return_count == 0) {
        lines[body->lines_count++] = (struct received_line){.line_no = 1, .accepted = 1};
        return body;
    }
    const struct book_entry *announced = &books->returns[roll(dice, (int64_t)books->return_count)];
    body->return_id = announced->id;
    for (size_t i = 0; i < books->line_count; i++) {
        int64_t units = announced->units[i];
        if (units == 0)
            continue;
        int64_t accepted = once_in(dice, 2) ? units : roll(dice, units + 1);
        lines[body->lines_count++] = (struct received_line){
            .line_no = books->lines[i].line_no,
            .accepted = accepted,
            .rejected = once_in(dice, 2) ? units - accepted : once_in(dice, 20),
            .restock = roll(dice, accepted + 1) + once_in(dice, 30)};
    }
    return body;
}

static struct order_note note(struct dice *dice)
{
    /* The second one looks like a card. */
    return (struct order_note){
        .text = slice_of_text(once_in(dice, 20) ? "4111 1111 1111 1111" : "Ring twice.")};
}

static const void *simple_body(struct dice *dice, enum command_type type)
{
    if (type == COMMAND_HOLD_ORDER) {
        struct hold_order *body = NEW_BODY(dice, struct hold_order);
        *body = (struct hold_order){.reason = roll(dice, 5), .note = note(dice)};
        body->has_note = once_in(dice, 2);
        return body;
    }
    if (type == COMMAND_CHANGE_SHIPPING_ADDRESS) {
        struct change_shipping_address *body = NEW_BODY(dice, struct change_shipping_address);
        body->address = ada_address();
        body->country = slice_of_text(once_in(dice, 6) ? "FR" : "DE");
        return body;
    }
    if (type == COMMAND_CANCEL_ORDER) {
        struct cancel_order *body = NEW_BODY(dice, struct cancel_order);
        *body = (struct cancel_order){.reason = roll(dice, 7), .note = note(dice)};
        body->has_note = once_in(dice, 2);
        return body;
    }
    if (type == COMMAND_EXPIRE_ORDER) {
        struct expire_order *body = NEW_BODY(dice, struct expire_order);
        body->deadline = roll(dice, 3);
        return body;
    }
    if (type == COMMAND_ADD_NOTE) {
        struct add_note *body = NEW_BODY(dice, struct add_note);
        *body = (struct add_note){.visibility = roll(dice, 2), .note = note(dice)};
        return body;
    }
    struct close_order *close = NEW_BODY(dice, struct close_order);
    close->ref = slice_of_text(once_in(dice, 10) ? "a@b" : "C-1");
    close->has_ref = once_in(dice, 2);
    return close;
}

/* ---- which one ---- */

/* Weights by what the order waits for; 0: as any other. */
static const uint8_t weights[ORDER_STATUS_COUNT][COMMAND_TYPE_COUNT] = {
    [ORDER_NONE] = {[COMMAND_PLACE_ORDER] = 200},
    [ORDER_PLACED] =
        {[COMMAND_RECORD_RESERVATION] = 90,
         [COMMAND_RECORD_REDEMPTION] = 25,
         [COMMAND_RECORD_PAYMENT_RESULT] = 60,
         [COMMAND_RELEASE_HOLD] = 10,
         [COMMAND_CHANGE_SHIPPING_ADDRESS] = 5,
         [COMMAND_CANCEL_LINES] = 8},
    [ORDER_CONFIRMED] =
        {[COMMAND_SHIP_LINES] = 60,
         [COMMAND_RECORD_PAYMENT_RESULT] = 30,
         [COMMAND_RELEASE_HOLD] = 15},
    [ORDER_PART_SHIPPED] =
        {[COMMAND_SHIP_LINES] = 50,
         [COMMAND_RECORD_PAYMENT_RESULT] = 30,
         [COMMAND_RECORD_DELIVERY] = 30,
         [COMMAND_CANCEL_LINES] = 10,
         [COMMAND_RELEASE_HOLD] = 15},
    [ORDER_SHIPPED] =
        {[COMMAND_RECORD_DELIVERY] = 60,
         [COMMAND_RECORD_PAYMENT_RESULT] = 40,
         [COMMAND_REQUEST_RETURN] = 20,
         [COMMAND_RECEIVE_RETURN] = 20,
         [COMMAND_REQUEST_REFUND] = 20},
    [ORDER_DELIVERED] =
        {[COMMAND_RECORD_PAYMENT_RESULT] = 80,
         [COMMAND_REQUEST_RETURN] = 20,
         [COMMAND_RECEIVE_RETURN] = 30,
         [COMMAND_REQUEST_REFUND] = 40,
         [COMMAND_CLOSE_ORDER] = 40},
    [ORDER_CLOSED] = {[COMMAND_RECORD_PAYMENT_RESULT] = 30, [COMMAND_REQUEST_REFUND] = 20},
    [ORDER_CANCELLED] = {[COMMAND_RECORD_PAYMENT_RESULT] = 50, [COMMAND_REQUEST_REFUND] = 20},
    [ORDER_EXPIRED] = {[COMMAND_RECORD_PAYMENT_RESULT] = 50, [COMMAND_REQUEST_REFUND] = 20},
};

static enum command_type choose(struct dice *dice, const struct order_books *books)
{
    int64_t sum = 0;
    for (enum command_type type = 0; type <= COMMAND_CLOSE_ORDER; type++)
        sum += 1 + weights[books->status][type];
    int64_t left = roll(dice, sum);
    enum command_type type = 0;
    while (left >= 1 + weights[books->status][type])
        left -= 1 + weights[books->status][type++];
    return type;
}

static const void *
body_of(struct dice *dice, const struct order_books *books, enum command_type type)
{
    if (type == COMMAND_PLACE_ORDER)
        return random_place_order(dice, books);
    if (type == COMMAND_RECORD_RESERVATION)
        return reservation(dice, books);
    if (type == COMMAND_RECORD_REDEMPTION)
        return redemption(dice, books);
    if (type == COMMAND_RECORD_PAYMENT_RESULT)
        return random_payment(dice, books);
    if (type == COMMAND_REQUEST_REFUND)
        return random_refund(dice, books);
    if (type == COMMAND_CANCEL_LINES)
        return cancellation_of_lines(dice, books);
    if (type == COMMAND_SHIP_LINES)
        return shipment(dice, books);
    if (type == COMMAND_RECORD_DELIVERY)
        return delivery(dice, books);
    if (type == COMMAND_REQUEST_RETURN)
        return announcement(dice, books);
    if (type == COMMAND_RECEIVE_RETURN)
        return arrival_of(dice, books);
    if (type == COMMAND_RELEASE_HOLD)
        return NEW_BODY(dice, struct release_hold);
    return simple_body(dice, type);
}

struct command random_order_command(struct dice *dice, const struct order_books *books)
{
    enum command_type type = choose(dice, books);
    return (struct command){.type = type, .body = body_of(dice, books, type)};
}
