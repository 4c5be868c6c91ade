// SPDX-License-Identifier: Apache-2.0
#include "shredder/doctor.h"

#include "runtime/exit_code.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/banned.h"

static const char *const state_names[] = {"ok", "warn", "bad"};

void doctor_add(
    struct doctor *doctor,
    const struct check *check,
    enum finding_state state,
    const char *format,
    ...)
{
    CHECK(doctor->count < DOCTOR_MOST_FINDINGS);
    struct finding *finding = &doctor->findings[doctor->count++];
    *finding = (struct finding){
        .area = check->area,
        .name = check->name,
        .state = state,
        .why = check->why,
        .remedy = state == FINDING_OK ? NULL : check->remedy};
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(finding->seen, sizeof(finding->seen), format, arguments);
    va_end(arguments);
}

struct doctor_options {
    const char *database;
    const char *brokers;
    const char *vault;
    const char *holders;
    bool json;
};

static enum finding_state worst_of(const struct doctor *doctor)
{
    enum finding_state worst = FINDING_OK;
    for (size_t i = 0; i < doctor->count; i++) {
        if (doctor->findings[i].state > worst)
            worst = doctor->findings[i].state;
    }
    return worst;
}

static void print_table(const struct doctor *doctor)
{
    for (size_t i = 0; i < doctor->count; i++) {
        const struct finding *finding = &doctor->findings[i];
        (void)printf(
            "%-5s %-11s %-36s %s\n",
            state_names[finding->state],
            finding->area,
            finding->name,
            finding->seen);
        if (finding->state == FINDING_OK)
            continue;
        (void)printf("      why: %s\n", finding->why);
        if (finding->remedy != NULL)
            (void)printf("      remedy: %s\n", finding->remedy);
    }
}

static bool print_json(const struct doctor *doctor)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < doctor->count; i++) {
        const struct finding *finding = &doctor->findings[i];
        (void)json_array_append_new(
            rows,
            json_pack(
                "{s:s, s:s, s:s, s:s, s:s, s:s?}",
                "area",
                finding->area,
                "name",
                finding->name,
                "state",
                state_names[finding->state],
                "seen",
                finding->seen,
                "why",
                finding->why,
                "remedy",
                finding->remedy));
    }
    json_t *report =
        json_pack("{s:s, s:o}", "state", state_names[worst_of(doctor)], "checks", rows);
    bool printed =
        report != NULL && json_dumpf(report, stdout, JSON_INDENT(1)) == 0 && printf("\n") > 0;
    json_decref(report);
    return printed;
}

static int run(const void *parsed, int argument_count, char **arguments)
{
    const struct doctor_options *options = parsed;
    static struct doctor doctor;
    (void)argument_count;
    (void)arguments;
    doctor_look_at_vault(&doctor, options->vault, options->holders);
    doctor_look_at_system(&doctor);
    doctor_look_at_postgres(&doctor, options->database);
    doctor_look_at_kafka(&doctor, options->brokers);
    if (!options->json)
        print_table(&doctor);
    else if (!print_json(&doctor))
        return EXIT_CODE_FAILED;
    return worst_of(&doctor) == FINDING_BAD ? EXIT_CODE_UNMET : EXIT_CODE_OK;
}

#define TEXT(member, option, environment_name, placeholder, text) \
    { \
        .name = (option), .kind = OPTION_TEXT, .offset = offsetof(struct doctor_options, member), \
        .environment = (environment_name), .value = (placeholder), .help = (text) \
    }

static const struct option_row rows[] = {
    TEXT(
        database,
        "database",
        "ORDER_DATABASE",
        "CONNINFO",
        "PostgreSQL, as libpq takes it; PG* variables apply"),
    TEXT(brokers, "brokers", "ORDER_BROKERS", "HOST:PORT,…", "Kafka brokers"),
    TEXT(vault, "vault", "ORDER_VAULT", "DIR", "the vault"),
    TEXT(holders, "holders", "ORDER_VAULT_HOLDERS", "DIR,…", "its holders"),
    {.name = "json",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct doctor_options, json),
     .help = "print the checks as JSON"},
};

const struct verb doctor_verb = {
    .name = "doctor",
    .purpose = "Checks the settings of PostgreSQL, Kafka and the system that would leak.",
    .examples = "order-shredder doctor --database 'user=order_admin'",
    .options = rows,
    .option_count = countof(rows),
    .options_size = sizeof(struct doctor_options),
    .run = run,
};
