// SPDX-License-Identifier: Apache-2.0
#include "store/claim_arrays.h"

#include "pg/row.h"
#include "store/session.h"

/* One partition per transaction: a claim waits for an append of the owner before, and must hold no
 * other row meanwhile. */
static const struct db_statement take_statement = {
    .number = 17,
    .name = "store_claim_take",
    .sql = "insert into store.claims as c (group_name, topic, partition, owner)"
           " values ($1::text, $2::text, $3::integer, $4::text)"
           " on conflict (group_name, topic, partition) do update"
           "  set epoch = c.epoch + 1, was_clean = c.clean, clean = false, owner = excluded.owner,"
           "   claimed_at = now()"
           " returning claim, epoch, seen_offset, was_clean, attempt_offset, attempts",
    .expect = DB_ONE_ROW,
    .columns = 6,
};

static const struct db_statement give_back_statement = {
    .number = 18,
    .name = "store_claim_give_back",
    .sql = "update store.claims c set clean = true"
           " from unnest($1::integer[], $2::bigint[]) as g (claim, epoch)"
           " where c.claim = g.claim and c.epoch = g.epoch",
    .expect = DB_NOTHING,
};

static const struct db_statement accept_end_statement = {
    .number = 19,
    .name = "store_claim_accept_end",
    .sql = "update store.claims set seen_offset = $3::bigint - 1"
           " where claim = $1::integer and epoch = $2::bigint",
    .expect = DB_NOTHING,
};

static void read_claim(const PGresult *result, struct claim *out)
{
    *out = (struct claim){
        .number = row_i32(result, 0, 0),
        .epoch = row_i64(result, 0, 1),
        .seen_offset = row_i64(result, 0, 2),
        .was_clean = row_bool(result, 0, 3),
        .attempt_offset = row_i64(result, 0, 4),
        .attempts = row_i32(result, 0, 5)};
}

bool claims_take(
    struct db *db,
    const struct claim_owner *owner,
    const int32_t *partitions,
    size_t count,
    struct claim *out,
    struct error *err)
{
    if (!store_session(db, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct db_params params = {0};
        PGresult *result;
        db_param_text(&params, owner->group);
        db_param_text(&params, owner->topic);
        db_param_i32(&params, partitions[i]);
        db_param_text(&params, owner->name);
        if (!db_run(db, &take_statement, &params, &result, err))
            return false;
        read_claim(result, &out[i]);
        PQclear(result);
    }
    /* A claim that a crash of the server takes back would be the owner's before again. */
    return store_fence(db, err);
}

bool claims_accept_end(struct db *db, struct claim *claim, int64_t end, struct error *err)
{
    struct db_params params = {0};
    db_param_i32(&params, claim->number);
    db_param_i64(&params, claim->epoch);
    db_param_i64(&params, end);
    if (!db_run(db, &accept_end_statement, &params, NULL, err))
        return false;
    claim->seen_offset = end - 1;
    return true;
}

bool claim_arrays_add(
    struct claim_arrays *arrays, const struct claim *claims, size_t count, struct db_params *params)
{
    struct slice numbers, epochs;
    array_init(&arrays->numbers, ARRAY_I32);
    array_init(&arrays->epochs, ARRAY_I64);
    for (size_t i = 0; i < count; i++) {
        array_i32(&arrays->numbers, claims[i].number);
        array_i64(&arrays->epochs, claims[i].epoch);
    }
    if (!array_finish(&arrays->numbers, &numbers) || !array_finish(&arrays->epochs, &epochs))
        return false;
    db_param_bytes(params, numbers);
    db_param_bytes(params, epochs);
    return true;
}

void claim_arrays_release(struct claim_arrays *arrays)
{
    array_release(&arrays->numbers);
    array_release(&arrays->epochs);
}

bool claims_give_back(struct db *db, const struct claim *claims, size_t count, struct error *err)
{
    struct claim_arrays arrays;
    struct db_params params = {0};
    bool ok = claim_arrays_add(&arrays, claims, count, &params) ||
              error_set(err, ERROR_fatal, "claims: out of memory");
    ok = ok && db_run(db, &give_back_statement, &params, NULL, err);
    claim_arrays_release(&arrays);
    return ok;
}
