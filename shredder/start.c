// SPDX-License-Identifier: Apache-2.0
// Whether this vault and this database belong together, asked before anybody is served: a wrong or an
// old vault would give keys that were destroyed, or say "erased" of what is not.
#include "shredder/broker.h"

#include "base/clock.h"
#include "pg/row.h"
#include "runtime/log.h"

#include <sodium.h>
#include <stdio.h>

#include "base/banned.h"

enum { RETRY_US = 1000 * 1000 };

static const struct db_statement fence_statement = {
    .number = 36,
    .name = "shredder_fence",
    .sql = "select fence from erasure.fence",
    .expect = DB_ONE_ROW,
    .columns = 1,
};

/* ERROR_transient is exit code 4, "the key is unavailable"; the code says that waiting will not help. */
static bool refuse_vault(struct error *err, const char *text)
{
    (void)error_set(err, ERROR_transient, "%s", text);
    (void)snprintf(err->code, sizeof(err->code), "VAULT");
    return false;
}

static bool check_same(const struct vault_row *row, struct uuid id, struct error *err)
{
    char wanted[UUID_TEXT_SIZE], found[UUID_TEXT_SIZE];
    char text[400];
    if (uuid_equal(&row->vault_id, &id))
        return true;
    uuid_format(&row->vault_id, wanted);
    uuid_format(&id, found);
    (void)snprintf(
        text,
        sizeof(text),
        "this is vault %s, but the database was sealed with vault %s: its keys are not here, "
        "nothing "
        "is served. Start with --vault of the right one, or with the right --database",
        found,
        wanted);
    return refuse_vault(err, text);
}

static bool check_not_older(const struct vault_row *row, uint64_t generation, struct error *err)
{
    if ((uint64_t)row->generation <= generation)
        return true;
    return error_set(
        err,
        ERROR_tampered,
        "the vault is at generation %llu, but the database has seen %lld: it is an old copy, in "
        "which "
        "erased keys may live again. Nothing is served. Remedy: put the newest vault back, or a "
        "holder's copy of generation %lld or later (order-shredder holders)",
        (unsigned long long)generation,
        (long long)row->generation,
        (long long)row->generation);
}

/* Rows that say "erased" of a leaf that is there: the database knows more than the vault. */
static bool check_erased(struct broker *broker, struct error *err)
{
    uint8_t key[TREE_KEY_SIZE];
    const struct subjects *subjects = &broker->subjects;
    for (size_t i = 0; i < subjects->count; i++) {
        const struct subject *one = &subjects->rows[i];
        enum key_state state = KEY_ERASED;
        if (one->state == SUBJECT_ROW_ERASED)
            state = key_vault_derive(broker->vault, subject_leaf(one, 0), LEAF_PSEUDONYM, key);
        sodium_memzero(key, sizeof(key));
        bool reserved = one->number < key_vault_reserved(broker->vault);
        if (state == KEY_ERASED && reserved)
            continue;
        return error_set(
            err,
            ERROR_tampered,
            reserved ? "subject %u is erased in the database, but the vault still has its keys: it "
                       "is an old copy. Put the newest vault back, or a holder's copy"
                     : "subject %u was never reserved by this vault: it is an old copy, or the "
                       "database is another one's",
            one->number);
    }
    return true;
}

uint8_t broker_gone_classes(const struct broker *broker, const struct subject *subject)
{
    uint8_t gone = 0;
    for (unsigned class = 0; class < LEAVES_PER_SUBJECT; class ++) {
        uint8_t key[TREE_KEY_SIZE];
        struct leaf leaf = subject_leaf(subject, class);
        if (key_vault_derive(broker->vault, leaf, LEAF_PSEUDONYM, key) == KEY_ERASED)
            gone = (uint8_t)(gone | 1u << class);
        sodium_memzero(key, sizeof(key));
    }
    return gone;
}

/* The database is older than the vault: restored from a backup, or we died before it was told. What the
 * tree has forgotten stays forgotten, and the rows are told so. */
static bool catch_up(struct broker *broker, struct error *err)
{
    enum { PIECE = 4096 };
    struct erased_subject changed[PIECE];
    size_t count = 0;
    size_t all = 0;
    for (size_t i = 0; i < broker->subjects.count; i++) {
        struct subject *one = &broker->subjects.rows[i];
        uint8_t gone = broker_gone_classes(broker, one);
        if ((gone & ~one->fenced) == 0 && (gone != ALL_CLASSES || one->state == SUBJECT_ROW_ERASED))
            continue;
        one->fenced |= gone;
        if (gone == ALL_CLASSES)
            one->state = SUBJECT_ROW_ERASED;
        changed[count++] = (struct erased_subject){.subject = one, .classes = gone};
        all++;
        if (count == PIECE && !records_mark_erased(&broker->records, changed, count, err))
            return false;
        count = count == PIECE ? 0 : count;
    }
    if (count != 0 && !records_mark_erased(&broker->records, changed, count, err))
        return false;
    LOG(LOG_WARNING,
        "database_older",
        "the database is older than the vault (restored, or we died in between): erased subjects "
        "stay erased",
        LOG_NUMBER("database_generation", broker->recorded.generation),
        LOG_NUMBER("vault_generation", (int64_t)key_vault_generation(broker->vault)),
        LOG_NUMBER("subjects", (int64_t)broker->subjects.count),
        LOG_NUMBER("marked_erased", (int64_t)all));
    return true;
}

