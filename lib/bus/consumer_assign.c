// SPDX-License-Identifier: Apache-2.0
// Partitions that come and go, eagerly: all of them at once. What is kept per partition dies when it
// is taken away.
#include "bus/consumer_inside.h"

#include "base/clock.h"

#include <stdlib.h>

#include "base/banned.h"

enum { COMMITTED_WAIT_MS = 3000, RETRY_EVERY_US = 1000 * 1000 };

/* Room for partition `number`. */
static bool grow(struct consumer *consumer, int32_t number)
{
    if (number < consumer->partition_count)
        return true;
    size_t count = (size_t)number + 1;
    struct partition *grown = realloc(consumer->partitions, count * sizeof(*grown));
    if (grown == NULL)
        return false;
    for (size_t i = (size_t)consumer->partition_count; i < count; i++)
        grown[i] = (struct partition){0};
    consumer->partitions = grown;
    consumer->partition_count = number + 1;
    return true;
}

static void pause_partition(struct consumer *consumer, int32_t number, bool pause)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, consumer->topic, number);
    rd_kafka_resp_err_t code = pause ? rd_kafka_pause_partitions(consumer->client.rk, list)
                                     : rd_kafka_resume_partitions(consumer->client.rk, list);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && list->elems[0].err == code)
        consumer->partitions[number].paused = pause;
    rd_kafka_topic_partition_list_destroy(list);
}

static void pause_all(struct consumer *consumer, bool pause)
{
    for (int32_t i = 0; i < consumer->partition_count; i++) {
        const struct partition *partition = &consumer->partitions[i];
        if (partition->owned && partition->paused != pause)
            pause_partition(consumer, i, pause);
    }
}

static void take(struct consumer *consumer, const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *row = &list->elems[i];
        if (!grow(consumer, row->partition)) {
            consumer_fail(consumer, ERROR_fatal, "no memory for the state of a partition");
            return;
        }
        consumer->partitions[row->partition] = (struct partition){
            .owned = true, .next = RD_KAFKA_OFFSET_INVALID, .committed = row->offset};
        if (row->offset < 0)
            consumer->partitions[row->partition].committed = RD_KAFKA_OFFSET_INVALID;
        consumer->owned++;
    }
}

/* The client keeps a partition paused over its revocation: given back to us later, when we no longer
 * know of the pause, nothing of it would ever be read. */
static void drop_all(struct consumer *consumer)
{
    for (int32_t i = 0; i < consumer->partition_count; i++) {
        if (consumer->partitions[i].owned && consumer->partitions[i].paused)
            pause_partition(consumer, i, false);
        consumer->partitions[i] = (struct partition){0};
    }
    consumer->owned = 0;
    consumer->generation++;
    if (consumer->waiting != NULL)
        rd_kafka_topic_partition_list_destroy(consumer->waiting);
    consumer->waiting = NULL;
}

/* Reads the committed offsets into the list; BEGINNING where there is none, so that the client's
 * own reset policy only ever speaks up for an offset that is gone. */
static bool find_start(struct consumer *consumer, rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_resp_err_t code = rd_kafka_committed(consumer->client.rk, list, COMMITTED_WAIT_MS);
    for (int i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && i < list->cnt; i++)
        code = list->elems[i].err;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        trouble_set(&consumer->client, "committed offsets: %s", rd_kafka_err2str(code));
        return false;
    }
    for (int i = 0; i < list->cnt; i++) {
        if (list->elems[i].offset < 0)
            list->elems[i].offset = RD_KAFKA_OFFSET_BEGINNING;
    }
    return true;
}

/* An assignment of nothing keeps the membership; unassigning would make us join anew. */
static void keep_waiting(struct consumer *consumer, const rd_kafka_topic_partition_list_t *list)
{
    consumer->waiting = rd_kafka_topic_partition_list_copy(list);
    consumer->retry_due_us = clock_monotonic_us() + RETRY_EVERY_US;
    rd_kafka_topic_partition_list_t *nothing = rd_kafka_topic_partition_list_new(0);
    (void)rd_kafka_assign(consumer->client.rk, nothing);
    rd_kafka_topic_partition_list_destroy(nothing);
}

/* Takes the partitions over, or keeps them waiting while their offsets cannot be read. */
static void start(struct consumer *consumer, rd_kafka_topic_partition_list_t *list)
{
    if (!find_start(consumer, list)) {
        keep_waiting(consumer, list);
        return;
    }
    rd_kafka_resp_err_t code = rd_kafka_assign(consumer->client.rk, list);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        consumer_fail(consumer, ERROR_fatal, rd_kafka_err2str(code));
        return;
    }
    take(consumer, list);
    consumer->generation++;
    if (consumer->paused)
        pause_all(consumer, true);
}

void consumer_on_rebalance(
    rd_kafka_t *rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct consumer *consumer = opaque;
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        drop_all(consumer);
        start(consumer, list);
        return;
    }
    /* Revoked, or an error, which is to be answered in the same way. A lost assignment already
     * belongs to somebody else: its offsets are no longer ours to commit. */
    bool lost = code != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS || rd_kafka_assignment_lost(rk);
    if (!lost && !consumer->closing)
        consumer_commit_now(consumer);
    if (consumer->leaving != NULL && consumer->owned != 0)
        consumer->leaving(consumer->leaving_context);
    drop_all(consumer);
    (void)rd_kafka_assign(rk, NULL);
}

void consumer_retry_start(struct consumer *consumer)
{
    if (consumer->waiting == NULL || clock_monotonic_us() < consumer->retry_due_us)
        return;
    rd_kafka_topic_partition_list_t *list = consumer->waiting;
    consumer->waiting = NULL;
    start(consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
}

void consumer_pause(struct consumer *consumer)
{
    consumer->paused = true;
    pause_all(consumer, true);
}

void consumer_resume(struct consumer *consumer)
{
    consumer->paused = false;
    pause_all(consumer, false);
}
