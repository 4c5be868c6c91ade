// SPDX-License-Identifier: Apache-2.0
// PlaceOrder: checks what was sent, recomputes every amount, and states them all in OrderPlaced, so
// that nobody has to compute them again.
//
// Checks run in the order of the fields; the first failure is the answer.
#include "base/checked.h"
#include "domain/clear_text.h"
#include "domain/order_steps.h"
#include "domain/personal.h"
#include "domain/sort.h"

#include "base/banned.h"

#define DEFAULT_PAYMENT_WINDOW_US (INT64_C(15) * 60 * 1000000)

/* One decision under way. The steps return false once they have refused in `out`. */
struct placement {
    const struct place_order *command;
    const struct decide_context *context;
    const struct currency *currency;
    struct order_placed_line *lines;
    struct order_placed *event;
    int64_t *amounts; /* what all units of each line cost, before the discount */
    struct decision *out;
};

static bool refused(struct placement *placement, enum rejection_code code, const char *field)
{
    (void)decision_refuse(placement->out, code, field);
    return false;
}

static bool is_email_or_none(const struct person_contact *contact)
{
    return !contact->has_email || personal_is_email(contact->email);
}

/* What is known of the person, as long as it can be read. Where it goes to has to be where it is taxed;
 * whom it is billed to may be anywhere. */
static bool check_person(struct placement *placement)
{
    const struct place_order *command = placement->command;
    const struct order_delivery *delivery = &command->delivery;
    if (command->has_contact && !is_email_or_none(&command->contact))
        return refused(placement, REJECTION_bad_field, "email");
    if (command->has_delivery && !slice_equal(delivery->ship_to.country, command->ship_country))
        return refused(placement, REJECTION_bad_field, "ship_to");
    if (command->has_delivery && delivery->has_note && personal_has_card_number(delivery->note))
        return refused(placement, REJECTION_pan_detected, "note");
    if (command->has_bill_to && !personal_is_country(command->bill_to.country))
        return refused(placement, REJECTION_bad_field, "bill_to");
    return true;
}

static int64_t most_lines(const struct tenant_settings *tenant)
{
    return tenant->max_lines > 0 && tenant->max_lines < ORDER_MAX_LINES ? tenant->max_lines
                                                                        : ORDER_MAX_LINES;
}

static bool check_clear(struct placement *placement)
{
    const struct place_order *command = placement->command;
    struct decision *out = placement->out;
    return clear_text_check(
               command->has_source_ref, command->source_ref, CLEAR_REFERENCE, "source_ref", out) &&
           clear_text_check(
               command->has_shipping, command->shipping.method, CLEAR_NAME, "method", out) &&
           clear_text_check(command->has_promo, command->promo.code, CLEAR_REFERENCE, "code", out);
}

static bool check_header(struct placement *placement)
{
    const struct place_order *command = placement->command;
    placement->currency =
        money_find_enabled(placement->context->tenant->currencies, command->currency);
    if (placement->currency == NULL)
        return refused(placement, REJECTION_unknown_currency, "currency");
    if (!personal_is_country(command->ship_country))
        return refused(placement, REJECTION_bad_field, "ship_country");
    if (command->lines_count == 0)
        return refused(placement, REJECTION_bad_field, "lines");
    if ((int64_t)command->lines_count > most_lines(placement->context->tenant))
        return refused(placement, REJECTION_too_many_lines, "lines");
    return check_clear(placement) && check_person(placement);
}

/* A price of at least zero, to minor units. */
static bool read_price(
    struct placement *placement, const struct decimal *price, const char *field, int64_t *out)
{
    if (price->coefficient < 0)
        return refused(placement, REJECTION_bad_field, field);
    int64_t minor = 0;
    enum money_fit fit = money_from_decimal(price, placement->currency, &minor);
    if (fit == MONEY_TOO_LARGE || minor > MONEY_MAX_PRICE) /* a bound of the field */
        return refused(placement, REJECTION_bad_field, field);
    if (fit != MONEY_FITS)
        return refused(placement, rejection_of_fit(fit), field);
    *out = minor;
    return true;
}

