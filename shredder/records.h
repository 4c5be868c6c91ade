// SPDX-License-Identifier: Apache-2.0
// What the broker keeps in the database (schema erasure): subjects, requests, which vault belongs here,
// who had which keys. Ids and numbers only. Everything is committed synchronously: what was promised
// here outlives the machine.
#ifndef SHREDDER_RECORDS_H
#define SHREDDER_RECORDS_H

#include "pg/db.h"
#include "shredder/erase_request.h"
#include "shredder/subjects.h"

enum { TENANTS_MOST = 256 };

struct records {
    struct db db;
    const char *conninfo;
    struct tenant_row {
        int32_t id;
        struct uuid uuid;
    } tenants[TENANTS_MOST];
    size_t tenant_count;
};

/* Opens the connection, checks settings and schema, and takes the lock that only one broker of a
 * database has. ERROR_conflict: another one has it. */
MUST_USE bool records_open(struct records *records, struct error *err);
void records_close(struct records *records);

/* The number of a tenant; asks the database once when it is not known yet. ERROR_not_found. */
MUST_USE bool
records_tenant(struct records *records, const struct uuid *tenant, int32_t *out, struct error *err);

/* The same of a tenant that is known already: every tenant of `subjects` is. */
bool records_known_tenant(const struct records *records, const struct uuid *tenant, int32_t *out);

/* The UUID of a tenant number; NULL: there is none. */
const struct uuid *records_tenant_uuid(const struct records *records, int32_t tenant_id);

/* ---- the vault that belongs to this database ---- */

struct vault_row {
    struct uuid vault_id;
    int64_t generation;
    int64_t reserved;
    int64_t ledger;
    int64_t epoch;
    int64_t epoch_us; /* when the epoch began, since 1970 */
    int32_t lease_seconds;
};

MUST_USE bool
records_vault(struct records *records, struct vault_row *out, bool *found, struct error *err);
MUST_USE bool
records_set_vault(struct records *records, const struct vault_row *row, struct error *err);

/* ---- subjects ---- */

MUST_USE bool
records_load_subjects(struct records *records, struct subjects *out, struct error *err);

struct new_subject {
    struct uuid id;
    int32_t tenant_id;
    uint32_t number;
};

/* Inserts, in one statement; a subject that has leaves already keeps them. All of them are in the table
 * then, and in `subjects`. */
MUST_USE bool records_add_subjects(
    struct records *records,
    const struct new_subject *added,
    size_t count,
    struct subjects *subjects,
    struct error *err);

/* Of a subject, the classes that the vault has forgotten. */
struct erased_subject {
    const struct subject *subject;
    uint8_t classes;
};

/* Marks them as erased. */
MUST_USE bool records_mark_erased(
    struct records *records, const struct erased_subject *erased, size_t count, struct error *err);

/* ---- access counts ---- */

struct access_row {
    struct slice instance;
    int16_t purpose;
    uint8_t pseudonym[16];
    int64_t leases;
};

MUST_USE bool records_add_access(
    struct records *records,
    int64_t minute_us,
    const struct access_row *rows,
    size_t count,
    struct error *err);

#endif
