// SPDX-License-Identifier: Apache-2.0
// What a consumer is made of, for the three files that are it: consumer.c (the client, reading),
// consumer_offsets.c (committing), consumer_assign.c (partitions that come and go, pauses).
#ifndef BUS_CONSUMER_INSIDE_H
#define BUS_CONSUMER_INSIDE_H

#include "bus/bus_conf.h"
#include "bus/consumer.h"

/* Lives from assignment to revocation. */
struct partition {
    bool owned;
    bool paused;       /* by us: resuming one that is not paused would rewind it (#4636) */
    int64_t next;      /* first offset that is not done, RD_KAFKA_OFFSET_INVALID: nothing yet */
    int64_t committed; /* as the broker confirmed it */
};

struct consumer {
    struct bus_client client; /* first: see bus_conf.h */
    char topic[256];
    struct partition *partitions;
    int32_t partition_count;
    size_t owned;
    int64_t generation;
    void (*leaving)(void *context);
    void *leaving_context;
    bool paused;
    bool closing;    /* everything was committed that can be */
    bool committing; /* a commit in the background has not been answered */
    int64_t commit_due_us;
    /* Given to us, but the committed offsets could not be read yet. */
    rd_kafka_topic_partition_list_t *waiting;
    int64_t retry_due_us;
    bool failed;
    struct error failure;
};

/* A partition that is ours, else NULL. */
struct partition *consumer_find(struct consumer *consumer, int32_t number);

/* Reading cannot go on; the first reason stays. */
void consumer_fail(struct consumer *consumer, enum error_kind kind, const char *what);

/* ---- consumer_offsets.c ---- */

/* Commits what is done, about once a second. */
void consumer_commit_in_background(struct consumer *consumer);

/* Waits for the answer, but not for ever: without a coordinator the plain call would. */
void consumer_commit_now(struct consumer *consumer);

/* The answer to a commit, as librdkafka gives it. */
void consumer_on_commit(
    rd_kafka_t *rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list, void *opaque);

/* ---- consumer_assign.c ---- */

/* Partitions come or go, as librdkafka says it. */
void consumer_on_rebalance(
    rd_kafka_t *rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list, void *opaque);

/* Tries again to take over partitions whose committed offsets could not be read. */
void consumer_retry_start(struct consumer *consumer);

#endif
