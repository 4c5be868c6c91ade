// SPDX-License-Identifier: Apache-2.0
// Random commands against a small model of the rules: the answer is the model's, the invariants
// (domain: lines, totals, currency, stock) hold after every event, and a twin that only ever sees
// stored bytes is in the same state.
#include "aggregate/load.h"
#include "base/clock.h"
#include "golden/golden.h"
#include "support/stage.h"
#include "upcast/event_read.h"

#include <inttypes.h>
#include <stdlib.h>

__extension__ typedef __int128 wide;

enum {
    ORDERS = 400,
    ITEMS = 200,
    COMMANDS = 30, /* for each order and item, after the first */
    MOST_LINES = 12,
};

/* What the rules say about one order, kept apart from the code under test. */
struct model {
    size_t line_count;
    struct {
        int64_t line_no;
        int64_t qty;
        int64_t cancelled;
        int64_t total;
    } lines[MOST_LINES];
    int64_t total;
    bool cancelled;
};

struct run {
    struct stage stage;
    struct aggregate twin; /* fed with decoded stored bytes only */
    struct model model;
    struct stage_order order;
    struct place_order_line lines[MOST_LINES];
    uint64_t seed;
    int64_t last_cancelled_amount;
};

static int64_t below(struct run *run, int64_t bound)
{
    return stage_draw_below(&run->seed, bound);
}

/* ---- the model's arithmetic: another way of rounding ---- */

static int64_t model_round(wide numerator, wide denominator, enum rounding rounding)
{
    wide doubled = (2 * numerator + denominator) / (2 * denominator); /* half up */
    bool exact_half = (2 * numerator + denominator) % (2 * denominator) == 0;
    if (rounding == ROUNDING_HALF_EVEN && exact_half && doubled % 2 != 0)
        doubled--;
    return (int64_t)doubled;
}

static struct money_parts
model_tax(int64_t amount, int64_t ppm, bool included, enum rounding rounding)
{
    struct money_parts parts = {.net = amount, .total = amount};
    if (included) {
        parts.net = model_round((wide)amount * 1000000, 1000000 + ppm, rounding);
        parts.tax = amount - parts.net;
    } else {
        parts.tax = model_round((wide)amount * ppm, 1000000, rounding);
        parts.total = amount + parts.tax;
    }
    return parts;
}

static int64_t
model_share(int64_t total, int64_t from, int64_t to, int64_t of, enum rounding rounding)
{
    return model_round((wide)total * to, of, rounding) -
           model_round((wide)total * from, of, rounding);
}

/* ---- invariants ---- */

static void check_order(const struct order *order)
{
    int64_t units = 0, units_cancelled = 0, sum = order->shipping + order->shipping_tax;
    for (size_t i = 0; i < order->line_count; i++) {
        const struct order_line *line = &order->lines[i];
        assert_in_range(line->cancelled, 0, line->placed.qty); /* I1 */
        assert_int_equal(line->placed.line_net + line->placed.line_tax, line->placed.line_total);
        assert_true(i == 0 || line->placed.line_no > line[-1].placed.line_no);
        sum += line->placed.line_total;
        units += line->placed.qty;
        units_cancelled += line->cancelled;
    }
    assert_int_equal(order->total, sum); /* I3 */
    assert_int_equal(order->subtotal + order->shipping + order->tax, order->total);
    assert_non_null(money_find_currency(order->currency)); /* I7 */
    assert_int_equal(order->sums.units, units);
    assert_int_equal(order->sums.cancelled, units_cancelled);
    assert_in_range(order->sums.cancelled_amount, 0, order->total);
    assert_int_equal(order->status == ORDER_CANCELLED, units == units_cancelled);
    if (order->status == ORDER_CANCELLED)
        assert_int_equal(order->sums.cancelled_amount, order->total);
}

static void check_item(const struct stock_item *item)
{
    assert_true(0 <= item->reserved && item->reserved <= item->on_hand); /* I10 */
}

static void assert_same_slice(struct slice a, struct slice b)
{
    assert_int_equal(a.size, b.size);
    if (a.size != 0)
        assert_memory_equal(a.data, b.data, a.size);
}