static bool
tax_parts(struct placement *placement, int64_t amount, int64_t tax_ppm, struct money_parts *out)
{
    struct money_tax tax = {
        .ppm = tax_ppm,
        .included = placement->command->prices_include_tax,
        .rounding = placement->context->tenant->rounding};
    return money_apply_tax(amount, &tax, out) ||
           refused(placement, REJECTION_amount_overflow, NULL);
}

/* What was sent of a line, and its price; *amount: of all its units. */
static bool price_line(
    struct placement *placement,
    const struct place_order_line *line,
    struct order_placed_line *out,
    int64_t *amount)
{
    int64_t price = 0;
    if (!read_price(placement, &line->unit_price, "unit_price", &price))
        return false;
    if (price == 0 && !placement->context->tenant->gifts_allowed)
        return refused(placement, REJECTION_not_permitted, "unit_price");
    *out = (struct order_placed_line){
        .line_no = line->line_no,
        .sku = line->sku,
        .seller_id = line->seller_id,
        .has_seller_id = line->has_seller_id,
        .location = line->location,
        .has_location = line->has_location,
        .title = line->title,
        .has_title = line->has_title,
        .qty = line->qty,
        .unit_price = price,
        .tax_ppm = line->tax_ppm,
        .commission_bps = line->commission_bps,
        .has_commission_bps = line->has_commission_bps};
    return checked_mul_i64(line->qty, price, amount) ||
           refused(placement, REJECTION_amount_overflow, NULL);
}

static bool price_lines(struct placement *placement)
{
    const struct place_order *command = placement->command;
    for (size_t i = 0; i < command->lines_count; i++) {
        if (!price_line(
                placement, &command->lines[i], &placement->lines[i], &placement->amounts[i]))
            return false;
    }
    return true;
}

/* The discount that the customer was shown: at most what the goods cost. */
static bool read_discount(struct placement *placement)
{
    const struct place_order *command = placement->command;
    int64_t claimed = 0;
    int64_t sum = 0;
    if (!command->has_promo)
        return true;
    if (!read_price(placement, &command->promo.claimed_discount, "claimed_discount", &claimed))
        return false;
    for (size_t i = 0; i < command->lines_count; i++) {
        if (!checked_add_i64(sum, placement->amounts[i], &sum))
            return refused(placement, REJECTION_amount_overflow, NULL);
    }
    if (claimed > sum)
        return refused(placement, REJECTION_discount_mismatch, "claimed_discount");
    placement->event->discount = claimed;
    placement->event->promo_code = command->promo.code;
    placement->event->has_promo_code = true;
    return true;
}

static bool tax_lines(struct placement *placement)
{
    struct order_placed *event = placement->event;
    event->lines = placement->lines;
    event->lines_count = placement->command->lines_count;
    for (size_t i = 0; i < event->lines_count; i++) {
        struct order_placed_line *line = &placement->lines[i];
        struct money_parts parts;
        if (!tax_parts(placement, placement->amounts[i] - line->discount, line->tax_ppm, &parts))
            return false;
        line->line_net = parts.net;
        line->line_tax = parts.tax;
        line->line_total = parts.total;
        if (!checked_add_i64(event->subtotal, line->line_net, &event->subtotal) ||
            !checked_add_i64(event->tax, line->line_tax, &event->tax))
            return refused(placement, REJECTION_amount_overflow, NULL);
    }
    return true;
}

static bool fill_shipping(struct placement *placement)
{
    if (!placement->command->has_shipping)
        return true;
    const struct place_order_shipping *shipping = &placement->command->shipping;
    struct order_placed *event = placement->event;
    int64_t amount;
    struct money_parts parts;
    if (!read_price(placement, &shipping->amount, "amount", &amount) ||
        !tax_parts(placement, amount, shipping->tax_ppm, &parts))
        return false;
    event->shipping_method = shipping->method;
    event->has_shipping_method = true;
    event->shipping = parts.net;
    event->shipping_tax_ppm = shipping->tax_ppm;
    event->shipping_tax = parts.tax;
    return true;
}

