// SPDX-License-Identifier: Apache-2.0
#include "command/operator.h"

#include "domain/catalog.h"
#include "pg/embedded.h"

#include "base/banned.h"

/* ---- options ---- */

#define DATABASE_ROW \
    { \
        .name = "database", .kind = OPTION_TEXT, \
        .offset = offsetof(struct operator_options, database), .environment = "ORDER_DATABASE", \
        .value = "CONNINFO", .help = "PostgreSQL, as libpq takes it; PG* variables apply" \
    }

#define TENANT_ROW(text) \
    { \
        .name = "tenant", .kind = OPTION_TEXT, \
        .offset = offsetof(struct operator_options, tenant), .environment = "ORDER_TENANT", \
        .fallback = "default", .value = "NAME", .help = (text) \
    }

#define JSON_ROW \
    { \
        .name = "json", .kind = OPTION_FLAG, .offset = offsetof(struct operator_options, json), \
        .help = "print one JSON object" \
    }

#define REASON_ROW \
    { \
        .name = "reason", .kind = OPTION_TEXT, \
        .offset = offsetof(struct operator_options, reason), .required = true, .value = "TEXT", \
        .help = "why, for the audit: 8 characters or more, and no names" \
    }

const struct option_row command_show_rows[] = {
    DATABASE_ROW, TENANT_ROW("whose command it is"), JSON_ROW};
const struct option_row parked_show_rows[] = {
    DATABASE_ROW, TENANT_ROW("whose stream it is"), JSON_ROW};
const struct option_row parked_list_rows[] = {
    DATABASE_ROW,
    {.name = "tenant",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct operator_options, tenant),
     .value = "NAME",
     .help = "only streams of this tenant"},
    JSON_ROW};
const struct option_row parked_release_rows[] = {
    DATABASE_ROW, TENANT_ROW("whose stream it is"), JSON_ROW, REASON_ROW};
const struct option_row parked_discard_rows[] = {
    DATABASE_ROW,
    TENANT_ROW("whose command it is"),
    JSON_ROW,
    REASON_ROW,
    {.name = "confirm",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct operator_options, confirm),
     .required = true,
     .value = "COMMAND_ID",
     .help = "the command id again: what is discarded does not come back"}};

static_assert(countof(command_show_rows) == (size_t)COMMAND_SHOW_ROWS, "as the header says");
static_assert(countof(parked_list_rows) == (size_t)PARKED_LIST_ROWS, "as the header says");
static_assert(countof(parked_show_rows) == (size_t)PARKED_SHOW_ROWS, "as the header says");
static_assert(countof(parked_release_rows) == (size_t)PARKED_RELEASE_ROWS, "as the header says");
static_assert(countof(parked_discard_rows) == (size_t)PARKED_DISCARD_ROWS, "as the header says");

/* ---- the database ---- */

extern const struct embedded_sql command_sql[];
extern const size_t command_sql_count;

static struct db_statement statements[OPERATOR_QUERY_COUNT] = {
    [OPERATOR_SHOW] = {.number = 48, .name = "command_show", .expect = DB_ONE_ROW, .columns = 25},
    [OPERATOR_SHOW_EVENTS] =
        {.number = 49, .name = "command_show_events", .expect = DB_ANY_ROWS, .columns = 9},
    [OPERATOR_LIST] =
        {.number = 50, .name = "command_parked_list", .expect = DB_ANY_ROWS, .columns = 13},
    [OPERATOR_QUEUE] =
        {.number = 51, .name = "command_parked_queue", .expect = DB_ANY_ROWS, .columns = 7},
};

const struct db_statement *operator_statement(enum operator_query query)
{
    return db_embedded(&statements[query], command_sql, command_sql_count);
}

bool operator_open(struct db *db, const char *database, struct error *err)
{
    return db_open(db, database, "order-command", err) && store_check(db, err);
}

bool operator_read_id(const char *text, struct uuid *out, struct error *err)
{
    return uuid_parse(slice_of_text(text), out) ||
           error_set(err, ERROR_invalid, "'%.64s' is no UUID", text);
}

static const enum category categories[] = {
    CATEGORY_ORDER, CATEGORY_STOCK, CATEGORY_CUSTOMER, CATEGORY_PROMOTION};

const char *operator_category(int16_t number)
{
    for (size_t i = 0; i < countof(categories); i++) {
        if ((int16_t)categories[i] == number)
            return category_name(categories[i]);
    }
    return "unknown";
}

bool operator_read_stream(const char *text, int16_t *category, struct uuid *out, struct error *err)
{
    const char *slash = strchr(text, '/');
    *category = 0;
    if (slash == NULL)
        return operator_read_id(text, out, err);
    struct slice word = slice_of(text, (size_t)(slash - text));
    for (size_t i = 0; i < countof(categories); i++) {
        if (slice_is(word, category_name(categories[i])))
            *category = (int16_t)categories[i];
    }
    if (*category == 0)
        return error_set(
            err,
            ERROR_invalid,
            "'%.32s' is no stream: order/UUID, stock/UUID, customer/UUID, promotion/UUID or UUID",
            text);
    return operator_read_id(slash + 1, out, err);
}
