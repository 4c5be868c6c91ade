// SPDX-License-Identifier: Apache-2.0
// `order-command parked list` and `parked show`.
#include "command/operator.h"
#include "command/parked_headers.h"
#include "pg/row.h"
#include "runtime/exit_code.h"
#include "store/parked.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/banned.h"

enum { MOST_SHOWN = 1000, MEMORY = 64 * 1024 * 1024 };

const char *parked_state_name(int16_t state)
{
    switch ((enum parked_state)state) {
    case PARKED_WAITING:
        return "parked";
    case PARKED_RELEASED:
        return "released";
    case PARKED_BEGUN:
        return "being decided";
    }
    return "unknown";
}

/* ---- finding streams ---- */

/* text NULL: all. */
static bool
find_streams(struct db *db, const char *tenant, const char *text, PGresult **out, struct error *err)
{
    struct db_params params = {0};
    struct uuid id;
    int16_t category = 0;
    if (text != NULL && !operator_read_stream(text, &category, &id, err))
        return false;
    if (tenant != NULL)
        db_param_text(&params, tenant);
    else
        db_param_null(&params);
    if (text != NULL)
        db_param_uuid(&params, &id);
    else
        db_param_null(&params);
    db_param_i16(&params, category);
    return db_run(db, operator_statement(OPERATOR_LIST), &params, out, err);
}

/* The tenant must exist: a wrong name is no empty list. */
static bool check_tenant(struct db *db, const char *name, struct error *err)
{
    int32_t tenant_id;
    struct uuid tenant;
    return name == NULL || store_find_tenant(db, name, &tenant_id, &tenant, err);
}

bool parked_find(
    struct db *db, const char *tenant, const char *text, PGresult **out, struct error *err)
{
    if (!check_tenant(db, tenant, err) || !find_streams(db, tenant, text, out, err))
        return false;
    if (PQntuples(*out) == 1)
        return true;
    if (PQntuples(*out) == 0)
        return error_set(
            err,
            ERROR_not_found,
            "tenant '%s' has no parked stream and no incident %.64s; see order-command parked list",
            tenant,
            text);
    return error_set(
        err, ERROR_invalid, "%.64s is more than one stream: say which, as order/UUID", text);
}

/* ---- list, show ---- */

static void print_stream(struct facts *facts, const PGresult *rows, int row)
{
    struct uuid stream = row_uuid(rows, row, PARKED_STREAM_COLUMN);
    struct uuid incident = row_uuid(rows, row, PARKED_INCIDENT_COLUMN);
    facts_slice(facts, "tenant", row_bytes(rows, row, PARKED_TENANT_COLUMN));
    facts_text(facts, "category", operator_category(row_i16(rows, row, PARKED_CATEGORY_COLUMN)));
    facts_uuid(facts, "stream_id", &stream);
    facts_text(facts, "state", parked_state_name(row_i16(rows, row, PARKED_STATE_COLUMN)));
    facts_slice(facts, "code", row_bytes(rows, row, PARKED_CODE_COLUMN));
    facts_uuid(facts, "incident", &incident);
    facts_time(facts, "since", row_time(rows, row, PARKED_SINCE_COLUMN));
    if (!row_is_null(rows, row, PARKED_RELEASED_COLUMN))
        facts_time(facts, "released_at", row_time(rows, row, PARKED_RELEASED_COLUMN));
    facts_slice(facts, "topic", row_bytes(rows, row, PARKED_TOPIC_COLUMN));
    facts_number(facts, "partition", row_i32(rows, row, PARKED_PARTITION_COLUMN));
    facts_number(facts, "commands", row_i64(rows, row, PARKED_COMMANDS_COLUMN));
    if (!row_is_null(rows, row, PARKED_OLDEST_COLUMN))
        facts_time(facts, "oldest", row_time(rows, row, PARKED_OLDEST_COLUMN));
}

static void print_list(const PGresult *rows)
{
    for (int row = 0; row < PQntuples(rows); row++) {
        char id[UUID_TEXT_SIZE];
        char incident[UUID_TEXT_SIZE];
        struct uuid stream = row_uuid(rows, row, PARKED_STREAM_COLUMN);
        struct uuid known_as = row_uuid(rows, row, PARKED_INCIDENT_COLUMN);
        uuid_format(&stream, id);
        uuid_format(&known_as, incident);
        (void)printf(
            "%s/%s  %s  %" PRId64 " waiting  %.*s  incident %s  tenant %.*s\n",
            operator_category(row_i16(rows, row, PARKED_CATEGORY_COLUMN)),
            id,
            parked_state_name(row_i16(rows, row, PARKED_STATE_COLUMN)),
            row_i64(rows, row, PARKED_COMMANDS_COLUMN),
            SLICE_FORMAT(row_bytes(rows, row, PARKED_CODE_COLUMN)),
            incident,
            SLICE_FORMAT(row_bytes(rows, row, PARKED_TENANT_COLUMN)));
    }
    if (PQntuples(rows) == 0)
        (void)printf("no stream is parked\n");
}

