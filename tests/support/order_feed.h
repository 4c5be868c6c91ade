// SPDX-License-Identifier: Apache-2.0
// Fills a store with orders as order-command would: commands are decided by the domain and appended
// by the store. The same seed gives the same orders.
#ifndef SUPPORT_ORDER_FEED_H
#define SUPPORT_ORDER_FEED_H

#include "aggregate/load.h"
#include "domain/order.h"
#include "domain/stock_messages.h"
#include "support/person.h"
#include "support/sealer.h"
#include "support/stage.h"

#include <stdio.h>

enum {
    FEED_MOST_LINES = 64,
    FEED_MOST_BATCH = 64,
    FEED_SKUS = 40,
};

struct feed {
    struct db db;
    struct appender appender;
    struct arena arena;
    struct tenant_settings tenant;
    int32_t tenant_id;
    uint64_t seed;
    int64_t skus;                /* how many articles there are */
    int64_t placed_us;           /* orders are placed from this on, … */
    int64_t days;                /* … within so many days */
    int64_t clock_us;            /* events occur here; moves on by itself */
    bool personal;               /* orders have persons behind them, and histories customers */
    const struct uuid *customer; /* who orders; NULL: one of 50 */
    struct test_sealer sealer;
};

static inline void feed_check(bool ok, const struct error *err)
{
    if (!ok)
        fail_msg("feed: %s", err->text);
}

/* conninfo: as a role that may append. */
static inline void feed_open(struct feed *feed, const char *conninfo, uint64_t seed)
{
    struct error err;
    *feed = (struct feed){
        .tenant = {.gifts_allowed = true, .currencies = "*"},
        .seed = seed,
        .skus = FEED_SKUS,
        .placed_us = INT64_C(1291161600000000), /* 2010-12-01 */
        .days = 600,
        .clock_us = STAGE_NOW};
    feed_check(db_open(&feed->db, conninfo, "order feed", &err), &err);
    feed_check(
        store_find_tenant(&feed->db, "default", &feed->tenant_id, &feed->tenant.tenant, &err),
        &err);
    appender_init(&feed->appender);
    arena_init(&feed->arena, (size_t)256 << 20);
    test_sealer_open(&feed->sealer);
}

static inline void feed_close(struct feed *feed)
{
    appender_release(&feed->appender);
    arena_release(&feed->arena);
    test_sealer_close(&feed->sealer);
    db_close(&feed->db);
}

static inline struct uuid feed_uuid(struct feed *feed)
{
    struct uuid id;
    uint64_t high = stage_draw(&feed->seed);
    uint64_t low = stage_draw(&feed->seed);
    memcpy(id.bytes, &high, 8);
    memcpy(id.bytes + 8, &low, 8);
    return id;
}

static inline struct stream_id feed_order_stream(const struct feed *feed, struct uuid id)
{
    return (struct stream_id){.tenant_id = feed->tenant_id, .category = CATEGORY_ORDER, .id = id};
}

/* ---- deciding ---- */

