// SPDX-License-Identifier: Apache-2.0
// Random sequences of all 30 commands, valid and not, on all four aggregates. After every fold: the
// books that are kept from the events alone (support/books.h) say that every invariant holds; the
// aggregate's own counters are those of the books; a twin that only ever sees stored bytes, and that is
// replaced by a copy of itself now and then, as by a snapshot, is in the same state (I12). At the end
// every command was accepted and refused, and every event seen.
//
// ORDER_TEST_SEED=N repeats a run.
#include "base/clock.h"
#include "golden/golden.h"
#include "support/random_commands.h"
#include "support/stage.h"
#include "upcast/event_read.h"
#include "wire/codec.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    ORDERS = 3000,
    ORDER_COMMANDS = 90, /* at most */
    OTHERS = 200,        /* of each other aggregate */
    OTHER_COMMANDS = 120,
};

/* Of a whole run. */
static struct {
    size_t accepted[COMMAND_TYPE_COUNT]; /* with events */
    size_t nothing[COMMAND_TYPE_COUNT];  /* accepted without */
    size_t refused[COMMAND_TYPE_COUNT];
    size_t events[EVENT_TYPE_COUNT];
    size_t statuses[ORDER_STATUS_COUNT]; /* orders that were in it in the end */
    size_t codes[REJECTION_COUNT];
} seen;

struct run {
    struct stage stage;
    struct aggregate twin;
    struct dice dice;
    union {
        struct order_books order;
        struct stock_books stock;
        struct promotion_books promotion;
        struct customer_books customer;
    } books;
};

/* ---- the aggregate against the books ---- */

#define SAME(a, b) assert_int_equal(a, b)

static void check_line(const struct order_line *line, const struct book_line *book)
{
    bool over = line->placed.qty == line->cancelled;
    SAME(line->placed.line_no, book->line_no);
    SAME(line->cancelled, book->cancelled);
    SAME(line->cancelled_amount, book->cancelled_amount);
    SAME(line->shipped, book->shipped);
    SAME(line->delivered, book->delivered);
    SAME(line->return_requested, book->return_requested);
    SAME(line->returned, book->returned);
    SAME(line->accepted, book->accepted);
    if (!over)
        assert_int_equal(line->reserved != 0, book->reserved != 0);
}

static void check_order(const struct order *order, const struct order_books *books)
{
    SAME(order->status, books->status);
    SAME(order->held, books->held);
    SAME(order->line_count, books->line_count);
    for (size_t i = 0; i < books->line_count; i++)
        check_line(&order->lines[i], &books->lines[i]);
    assert_memory_equal(&order->sums, &books->sums, sizeof(order->sums));
    SAME(order_due(order), order_books_due(books));
    SAME(order_funds(order), order_books_funds(books));
    SAME(order_balance(order), order_books_balance(books));
    SAME(order_refundable(order), order_books_refundable(books));
    int64_t kept = books->sums.captured - books->sums.refunded; /* I5 */
    SAME(
        order_facets_of(&order->sums).payment == PAYMENT_FACET_OVER_CAPTURED,
        kept > 0 && kept > order_books_due(books));
}

static void check_stock(const struct stock_item *item, const struct stock_books *books)
{
    SAME(item->on_hand, books->on_hand);
    SAME(item->reserved, stock_books_reserved(books));
    SAME(item->reservations.count, books->open_count);
    for (size_t i = 0; i < books->open_count; i++) {
        struct uuid_value open;
        assert_true(uuid_map_find(&item->reservations, &books->open[i].key, &open));
        SAME(open.number, books->open[i].qty);
    }
}

static void check_promotion(const struct promotion *promotion, const struct promotion_books *books)
{
    SAME(promotion->status, books->status);
    SAME(promotion->redemptions.count, books->open_count);
    for (size_t i = 0; i < books->open_count; i++) {
        struct uuid_value open;
        assert_true(uuid_map_find(&promotion->redemptions, &books->open[i].key, &open));
        assert_true(uuid_equal(&open.id, &books->open[i].of));
    }
}

