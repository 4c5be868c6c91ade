// SPDX-License-Identifier: Apache-2.0
// PostgreSQL: where values of statements and rows would come out (logs, statistics of statements), and
// where old bytes stay (slots, archives). Only sealed data should arrive there; this is the second line.
#include "shredder/doctor.h"

#include "base/text.h"
#include "pg/db.h"

#include <string.h>

#include "base/banned.h"

enum { DEADLINE_US = 10 * 1000 * 1000 };

struct rule {
    struct check check;
    const char *good[3];      /* values that are right */
    enum finding_state other; /* what any other value is */
};

#define RULE(setting, why_text, remedy_text, otherwise, ...) \
    { \
        .check = \
            {.area = "postgresql", .name = (setting), .why = (why_text), .remedy = (remedy_text)}, \
        .good = {__VA_ARGS__}, .other = (otherwise) \
    }

static const struct rule rules[] = {
    RULE(
        "log_error_verbosity",
        "the DETAIL of a violated constraint holds the row's values",
        "log_error_verbosity = terse",
        FINDING_BAD,
        "terse"),
    RULE(
        "log_statement",
        "the text of statements may hold values",
        "log_statement = none (or ddl)",
        FINDING_BAD,
        "none",
        "ddl"),
    RULE(
        "log_parameter_max_length",
        "parameters of slow statements are logged",
        "log_parameter_max_length = 0",
        FINDING_BAD,
        "0"),
    RULE(
        "log_parameter_max_length_on_error",
        "parameters of failed statements are logged",
        "log_parameter_max_length_on_error = 0",
        FINDING_BAD,
        "0"),
    RULE(
        "debug_print_parse",
        "parse trees hold constants",
        "debug_print_parse = off",
        FINDING_BAD,
        "off"),
    RULE("debug_print_plan", "plans hold constants", "debug_print_plan = off", FINDING_BAD, "off"),
    RULE(
        "pg_stat_statements.track_utility",
        "the text of DO, NOTIFY and SET is kept as it is, on disk too",
        "pg_stat_statements.track_utility = off",
        FINDING_BAD,
        "off",
        ""),
    RULE(
        "auto_explain.log_parameter_max_length",
        "parameters of slow statements are logged",
        "auto_explain.log_parameter_max_length = 0",
        FINDING_BAD,
        "0",
        ""),
    RULE(
        "track_activity_query_size",
        "statements under way are shown to others; ours hold no values",
        "keep the default of 1024",
        FINDING_WARN,
        "1kB"),
    RULE(
        "archive_mode",
        "what is archived stays: ciphertext that only the end of its keys makes unreadable",
        "say in the record of processing how long the archive is kept",
        FINDING_WARN,
        "off"),
};

static bool is_good(const struct rule *rule, const char *value)
{
    for (size_t i = 0; i < countof(rule->good); i++) {
        if (rule->good[i] != NULL && strcmp(rule->good[i], value) == 0)
            return true;
    }
    return false;
}

/* Settings of modules that are not loaded do not exist: empty. */
static void check_settings(struct doctor *doctor, PGconn *connection)
{
    for (size_t i = 0; i < countof(rules); i++) {
        const char *names[] = {rules[i].check.name};
        AUTO_RESULT result = PQexecParams(
            connection,
            "select coalesce(current_setting($1, true), '')",
            1,
            NULL,
            names,
            NULL,
            NULL,
            0);
        if (PQresultStatus(result) != PGRES_TUPLES_OK) {
            doctor_add(doctor, &rules[i].check, FINDING_WARN, "cannot be asked for");
            continue;
        }
        const char *value = PQgetvalue(result, 0, 0);
        doctor_add(
            doctor,
            &rules[i].check,
            is_good(&rules[i], value) ? FINDING_OK : rules[i].other,
            "%.60s",
            value[0] != '\0' ? value : "not loaded");
    }
}

/* A count that should be zero. */
struct count_rule {
    struct check check;
    enum finding_state other;
    const char *sql;
};

static const struct count_rule count_rules[] = {
    {.check =
         {.area = "postgresql",
          .name = "idle replication slots",
          .why = "a slot nobody reads keeps WAL for ever",
          .remedy = "select pg_drop_replication_slot(NAME)"},
     .other = FINDING_WARN,
     .sql = "select count(*) from pg_replication_slots where not active"},
    {.check =
         {.area = "postgresql",
          .name = "forgotten prepared transactions",
          .why = "their state is on disk until they end",
          .remedy = "rollback prepared NAME"},
     .other = FINDING_WARN,
     .sql = "select count(*) from pg_prepared_xacts where prepared < now() - interval '1 hour'"},
    {.check =
         {.area = "postgresql",
          .name = "roles that may erase history",
          .why = "events and the ledger are evidence",
          .remedy = "revoke update, delete, truncate on store.events from ROLE"},
     .other = FINDING_BAD,
     .sql = "select count(*) from information_schema.role_table_grants where table_schema = 'store'"
            " and table_name = 'events' and privilege_type in ('UPDATE', 'DELETE', 'TRUNCATE')"
            " and grantee not in (select tableowner from pg_tables where schemaname = 'store')"},
    {.check =
         {.area = "postgresql",
          .name = "logins with a key of their own",
          .why = "order_shredder has no business in events",
          .remedy = "revoke select on store.events from order_shredder"},
     .other = FINDING_BAD,
     .sql = "select count(*) from pg_roles r join pg_class c on c.relname = 'events'"
            " join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'store'"
            " where r.rolname = 'order_shredder' and has_table_privilege(r.oid, c.oid, 'select')"},
};

static void check_counts(struct doctor *doctor, PGconn *connection)
{
    for (size_t i = 0; i < countof(count_rules); i++) {
        int64_t count = 0;
        AUTO_RESULT result = PQexec(connection, count_rules[i].sql);
        if (PQresultStatus(result) != PGRES_TUPLES_OK ||
            !text_parse_i64(slice_of_text(PQgetvalue(result, 0, 0)), &count)) {
            doctor_add(doctor, &count_rules[i].check, FINDING_WARN, "cannot be asked for");
            continue;
        }
        doctor_add(
            doctor,
            &count_rules[i].check,
            count == 0 ? FINDING_OK : count_rules[i].other,
            "%lld",
            (long long)count);
    }
}

void doctor_look_at_postgres(struct doctor *doctor, const char *conninfo)
{
    static const struct check reachable = {
        .area = "postgresql",
        .name = "can be asked",
        .why = "without it nothing is known of its settings",
        .remedy = "give --database, or start it"};
    struct db db = {.deadline_us = DEADLINE_US};
    struct error err;
    if (!db_open(&db, conninfo != NULL ? conninfo : "", "order-shredder doctor", &err)) {
        doctor_add(doctor, &reachable, FINDING_WARN, "%.90s", err.text);
        return;
    }
    doctor_add(doctor, &reachable, FINDING_OK, "yes");
    check_settings(doctor, db.connection);
    check_counts(doctor, db.connection);
    db_close(&db);
}
