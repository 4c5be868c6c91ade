// SPDX-License-Identifier: Apache-2.0
// A connection when the world does not play along: wrong password, no server, a server that goes
// away, one that does not answer, statements that fail in the middle of others.
#include "pg/copy.h"
#include "pg/db.h"
#include "pg/exchange.h"
#include "pg/listen.h"
#include "pg/row.h"
#include "support/scratch_database.h"

#include "base/clock.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct db_statement sleep_statement = {
    .number = 40,
    .name = "sleep",
    .sql = "select pg_sleep(30)",
    .expect = DB_ONE_ROW,
    .columns = 1};
static const struct db_statement one_statement = {
    .number = 41, .name = "one", .sql = "select 1::bigint", .expect = DB_ONE_ROW, .columns = 1};
static const struct db_statement divide_statement = {
    .number = 42,
    .name = "divide",
    .sql = "select (1 / $1::integer)::bigint",
    .expect = DB_ONE_ROW,
    .columns = 1};

static int open_admin(void **state)
{
    struct db *db = calloc(1, sizeof(*db));
    struct error err;
    assert_non_null(db);
    if (getenv("PGHOST") == NULL)
        fail_msg("PGHOST is not set: run the tests through ./run test");
    if (!db_open(db, "dbname=postgres", "db test", &err))
        fail_msg("%s", err.text);
    *state = db;
    return 0;
}

static int close_admin(void **state)
{
    db_close(*state);
    free(*state);
    return 0;
}

static int backend_pid(const struct db *db)
{
    return PQbackendPID(db->connection);
}

static void terminate(int pid)
{
    char sql[64];
    (void)snprintf(sql, sizeof(sql), "select pg_terminate_backend(%d)", pid);
    scratch_database_admin(sql);
}

static void test_wrong_password_is_denied(void **state)
{
    (void)state;
    struct db db;
    struct error err;
    assert_false(
        db_open(&db, "dbname=postgres user=order_command password=wrong", "db test", &err));
    assert_int_equal(err.kind, ERROR_denied);
    assert_null(strstr(err.text, "wrong"));
}

static void test_unknown_database_is_not_found(void **state)
{
    (void)state;
    struct db db;
    struct error err;
    assert_false(db_open(&db, "dbname=there_is_none", "db test", &err));
    assert_int_equal(err.kind, ERROR_not_found);
}

static void test_no_server_is_transient(void **state)
{
    (void)state;
    struct db db;
    struct error err;
    assert_false(db_open(&db, "host=127.0.0.1 port=1 dbname=postgres", "db test", &err));
    assert_int_equal(err.kind, ERROR_transient);
    assert_false(db_run(&db, &one_statement, NULL, NULL, &err));
    assert_int_equal(err.kind, ERROR_transient);
}

static void test_bad_conninfo_is_invalid(void **state)
{
    (void)state;
    struct db db;
    struct error err;
    assert_false(db_open(&db, "there is = nothing=", "db test", &err));
    assert_int_equal(err.kind, ERROR_invalid);
}

/* More than is read at once. */
static const struct db_statement long_statement = {
    .number = 46,
    .name = "long",
    .sql = "select repeat('x', 100000), pg_sleep(0.3)::text",
    .expect = DB_ONE_ROW,
    .columns = 2};

/* Stops this process a moment from now, and lets it go on when the deadline has passed. */
static pid_t stop_us_for_a_while(void)
{
    pid_t helper = fork();
    assert_true(helper >= 0);
    if (helper != 0)
        return helper;
    (void)poll(NULL, 0, 100);
    (void)kill(getppid(), SIGSTOP);
    (void)poll(NULL, 0, 900);
    (void)kill(getppid(), SIGCONT);
    _exit(0);
}

static void test_an_answer_that_is_there_is_read_after_the_deadline(void **state)
{
    struct db *db = *state;
    PGresult *result = NULL;
    struct error err;
    db->deadline_us = 600000;
    pid_t helper = stop_us_for_a_while();
    int64_t started_us = clock_monotonic_us();
    bool ok = db_run(db, &long_statement, NULL, &result, &err);
    assert_true(clock_monotonic_us() - started_us > 900000);
    assert_int_equal(waitpid(helper, NULL, 0), helper);
    if (!ok)
        fail_msg("%s", err.text);
    assert_int_equal(row_bytes(result, 0, 0).size, 100000);
    PQclear(result);
}