static bool sum_up(struct placement *placement)
{
    struct order_placed *event = placement->event;
    if (!checked_add_i64(event->tax, event->shipping_tax, &event->tax) ||
        !checked_add_i64(event->subtotal, event->shipping, &event->total) ||
        !checked_add_i64(event->total, event->tax, &event->total))
        return refused(placement, REJECTION_amount_overflow, NULL);
    int64_t declared = 0;
    enum money_fit fit =
        money_from_decimal(&placement->command->declared_total, placement->currency, &declared);
    if (fit != MONEY_FITS)
        return refused(placement, rejection_of_fit(fit), "declared_total");
    if (declared != event->total)
        return refused(placement, REJECTION_total_mismatch, "declared_total");
    return true;
}

static bool is_ascending(const struct place_order *command)
{
    for (size_t i = 1; i < command->lines_count; i++) {
        if (command->lines[i].line_no <= command->lines[i - 1].line_no)
            return false;
    }
    return true;
}

/* Whether a line number is given twice. False only when the arena is exhausted. */
static bool find_duplicate(const struct place_order *command, struct arena *arena, bool *duplicate)
{
    *duplicate = false;
    if (is_ascending(command)) /* nearly always: nothing to sort */
        return true;
    uint64_t *numbers = arena_take_raw(arena, command->lines_count * sizeof(*numbers));
    if (numbers == NULL)
        return false;
    for (size_t i = 0; i < command->lines_count; i++)
        numbers[i] = (uint64_t)command->lines[i].line_no;
    sort_numbers(numbers, command->lines_count);
    for (size_t i = 1; i < command->lines_count && !*duplicate; i++)
        *duplicate = numbers[i] == numbers[i - 1];
    return true;
}

/* When it may be expired unless it is confirmed. */
static int64_t complete_by(const struct decide_context *context)
{
    int64_t window = context->tenant->payment_window_us;
    int64_t due;
    if (window == 0)
        window = DEFAULT_PAYMENT_WINDOW_US;
    return checked_add_i64(context->now_us, window, &due) ? due : INT64_MAX;
}

static void fill_header(struct order_placed *event, const struct placement *placement)
{
    const struct place_order *command = placement->command;
    event->customer_id = command->customer_id;
    event->channel = command->channel;
    event->currency = command->currency;
    event->prices_include_tax = command->prices_include_tax;
    event->rounding = (int64_t)placement->context->tenant->rounding;
    event->ship_country = command->ship_country;
    event->placed_at = command->placed_at;
    event->complete_by = complete_by(placement->context);
    event->source_ref = command->source_ref;
    event->has_source_ref = command->has_source_ref;
    event->contact = command->contact;
    event->has_contact = command->has_contact;
    event->delivery = command->delivery;
    event->has_delivery = command->has_delivery;
    event->has_bill_to = personal_bill_to(command, &event->bill_to);
    event->bill_country = event->bill_to.country;
    event->has_bill_country = event->has_bill_to;
}

bool order_place(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    (void)state;
    struct placement placement = {.command = body, .context = context, .out = out};
    if (!check_header(&placement))
        return true;
    bool duplicate;
    if (!find_duplicate(placement.command, context->arena, &duplicate))
        return false;
    if (duplicate)
        return decision_refuse(out, REJECTION_duplicate_line, "line_no");
    size_t count = placement.command->lines_count;
    placement.event = arena_new(context->arena, struct order_placed);
    placement.lines = arena_take_raw(context->arena, count * sizeof(*placement.lines));
    placement.amounts = arena_take_raw(context->arena, count * sizeof(*placement.amounts));
    if (placement.event == NULL || placement.lines == NULL || placement.amounts == NULL)
        return false;
    if (!price_lines(&placement) || !read_discount(&placement))
        return true;
    if (!order_deal_discount(
            placement.event->discount, placement.amounts, count, placement.lines, context->arena))
        return false;
    if (!tax_lines(&placement) || !fill_shipping(&placement) || !sum_up(&placement))
        return true;
    fill_header(placement.event, &placement);
    decision_add(out, EVENT_ORDER_PLACED, placement.event);
    return true;
}
