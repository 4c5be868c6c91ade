// SPDX-License-Identifier: Apache-2.0
// The broker's life: lock memory, open the vault, make sure that the database belongs to it, finish what
// was begun, and only then listen.
#include "shredder/serve.h"

#include "base/clock.h"
#include "runtime/exit_code.h"
#include "runtime/log.h"
#include "runtime/retry.h"
#include "runtime/signals.h"
#include "shredder/listener.h"

#include <stdlib.h>

#include "base/banned.h"

enum {
    BUSY_MS = 10,
    IDLE_MS = 200,
    UPKEEP_US = 1000 * 1000,
    PUSH_US = 30 * 1000 * 1000,
    STOP_SECONDS = 15,
    GOODBYE_US = 2 * 1000 * 1000, /* for clients to give their keys back */
    LOG_EVERY_US = 10 * 1000 * 1000,
};

/* ---- start ---- */

static bool take_memory(struct broker *broker, struct error *err)
{
    broker->frame = malloc(FRAME_MOST);
    subjects_init(&broker->subjects);
    if (broker->frame == NULL || !lease_table_init(&broker->leases, LEASES_MOST) ||
        !access_init(&broker->access))
        return error_set(err, ERROR_fatal, "no memory for the broker's tables");
    return true;
}

static bool
open_vault(struct broker *broker, const struct vault_options *options, struct error *err)
{
    struct vault_paths paths;
    struct vault_settings settings;
    if (!vault_settings_of(options, &paths, &settings, err) ||
        !key_vault_open(&broker->vault, &settings, err))
        return false;
    struct slab *slab = key_vault_slab(broker->vault);
    return email_index_init(&broker->emails, slab, err) &&
           email_feed_init(&broker->email_feed, slab, err);
}

/* Waits for PostgreSQL; what will never come ends it. */
static bool wait_for_database(struct broker *broker, struct error *err)
{
    struct retry retry = RETRY(100, 2000);
    int64_t logged_us = 0;
    while (!broker_start(broker, err)) {
        records_close(&broker->records);
        if (err->kind != ERROR_transient || strcmp(err->code, "VAULT") == 0)
            return false;
        int64_t now_us = clock_monotonic_us();
        if (logged_us == 0 || now_us - logged_us > LOG_EVERY_US) {
            logged_us = now_us;
            LOG(LOG_WARNING,
                "postgres_unavailable",
                "waiting for PostgreSQL",
                LOG_TEXT("error", err->text));
        }
        if (!retry_wait(&retry))
            return false;
    }
    return true;
}

static void log_started(const struct broker *broker)
{
    const struct slab *slab = key_vault_slab(broker->vault);
    LOG(LOG_INFO,
        "started",
        "order-shredder gives out keys",
        LOG_TEXT("socket", broker->options->socket),
        LOG_NUMBER("generation", (int64_t)key_vault_generation(broker->vault)),
        LOG_NUMBER("epoch", (int64_t)key_vault_epoch(broker->vault)),
        LOG_NUMBER("lease_seconds", broker->options->lease_seconds),
        LOG_NUMBER("roles", (int64_t)broker->roles.count),
        LOG_NUMBER("memory_locked", slab->locked));
    if (broker->roles.count == 0)
        log_write(
            LOG_WARNING, "nobody_allowed", "no user is allowed anything: give --roles", NULL, 0);
    if (!slab->locked)
        log_write(
            LOG_WARNING,
            "memory_unlocked",
            "memory is not locked: keys may be swapped out",
            NULL,
            0);
}

static bool start(struct broker *broker, const struct serve_options *options, struct error *err)
{
    broker->options = &options->broker;
    broker->records.conninfo = options->broker.database;
    broker->lease_us = options->broker.lease_seconds * 1000 * 1000;
    broker->began_us = broker_now_us();
    if (!roles_parse(options->broker.roles, &broker->roles, err) || !take_memory(broker, err) ||
        !open_vault(broker, &options->vault, err) || !wait_for_database(broker, err) ||
        !epochs_start(broker, err) || !eraser_start(broker, err) ||
        !listener_bind(options->broker.socket, &broker->listener, err))
        return false;
    log_started(broker);
    return true;
}

/* ---- the loop ---- */

static void write_access(struct broker *broker)
{
    struct error err;
    if (!access_is_due(&broker->access, clock_now_us()) || !broker_has_database(broker, &err))
        return;
    if (!access_write(&broker->access, broker->vault, &broker->records, &err))
        LOG(LOG_WARNING,
            "access_unwritten",
            "counts of access cannot be written for now",
            LOG_TEXT("error", err.text));
}