static void test_deadline_closes_the_connection(void **state)
{
    struct db *db = *state;
    struct error err;
    db->deadline_us = 50000;
    int64_t started_us = clock_monotonic_us();
    assert_false(db_run(db, &sleep_statement, NULL, NULL, &err));
    assert_true(clock_monotonic_us() - started_us < 10 * 1000000);
    assert_int_equal(err.kind, ERROR_transient);
    assert_non_null(strstr(err.text, "deadline"));
    assert_false(db_is_open(db));
}

static void test_terminated_backend_is_transient_and_closed(void **state)
{
    struct db *db = *state;
    struct error err;
    terminate(backend_pid(db));
    assert_false(db_run(db, &one_statement, NULL, NULL, &err));
    assert_int_equal(err.kind, ERROR_transient);
    assert_false(db_is_open(db));
}

static void test_failed_statement_leaves_the_connection_usable(void **state)
{
    struct db *db = *state;
    struct error err;
    struct db_params params = {0};
    db_param_i32(&params, 0);
    assert_false(db_run(db, &divide_statement, &params, NULL, &err));
    assert_string_equal(err.code, "22012");
    assert_int_equal(err.kind, ERROR_invalid);
    assert_false(db_execute(db, "select 1; select * from nothing_here; select 2", &err));
    assert_string_equal(err.code, "42P01");
    PGresult *result;
    assert_true(db_run(db, &one_statement, NULL, &result, &err));
    assert_int_equal(row_i64(result, 0, 0), 1);
    PQclear(result);
}

static void test_pipeline_runs_what_follows_a_failure(void **state)
{
    struct db *db = *state;
    struct error err;
    const struct db_statement *statements[3] = {&one_statement, &divide_statement, &one_statement};
    struct db_params params[3] = {{0}, {0}, {0}};
    PGresult *results[3];
    db_param_i32(&params[1], 0);
    assert_false(db_run_pipeline(db, statements, params, results, 3, &err));
    assert_int_equal(db->failed_at, 1);
    assert_string_equal(err.code, "22012");
    assert_null(results[0]);
    assert_true(db_is_open(db));
    params[1].count = 0;
    db_param_i32(&params[1], 1);
    assert_true(db_run_pipeline(db, statements, params, results, 3, &err));
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(row_i64(results[i], 0, 0), 1);
        PQclear(results[i]);
    }
}

static void test_pipeline_on_a_lost_connection_gives_no_result(void **state)
{
    struct db *db = *state;
    struct error err;
    const struct db_statement *statements[2] = {&one_statement, &one_statement};
    struct db_params params[2] = {{0}, {0}};
    PGresult *results[2];
    assert_true(db_run(db, &one_statement, NULL, NULL, &err));
    terminate(backend_pid(db));
    assert_false(db_run_pipeline(db, statements, params, results, 2, &err));
    assert_int_equal(err.kind, ERROR_transient);
    assert_null(results[0]);
    assert_false(db_is_open(db));
}

static void test_warning_is_noted(void **state)
{
    struct db *db = *state;
    struct error err;
    assert_false(db->warned);
    assert_true(db_execute(db, "do $$ begin raise notice 'n'; end $$", &err));
    assert_false(db->warned);
    assert_true(db_execute(db, "do $$ begin raise warning 'w'; end $$", &err));
    assert_true(db->warned);
}