static void check_state(const struct run *run, const void *state)
{
    switch (run->stage.aggregate.category) {
    case CATEGORY_ORDER:
        check_order(state, &run->books.order);
        break;
    case CATEGORY_STOCK:
        check_stock(state, &run->books.stock);
        break;
    case CATEGORY_PROMOTION:
        check_promotion(state, &run->books.promotion);
        break;
    case CATEGORY_CUSTOMER:
        SAME(((const struct customer *)state)->status, run->books.customer.status);
        SAME(((const struct customer *)state)->destroyed, run->books.customer.destroyed);
        break;
    }
}

static const char *post(struct run *run, const struct event *event)
{
    switch (run->stage.aggregate.category) {
    case CATEGORY_ORDER:
        return order_books_post(&run->books.order, event);
    case CATEGORY_STOCK:
        return stock_books_post(&run->books.stock, event);
    case CATEGORY_PROMOTION:
        return promotion_books_post(&run->books.promotion, event);
    case CATEGORY_CUSTOMER:
        return customer_books_post(&run->books.customer, event);
    }
    return "no such category";
}

/* ---- driving ---- */

/* The event as the store would give it back: without what was sealed. */
static struct event through_the_store(struct run *run, const struct event *event)
{
    enum { MOST = 16384 };
    const struct message *message = event_descriptions[event->type].message;
    struct writer out = writer_over(arena_take_raw(&run->stage.arena, MOST), MOST);
    struct event read;
    struct error err;
    assert_non_null(out.data);
    wire_encode(message, WIRE_STORED, event->body, &out);
    assert_false(out.overflow);
    if (!event_read(
            slice_of_text(message->name),
            message->version,
            writer_slice(&out),
            &run->stage.arena,
            &read,
            &err))
        fail_msg("%s", err.text);
    return read;
}

static void fold(struct run *run, const struct event *event)
{
    struct stage *stage = &run->stage;
    const char *name = event_descriptions[event->type].message->name;
    int64_t version = stage->aggregate.version;
    struct event stored = through_the_store(run, event);
    seen.events[event->type]++;
    const char *fault = post(run, event);
    if (fault != NULL)
        fail_msg("%s as version %" PRId64 ": %s", name, version + 1, fault);
    if (!aggregate_evolve(&stage->aggregate, event, &stage->arena))
        fail_msg("%s as version %" PRId64 " contradicts", name, version + 1);
    assert_true(aggregate_evolve(&run->twin, &stored, &stage->arena));
    SAME(stage->aggregate.version, version + 1);
    SAME(run->twin.version, version + 1);
}

static void count_answer(const struct command *command, const struct decision *decision)
{
    if (decision->rejection == NULL) {
        size_t *counter = decision->event_count > 0 ? seen.accepted : seen.nothing;
        counter[command->type]++;
        return;
    }
    seen.refused[command->type]++;
    for (size_t i = 0; i < REJECTION_COUNT; i++)
        seen.codes[i] += strcmp(rejections[i].code, decision->rejection->code) == 0;
}

/* Who is being erased, or was, is known outside. */
static enum subject_state random_subject(struct dice *dice)
{
    if (!once_in(dice, 25))
        return SUBJECT_ACTIVE;
    return once_in(dice, 2) ? SUBJECT_ERASED : SUBJECT_ERASING;
}

static void decide(struct run *run, const struct command *command)
{
    struct stage *stage = &run->stage;
    stage->context.now_us = run->dice.now_us;
    stage->context.subject = SUBJECT_NONE_NEEDED;
    if (command_may_be_personal(command->type))
        stage->context.subject = random_subject(&run->dice);
    stage_decide(stage, command->type, command->body);
    count_answer(command, &stage->decision);
    assert_true(stage->decision.rejection == NULL || stage->decision.event_count == 0);
    for (size_t i = 0; i < stage->decision.event_count; i++)
        fold(run, &stage->decision.events[i]);
    check_state(run, stage->aggregate.state);
    check_state(run, run->twin.state);
    if (once_in(&run->dice, 10)) {
        struct aggregate copy;
        assert_true(aggregate_copy(&run->twin, &stage->arena, &copy));
        run->twin = copy;
    }
}