bool broker_record_vault(struct broker *broker, struct error *err)
{
    uint8_t hash[32];
    struct vault_row row = {
        .vault_id = key_vault_id(broker->vault),
        .generation = (int64_t)key_vault_generation(broker->vault),
        .reserved = (int64_t)key_vault_reserved(broker->vault),
        .ledger = (int64_t)key_vault_ledger(broker->vault, hash),
        .epoch = (int64_t)key_vault_epoch(broker->vault),
        .epoch_us = broker->epochs.since_us,
        .lease_seconds = broker->recorded.lease_seconds};
    if (!records_set_vault(&broker->records, &row, err))
        return false;
    broker->recorded = row;
    return true;
}

void broker_note_vault(struct broker *broker)
{
    struct error ignored;
    broker->record_due =
        !broker_has_database(broker, &ignored) || !broker_record_vault(broker, &ignored);
}

static bool read_fence(struct broker *broker, struct error *err)
{
    PGresult *result;
    if (!db_run(&broker->records.db, &fence_statement, NULL, &result, err))
        return false;
    broker->fence = row_i64(result, 0, 0);
    PQclear(result);
    return true;
}

/* Leases of a broker that died run until their time is over, and nobody knows of which keys. */
static void expect_unknown_leases(struct broker *broker, int32_t seconds)
{
    broker->unknown_until_us = seconds == 0 ? 0 : broker_now_us() + (int64_t)seconds * 1000 * 1000;
    if (seconds != 0)
        LOG(LOG_INFO,
            "leases_unknown",
            "an earlier life did not end by itself: until its leases have run out no erasure is "
            "live",
            LOG_NUMBER("seconds", seconds));
}

static bool adopt(struct broker *broker, bool found, struct error *err)
{
    if (!found)
        LOG(LOG_INFO,
            "vault_adopted",
            "this database has no vault yet: from now on this one belongs to it",
            LOG_NUMBER("generation", (int64_t)key_vault_generation(broker->vault)));
    expect_unknown_leases(broker, found ? broker->recorded.lease_seconds : 0);
    broker->epochs.since_us = found ? broker->recorded.epoch_us : clock_now_us();
    broker->recorded.lease_seconds = (int32_t)broker->options->lease_seconds;
    return broker_record_vault(broker, err);
}

bool broker_start(struct broker *broker, struct error *err)
{
    struct records *records = &broker->records;
    bool found;
    int64_t began_us = broker_now_us();
    if (!records_open(records, err) || !records_vault(records, &broker->recorded, &found, err))
        return false;
    uint64_t generation = key_vault_generation(broker->vault);
    if (found && (!check_same(&broker->recorded, key_vault_id(broker->vault), err) ||
                  !check_not_older(&broker->recorded, generation, err)))
        return false;
    subjects_release(&broker->subjects);
    subjects_init(&broker->subjects);
    if (!records_load_subjects(records, &broker->subjects, err) || !check_erased(broker, err))
        return false;
    bool older = found && (uint64_t)broker->recorded.generation < generation;
    if ((older && !catch_up(broker, err)) || !read_fence(broker, err) || !adopt(broker, found, err))
        return false;
    LOG(LOG_INFO,
        "subjects_loaded",
        "the subjects of this database are known",
        LOG_NUMBER("subjects", (int64_t)broker->subjects.count),
        LOG_NUMBER("fence", broker->fence),
        LOG_NUMBER("ms", (broker_now_us() - began_us) / 1000));
    return true;
}

/* ---- the database was away ---- */

/* The same as we left it, or a step further that we did not hear of. */
static bool check_unchanged(struct broker *broker, struct error *err)
{
    struct vault_row row;
    bool found;
    int64_t fence = broker->fence;
    if (!records_vault(&broker->records, &row, &found, err) || !read_fence(broker, err))
        return false;
    if (found && uuid_equal(&row.vault_id, &broker->recorded.vault_id) &&
        row.generation >= broker->recorded.generation && broker->fence >= fence)
        return true;
    broker->failed = true;
    return error_set(
        &broker->failure,
        ERROR_conflict,
        "the database was restored or replaced while this broker was running: start it anew");
}

bool broker_has_database(struct broker *broker, struct error *err)
{
    int64_t now_us = broker_now_us();
    if (db_is_open(&broker->records.db))
        return true;
    if (now_us < broker->records_retry_us)
        return error_set(err, ERROR_transient, "the database is away");
    broker->records_retry_us = now_us + RETRY_US;
    /* Numbers that were given may have been forgotten there; and what was read of the log, too. */
    broker->next_number = broker->end_number;
    if (!records_open(&broker->records, err)) {
        /* A conflict is the session we lost: the server has not noticed yet. */
        if (err->kind == ERROR_conflict)
            err->kind = ERROR_transient;
        if (err->kind != ERROR_transient) {
            broker->failed = true;
            broker->failure = *err;
        }
        return false;
    }
    if (!check_unchanged(broker, err)) {
        records_close(&broker->records);
        return error_set(err, ERROR_transient, "the database is away");
    }
    LOG(LOG_INFO,
        "postgres_connected",
        "connected to PostgreSQL again",
        LOG_NUMBER("after_ms", (broker_now_us() - now_us) / 1000));
    return true;
}
