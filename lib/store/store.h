// SPDX-License-Identifier: Apache-2.0
// The event store: streams, batches of appends, outcomes of commands. Knows bytes, not messages.
//
// What is here promises D2: positions are dense and in commit order, and nothing of an append may
// leave the process before store_append returned, because only then it is durable.
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/arena.h"
#include "pg/array.h"
#include "pg/db.h"

#include <stddef.h>

/* Without padding but at its end: its first STREAM_KEY_SIZE bytes can be a key. */
struct stream_id {
    struct uuid id; /* within tenant and category; first, so that ids sort by it */
    int32_t tenant_id;
    int16_t category;
};

enum { STREAM_KEY_SIZE = 22 };

static_assert(
    offsetof(struct stream_id, category) + sizeof(int16_t) == STREAM_KEY_SIZE,
    "nothing lies between the members");

static inline bool stream_equal(const struct stream_id *a, const struct stream_id *b)
{
    return memcmp(a, b, STREAM_KEY_SIZE) == 0;
}

/* What a command is known by, for ever. No padding. */
struct command_key {
    struct uuid id; /* within the tenant */
    int32_t tenant_id;
};

static_assert(sizeof(struct command_key) == 20, "it is hashed and compared as bytes");

enum {
    STORE_BUCKETS = 1024,
    STORE_FINGERPRINT_SIZE = 16,
    STORE_TRACE_SIZE = 26,  /* traceparent: version 1, trace id 16, parent id 8, flags 1 */
    STORE_MAX_BATCH = 4096, /* commands in one append, streams in one load; the step of the sequence
                               store.stream_number, which gives each batch its numbers */
};

/* Stable hash of a stream id, 0..1023: partition key of later shards. FNV-1a over category (big
 * endian) and id, folded to 10 bits; golden values in the tests. The tenant is no part of it, because
 * its number differs from database to database. */
int16_t stream_bucket(const struct stream_id *stream);

struct recorded_event {
    int64_t position;
    int64_t stream_number; /* surrogate of the stream, for ever the same */
    struct stream_id stream;
    int64_t version; /* within the stream, from 1 */
    struct slice type;
    int16_t schema_version;
    int64_t occurred_us;
    int64_t recorded_us;
    struct uuid command_id;
    struct slice payload;
    struct slice sealed; /* its personal parts, sealed, as one stored message; size 0: none */
};

/* ---- loading ---- */

struct load_request {
    const struct stream_id *streams;
    size_t stream_count;
    const int64_t *after_versions; /* per stream: only events after it; NULL: all from version 1 */
    const struct command_key *commands;
    size_t command_count;
    bool with_sealed; /* the events' sealed parts too: deciding has no use for them */
};

struct loaded_stream {
    int64_t version;                     /* 0: the stream does not exist */
    const struct recorded_event *events; /* the wanted ones to `version`, in order */
    size_t event_count;
};

enum outcome {
    OUTCOME_ACCEPTED = 1,
    OUTCOME_REJECTED = 2,
    OUTCOME_CONFLICT = 3,
};

/* What was answered to a command before. */
struct stored_outcome {
    bool known; /* false: no such command yet */
    uint8_t fingerprint[STORE_FINGERPRINT_SIZE];
    enum outcome outcome;
    struct slice code;  /* of a rejection, else empty */
    struct slice field; /* which one the rejection is about; empty: none in particular */
    struct stream_id stream;
    int64_t version;  /* of the stream after the command */
    int64_t position; /* of its last event; 0 when it had none */
    int16_t event_count;
};

/* Arrays in the order of the request. */
struct load_result {
    struct loaded_stream *streams;
    struct stored_outcome *outcomes;
};

/* Events of the streams and the stored outcomes of the command ids in one round trip; everything of
 * the result lives in the arena. ERROR_tampered: versions are missing, or a stream is behind the
 * version that its load was to begin after. */
MUST_USE bool store_load(
    struct db *db,
    const struct load_request *request,
    struct arena *arena,
    struct load_result *out,
    struct error *err);

/* ---- appending ---- */

struct new_event {
    struct slice type;
    int16_t schema_version;
    int64_t occurred_us;
    struct slice payload;
    struct slice sealed; /* size 0: nothing personal is in it */
};

struct new_command {
    struct uuid id;
    uint8_t fingerprint[STORE_FINGERPRINT_SIZE];
    enum outcome outcome;
    struct slice code;  /* empty unless rejected */
    struct slice field; /* which one the rejection is about; empty: none in particular */
    const struct new_event *events;
    size_t event_count;
    const struct uuid *correlation_id; /* NULL: none */
    const struct uuid *causation_id;   /* NULL: none */
    struct slice actor;                /* name of who sent it; empty: not known */
    struct slice trace;                /* STORE_TRACE_SIZE bytes of its traceparent; empty: none */
};

