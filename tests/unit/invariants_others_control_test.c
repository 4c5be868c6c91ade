// SPDX-License-Identifier: Apache-2.0
// The control of invariants_test, stock, promotions and customers: events that a faulty domain would let through. The books must
// name the invariant that each breaks.
#include "support/planted.h"

/* ---- stock, promotions, customers ---- */

static void plant_stock(const char *bug, enum event_type type, const void *body)
{
    const struct stock_received receives = {ARTICLE, .qty = 5, .on_hand = 5};
    const struct stock_reserved reserves = {
        ARTICLE, .order_id = ID(1), .qty = 3, .on_hand = 5, .reserved = 3};
    struct stock_books books = {0};
    assert_null(stock_books_post(&books, &(struct event){EVENT_STOCK_RECEIVED, &receives}));
    assert_null(stock_books_post(&books, &(struct event){EVENT_STOCK_RESERVED, &reserves}));
    assert_names(stock_books_post(&books, &(struct event){type, body}), "I10", bug);
}

static void faults_of_stock(void **state)
{
    (void)state;
    struct stock_reserved reserves = {
        ARTICLE, .order_id = ID(2), .qty = 3, .on_hand = 5, .reserved = 6};
    plant_stock("an oversold reservation", EVENT_STOCK_RESERVED, &reserves);
    reserves.qty = 2;
    plant_stock("a miscounted reservation", EVENT_STOCK_RESERVED, &reserves);
    reserves.order_id.bytes[0] = 1;
    reserves.reserved = 5;
    plant_stock("an order that reserves twice", EVENT_STOCK_RESERVED, &reserves);
    const struct stock_adjusted adjusts = {ARTICLE, .delta = -3, .on_hand = 2, .reserved = 3};
    plant_stock("reserved units adjusted away", EVENT_STOCK_ADJUSTED, &adjusts);
    struct reservation_released releases = {
        ARTICLE, .order_id = ID(1), .qty = 4, .on_hand = 5, .reserved = -1};
    plant_stock("more released than reserved", EVENT_RESERVATION_RELEASED, &releases);
    releases.order_id.bytes[0] = 2;
    plant_stock("a reservation released that is none", EVENT_RESERVATION_RELEASED, &releases);
    const struct reservation_committed commits = {
        ARTICLE, .order_id = ID(1), .qty = 3, .on_hand = 5, .reserved = 0};
    plant_stock("units that left and are still there", EVENT_RESERVATION_COMMITTED, &commits);
}

static void plant_promotion(const char *invariant, const char *bug, struct promotion_redeemed event)
{
    const struct promotion_defined terms = {
        .bps = 1000,
        .has_bps = true,
        .max_uses = 2,
        .has_max_uses = true,
        .per_customer = 1,
        .min_purchase = 50,
        .valid_until = 10};
    const struct promotion_redeemed redeems = {
        .order_id = ID(1), .customer_id = ID(1), .subtotal = 100, .discount = 10, .uses_after = 1};
    struct promotion_books books = {0};
    assert_null(promotion_books_post(&books, &(struct event){EVENT_PROMOTION_DEFINED, &terms}));
    assert_null(promotion_books_post(&books, &(struct event){EVENT_PROMOTION_REDEEMED, &redeems}));
    assert_names(
        promotion_books_post(&books, &(struct event){EVENT_PROMOTION_REDEEMED, &event}),
        invariant,
        bug);
}

static void faults_of_promotions(void **state)
{
    (void)state;
    struct promotion_redeemed event = {
        .order_id = ID(2), .customer_id = ID(1), .subtotal = 100, .discount = 10, .uses_after = 2};
    plant_promotion("I11", "a customer's limit passed", event);
    event.customer_id.bytes[0] = 2;
    event.uses_after = 1;
    plant_promotion("I11", "uses not counted", event);
    event.uses_after = 2;
    event.discount = 11;
    plant_promotion("I3", "another discount", event);
    event.discount = 10;
    event.at = 10;
    plant_promotion("state", "too late", event);
    event.at = 0;
    event.order_id.bytes[0] = 1;
    plant_promotion("I11", "an order that redeems twice", event);
}

static void a_promotion_is_not_used_more_often_than_it_may_be(void **state)
{
    const struct promotion_defined terms = {
        .bps = 1000, .max_uses = 1, .has_max_uses = true, .per_customer = 9, .valid_until = 10};
    struct promotion_redeemed redeems = {.order_id = ID(1), .uses_after = 1};
    struct promotion_books books = {0};
    (void)state;
    assert_null(promotion_books_post(&books, &(struct event){EVENT_PROMOTION_DEFINED, &terms}));
    assert_null(promotion_books_post(&books, &(struct event){EVENT_PROMOTION_REDEEMED, &redeems}));
    redeems.order_id.bytes[0] = 2;
    redeems.uses_after = 2;
    const char *fault =
        promotion_books_post(&books, &(struct event){EVENT_PROMOTION_REDEEMED, &redeems});
    assert_names(fault, "I11", "used up");
}

static void faults_of_erasures(void **state)
{
    const struct customer_registered registered = {.region = SLICE_LITERAL("eu")};
    const struct destroyed_class classes[] = {{0}};
    const struct customer_erased erased = {.classes = classes, .classes_count = 1};
    const struct event register_it = {EVENT_CUSTOMER_REGISTERED, &registered};
    const struct event request = {EVENT_ERASURE_REQUESTED, NULL};
    const struct event erase = {EVENT_CUSTOMER_ERASED, &erased};
    const struct event change = {EVENT_CUSTOMER_CONTACT_CHANGED, NULL};
    struct customer_books books = {0};
    (void)state;
    assert_names(customer_books_post(&books, &erase), "state", "erased, but never there");
    assert_null(customer_books_post(&books, &register_it));
    assert_names(customer_books_post(&books, &erase), "state", "erased, but never asked for");
    assert_null(customer_books_post(&books, &request));
    assert_names(customer_books_post(&books, &change), "I13", "a contact while being erased");
    assert_null(customer_books_post(&books, &erase));
    assert_names(customer_books_post(&books, &erase), "state", "erased twice");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_of_stock),
        cmocka_unit_test(faults_of_promotions),
        cmocka_unit_test(a_promotion_is_not_used_more_often_than_it_may_be),
        cmocka_unit_test(faults_of_erasures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
