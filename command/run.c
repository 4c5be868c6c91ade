// SPDX-License-Identifier: Apache-2.0
// `order-command run`: commands in, events and replies out, until it is told to stop.
#include "command/command.h"
#include "command/service.h"
#include "command/watchdog.h"

#include "base/clock.h"
#include "runtime/log.h"
#include "runtime/signals.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

enum {
    LINGER_US = 300, /* the replies of a batch come together; alone it costs latency only */
    IN_FLIGHT = 65536,
    IN_FLIGHT_BYTES = 16 * 1024 * 1024,
    POLL_MS = 100,
    DRAIN_US = 5 * 1000 * 1000,
    TROUBLE_EVERY_US = 5 * 1000 * 1000,
    SAME_TROUBLE_US = 60 * 1000 * 1000,
    TROUBLE_SIZE = 256,
    PARTITIONS_EVERY_US = 60 * 1000 * 1000,
};

/* What the loop does now and then. */
struct upkeep {
    int64_t trouble_us;
    char consumer_trouble[TROUBLE_SIZE]; /* as logged last */
    char producer_trouble[TROUBLE_SIZE];
    int64_t partitions_us;
};

/* ---- settings ---- */

static bool read_accept_plain(const char *text, bool *out, struct error *err)
{
    if (strcmp(text, "never") != 0 && strcmp(text, "count") != 0)
        return error_set(err, ERROR_invalid, "--accept-plain: never or count");
    *out = strcmp(text, "count") == 0;
    return true;
}

static bool read_duration(const char *name, const char *text, int64_t *out, struct error *err)
{
    return tenants_read_duration(text, out, err) || error_prefix(err, "%s", name);
}

static bool
read_windows(const struct run_options *options, struct tenant_settings *settings, struct error *err)
{
    return read_duration(
               "--return-window", options->return_window, &settings->return_window_us, err) &&
           read_duration(
               "--payment-window", options->payment_window, &settings->payment_window_us, err) &&
           read_duration("--stock-ttl", options->stock_ttl, &settings->stock_ttl_us, err);
}

/* One tenant by the options, or those of the file. */
static bool configure_tenants(struct service *service, struct error *err)
{
    const struct run_options *options = service->options;
    if (options->tenants != NULL)
        return tenants_read(options->tenants, &service->tenants, err);
    if (!tenants_alone(options->tenant, &service->tenants, err))
        return false;
    struct tenant_settings *settings = &service->tenants->rows[0].settings;
    settings->gifts_allowed = options->gifts;
    settings->currencies = options->currencies;
    settings->max_lines = options->max_lines;
    if (!read_windows(options, settings, err))
        return false;
    if (!tenants_read_rounding(slice_of_text(options->rounding), &settings->rounding))
        return error_set(err, ERROR_invalid, "--rounding: half-even or half-up");
    return tenants_check_currencies(options->currencies, err) || error_prefix(err, "--currencies");
}

static bool configure(struct service *service, struct error *err)
{
    const struct run_options *options = service->options;
    return configure_tenants(service, err) &&
           read_accept_plain(options->accept_plain, &service->accepts_plain, err) &&
           fingerprinter_open(&service->fingerprinter, options->fingerprint_key_file, err);
}

/* ---- start and end ---- */

static bool take_memory(struct service *service, struct error *err)
{
    size_t batch = (size_t)service->options->batch;
    service->inbox_capacity = 2 * batch + 64;
    service->inbox = calloc(service->inbox_capacity, sizeof(struct rd_kafka_message_s *));
    service->items = calloc(batch, sizeof(*service->items));
    arena_init(&service->batch_arena, BATCH_ARENA);
    arena_init(&service->round_arena, ROUND_ARENA);
    service->deadline_us = DEADLINE_US;
    hot_init(&service->hot);
    park_init(&service->park);
    appender_init(&service->appender);
    notifier_init(&service->notifier, service->options->database);
    if (service->inbox == NULL || service->items == NULL)
        return error_set(err, ERROR_fatal, "no memory for a batch");
    return true;
}

