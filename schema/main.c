// SPDX-License-Identifier: Apache-2.0
// order-schema: brings the database to the schema this release needs, and says where it stands.
#include "schema/contracts.h"
#include "schema/messages.h"
#include "schema/migrate.h"
#include "schema/states.h"

#include "base/text.h"
#include "runtime/cli.h"
#include "runtime/exit_code.h"
#include "runtime/json_text.h"

#include <inttypes.h>
#include <string.h>

#include "base/banned.h"

/* Generated from schema/migrations (CMakeLists.txt). */
extern const struct embedded_sql migrations[];
extern const size_t migrations_count;

struct options {
    const char *database;
    int64_t wait_seconds;
    bool json;
};

#define DATABASE_OPTION \
    { \
        .name = "database", .kind = OPTION_TEXT, .offset = offsetof(struct options, database), \
        .environment = "ORDER_DATABASE", .value = "CONNINFO", \
        .help = "where the database is, as libpq takes it; PG* variables fill what is left out" \
    }

#define JSON_OPTION \
    { \
        .name = "json", .kind = OPTION_FLAG, .offset = offsetof(struct options, json), \
        .help = "print JSON for programs" \
    }

static const struct option_row read_options[] = {DATABASE_OPTION, JSON_OPTION};

static const struct option_row apply_options[] = {
    DATABASE_OPTION,
    {.name = "wait",
     .kind = OPTION_NUMBER,
     .offset = offsetof(struct options, wait_seconds),
     .environment = "ORDER_SCHEMA_WAIT",
     .fallback = "60",
     .greatest = 86400,
     .value = "SECONDS",
     .help = "how long to wait for another order-schema and for locks"},
};

static struct migration_set compiled_in(void)
{
    return (struct migration_set){.files = migrations, .count = migrations_count};
}

static bool open_database(struct db *db, const struct options *options, struct error *err)
{
    const char *conninfo = options->database != NULL ? options->database : "";
    return db_open(db, conninfo, "order-schema", err);
}

/* The list lives as long as the process: there is one verb per run. */
static bool
read_list(const struct options *options, const struct migration_list **out, struct error *err)
{
    static struct migration_list list;
    struct db db;
    if (!open_database(&db, options, err))
        return false;
    bool ok = migrate_compare(&db, compiled_in(), &list, err);
    db_close(&db);
    *out = &list;
    return ok;
}

static size_t count_state(const struct migration_list *list, enum migration_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        count += list->rows[i].state == state;
    return count;
}

static bool is_up_to_date(const struct migration_list *list)
{
    return count_state(list, MIGRATION_APPLIED) == list->count;
}

/* ---- apply ---- */

static int run_apply(const void *given, int argument_count, char **arguments)
{
    (void)argument_count;
    (void)arguments;
    const struct options *options = given;
    struct db db;
    struct error err;
    size_t applied;
    if (!open_database(&db, options, &err))
        return cli_fail(&err);
    bool ok =
        migrate_apply(&db, compiled_in(), options->wait_seconds * 1000, stdout, &applied, &err);
    db_close(&db);
    if (!ok)
        return cli_fail(&err);
    if (applied == 0)
        (void)printf("nothing to do: the schema is at %zu\n", migrations_count);
    else
        (void)printf("the schema is at %zu now\n", migrations_count);
    return EXIT_CODE_OK;
}

/* ---- plan ---- */

static void print_plan_json(const struct migration_list *list)
{
    const char *separator = "";
    (void)printf("{\"pending\":[");
    for (size_t i = 0; i < list->count; i++) {
        const struct migration *row = &list->rows[i];
        if (row->state != MIGRATION_PENDING)
            continue;
        (void)printf("%s{\"number\":%" PRId32 ",\"name\":", separator, row->number);
        json_text_print(stdout, row->name);
        (void)printf(",\"checksum\":");
        json_text_print(stdout, row->checksum);
        (void)printf(",\"sql\":");
        json_text_print(stdout, row->file->text);
        (void)printf("}");
        separator = ",";
    }
    (void)printf("]}\n");
}