/* Decides on the state and puts the events into a command and the command into a group. */
static inline void feed_decide(
    struct feed *feed,
    const struct aggregate *aggregate,
    const struct stream_id *stream,
    const struct command *command,
    struct new_command *out_command,
    struct append_group *out_group)
{
    struct decide_context context = {
        .arena = &feed->arena,
        .now_us = feed->clock_us,
        .tenant = &feed->tenant,
        .stream_id = stream->id,
        .subject = SUBJECT_ACTIVE};
    const struct sealer *sealer = NULL;
    struct uuid subject;
    if (aggregate_subject(aggregate, stream, command, &subject))
        sealer = test_sealer_of(&feed->sealer, &subject);
    struct decision decision;
    struct error err;
    assert_true(aggregate_decide(aggregate, command, &context, &decision));
    if (decision.rejection != NULL)
        fail_msg("feed: refused: %s (%s)", decision.rejection->code, decision.field);
    struct new_event *events = arena_array(&feed->arena, decision.event_count, struct new_event);
    assert_non_null(events);
    feed->clock_us += 1000003;
    struct event_place place = {
        .tenant = feed->tenant.tenant,
        .stream = *stream,
        .command_id = feed_uuid(feed),
        .occurred_us = feed->clock_us};
    for (size_t i = 0; i < decision.event_count; i++) {
        place.version = aggregate->version + 1 + (int64_t)i;
        feed_check(
            aggregate_encode(&decision.events[i], &place, sealer, &feed->arena, &events[i], &err),
            &err);
    }
    *out_command = (struct new_command){
        .id = place.command_id,
        .outcome = OUTCOME_ACCEPTED,
        .events = events,
        .event_count = decision.event_count};
    *out_group = (struct append_group){
        .stream = *stream,
        .expected_version = aggregate->version,
        .commands = out_command,
        .command_count = 1};
}

static inline void feed_append(struct feed *feed, struct append_group *groups, size_t count)
{
    struct error err;
    const struct append_batch batch = {
        .groups = groups,
        .group_count = count,
        .erasure_fence = feed->personal ? 0 : STORE_NOTHING_SEALED};
    feed_check(store_append(&feed->appender, &feed->db, &batch, &err), &err);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(groups[i].status, APPEND_OK);
    arena_reset(&feed->arena);
}

static inline void
feed_load(struct feed *feed, const struct stream_id *stream, struct aggregate *out)
{
    struct error err;
    struct load_result loaded;
    const struct load_request request = {.streams = stream, .stream_count = 1};
    feed_check(store_load(&feed->db, &request, &feed->arena, &loaded, &err), &err);
    enum category category = (enum category)stream->category;
    feed_check(aggregate_load(loaded.streams, category, &feed->arena, out, &err), &err);
}

/* Loads the stream, decides and appends. */
static inline void feed_do(
    struct feed *feed,
    enum category category,
    const struct uuid *id,
    enum command_type type,
    const void *body)
{
    struct stream_id stream = {
        .tenant_id = feed->tenant_id, .category = (int16_t)category, .id = *id};
    struct aggregate aggregate;
    struct new_command decided;
    struct append_group group;
    feed_load(feed, &stream, &aggregate);
    feed_decide(
        feed, &aggregate, &stream, &(struct command){.type = type, .body = body}, &decided, &group);
    feed_append(feed, &group, 1);
}

/* ---- orders ---- */

static inline struct slice feed_text(struct feed *feed, const char *before, int64_t number)
{
    char text[64];
    struct slice out;
    int length = snprintf(text, sizeof(text), "%s%05lld", before, (long long)number);
    assert_true(arena_copy(&feed->arena, slice_of(text, (size_t)length), &out));
    return out;
}

/* An order of `line_count` lines in the arena; tax is in the prices, so that the total is simple.
 * Articles repeat. */
