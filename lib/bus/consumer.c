// SPDX-License-Identifier: Apache-2.0
#include "bus/consumer.h"

#include "base/clock.h"
#include "bus/bus_conf.h"

#include <stdlib.h>

#include "base/banned.h"

enum {
    COMMIT_EVERY_US = 1000 * 1000,
    COMMIT_WAIT_MS = 3000,
    COMMITTED_WAIT_MS = 3000,
    RETRY_EVERY_US = 1000 * 1000,
    CLOSE_WAIT_US = 8 * 1000 * 1000,
};

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
    bool paused;
    bool committing; /* a commit in the background has not been answered */
    int64_t commit_due_us;
    /* Given to us, but the committed offsets could not be read yet. */
    rd_kafka_topic_partition_list_t *waiting;
    int64_t retry_due_us;
    bool failed;
    struct error failure;
};

static struct partition *find(struct consumer *consumer, int32_t number)
{
    if (number < 0 || number >= consumer->partition_count || !consumer->partitions[number].owned)
        return NULL;
    return &consumer->partitions[number];
}

static void fail(struct consumer *consumer, enum error_kind kind, const char *what)
{
    if (consumer->failed)
        return;
    consumer->failed = true;
    (void)error_set(&consumer->failure, kind, "%s", what);
}

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

/* ---- offsets ---- */

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

static void on_commit(
    rd_kafka_t *rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list, void *opaque)
{
    (void)rk;
    struct consumer *consumer = opaque;
    consumer->committing = false;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR__NO_OFFSET)
        trouble_set(&consumer->client, "offset commit: %s", rd_kafka_err2str(code));
    for (int i = 0; list != NULL && i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *row = &list->elems[i];
        struct partition *partition = find(consumer, row->partition);
        bool confirmed = code == RD_KAFKA_RESP_ERR_NO_ERROR && row->err == code;
        if (partition != NULL && confirmed && row->offset <= partition->next)
            partition->committed = row->offset;
    }
}

static void commit_in_background(struct consumer *consumer)
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

/* Waits for the answer, but not for ever: without a coordinator the plain call would. */
static void commit_now(struct consumer *consumer)
{
    rd_kafka_topic_partition_list_t *list = uncommitted(consumer);
    if (list == NULL)
        return;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(consumer->client.rk);
    if (rd_kafka_commit_queue(consumer->client.rk, list, queue, on_commit, consumer) == 0)
        (void)rd_kafka_queue_poll_callback(queue, COMMIT_WAIT_MS);
    rd_kafka_queue_destroy(queue);
    rd_kafka_topic_partition_list_destroy(list);
}

/* ---- assignment ---- */

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
            fail(consumer, ERROR_fatal, "no memory for the state of a partition");
            return;
        }
        consumer->partitions[row->partition] = (struct partition){
            .owned = true, .next = RD_KAFKA_OFFSET_INVALID, .committed = row->offset};
        if (row->offset < 0)
            consumer->partitions[row->partition].committed = RD_KAFKA_OFFSET_INVALID;
        consumer->owned++;
    }
}

static void drop_all(struct consumer *consumer)
{
    for (int32_t i = 0; i < consumer->partition_count; i++)
        consumer->partitions[i] = (struct partition){0};
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
        fail(consumer, ERROR_fatal, rd_kafka_err2str(code));
        return;
    }
    take(consumer, list);
    consumer->generation++;
    if (consumer->paused)
        pause_all(consumer, true);
}

static void on_rebalance(
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
    if (code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS && !rd_kafka_assignment_lost(rk))
        commit_now(consumer);
    drop_all(consumer);
    (void)rd_kafka_assign(rk, NULL);
}

