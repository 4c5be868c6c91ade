// SPDX-License-Identifier: Apache-2.0
// Reads a topic as a member of a group, the way librdkafka 2.0.2 does it safely: the plain poll
// loop, eager assignment, offsets committed by us and only forwards. One thread.
#ifndef BUS_CONSUMER_H
#define BUS_CONSUMER_H

#include "base/error.h"
#include "base/slice.h"

#include <librdkafka/rdkafka.h>

struct consumer;

struct consumer_options {
    const char *brokers;
    const char *group;
    const char *topic;
    const char *client_id; /* short */
    bool go_on_when_lost;  /* the committed offset is gone: go on with the oldest that is left */
    /* Called while partitions are taken from us or given up, before anybody else can have them unless
     * we were thought dead. During consumer_poll and consumer_close; must not call the consumer. */
    void (*leaving)(void *context); /* NULL: none */
    void *leaving_context;
};

/* Joins the group. Partitions start at the committed offset, or at the beginning where there is
 * none. Does not wait for the broker: ERROR_invalid is a wrong configuration. */
MUST_USE bool
consumer_open(struct consumer **out, const struct consumer_options *options, struct error *err);

/* Commits what is done and leaves the group cleanly, within 10 s. NULL is fine. */
void consumer_close(struct consumer *consumer);

/* Up to `most` messages: waits at most timeout_ms for the first, then takes what is there. Messages
 * belong to the caller (rd_kafka_message_destroy) and must be destroyed before consumer_close.
 * Returns how many; 0 is fine. All of them belong to the generation that holds on return: messages
 * polled earlier are stale when it has changed, and come again. */
size_t consumer_poll(
    struct consumer *consumer, int timeout_ms, rd_kafka_message_t **messages, size_t most);

/* True when reading cannot go on without a decision: the committed offset of a partition is out of
 * range (messages were deleted before they were read, or the broker lost its tail; ERROR_tampered)
 * or the client is dead (ERROR_fatal). Fills *failure then; stays true. */
bool consumer_failed(const struct consumer *consumer, struct error *failure);

/* Counts up whenever partitions were taken from us or given to us: state held per partition dies
 * with it. */
int64_t consumer_generation(const struct consumer *consumer);

/* Whether the partition is assigned to us now. */
bool consumer_owns(const struct consumer *consumer, int32_t partition);

/* How many partitions are assigned to us now. */
size_t consumer_partitions(const struct consumer *consumer);

/* Their numbers are below this. */
int32_t consumer_partition_end(const struct consumer *consumer);

/* Leaves the group and joins it again, for another assignment. */
void consumer_rejoin(struct consumer *consumer);

/* Marks everything up to and with this offset as done; committed in the background about once a
 * second, on revocation and on close. Never moves backwards. Ignored for partitions we no longer
 * own. */
void consumer_done(struct consumer *consumer, int32_t partition, int64_t offset);

/* The first offset of the partition that is not committed as done; -1: nothing was committed yet, or the
 * partition is not ours. */
int64_t consumer_committed(struct consumer *consumer, int32_t partition);

/* Where the partition begins and ends at this moment, asked of the broker; waits at most timeout_ms. */
MUST_USE bool consumer_bounds(
    struct consumer *consumer,
    int32_t partition,
    int timeout_ms,
    int64_t *begin,
    int64_t *end,
    struct error *err);

/* Stops and resumes fetching, for when PostgreSQL is away for long; polling must go on. Partitions
 * that are given to us meanwhile are stopped too. Drops what was fetched ahead, so not for short
 * waits. */
void consumer_pause(struct consumer *consumer);
void consumer_resume(struct consumer *consumer);

/* Last error the client reported ("all brokers down" …), empty when fine. For logs. */
const char *consumer_trouble(const struct consumer *consumer);

#endif
