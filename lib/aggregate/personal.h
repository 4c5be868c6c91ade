// SPDX-License-Identifier: Apache-2.0
// Joins vault and domain: personal fields of events to envelopes, and envelopes back to records for
// those who may read them. Folding needs none of it.
//
// Opened records are secrets: keep them in an arena of their own and wipe it (arena_wipe).
#ifndef AGGREGATE_PERSONAL_H
#define AGGREGATE_PERSONAL_H

#include "domain/aggregates.h"
#include "message/sealed.h"
#include "store/store.h"
#include "vault/leases.h"
#include "vault/nonces.h"

/* Bytes of the stored form of one personal field, at most: no record may be described that can have
 * more. */
enum { PERSONAL_MOST_SECTION = 4096 };

/* Where an event is going to be. */
struct event_place {
    struct uuid tenant;
    struct stream_id stream;
    int64_t version;
    struct uuid command_id; /* stands for the event's id: with stream and version it is unique */
    int64_t occurred_us;
};

/* What an event's personal fields are sealed with. */
struct sealer {
    const struct lease *leases; /* LEAVES_PER_SUBJECT of them, of the event's subject, by class - 1;
                                   key NULL: not held */
    struct nonces *nonces;
};

/* Which keys the events of a command will be sealed under: bit (class - 1) is set for each retention
 * class. 0: nothing personal is in the command. */
uint8_t aggregate_classes(const struct command *command);

/* Whose data a command for this stream holds: the customer of an order, a customer themselves. False:
 * nobody's, because the order does not exist or the stream is of no person. */
MUST_USE bool aggregate_subject(
    const struct aggregate *aggregate,
    const struct stream_id *stream,
    const struct command *command,
    struct uuid *out);

/* Seals the personal fields of an event, each with a nonce of its own, and gives the stored form of
 * sealed_parts, in the arena; size 0 when it has none. A personal field that is required or there
 * needs a lease with a key: ERROR_transient when it is not held. ERROR_fatal: arena exhausted. */
MUST_USE bool personal_seal(
    const struct event *event,
    const struct event_place *place,
    const struct sealer *sealer,
    struct arena *arena,
    struct slice *out,
    struct error *err);

/* ---- opening ---- */

/* Never collapsed: each wants something else done. */
enum open_outcome {
    OPEN_OK,
    OPEN_ERASED,          /* the key was destroyed: an answer, not a fault */
    OPEN_KEY_UNAVAILABLE, /* no broker, no such leaf, no right to it now (lease->state says which): try
                             again, take nothing for granted */
    OPEN_TAMPERED,        /* these bytes were not sealed for this place, or were changed */
};

/* "opened", "erased", "key unavailable", "tampered" */
const char *open_outcome_name(enum open_outcome outcome);

/* Where a part was sealed for. Tenant and stream come from the row's own key, never from a column
 * that travelled with the envelope. */
struct sealed_place {
    struct uuid tenant;
    struct stream_id stream;
    int64_t version;
    struct uuid event_id;
    struct slice event_type; /* as stored */
    int32_t schema_version;
    int64_t class; /* enum message_class */
};

struct sealed_place
sealed_place_of_event(const struct uuid *tenant, const struct recorded_event *event, int64_t class);

struct sealed_place sealed_place_of_copy(
    const struct uuid *tenant, const struct stream_id *stream, const struct sealed_copy *copy);

/* An opened part. message and body: OPEN_OK only; the record is described by `message`, so that
 * wire_encode(…, WIRE_CONTRACT, …) and json_from_msgpack show it. */
struct opened_part {
    enum open_outcome outcome;
    const struct message *message;
    const void *body;
};

/* Opens a part. lease: of the row's subject and this class, as vault_lease answered; NULL: the broker
 * is away. An envelope that names another leaf than the lease is tampered with, whatever became of
 * either leaf. The opened bytes live in `arena`, which the caller wipes, whatever the result.
 * ERROR_invalid: an event newer than this program; ERROR_fatal: arena exhausted. */
MUST_USE bool aggregate_open_part(
    const struct sealed_place *place,
    struct slice envelope,
    const struct lease *lease,
    struct arena *arena,
    struct opened_part *out,
    struct error *err);

#endif
