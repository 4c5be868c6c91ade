// SPDX-License-Identifier: Apache-2.0
#include "bus/producer_topics.h"

#include "base/clock.h"

#include <string.h>

#include "base/banned.h"

enum {
    ASK_WAIT_MS = 1000,
    ASK_AGAIN_US = 10 * 1000 * 1000, /* senders may name topics that do not exist */
};

static bool find_row(struct producer_topics *topics, const char *name, int32_t *out)
{
    if (topics->count > 0 && strcmp(topics->rows[topics->latest].name, name) == 0) {
        *out = topics->latest;
        return true;
    }
    for (int32_t i = 0; i < topics->count; i++) {
        if (strcmp(topics->rows[i].name, name) == 0) {
            *out = topics->latest = i;
            return true;
        }
    }
    return false;
}

/* A new row, or the one of a missing topic whose records can no longer be on their way. */
static bool add_row(struct producer_topics *topics, const char *name, int64_t settled, int32_t *out)
{
    size_t length = strlen(name);
    int32_t number = topics->count;
    if (length == 0 || length >= TOPIC_NAME_SIZE)
        return false;
    for (int32_t i = 0; number == PRODUCER_MAX_TOPICS && i < topics->count; i++) {
        if (topics->rows[i].partitions == 0 && topics->rows[i].newest <= settled)
            number = i;
    }
    if (number == PRODUCER_MAX_TOPICS)
        return false;
    if (topics->rows[number].handle != NULL)
        rd_kafka_topic_destroy(topics->rows[number].handle);
    topics->count += number == topics->count;
    topics->rows[number] = (struct producer_topic){0};
    memcpy(topics->rows[number].name, name, length);
    *out = topics->latest = number;
    return true;
}

static bool means_missing(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
           code == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION ||
           code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
           code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
}

/* What the broker says; the row is only changed by an answer. */
static enum topic_answer
read_answer(struct producer_topic *topic, const struct rd_kafka_metadata *metadata)
{
    if (metadata->topic_cnt != 1)
        return TOPIC_UNSURE;
    const struct rd_kafka_metadata_topic *found = &metadata->topics[0];
    bool missing = means_missing(found->err);
    if (!missing && (found->err != RD_KAFKA_RESP_ERR_NO_ERROR || found->partition_cnt == 0))
        return TOPIC_UNSURE;
    topic->checked_us = clock_monotonic_us();
    topic->partitions = missing ? 0 : found->partition_cnt;
    return missing ? TOPIC_MISSING : TOPIC_KNOWN;
}

static enum topic_answer ask(struct bus_client *client, struct producer_topic *topic)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *handle = topic->handle;
    if (handle == NULL)
        handle = rd_kafka_topic_new(client->rk, topic->name, NULL);
    if (handle == NULL)
        return TOPIC_MISSING;
    rd_kafka_resp_err_t code = rd_kafka_metadata(client->rk, 0, handle, &metadata, ASK_WAIT_MS);
    enum topic_answer answer = TOPIC_UNSURE;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        answer = read_answer(topic, metadata);
        rd_kafka_metadata_destroy(metadata);
    } else {
        trouble_set(client, "metadata of a topic: %s", rd_kafka_err2str(code));
    }
    topic->handle = answer == TOPIC_KNOWN ? handle : NULL;
    if (answer != TOPIC_KNOWN)
        rd_kafka_topic_destroy(handle);
    return answer;
}

enum topic_answer producer_topic_find(
    struct producer_topics *topics,
    struct bus_client *client,
    const char *name,
    int64_t settled,
    int32_t *out)
{
    int32_t number;
    if (!find_row(topics, name, &number) && !add_row(topics, name, settled, &number))
        return TOPIC_MISSING;
    struct producer_topic *topic = &topics->rows[number];
    *out = number;
    if (topic->partitions > 0)
        return TOPIC_KNOWN;
    if (topic->checked_us != 0 && clock_monotonic_us() - topic->checked_us < ASK_AGAIN_US)
        return TOPIC_MISSING;
    return ask(client, topic);
}

rd_kafka_topic_t *
producer_topic_handle(struct producer_topics *topics, rd_kafka_t *rk, int32_t number)
{
    struct producer_topic *topic = &topics->rows[number];
    if (topic->handle == NULL)
        topic->handle = rd_kafka_topic_new(rk, topic->name, NULL);
    return topic->handle;
}

void producer_topic_missing(struct producer_topics *topics, int32_t number)
{
    topics->rows[number].partitions = 0;
    topics->rows[number].checked_us = clock_monotonic_us();
}

void producer_topics_drop_handles(struct producer_topics *topics)
{
    for (int32_t i = 0; i < topics->count; i++) {
        if (topics->rows[i].handle != NULL)
            rd_kafka_topic_destroy(topics->rows[i].handle);
        topics->rows[i].handle = NULL;
    }
}