static void print_list_json(const PGresult *rows)
{
    struct facts facts = {.json = true};
    facts_open(&facts, NULL);
    facts_open_list(&facts, "streams");
    for (int row = 0; row < PQntuples(rows); row++) {
        facts_open(&facts, NULL);
        print_stream(&facts, rows, row);
        facts_close(&facts);
    }
    facts_close_list(&facts);
    facts_close(&facts);
    (void)printf("\n");
}

int parked_list_verb(const void *options, int argument_count, char **arguments)
{
    const struct operator_options *given = options;
    struct db db = {0};
    struct error err;
    PGresult *rows = NULL;
    (void)argument_count;
    (void)arguments;
    bool ok = operator_open(&db, given->database, &err) && check_tenant(&db, given->tenant, &err) &&
              find_streams(&db, given->tenant, NULL, &rows, &err);
    if (ok)
        (given->json ? print_list_json : print_list)(rows);
    PQclear(rows);
    db_close(&db);
    return ok ? EXIT_CODE_OK : cli_fail(&err);
}

/* What the sender called it. */
static struct slice type_of(struct slice bytes, struct arena *arena)
{
    const struct header *headers;
    size_t count;
    if (!parked_headers_unpack(bytes, arena, &headers, &count))
        return slice_of(NULL, 0);
    for (size_t i = 0; i < count; i++) {
        if (slice_is(headers[i].name, "ce_type"))
            return headers[i].value;
    }
    return slice_of(NULL, 0);
}

static void print_entry(struct facts *facts, const PGresult *rows, int row, struct arena *arena)
{
    char id[UUID_TEXT_SIZE];
    struct uuid command = row_uuid(rows, row, 0);
    struct slice type = type_of(row_bytes(rows, row, 4), arena);
    bool is_fault = row_bool(rows, row, 6);
    uuid_format(&command, id);
    if (!facts->json) {
        (void)printf("  %s  ", id);
        for (size_t i = 0; i < type.size; i++)
            (void)putchar(type.data[i] < 0x20 || type.data[i] == 0x7f ? '?' : type.data[i]);
        (void)printf("%s\n", is_fault ? "  (was given up)" : "");
        return;
    }
    facts_open(facts, NULL);
    facts_text(facts, "command_id", id);
    facts_slice(facts, "type", type);
    facts_flag(facts, "given_up", is_fault);
    facts_number(facts, "partition", row_i32(rows, row, 1));
    facts_number(facts, "offset", row_i64(rows, row, 2));
    facts_time(facts, "since", row_time(rows, row, 3));
    facts_number(facts, "size", row_i32(rows, row, 5));
    facts_close(facts);
}

static void print_parked(bool json, const PGresult *stream, const PGresult *queue)
{
    struct facts facts = {.json = json};
    struct arena arena;
    arena_init(&arena, MEMORY);
    if (json)
        facts_open(&facts, NULL);
    print_stream(&facts, stream, 0);
    if (json || PQntuples(queue) > 0)
        facts_open_list(&facts, "queue");
    for (int row = 0; row < PQntuples(queue); row++)
        print_entry(&facts, queue, row, &arena);
    if (json) {
        facts_close_list(&facts);
        facts_close(&facts);
        (void)printf("\n");
    }
    arena_release(&arena);
}

static bool find_queue(struct db *db, const PGresult *stream, PGresult **out, struct error *err)
{
    struct db_params params = {0};
    struct uuid id = row_uuid(stream, 0, PARKED_STREAM_COLUMN);
    db_param_uuid(&params, &id);
    db_param_i32(&params, row_i32(stream, 0, PARKED_TENANT_ID_COLUMN));
    db_param_i16(&params, row_i16(stream, 0, PARKED_CATEGORY_COLUMN));
    db_param_i32(&params, MOST_SHOWN);
    return db_run(db, operator_statement(OPERATOR_QUEUE), &params, out, err);
}

int parked_show_verb(const void *options, int argument_count, char **arguments)
{
    const struct operator_options *given = options;
    struct db db = {0};
    struct error err;
    PGresult *stream = NULL;
    PGresult *queue = NULL;
    (void)argument_count;
    bool ok = operator_open(&db, given->database, &err) &&
              parked_find(&db, given->tenant, arguments[0], &stream, &err) &&
              find_queue(&db, stream, &queue, &err);
    if (ok)
        print_parked(given->json, stream, queue);
    PQclear(stream);
    PQclear(queue);
    db_close(&db);
    return ok ? EXIT_CODE_OK : cli_fail(&err);
}
