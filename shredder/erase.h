// SPDX-License-Identifier: Apache-2.0
// The engine that carries erasures out, step by step: fence, call the keys back, forget them in the
// vault, make that known. Each step is recorded before the next one is begun and may be done twice, so
// that a crash anywhere only costs time.
#ifndef SHREDDER_ERASE_H
#define SHREDDER_ERASE_H

#include "base/error.h"
#include "shredder/erase_request.h"
#include "shredder/lease_table.h"

enum {
    ERASE_RUNS = 16,
    ERASE_WAITERS = 64,
};

struct broker;
struct session;

/* One subject of one request. */
struct erase_item {
    struct uuid request;
    struct uuid subject;
    int32_t tenant_id;
    uint8_t classes;
    uint8_t state; /* enum erase_state, as it was read */
};

/* Items that go through the steps together: one fence, one generation of the vault. */
struct erase_run {
    enum erase_state state; /* ERASE_UNKNOWN: free */
    struct erase_item *items;
    size_t count;
    struct leaf_span *spans; /* all their leaves, sorted, without overlap */
    size_t span_count;
    bool called_back; /* REVOKE was sent in this life */
    bool changed;     /* keys were destroyed, so the command epoch has to go as well */
    int64_t fence;    /* -1: raised by an earlier life */
    struct drain drain;
    int64_t began_us;
};

/* A client that wants to hear how its request goes. */
struct erase_waiter {
    uint32_t holder; /* 0: nobody */
    uint32_t sequence;
    struct uuid request;
    enum erase_state told;
};

struct eraser {
    struct erase_run runs[ERASE_RUNS];
    struct erase_waiter waiters[ERASE_WAITERS];
    bool news;            /* a request has changed: waiters are to be told */
    int64_t live_rows;    /* subjects of requests that are live and not final */
    int64_t finish_us;    /* when that is looked at next */
    int64_t retry_us;     /* not before then is a failed step tried again */
    int64_t trouble_us;   /* when trouble was logged last */
    int64_t live_last_us; /* how long the newest erasure took until it was live */
};

/* Takes up what an earlier life has left. */
MUST_USE bool eraser_start(struct broker *broker, struct error *err);
void eraser_release(struct eraser *eraser);

/* Records the request, and from then on it is carried out. *state: as of enum erase_state, UNKNOWN: a
 * subject is not known and nothing was done. ERROR_invalid: the id belongs to another request.
 * ERROR_transient: the database is away, or too many are under way. */
MUST_USE bool erase_begin(
    struct broker *broker,
    const struct erase_request *request,
    const char *actor,
    enum erase_state *state,
    struct error *err);

/* Goes on wherever something can be done. */
void eraser_tick(struct broker *broker);

/* Whether a step may be due soon. */
bool eraser_is_busy(const struct eraser *eraser);

/* The client has wiped what was called back up to this frame; or it has ended its connection. */
void eraser_acked(struct broker *broker, uint32_t holder, uint32_t sequence);
void eraser_gone(struct broker *broker, uint32_t holder);

/* ---- who waits (erase_calls.c) ---- */

/* Tells the waiters what is new. */
void erase_tell(struct broker *broker);

#endif
