// SPDX-License-Identifier: Apache-2.0
// Appends under a number that somebody else counts up, in many interleavings that a seed decides. What
// was appended under an older number is either there when the new one has been made, or never: anything
// else is late. Each test says what the number is and brings functions that differ from store.append in
// one line, as negative controls.
#ifndef SUPPORT_INTERLEAVING_H
#define SUPPORT_INTERLEAVING_H

#include "base/clock.h"
#include "store/append_params.h"
#include "support/append.h"
#include "support/store_database.h"

#include <poll.h>

enum { WRITERS = 2, MOST_STEPS = 5, STEP_US = 20 * 1000000 };

struct actor;

/* What the number is. */
struct play_kind {
    const char *number_sql;   /* which one is current */
    const char *raise_sql;    /* counts it up, as the administrator */
    const char *column;       /* of store.events that holds it */
    const char *refused_code; /* SQLSTATE for an older one */
    /* Adds actor->number to the batch and to the event of the group. */
    void (*fill)(struct actor *actor, struct append_batch *batch, struct writer *bytes);
};

/* ---- actors: each a connection that goes through its steps ---- */

enum step {
    STEP_BEGIN,
    STEP_APPEND, /* under the number that was known at the beginning */
    STEP_RAISE,
    STEP_MARK, /* counts what is there of the old number */
    STEP_COMMIT,
    STEP_ROLLBACK,
    STEP_END,
};

struct actor {
    struct db db;
    enum step steps[MOST_STEPS];
    size_t at;
    bool pending; /* the step was sent and waits for another actor */
    bool refused;
    int64_t number;
    struct append_claim claim; /* for those who need one */
    struct appender appender;
    struct simple_group group;
};

struct play {
    const struct play_kind *kind;
    struct store_database database;
    struct db monitor;                /* looks at locks and counts, outside of all transactions */
    struct actor actors[WRITERS + 1]; /* the last one counts up */
    const char *append_sql;
    uint64_t random;
    uint64_t streams;
    int64_t number;
    int64_t marked; /* events of `number` that the raiser saw; -1: it did not look */
    /* over all interleavings: */
    int64_t appended, refused, waited, late;
};

static inline uint64_t draw(struct play *play, uint64_t below)
{
    play->random = play->random * 6364136223846793005u + 1442695040888963407u;
    return (play->random >> 33) % below;
}

static inline int64_t ask(struct db *db, const char *sql)
{
    PGresult *result = PQexec(db->connection, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1)
        fail_msg("%s: %s", sql, PQerrorMessage(db->connection));
    int64_t number = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    return number;
}

static inline int64_t count_of(struct db *db, const struct play *play)
{
    char sql[160];
    (void)snprintf(
        sql,
        sizeof(sql),
        "select count(*) from store.events where %s = int8send(%lld)",
        play->kind->column,
        (long long)play->number);
    return ask(db, sql);
}

/* ---- steps ---- */

static inline void send_append(struct play *play, struct actor *actor)
{
    uint8_t bytes[8];
    struct writer writer = writer_over(bytes, sizeof(bytes));
    writer_u64(&writer, (uint64_t)actor->number);
    uint64_t stream = ++play->streams;
    simple_group(&actor->group, stream, stream, 0, 1);
    struct append_batch batch = {.erasure_fence = STORE_NOTHING_SEALED};
    play->kind->fill(actor, &batch, &writer);
    struct append_group *group = &actor->group.group;
    struct db_params params;
    assert_true(append_params(&actor->appender, &batch, &group, 1, &params));
    assert_true(PQsendQueryParams(
        actor->db.connection,
        play->append_sql,
        params.count,
        NULL,
        params.values,
        params.lengths,
        params.formats,
        0));
}

static inline void send_step(struct play *play, struct actor *actor)
{
    const char *const sql[] = {
        [STEP_BEGIN] = "begin",
        [STEP_RAISE] = play->kind->raise_sql,
        [STEP_MARK] = "select 0",
        [STEP_COMMIT] = "commit",
        [STEP_ROLLBACK] = "rollback"};
    enum step step = actor->steps[actor->at];
    if (step == STEP_APPEND)
        send_append(play, actor);
    else
        assert_true(PQsendQuery(actor->db.connection, sql[step]));
    while (PQflush(actor->db.connection) > 0)
        (void)poll(
            &(struct pollfd){.fd = PQsocket(actor->db.connection), .events = POLLOUT}, 1, 10);
    actor->pending = true;
}

static inline void take_result(struct play *play, struct actor *actor)
{
    enum step step = actor->steps[actor->at];
    PGresult *result;
    while ((result = PQgetResult(actor->db.connection)) != NULL) {
        ExecStatusType status = PQresultStatus(result);
        const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        bool refused = code != NULL && strcmp(code, play->kind->refused_code) == 0;
        if (status == PGRES_FATAL_ERROR && !refused)
            fail_msg("step %d: %s", (int)step, PQerrorMessage(actor->db.connection));
        actor->refused = actor->refused || refused;
        PQclear(result);
    }
    if (step == STEP_MARK)
        play->marked = count_of(&actor->db, play);
    actor->pending = false;
    actor->at++;
}

