// SPDX-License-Identifier: Apache-2.0
// Servers that are away: says what it waits for, and waits. Only what can never work ends it.
#include "command/service.h"

#include "base/clock.h"
#include "bus/topics.h"
#include "runtime/log.h"
#include "runtime/retry.h"
#include "runtime/signals.h"

#include "base/banned.h"

enum {
    PAUSE_AFTER_US = 1000 * 1000, /* pausing drops what was fetched ahead */
    LOG_EVERY_US = 10 * 1000 * 1000,
    SERVE_EVERY_MS = 200, /* the key broker waits for us no longer */
    FENCE_US = 2 * 1000 * 1000,
};

/* Another incarnation is another history: what we answered may not be in it. */
static bool check_identity(struct service *service, struct error *err)
{
    struct store_identity identity;
    if (!store_identity(&service->db, &identity, err))
        return false;
    if (service->has_incarnation && !uuid_equal(&identity.incarnation, &service->incarnation))
        return error_set(
            err,
            ERROR_tampered,
            "the event store is another one than before: it was restored or replaced; start "
            "order-command anew when that is meant");
    service->incarnation = identity.incarnation;
    service->has_incarnation = true;
    return true;
}

static bool find_tenants(struct service *service, struct error *err)
{
    struct tenants *tenants = service->tenants;
    for (size_t i = 0; i < tenants->count; i++) {
        struct tenant *tenant = &tenants->rows[i];
        if (!store_find_tenant(
                &service->db, tenant->name, &tenant->number, &tenant->settings.tenant, err))
            return false;
    }
    return true;
}

static bool try_open(struct service *service, struct error *err)
{
    int64_t partitions_left;
    if (!db_open(&service->db, service->options->database, "order-command", err))
        return false;
    service->db.deadline_us = service->deadline_us;
    hot_clear(&service->hot); /* what was seen and not durable may be gone */
    if (store_check(&service->db, err) && check_identity(service, err) &&
        find_tenants(service, err) && store_ensure_partitions(&service->db, &partitions_left, err))
        return true;
    db_close(&service->db);
    return false;
}

/* Rebalances are only served by polling; nothing may be fetched that cannot be decided. */
static void keep_company(struct service *service, int64_t away_us)
{
    if (service->consumer == NULL)
        return;
    if (away_us > PAUSE_AFTER_US)
        consumer_pause(service->consumer);
    service_poll(service, 0);
    producer_poll(service->producer, 0);
}

static void
log_wait(const char *event, const char *message, const struct error *err, int64_t *logged_us)
{
    int64_t now_us = clock_monotonic_us();
    if (*logged_us != 0 && now_us - *logged_us < LOG_EVERY_US)
        return;
    *logged_us = now_us;
    LOG(LOG_WARNING, event, message, LOG_TEXT("error", err->text));
}

void service_serve_keys(struct service *service)
{
    keys_forget_plain(&service->keys, service->items, service->item_count);
    keys_serve(&service->keys);
}

/* PostgreSQL is asked before the key broker is served, so that after a short interruption the outcome
 * of an append that was under way is looked up first. While PostgreSQL stays away the broker is served
 * all the same, although the old connection's server process may still commit what was sealed under a
 * key that is acknowledged as wiped: the store sees to that. A revocation is pushed after its fence was
 * raised, and raising it waited for appends under way; a later one of that fence is refused. A killed
 * process leaves no more behind. */
bool service_open_store(struct service *service, struct error *err)
{
    struct retry retry = RETRY(100, SERVE_EVERY_MS);
    int64_t started_us = clock_monotonic_us();
    int64_t logged_us = 0;
    while (signals_stop() || !try_open(service, err)) {
        if (signals_stop() || err->kind != ERROR_transient)
            return false;
        log_wait("postgres_unavailable", "waiting for PostgreSQL", err, &logged_us);
        keep_company(service, clock_monotonic_us() - started_us);
        service_serve_keys(service);
        if (!retry_wait(&retry))
            return false;
    }
    if (service->consumer != NULL)
        consumer_resume(service->consumer);
    LOG(LOG_INFO,
        "postgres_connected",
        "connected to PostgreSQL",
        LOG_NUMBER("after_ms", (clock_monotonic_us() - started_us) / 1000));
    return true;
}

