// SPDX-License-Identifier: Apache-2.0
// Subjects in the database, and who had their keys.
#include "shredder/records.h"

#include "pg/array.h"
#include "pg/row.h"
#include "shredder/statements.h"

#include "base/banned.h"

static const struct db_statement page_statement = {
    .number = 35,
    .name = "shredder_page",
    .sql = "fetch 20000 from shredder_subjects",
    .expect = DB_ANY_ROWS,
    .columns = 5,
};

/* Columns: subject_id, tenant_id, leaf_base, state, erased_classes. */
static bool take_row(const PGresult *page, int row, struct subjects *out, struct error *err)
{
    struct uuid id = row_uuid(page, row, 0);
    int32_t tenant_id = row_i32(page, row, 1);
    int64_t base = row_i64(page, row, 2);
    if (subjects_find(out, tenant_id, &id) != NULL)
        return true;
    if (base < 0 || base % LEAVES_PER_SUBJECT != 0 || base / LEAVES_PER_SUBJECT >= SUBJECTS_MOST ||
        subjects_of_leaf(out, (uint64_t)base) != NULL)
        return error_set(
            err,
            ERROR_tampered,
            "erasure.subjects: leaf_base %lld belongs to no subject or to two",
            (long long)base);
    struct subject *subject =
        subjects_add(out, tenant_id, &id, (uint32_t)(base / LEAVES_PER_SUBJECT));
    if (subject == NULL)
        return error_set(err, ERROR_fatal, "no memory for %zu subjects", out->count + 1);
    subject->state = (uint8_t)row_i16(page, row, 3);
    subject->fenced = (uint8_t)row_i16(page, row, 4);
    return true;
}

static bool take_page(const PGresult *page, struct subjects *out, struct error *err)
{
    for (int row = 0; row < PQntuples(page); row++) {
        if (!take_row(page, row, out, err))
            return false;
    }
    return true;
}

static bool take_all(struct db *db, struct subjects *out, struct error *err)
{
    for (;;) {
        PGresult *page;
        if (!db_run(db, &page_statement, NULL, &page, err))
            return false;
        bool last = PQntuples(page) == 0;
        bool ok = take_page(page, out, err);
        PQclear(page);
        if (!ok || last)
            return ok;
    }
}

bool records_load_subjects(struct records *records, struct subjects *out, struct error *err)
{
    struct db *db = &records->db;
    if (!db_execute(
            db,
            "begin; declare shredder_subjects no scroll cursor for"
            " select subject_id, tenant_id, leaf_base, state, erased_classes from erasure.subjects",
            err))
        return false;
    if (take_all(db, out, err) && db_execute(db, "commit", err))
        return true;
    db_rollback(db);
    return false;
}

/* ---- adding ---- */

struct subject_arrays {
    struct array_buffer ids, tenants, third;
};

static void arrays_init(struct subject_arrays *arrays, enum array_type third)
{
    array_init(&arrays->ids, ARRAY_UUID);
    array_init(&arrays->tenants, ARRAY_I32);
    array_init(&arrays->third, third);
}

static void arrays_release(struct subject_arrays *arrays)
{
    array_release(&arrays->ids);
    array_release(&arrays->tenants);
    array_release(&arrays->third);
}

static bool
arrays_params(struct subject_arrays *arrays, struct db_params *params, struct error *err)
{
    struct slice ids, tenants, third;
    if (!array_finish(&arrays->ids, &ids) || !array_finish(&arrays->tenants, &tenants) ||
        !array_finish(&arrays->third, &third))
        return error_set(err, ERROR_fatal, "no memory for a batch of subjects");
    db_param_bytes(params, ids);
    db_param_bytes(params, tenants);
    db_param_bytes(params, third);
    return true;
}

bool records_add_subjects(
    struct records *records,
    const struct new_subject *added,
    size_t count,
    struct subjects *subjects,
    struct error *err)
{
    struct subject_arrays arrays;
    struct db_params params = {0};
    PGresult *result = NULL;
    arrays_init(&arrays, ARRAY_I64);
    for (size_t i = 0; i < count; i++) {
        array_uuid(&arrays.ids, &added[i].id);
        array_i32(&arrays.tenants, added[i].tenant_id);
        array_i64(&arrays.third, (int64_t)added[i].number * LEAVES_PER_SUBJECT);
    }
    bool ok = arrays_params(&arrays, &params, err) &&
              db_run(&records->db, shredder_statement(QUERY_ADD_SUBJECTS), &params, &result, err);
    arrays_release(&arrays);
    ok = ok && take_page(result, subjects, err);
    PQclear(result);
    return ok;
}

bool records_mark_erased(
    struct records *records, const struct erased_subject *erased, size_t count, struct error *err)
{
    struct subject_arrays arrays;
    struct db_params params = {0};
    arrays_init(&arrays, ARRAY_I16);
    for (size_t i = 0; i < count; i++) {
        array_uuid(&arrays.ids, &erased[i].subject->id);
        array_i32(&arrays.tenants, erased[i].subject->tenant_id);
        array_i16(&arrays.third, erased[i].classes);
    }
    bool ok = arrays_params(&arrays, &params, err) &&
              db_run(&records->db, shredder_statement(QUERY_MARK_ERASED), &params, NULL, err);
    arrays_release(&arrays);
    return ok;
}

/* ---- access counts ---- */

bool records_add_access(
    struct records *records,
    int64_t minute_us,
    const struct access_row *rows,
    size_t count,
    struct error *err)
{
    struct array_buffer arrays[4];
    static const enum array_type types[] = {ARRAY_TEXT, ARRAY_I16, ARRAY_BYTEA, ARRAY_I64};
    struct db_params params = {0};
    bool ok = true;
    for (size_t i = 0; i < countof(arrays); i++)
        array_init(&arrays[i], types[i]);
    for (size_t i = 0; i < count; i++) {
        array_bytes(&arrays[0], rows[i].instance);
        array_i16(&arrays[1], rows[i].purpose);
        array_bytes(&arrays[2], slice_of(rows[i].pseudonym, sizeof(rows[i].pseudonym)));
        array_i64(&arrays[3], rows[i].leases);
    }
    db_param_i64(&params, minute_us - (int64_t)PG_EPOCH_SECONDS * 1000000);
    for (size_t i = 0; i < countof(arrays); i++) {
        struct slice bytes;
        ok = ok && array_finish(&arrays[i], &bytes);
        if (ok)
            db_param_bytes(&params, bytes);
    }
    ok = ok ? db_run(&records->db, shredder_statement(QUERY_ADD_ACCESS), &params, NULL, err)
            : error_set(err, ERROR_fatal, "no memory for counts of access");
    for (size_t i = 0; i < countof(arrays); i++)
        array_release(&arrays[i]);
    return ok;
}
