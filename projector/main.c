// SPDX-License-Identifier: Apache-2.0
// order-projector: events of the store into tables that people query.
#include "projector/projector.h"
#include "projector/show.h"

#include "runtime/cli.h"
#include "runtime/log.h"

#include <stddef.h>

#include "base/banned.h"

#define DATABASE_OPTION(type) \
    { \
        .name = "database", .kind = OPTION_TEXT, .offset = offsetof(struct type, database), \
        .environment = "ORDER_DATABASE", .value = "CONNINFO", \
        .help = "PostgreSQL, as libpq takes it; PG* variables apply" \
    }

static const struct option_row run_rows[] = {
    DATABASE_OPTION(run_options),
    {.name = "batch",
     .kind = OPTION_NUMBER,
     .offset = offsetof(struct run_options, batch),
     .environment = "ORDER_PROJECTOR_BATCH",
     .fallback = "10000",
     .least = 1,
     .greatest = 20000,
     .value = "N",
     .help = "events applied in one transaction at most"},
    {.name = "poll-ms",
     .kind = OPTION_NUMBER,
     .offset = offsetof(struct run_options, poll_ms),
     .environment = "ORDER_PROJECTOR_POLL_MS",
     .fallback = "500",
     .least = 10,
     .greatest = 60000,
     .value = "MS",
     .help = "how long to wait without a notification before looking"},
};

static const struct option_row status_rows[] = {
    DATABASE_OPTION(status_options),
    {.name = "json",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct status_options, json),
     .help = "print one JSON object"},
    {.name = "fail-if-lag",
     .kind = OPTION_NUMBER,
     .offset = offsetof(struct status_options, fail_if_lag),
     .fallback = "-1",
     .least = -1,
     .greatest = INT64_MAX,
     .value = "N",
     .help = "exit 3 when more than N events are not applied; -1: never"},
};

static const struct option_row verify_rows[] = {
    DATABASE_OPTION(verify_options),
    {.name = "json",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct verify_options, json),
     .help = "print one JSON object"},
    {.name = "quiet",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct verify_options, quiet),
     .help = "no progress on stderr"},
};

static const struct option_row show_rows[] = {
    DATABASE_OPTION(show_options),
    {.name = "tenant",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct show_options, tenant),
     .environment = "ORDER_TENANT",
     .fallback = "default",
     .value = "NAME",
     .help = "whose order or customer it is"},
    {.name = "customer",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct show_options, customer),
     .help = "the id is a customer's"},
    {.name = "json",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct show_options, json),
     .help = "print one JSON object; amounts in minor units"},
    {.name = "reveal",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct show_options, reveal),
     .help = "open the personal data; writes a row to ops.audit first"},
    {.name = "reason",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct show_options, reason),
     .value = "TEXT",
     .help = "why they are revealed, for the audit: 8 characters or more, and no names"},
    {.name = "shredder-socket",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct show_options, shredder_socket),
     .environment = "ORDER_SHREDDER_SOCKET",
     .value = "PATH",
     .help = "key broker (order-shredder serve)"},
    {.name = "allow-unlocked",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct show_options, allow_unlocked),
     .help = "go on when memory for keys cannot be locked: they may be swapped out"},
};

static int run_verb(const void *options, int count, char **arguments)
{
    (void)count;
    (void)arguments;
    return projector_run(options);
}

static int status_verb(const void *options, int count, char **arguments)
{
    (void)count;
    (void)arguments;
    return projector_status(options);
}

static int verify_verb(const void *options, int count, char **arguments)
{
    (void)count;
    (void)arguments;
    return projector_verify(options);
}

static int show_verb(const void *options, int count, char **arguments)
{
    (void)count;
    return projector_show(options, arguments[0]);
}

static const struct verb verbs[] = {
    {.name = "run",
     .purpose = "keep the read models up to date until SIGTERM",
     .examples = "order-projector run --database 'dbname=orders user=order_projector'",
     .options = run_rows,
     .option_count = countof(run_rows),
     .options_size = sizeof(struct run_options),
     .run = run_verb},
    {.name = "status",
     .purpose = "show how far the read models are behind the store",
     .examples = "order-projector status --json\norder-projector status --fail-if-lag 1000",
     .options = status_rows,
     .option_count = countof(status_rows),
     .options_size = sizeof(struct status_options),
     .run = status_verb},
    {.name = "verify",
     .purpose = "compute the read models anew from all events and compare every column",
     .examples = "order-projector verify\norder-projector verify --json --quiet",
     .options = verify_rows,
     .option_count = countof(verify_rows),
     .options_size = sizeof(struct verify_options),
     .run = verify_verb},
    {.name = "show",
     .arguments = "ID",
     .least_arguments = 1,
     .most_arguments = 1,
     .purpose = "show an order or a customer; personal data stay sealed unless revealed",
     .examples = "order-projector show 5f0e6f4c-6d0b-4c1b-9a52-7a1f2f1d9e01\n"
                 "order-projector show --customer 5f0e6f4c-6d0b-4c1b-9a52-7a1f2f1d9e02 --json\n"
                 "order-projector show 5f0e6f4c-6d0b-4c1b-9a52-7a1f2f1d9e01 --reveal"
                 " --reason 'parcel came back, ticket 4711'",
     .options = show_rows,
     .option_count = countof(show_rows),
     .options_size = sizeof(struct show_options),
     .run = show_verb},
};

int main(int argc, char **argv)
{
    static const struct program program = {
        .name = "order-projector",
        .version = ORDER_VERSION,
        .purpose = "Turns the events of the store into tables that people query.",
        .verbs = verbs,
        .verb_count = countof(verbs)};
    log_init(program.name, LOG_INFO);
    return cli_main(&program, argc, argv);
}
