// SPDX-License-Identifier: Apache-2.0
// `order-command parked release` and `parked discard`: what is done, by whom and why is in ops.audit.
#include "command/operator.h"
#include "pg/row.h"
#include "runtime/audit.h"
#include "runtime/exit_code.h"
#include "store/parked.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/banned.h"

enum { TARGET_SIZE = 160 };

static const struct db_statement release_statement = {
    .number = 52,
    .name = "command_release",
    .sql = "select store.release_parked($1::integer, $2::smallint, $3::uuid, $4::text, $5::text,"
           " $6::text)",
    .expect = DB_ONE_ROW,
    .columns = 1,
};

static const struct db_statement discard_statement = {
    .number = 53,
    .name = "command_discard",
    .sql = "select store.discard_parked($1::integer, $2::uuid, $3::text, $4::text, $5::text)",
    .expect = DB_ONE_ROW,
    .columns = 1,
};

/* What the function says about the stream as it was; null is 0. */
static bool run_act(
    struct db *db,
    const struct db_statement *statement,
    const struct db_params *params,
    int16_t *before,
    struct error *err)
{
    PGresult *result;
    db->warned = false;
    if (!db_run(db, statement, params, &result, err))
        return false;
    *before = row_is_null(result, 0, 0) ? 0 : row_i16(result, 0, 0);
    PQclear(result);
    return !db->warned ||
           error_set(err, ERROR_transient, "the server warned: nobody knows whether it was done");
}

static void name_target(const PGresult *stream, const char *tenant, char out[static TARGET_SIZE])
{
    char id[UUID_TEXT_SIZE];
    struct uuid number = row_uuid(stream, 0, PARKED_STREAM_COLUMN);
    uuid_format(&number, id);
    (void)snprintf(
        out,
        TARGET_SIZE,
        "%s %s of tenant %.64s",
        operator_category(row_i16(stream, 0, PARKED_CATEGORY_COLUMN)),
        id,
        tenant);
}

static bool release(
    struct db *db,
    const struct operator_options *options,
    const PGresult *stream,
    struct error *err)
{
    char actor[AUDIT_NAME_SIZE];
    char target[TARGET_SIZE];
    struct db_params params = {0};
    struct uuid id = row_uuid(stream, 0, PARKED_STREAM_COLUMN);
    int16_t before;
    audit_name_actor(actor);
    name_target(stream, options->tenant, target);
    db_param_i32(&params, row_i32(stream, 0, PARKED_TENANT_ID_COLUMN));
    db_param_i16(&params, row_i16(stream, 0, PARKED_CATEGORY_COLUMN));
    db_param_uuid(&params, &id);
    db_param_text(&params, actor);
    db_param_text(&params, target);
    db_param_text(&params, options->reason);
    if (!run_act(db, &release_statement, &params, &before, err))
        return false;
    if (before == PARKED_WAITING)
        return true;
    return before == 0 ? error_set(err, ERROR_not_found, "%s is not parked any more", target)
                       : error_set(err, ERROR_conflict, "%s was released before", target);
}

int parked_release_verb(const void *options, int argument_count, char **arguments)
{
    const struct operator_options *given = options;
    struct facts facts = {.json = given->json};
    struct db db = {0};
    struct error err;
    PGresult *stream = NULL;
    (void)argument_count;
    bool ok = audit_check_reason(given->reason, &err) &&
              operator_open(&db, given->database, &err) &&
              parked_find(&db, given->tenant, arguments[0], &stream, &err) &&
              release(&db, given, stream, &err);
    if (ok && given->json) {
        struct uuid id = row_uuid(stream, 0, PARKED_STREAM_COLUMN);
        facts_open(&facts, NULL);
        facts_uuid(&facts, "stream_id", &id);
        facts_text(
            &facts, "category", operator_category(row_i16(stream, 0, PARKED_CATEGORY_COLUMN)));
        facts_text(&facts, "state", parked_state_name(PARKED_RELEASED));
        facts_number(&facts, "commands", row_i64(stream, 0, PARKED_COMMANDS_COLUMN));
        facts_close(&facts);
        (void)printf("\n");
    } else if (ok) {
        (void)printf(
            "released: %" PRId64 " commands will be decided in order\n",
            row_i64(stream, 0, PARKED_COMMANDS_COLUMN));
    }
    PQclear(stream);
    db_close(&db);
    return ok ? EXIT_CODE_OK : cli_fail(&err);
}

static bool discard(
    struct db *db,
    const struct operator_options *options,
    const struct uuid *command,
    struct error *err)
{
    char actor[AUDIT_NAME_SIZE];
    char target[TARGET_SIZE];
    char id[UUID_TEXT_SIZE];
    struct db_params params = {0};
    int32_t tenant_id;
    struct uuid tenant;
    int16_t before;
    if (!store_find_tenant(db, options->tenant, &tenant_id, &tenant, err))
        return false;
    uuid_format(command, id);
    audit_name_actor(actor);
    (void)snprintf(target, sizeof(target), "command %s of tenant %.64s", id, options->tenant);
    db_param_i32(&params, tenant_id);
    db_param_uuid(&params, command);
    db_param_text(&params, actor);
    db_param_text(&params, target);
    db_param_text(&params, options->reason);
    if (!run_act(db, &discard_statement, &params, &before, err))
        return false;
    if (before == PARKED_WAITING)
        return true;
    return before == 0
               ? error_set(err, ERROR_not_found, "%s waits in no queue", target)
               : error_set(
                     err, ERROR_conflict, "the stream of %s was released: it is too late", target);
}

int parked_discard_verb(const void *options, int argument_count, char **arguments)
{
    const struct operator_options *given = options;
    struct facts facts = {.json = given->json};
    struct uuid command, confirmed;
    struct db db = {0};
    struct error err;
    (void)argument_count;
    bool ok = operator_read_id(arguments[0], &command, &err) &&
              audit_check_reason(given->reason, &err) &&
              operator_read_id(given->confirm, &confirmed, &err);
    if (ok && !uuid_equal(&command, &confirmed))
        ok = error_set(&err, ERROR_invalid, "--confirm names another command");
    ok = ok && operator_open(&db, given->database, &err) && discard(&db, given, &command, &err);
    if (ok && given->json) {
        facts_open(&facts, NULL);
        facts_uuid(&facts, "command_id", &command);
        facts_flag(&facts, "discarded", true);
        facts_close(&facts);
        (void)printf("\n");
    } else if (ok) {
        (void)printf("discarded\n");
    }
    db_close(&db);
    return ok ? EXIT_CODE_OK : cli_fail(&err);
}
