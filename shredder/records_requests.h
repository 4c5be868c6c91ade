// SPDX-License-Identifier: Apache-2.0
// Erasure requests in the database: what the engine goes on from after a crash.
#ifndef SHREDDER_RECORDS_REQUESTS_H
#define SHREDDER_RECORDS_REQUESTS_H

#include "shredder/erase.h"
#include "shredder/records.h"

/* Records the request; what of it is there already stays, *added is the rest. ERROR_invalid: its id is
 * another one's. */
MUST_USE bool records_add_request(
    struct records *records,
    const struct erase_request *request,
    int32_t tenant_id,
    const char *actor,
    int64_t *added,
    struct error *err);

/* What is neither final nor only waiting to become it; *out is the caller's to free. */
MUST_USE bool records_open_requests(
    struct records *records, struct erase_item **out, size_t *count, struct error *err);

enum { NOT_KNOWN = -1 };

/* A step that items have taken, and what came out of it; NOT_KNOWN leaves what is there. */
struct erase_step {
    enum erase_state state;
    int64_t fence;
    int32_t acked;
    int32_t expired;
    int64_t generation;
    int64_t epoch;
};
#define ERASE_STEP(step) \
    { \
        .state = (step), .fence = NOT_KNOWN, .acked = NOT_KNOWN, .expired = NOT_KNOWN, \
        .generation = NOT_KNOWN, .epoch = NOT_KNOWN \
    }

MUST_USE bool records_advance(
    struct records *records,
    const struct erase_item *items,
    size_t count,
    const struct erase_step *step,
    struct error *err);

/* Subjects and requests are fenced and the fence is raised, in one transaction; *fence is the new one.
 * The outcome is unknown when the connection is lost: the same again is right. */
MUST_USE bool records_fence(
    struct records *records,
    const struct erase_item *items,
    size_t count,
    int64_t *fence,
    struct error *err);

/* Live requests become final where the epochs before theirs are gone and every holder has their
 * generation; how many subjects did, and how many of them still are live only. */
MUST_USE bool records_finish(
    struct records *records,
    uint64_t oldest_epoch,
    uint64_t generation,
    int64_t *finished,
    int64_t *open,
    struct error *err);

struct request_state {
    enum erase_state state; /* of the subject that is behind; UNKNOWN: there is no such request */
    uint64_t generation;
    int32_t acked;
    int32_t expired;
    int64_t subjects;
};

MUST_USE bool records_request_state(
    struct records *records,
    const struct uuid *request,
    struct request_state *out,
    struct error *err);

#endif
