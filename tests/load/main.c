// SPDX-License-Identifier: Apache-2.0
// order-load: sends commands to the order service and holds it to one answer each. Sources: the retail
// file (real orders, docs/retail-data.md), made-up orders in any number, a mix of commands as a shop
// sends them, and a sell-out of one article.
#include "load/common_rows.h"
#include "load/generate.h"
#include "load/hot.h"
#include "load/mixed.h"
#include "domain/stock_messages.h"
#include "runtime/cli.h"
#include "runtime/exit_code.h"

#include <stdio.h>
#include <string.h>

#include "base/banned.h"

struct retail_verb_options {
    struct common_options common;
    int64_t days;
    bool all;
    const char *gifts;
};

struct mixed_verb_options {
    struct common_options common;
    int64_t commands;
    int64_t seed;
};

struct hot_verb_options {
    struct common_options common;
    int64_t orders;
    int64_t stock;
    int64_t seed;
};

struct generate_verb_options {
    struct common_options common;
    int64_t orders;
    int64_t seed;
    const char *shape;
    bool registers;
};

// clang-format off
static const struct option_row retail_rows[] = {
    COMMON_ROWS,
    NUMBER(retail_verb_options, days, "days", "0", 0, 100000, "only the first N days with data"),
    FLAG(retail_verb_options, all, "all", "all days: the default"),
    {.name = "gifts", .kind = OPTION_TEXT, .offset = offsetof(struct retail_verb_options, gifts),
     .fallback = "on", .value = "on|off",
     .help = "whether the tenant takes prices of zero: what answers are expected"},
};

static const struct option_row generate_rows[] = {
    COMMON_ROWS,
    NUMBER(generate_verb_options, orders, "orders", "0", 0, INT64_MAX, "orders; 0: until --seconds"),
    NUMBER(generate_verb_options, seed, "seed", "1", 0, INT64_MAX, "the same seed, the same orders"),
    {.name = "shape", .kind = OPTION_TEXT, .offset = offsetof(struct generate_verb_options, shape),
     .fallback = "small", .value = "small|retail",
     .help = "orders of 1 to 5 lines, or as the real ones are (median 15, up to 1,100)"},
    FLAG(generate_verb_options, registers, "register",
         "register customers before their first order (with personal data only)"),
};

static const struct option_row mixed_rows[] = {
    COMMON_ROWS,
    NUMBER(mixed_verb_options, commands, "commands", "0", 0, INT64_MAX,
           "commands; 0: until --seconds"),
    NUMBER(mixed_verb_options, seed, "seed", "1", 0, INT64_MAX,
           "the same seed, the same commands"),
};

static const struct option_row hot_rows[] = {
    COMMON_ROWS,
    NUMBER(hot_verb_options, orders, "orders", "100000", 1, INT64_MAX, "orders that reserve"),
    NUMBER(hot_verb_options, stock, "stock", "50000", 1, STOCK_MAX_QTY, "units there are"),
    NUMBER(hot_verb_options, seed, "seed", "1", 0, INT64_MAX, "the same seed, the same commands"),
};
// clang-format on

static bool check_retail(const struct retail_verb_options *options, struct error *err)
{
    if (options->all && options->days != 0)
        return error_set(err, ERROR_invalid, "--days and --all exclude each other");
    if (strcmp(options->gifts, "on") != 0 && strcmp(options->gifts, "off") != 0)
        return error_set(err, ERROR_invalid, "--gifts must be on or off");
    return true;
}

static int run_retail(const void *parsed, int argument_count, char **arguments)
{
    static struct run run;
    const struct retail_verb_options *options = parsed;
    struct retail *retail;
    struct error err;
    (void)argument_count;
    if (!check_retail(options, &err) || !run_begin(&run, &options->common, &err))
        return cli_fail(&err);
    const struct retail_options retail_options = {
        .path = arguments[0],
        .most_days = options->days,
        .gifts = strcmp(options->gifts, "on") == 0,
        .personal = run.sealing.mode != PERSONAL_NONE};
    if (!retail_open(&retail, &retail_options, &run.identity, &err))
        return cli_fail(&err);
    struct report report = run_report("retail", &run);
    int code = EXIT_CODE_FAILED;
    if (run_source(&run, retail_source(retail), &err)) {
        report.counts = retail_counts(retail, &report.count_count);
        code = run_finish(&run, &report);
    } else {
        code = cli_fail(&err);
    }
    retail_close(retail);
    run_end(&run);
    return code;
}

/* Sends what the source has, and says what came of it. */
static int run_profile(struct run *run, const char *verb, struct command_source source)
{
    struct error err;
    struct report report = run_report(verb, run);
    return run_source(run, source, &err) ? run_finish(run, &report) : cli_fail(&err);
}