enum append_status {
    APPEND_OK,
    APPEND_CONFLICT,  /* the stream is at another version: nothing of the group was written */
    APPEND_DUPLICATE, /* a command id of the group is known: nothing of the group was written */
};

/* All commands of one stream in a batch, decided in order on one loaded state: the unit of
 * conflict. A group without events still needs its version to hold. */
struct append_group {
    struct stream_id stream;
    int64_t expected_version; /* the version the decisions were made on; 0: must not exist */
    const struct new_command *commands;
    size_t command_count;
    /* result: */
    enum append_status status;
    int64_t version;        /* OK: after the group; CONFLICT: the actual one */
    int64_t first_position; /* OK: of the group's first event; 0 when it had none */
};

enum { STORE_NOTHING_SEALED = -1 };

/* A partition as its owner knows it (store/claims.h). */
struct append_claim {
    int32_t number;
    int64_t epoch;
    int64_t newest_offset; /* of the batch's commands there */
};

struct append_batch {
    struct append_group *groups; /* distinct streams, distinct (tenant, command id) */
    size_t group_count;
    int64_t erasure_fence; /* how many erasures were fenced when the keys of the batch were leased;
                              STORE_NOTHING_SEALED: no event of it has sealed parts */
    const struct append_claim *claims; /* of the partitions its commands came from, by number */
    size_t claim_count;
};

enum { APPENDER_ARRAYS = 28 };

/* Buffers of one appender, reused from call to call. Its contents are no business of callers. */
struct appender {
    struct array_buffer arrays[APPENDER_ARRAYS];
    struct append_place *groups;   /* in the order they are sent, owned */
    struct append_place *commands; /* likewise */
    size_t group_capacity;
    size_t command_capacity;
    uint8_t batch_digest[32];
    int64_t head;         /* a position that this connection has seen reached */
    uint64_t head_serial; /* which connection that was */
};

void appender_init(struct appender *appender);
void appender_release(struct appender *appender);

/* Appends the groups and makes them durable, in one round trip when nobody lost: the append commits
 * asynchronously, the fence behind it flushes. True: every group's result is filled in and durable.
 * False with ERROR_conflict: nothing was written; others kept changing the same streams, try again;
 * or, with STORE_ERASURE_FENCED as err->code, an erasure was fenced since the keys were leased: lease
 * anew and seal again; or, with STORE_CLAIM_LOST, somebody else has claimed a partition: nothing of
 * the batch is ours to do any more. False with ERROR_transient and a closed connection: the outcome is unknown;
 * look the command ids up on a new connection before anything else. False with the connection open:
 * nothing was written. */
MUST_USE bool store_append(
    struct appender *appender, struct db *db, const struct append_batch *batch, struct error *err);

/* SQLSTATE of store.append when its erasure fence is not the current one. */
#define STORE_ERASURE_FENCED "ERA01"

/* SQLSTATE of store.append when a claim of the batch is somebody else's. */
#define STORE_CLAIM_LOST "ORD01"

/* A durability fence on its own: everything visible before the call is durable after it. */
MUST_USE bool store_fence(struct db *db, struct error *err);

/* ---- identity, tenants, compatibility ---- */

/* Highest number in schema/migrations: what this program works with. */
enum { STORE_SCHEMA_VERSION = 8 };

struct store_identity {
    struct uuid incarnation; /* made at init; another one is another history */
    int64_t head;            /* position of the newest event */
};

MUST_USE bool store_identity(struct db *db, struct store_identity *out, struct error *err);

/* Fails when the schema is not applied, older or newer than this program, when the server is
 * below 15, or when fsync or full_page_writes is off; the text says the remedy. */
MUST_USE bool store_check(struct db *db, struct error *err);

/* Keeps partitions of the event table ahead of the head; *left: positions until appends would
 * fail. For order-command, at its start and now and then. */
MUST_USE bool store_ensure_partitions(struct db *db, int64_t *left, struct error *err);

/* The number of a tenant by name, its UUID in *tenant. ERROR_not_found names the remedy. */
MUST_USE bool store_find_tenant(
    struct db *db, const char *name, int32_t *out_id, struct uuid *tenant, struct error *err);

/* Notifies listeners of channel "order_events" that events up to `position` are durable. */
MUST_USE bool store_notify(struct db *db, int64_t position, struct error *err);

#define STORE_CHANNEL "order_events"

#endif
