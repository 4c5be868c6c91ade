// SPDX-License-Identifier: Apache-2.0
// order-projector verify finds what is wrong: nothing where all is well, and each kind of damage
// where it was planted, by name.
#include "support/life_feed.h"
#include "support/projection.h"

#include <jansson.h>

enum { LARGE_BATCH = 4000 };

/* Runs verify; the exit code, and its answer for json_decref. */
static int verify(const struct projection *projection, json_t **out)
{
    char text[16384];
    json_error_t error;
    int code = projector_program(projection, "verify --json --quiet", text, sizeof(text));
    *out = json_loads(text, 0, &error);
    if (*out == NULL)
        fail_msg("verify printed no JSON (exit %d): %s", code, text);
    return code;
}

static int64_t number_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    assert_non_null(text);
    return text;
}

static void assert_clean(const struct projection *projection)
{
    json_t *answer;
    int code = verify(projection, &answer);
    if (code != 0)
        fail_msg("differences: %s", json_dumps(json_object_get(answer, "first"), JSON_COMPACT));
    assert_int_equal(number_of(answer, "differences"), 0);
    json_decref(answer);
}

/* One row of what is planted and what verify must say of it. */
struct damage {
    const char *sql;
    const char *table;
    const char *column; /* of the first difference */
    int64_t count;      /* of differences; 0: at least one */
};

static void plant(const struct projection *projection, const struct damage *damage)
{
    char sql[512];
    (void)snprintf(sql, sizeof(sql), "set session_replication_role = replica; %s", damage->sql);
    store_database_sql(&projection->database, sql);
}

static void assert_found(const struct projection *projection, const struct damage *damage)
{
    json_t *answer;
    plant(projection, damage);
    int code = verify(projection, &answer);
    if (code != 3)
        fail_msg("exit %d after: %s", code, damage->sql);
    int64_t count = number_of(answer, "differences");
    const json_t *first = json_array_get(json_object_get(answer, "first"), 0);
    assert_non_null(first);
    if (strcmp(text_of(first, "table"), damage->table) != 0 ||
        strcmp(text_of(first, "column"), damage->column) != 0 ||
        (damage->count != 0 && count != damage->count) || count < 1)
        fail_msg(
            "%s: found %d, first %s %s",
            damage->sql,
            (int)count,
            text_of(first, "table"),
            text_of(first, "column"));
    json_decref(answer);
}

/* Each damage on freshly built read models. */
static void
assert_each_found(const struct projection *projection, const struct damage *damages, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        projection_forget(projection);
        projection_catch_up(projection, LARGE_BATCH);
        assert_found(projection, &damages[i]);
    }
}

static void test_agrees_with_what_the_projector_wrote(void **state)
{
    struct projection *projection = *state;
    projection->feed.personal = true;
    feed_history(&projection->feed, 60);
    projection_catch_up(projection, 3);
    json_t *answer;
    assert_int_equal(verify(projection, &answer), 0);
    const struct store_database *database = &projection->database;
    assert_int_equal(number_of(answer, "position"), projection_head(projection));
    assert_int_equal(number_of(answer, "events"), projection_head(projection));
    assert_int_equal(
        number_of(answer, "streams"),
        store_database_number(database, "select count(*) from store.streams"));
    assert_int_equal(
        number_of(answer, "orders"),
        store_database_number(database, "select count(*) from read.order_summary"));
    assert_int_equal(
        number_of(answer, "lines"),
        store_database_number(database, "select count(*) from read.order_lines"));
    assert_int_equal(
        number_of(answer, "sums"),
        store_database_number(database, "select count(*) from read.sku_sales"));
    assert_int_equal(
        number_of(answer, "customers"),
        store_database_number(database, "select count(*) from read.customers"));
    assert_true(number_of(answer, "customers") > 10);
    json_decref(answer);
}

/* The read models are compared as of their checkpoint, not as of the head. */
static void test_judges_by_the_checkpoint(void **state)
{
    struct projection *projection = *state;
    struct uuid id = feed_place(&projection->feed, 2);
    projection_catch_up(projection, LARGE_BATCH);
    feed_cancel_order(&projection->feed, &id);
    feed_place(&projection->feed, 2);
    assert_clean(projection);
    store_database_sql(
        &projection->database, "update projection.checkpoints set position = position + 1");
    json_t *answer;
    assert_int_equal(verify(projection, &answer), 3);
    json_decref(answer);
}