static void assert_same_order(const struct order *a, const struct order *b)
{
    assert_int_equal(a->status, b->status);
    assert_true(uuid_equal(&a->customer_id, &b->customer_id));
    assert_int_equal(a->channel, b->channel);
    assert_same_slice(a->currency, b->currency);
    assert_int_equal(a->prices_include_tax, b->prices_include_tax);
    assert_int_equal(a->rounding, b->rounding);
    assert_same_slice(a->ship_country, b->ship_country);
    assert_same_slice(a->source_ref, b->source_ref);
    assert_same_slice(a->shipping_method, b->shipping_method);
    assert_int_equal(a->placed_at, b->placed_at);
    assert_int_equal(a->line_count, b->line_count);
    for (size_t i = 0; i < a->line_count; i++) {
        assert_same_message(&order_placed_line_message, &a->lines[i].placed, &b->lines[i].placed);
        assert_int_equal(a->lines[i].cancelled, b->lines[i].cancelled);
    }
    assert_int_equal(a->sums.units, b->sums.units);
    assert_int_equal(a->sums.cancelled, b->sums.cancelled);
    assert_int_equal(a->subtotal, b->subtotal);
    assert_int_equal(a->shipping, b->shipping);
    assert_int_equal(a->shipping_tax, b->shipping_tax);
    assert_int_equal(a->tax, b->tax);
    assert_int_equal(a->total, b->total);
    assert_int_equal(a->sums.cancelled_amount, b->sums.cancelled_amount);
}

static void assert_same_item(const struct stock_item *a, const struct stock_item *b)
{
    assert_int_equal(a->status, b->status);
    assert_same_slice(a->sku, b->sku);
    assert_same_slice(a->location, b->location);
    assert_int_equal(a->on_hand, b->on_hand);
    assert_int_equal(a->reserved, b->reserved);
}

/* ---- driving ---- */

/* The event as the store would give it back. */
static struct event through_the_store(struct run *run, const struct event *event)
{
    struct new_event stored;
    struct event read;
    struct error err;
    struct arena *arena = &run->stage.arena;
    const struct event_place place = {.version = 1, .occurred_us = STAGE_NOW};
    assert_true(aggregate_encode(event, &place, NULL, arena, &stored, &err));
    assert_true(event_read(stored.type, stored.schema_version, stored.payload, arena, &read, &err));
    assert_int_equal(read.type, event->type);
    assert_same_message(event_descriptions[event->type].message, read.body, event->body);
    return read;
}

static void fold(struct run *run)
{
    struct stage *stage = &run->stage;
    for (size_t i = 0; i < stage->decision.event_count; i++) {
        struct event twin_event = through_the_store(run, &stage->decision.events[i]);
        assert_true(aggregate_evolve(&stage->aggregate, &stage->decision.events[i], &stage->arena));
        assert_true(aggregate_evolve(&run->twin, &twin_event, &stage->arena));
        assert_int_equal(stage->aggregate.version, run->twin.version);
        if (stage->aggregate.category == CATEGORY_ORDER) {
            if (i + 1 == stage->decision.event_count) /* cancelled comes as two events */
                check_order(stage_order(stage));
            assert_same_order(stage_order(stage), run->twin.state);
        } else {
            check_item(stage_item(stage));
            assert_same_item(stage_item(stage), run->twin.state);
        }
    }
}

static void start(struct run *run, enum category category, uint64_t seed)
{
    memset(run, 0, sizeof(*run));
    run->seed = seed;
    stage_open(&run->stage, category);
    assert_true(aggregate_init(&run->twin, category, &run->stage.arena));
}

/* ---- orders ---- */

static void fill_lines(struct run *run, int exponent)
{
    run->model.line_count = (size_t)(1 + below(run, MOST_LINES));
    int64_t line_no = 0;
    for (size_t i = 0; i < run->model.line_count; i++) {
        line_no += 1 + below(run, 5);
        run->lines[i] = (struct place_order_line){
            .line_no = line_no,
            .sku = slice_of_text(below(run, 2) ? "A-1" : "B-22"),
            .has_title = below(run, 2) != 0,
            .title = slice_of_text("Lamp"),
            .has_commission_bps = below(run, 2) != 0,
            .commission_bps = below(run, 10001),
            .qty = 1 + below(run, below(run, 4) ? 12 : ORDER_MAX_QTY),
            .unit_price = {below(run, below(run, 4) ? 10000 : MONEY_MAX_PRICE + 1), exponent},
            .tax_ppm = below(run, MONEY_PPM + 1)};
    }
    for (size_t i = run->model.line_count - 1; i > 0; i--) { /* senders need not sort them */
        size_t other = (size_t)below(run, (int64_t)i + 1);
        struct place_order_line moved = run->lines[i];
        run->lines[i] = run->lines[other];
        run->lines[other] = moved;
    }
}

