// SPDX-License-Identifier: Apache-2.0
// order-projector as a process: wakes up, stands by, comes back after losses, stops cleanly or
// loudly; and what status says of it meanwhile.
#include "base/clock.h"
#include "runtime/exit_code.h"
#include "support/projection.h"

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <spawn.h>
#include <time.h>

enum { PATIENCE_S = 30 };

/* ---- processes ---- */

struct process {
    pid_t pid;
    char log[4096]; /* file with its stderr */
};

/* Those that run: a test that fails must not leave them behind. */
static struct process *running[4];

static int end_processes(void **state)
{
    for (size_t i = 0; i < countof(running); i++) {
        if (running[i] == NULL)
            continue;
        (void)kill(running[i]->pid, SIGKILL);
        (void)waitpid(running[i]->pid, NULL, 0);
        (void)unlink(running[i]->log);
        running[i] = NULL;
    }
    return projection_tear_down(state);
}

static void note_running(struct process *from, struct process *to)
{
    size_t i = 0;
    while (i < countof(running) && running[i] != from)
        i++;
    assert_true(i < countof(running));
    running[i] = to;
}

static void
process_start(struct process *out, const struct projection *projection, const char *poll_ms)
{
    extern char **environ;
    char path[4096];
    char database[200];
    char poll_text[16];
    char program[] = "order-projector";
    char run[] = "run";
    char database_option[] = "--database";
    char poll_option[] = "--poll-ms";
    (void)snprintf(path, sizeof(path), "%s/order-projector", getenv("ORDER_BIN"));
    (void)snprintf(
        database, sizeof(database), "%s", projection->database.conninfo[STORE_PROJECTOR]);
    (void)snprintf(poll_text, sizeof(poll_text), "%s", poll_ms);
    const char *folder = getenv("ORDER_RUN");
    if (folder == NULL)
        fail_msg("ORDER_RUN is not set: run the tests through ./run test");
    (void)snprintf(out->log, sizeof(out->log), "%s/projector_run_XXXXXX", folder);
    int fd = mkstemp(out->log);
    assert_true(fd >= 0);
    posix_spawn_file_actions_t actions;
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(posix_spawn_file_actions_adddup2(&actions, fd, STDERR_FILENO), 0);
    char *const arguments[] = {
        program, run, database_option, database, poll_option, poll_text, NULL};
    assert_int_equal(posix_spawn(&out->pid, path, &actions, NULL, arguments, environ), 0);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(fd);
    note_running(NULL, out);
}

/* Waits for its end; the exit code, or 128 + signal. */
static int process_end(struct process *process)
{
    int status;
    assert_int_equal(waitpid(process->pid, &status, 0), process->pid);
    note_running(process, NULL);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int process_stop(struct process *process, int signal_number)
{
    assert_int_equal(kill(process->pid, signal_number), 0);
    int code = process_end(process);
    (void)unlink(process->log);
    return code;
}

/* How many of its log lines hold the text. */
static int process_logged(const struct process *process, const char *text)
{
    char line[4096];
    int count = 0;
    FILE *file = fopen(process->log, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL)
        count += strstr(line, text) != NULL;
    (void)fclose(file);
    return count;
}

/* ---- conditions ---- */

static void pause_a_moment(void)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = 10 * 1000000}, NULL);
}

/* Waits until the query gives the number. */
static void await_number(const struct projection *projection, const char *sql, int64_t wanted)
{
    struct db db;
    int64_t until_us = clock_monotonic_us() + (int64_t)PATIENCE_S * 1000000;
    int64_t found;
    store_database_open(&projection->database, STORE_ADMIN, &db);
    do {
        PGresult *result = PQexec(db.connection, sql);
        assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
        found = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
        PQclear(result);
        if (found != wanted)
            pause_a_moment();
    } while (found != wanted && clock_monotonic_us() < until_us);
    db_close(&db);
    if (found != wanted)
        fail_msg("%s: still %lld, not %lld", sql, (long long)found, (long long)wanted);
}

static void await_applied(const struct projection *projection)
{
    await_number(projection, "select coalesce(min(lag), -1) from read_v1.freshness", 0);
}

static void await_log(const struct process *process, const char *text)
{
    int64_t until_us = clock_monotonic_us() + (int64_t)PATIENCE_S * 1000000;
    while (process_logged(process, text) == 0) {
        if (clock_monotonic_us() > until_us)
            fail_msg("never logged: %s", text);
        pause_a_moment();
    }
}

static void notify(const struct projection *projection)
{
    store_database_sql(&projection->database, "notify " STORE_CHANNEL);
}