static void release(struct service *service)
{
    claims_release(&service->claims);
    park_release(&service->park);
    keys_close(&service->keys);
    notifier_close(&service->notifier);
    appender_release(&service->appender);
    hot_release(&service->hot);
    arena_release(&service->round_arena);
    arena_release(&service->batch_arena);
    fingerprinter_close(&service->fingerprinter);
    tenants_close(service->tenants);
    free(service->items);
    free(service->inbox);
    db_close(&service->db);
    free(service);
}

static void give_back(void *service)
{
    service_give_back(service);
}

static void serve_while_sending(void *service)
{
    service_serve_keys(service);
}

static bool open_kafka(struct service *service, struct error *err)
{
    const struct run_options *options = service->options;
    const struct producer_options producing = {
        .brokers = options->brokers,
        .client_id = "order-command",
        .linger_us = LINGER_US,
        .most_in_flight = IN_FLIGHT,
        .most_bytes = IN_FLIGHT_BYTES,
        .waiting = serve_while_sending,
        .waiting_context = service};
    const struct consumer_options consuming = {
        .brokers = options->brokers,
        .group = options->group,
        .topic = options->topic,
        .client_id = "order-command",
        .go_on_when_lost = options->accept_lost_commands,
        .leaving = give_back,
        .leaving_context = service};
    return producer_open(&service->producer, &producing, err) &&
           consumer_open(&service->consumer, &consuming, err);
}

/* A broker that is away is waited for when it is needed. */
static bool greet_keys(struct service *service, struct error *err)
{
    if (keys_greet(&service->keys, err))
        return true;
    if (err->kind != ERROR_transient)
        return false;
    LOG(LOG_WARNING,
        "keys_unavailable",
        "the key broker does not answer; commands with personal data will wait for it",
        LOG_TEXT("error", err->text));
    return true;
}

static bool start(struct service *service, struct error *err)
{
    if (!greet_keys(service, err) || !service_open_store(service, err) ||
        !service_check_topics(service->options, err) || !open_kafka(service, err))
        return false;
    const char *socket = service->options->shredder_socket;
    service->report.since_us = clock_monotonic_us();
    LOG(LOG_INFO,
        "started",
        "order-command is running",
        LOG_TEXT("topic", service->options->topic),
        LOG_TEXT("group", service->options->group),
        LOG_TEXT("tenant", service->tenants->rows[0].name),
        LOG_NUMBER("tenants", (int64_t)service->tenants->count),
        LOG_NUMBER("producers", (int64_t)service->tenants->producer_count),
        LOG_TEXT("keys", socket != NULL ? socket : "none: personal data is refused"),
        LOG_NUMBER("batch", service->options->batch));
    return true;
}

/* Waits for the replies on their way, commits, leaves the group. */
static void stop(struct service *service)
{
    int64_t deadline_us = clock_monotonic_us() + DRAIN_US;
    service_drop_inbox(service);
    keys_close(&service->keys); /* nothing is opened any more; the broker need not wait for us */
    while (service->producer != NULL && !marks_are_empty(&service->marks) &&
           clock_monotonic_us() < deadline_us) {
        producer_poll(service->producer, 20);
        service_advance(service);
    }
    notifier_tick(&service->notifier);
    consumer_close(service->consumer);
    int64_t undeliverable = 0;
    if (service->producer != NULL)
        undeliverable = producer_undeliverable(service->producer);
    producer_close(service->producer, 0);
    report_flush(&service->report, undeliverable);
}

/* ---- the loop ---- */

/* Keeps a text; whether it is another one than before. */
static bool changed(char kept[static TROUBLE_SIZE], const char *text)
{
    if (strncmp(kept, text, TROUBLE_SIZE - 1) == 0)
        return false;
    (void)snprintf(kept, TROUBLE_SIZE, "%s", text);
    return true;
}