static int64_t model_total(struct run *run)
{
    const struct place_order *command = &run->order.command;
    enum rounding rounding = run->stage.tenant.rounding;
    int64_t total = 0;
    for (size_t i = 0; i < command->lines_count; i++) {
        const struct place_order_line *line = &command->lines[i];
        struct money_parts parts = model_tax(
            line->qty * line->unit_price.coefficient,
            line->tax_ppm,
            command->prices_include_tax,
            rounding);
        run->model.lines[i].line_no = line->line_no;
        run->model.lines[i].qty = line->qty;
        run->model.lines[i].total = parts.total;
        total += parts.total;
    }
    if (!command->has_shipping)
        return total;
    return total + model_tax(
                       command->shipping.amount.coefficient,
                       command->shipping.tax_ppm,
                       command->prices_include_tax,
                       rounding)
                       .total;
}

static void place_random(struct run *run)
{
    static const struct {
        const char *code;
        int exponent;
    } choices[] = {{"EUR", 2}, {"GBP", 2}, {"JPY", 0}, {"KWD", 3}};
    size_t choice = (size_t)below(run, countof(choices));
    stage_fill_order(&run->order);
    fill_lines(run, choices[choice].exponent);
    struct place_order *command = &run->order.command;
    command->lines = run->lines;
    command->lines_count = run->model.line_count;
    command->currency = slice_of_text(choices[choice].code);
    command->prices_include_tax = below(run, 2) != 0;
    command->has_shipping = below(run, 3) != 0;
    command->has_source_ref = below(run, 2) != 0;
    command->shipping.amount = (struct decimal){below(run, 2000), choices[choice].exponent};
    run->stage.tenant.rounding = (enum rounding)below(run, ROUNDING_COUNT);
    run->model.total = model_total(run);
    command->declared_total =
        (struct decimal){run->model.total + 1 - 2 * below(run, 2), choices[choice].exponent};
    stage_decide(&run->stage, COMMAND_PLACE_ORDER, command);
    stage_refused(&run->stage, REJECTION_total_mismatch, "declared_total");
    command->declared_total.coefficient = run->model.total;
    stage_decide(&run->stage, COMMAND_PLACE_ORDER, command);
    stage_accepted(&run->stage, 1);
    fold(run);
    assert_int_equal(stage_order(&run->stage)->total, run->model.total);
}

/* Index in the model, line_count when there is none. */
static size_t model_find(const struct model *model, int64_t line_no)
{
    size_t at = 0;
    while (at < model->line_count && model->lines[at].line_no != line_no)
        at++;
    return at;
}

/* The model's answer to a CancelLines: REJECTION_COUNT when it is accepted. */
static enum rejection_code
model_cancel(const struct model *model, const struct cancel_lines *command)
{
    for (size_t i = 0; i < command->lines_count; i++) {
        size_t at = model_find(model, command->lines[i].line_no);
        if (at == model->line_count)
            return REJECTION_unknown_line;
        for (size_t before = 0; before < i; before++) {
            if (command->lines[before].line_no == command->lines[i].line_no)
                return REJECTION_duplicate_line;
        }
        if (command->lines[i].qty > model->lines[at].qty - model->lines[at].cancelled)
            return REJECTION_quantity_exceeds_open;
    }
    return REJECTION_COUNT;
}

/* Takes an accepted CancelLines into the model; the amount it cancels. */
static int64_t model_apply(struct run *run, const struct cancel_lines *command)
{
    int64_t amount = 0;
    bool open = false;
    struct model *model = &run->model;
    for (size_t i = 0; i < command->lines_count; i++) {
        size_t at = model_find(model, command->lines[i].line_no);
        int64_t before = model->lines[at].cancelled;
        model->lines[at].cancelled += command->lines[i].qty;
        amount += model_share(
            model->lines[at].total,
            before,
            model->lines[at].cancelled,
            model->lines[at].qty,
            stage_order(&run->stage)->rounding);
    }
    for (size_t i = 0; i < model->line_count; i++)
        open = open || model->lines[i].cancelled < model->lines[i].qty;
    model->cancelled = !open;
    return amount;
}

static void cancel_random_lines(struct run *run)
{
    struct order_units lines[4];
    struct cancel_lines command = {
        .lines = lines, .lines_count = (size_t)(1 + below(run, 4)), .reason = below(run, 7)};
    for (size_t i = 0; i < command.lines_count; i++) {
        size_t at = (size_t)below(run, (int64_t)run->model.line_count);
        int64_t open = run->model.lines[at].qty - run->model.lines[at].cancelled;
        bool wild = below(run, 12) == 0;
        lines[i].line_no = wild ? 1 + below(run, 70) : run->model.lines[at].line_no;
        lines[i].qty = 1 + below(run, open + (open == 0 || wild));
        if (below(run, 4) == 0 && open > 0)
            lines[i].qty = open;
    }
    enum rejection_code expected = model_cancel(&run->model, &command);
    bool was_cancelled = run->model.cancelled;
    int64_t before = stage_order(&run->stage)->sums.cancelled_amount;
    stage_decide(&run->stage, COMMAND_CANCEL_LINES, &command);
    if (was_cancelled) {
        stage_accepted(&run->stage, 0);
    } else if (expected != REJECTION_COUNT) {
        stage_refused(
            &run->stage, expected, expected == REJECTION_quantity_exceeds_open ? "qty" : "line_no");
    } else {
        int64_t amount = model_apply(run, &command);
        stage_accepted(&run->stage, run->model.cancelled ? 2 : 1);
        fold(run);
        if (!run->model.cancelled)
            assert_int_equal(stage_order(&run->stage)->sums.cancelled_amount, before + amount);
    }
}

