// SPDX-License-Identifier: Apache-2.0
// Inside the session: its state and the steps of its loop.
#ifndef LOAD_SESSION_STEPS_H
#define LOAD_SESSION_STEPS_H

#include "load/link.h"
#include "load/pending.h"
#include "load/session.h"
#include "load/visible.h"
#include "runtime/progress.h"

#include <stdio.h>

enum { MOST_MESSAGE = 512 * 1024 };

struct session {
    const struct session_options *options;
    struct command_source source;
    struct session_result *result;
    struct link *link;
    struct visible *visible; /* NULL: not asked for */
    FILE *journal;           /* NULL: not asked for */
    struct pending pending;
    struct progress progress;
    int64_t started_us;    /* monotonic, as all the others */
    int64_t started_at_us; /* the same moment on the wall clock */
    int64_t answered_us;   /* when anything last moved: an answer, or a first command */
    int64_t last_answer_us;
    int64_t epochs_due_us;          /* when to look for a newer epoch */
    int64_t resend_all_before_us;   /* what was sent before is lost: the producer was made anew */
    struct pending_command *unsent; /* added, but the producer's queue was full; or `copy` */
    struct pending_command copy;    /* of a command that waits or waited; its bytes are scratch */
    bool source_ended;
    uint8_t scratch[MOST_MESSAGE];
};

/* The message of a command, in the scratch buffer unless it was encoded already. */
MUST_USE bool session_encode(
    struct session *session, const struct outgoing *command, struct slice *out, struct error *err);

/* Counts a command, or a copy, that is sent or would be. */
void session_count(struct session *session, const struct outgoing *command, struct slice bytes);

/* Whether a new command may be sent: there is one, and window and memory have room for it. */
bool session_may_send(const struct session *session);

/* Sends as many new commands as window and rate allow now, but not for long. */
MUST_USE bool session_send(struct session *session, struct error *err);

/* Sends again what waits too long. */
MUST_USE bool session_resend(struct session *session, struct error *err);

/* Takes the replies that are there; *out_any whether there were any. */
void session_receive(struct session *session, bool *out_any);

/* When the next command is due (monotonic); only with a rate. */
int64_t session_due_us(const struct session *session);

/* A line of the journal. reply NULL: the command was not answered. */
struct reply;
void journal_write(
    const struct session *session,
    const struct pending_command *command,
    const struct reply *reply,
    int64_t latency_us);

#endif