static void test_finds_wrong_columns(void **state)
{
    static const struct damage damages[] = {
        {"update read.order_summary set total = total + 1 where position = 1",
         "read.order_summary",
         "total",
         1},
        {"update read.order_summary set status = 7 where position = 1",
         "read.order_summary",
         "status",
         1},
        {"update read.order_summary set customer_id = gen_random_uuid() where position = 1",
         "read.order_summary",
         "customer_id",
         1},
        {"update read.order_summary set placed_at = placed_at + '1 us' where position = 1",
         "read.order_summary",
         "placed_at",
         1},
        {"update read.order_summary set updated_at = 'infinity' where position = 1",
         "read.order_summary",
         "updated_at",
         1},
        {"update read.order_summary set channel = (channel + 1) % 4, position = 2"
         " where position = 1",
         "read.order_summary",
         "channel",
         2},
        {"update read.order_lines set title = null where title is not null",
         "read.order_lines",
         "title",
         0},
        {"update read.order_lines set cancelled_amount = cancelled_amount - 1"
         " where cancelled_amount > 1",
         "read.order_lines",
         "cancelled_amount",
         0},
        {"update read.sku_sales set revenue = revenue + 1 where (sku, month) ="
         " (select sku, month from read.sku_sales limit 1)",
         "read.sku_sales",
         "revenue",
         0},
        {"update read.sku_sales set orders = orders + 1", "read.sku_sales", "orders", 0},
        {"update read.sku_sales set cancelled_units = cancelled_units + 1",
         "read.sku_sales",
         "cancelled_units",
         0},
        /* An envelope of before, and one of another order. */
        {"update read.order_summary set sealed = (select sealed from read.order_summary"
         " where sealed is not null order by position desc limit 1)"
         " where position = (select min(position) from read.order_summary where sealed is not "
         "null)",
         "read.order_summary",
         "sealed",
         1},
        {"update read.order_summary set sealed = null"
         " where position = (select min(position) from read.order_summary where sealed is not "
         "null)",
         "read.order_summary",
         "sealed",
         1},
        {"update read.customers set sealed = set_byte(sealed, 150, get_byte(sealed, 150) # 1)"
         " where position = (select min(position) from read.customers)",
         "read.customers",
         "sealed",
         1},
        {"update read.customers set region = 'us'"
         " where position = (select min(position) from read.customers)",
         "read.customers",
         "region",
         1},
        {"update read.customers set registered_at = registered_at - interval '1 us'"
         " where position = (select max(position) from read.customers)",
         "read.customers",
         "registered_at",
         1},
    };
    struct projection *projection = *state;
    projection->feed.personal = true;
    feed_place(&projection->feed, 3); /* position 1 stays an order of one event */
    feed_history(&projection->feed, 20);
    assert_each_found(projection, damages, countof(damages));
}

static void test_finds_missing_and_extra_rows(void **state)
{
    static const struct damage damages[] = {
        {"delete from read.order_summary where order_number ="
         " (select min(order_number) from read.order_summary)",
         "read.order_summary",
         "row",
         1},
        {"delete from read.order_summary where order_number ="
         " (select max(order_number) from read.order_summary)",
         "read.order_summary",
         "row",
         1},
        {"delete from read.order_lines where (order_number, line_no) ="
         " (select order_number, line_no from read.order_lines where line_no = 2 limit 1)",
         "read.order_lines",
         "row",
         1},
        {"delete from read.sku_sales where (sku, month, currency) ="
         " (select sku, month, currency from read.sku_sales limit 1)",
         "read.sku_sales",
         "row",
         1},
        {"create temp table extra as select * from read.order_summary where position = 1;"
         " update extra set order_number = -5, order_id = gen_random_uuid();"
         " insert into read.order_summary select * from extra",
         "read.order_summary",
         "row",
         1},
        {"create temp table extra as select * from read.order_summary where position = 1;"
         " update extra set order_number = 4000000000, order_id = gen_random_uuid();"
         " insert into read.order_summary select * from extra",
         "read.order_summary",
         "row",
         1},
        {"create temp table extra as select * from read.order_lines limit 1;"
         " update extra set line_no = 999; insert into read.order_lines select * from extra",
         "read.order_lines",
         "row",
         1},
        {"create temp table extra as select * from read.sku_sales limit 1;"
         " update extra set sku = repeat('long', 300); insert into read.sku_sales"
         " select * from extra",
         "read.sku_sales",
         "row",
         1},
        {"delete from read.customers where position = (select max(position) from read.customers)",
         "read.customers",
         "row",
         1},
        {"create temp table extra as select * from read.customers limit 1;"
         " update extra set customer_id = gen_random_uuid();"
         " insert into read.customers select * from extra",
         "read.customers",
         "row",
         1},
        {"truncate read.order_lines", "read.order_lines", "row", 0},
        {"truncate read.order_summary, read.order_lines, read.sku_sales",
         "read.order_summary",
         "row",
         0},
    };
    struct projection *projection = *state;
    projection->feed.personal = true;
    feed_place(&projection->feed, 3);
    feed_history(&projection->feed, 10);
    assert_each_found(projection, damages, countof(damages));
}