/* ---- following ---- */

static void test_a_notification_wakes_it(void **state)
{
    struct projection *projection = *state;
    static struct process worker;
    process_start(&worker, projection, "60000"); /* polling would come too late */
    await_number(
        projection,
        "select count(*) from pg_stat_activity where application_name = 'order-projector listen'"
        " and datname = current_database()",
        1);
    await_number(projection, "select count(*) from projection.checkpoints", 1);
    for (int i = 0; i < 20; i++) {
        feed_place(&projection->feed, 2);
        notify(projection);
        await_applied(projection);
    }
    assert_int_equal(process_stop(&worker, SIGTERM), EXIT_CODE_OK);
}

static void test_it_looks_without_a_notification(void **state)
{
    struct projection *projection = *state;
    static struct process worker;
    process_start(&worker, projection, "50");
    await_number(projection, "select count(*) from projection.checkpoints", 1);
    feed_history(&projection->feed, 10);
    await_applied(projection);
    assert_int_equal(process_stop(&worker, SIGTERM), EXIT_CODE_OK);
}

/* ---- ownership ---- */

static void test_a_second_worker_stands_by_and_takes_over(void **state)
{
    struct projection *projection = *state;
    static struct process first, second;
    process_start(&first, projection, "50");
    await_log(&first, "\"following\"");
    process_start(&second, projection, "50");
    await_log(&second, "owned by another worker");
    feed_place(&projection->feed, 1);
    await_applied(projection);
    assert_int_equal(process_logged(&second, "\"following\""), 0);

    assert_int_equal(process_stop(&first, SIGKILL), 128 + SIGKILL);
    feed_history(&projection->feed, 5);
    await_applied(projection);
    assert_int_equal(process_logged(&second, "\"following\""), 1);
    assert_int_equal(
        store_database_number(&projection->database, "select epoch from projection.checkpoints"),
        2);
    assert_int_equal(process_stop(&second, SIGTERM), EXIT_CODE_OK);
    int64_t digest = projection_digest(projection);
    projection_forget(projection);
    projection_catch_up(projection, 4000);
    assert_int_equal(projection_digest(projection), digest);
}

static void test_a_standby_stops_when_told(void **state)
{
    struct projection *projection = *state;
    static struct process first, second;
    process_start(&first, projection, "50");
    await_log(&first, "\"following\"");
    process_start(&second, projection, "50");
    await_log(&second, "owned by another worker");
    assert_int_equal(process_stop(&second, SIGTERM), EXIT_CODE_OK);
    assert_int_equal(process_stop(&first, SIGINT), EXIT_CODE_OK);
}

/* ---- losses ---- */

static void test_it_comes_back_after_lost_connections(void **state)
{
    static const char *const which[] = {"order-projector", "order-projector listen"};
    struct projection *projection = *state;
    static struct process worker;
    char sql[256];
    process_start(&worker, projection, "50");
    for (size_t i = 0; i < countof(which); i++) {
        feed_place(&projection->feed, 1);
        await_applied(projection);
        (void)snprintf(
            sql,
            sizeof(sql),
            "select count(pg_terminate_backend(pid)) from pg_stat_activity"
            " where application_name = '%s' and datname = current_database()",
            which[i]);
        await_number(projection, sql, 1);
        feed_place(&projection->feed, 1);
        await_applied(projection);
        await_number(projection, "select epoch from projection.checkpoints", 2 + (int64_t)i);
    }
    assert_true(process_logged(&worker, "\"postgres_unavailable\"") >= 2);
    assert_int_equal(process_stop(&worker, SIGTERM), EXIT_CODE_OK);
}

static void test_it_waits_for_a_server_and_stops_when_told(void **state)
{
    struct projection *projection = *state;
    static struct process worker;
    char conninfo[160];
    memcpy(conninfo, projection->database.conninfo[STORE_PROJECTOR], sizeof(conninfo));
    (void)snprintf(
        projection->database.conninfo[STORE_PROJECTOR],
        sizeof(conninfo),
        "host=127.0.0.1 port=1 dbname=none");
    process_start(&worker, projection, "50");
    memcpy(projection->database.conninfo[STORE_PROJECTOR], conninfo, sizeof(conninfo));
    await_log(&worker, "waiting for PostgreSQL");
    assert_int_equal(process_stop(&worker, SIGTERM), EXIT_CODE_OK);
}

/* ---- stopping loudly ---- */