static inline const struct place_order *feed_order(struct feed *feed, size_t line_count)
{
    struct place_order_line *lines = arena_array(&feed->arena, line_count, struct place_order_line);
    struct place_order *order = arena_new(&feed->arena, struct place_order);
    assert_true(lines != NULL && order != NULL);
    bool yen = stage_draw_below(&feed->seed, 5) == 0;
    int64_t total = 0;
    for (size_t i = 0; i < line_count; i++) {
        int64_t sku = stage_draw_below(&feed->seed, feed->skus);
        lines[i] = (struct place_order_line){
            .line_no = (int64_t)i + 1,
            .sku = feed_text(feed, "SKU-", sku),
            .qty = 1 + stage_draw_below(&feed->seed, 9),
            .unit_price = {stage_draw_below(&feed->seed, 10000), yen ? 0 : 2},
            .tax_ppm = 200000};
        if (sku % 3 != 0) {
            lines[i].has_title = true;
            lines[i].title = feed_text(feed, "Article number ", sku);
        }
        if (sku % 5 == 0) {
            lines[i].has_seller_id = true;
            lines[i].seller_id = feed_text(feed, "seller-", sku % 7);
        }
        total += lines[i].qty * lines[i].unit_price.coefficient;
    }
    *order = (struct place_order){
        .customer_id = feed->customer != NULL
                           ? *feed->customer
                           : (struct uuid){{(uint8_t)stage_draw_below(&feed->seed, 50)}},
        .channel = stage_draw_below(&feed->seed, 4),
        .currency = slice_of_text(yen ? "JPY" : "EUR"),
        .prices_include_tax = true,
        .ship_country = slice_of_text("DE"),
        .lines = lines,
        .lines_count = line_count,
        .declared_total = {total, yen ? 0 : 2},
        .placed_at = feed->placed_us + stage_draw_below(&feed->seed, feed->days * 86400 * 1000000)};
    if (feed->personal && (feed->customer != NULL || stage_draw_below(&feed->seed, 5) != 0))
        ada_orders(order);
    return order;
}

/* Places `count` orders in one append; *ids, when not NULL, gets their ids. */
static inline void
feed_place_many(struct feed *feed, size_t count, size_t line_count, struct uuid *ids)
{
    static struct new_command commands[FEED_MOST_BATCH];
    static struct append_group groups[FEED_MOST_BATCH];
    assert_true(count <= FEED_MOST_BATCH);
    for (size_t i = 0; i < count; i++) {
        struct stream_id stream = feed_order_stream(feed, feed_uuid(feed));
        struct aggregate nothing;
        assert_true(aggregate_init(&nothing, CATEGORY_ORDER, &feed->arena));
        struct command command = {
            .type = COMMAND_PLACE_ORDER, .body = feed_order(feed, line_count)};
        feed_decide(feed, &nothing, &stream, &command, &commands[i], &groups[i]);
        if (ids != NULL)
            ids[i] = stream.id;
    }
    feed_append(feed, groups, count);
}

static inline struct uuid feed_place(struct feed *feed, size_t line_count)
{
    struct uuid id;
    feed_place_many(feed, 1, line_count, &id);
    return id;
}

static inline void feed_cancel_order(struct feed *feed, const struct uuid *id)
{
    struct cancel_order body = {.reason = 0};
    feed_do(feed, CATEGORY_ORDER, id, COMMAND_CANCEL_ORDER, &body);
}

static inline void
feed_cancel_line(struct feed *feed, const struct uuid *id, int64_t line_no, int64_t qty)
{
    struct order_units line = {.line_no = line_no, .qty = qty};
    struct cancel_lines body = {.lines = &line, .lines_count = 1};
    feed_do(feed, CATEGORY_ORDER, id, COMMAND_CANCEL_LINES, &body);
}

/* Cancels a random part of what is open, possibly all of it; nothing when nothing is. */
static inline void feed_cancel_some(struct feed *feed, const struct uuid *id)
{
    struct stream_id stream = feed_order_stream(feed, *id);
    struct aggregate aggregate;
    feed_load(feed, &stream, &aggregate);
    const struct order *order = aggregate.state;
    struct order_units lines[FEED_MOST_LINES];
    size_t count = 0;
    for (size_t i = 0; i < order->line_count && order->status == ORDER_PLACED; i++) {
        int64_t open = order->lines[i].placed.qty - order->lines[i].cancelled;
        int64_t qty = stage_draw_below(&feed->seed, open + 1);
        if (qty > 0 && count < FEED_MOST_LINES)
            lines[count++] =
                (struct order_units){.line_no = order->lines[i].placed.line_no, .qty = qty};
    }
    struct cancel_lines body = {.lines = lines, .lines_count = count};
    if (count != 0)
        feed_do(feed, CATEGORY_ORDER, id, COMMAND_CANCEL_LINES, &body);
}

