// SPDX-License-Identifier: Apache-2.0
// One run of the load client: sends what a source gives, holds each command to its one answer, and
// counts and measures on the way.
#ifndef LOAD_SESSION_H
#define LOAD_SESSION_H

#include "load/command_source.h"
#include "load/epochs.h"
#include "load/histogram.h"
#include "load/tally.h"

struct session_options {
    const char *brokers;
    const char *topic;
    const char *reply_topic;
    const char *producer;        /* signs as this one … */
    const uint8_t *producer_key; /* … with this key; NULL: signs nothing */
    int64_t window;              /* most unanswered commands */
    int64_t rate;                /* commands per second offered; 0: as fast as the window allows */
    int64_t seconds;             /* no new commands after that; 0: no limit */
    int64_t resend_after;        /* seconds without an answer */
    int64_t timeout;             /* seconds without any answer until the run is given up */
    const char *journal;         /* file; NULL: none */
    const char *visible;         /* conninfo of the database to watch; NULL: do not */
    struct sealing *sealing;     /* what becomes of personal parts */
    struct epochs *epochs;       /* where newer epochs come from; PERSONAL_SEALED only */
    bool dry_run;                /* send nothing */
    bool progress;
};

enum { SESSION_SHOWN_IDS = 10 };

struct shown_command {
    char id[UUID_TEXT_SIZE];
    char what[TALLY_NAME_SIZE]; /* type of a missing one, outcome or code of an unexpected one */
};

struct session_result {
    int64_t sent; /* commands, each counted once */
    int64_t answered;
    int64_t resent;   /* messages sent again */
    int64_t repeated; /* copies that the source gave out, sent beside their commands */
    int64_t missing;  /* commands without an answer */
    int64_t unexpected;
    int64_t duplicates; /* further answers to an answered command */
    int64_t foreign;    /* replies to commands of others, or unreadable */
    int64_t replayed;   /* first answers that were replays of a stored outcome */
    int64_t lines;
    int64_t bytes;      /* of message values, each counted once */
    int64_t elapsed_us; /* first send to last answer */
    int64_t cpu_us;     /* of this process, all threads */
    int64_t unseen;     /* answered commands whose events did not become visible */
    struct tally types;
    struct tally outcomes;
    struct tally codes;
    struct tally expected; /* "accepted" or the code each command must lead to */
    struct histogram latency;
    struct histogram visible;
    size_t shown_missing;
    size_t shown_unexpected;
    struct shown_command missing_commands[SESSION_SHOWN_IDS];
    struct shown_command unexpected_commands[SESSION_SHOWN_IDS];
    char trouble[256]; /* what the Kafka client complained about last */
};

/* Runs to the end, to the timeout or until a stop is asked for. True also when commands are missing:
 * the result says so. */
MUST_USE bool session_run(
    const struct session_options *options,
    struct command_source source,
    struct session_result *result,
    struct error *err);

#endif
