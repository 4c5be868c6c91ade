// SPDX-License-Identifier: Apache-2.0
// The views people query: names for numbers, who may read and write, what the sums are made of, and
// that a customer's history is read by its index, page by page, none twice and none left out.
#include "support/projection.h"

enum { LARGE_BATCH = 4000 };

/* One column of one row as text; "" for null. */
static void query_text(const struct projection *projection, const char *sql, char *out, size_t size)
{
    struct db db;
    store_database_open(&projection->database, STORE_ADMIN, &db);
    PGresult *result = PQexec(db.connection, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1)
        fail_msg("%s: %s", sql, PQerrorMessage(db.connection));
    (void)snprintf(out, size, "%s", PQgetvalue(result, 0, 0));
    PQclear(result);
    db_close(&db);
}

static void test_numbers_have_the_names_of_the_domain(void **state)
{
    struct projection *projection = *state;
    char sql[256];
    char text[64];
    feed_place(&projection->feed, 1);
    projection_catch_up(projection, LARGE_BATCH);
    for (size_t i = 0; i < order_channels.count; i++) {
        (void)snprintf(sql, sizeof(sql), "update read.order_summary set channel = %zu", i);
        store_database_sql(&projection->database, sql);
        query_text(projection, "select channel from read_v1.orders", text, sizeof(text));
        assert_string_equal(text, order_channels.names[i]);
    }
    for (int i = ORDER_PLACED; i < ORDER_STATUS_COUNT; i++) {
        (void)snprintf(sql, sizeof(sql), "update read.order_summary set status = %d", i);
        store_database_sql(&projection->database, sql);
        query_text(projection, "select status from read_v1.orders", text, sizeof(text));
        assert_string_equal(text, order_status_name((enum order_status)i));
    }
    store_database_sql(&projection->database, "update read.order_summary set channel = 99");
    query_text(projection, "select channel from read_v1.orders", text, sizeof(text));
    assert_string_equal(text, "unknown");
}

/* All that can be said of an order's money and goods while it stands there: the view's word for
 * customers is the domain's. */
static void test_the_shown_status_is_the_domains(void **state)
{
    struct projection *projection = *state;
    static const struct order_sums sums[] = {
        {.units = 4, .total = 100},
        {.units = 4, .total = 100, .declines = 1},
        {.units = 4, .total = 100, .reserved = 2},
        {.units = 4, .total = 100, .reserved = 4},
        {.units = 4, .total = 100, .reserved = 4, .declines = 2},
        {.units = 4, .total = 100, .reserved = 4, .authorised = 100},
        {.units = 4, .total = 100, .reserved = 4, .shipped = 4, .captured = 100},
        {.units = 4, .total = 100, .captured = 100, .refunded = 100},
        {.units = 4, .total = 100, .cancelled = 4, .cancelled_amount = 100, .captured = 50},
    };
    char sql[256];
    char text[64];
    feed_place(&projection->feed, 1);
    projection_catch_up(projection, LARGE_BATCH);
    for (int status = ORDER_PLACED; status < ORDER_STATUS_COUNT; status++) {
        for (size_t i = 0; i < countof(sums); i++) {
            struct order_facets facets = order_facets_of(&sums[i]);
            (void)snprintf(
                sql,
                sizeof(sql),
                "update read.order_summary set status = %d, payment = %d, goods = %d",
                status,
                (int)facets.payment,
                (int)facets.goods);
            store_database_sql(&projection->database, sql);
            query_text(projection, "select shown_status from read_v1.orders", text, sizeof(text));
            assert_string_equal(text, order_shown_status((enum order_status)status, &sums[i]));
        }
    }
}

static void
assert_named(const struct projection *projection, const char *column, int number, const char *name)
{
    char sql[128];
    char text[64];
    (void)snprintf(sql, sizeof(sql), "update read.order_summary set %s = %d", column, number);
    store_database_sql(&projection->database, sql);
    (void)snprintf(sql, sizeof(sql), "select %s from read_v1.orders", column);
    query_text(projection, sql, text, sizeof(text));
    assert_string_equal(text, name);
}

static void test_facets_and_holds_have_the_names_of_the_domain(void **state)
{
    struct projection *projection = *state;
    char text[64];
    feed_place(&projection->feed, 1);
    projection_catch_up(projection, LARGE_BATCH);
    for (int i = 0; i < PAYMENT_FACET_COUNT; i++)
        assert_named(projection, "payment", i, payment_facet_name((enum payment_facet)i));
    for (int i = 0; i < GOODS_FACET_COUNT; i++)
        assert_named(projection, "goods", i, goods_facet_name((enum goods_facet)i));
    for (int i = 0; i < RETURNS_FACET_COUNT; i++)
        assert_named(projection, "returns", i, returns_facet_name((enum returns_facet)i));
    query_text(projection, "select held from read_v1.orders", text, sizeof(text));
    assert_string_equal(text, "f");
    for (size_t i = 0; i < order_hold_reasons.count; i++)
        assert_named(projection, "hold_reason", (int)i, order_hold_reasons.names[i]);
    query_text(projection, "select held from read_v1.orders", text, sizeof(text));
    assert_string_equal(text, "t");
}