static int run_plan(const void *given, int argument_count, char **arguments)
{
    (void)argument_count;
    (void)arguments;
    const struct options *options = given;
    const struct migration_list *list;
    struct error err;
    if (!read_list(options, &list, &err) || !migrate_allowed(list, &err))
        return cli_fail(&err);
    if (options->json)
        print_plan_json(list);
    else
        plan_print(stdout, list);
    if (count_state(list, MIGRATION_PENDING) == 0)
        (void)fprintf(stderr, "nothing to do: the schema is at %zu\n", migrations_count);
    return EXIT_CODE_OK;
}

/* ---- status and verify ---- */

static void format_applied_at(const struct migration *row, char out[static TEXT_TIME_SIZE])
{
    out[0] = '\0';
    if (row->applied_checksum[0] != '\0')
        text_format_time(row->applied_us, out);
}

static void print_status_table(const struct migration_list *list)
{
    (void)printf("%6s  %-28s  %-27s  %s\n", "number", "name", "applied at", "checksum");
    for (size_t i = 0; i < list->count; i++) {
        const struct migration *row = &list->rows[i];
        char time[TEXT_TIME_SIZE];
        format_applied_at(row, time);
        (void)printf(
            "%6" PRId32 "  %-28s  %-27s  %s\n",
            row->number,
            row->name,
            time[0] != '\0' ? time : "-",
            row->state == MIGRATION_APPLIED ? "ok" : migration_state_name(row->state));
    }
}

/* `"name":"text"`, or null for an empty text. */
static void print_member(const char *name, const char *text)
{
    (void)printf(",\"%s\":", name);
    if (text[0] == '\0')
        (void)printf("null");
    else
        json_text_print(stdout, text);
}

static void print_json(const struct migration_list *list)
{
    (void)printf(
        "{\"needed\":%zu,\"up_to_date\":%s,\"migrations\":[",
        migrations_count,
        is_up_to_date(list) ? "true" : "false");
    for (size_t i = 0; i < list->count; i++) {
        const struct migration *row = &list->rows[i];
        char time[TEXT_TIME_SIZE];
        char text[600];
        format_applied_at(row, time);
        migrate_describe(row, text, sizeof(text));
        (void)printf("%s{\"number\":%" PRId32, i != 0 ? "," : "", row->number);
        print_member("name", row->name);
        print_member("state", migration_state_name(row->state));
        print_member("applied_at", time);
        print_member("checksum", row->checksum);
        print_member("applied_checksum", row->applied_checksum);
        print_member("message", text);
        (void)printf("}");
    }
    (void)printf("]}\n");
}

static int run_status(const void *given, int argument_count, char **arguments)
{
    (void)argument_count;
    (void)arguments;
    const struct options *options = given;
    const struct migration_list *list;
    struct error err;
    if (!read_list(options, &list, &err))
        return cli_fail(&err);
    if (options->json)
        print_json(list);
    else
        print_status_table(list);
    return EXIT_CODE_OK;
}

static int run_verify(const void *given, int argument_count, char **arguments)
{
    (void)argument_count;
    (void)arguments;
    const struct options *options = given;
    const struct migration_list *list;
    struct error err;
    if (!read_list(options, &list, &err))
        return cli_fail(&err);
    if (options->json)
        print_json(list);
    for (size_t i = 0; i < list->count && !options->json; i++) {
        char text[600];
        if (list->rows[i].state == MIGRATION_APPLIED)
            continue;
        migrate_describe(&list->rows[i], text, sizeof(text));
        (void)printf("%s\n", text);
    }
    if (!is_up_to_date(list))
        return EXIT_CODE_UNMET;
    if (!options->json)
        (void)printf("ok: %zu migrations applied, none changed\n", list->count);
    return EXIT_CODE_OK;
}

/* ---- messages ---- */

