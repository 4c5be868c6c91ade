// SPDX-License-Identifier: Apache-2.0
// Streams to park in a database: two claimed partitions, and the calls as a worker makes them.
#ifndef SUPPORT_PARKING_H
#define SUPPORT_PARKING_H

#include "store/parked.h"
#include "support/store_fixture.h"

#define TOPIC "order.commands"

struct parking {
    struct fixture store;
    struct db other; /* a second connection in the same role */
    struct claim claims[2];
    struct parked_owner owner;
};

static const struct claim_owner claimant = {.group = "g", .topic = TOPIC, .name = "test"};

static inline int set_up(void **state)
{
    static const int32_t partitions[2] = {0, 1};
    void *fixture = NULL;
    struct error err;
    struct parking *parking = calloc(1, sizeof(*parking));
    assert_non_null(parking);
    assert_int_equal(fixture_set_up(&fixture), 0);
    parking->store = *(struct fixture *)fixture;
    free(fixture);
    store_database_open(&parking->store.database, STORE_COMMAND, &parking->other);
    assert_true(claims_take(&parking->store.db, &claimant, partitions, 2, parking->claims, &err));
    parking->owner = (struct parked_owner){
        .topic = TOPIC, .claims = parking->claims, .claim_count = countof(parking->claims)};
    *state = parking;
    return 0;
}

static inline int tear_down(void **state)
{
    struct parking *parking = *state;
    struct fixture *store = calloc(1, sizeof(*store));
    void *fixture = store;
    db_close(&parking->other);
    assert_non_null(store);
    *store = parking->store;
    free(parking);
    return fixture_tear_down(&fixture);
}

static inline int64_t count(struct parking *parking, const char *sql)
{
    return store_database_number(&parking->store.database, sql);
}

static inline struct stream_id stream_of(uint64_t number)
{
    return (struct stream_id){.id = simple_id(number), .tenant_id = 1, .category = 1};
}

static inline struct parked_record record(uint64_t stream, uint64_t command, int64_t offset)
{
    return (struct parked_record){
        .stream = stream_of(stream),
        .command_id = simple_id(command),
        .partition = 1,
        .offset = offset,
        .timestamp_ms = 1769860800000,
        .key = SLICE_LITERAL("key"),
        .headers = SLICE_LITERAL("headers"),
        .value = SLICE_LITERAL("value"),
        .is_kept = true};
}

static inline struct parked_fault fault(uint64_t stream, uint64_t command, int64_t offset)
{
    return (struct parked_fault){
        .record = record(stream, command, offset),
        .incident = simple_id(900 + (uint64_t)offset),
        .code = "command_failed",
        .attempts = 3};
}

static inline void park(struct parking *parking, uint64_t stream, uint64_t command, int64_t offset)
{
    const struct parked_fault one = fault(stream, command, offset);
    struct error err;
    if (!parked_park(&parking->store.db, &parking->owner, &one, &err))
        fail_msg("%s", err.text);
}

static inline bool divert(
    struct parking *parking,
    struct db *db,
    uint64_t stream,
    uint64_t command,
    int64_t offset,
    struct error *err)
{
    const struct parked_record one = record(stream, command, offset);
    struct parked_known known;
    return parked_divert(db, &parking->owner, &one, 1, &known, err);
}

static inline size_t
read_queue(struct parking *parking, uint64_t stream, struct parked_entry **entries)
{
    const struct stream_id id = stream_of(stream);
    struct error err;
    size_t found = 0;
    if (!parked_queue(&parking->store.db, &id, &parking->store.arena, entries, &found, &err))
        fail_msg("%s", err.text);
    return found;
}

static inline int64_t release(struct db *db, uint64_t stream, struct error *err)
{
    static const struct db_statement statement = {
        .number = 40,
        .name = "test_release",
        .sql =
            "select coalesce(store.release_parked(1, 1::smallint, $1::uuid, 'who', 'what', 'why'),"
            " 0::smallint)",
        .expect = DB_ONE_ROW,
        .columns = 1};
    const struct uuid id = simple_id(stream);
    struct db_params params = {0};
    PGresult *result;
    db_param_uuid(&params, &id);
    if (!db_run(db, &statement, &params, &result, err))
        return -1;
    int64_t before = ((const uint8_t *)PQgetvalue(result, 0, 0))[1];
    PQclear(result);
    return before;
}

static inline void must_release(struct parking *parking, uint64_t stream)
{
    struct error err;
    assert_int_equal(release(&parking->store.db, stream, &err), PARKED_WAITING);
}

static inline void begin(struct parking *parking, uint64_t stream)
{
    const struct stream_id id = stream_of(stream);
    struct error err;
    bool begun = false;
    assert_true(parked_begin(&parking->store.db, &parking->owner, &id, &begun, &err));
    assert_true(begun);
}

/* Settles the first `most` entries; whether the stream is gone. */
static inline bool settle(struct parking *parking, struct db *db, uint64_t stream, size_t most)
{
    struct parked_entry *entries;
    int64_t sequences[8];
    size_t found = read_queue(parking, stream, &entries);
    struct parked_done done = {.stream = stream_of(stream), .sequences = sequences};
    for (size_t i = 0; i < found && i < most; i++)
        sequences[done.count++] = entries[i].sequence;
    bool gone = false;
    struct error err;
    if (!parked_settle(db, &parking->owner, &done, &gone, &err))
        fail_msg("%s", err.text);
    return gone;
}

#endif