static void test_every_table_view_and_column_says_what_it_is(void **state)
{
    struct projection *projection = *state;
    char text[1024];
    query_text(
        projection,
        "select string_agg(c.oid::regclass || '.' || coalesce(a.attname, '(itself)'), ' ')"
        " from pg_class c"
        " left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
        " where c.relkind in ('r', 'v')"
        " and c.relnamespace in ('read'::regnamespace, 'read_v1'::regnamespace)"
        " and (col_description(c.oid, a.attnum) is null or obj_description(c.oid) is null)",
        text,
        sizeof(text));
    assert_string_equal(text, "");
}

static void test_best_sellers_leave_out_what_was_cancelled(void **state)
{
    struct projection *projection = *state;
    feed_history(&projection->feed, 40);
    projection_catch_up(projection, LARGE_BATCH);
    /* Worked out from the lines, which the view does not read. */
    assert_int_equal(
        store_database_number(
            &projection->database,
            "select count(*) from ("
            " select tenant, sku, currency, units, revenue from read_v1.best_sellers"
            " except"
            " select tenant, sku, currency, sum(open), sum(line_total - cancelled_amount)"
            " from read_v1.order_lines group by 1, 2, 3) as differing"),
        0);
    assert_true(
        store_database_number(&projection->database, "select count(*) from read_v1.best_sellers") >
        20);
}

static void test_freshness_tells_how_long_events_wait(void **state)
{
    struct projection *projection = *state;
    feed_place_many(&projection->feed, 3, 1, NULL);
    projection_catch_up(projection, LARGE_BATCH);
    assert_int_equal(
        store_database_number(
            &projection->database,
            "select lag from read_v1.freshness where projection = 'orders' and position = 3"
            " and head = 3 and waiting_since is null"),
        0);
    feed_place_many(&projection->feed, 2, 1, NULL);
    assert_int_equal(
        store_database_number(
            &projection->database,
            "select lag from read_v1.freshness f join store.events e"
            " on e.recorded_at = f.waiting_since and e.position = 4"),
        2);
}

/* ---- rights ---- */

static bool allowed(const struct projection *projection, const char *role, const char *sql)
{
    char conninfo[160];
    struct db db;
    struct error err;
    (void)snprintf(
        conninfo, sizeof(conninfo), "dbname=%s user=%s", projection->database.scratch.name, role);
    assert_true(db_open(&db, conninfo, "test", &err));
    bool ok = db_execute(&db, sql, &err);
    if (!ok && err.kind != ERROR_denied)
        fail_msg("%s: %s", sql, err.text);
    db_close(&db);
    return ok;
}

static void test_each_role_may_do_its_own_work_only(void **state)
{
    static const struct {
        const char *role;
        const char *sql;
        bool allowed;
    } rows[] = {
        {"order_reader", "select from read_v1.orders, read_v1.order_lines", true},
        {"order_reader", "select from read_v1.customer_orders, read_v1.best_sellers", true},
        {"order_reader", "select from read_v1.freshness, read.order_summary", true},
        {"order_reader", "select from store.events", false},
        {"order_reader", "select order_id, ship_country from read.order_summary", true},
        {"order_reader", "select sealed from read.order_summary", false},
        {"order_reader", "select from read_v1.customers, read.customers", true},
        {"order_reader", "select sealed from read.customers", false},
        {"order_reader", "select * from read.customers", false},
        {"order_reader", "select from read_v1.stock, read_v1.stock_reservations", true},
        {"order_reader", "select from read_v1.promotions, read_v1.promotion_discounts", true},
        {"order_reader", "delete from read.order_summary", false},
        {"order_reader", "create table read.mine (x int)", false},
        {"order_projector", "update read.sku_sales set units = units", true},
        {"order_projector", "select sealed from read.customers", true},
        {"order_projector", "delete from read.sku_sales", false},
        {"order_projector", "delete from read.stock_reservations", true},
        {"order_projector", "delete from read.stock", false},
        {"order_projector", "truncate read.sku_sales", false},
        {"order_projector", "delete from store.events", false},
        {"order_projector", "alter table read.sku_sales add x int", false},
        {"order_command", "insert into read.sku_sales default values", false},
        {"order_command", "select from read.order_summary", false},
    };
    struct projection *projection = *state;
    for (size_t i = 0; i < countof(rows); i++) {
        if (allowed(projection, rows[i].role, rows[i].sql) != rows[i].allowed)
            fail_msg("%s: %s", rows[i].role, rows[i].sql);
    }
}

