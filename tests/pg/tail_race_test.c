// SPDX-License-Identifier: Apache-2.0
// Readers beside concurrent writers: ours sees every event exactly once and in order, while the
// reader that most event stores have (`position > last` over a sequence) loses some. The second half
// is the negative control: it shows that the race really happens under this load.
#include "base/clock.h"
#include "store/store.h"
#include "store/tail.h"
#include "support/append.h"
#include "support/store_database.h"

#include <sys/mman.h>
#include <sys/wait.h>

enum { WRITERS = 4, WRITER_SECONDS = 4, CONTROL_SECONDS = 15, MOST_GROUPS = 20 };

/* What writers and reader tell each other. */
struct board {
    _Atomic int64_t written;
    _Atomic int finished;
};

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static struct board *board_new(void)
{
    struct board *board =
        mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(board, MAP_FAILED);
    return board;
}

static void wait_children(int count)
{
    for (int i = 0; i < count; i++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

/* ---- ours ---- */

/* One batch: new streams, streams that all writers fight for, and now and then a repeated id. */
static int64_t
write_batch(struct appender *appender, struct db *db, uint64_t *random, uint64_t *next_stream)
{
    static struct simple_group simple[MOST_GROUPS];
    struct append_group groups[MOST_GROUPS];
    size_t count = 1 + next_random(random) % MOST_GROUPS;
    for (size_t i = 0; i < count; i++) {
        bool shared = i == 0;
        uint64_t stream = shared ? 1 + next_random(random) % 3 : (*next_stream)++;
        uint64_t command = *next_stream * 64 + i;
        int64_t expected = shared ? (int64_t)(next_random(random) % 8) : 0;
        simple_group(&simple[i], stream, command, expected, 1 + next_random(random) % 3);
        groups[i] = simple[i].group;
    }
    struct error err;
    if (!simple_append_all(appender, db, groups, count, &err)) {
        (void)fprintf(stderr, "writer: %s\n", err.text);
        return -1;
    }
    int64_t events = 0;
    for (size_t i = 0; i < count; i++) {
        if (groups[i].status == APPEND_OK)
            events += (int64_t)groups[i].commands->event_count;
    }
    return events;
}

static int run_writer(const struct store_database *database, struct board *board, int number)
{
    struct db db;
    struct error err;
    struct appender appender;
    if (!db_open(&db, database->conninfo[STORE_COMMAND], "writer", &err))
        return 1;
    appender_init(&appender);
    uint64_t random = (uint64_t)number + 1;
    uint64_t next_stream = ((uint64_t)number + 1) << 32;
    int64_t until_us = clock_monotonic_us() + (int64_t)WRITER_SECONDS * 1000000;
    int64_t events = 0;
    while (events >= 0 && clock_monotonic_us() < until_us) {
        events = write_batch(&appender, &db, &random, &next_stream);
        if (events > 0)
            board->written += events;
    }
    appender_release(&appender);
    db_close(&db);
    board->finished++;
    return events < 0;
}

/* Reads to the end until all writers are done; store_tail asserts that there is no hole. */
static int64_t read_all(struct db *db, struct board *board)
{
    struct arena arena;
    arena_init(&arena, (size_t)64 << 20);
    int64_t position = 0;
    size_t count = 1;
    bool last_round = false;
    while (!last_round || count > 0) {
        last_round = board->finished == WRITERS;
        const struct tail_request request = {.after_position = position, .limit = 1000};
        struct tail_page page;
        struct error err;
        arena_reset(&arena);
        if (!store_tail(db, &request, &arena, &page, &err))
            fail_msg("%s", err.text);
        count = page.count;
        position += (int64_t)count;
        PQclear(page.result);
    }
    arena_release(&arena);
    return position;
}

static void test_every_event_is_seen_once_beside_concurrent_writers(void **state)
{
    (void)state;
    struct store_database database;
    store_database_create(&database);
    /* A transaction that stays open elsewhere must not hold anything up. */
    struct db idle;
    struct error err;
    store_database_open(&database, STORE_ADMIN, &idle);
    assert_true(db_execute(&idle, "begin; create table idle (n int)", &err));

    struct board *board = board_new();
    for (int i = 0; i < WRITERS; i++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
            _exit(run_writer(&database, board, i));
    }
    struct db db;
    store_database_open(&database, STORE_PROJECTOR, &db);
    int64_t seen = read_all(&db, board);
    wait_children(WRITERS);
    assert_true(board->written > 1000);
    assert_int_equal(seen, board->written);
    assert_int_equal(store_database_number(&database, "select position from store.head"), seen);
    assert_int_equal(
        store_database_number(
            &database,
            "select count(*) from (select stream_number, count(*) <> max(version) or min(version) "
            "<> 1"
            " as bad from store.events group by 1) x where bad"),
        0);
    assert_int_equal(
        store_database_number(
            &database,
            "select count(*) from store.streams s where version <>"
            " (select max(version) from store.events e where e.stream_number = s.stream_number)"),
        0);
    db_close(&idle);
    db_close(&db);
    store_database_drop(&database);
}

/* ---- the negative control ---- */

static int run_naive_writer(const struct store_database *database, struct board *board, int number)
{
    struct db db;
    struct error err;
    if (!db_open(&db, database->conninfo[STORE_ADMIN], "naive writer", &err))
        return 1;
    (void)number;
    int64_t until_us = clock_monotonic_us() + (int64_t)CONTROL_SECONDS * 1000000;
    bool ok = true;
    /* The position is taken at the insert, the commit comes a moment later. */
    while (ok && board->finished == 0 && clock_monotonic_us() < until_us) {
        ok = db_execute(
            &db,
            "begin; insert into naive default values;"
            "select pg_sleep(random() * 0.002); commit",
            &err);
        if (ok)
            board->written++;
    }
    db_close(&db);
    return !ok;
}

/* Events that are in the table but were passed over by `position > last`. */
static int64_t naive_losses(const struct store_database *database, struct board *board)
{
    struct db db;
    store_database_open(database, STORE_ADMIN, &db);
    int64_t until_us = clock_monotonic_us() + (int64_t)CONTROL_SECONDS * 1000000;
    int64_t last = 0, seen = 0, lost = 0;
    char sql[128];
    while (lost == 0 && clock_monotonic_us() < until_us) {
        (void)snprintf(
            sql,
            sizeof(sql),
            "select position from naive where position > %lld order by 1",
            (long long)last);
        PGresult *result = PQexec(db.connection, sql);
        assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
        int rows = PQntuples(result);
        seen += rows;
        if (rows > 0)
            last = strtoll(PQgetvalue(result, rows - 1, 0), NULL, 10);
        PQclear(result);
        (void)snprintf(
            sql, sizeof(sql), "select count(*) from naive where position <= %lld", (long long)last);
        lost = store_database_number(database, sql) - seen;
    }
    board->finished = 1;
    db_close(&db);
    return lost;
}

static void test_reader_of_a_sequence_loses_events(void **state)
{
    (void)state;
    struct store_database database;
    store_database_create(&database);
    store_database_sql(
        &database, "create table naive (position bigint generated always as identity primary key)");
    struct board *board = board_new();
    for (int i = 0; i < WRITERS; i++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
            _exit(run_naive_writer(&database, board, i));
    }
    int64_t lost = naive_losses(&database, board);
    wait_children(WRITERS);
    assert_true(board->written > 0);
    assert_true(lost > 0);
    store_database_drop(&database);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_event_is_seen_once_beside_concurrent_writers),
        cmocka_unit_test(test_reader_of_a_sequence_loses_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
