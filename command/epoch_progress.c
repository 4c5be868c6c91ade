// SPDX-License-Identifier: Apache-2.0
// Asks and tells what epochs.h describes: a little now and then, never for long.
#include "command/service.h"

#include "base/clock.h"
#include "bus/topics.h"
#include "pg/row.h"
#include "runtime/log.h"

#include "base/banned.h"

enum { ASK_EVERY_US = 1000 * 1000, ANSWER_MS = 1000 };

static const struct db_statement list_statement = {
    .number = 33,
    .name = "epoch_partitions",
    .sql = "insert into erasure.epoch_progress (topic, partition)"
           " select $1::text, p from generate_series(0, $2::integer - 1) p on conflict do nothing",
    .expect = DB_NOTHING,
};

static const struct db_statement pass_statement = {
    .number = 34,
    .name = "epoch_passed",
    .sql = "update erasure.epoch_progress set passed_to = $3::bigint, passed_at = now()"
           " where topic = $1::text and partition = $2::integer and passed_to < $3::bigint",
    .expect = DB_NOTHING,
};

static const struct db_statement all_statement = {
    .number = 35,
    .name = "epoch_all",
    .sql = "select coalesce(min(passed_to), 0) from erasure.epoch_progress",
    .expect = DB_ONE_ROW,
    .columns = 1,
};

/* Every partition of the topic has its row before anything is concluded from the table. */
static bool list_partitions(struct service *service, struct error *err)
{
    struct epochs *epochs = &service->epochs;
    const struct topic_row row = {.name = service->options->topic};
    struct db_params params = {0};
    int count;
    if (epochs->partition_count > 0)
        return true;
    if (!topics_describe(service->options->brokers, &row, 1, &count, err))
        return false;
    if (count <= 0 || count > EPOCHS_MOST_PARTITIONS)
        return error_set(err, ERROR_invalid, "%d partitions cannot be watched", count);
    db_param_text(&params, service->options->topic);
    db_param_i32(&params, count);
    if (!db_run(&service->db, &list_statement, &params, NULL, err))
        return false;
    epochs->partition_count = count;
    return true;
}

static bool tell_passed(struct service *service, int32_t partition, struct error *err)
{
    struct db_params params = {0};
    db_param_text(&params, service->options->topic);
    db_param_i32(&params, partition);
    db_param_i64(&params, service->epochs.current);
    return db_run(&service->db, &pass_statement, &params, NULL, err);
}

/* At most one question to Kafka per call: each may take its time. */
static bool look_at_partitions(struct service *service, int64_t now_us, struct error *err)
{
    struct epochs *epochs = &service->epochs;
    int64_t grace_us = service->options->epoch_grace * 1000000;
    bool asked = false;
    for (int32_t i = 0; i < epochs->partition_count; i++) {
        int64_t begin, end;
        if (!consumer_owns(service->consumer, i))
            continue;
        if (!asked && epochs_wants_end(epochs, i, now_us, grace_us)) {
            asked = true;
            if (!consumer_bounds(service->consumer, i, ANSWER_MS, &begin, &end, err))
                return false;
            epochs_end(epochs, i, begin, end);
        }
        if (epochs_committed(epochs, i, consumer_committed(service->consumer, i)) &&
            !tell_passed(service, i, err)) {
            epochs->partitions[i].passed = false;
            return false;
        }
    }
    return true;
}

/* Other instances may have been the last ones: the table is looked at even when nothing changed here. */
static bool conclude(struct service *service, struct error *err)
{
    struct epochs *epochs = &service->epochs;
    PGresult *result;
    if (epochs->current <= epochs->told)
        return true;
    if (!db_run(&service->db, &all_statement, NULL, &result, err))
        return false;
    int64_t all = row_i64(result, 0, 0);
    PQclear(result);
    if (all <= 1 || all <= epochs->told)
        return true;
    if (!vault_retire_epoch(service->keys.vault, (uint64_t)all - 1, err))
        return false;
    epochs->told = all;
    LOG(LOG_INFO,
        "epochs_over",
        "all partitions are past these command epochs; the key broker was told",
        LOG_NUMBER("up_to", all - 1));
    return true;
}

/* Another vault's epochs are none of ours: they are neither counted nor ended. */
static bool ask_current(struct service *service, int64_t now_us, struct error *err)
{
    int64_t number;
    if (!keys_current_epoch(&service->keys, &number, err) ||
        service_check_vault(service, err) != FAILURE_NONE)
        return false;
    epochs_current(&service->epochs, number, now_us);
    return true;
}

void service_tend_epochs(struct service *service)
{
    struct error err;
    struct epochs *epochs = &service->epochs;
    int64_t now_us = clock_monotonic_us();
    if (service->keys.vault == NULL || now_us - epochs->asked_us < ASK_EVERY_US ||
        !db_is_open(&service->db))
        return;
    epochs->asked_us = now_us;
    epochs_assigned(epochs, consumer_generation(service->consumer));
    if (!ask_current(service, now_us, &err) || !list_partitions(service, &err) ||
        !look_at_partitions(service, now_us, &err) || !conclude(service, &err))
        LOG(LOG_DEBUG,
            "epochs_unattended",
            "command epochs could not be looked at; tried again",
            LOG_TEXT("error", err.text));
}