/* ---- the key broker ---- */

bool service_await_keys(struct service *service, struct error *err)
{
    struct key_wait *wait = &service->key_wait;
    if (signals_stop() || err->kind != ERROR_transient)
        return false;
    if (wait->since_us == 0)
        *wait =
            (struct key_wait){.since_us = clock_monotonic_us(), .retry = RETRY(20, SERVE_EVERY_MS)};
    log_wait(
        "keys_unavailable",
        "waiting for the key broker; commands with personal data wait with all behind them",
        err,
        &wait->logged_us);
    keep_company(service, clock_monotonic_us() - wait->since_us);
    service_serve_keys(service);
    return retry_wait(&wait->retry);
}

void service_end_key_wait(struct service *service)
{
    struct key_wait *wait = &service->key_wait;
    if (wait->since_us == 0)
        return;
    consumer_resume(service->consumer);
    LOG(LOG_INFO,
        "keys_awaited",
        "no longer waiting for the key broker",
        LOG_NUMBER("after_ms", (clock_monotonic_us() - wait->since_us) / 1000));
    *wait = (struct key_wait){0};
}

bool service_await_fence(struct service *service, int64_t fence, struct error *err)
{
    struct retry retry = RETRY(1, 50);
    int64_t started_us = clock_monotonic_us();
    struct vault *vault = service->keys.vault;
    service->report.fenced++;
    do {
        service_serve_keys(service);
        if (vault_fence(vault) != fence || service->stale)
            return true;
        if (!retry_wait(&retry))
            return false;
    } while (clock_monotonic_us() - started_us < FENCE_US);
    /* The broker raised a fence and did not tell us, or died in between. A new connection is told. */
    if (!keys_reconnect(&service->keys, err))
        return false;
    (void)error_set(
        err,
        ERROR_transient,
        "an erasure was fenced in the database, and the key broker has not told of it");
    return service_await_keys(service, err);
}

/* ---- topics ---- */

enum { MOST_REPLY_TOPICS = 16, NAME_SIZE = 250 };

/* The names of the allow list. Names below them are looked at when a command gives one. */
static bool
list_reply_topics(const char *allowed, char names[][NAME_SIZE], size_t *count, struct error *err)
{
    *count = 0;
    while (*allowed != '\0') {
        size_t length = strcspn(allowed, ",");
        if (length == 0 || length >= NAME_SIZE || *count == MOST_REPLY_TOPICS)
            return error_set(
                err, ERROR_invalid, "--reply-topics: 1 to %d names of topics", MOST_REPLY_TOPICS);
        memcpy(names[*count], allowed, length);
        names[(*count)++][length] = '\0';
        allowed += length + (allowed[length] == ',');
    }
    return true;
}

bool service_check_topics(const struct run_options *options, struct error *err)
{
    char names[MOST_REPLY_TOPICS][NAME_SIZE];
    struct topic_row wanted[MOST_REPLY_TOPICS + 2] = {
        {.name = options->topic}, {.name = options->dead_letter_topic}};
    size_t count;
    if (!list_reply_topics(options->reply_topics, names, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        wanted[2 + i].name = names[i];
    struct retry retry = RETRY(100, 1000);
    int64_t logged_us = 0;
    while (!topics_check(options->brokers, wanted, 2 + count, err)) {
        if (err->kind != ERROR_transient)
            return false;
        log_wait("kafka_unavailable", "waiting for Kafka", err, &logged_us);
        if (!retry_wait(&retry))
            return false;
    }
    return true;
}