/* Once a second. */
static void keep_up(struct broker *broker, int64_t now_us)
{
    struct error err;
    broker->expired_us = now_us;
    lease_table_expire(&broker->leases, now_us);
    if (!epochs_tick(broker, &err))
        LOG(LOG_WARNING,
            "epoch_not_rotated",
            "the command epoch cannot be rotated for now",
            LOG_TEXT("error", err.text));
    if (broker->record_due)
        broker_note_vault(broker);
    if (now_us - broker->pushed_us >= PUSH_US) {
        broker->pushed_us = now_us;
        (void)key_vault_push(broker->vault); /* to holders that were away */
    }
}

static int wait_ms(const struct broker *broker)
{
    if (email_feed_is_behind(&broker->email_feed, broker_now_us()))
        return 0;
    return eraser_is_busy(&broker->eraser) ? BUSY_MS : IDLE_MS;
}

static bool loop(struct broker *broker, struct error *err)
{
    while (!signals_stop()) {
        if (!broker_turn(broker, wait_ms(broker), err))
            return false;
        int64_t now_us = broker_now_us();
        eraser_tick(broker);
        email_feed_tick(broker, now_us);
        write_access(broker);
        if (now_us - broker->expired_us >= UPKEEP_US)
            keep_up(broker, now_us);
    }
    return true;
}

/* ---- end ---- */

static bool leases_are_out(const struct broker *broker)
{
    return broker->leases.count > 0 || broker->unknown_until_us > broker_now_us();
}

/* Calls everything back, so that the next life need not wait for what it does not know of. */
static void call_all_back(struct broker *broker)
{
    static const struct leaf_span all[] = {
        {.tree = TREE_SUBJECTS, .count = UINT64_MAX}, {.tree = TREE_EPOCHS, .count = UINT64_MAX}};
    static struct drain drain;
    struct error ignored;
    int64_t until_us = broker_now_us() + GOODBYE_US;
    drain_begin(&drain, &broker->leases, all, countof(all), broker_now_us());
    broker->goodbye = &drain;
    broker_revoke(broker, all, countof(all), KEY_UNKNOWN, &drain);
    while (!drain_done(&drain, broker_now_us()) && broker_now_us() < until_us) {
        if (!broker_turn(broker, BUSY_MS, &ignored))
            break;
    }
    if (drain_done(&drain, broker_now_us()))
        lease_table_expire(&broker->leases, INT64_MAX);
}

static void say_goodbye(struct broker *broker)
{
    struct error err;
    if (broker->listener < 0)
        return;
    call_all_back(broker);
    access_close_minute(&broker->access);
    if (!broker_has_database(broker, &err))
        return;
    while (broker->access.written_count > 0 &&
           access_write(&broker->access, broker->vault, &broker->records, &err)) {
    }
    if (!leases_are_out(broker))
        broker->recorded.lease_seconds = 0;
    broker_note_vault(broker);
}

static struct broker *new_broker(void)
{
    struct broker *broker = calloc(1, sizeof(*broker));
    for (size_t i = 0; broker != NULL && i < HOLDERS_MOST; i++)
        broker->sessions[i].socket = -1;
    if (broker != NULL)
        broker->listener = -1;
    return broker;
}

static void release(struct broker *broker)
{
    for (size_t i = 0; i < HOLDERS_MOST; i++) {
        if (broker->sessions[i].socket >= 0)
            session_close(&broker->sessions[i]);
    }
    if (broker->options != NULL)
        listener_end(broker->listener, broker->options->socket);
    epochs_stop(broker);
    eraser_release(&broker->eraser);
    email_feed_release(&broker->email_feed);
    email_index_release(&broker->emails);
    access_release(&broker->access);
    lease_table_release(&broker->leases);
    subjects_release(&broker->subjects);
    records_close(&broker->records);
    key_vault_close(broker->vault);
    free(broker->frame);
    free(broker);
}

static bool serve(struct broker *broker, const struct serve_options *options, struct error *err)
{
    bool ok = start(broker, options, err) && loop(broker, err);
    bool stopped = signals_stop();
    if (ok)
        say_goodbye(broker);
    if (stopped)
        log_write(LOG_INFO, "stopped", "stopped as asked", NULL, 0);
    return ok || stopped;
}

int serve_verb(const void *options, int argument_count, char **arguments)
{
    (void)argument_count;
    (void)arguments;
    const struct serve_options *given = options;
    struct error err;
    enum log_level level = LOG_INFO;
    struct broker *broker = new_broker();
    if (broker == NULL) {
        (void)error_set(&err, ERROR_fatal, "out of memory");
        return cli_fail(&err);
    }
    bool ok = log_read_level(given->log_level, &level, &err) && process_harden(&err);
    if (ok) {
        log_init("order-shredder", level);
        ok = signals_init(&err);
    }
    if (ok) {
        signals_limit_stop(STOP_SECONDS);
        ok = serve(broker, given, &err);
    }
    release(broker);
    return ok ? EXIT_CODE_OK : cli_fail(&err);
}