static inline bool is_waiting(struct play *play, const struct actor *actor)
{
    char sql[128];
    (void)snprintf(
        sql,
        sizeof(sql),
        "select cardinality(pg_blocking_pids(%d))",
        PQbackendPID(actor->db.connection));
    return ask(&play->monitor, sql) > 0;
}

/* Until the step is done or waits for somebody. */
static inline void settle(struct play *play, struct actor *actor)
{
    int64_t until_us = clock_monotonic_us() + STEP_US;
    while (actor->pending) {
        struct pollfd wait = {.fd = PQsocket(actor->db.connection), .events = POLLIN};
        (void)poll(&wait, 1, 1);
        assert_true(PQconsumeInput(actor->db.connection));
        if (PQisBusy(actor->db.connection) == 0)
            take_result(play, actor);
        else if (is_waiting(play, actor))
            return;
        assert_true(clock_monotonic_us() < until_us);
    }
}

/* ---- an interleaving ---- */

static inline bool has_steps(const struct actor *actor)
{
    return actor->steps[actor->at] != STEP_END;
}

static inline void prepare(struct play *play)
{
    static const enum step raising[MOST_STEPS] = {
        STEP_BEGIN, STEP_RAISE, STEP_MARK, STEP_COMMIT, STEP_END};
    play->number = ask(&play->monitor, play->kind->number_sql);
    play->marked = -1;
    for (size_t i = 0; i <= WRITERS; i++) {
        struct actor *actor = &play->actors[i];
        enum step last = draw(play, 8) == 0 ? STEP_ROLLBACK : STEP_COMMIT;
        const enum step writing[MOST_STEPS] = {STEP_BEGIN, STEP_APPEND, last, STEP_END, STEP_END};
        memcpy(actor->steps, i == WRITERS ? raising : writing, sizeof(writing));
        actor->at = 0;
        actor->refused = false;
        actor->number = play->number;
    }
}

/* One that has steps and waits for nobody, by lot; NULL: all are done. */
static inline struct actor *choose(struct play *play)
{
    struct actor *ready[WRITERS + 1];
    size_t count = 0;
    for (size_t i = 0; i <= WRITERS; i++) {
        struct actor *actor = &play->actors[i];
        if (has_steps(actor) && !actor->pending)
            ready[count++] = actor;
    }
    return count > 0 ? ready[draw(play, count)] : NULL;
}

/* Nobody waits for a circle, so as long as somebody has steps, somebody can go on. */
static inline void interleave(struct play *play)
{
    prepare(play);
    struct actor *actor;
    while ((actor = choose(play)) != NULL) {
        send_step(play, actor);
        settle(play, actor);
        play->waited += actor->pending;
        for (size_t i = 0; i <= WRITERS; i++)
            settle(play, &play->actors[i]);
    }
    for (size_t i = 0; i <= WRITERS; i++) {
        assert_false(play->actors[i].pending);
        play->refused += play->actors[i].refused;
    }
    int64_t stored = count_of(&play->monitor, play);
    assert_true(play->marked >= 0);
    play->appended += stored;
    play->late += stored - play->marked;
}

/* ---- the test and its controls ---- */

static inline void play_open(struct play *play, const struct play_kind *kind, uint64_t seed)
{
    struct error err;
    *play = (struct play){.kind = kind, .random = seed};
    store_database_create(&play->database);
    store_database_open(&play->database, STORE_ADMIN, &play->monitor);
    for (size_t i = 0; i <= WRITERS; i++) {
        struct actor *actor = &play->actors[i];
        enum store_role role = i < WRITERS ? STORE_COMMAND : STORE_ADMIN;
        store_database_open(&play->database, role, &actor->db);
        assert_true(db_execute(&actor->db, "set synchronous_commit = off", &err));
        appender_init(&actor->appender);
    }
}

static inline void play_close(struct play *play)
{
    for (size_t i = 0; i <= WRITERS; i++) {
        appender_release(&play->actors[i].appender);
        db_close(&play->actors[i].db);
    }
    db_close(&play->monitor);
    store_database_drop(&play->database);
}

static inline void play_run(struct play *play, int interleavings, const char *append_sql)
{
    play->append_sql = append_sql;
    for (int i = 0; i < interleavings; i++)
        interleave(play);
    print_message(
        "%lld appended, %lld refused, %lld steps waited, %lld late\n",
        (long long)play->appended,
        (long long)play->refused,
        (long long)play->waited,
        (long long)play->late);
    assert_int_equal(
        ask(&play->monitor,
            "select count(*) from store.head h where position <> (select count(*) from "
            "store.events)"
            " or position <> (select max(position) from store.events)"),
        0);
}

/* The function without one of its parts. */
static inline void
play_replace_in_append(struct play *play, const char *name, const char *what, const char *by)
{
    char sql[1024];
    (void)snprintf(
        sql,
        sizeof(sql),
        "do $do$ declare source text := pg_get_functiondef('store.append'::regproc);"
        "begin"
        " if strpos(source, $what$%s$what$) = 0 then raise 'the function has changed'; end if;"
        " execute replace(replace(source, 'store.append(', 'store.%s('),"
        "  $what$%s$what$, $by$%s$by$);"
        "end $do$;"
        "grant execute on function store.%s to order_command;"
        "alter function store.%s owner to order_schema",
        what,
        name,
        what,
        by,
        name,
        name);
    store_database_sql(&play->database, sql);
}

#endif
