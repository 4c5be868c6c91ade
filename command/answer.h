// SPDX-License-Identifier: Apache-2.0
// The answers there are, each made in one place.
#ifndef COMMAND_ANSWER_H
#define COMMAND_ANSWER_H

#include "command/item.h"
#include "domain/rejections.h"

/* "accepted", "rejected" … */
const char *answer_outcome_name(enum answer_outcome outcome);

/* A command that was never understood: to the dead letters. field may be NULL. */
struct answer answer_malformed(enum rejection_code code, const char *field, const char *reason);

/* The rejection of class "malformed" behind a fault of the wire. */
struct answer answer_fault(const struct wire_fault *fault);

/* A decision that is not stored: command_id_reused, stream_busy … */
struct answer answer_refused(enum answer_outcome outcome, enum rejection_code code);

/* A refusal that depends on who asks, when, or on how we are set up: denied, expired or invalid, by its
 * code. */
struct answer answer_refusal(enum rejection_code code, const char *field);

/* The tenant's limit is reached: the same id again, in so many milliseconds. */
struct answer answer_limited(int64_t retry_after_ms);

/* We failed on a command that may be fine: to the dead letters. */
struct answer answer_internal(const char *detail);

/* Decided, but not durable yet: no position. */
struct answer answer_accepted(int64_t version);
struct answer
answer_rejected(const struct rejection *rejection, const char *field, int64_t version);
struct answer answer_version_conflict(int64_t version);

/* What was answered before. The code is one of the table's, or copied into the arena when another
 * version of the program wrote it. False: arena exhausted. */
MUST_USE bool
answer_stored(const struct stored_outcome *stored, struct arena *arena, struct answer *out);

#endif