static int run_to_the_end(const struct projection *projection, const char *logged)
{
    static struct process worker;
    process_start(&worker, projection, "50");
    int code = process_end(&worker);
    int found = process_logged(&worker, logged);
    (void)unlink(worker.log);
    if (found == 0)
        fail_msg("exit %d, but no log line with: %s", code, logged);
    return code;
}

static void test_it_stops_at_what_it_cannot_apply(void **state)
{
    struct projection *projection = *state;
    const struct store_database *database = &projection->database;
    feed_history(&projection->feed, 3);
    store_database_sql(
        database,
        "set session_replication_role = replica;"
        "update store.events set schema_version = 50 where position = 2");
    assert_int_equal(run_to_the_end(projection, "position 2, "), EXIT_CODE_USAGE);
    store_database_sql(
        database,
        "set session_replication_role = replica; delete from store.events where position = 2");
    assert_int_equal(run_to_the_end(projection, "log hole at position 2"), EXIT_CODE_INTEGRITY);
    store_database_sql(
        database, "update projection.checkpoints set incarnation = gen_random_uuid()");
    assert_int_equal(run_to_the_end(projection, "log diverged at position"), EXIT_CODE_INTEGRITY);
    store_database_sql(database, "delete from ops.migrations where number > 1");
    assert_int_equal(run_to_the_end(projection, "run order-schema apply"), EXIT_CODE_USAGE);
}

/* ---- status ---- */

/* Runs status --json; the exit code. */
static int status(const struct projection *projection, const char *arguments, json_t **out)
{
    char text[1024];
    char line[128];
    json_error_t error;
    (void)snprintf(line, sizeof(line), "status --json %s", arguments);
    int code = projector_program(projection, line, text, sizeof(text));
    *out = json_loads(text, 0, &error);
    assert_non_null(*out);
    return code;
}

static void
assert_status(const struct projection *projection, const char *state_name, int64_t lag, bool owned)
{
    json_t *answer;
    assert_int_equal(status(projection, "", &answer), EXIT_CODE_OK);
    assert_string_equal(json_string_value(json_object_get(answer, "state")), state_name);
    assert_int_equal(json_integer_value(json_object_get(answer, "lag_events")), lag);
    assert_int_equal(
        json_integer_value(json_object_get(answer, "head")), projection_head(projection));
    assert_int_equal(json_is_true(json_object_get(answer, "owned")), owned);
    assert_int_equal(json_real_value(json_object_get(answer, "lag_seconds")) > 0, lag > 0);
    json_decref(answer);
}

static void test_status_tells_lag_and_owner(void **state)
{
    struct projection *projection = *state;
    static struct process worker;
    json_t *answer;
    assert_status(projection, "never run", 0, false);
    feed_place_many(&projection->feed, 5, 1, NULL);
    assert_status(projection, "never run", 5, false);

    process_start(&worker, projection, "50");
    await_applied(projection);
    assert_status(projection, "running", 0, true);
    assert_int_equal(process_stop(&worker, SIGTERM), EXIT_CODE_OK);

    feed_place_many(&projection->feed, 3, 1, NULL);
    await_number(/* the server notices the end of a session a moment later */
                 projection,
                 "select count(*) from pg_stat_activity where application_name = 'order-projector'"
                 " and datname = current_database()",
                 0);
    assert_status(projection, "stopped", 3, false);
    assert_int_equal(status(projection, "--fail-if-lag 3", &answer), EXIT_CODE_OK);
    json_decref(answer);
    assert_int_equal(status(projection, "--fail-if-lag 2", &answer), EXIT_CODE_UNMET);
    json_decref(answer);

    store_database_sql(
        &projection->database, "update projection.checkpoints set position = position + 100");
    assert_int_equal(status(projection, "", &answer), EXIT_CODE_INTEGRITY);
    assert_string_equal(json_string_value(json_object_get(answer, "state")), "diverged");
    json_decref(answer);
}

int main(void)
{
#define PROJECTION_TEST(test) \
    cmocka_unit_test_setup_teardown(test, projection_set_up, end_processes)
    const struct CMUnitTest tests[] = {
        PROJECTION_TEST(test_a_notification_wakes_it),
        PROJECTION_TEST(test_it_looks_without_a_notification),
        PROJECTION_TEST(test_a_second_worker_stands_by_and_takes_over),
        PROJECTION_TEST(test_a_standby_stops_when_told),
        PROJECTION_TEST(test_it_comes_back_after_lost_connections),
        PROJECTION_TEST(test_it_waits_for_a_server_and_stops_when_told),
        PROJECTION_TEST(test_it_stops_at_what_it_cannot_apply),
        PROJECTION_TEST(test_status_tells_lag_and_owner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