/* New troubles at most every few seconds, lasting ones once a minute. */
static void log_trouble(struct service *service, struct upkeep *upkeep, int64_t now_us)
{
    const char *consumer = consumer_trouble(service->consumer);
    const char *producer = producer_trouble(service->producer);
    int64_t since_us = now_us - upkeep->trouble_us;
    if (since_us < TROUBLE_EVERY_US)
        return;
    bool news = changed(upkeep->consumer_trouble, consumer);
    news = changed(upkeep->producer_trouble, producer) || news;
    bool fine = consumer[0] == '\0' && producer[0] == '\0';
    if (fine || (!news && since_us < SAME_TROUBLE_US))
        return;
    upkeep->trouble_us = now_us;
    LOG(LOG_WARNING,
        "kafka_trouble",
        "the Kafka client reports a problem",
        LOG_TEXT("consumer", consumer),
        LOG_TEXT("producer", producer),
        LOG_NUMBER("undeliverable", producer_undeliverable(service->producer)));
}

/* Partitions of the event table are made ahead of the head. */
static void make_partitions(struct service *service, struct upkeep *upkeep, int64_t now_us)
{
    struct error err;
    int64_t left;
    if (now_us - upkeep->partitions_us < PARTITIONS_EVERY_US || !db_is_open(&service->db))
        return;
    upkeep->partitions_us = now_us;
    if (!store_ensure_partitions(&service->db, &left, &err))
        LOG(LOG_WARNING,
            "partitions_failed",
            "no partition could be made ahead of the log's head",
            LOG_TEXT("error", err.text));
}

static void keep_up(struct service *service, struct upkeep *upkeep)
{
    int64_t now_us = clock_monotonic_us();
    notifier_tick(&service->notifier);
    report_tick(&service->report, producer_undeliverable(service->producer));
    log_trouble(service, upkeep, now_us);
    make_partitions(service, upkeep, now_us);
    service_tend_epochs(service);
    service_serve_keys(service);
}

/* How long the next poll may wait: not at all while there is work. */
static int poll_wait_ms(const struct service *service)
{
    if (service->inbox_count > 0)
        return 0;
    return notifier_wait_ms(&service->notifier, POLL_MS);
}

/* Only an operator can know whether commands that are gone may be given up. */
static bool name_remedy(struct error *err)
{
    struct error found = *err;
    if (found.kind != ERROR_tampered)
        return false;
    return error_set(
        err,
        ERROR_tampered,
        "%.380s; to go on with the oldest that is left: --accept-lost-commands",
        found.text);
}

static bool loop(struct service *service, struct error *err)
{
    struct upkeep upkeep = {.partitions_us = clock_monotonic_us()};
    while (!signals_stop()) {
        service_poll(service, poll_wait_ms(service));
        producer_poll(service->producer, 0);
        service_advance(service);
        if (consumer_failed(service->consumer, err))
            return name_remedy(err);
        if (!service_take_claims(service, err))
            return false;
        if (service->inbox_count > 0 && !service_run_batch(service, err))
            return false;
        if (!park_drain(service, err))
            return false;
        keep_up(service, &upkeep);
    }
    return true;
}

static bool serve(struct service *service, struct error *err)
{
    const struct run_options *options = service->options;
    bool ok = configure(service, err) && take_memory(service, err) &&
              keys_open(&service->keys, options->shredder_socket, options->allow_unlocked, err) &&
              start(service, err) && loop(service, err);
    bool stopped = signals_stop();
    stop(service);
    if (stopped)
        log_write(LOG_INFO, "stopped", "stopped as asked", NULL, 0);
    return ok || stopped;
}

int run_verb(const void *options, int argument_count, char **arguments)
{
    (void)argument_count;
    (void)arguments;
    struct error err;
    enum log_level level = LOG_INFO;
    struct service *service = calloc(1, sizeof(*service));
    if (service == NULL) {
        (void)error_set(&err, ERROR_fatal, "out of memory");
        return cli_fail(&err);
    }
    service->options = options;
    bool ok = log_read_level(service->options->log_level, &level, &err);
    if (ok) {
        log_init("order-command", level);
        ok = signals_init(&err) && watchdog_start(&err) && serve(service, &err);
    }
    release(service);
    return ok ? EXIT_CODE_OK : cli_fail(&err);
}
