// SPDX-License-Identifier: Apache-2.0
// Migrations against a real server: what is refused, what a failure leaves behind, two runners at
// once, and the program itself. Each case has a database of its own.
#include "schema/migrate.h"

#include "pg/row.h"
#include "support/capture.h"
#include "support/cmocka.h"
#include "support/scratch_database.h"

#include <jansson.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct scratch_database scratch;
static struct migration_list list;
static struct error err;

#define FILE_OF(file_name, sql_text) \
    { \
        .name = (file_name), .text = (sql_text), .size = sizeof(sql_text) - 1 \
    }

static const struct embedded_sql files[] = {
    FILE_OF("0001_one.sql", "create table public.one (x int);\ninsert into public.one values (1);"),
    FILE_OF("0002_two.sql", "create table public.two (x int)"),
    FILE_OF("0003_three.sql", "alter table public.one add y int default 7"),
};

static struct migration_set set_of(const struct embedded_sql *of, size_t count)
{
    return (struct migration_set){.files = of, .count = count};
}

static int begin(void **state)
{
    (void)state;
    scratch_database_create(&scratch);
    return 0;
}

static int end(void **state)
{
    (void)state;
    scratch_database_drop(&scratch);
    return 0;
}

static void connect_owner(struct db *db)
{
    if (!db_open(db, scratch.owner_conninfo, "migrate_test", &err))
        fail_msg("%s", err.text);
}

/* Applies on a connection of its own; what is reported for people goes nowhere. */
static bool apply(struct migration_set set, int64_t wait_ms, size_t *out_applied)
{
    struct db db;
    FILE *nowhere = fopen("/dev/null", "w");
    assert_non_null(nowhere);
    connect_owner(&db);
    bool ok = migrate_apply(&db, set, wait_ms, nowhere, out_applied, &err);
    db_close(&db);
    (void)fclose(nowhere);
    return ok;
}

static void apply_fine(struct migration_set set, size_t expected)
{
    size_t applied = SIZE_MAX;
    if (!apply(set, 0, &applied))
        fail_msg("%s", err.text);
    assert_int_equal(applied, expected);
}

static void refuse(struct migration_set set, enum error_kind kind, const char *part)
{
    size_t applied = 4711;
    char out[64];
    static char server_words[4096];
    struct capture captured;
    capture_begin(&captured);
    bool ok = apply(set, 0, &applied);
    capture_end(&captured, out, sizeof(out), server_words, sizeof(server_words));
    assert_false(ok);
    if (err.kind != kind || strstr(err.text, part) == NULL)
        fail_msg("%s: %s", error_kind_name(err.kind), err.text);
    assert_int_equal(applied, 4711);
}

/* Runs a query that gives one bigint. */
static int64_t number_from(const char *sql)
{
    struct db db;
    struct db_statement statement = {
        .name = "test_number", .sql = sql, .expect = DB_ONE_ROW, .columns = 1};
    PGresult *result;
    connect_owner(&db);
    if (!db_run(&db, &statement, NULL, &result, &err))
        fail_msg("%s: %s", sql, err.text);
    int64_t number = row_i64(result, 0, 0);
    PQclear(result);
    db_close(&db);
    return number;
}

static void execute(const char *sql)
{
    struct db db;
    connect_owner(&db);
    if (!db_execute(&db, sql, &err))
        fail_msg("%s: %s", sql, err.text);
    db_close(&db);
}

static const struct migration_list *compare(struct migration_set set)
{
    struct db db;
    connect_owner(&db);
    if (!migrate_compare(&db, set, &list, &err))
        fail_msg("%s", err.text);
    db_close(&db);
    return &list;
}

