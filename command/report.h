// SPDX-License-Identifier: Apache-2.0
// What the program did, for one log line every few seconds while it is busy.
#ifndef COMMAND_REPORT_H
#define COMMAND_REPORT_H

#include "command/item.h"

enum step {
    STEP_DECODE, /* envelope to fingerprint */
    STEP_OPEN,   /* boxes with personal data */
    STEP_LOAD,   /* store_load, waiting included */
    STEP_LEASE,  /* keys of people, waiting included */
    STEP_DECIDE, /* grouping, folding, deciding, encoding, sealing */
    STEP_APPEND, /* store_append, waiting included */
    STEP_REPLY,  /* replies and dead letters to the producer */
    STEP_COUNT
};

struct report {
    int64_t commands;
    int64_t outcomes[ANSWER_OUTCOME_COUNT];
    int64_t replayed;
    int64_t dead_letters;
    int64_t refused_replies; /* their topic is not allowed */
    int64_t batches;
    int64_t rounds;
    int64_t conflicts;   /* groups that were decided again */
    int64_t boxes;       /* commands whose personal data came in a box */
    int64_t plain;       /* commands whose personal data came in plain and was taken */
    int64_t sealed;      /* events with sealed parts that were appended */
    int64_t fenced;      /* rounds decided again because of an erasure */
    int64_t diverted;    /* commands of parked streams */
    int64_t claims_lost; /* batches dropped, because a partition was somebody else's by then */
    int64_t step_us[STEP_COUNT];
    int64_t since_us; /* monotonic */
    int64_t newest_position;
};

void report_answer(struct report *report, const struct answer *answer);

/* Adds the time since *since_us to a step and moves *since_us to now. */
void report_step(struct report *report, enum step step, int64_t *since_us);

/* Writes the line when it is due and something happened, and starts anew. */
void report_tick(struct report *report, int64_t undeliverable);

/* Writes what is left. */
void report_flush(struct report *report, int64_t undeliverable);

#endif