/* Stock, reservations, promotions, and the columns that whole lives fill. */
static void test_finds_what_is_wrong_of_whole_lives(void **state)
{
    static const struct damage damages[] = {
        {"update read.order_summary set captured = captured + 1 where status = 6",
         "read.order_summary",
         "captured",
         1},
        {"update read.order_summary set returns = 1 where status = 6",
         "read.order_summary",
         "returns",
         1},
        {"update read.order_summary set hold_reason = null where hold_reason is not null",
         "read.order_summary",
         "hold_reason",
         0},
        {"update read.order_lines set shipped = shipped - 1 where shipped > delivered",
         "read.order_lines",
         "shipped",
         0},
        {"update read.order_lines set discount = discount + 1 where line_no = 7 and order_number ="
         " (select max(order_number) from read.order_summary)",
         "read.order_lines",
         "discount",
         1},
        {"update read.stock set on_hand = on_hand + 1 where sku = 'LIFE-A'",
         "read.stock",
         "on_hand",
         2}, /* and available */
        {"delete from read.stock where sku = 'LIFE-B'", "read.stock", "row", 1},
        {"update read.stock_reservations set qty = qty + 1 where (item_number, order_id) ="
         " (select item_number, order_id from read.stock_reservations limit 1)",
         "read.stock_reservations",
         "qty",
         1},
        {"update read.stock_reservations set expires_at = expires_at + '1 us'"
         " where (item_number, order_id) ="
         " (select item_number, order_id from read.stock_reservations limit 1)",
         "read.stock_reservations",
         "expires_at",
         1},
        {"delete from read.stock_reservations where (item_number, order_id) ="
         " (select item_number, order_id from read.stock_reservations limit 1)",
         "read.stock_reservations",
         "row",
         1},
        {"insert into read.stock_reservations select item_number, 1, 1, expires_at,"
         " gen_random_uuid(), tenant_id from read.stock_reservations limit 1",
         "read.stock_reservations",
         "row",
         1},
        {"update read.promotions set uses = uses + 1 where active and code ="
         " (select min(code) from read.promotions where active)",
         "read.promotions",
         "uses",
         1},
        {"update read.promotions set active = not active where code ="
         " (select min(code) from read.promotions)",
         "read.promotions",
         "active",
         1},
        {"update read.promotion_discounts set discount = discount + 1 where promotion_number ="
         " (select min(promotion_number) from read.promotion_discounts)",
         "read.promotion_discounts",
         "discount",
         1},
        {"update read.customers set status = 1 where status = 3", "read.customers", "status", 2},
    };
    struct projection *projection = *state;
    projection->feed.personal = true;
    feed_lives(&projection->feed);
    projection_catch_up(projection, LARGE_BATCH);
    assert_clean(projection);
    assert_each_found(projection, damages, countof(damages));
}

