// SPDX-License-Identifier: Apache-2.0
#include "shredder/epoch_topic.h"

#include "bus/producer.h"
#include "runtime/log.h"
#include "runtime/signals.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

enum {
    VALUE_SIZE = 512,
    AGAIN_MS = 1000,
    LOG_EVERY = 60, /* failures in a row between two lines of the log */
    FLUSH_MS = 2000,
};

struct epoch_topic {
    const char *brokers;
    const char *name;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop;
    bool waiting; /* there is something to publish */
    uint64_t number;
    uint8_t value[VALUE_SIZE];
    size_t size;
};

/* What is taken out to be published, without the lock. */
struct offer {
    char key[24];
    uint8_t value[VALUE_SIZE];
    size_t size;
    uint64_t number;
};

/* Waits for something to publish; false: it is over. */
static bool take(struct epoch_topic *topic, struct offer *out)
{
    CHECK(pthread_mutex_lock(&topic->lock) == 0);
    while (!topic->stop && !topic->waiting)
        CHECK(pthread_cond_wait(&topic->wake, &topic->lock) == 0);
    bool got = topic->waiting && !topic->stop;
    if (got) {
        out->number = topic->number;
        out->size = topic->size;
        memcpy(out->value, topic->value, topic->size);
        (void)snprintf(out->key, sizeof(out->key), "%" PRIu64, topic->number);
    }
    CHECK(pthread_mutex_unlock(&topic->lock) == 0);
    return got;
}

/* Nothing is to be done any more unless there was a newer offer. */
static void done(struct epoch_topic *topic, const struct offer *offer)
{
    CHECK(pthread_mutex_lock(&topic->lock) == 0);
    topic->waiting = topic->waiting && topic->number != offer->number;
    CHECK(pthread_mutex_unlock(&topic->lock) == 0);
}

static bool send_offer(
    struct producer *producer, const char *name, const struct offer *offer, struct error *err)
{
    const struct producer_record record = {
        .topic = name,
        .partition = 0,
        .key = slice_of_text(offer->key),
        .value = slice_of(offer->value, offer->size)};
    int64_t number;
    int64_t lost = producer_undeliverable(producer);
    if (!producer_send(producer, &record, &number, err))
        return false;
    while (producer_settled(producer) < number && !signals_stop())
        producer_poll(producer, 50);
    if (producer_undeliverable(producer) > lost)
        return error_set(
            err,
            ERROR_not_found,
            "%.300s; remedy for a missing topic: order-command topics apply",
            producer_trouble(producer));
    return true;
}

/* The topic is made by `order-command topics apply`. */
static bool publish(struct epoch_topic *topic, const struct offer *offer, struct error *err)
{
    const struct producer_options options = {
        .brokers = topic->brokers,
        .client_id = "order-shredder",
        .most_in_flight = 16,
        .most_bytes = 4 * 1024 * 1024};
    struct producer *producer;
    if (!producer_open(&producer, &options, err))
        return false;
    bool sent = send_offer(producer, topic->name, offer, err);
    producer_close(producer, FLUSH_MS);
    return sent;
}

static void log_failure(const struct epoch_topic *topic, unsigned failures, const struct error *err)
{
    if (failures % LOG_EVERY == 0)
        LOG(LOG_WARNING,
            "epoch_unpublished",
            "the command epoch cannot be published: senders do not learn of it",
            LOG_TEXT("topic", topic->name),
            LOG_TEXT("error", err->text));
}

static void *run(void *context)
{
    struct epoch_topic *topic = context;
    struct offer offer;
    unsigned failures = 0;
    while (take(topic, &offer)) {
        struct error err;
        if (publish(topic, &offer, &err)) {
            failures = 0;
            done(topic, &offer);
            LOG(LOG_INFO,
                "epoch_published",
                "the command epoch is published",
                LOG_TEXT("topic", topic->name),
                LOG_NUMBER("epoch", (int64_t)offer.number));
            continue;
        }
        log_failure(topic, failures++, &err);
        struct pollfd stop = {.fd = signals_fd(), .events = POLLIN};
        (void)poll(&stop, 1, AGAIN_MS);
    }
    return NULL;
}

bool epoch_topic_open(
    struct epoch_topic **out, const char *brokers, const char *topic, struct error *err)
{
    struct epoch_topic *made = calloc(1, sizeof(*made));
    if (made == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    made->brokers = brokers;
    made->name = topic;
    CHECK(pthread_mutex_init(&made->lock, NULL) == 0);
    CHECK(pthread_cond_init(&made->wake, NULL) == 0);
    int failed = pthread_create(&made->thread, NULL, run, made);
    if (failed != 0) {
        free(made);
        return error_set(err, ERROR_fatal, "cannot start a thread: %s", strerror(failed));
    }
    *out = made;
    return true;
}

void epoch_topic_offer(struct epoch_topic *topic, uint64_t number, struct slice value)
{
    CHECK(value.size <= VALUE_SIZE);
    CHECK(pthread_mutex_lock(&topic->lock) == 0);
    topic->number = number;
    topic->size = value.size;
    memcpy(topic->value, value.data, value.size);
    topic->waiting = true;
    CHECK(pthread_cond_signal(&topic->wake) == 0);
    CHECK(pthread_mutex_unlock(&topic->lock) == 0);
}

void epoch_topic_close(struct epoch_topic *topic)
{
    if (topic == NULL)
        return;
    CHECK(pthread_mutex_lock(&topic->lock) == 0);
    topic->stop = true;
    CHECK(pthread_cond_signal(&topic->wake) == 0);
    CHECK(pthread_mutex_unlock(&topic->lock) == 0);
    CHECK(pthread_join(topic->thread, NULL) == 0);
    (void)pthread_cond_destroy(&topic->wake);
    (void)pthread_mutex_destroy(&topic->lock);
    free(topic);
}