/* ---- a customer's history ---- */

/* 30,000 orders of 100 customers, many of them at the same minute. */
static void fill_history(const struct projection *projection)
{
    store_database_sql(
        &projection->database,
        "insert into read.order_summary (order_number, position, placed_at, updated_at, units,"
        "  subtotal, discount, tax, shipping, total, cancelled_amount, authorised, voided, "
        "captured,"
        "  refunded, refund_pending, reserved, cancelled, shipped, delivered, return_requested,"
        "  returned, declines, order_id, customer_id, tenant_id, line_count, stream_version,"
        "  channel, status, payment, goods, returns, currency, ship_country)"
        " select i, i, at, at, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,"
        "  gen_random_uuid(), uuid_in(md5('customer' || i % 100)::cstring), 1, 1, 1, 0, 1, 0, 0, 0,"
        "  'EUR', 'DE'"
        " from (select i, timestamptz '2026-01-01' + i / 1000 * interval '1 minute' as at"
        "  from generate_series(1, 30000) as i) as orders;"
        "analyze read.order_summary");
}

#define FIRST_CUSTOMER "uuid_in(md5('customer1')::cstring)"

static void test_history_pages_hold_each_order_once(void **state)
{
    struct projection *projection = *state;
    fill_history(projection);
    assert_int_equal(
        store_database_number(
            &projection->database,
            "with recursive pages (placed_at, order_id, seen) as ("
            " select 'infinity'::timestamptz, gen_random_uuid(), 0::bigint"
            " union all"
            " select page.* from pages, lateral ("
            "  select o.placed_at, o.order_id, pages.seen + count(*) over ()"
            "  from (select placed_at, order_id from read_v1.customer_orders c"
            "   where tenant_id = 1 and customer_id = " FIRST_CUSTOMER
            "   and (c.placed_at, c.order_id) < (pages.placed_at, pages.order_id)"
            "   order by placed_at desc, order_id desc limit 20) as o"
            "  order by o.placed_at, o.order_id limit 1) as page)"
            " select max(seen) from pages"),
        300);
}

static void plan_of(const struct projection *projection, const char *query, char *out, size_t size)
{
    struct db db;
    char sql[512];
    size_t used = 0;
    store_database_open(&projection->database, STORE_ADMIN, &db);
    (void)snprintf(sql, sizeof(sql), "explain (costs off) %s", query);
    PGresult *result = PQexec(db.connection, sql);
    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    for (int i = 0; i < PQntuples(result) && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s\n", PQgetvalue(result, i, 0));
    PQclear(result);
    db_close(&db);
}

static void test_history_and_header_are_read_by_their_index(void **state)
{
    struct projection *projection = *state;
    char plan[4096];
    fill_history(projection);
    plan_of(
        projection,
        "select * from read_v1.customer_orders where tenant_id = 1 and customer_id ="
        " " FIRST_CUSTOMER " and (placed_at, order_id) < ('2026-01-01 00:20', gen_random_uuid())"
        " order by placed_at desc, order_id desc limit 20",
        plan,
        sizeof(plan));
    if (strstr(plan, "order_summary_customer") == NULL || strstr(plan, "Sort") != NULL)
        fail_msg("a page of a customer's history:\n%s", plan);
    plan_of(
        projection,
        "select * from read_v1.orders join read_v1.order_lines using (tenant_id, order_id)"
        " where tenant_id = 1 and order_id = '5f0e6f4c-6d0b-5c1b-9a52-7a1f2f1d9e01'",
        plan,
        sizeof(plan));
    if (strstr(plan, "order_summary_pkey") == NULL ||
        strstr(plan, "Seq Scan on order_summary") != NULL)
        fail_msg("an order with its lines:\n%s", plan);
}

int main(void)
{
#define PROJECTION_TEST(test) \
    cmocka_unit_test_setup_teardown(test, projection_set_up, projection_tear_down)
    const struct CMUnitTest tests[] = {
        PROJECTION_TEST(test_numbers_have_the_names_of_the_domain),
        PROJECTION_TEST(test_the_shown_status_is_the_domains),
        PROJECTION_TEST(test_facets_and_holds_have_the_names_of_the_domain),
        PROJECTION_TEST(test_every_table_view_and_column_says_what_it_is),
        PROJECTION_TEST(test_best_sellers_leave_out_what_was_cancelled),
        PROJECTION_TEST(test_freshness_tells_how_long_events_wait),
        PROJECTION_TEST(test_each_role_may_do_its_own_work_only),
        PROJECTION_TEST(test_history_pages_hold_each_order_once),
        PROJECTION_TEST(test_history_and_header_are_read_by_their_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