/* The log itself, last: this damage cannot be repaired. */
static void test_finds_holes_in_the_log(void **state)
{
    static const struct damage stock = {
        "delete from store.events where category = 2 and version = 1",
        "store.events",
        "stream",
        2}; /* the version, and the position */
    static const struct damage order = {
        "delete from store.events where position = 1", "store.events", "stream", 0};
    struct projection *projection = *state;
    struct uuid id = feed_place(&projection->feed, 1);
    feed_cancel_order(&projection->feed, &id);
    feed_stock(&projection->feed);
    feed_stock(&projection->feed);
    projection_catch_up(projection, LARGE_BATCH);
    assert_clean(projection);
    assert_found(projection, &stock);
    assert_found(projection, &order);
}

/* An event that was given to another stream: its position and version are right. */
static void test_finds_events_of_another_stream(void **state)
{
    static const struct damage damages[] = {
        {"update store.events set stream_id = gen_random_uuid() where position = 2",
         "store.events",
         "event of another stream",
         0},
        {"update store.events set stream_id = (select stream_id from store.events where position = "
         "1),"
         " tenant_id = 2 where position = 2",
         "store.events",
         "event of another stream",
         0},
    };
    struct projection *projection = *state;
    struct uuid id = feed_place(&projection->feed, 2);
    feed_cancel_line(&projection->feed, &id, 1, 1);
    projection_catch_up(projection, LARGE_BATCH);
    assert_clean(projection);
    for (size_t i = 0; i < countof(damages); i++)
        assert_found(projection, &damages[i]);
}

static void test_names_the_row_and_both_values(void **state)
{
    struct projection *projection = *state;
    char text[8192];
    char wanted[200];
    struct uuid id = feed_place(&projection->feed, 2);
    char id_text[UUID_TEXT_SIZE];
    projection_catch_up(projection, LARGE_BATCH);
    store_database_sql(&projection->database, "update read.order_summary set units = 4242");
    assert_int_equal(projector_program(projection, "verify --quiet", text, sizeof(text)), 3);
    uuid_format(&id, id_text);
    (void)snprintf(
        wanted,
        sizeof(wanted),
        "read.order_summary order %s (%lld), units: expected ",
        id_text,
        (long long)store_database_number(
            &projection->database, "select order_number from read.order_summary"));
    assert_non_null(strstr(text, wanted));
    assert_non_null(strstr(text, ", found 4242\n"));
    assert_non_null(strstr(text, "differences             1\n"));
}

/* As many as there are, but not all of them by name. */
static void test_counts_what_it_does_not_name(void **state)
{
    struct projection *projection = *state;
    json_t *answer;
    feed_place_many(&projection->feed, 30, 1, NULL);
    projection_catch_up(projection, LARGE_BATCH);
    store_database_sql(&projection->database, "update read.order_summary set shipping = 77");
    assert_int_equal(verify(projection, &answer), 3);
    assert_int_equal(number_of(answer, "differences"), 30);
    assert_int_equal(json_array_size(json_object_get(answer, "first")), 20);
    json_decref(answer);
}

static void test_needs_a_checkpoint_of_this_store(void **state)
{
    struct projection *projection = *state;
    char text[1024];
    assert_int_equal(projector_program(projection, "verify 2>/dev/null", text, sizeof(text)), 3);
    feed_place(&projection->feed, 1);
    projection_catch_up(projection, LARGE_BATCH);
    store_database_sql(
        &projection->database, "update projection.checkpoints set incarnation = gen_random_uuid()");
    assert_int_equal(projector_program(projection, "verify 2>/dev/null", text, sizeof(text)), 8);
}

int main(void)
{
#define PROJECTION_TEST(test) \
    cmocka_unit_test_setup_teardown(test, projection_set_up, projection_tear_down)
    const struct CMUnitTest tests[] = {
        PROJECTION_TEST(test_agrees_with_what_the_projector_wrote),
        PROJECTION_TEST(test_judges_by_the_checkpoint),
        PROJECTION_TEST(test_finds_wrong_columns),
        PROJECTION_TEST(test_finds_missing_and_extra_rows),
        PROJECTION_TEST(test_finds_what_is_wrong_of_whole_lives),
        PROJECTION_TEST(test_finds_holes_in_the_log),
        PROJECTION_TEST(test_finds_events_of_another_stream),
        PROJECTION_TEST(test_names_the_row_and_both_values),
        PROJECTION_TEST(test_counts_what_it_does_not_name),
        PROJECTION_TEST(test_needs_a_checkpoint_of_this_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