static void cancel_all(struct run *run)
{
    struct cancel_order command = {.reason = below(run, 7)};
    stage_decide(&run->stage, COMMAND_CANCEL_ORDER, &command);
    stage_accepted(&run->stage, run->model.cancelled ? 0 : 1);
    fold(run);
    run->model.cancelled = true;
}

static void place_again(struct run *run)
{
    stage_decide(&run->stage, COMMAND_PLACE_ORDER, &run->order.command);
    stage_refused(&run->stage, REJECTION_already_exists, NULL);
}

static void orders_follow_the_model(uint64_t seed)
{
    static struct run run;
    for (uint64_t order = 0; order < ORDERS; order++) {
        start(&run, CATEGORY_ORDER, seed + order);
        place_random(&run);
        for (int i = 0; i < COMMANDS; i++) {
            int64_t choice = below(&run, 40);
            if (choice == 0)
                cancel_all(&run);
            else if (choice == 1)
                place_again(&run);
            else
                cancel_random_lines(&run);
            assert_true(
                stage_order(&run.stage)->sums.cancelled_amount >= run.last_cancelled_amount);
            run.last_cancelled_amount = stage_order(&run.stage)->sums.cancelled_amount;
        }
        stage_close(&run.stage);
    }
}

/* ---- stock ---- */

static void receive_random(struct run *run)
{
    struct receive_stock command = {
        .sku = slice_of_text("A-1"), .qty = 1 + below(run, 1000), .cause = below(run, 2)};
    stage_decide(&run->stage, COMMAND_RECEIVE_STOCK, &command);
    stage_accepted(&run->stage, 1);
    fold(run);
}

static void adjust_random(struct run *run)
{
    const struct stock_item *item = stage_item(&run->stage);
    struct adjust_stock command = {
        .sku = slice_of_text("A-1"), .delta = below(run, 2001) - 1000, .reason = below(run, 4)};
    int64_t on_hand = item->on_hand + command.delta;
    stage_decide(&run->stage, COMMAND_ADJUST_STOCK, &command);
    if (item->status == STOCK_NONE)
        stage_refused(&run->stage, REJECTION_not_found, NULL);
    else if (command.delta == 0)
        stage_refused(&run->stage, REJECTION_zero_quantity, "delta");
    else if (on_hand < item->reserved)
        stage_refused(&run->stage, REJECTION_stock_reserved, "delta");
    else
        stage_accepted(&run->stage, 1);
    fold(run);
    if (run->stage.decision.event_count == 1)
        assert_int_equal(item->on_hand, on_hand);
}

/* No command reserves yet: the state is told. */
static void reserve_random(struct run *run)
{
    struct stock_item *item = run->stage.aggregate.state;
    struct stock_item *twin = run->twin.state;
    item->reserved = twin->reserved = below(run, item->on_hand + 1);
}

static void items_follow_the_model(uint64_t seed)
{
    static struct run run;
    for (uint64_t number = 0; number < ITEMS; number++) {
        start(&run, CATEGORY_STOCK, seed + number);
        for (int i = 0; i < COMMANDS; i++) {
            int64_t choice = below(&run, 4);
            if (choice == 0)
                receive_random(&run);
            else if (choice == 1)
                reserve_random(&run);
            else
                adjust_random(&run);
        }
        stage_close(&run.stage);
    }
}

/* ORDER_SEED repeats a run; without it every run is another one. */
static uint64_t choose_seed(void)
{
    const char *text = getenv("ORDER_SEED");
    uint64_t seed = text != NULL ? strtoull(text, NULL, 10) : (uint64_t)clock_now_us();
    print_message("ORDER_SEED=%" PRIu64 "\n", seed);
    return seed;
}

static void fixed_seeds(void **state)
{
    (void)state;
    orders_follow_the_model(1);
    items_follow_the_model(1);
}

static void fresh_seeds(void **state)
{
    (void)state;
    uint64_t seed = choose_seed();
    orders_follow_the_model(seed);
    items_follow_the_model(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed_seeds),
        cmocka_unit_test(fresh_seeds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