struct messages_options {
    const char *format;
};

static const struct option_row messages_options[] = {
    {.name = "format",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct messages_options, format),
     .fallback = "markdown",
     .value = "FORMAT",
     .help = "markdown, json-schema (of NAME, or a map of all) or asyncapi"},
};

static int print_one_schema(const char *name)
{
    struct contract contract;
    for (size_t i = 0; contract_at(i, &contract); i++) {
        if (strcmp(contract.name, name) == 0) {
            schema_print(stdout, &contract);
            return EXIT_CODE_OK;
        }
    }
    (void)fprintf(
        stderr,
        "order-schema: no message is called %s\n"
        "  order-schema messages --format json-schema prints a map of all by their names\n",
        name);
    return EXIT_CODE_UNMET;
}

static int run_messages(const void *given, int argument_count, char **arguments)
{
    const struct messages_options *options = given;
    bool is_schema = strcmp(options->format, "json-schema") == 0;
    if (argument_count != 0 && is_schema)
        return print_one_schema(arguments[0]);
    if (is_schema)
        schema_print_all(stdout);
    else if (argument_count == 0 && strcmp(options->format, "markdown") == 0)
        messages_print(stdout);
    else if (argument_count == 0 && strcmp(options->format, "asyncapi") == 0)
        asyncapi_print(stdout);
    else {
        (void)fprintf(
            stderr,
            "order-schema: --format is markdown, json-schema or asyncapi; a NAME goes with "
            "json-schema only\n");
        return EXIT_CODE_USAGE;
    }
    return EXIT_CODE_OK;
}

/* ---- states ---- */

static int run_states(const void *given, int argument_count, char **arguments)
{
    (void)given;
    (void)argument_count;
    (void)arguments;
    states_print(stdout);
    return EXIT_CODE_OK;
}

#define READ_VERB \
    .options = read_options, .option_count = countof(read_options), \
    .options_size = sizeof(struct options)

static const struct verb verbs[] = {
    {.name = "apply",
     .purpose = "Apply the migrations that are missing, each in a transaction of its own.",
     .examples = "order-schema apply\n"
                 "order-schema apply --database 'dbname=orders user=order_schema' --wait 300",
     .options = apply_options,
     .option_count = countof(apply_options),
     .options_size = sizeof(struct options),
     .run = run_apply},
    {.name = "plan",
     .purpose = "Print the SQL that apply would run; change nothing.",
     .examples = "order-schema plan\n"
                 "order-schema plan | psql orders",
     READ_VERB,
     .run = run_plan},
    {.name = "status",
     .purpose = "List the migrations: number, name, when applied, whether the checksum agrees.",
     .examples = "order-schema status\n"
                 "order-schema status --json",
     READ_VERB,
     .run = run_status},
    {.name = "verify",
     .purpose = "Compare the applied migrations with this program's; exit code 3 when they differ.",
     .examples = "order-schema verify && echo ready",
     READ_VERB,
     .run = run_verify},
    {.name = "messages",
     .arguments = "[NAME]",
     .most_arguments = 1,
     .purpose = "Print what can be sent and what comes back: a page, JSON Schemas, or AsyncAPI.",
     .examples = "order-schema messages > messages.md\n"
                 "order-schema messages --format asyncapi > asyncapi.yaml\n"
                 "order-schema messages --format json-schema order.command.place-order.v1",
     .options = messages_options,
     .option_count = countof(messages_options),
     .options_size = sizeof(struct messages_options),
     .run = run_messages},
    {.name = "states",
     .purpose = "Print what each command does in each state of an order, a stock item, and so on.",
     .examples = "order-schema states > states.md",
     .run = run_states},
};

static const struct program program = {
    .name = "order-schema",
    .version = ORDER_VERSION,
    .purpose = "Creates and migrates the database of the order service.",
    .verbs = verbs,
    .verb_count = countof(verbs),
};

int main(int argc, char **argv)
{
    return cli_main(&program, argc, argv);
}