static struct command random_command(struct run *run)
{
    switch (run->stage.aggregate.category) {
    case CATEGORY_ORDER:
        return random_order_command(&run->dice, &run->books.order);
    case CATEGORY_STOCK:
        return random_stock_command(&run->dice, &run->books.stock);
    case CATEGORY_PROMOTION:
        return random_promotion_command(&run->dice, &run->books.promotion);
    case CATEGORY_CUSTOMER:
        break;
    }
    return random_customer_command(&run->dice, &run->books.customer);
}

/* Mostly minutes; sometimes so long that windows close. */
static void pass_time(struct dice *dice)
{
    int64_t minutes = once_in(dice, 30) ? 31 * 24 * 60 : once_in(dice, 6) ? 600 : 1;
    dice->now_us += minutes * 60000000;
}

static void start(struct run *run, enum category category, uint64_t seed)
{
    struct stage *stage = &run->stage;
    memset(run, 0, sizeof(*run));
    stage_open(stage, category);
    stage->tenant.rounding = (enum rounding)(category == CATEGORY_ORDER && seed % 2 == 1);
    if (category == CATEGORY_PROMOTION)
        stage->context.stream_id =
            promotion_stream_id(&stage->tenant.tenant, slice_of_text("SPRING26"));
    run->dice = (struct dice){
        .seed = seed,
        .now_us = STAGE_NOW,
        .arena = &stage->arena,
        .tenant = &stage->tenant,
        .currency = money_find_currency(slice_of_text("EUR"))};
    assert_true(aggregate_init(&run->twin, category, &stage->arena));
}

static void sequences(enum category category, size_t sequence_count, int commands, uint64_t seed)
{
    static struct run run;
    for (size_t i = 0; i < sequence_count; i++) {
        start(&run, category, seed + i);
        int64_t count = 1 + roll(&run.dice, commands);
        for (int64_t number = 0; number < count; number++) {
            struct command command = random_command(&run);
            decide(&run, &command);
            pass_time(&run.dice);
        }
        if (category == CATEGORY_ORDER)
            seen.statuses[run.books.order.status]++;
        stage_close(&run.stage);
    }
}

static uint64_t first_seed(void)
{
    const char *given = getenv("ORDER_TEST_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)clock_now_us();
    print_message("seed %" PRIu64 "\n", seed);
    return seed;
}

static void orders(void **state)
{
    (void)state;
    sequences(CATEGORY_ORDER, ORDERS, ORDER_COMMANDS, first_seed());
    for (enum order_status status = ORDER_NONE; status < ORDER_STATUS_COUNT; status++)
        print_message("%6zu orders end %s\n", seen.statuses[status], order_status_name(status));
    for (enum order_status status = ORDER_PLACED; status < ORDER_STATUS_COUNT; status++)
        assert_true(seen.statuses[status] > 0);
}

static void stock_items(void **state)
{
    (void)state;
    sequences(CATEGORY_STOCK, OTHERS, OTHER_COMMANDS, first_seed());
}

static void promotions(void **state)
{
    (void)state;
    sequences(CATEGORY_PROMOTION, OTHERS, OTHER_COMMANDS, first_seed());
}

static void customers(void **state)
{
    (void)state;
    sequences(CATEGORY_CUSTOMER, OTHERS, OTHER_COMMANDS, first_seed());
}

/* A generator that leaves something out would prove nothing about it. */
static void nothing_was_left_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < COMMAND_TYPE_COUNT; i++) {
        const char *name = command_descriptions[i].message->name;
        print_message(
            "%-22s %7zu accepted %6zu without event %7zu refused\n",
            name,
            seen.accepted[i],
            seen.nothing[i],
            seen.refused[i]);
        if (seen.accepted[i] == 0 || seen.refused[i] == 0)
            fail_msg("%s was never accepted, or never refused", name);
    }
    for (size_t i = 0; i < REJECTION_COUNT; i++) {
        if (seen.codes[i] > 0)
            print_message("%7zu %s\n", seen.codes[i], rejections[i].code);
    }
    for (size_t i = 0; i < EVENT_TYPE_COUNT; i++) {
        if (seen.events[i] == 0)
            fail_msg("%s was never seen", event_descriptions[i].message->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders),
        cmocka_unit_test(stock_items),
        cmocka_unit_test(promotions),
        cmocka_unit_test(customers),
        cmocka_unit_test(nothing_was_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
