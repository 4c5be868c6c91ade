// SPDX-License-Identifier: Apache-2.0
// Everything `order-command run` holds, and the steps of its loop. One thread.
#ifndef COMMAND_SERVICE_H
#define COMMAND_SERVICE_H

#include "base/arena.h"
#include "bus/consumer.h"
#include "bus/producer.h"
#include "command/claims.h"
#include "command/fingerprint.h"
#include "command/epochs.h"
#include "command/hot.h"
#include "command/keys.h"
#include "command/marks.h"
#include "command/notifier.h"
#include "command/park.h"
#include "command/report.h"
#include "command/reply.h"
#include "command/round.h"
#include "command/tenants.h"
#include "runtime/retry.h"

struct run_options {
    const char *database;
    const char *brokers;
    const char *tenants;
    const char *tenant;
    const char *currencies;
    bool gifts;
    const char *rounding;
    const char *return_window;
    const char *payment_window;
    const char *stock_ttl;
    int64_t max_lines;
    const char *fingerprint_key_file;
    const char *topic;
    const char *group;
    const char *reply_topics;
    const char *dead_letter_topic;
    int64_t batch;
    bool accept_lost_commands;
    const char *shredder_socket;
    const char *accept_plain;
    bool allow_unlocked;
    int64_t epoch_grace;
    const char *log_level;
};

/* A wait for the key broker, over as many rounds as it takes. */
struct key_wait {
    int64_t since_us; /* 0: there is none */
    int64_t logged_us;
    struct retry retry;
};

struct service {
    const struct run_options *options;
    struct tenants *tenants;
    struct uuid incarnation;
    bool has_incarnation;
    struct fingerprinter fingerprinter;
    struct db db;
    int64_t deadline_us; /* of one call; longer after calls that ran into it */
    struct appender appender;
    struct notifier notifier;
    struct consumer *consumer;
    struct producer *producer;
    int64_t generation; /* of the assignment that inbox, batch and marks belong to */
    bool stale;         /* the assignment changed under the batch: its rest comes again */
    struct claims claims;
    struct park park;

    /* Messages waiting for a batch; the first `taken` of them are in the batch. */
    rd_kafka_message_t **inbox;
    size_t inbox_capacity;
    size_t inbox_count;
    size_t taken;

    struct item *items;
    size_t item_count;
    size_t limit;             /* commands of the next round, less after failures */
    struct arena batch_arena; /* from intake to the last reply */
    struct arena round_arena; /* one round */
    struct hot hot;
    struct keys keys;
    struct key_wait key_wait;
    bool accepts_plain; /* personal data that no box is around */
    bool saw_plain;     /* the batch's arena has some */
    struct epochs epochs;
    struct reply_room reply_room;
    struct marks marks;
    struct report report;
    bool warned_reply_topic;
};

enum {
    BATCH_ARENA = 64 * 1024 * 1024,
    ROUND_ARENA = 64 * 1024 * 1024,
    LONE_ROUND_ARENA = 1024 * 1024 * 1024, /* a very long stream, alone */
    DEADLINE_US = 5 * 1000 * 1000,
    LONGEST_DEADLINE_US = 60 * 1000 * 1000,
};

/* ---- connect.c: servers that are away ---- */

/* Opens the store, waiting for it as long as it takes; Kafka is kept company meanwhile. False: a
 * stop was asked for (signals_stop), or it can never work (err). */
MUST_USE bool service_open_store(struct service *service, struct error *err);

/* Waits for Kafka and checks that the topics exist. */
MUST_USE bool service_check_topics(const struct run_options *options, struct error *err);

/* Waits a little for the key broker, because of err; then the round is tried again, as nobody knows
 * better whether everything it wants can be had. False: a stop was asked for, or it can never work. */
MUST_USE bool service_await_keys(struct service *service, struct error *err);

/* A round went through, or the batch is over. */
void service_end_key_wait(struct service *service);

/* An append was refused, because there was an erasure since its keys were leased under `fence`: waits
 * until the key broker has told of it. Ends like service_await_keys. */
MUST_USE bool service_await_fence(struct service *service, int64_t fence, struct error *err);

/* Serves the key broker. Wherever the program waits, and between batches; never while an append is
 * under way. */
void service_serve_keys(struct service *service);

/* ---- inbox.c ---- */

/* Reads more messages; drops those of an assignment that has gone. */
void service_poll(struct service *service, int timeout_ms);

/* Destroys messages the batch took, or all. */
void service_drop_taken(struct service *service);
void service_drop_inbox(struct service *service);

/* ---- batch.c ---- */

/* Decides and answers what is in the inbox, as much as one batch holds. False: the program cannot
 * go on (err). Items that could not be answered because of a stop or a new assignment are left: they
 * come again. */
MUST_USE bool service_run_batch(struct service *service, struct error *err);

/* Forgets the items there are. */
void service_clear(struct service *service);

/* Items from what waited in a queue, instead of a batch. */
void service_take_queued(struct service *service, const struct arrival *arrivals, size_t count);

/* Decides and answers the items there are, in rounds. Ends like service_run_batch. */
MUST_USE bool service_decide(struct service *service, struct error *err);

/* ---- round_run.c ---- */

enum failure {
    FAILURE_NONE,
    FAILURE_AWAY,     /* the connection is gone: what happened is unknown */
    FAILURE_BUSY,     /* the server asks for patience */
    FAILURE_CONFLICT, /* an id was in use on another stream just now */
    FAILURE_KEYS,     /* the key broker is away: nothing was appended */
    FAILURE_FENCED,   /* there was an erasure since the keys were leased: nothing was appended */
    FAILURE_LOST,     /* a partition is somebody else's by now: nothing was appended */
    FAILURE_POISON,   /* something in the round is at fault */
    FAILURE_END,      /* the program cannot go on */
};

/* Whether the key broker holds the vault of this database, once per connection. Keys of another vault
 * would seal what nobody could open or erase later: FAILURE_END. */
enum failure service_check_vault(struct service *service, struct error *err);

/* One attempt at the open items of the batch, as of now_us: opens boxes, loads, leases keys, decides,
 * seals, appends. err says why it is not FAILURE_NONE. */
enum failure
service_run_round(struct service *service, struct round *round, int64_t now_us, struct error *err);

/* ---- recover.c ---- */

/* After a round that failed: waits, takes less into the next one, or gives up on the one command that
 * is at fault. False: the batch cannot go on. */
MUST_USE bool service_recover(
    struct service *service,
    struct round *round,
    enum failure failure,
    struct retry *retry,
    struct error *err);

/* ---- epoch_progress.c ---- */

/* Looks after the end of command epochs, now and then. Between batches. */
void service_tend_epochs(struct service *service);

/* ---- settle.c ---- */

/* Sends replies and dead letters of answered items, in order of arrival. */
void service_settle(struct service *service);

/* Notes how far each partition is done when the newest record has arrived. */
void service_mark(struct service *service);

/* Passes on the offsets whose records have arrived. */
void service_advance(struct service *service);

#endif
