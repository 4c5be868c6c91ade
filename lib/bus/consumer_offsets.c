// SPDX-License-Identifier: Apache-2.0
// Offsets of what is done: committed by us, only forwards, and never for a partition that has gone.
#include "bus/consumer_inside.h"

#include "base/clock.h"

#include "base/banned.h"

enum { COMMIT_EVERY_US = 1000 * 1000, COMMIT_WAIT_MS = 2000 };

/* What is done and not committed; NULL when there is nothing. */
static rd_kafka_topic_partition_list_t *uncommitted(const struct consumer *consumer)
{
    rd_kafka_topic_partition_list_t *list = NULL;
    for (int32_t i = 0; i < consumer->partition_count; i++) {
        const struct partition *partition = &consumer->partitions[i];
        if (!partition->owned || partition->next <= partition->committed)
            continue;
        if (list == NULL)
            list = rd_kafka_topic_partition_list_new(consumer->partition_count);
        rd_kafka_topic_partition_list_add(list, consumer->topic, i)->offset = partition->next;
    }
    return list;
}

void consumer_on_commit(
    rd_kafka_t *rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list, void *opaque)
{
    (void)rk;
    struct consumer *consumer = opaque;
    consumer->committing = false;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR__NO_OFFSET)
        trouble_set(&consumer->client, "offset commit: %s", rd_kafka_err2str(code));
    for (int i = 0; list != NULL && i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *row = &list->elems[i];
        struct partition *partition = consumer_find(consumer, row->partition);
        bool confirmed = code == RD_KAFKA_RESP_ERR_NO_ERROR && row->err == code;
        if (partition != NULL && confirmed && row->offset <= partition->next)
            partition->committed = row->offset;
    }
}

void consumer_commit_in_background(struct consumer *consumer)
{
    int64_t now_us = clock_monotonic_us();
    if (now_us < consumer->commit_due_us || consumer->committing)
        return;
    consumer->commit_due_us = now_us + COMMIT_EVERY_US;
    rd_kafka_topic_partition_list_t *list = uncommitted(consumer);
    if (list == NULL)
        return;
    consumer->committing = rd_kafka_commit(consumer->client.rk, list, 1) == 0;
    rd_kafka_topic_partition_list_destroy(list);
}

void consumer_commit_now(struct consumer *consumer)
{
    rd_kafka_topic_partition_list_t *list = uncommitted(consumer);
    if (list == NULL)
        return;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(consumer->client.rk);
    if (rd_kafka_commit_queue(consumer->client.rk, list, queue, consumer_on_commit, consumer) == 0)
        (void)rd_kafka_queue_poll_callback(queue, COMMIT_WAIT_MS);
    rd_kafka_queue_destroy(queue);
    rd_kafka_topic_partition_list_destroy(list);
}

int64_t consumer_committed(struct consumer *consumer, int32_t partition)
{
    const struct partition *found = consumer_find(consumer, partition);
    return found != NULL && found->committed >= 0 ? found->committed : -1;
}

bool consumer_bounds(
    struct consumer *consumer,
    int32_t partition,
    int timeout_ms,
    int64_t *begin,
    int64_t *end,
    struct error *err)
{
    rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(
        consumer->client.rk, consumer->topic, partition, begin, end, timeout_ms);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR || bus_fail(code, "end of a partition", err);
}