static void test_copy_takes_rows_or_refuses_them_whole(void **state)
{
    struct db *db = *state;
    struct error err;
    struct copy_buffer copy;
    struct slice rows;
    copy_init(&copy);
    for (int32_t i = 0; i < 100000; i++) {
        copy_row(&copy, 2);
        copy_i32(&copy, i);
        copy_bytes(&copy, slice_of_text("text of a row"));
    }
    assert_true(copy_finish(&copy, &rows));
    assert_true(db_execute(db, "create temporary table t (n integer primary key, x text)", &err));
    assert_true(db_copy_in(db, "copy t from stdin (format binary)", rows, &err));
    /* The same keys once more: refused, and the connection goes on. */
    assert_false(db_copy_in(db, "copy t from stdin (format binary)", rows, &err));
    assert_string_equal(err.code, "23505");
    assert_false(db_copy_in(db, "copy nothing from stdin (format binary)", rows, &err));
    assert_string_equal(err.code, "42P01");
    assert_false(db_copy_in(db, "select 1", rows, &err));
    PGresult *result = NULL;
    static const struct db_statement count_statement = {
        .number = 43,
        .name = "count",
        .sql = "select count(*) from t where x = 'text of a row'",
        .expect = DB_ONE_ROW,
        .columns = 1};
    assert_true(db_run(db, &count_statement, NULL, &result, &err));
    assert_int_equal(row_i64(result, 0, 0), 100000);
    PQclear(result);
    copy_release(&copy);
}

static void test_listener_hears_and_notices_its_end(void **state)
{
    struct db *db = *state;
    struct listener listener;
    struct error err;
    bool notified = true;
    assert_true(listener_open(&listener, "dbname=postgres", "db test", "a \"channel\"", &err));
    assert_true(listener_wait(&listener, 0, -1, &notified, &err));
    assert_false(notified);
    assert_true(db_execute(db, "select pg_notify('a \"channel\"', '1')", &err));
    assert_true(listener_wait(&listener, 10000, -1, &notified, &err));
    assert_true(notified);
    terminate(backend_pid(&listener.db));
    bool alive = true;
    for (int attempt = 0; alive && attempt < 100; attempt++)
        alive = listener_wait(&listener, 100, -1, &notified, &err);
    assert_false(alive);
    assert_int_equal(err.kind, ERROR_transient);
    listener_close(&listener);
}

/* What such servers report of themselves; this one is neither. */
static void test_old_servers_and_standbys_are_refused(void **state)
{
    static const struct {
        int version;
        const char *standby;
        const char *text; /* NULL: it may be used */
    } rows[] = {
        {140019, "off", "PostgreSQL 14.19 is too old: version 15 or newer is needed"},
        {90624, NULL, "PostgreSQL 9.6 is too old: version 15 or newer is needed"},
        {140019, "on", "PostgreSQL 14.19 is too old"},
        {150000, "on", "this PostgreSQL server is a standby: connect to the primary"},
        {150000, "off", NULL},
        {180001, NULL, NULL},
    };
    const struct db *db = *state;
    struct error err;
    for (size_t i = 0; i < countof(rows); i++) {
        bool used = db_judge_server(rows[i].version, rows[i].standby, &err);
        assert_int_equal(used, rows[i].text == NULL);
        if (used)
            continue;
        assert_int_equal(err.kind, ERROR_invalid);
        if (strstr(err.text, rows[i].text) == NULL)
            fail_msg("%s", err.text);
    }
    assert_true(PQserverVersion(db->connection) >= 150000);
    assert_string_equal(PQparameterStatus(db->connection, "in_hot_standby"), "off");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_admin, close_admin)
        TEST(test_wrong_password_is_denied),
        TEST(test_unknown_database_is_not_found),
        TEST(test_no_server_is_transient),
        TEST(test_old_servers_and_standbys_are_refused),
        TEST(test_bad_conninfo_is_invalid),
        TEST(test_deadline_closes_the_connection),
        TEST(test_an_answer_that_is_there_is_read_after_the_deadline),
        TEST(test_terminated_backend_is_transient_and_closed),
        TEST(test_failed_statement_leaves_the_connection_usable),
        TEST(test_pipeline_runs_what_follows_a_failure),
        TEST(test_pipeline_on_a_lost_connection_gives_no_result),
        TEST(test_warning_is_noted),
        TEST(test_copy_takes_rows_or_refuses_them_whole),
        TEST(test_listener_hears_and_notices_its_end),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