static void retry_start(struct consumer *consumer)
{
    if (consumer->waiting == NULL || clock_monotonic_us() < consumer->retry_due_us)
        return;
    rd_kafka_topic_partition_list_t *list = consumer->waiting;
    consumer->waiting = NULL;
    start(consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
}

/* ---- the client ---- */

static bool
configure(rd_kafka_conf_t *conf, const struct consumer_options *options, struct error *err)
{
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_conf_set_offset_commit_cb(conf, on_commit);
    const char *reset = options->go_on_when_lost ? "earliest" : "error";
    return bus_conf_set(conf, "group.id", options->group, err) &&
           bus_conf_set(conf, "auto.offset.reset", reset, err);
}

static bool join(struct consumer *consumer, struct error *err)
{
    rd_kafka_t *rk = consumer->client.rk;
    (void)rd_kafka_poll_set_consumer(rk);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, consumer->topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(rk, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR || bus_fail(code, "subscribe", err);
}

bool consumer_open(struct consumer **out, const struct consumer_options *options, struct error *err)
{
    size_t length = strlen(options->topic);
    struct consumer *consumer = calloc(1, sizeof(*consumer));
    if (consumer == NULL)
        return error_set(err, ERROR_fatal, "no memory for a consumer");
    rd_kafka_conf_t *conf;
    if (length == 0 || length >= sizeof(consumer->topic)) {
        free(consumer);
        return error_set(err, ERROR_invalid, "the name of a topic has 1 to 249 characters");
    }
    memcpy(consumer->topic, options->topic, length);
    if (!bus_conf_new(BUS_CONSUMER, options->brokers, options->client_id, consumer, &conf, err)) {
        free(consumer);
        return false;
    }
    if (!configure(conf, options, err)) {
        rd_kafka_conf_destroy(conf);
        free(consumer);
        return false;
    }
    if (!bus_client_open(&consumer->client, RD_KAFKA_CONSUMER, conf, err)) {
        free(consumer);
        return false;
    }
    if (!join(consumer, err)) {
        rd_kafka_destroy(consumer->client.rk);
        free(consumer);
        return false;
    }
    *out = consumer;
    return true;
}

/* rd_kafka_consumer_close can hang (#4187): the same in the background, with a deadline. False when
 * it passed: the client must not be destroyed then, that would hang as well. */
static bool leave(struct consumer *consumer)
{
    rd_kafka_t *rk = consumer->client.rk;
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(rk);
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(rk, queue);
    rd_kafka_queue_destroy(queue);
    if (error != NULL) {
        rd_kafka_error_destroy(error);
        return rd_kafka_consumer_closed(rk) != 0;
    }
    int64_t deadline_us = clock_monotonic_us() + CLOSE_WAIT_US;
    while (!rd_kafka_consumer_closed(rk)) {
        if (clock_monotonic_us() > deadline_us)
            return false;
        rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, 50);
        if (message != NULL)
            rd_kafka_message_destroy(message);
    }
    return true;
}

void consumer_close(struct consumer *consumer)
{
    if (consumer == NULL)
        return;
    commit_now(consumer);
    if (!leave(consumer))
        return; /* left to the end of the process */
    rd_kafka_destroy_flags(consumer->client.rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    if (consumer->waiting != NULL)
        rd_kafka_topic_partition_list_destroy(consumer->waiting);
    free(consumer->partitions);
    free(consumer);
}

/* ---- reading ---- */

static void note_error(struct consumer *consumer, const rd_kafka_message_t *message)
{
    const char *reason = rd_kafka_message_errstr(message);
    trouble_set(&consumer->client, "%s: %s", rd_kafka_err2name(message->err), reason);
    if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET && !consumer->failed) {
        consumer->failed = true;
        (void)error_set(
            &consumer->failure,
            ERROR_tampered,
            "partition %d of topic %s no longer has the offset to go on with: messages were "
            "deleted before they were read, or the broker lost its newest ones",
            (int)message->partition,
            consumer->topic);
    }
    if (message->err == RD_KAFKA_RESP_ERR__FATAL)
        fail(consumer, ERROR_fatal, reason);
}

static void destroy_all(rd_kafka_message_t **messages, size_t *count)
{
    for (size_t i = 0; i < *count; i++)
        rd_kafka_message_destroy(messages[i]);
    *count = 0;
}

size_t
consumer_poll(struct consumer *consumer, int timeout_ms, rd_kafka_message_t **messages, size_t most)
{
    rd_kafka_t *rk = consumer->client.rk;
    size_t count = 0;
    retry_start(consumer);
    int64_t generation = consumer->generation;
    while (count < most) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, count == 0 ? timeout_ms : 0);
        if (generation != consumer->generation) {
            /* What came before the rebalance comes again, to us or to another member. */
            destroy_all(messages, &count);
            generation = consumer->generation;
        }
        if (message == NULL)
            break;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            messages[count++] = message;
            continue;
        }
        note_error(consumer, message);
        rd_kafka_message_destroy(message);
        if (count == 0)
            break;
    }
    if (count != 0)
        trouble_clear(&consumer->client);
    commit_in_background(consumer);
    return count;
}

bool consumer_failed(const struct consumer *consumer, struct error *failure)
{
    if (consumer->failed)
        *failure = consumer->failure;
    return consumer->failed;
}

int64_t consumer_generation(const struct consumer *consumer)
{
    return consumer->generation;
}

bool consumer_owns(const struct consumer *consumer, int32_t partition)
{
    return partition >= 0 && partition < consumer->partition_count &&
           consumer->partitions[partition].owned;
}

size_t consumer_partitions(const struct consumer *consumer)
{
    return consumer->owned;
}

void consumer_done(struct consumer *consumer, int32_t number, int64_t offset)
{
    struct partition *partition = find(consumer, number);
    if (partition != NULL && offset + 1 > partition->next)
        partition->next = offset + 1;
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

const char *consumer_trouble(const struct consumer *consumer)
{
    return consumer->client.trouble;
}
