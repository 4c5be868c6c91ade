// SPDX-License-Identifier: Apache-2.0
// One run of order-load, whatever its source: who sends, what becomes of personal data, the session,
// and what is said in the end.
#ifndef LOAD_RUN_H
#define LOAD_RUN_H

#include "command/secret.h"
#include "load/report.h"

/* Options of both verbs; the first member of each verb's struct, so that one table fills it. */
struct common_options {
    const char *brokers;
    const char *topic;
    const char *reply_topic;
    const char *run_id;
    const char *tenant;
    const char *journal;
    const char *json;
    const char *visible;
    const char *personal;
    const char *epoch_topic;
    const char *vault_key;
    const char *needles;
    const char *producer;
    const char *producer_key;
    int64_t plant;
    int64_t duplicate;
    int64_t shuffle;
    int64_t shuffle_seed;
    int64_t window;
    int64_t rate;
    int64_t seconds;
    int64_t timeout;
    int64_t resend_after;
    bool dry_run;
    bool progress;
};

/* What a run is made of beside its source. */
struct run {
    const struct common_options *common;
    struct run_identity identity;
    struct epochs *epochs; /* NULL: nothing is sealed */
    struct sealing sealing;
    uint8_t producer_key[SECRET_SIZE]; /* when there is a producer */
    struct session_result result;
};

/* Reads the options both verbs have, and the epoch to seal to. */
MUST_USE bool run_begin(struct run *run, const struct common_options *common, struct error *err);

/* Sends what the source has, after planted customers if any are wanted, and in disorder if that is. */
MUST_USE bool run_source(struct run *run, struct command_source source, struct error *err);

struct report run_report(const char *verb, const struct run *run);

/* Ends what run_begin began. */
void run_end(struct run *run);

/* Says what came of it; the exit code. */
int run_finish(const struct run *run, const struct report *report);

#endif