static bool check_generate(const struct generate_verb_options *options, struct error *err)
{
    if (options->orders == 0 && (options->common.seconds == 0 || options->common.dry_run))
        return error_set(err, ERROR_invalid, "--orders is missing, or --seconds instead");
    if (strcmp(options->shape, "small") != 0 && strcmp(options->shape, "retail") != 0)
        return error_set(err, ERROR_invalid, "--shape must be small or retail");
    return true;
}

static int run_generate(const void *parsed, int argument_count, char **arguments)
{
    static struct run run;
    const struct generate_verb_options *options = parsed;
    struct generator *generator;
    struct error err;
    (void)argument_count;
    (void)arguments;
    if (!check_generate(options, &err) || !run_begin(&run, &options->common, &err))
        return cli_fail(&err);
    bool personal = run.sealing.mode != PERSONAL_NONE;
    const struct generator_options generator_options = {
        .orders = options->orders,
        .seed = options->seed,
        .shape = strcmp(options->shape, "retail") == 0 ? SHAPE_RETAIL : SHAPE_SMALL,
        .personal = personal,
        .registers = personal && options->registers};
    if (!generator_open(&generator, &generator_options, &run.identity, &err))
        return cli_fail(&err);
    int code = run_profile(&run, "generate", generator_source(generator));
    generator_close(generator);
    run_end(&run);
    return code;
}

static int run_mixed(const void *parsed, int argument_count, char **arguments)
{
    static struct run run;
    const struct mixed_verb_options *options = parsed;
    const struct mixed_options mixed_options = {
        .commands = options->commands, .seed = options->seed};
    struct mixed *mixed;
    struct error err;
    (void)argument_count;
    (void)arguments;
    if (options->commands == 0 && (options->common.seconds == 0 || options->common.dry_run)) {
        (void)error_set(&err, ERROR_invalid, "--commands is missing, or --seconds instead");
        return cli_fail(&err);
    }
    if (!run_begin(&run, &options->common, &err) ||
        !mixed_open(&mixed, &mixed_options, &run.identity, &err))
        return cli_fail(&err);
    int code = run_profile(&run, "mixed", mixed_source(mixed));
    mixed_close(mixed);
    run_end(&run);
    return code;
}

static int run_hot(const void *parsed, int argument_count, char **arguments)
{
    static struct run run;
    const struct hot_verb_options *options = parsed;
    const struct hot_sale_options sale_options = {
        .orders = options->orders, .stock = options->stock, .seed = options->seed};
    struct hot_sale *sale;
    struct error err;
    (void)argument_count;
    (void)arguments;
    if (!run_begin(&run, &options->common, &err) ||
        !hot_sale_open(&sale, &sale_options, &run.identity, &err))
        return cli_fail(&err);
    int code = run_profile(&run, "hot", hot_sale_source(sale));
    hot_sale_close(sale);
    run_end(&run);
    return code;
}

static const struct verb verbs[] = {
    {
        .name = "retail",
        .arguments = "FILE",
        .least_arguments = 1,
        .most_arguments = 1,
        .purpose = "Sends the orders, cancellations and stock movements of a retail file "
                   "(.csv or .csv.xz).",
        .examples = "order-load retail ../shared/data/online-retail.csv.xz --days 2 --progress\n"
                    "order-load retail ../shared/data/online-retail.csv.xz --dry-run --json -",
        .options = retail_rows,
        .option_count = countof(retail_rows),
        .options_size = sizeof(struct retail_verb_options),
        .run = run_retail,
    },
    {
        .name = "generate",
        .purpose = "Sends small synthetic orders with some cancellations and stock receipts.",
        .examples = "order-load generate --orders 100000 --progress\n"
                    "order-load generate --seconds 30 --rate 1000 --run-id monday",
        .options = generate_rows,
        .option_count = countof(generate_rows),
        .options_size = sizeof(struct generate_verb_options),
        .run = run_generate,
    },
    {
        .name = "mixed",
        .purpose = "Sends a mix: 45 % orders, 43 % payments of them, cancellations, stock.",
        .examples = "order-load mixed --seconds 30 --progress\n"
                    "order-load mixed --commands 100000 --rate 5000 --run-id monday",
        .options = mixed_rows,
        .option_count = countof(mixed_rows),
        .options_size = sizeof(struct mixed_verb_options),
        .run = run_mixed,
    },
    {
        .name = "hot",
        .purpose = "Sells one article out: every order reserves of it, the last ones are refused.",
        .examples = "order-load hot --orders 100000 --stock 50000 --progress",
        .options = hot_rows,
        .option_count = countof(hot_rows),
        .options_size = sizeof(struct hot_verb_options),
        .run = run_hot,
    },
};

int main(int argc, char **argv)
{
    const struct program program = {
        .name = "order-load",
        .version = ORDER_VERSION,
        .purpose = "Load client: sends commands and checks that each gets its one answer.",
        .verbs = verbs,
        .verb_count = countof(verbs)};
    return cli_main(&program, argc, argv);
}
