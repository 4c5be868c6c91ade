// SPDX-License-Identifier: Apache-2.0
// Opening personal data for a person: the audit row first, then one request for the keys of one
// subject, then the envelopes. No key and nothing opened is kept.
#include "projector/show.h"

#include "message/print.h"
#include "pg/row.h"
#include "runtime/audit.h"

#include <stdio.h>

#include "base/banned.h"

static const struct db_statement audit_statement = {
    .number = 54,
    .name = "show_audit",
    .sql = "insert into ops.audit (actor, act, target, reason)"
           " values ($1::text, 'reveal', $2::text, $3::text)",
    .expect = DB_NOTHING,
};

static const struct db_statement vault_statement = {
    .number = 55,
    .name = "show_vault",
    .sql = "select vault_id from erasure.vault_state",
    .expect = DB_ANY_ROWS,
    .columns = 1,
};

/* ---- the audit ---- */

/* "order 5f0e… of tenant default: contact, delivery" */
static void name_target(const struct shown *shown, struct writer *out)
{
    char id[UUID_TEXT_SIZE];
    char text[192];
    uuid_format(&shown->stream.id, id);
    int size = snprintf(
        text,
        sizeof(text),
        "%s %s of tenant %.64s:",
        category_name((enum category)shown->stream.category),
        id,
        shown->options->tenant);
    writer_bytes(out, text, (size_t)size);
    for (size_t i = 0; i < shown->copies.copies_count; i++) {
        const char *name = message_class_name((enum message_class)shown->copies.copies[i].class);
        writer_bytes(out, i == 0 ? " " : ", ", i == 0 ? 1 : 2);
        writer_bytes(out, name, strlen(name));
    }
}

bool reveal_audit(const struct shown *shown, struct db *db, struct error *err)
{
    char actor[AUDIT_NAME_SIZE];
    uint8_t target[512];
    struct writer writer = writer_over(target, sizeof(target));
    struct db_params params = {0};
    audit_name_actor(actor);
    name_target(shown, &writer);
    CHECK(!writer.overflow);
    db_param_text(&params, actor);
    db_param_bytes(&params, writer_slice(&writer));
    db_param_text(&params, shown->options->reason);
    /* Loading has told the session not to wait for the disk. */
    db->warned = false;
    if (!db_execute(db, "set synchronous_commit = on", err) ||
        !db_run(db, &audit_statement, &params, NULL, err))
        return error_prefix(err, "nothing is revealed without an audit row");
    if (!db->warned)
        return true;
    return error_set(
        err, ERROR_transient, "the server warned: the audit row may be lost, nothing is revealed");
}

/* ---- keys ---- */

/* Keys of another vault would make of good envelopes tampered ones. */
static bool is_our_vault(struct db *db, const struct vault *vault, bool *ours, struct error *err)
{
    PGresult *result;
    if (!db_run(db, &vault_statement, NULL, &result, err))
        return false;
    struct uuid of_database = PQntuples(result) == 1 ? row_uuid(result, 0, 0) : (struct uuid){0};
    struct uuid of_broker = vault_id(vault);
    PQclear(result);
    *ours = uuid_equal(&of_database, &of_broker);
    return true;
}

static const char *why_unavailable(enum key_state state)
{
    switch (state) {
    case KEY_ERASING:
        return "an erasure is under way";
    case KEY_RESTRICTED:
        return "it is restricted at present";
    case KEY_UNKNOWN:
        return "the key broker knows no such key";
    case KEY_LIVE:
    case KEY_ERASED:
        break;
    }
    return NULL;
}

/* Without the broker an envelope is shown as what it is. */
static bool is_away(const char **why, const struct error *err)
{
    *why = "the key broker is away";
    (void)fprintf(stderr, "order-projector: %s\n", err->text);
    return err->kind == ERROR_transient;
}

/* All keys in one request. *leases NULL: there are none, and *why says so. */
static bool lease_keys(
    const struct shown *shown,
    struct db *db,
    struct vault *vault,
    struct lease leases[static MESSAGE_CLASSES],
    const char **why,
    struct error *err)
{
    struct lease_wish wishes[MESSAGE_CLASSES];
    size_t count = shown->copies.copies_count;
    bool ours;
    for (size_t i = 0; i < count; i++)
        wishes[i] = (struct lease_wish){
            .class = (uint8_t)(shown->copies.copies[i].class - 1),
            .tenant = shown->tenant,
            .subject = shown->subject};
    *why = NULL;
    /* Connected first: nothing lies between the keys and their use. */
    if (!vault_lease(vault, NULL, 0, NULL, err))
        return is_away(why, err);
    if (!is_our_vault(db, vault, &ours, err))
        return false;
    if (ours)
        return vault_lease(vault, wishes, count, leases, err) || is_away(why, err);
    *why = "the key broker holds another vault than the one of this database";
    return true;
}

/* ---- envelopes ---- */

static bool open_copy(
    const struct shown *shown,
    const struct sealed_copy *copy,
    const struct lease *lease,
    struct arena *secret,
    struct revealed *out,
    struct error *err)
{
    const struct sealed_place place = sealed_place_of_copy(&shown->tenant, &shown->stream, copy);
    if (!aggregate_open_part(&place, copy->envelope, lease, secret, &out->part, err))
        return false;
    if (lease != NULL && out->part.outcome == OPEN_KEY_UNAVAILABLE)
        out->why = why_unavailable(lease->state);
    return true;
}

bool reveal_open(
    const struct shown *shown,
    struct db *db,
    struct arena *secret,
    struct revealed revealed[static MESSAGE_CLASSES],
    struct error *err)
{
    const struct vault_options options = {
        .socket = shown->options->shredder_socket,
        .role = ROLE_REVEAL,
        .instance = "order-projector show",
        .most_leases = MESSAGE_CLASSES,
        .allow_unlocked = shown->options->allow_unlocked};
    struct lease leases[MESSAGE_CLASSES];
    struct vault *vault = NULL;
    const char *why = NULL;
    bool ok = vault_open(&vault, &options, err) && lease_keys(shown, db, vault, leases, &why, err);
    for (size_t i = 0; ok && i < shown->copies.copies_count; i++) {
        const struct sealed_copy *copy = &shown->copies.copies[i];
        revealed[i].why = why;
        ok = open_copy(shown, copy, why == NULL ? &leases[i] : NULL, secret, &revealed[i], err);
        if (revealed[i].part.outcome != OPEN_KEY_UNAVAILABLE)
            revealed[i].why = NULL;
    }
    if (ok && why == NULL && !vault_keys_hold(vault))
        ok = error_set(
            err,
            ERROR_transient,
            "the leases ran out before anything was shown: the process was stopped, or the "
            "machine; "
            "nothing is revealed, ask again");
    vault_close(vault);
    return ok;
}