static inline void feed_stock(struct feed *feed)
{
    struct receive_stock body = {.sku = slice_of_text("SKU-00001"), .qty = 5};
    struct uuid id = stock_stream_id(
        &feed->tenant.tenant, slice_of_text(STOCK_DEFAULT_LOCATION), slice_of_text("SKU-00001"));
    feed_do(feed, CATEGORY_STOCK, &id, COMMAND_RECEIVE_STOCK, &body);
}

/* ---- persons ---- */

static inline void feed_change_address(struct feed *feed, const struct uuid *id)
{
    struct change_shipping_address body = {
        .country = slice_of_text("DE"), .address = ada_address()};
    feed_do(feed, CATEGORY_ORDER, id, COMMAND_CHANGE_SHIPPING_ADDRESS, &body);
}

static inline void feed_register_as(struct feed *feed, const struct uuid *id)
{
    struct register_customer body = {
        .region = slice_of_text("eu"),
        .has_locale = id->bytes[0] % 2 == 0,
        .locale = slice_of_text("de-DE"),
        .contact = ada_customer()};
    feed_do(feed, CATEGORY_CUSTOMER, id, COMMAND_REGISTER_CUSTOMER, &body);
}

static inline struct uuid feed_register(struct feed *feed)
{
    struct uuid id = feed_uuid(feed);
    feed_register_as(feed, &id);
    return id;
}

static inline void feed_change_contact(struct feed *feed, const struct uuid *id)
{
    struct change_contact body = {.contact = ada_customer()};
    feed_do(feed, CATEGORY_CUSTOMER, id, COMMAND_CHANGE_CONTACT, &body);
}

/* A customer, and what some of them do later; an address changed before and after other changes. */
static inline void feed_persons(struct feed *feed, const struct uuid *order)
{
    struct uuid customer = feed_register(feed);
    if (customer.bytes[1] % 3 == 0)
        feed_change_contact(feed, &customer);
    struct uuid id = feed_place(feed, 2);
    feed_change_address(feed, &id);
    if (customer.bytes[1] % 2 == 0)
        feed_cancel_line(feed, &id, 1, 1);
    feed_change_address(feed, &id);
    if (customer.bytes[1] % 5 == 0)
        feed_cancel_order(feed, &id);
    struct stream_id stream = feed_order_stream(feed, *order);
    struct aggregate aggregate;
    feed_load(feed, &stream, &aggregate);
    if (((const struct order *)aggregate.state)->status == ORDER_PLACED)
        feed_change_address(feed, order);
    if (customer.bytes[2] % 2 == 0)
        feed_change_contact(feed, &customer);
}

/* A mixed history: `count` orders, now and then one of them changed, cancelled or some stock
 * received in between. */
static inline void feed_history(struct feed *feed, size_t count)
{
    struct uuid ids[256];
    assert_true(count <= countof(ids));
    for (size_t i = 0; i < count; i++) {
        ids[i] = feed_place(feed, 1 + (size_t)stage_draw_below(&feed->seed, 6));
        const struct uuid *any = &ids[stage_draw_below(&feed->seed, (int64_t)i + 1)];
        switch (stage_draw_below(&feed->seed, 6)) {
        case 0:
        case 1:
            feed_cancel_some(feed, any);
            break;
        case 2:
            feed_cancel_some(feed, &ids[i]);
            feed_cancel_some(feed, &ids[i]);
            break;
        case 3:
            feed_stock(feed);
            break;
        default:
            break;
        }
        if (feed->personal && i % 3 == 2)
            feed_persons(feed, any);
        if (i % 11 == 10) { /* an order of its own: cancelled orders refuse to be cancelled again */
            struct uuid id = feed_place(feed, 3);
            feed_cancel_line(feed, &id, 2, 1);
            feed_cancel_order(feed, &id);
        }
    }
}

#endif