static void each_file_is_applied_once_and_in_order(void **state)
{
    (void)state;
    assert_int_equal(compare(set_of(files, 3))->rows[0].state, MIGRATION_PENDING);
    assert_false(list.has_table);
    apply_fine(set_of(files, 2), 2);
    apply_fine(set_of(files, 3), 1);
    apply_fine(set_of(files, 3), 0);
    assert_int_equal(number_from("select sum(y) from public.one"), 7);
    (void)compare(set_of(files, 3));
    assert_int_equal(list.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(list.rows[i].state, MIGRATION_APPLIED);
        assert_string_equal(list.rows[i].applied_name, files[i].name);
        assert_true(list.rows[i].applied_us > INT64_C(1600000000000000));
    }
}

static void checksum_is_sha256_of_the_bytes(void **state)
{
    (void)state;
    static const struct embedded_sql abc[] = {FILE_OF("0001_abc.sql", "abc")};
    /* FIPS 180-2, appendix B.1. */
    assert_string_equal(
        compare(set_of(abc, 1))->rows[0].checksum,
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void broken_file_leaves_nothing_of_itself(void **state)
{
    (void)state;
    static const struct embedded_sql broken[] = {
        FILE_OF("0001_one.sql", "create table public.one (x int)"),
        FILE_OF("0002_two.sql", "create table public.two (x int);\nselect nothing from nowhere"),
        FILE_OF("0003_three.sql", "create table public.three (x int)"),
    };
    refuse(set_of(broken, 3), ERROR_invalid, "0002_two.sql (nothing of it was applied)");
    assert_int_equal(number_from("select count(*) from ops.migrations"), 1);
    assert_int_equal(number_from("select count(*) from pg_tables where schemaname = 'public'"), 1);
    const struct embedded_sql mended[] = {broken[0], files[1], broken[2]};
    apply_fine(set_of(mended, 3), 2);
}

static void changed_file_is_refused_with_both_checksums(void **state)
{
    (void)state;
    apply_fine(set_of(files, 2), 2);
    struct embedded_sql changed[] = {files[0], files[1], files[2]};
    changed[1].text = "create table public.two (x int) ";
    changed[1].size++;
    refuse(set_of(changed, 3), ERROR_invalid, "0002_two.sql was changed after it was applied");
    (void)compare(set_of(changed, 3));
    assert_int_equal(list.rows[1].state, MIGRATION_CHANGED);
    assert_non_null(strstr(err.text, list.rows[1].checksum));
    assert_non_null(strstr(err.text, list.rows[1].applied_checksum));
    assert_non_null(strstr(err.text, "new migration"));
    assert_int_equal(number_from("select count(*) from ops.migrations"), 2);
}

static void renamed_file_is_refused(void **state)
{
    (void)state;
    apply_fine(set_of(files, 2), 2);
    struct embedded_sql renamed[] = {files[0], files[1]};
    renamed[1].name = "0002_deux.sql";
    refuse(set_of(renamed, 2), ERROR_invalid, "0002_deux.sql was changed");
}

static void hole_in_what_was_applied_is_refused(void **state)
{
    (void)state;
    apply_fine(set_of(files, 2), 2);
    execute("delete from ops.migrations where number = 1");
    refuse(set_of(files, 3), ERROR_invalid, "0001_one.sql is not applied although a later");
    assert_int_equal(compare(set_of(files, 3))->rows[0].state, MIGRATION_SKIPPED);
}

static void database_newer_than_the_program_is_refused(void **state)
{
    (void)state;
    apply_fine(set_of(files, 3), 3);
    refuse(set_of(files, 2), ERROR_invalid, "0003_three.sql (number 3) is applied");
    (void)compare(set_of(files, 2));
    assert_int_equal(list.count, 3);
    assert_int_equal(list.rows[2].state, MIGRATION_UNKNOWN);
}

static void file_that_commits_is_refused(void **state)
{
    (void)state;
    static const struct embedded_sql committing[] = {
        FILE_OF("0001_one.sql", "create table public.one (x int); commit"),
    };
    refuse(set_of(committing, 1), ERROR_invalid, "ends the transaction it runs in");
    assert_int_equal(number_from("select count(*) from ops.migrations"), 0);
}

static void second_runner_says_who_holds_the_lock(void **state)
{
    (void)state;
    struct db holder;
    connect_owner(&holder);
    assert_true(db_execute(&holder, "select pg_advisory_lock(" MIGRATE_LOCK ")", &err));
    char process[64];
    (void)snprintf(
        process, sizeof(process), "process %d (migrate_test", PQbackendPID(holder.connection));
    refuse(set_of(files, 3), ERROR_conflict, process);
    db_close(&holder);
    apply_fine(set_of(files, 3), 3);
}

/* Runs `body` in a child process, which ends with its result. */
static pid_t in_child(int (*body)(void))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(body());
    return child;
}

static int exit_code_of(pid_t child)
{
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int apply_patiently(void)
{
    size_t applied;
    return apply(set_of(files, 3), 30000, &applied) ? (int)applied : 100;
}

static void runners_at_once_apply_each_file_once(void **state)
{
    (void)state;
    pid_t children[4];
    int sum = 0;
    for (size_t i = 0; i < countof(children); i++)
        children[i] = in_child(apply_patiently);
    for (size_t i = 0; i < countof(children); i++)
        sum += exit_code_of(children[i]);
    assert_int_equal(sum, 3);
    assert_int_equal(number_from("select count(*) from public.one"), 1);
}

static void locked_table_fails_safely_and_can_be_tried_again(void **state)
{
    (void)state;
    struct db holder;
    apply_fine(set_of(files, 2), 2);
    connect_owner(&holder);
    assert_true(db_execute(&holder, "begin; lock table public.one in share mode", &err));
    refuse(set_of(files, 3), ERROR_transient, "0003_three.sql (nothing of it was applied)");
    assert_string_equal(err.code, "55P03");
    db_close(&holder);
    apply_fine(set_of(files, 3), 1);
}

#define LOCK_ATTEMPTS \
    "select count(*) from pg_locks where not granted" \
    " and relation = to_regclass('public.one') and database = (select oid from pg_database" \
    " where datname = current_database())"

/* Waits until as many processes wait for the table. */
static void await_waiters(int64_t count)
{
    while (number_from(LOCK_ATTEMPTS) != count)
        (void)poll(NULL, 0, 10);
}

static void a_lock_that_goes_away_is_waited_for(void **state)
{
    (void)state;
    struct db holder;
    apply_fine(set_of(files, 2), 2);
    connect_owner(&holder);
    assert_true(db_execute(&holder, "begin; lock table public.one in share mode", &err));
    pid_t child = in_child(apply_patiently);
    await_waiters(1);
    await_waiters(0); /* the first attempt gave up */
    db_close(&holder);
    assert_int_equal(exit_code_of(child), 1);
    assert_int_equal(number_from("select sum(y) from public.one"), 7);
}

static void reader_may_look_but_not_apply(void **state)
{
    (void)state;
    struct db db;
    char conninfo[128];
    size_t applied;
    (void)snprintf(conninfo, sizeof(conninfo), "dbname=%s user=order_reader", scratch.name);
    assert_true(db_open(&db, conninfo, "migrate_test", &err));
    assert_false(migrate_apply(&db, set_of(files, 3), 0, stderr, &applied, &err));
    assert_int_equal(err.kind, ERROR_denied);
    apply_fine(set_of(files, 3), 3);
    assert_true(migrate_compare(&db, set_of(files, 3), &list, &err));
    assert_int_equal(list.rows[2].state, MIGRATION_APPLIED);
    db_close(&db);
}

/* ---- the program ---- */

static char output[256 * 1024];

/* Runs a shell command with $SCHEMA and $DB set; gives its exit code, its stdout in `output`. */
static int run(const char *command)
{
    char line[1024];
    const char *folder = getenv("ORDER_BIN");
    assert_non_null(folder);
    (void)snprintf(
        line,
        sizeof(line),
        "SCHEMA='%s/order-schema' DB='%s'; %s",
        folder,
        scratch.owner_conninfo,
        command);
    FILE *pipe = popen(line, "r");
    assert_non_null(pipe);
    size_t got = fread(output, 1, sizeof(output) - 1, pipe);
    output[got] = '\0';
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool up_to_date_in_json(void)
{
    json_t *status = json_loads(output, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(status);
    json_t *rows = json_object_get(status, "migrations");
    assert_int_equal(json_array_size(rows), json_integer_value(json_object_get(status, "needed")));
    assert_true(json_array_size(rows) > 0);
    bool up_to_date = json_is_true(json_object_get(status, "up_to_date"));
    json_decref(status);
    return up_to_date;
}

static void program_applies_what_verify_then_accepts(void **state)
{
    (void)state;
    assert_int_equal(run("$SCHEMA verify --database \"$DB\""), 3);
    assert_non_null(strstr(output, "0001_roles.sql is not applied: run order-schema apply"));
    assert_int_equal(run("$SCHEMA status --json --database \"$DB\""), 0);
    assert_false(up_to_date_in_json());
    assert_int_equal(run("$SCHEMA apply --database \"$DB\""), 0);
    assert_non_null(strstr(output, "applied 0001_roles.sql\napplied 0002_"));
    assert_int_equal(run("$SCHEMA verify --database \"$DB\""), 0);
    assert_int_equal(run("$SCHEMA status --json --database \"$DB\""), 0);
    assert_true(up_to_date_in_json());
    assert_int_equal(run("$SCHEMA apply --database \"$DB\""), 0);
    assert_non_null(strstr(output, "nothing to do"));
    assert_int_equal(run("$SCHEMA plan --json --database \"$DB\" 2>&1 >/dev/null"), 0);
    assert_non_null(strstr(output, "nothing to do"));
}

static void plan_through_psql_is_the_same_as_apply(void **state)
{
    (void)state;
    assert_int_equal(run("$SCHEMA plan --database \"$DB\" | psql -qX \"$DB\" 2>&1"), 0);
    assert_int_equal(run("$SCHEMA verify --database \"$DB\""), 0);
    assert_int_equal(number_from("select count(*) from store.events"), 0);
}

static void edited_history_is_seen_by_verify_and_refused_by_apply(void **state)
{
    (void)state;
    assert_int_equal(run("$SCHEMA apply --database \"$DB\""), 0);
    execute("update ops.migrations set checksum = repeat('0', 64) where number = 2");
    assert_int_equal(run("$SCHEMA verify --database \"$DB\""), 3);
    assert_non_null(strstr(output, "0002_store.sql was changed after it was applied"));
    assert_int_equal(run("$SCHEMA apply --database \"$DB\" 2>&1"), 2);
    assert_non_null(strstr(output, "0000000000000000"));
    assert_int_equal(run("$SCHEMA plan --database \"$DB\" 2>&1"), 2);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(each_file_is_applied_once_and_in_order),
        CASE(checksum_is_sha256_of_the_bytes),
        CASE(broken_file_leaves_nothing_of_itself),
        CASE(changed_file_is_refused_with_both_checksums),
        CASE(renamed_file_is_refused),
        CASE(hole_in_what_was_applied_is_refused),
        CASE(database_newer_than_the_program_is_refused),
        CASE(file_that_commits_is_refused),
        CASE(second_runner_says_who_holds_the_lock),
        CASE(runners_at_once_apply_each_file_once),
        CASE(locked_table_fails_safely_and_can_be_tried_again),
        CASE(a_lock_that_goes_away_is_waited_for),
        CASE(reader_may_look_but_not_apply),
        CASE(program_applies_what_verify_then_accepts),
        CASE(plan_through_psql_is_the_same_as_apply),
        CASE(edited_history_is_seen_by_verify_and_refused_by_apply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
