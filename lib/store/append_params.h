// SPDX-License-Identifier: Apache-2.0
// The parameters of store.append as libpq takes them. For append.c, and for the benchmark that sends
// the same parameters to a twin of the function.
#ifndef STORE_APPEND_PARAMS_H
#define STORE_APPEND_PARAMS_H

#include "store/store.h"

/* The arguments of store.append, and of its twins, in a statement. */
#define STORE_APPEND_ARGUMENTS \
    "($1::bigint, $2::bytea," \
    "$3::integer[], $4::smallint[], $5::uuid[], $6::smallint[], $7::integer[], $8::integer[]," \
    "$9::integer[], $10::uuid[], $11::bytea[], $12::smallint[], $13::text[], $14::text[]," \
    "$15::integer[], $16::smallint[], $17::uuid[], $18::uuid[], $19::text[], $20::bytea[]," \
    "$21::integer[], $22::integer[], $23::text[], $24::smallint[], $25::timestamptz[]," \
    "$26::bytea[], $27::bytea[], $28::bigint," \
    "$29::integer[], $30::bigint[], $31::bigint[])"

/* Where a group or a command stands in the caller's arrays, with the id it is sorted by. */
struct append_place {
    struct uuid id;
    int32_t tenant_id;
    int16_t category; /* groups only */
    uint32_t group;   /* index in the caller's groups */
    uint32_t command; /* index in the group's commands */
    uint32_t flat;    /* index over all commands of all groups, in the caller's order */
};

/* Fills params for `groups` of the batch; its bytes belong to the appender and hold until its next
 * use. Groups and commands are sent sorted by id and tenant, so that concurrent batches lock in one order;
 * events keep the caller's order. appender->groups[n - 1].group is the caller's index of the group sent as number n.
 * False: out of memory. */
MUST_USE bool append_params(
    struct appender *appender,
    const struct append_batch *batch,
    struct append_group *const *groups,
    size_t group_count,
    struct db_params *params);

/* Parameters of the two statements that look for losers, over what append_params sent last:
 * params[0] (tenants, categories, streams), params[1] (tenants, group of each command, ids). */
void append_check_params(struct appender *appender, struct db_params *params);

#endif
