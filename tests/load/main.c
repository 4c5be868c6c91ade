// SPDX-License-Identifier: Apache-2.0
// order-load: sends commands to the order service and holds it to one answer each. Two sources: the
// retail file (real orders, docs/retail-data.md) and a generator (any number of small orders).
#include "load/generate.h"
#include "load/report.h"
#include "runtime/cli.h"
#include "runtime/exit_code.h"
#include "runtime/signals.h"

#include <stdio.h>
#include <string.h>

#include "base/banned.h"

#define DEFAULT_TENANT "5f0e6f4c-6d0b-5c1b-9a52-7a1f2f1d9e01"

enum {
    MOST_WINDOW = 1000000,
    MOST_RATE = 10000000,
    MOST_SECONDS = 1000000,
};

/* Options of both verbs; the first member of each verb's struct, so that one table fills it. */
struct common_options {
    const char *brokers;
    const char *topic;
    const char *reply_topic;
    const char *run_id;
    const char *tenant;
    const char *journal;
    const char *json;
    const char *visible;
    int64_t window;
    int64_t rate;
    int64_t seconds;
    int64_t timeout;
    int64_t resend_after;
    bool dry_run;
    bool progress;
};

struct retail_verb_options {
    struct common_options common;
    int64_t days;
    bool all;
    const char *gifts;
};

struct generate_verb_options {
    struct common_options common;
    int64_t orders;
    int64_t seed;
};

#define TEXT(member, option, environment_name, default_value, placeholder, text) \
    { \
        .name = (option), .kind = OPTION_TEXT, .offset = offsetof(struct common_options, member), \
        .environment = (environment_name), .fallback = (default_value), .value = (placeholder), \
        .help = (text) \
    }
#define NUMBER(type, member, option, default_value, low, high, text) \
    { \
        .name = (option), .kind = OPTION_NUMBER, .offset = offsetof(struct type, member), \
        .fallback = (default_value), .least = (low), .greatest = (high), .value = "N", \
        .help = (text) \
    }
#define FLAG(type, member, option, text) \
    { \
        .name = (option), .kind = OPTION_FLAG, .offset = offsetof(struct type, member), \
        .help = (text) \
    }

#define COMMON_ROWS \
    TEXT(brokers, "brokers", "ORDER_BROKERS", "127.0.0.1:9092", "HOST:PORT,…", "Kafka brokers"), \
        TEXT(topic, "topic", NULL, "order.commands", "NAME", "where commands go"), \
        TEXT(reply_topic, "reply-topic", NULL, "order.replies", "NAME", "where answers come"), \
        TEXT( \
            run_id, \
            "run-id", \
            NULL, \
            NULL, \
            "TEXT", \
            "mixed into all ids: another text, other orders; the same one, the same commands"), \
        TEXT(tenant, "tenant-uuid", NULL, DEFAULT_TENANT, "UUID", "namespace of derived ids"), \
        TEXT(journal, "journal", NULL, NULL, "FILE", "write a JSON line per command"), \
        TEXT(json, "json", NULL, NULL, "FILE", "write the result as JSON, - for stdout"), \
        TEXT( \
            visible, \
            "visible", \
            NULL, \
            NULL, \
            "CONNINFO", \
            "also measure until the projection `orders` has applied it (low rates only)"), \
        NUMBER( \
            common_options, \
            window, \
            "window", \
            "20000", \
            1, \
            MOST_WINDOW, \
            "most unanswered commands"), \
        NUMBER( \
            common_options, \
            rate, \
            "rate", \
            "0", \
            0, \
            MOST_RATE, \
            "commands per second; 0: as fast as answers come"), \
        NUMBER( \
            common_options, \
            seconds, \
            "seconds", \
            "0", \
            0, \
            MOST_SECONDS, \
            "stop sending after; 0: never"), \
        NUMBER( \
            common_options, \
            timeout, \
            "timeout", \
            "60", \
            1, \
            MOST_SECONDS, \
            "seconds without any answer until it gives up"), \
        NUMBER( \
            common_options, \
            resend_after, \
            "resend-after", \
            "10", \
            1, \
            MOST_SECONDS, \
            "seconds without its answer until a command is sent again, same id"), \
        FLAG(common_options, dry_run, "dry-run", "send nothing: say what would be sent"), \
        FLAG(common_options, progress, "progress", "show progress on stderr")

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
};
// clang-format on

static int finish(const struct common_options *common, const struct report *report)
{
    struct error err;
    const struct session_result *result = report->result;
    if (common->json == NULL || strcmp(common->json, "-") != 0)
        report_print(report);
    if (common->json != NULL && !report_write_json(report, common->json, &err))
        return cli_fail(&err);
    if (result->missing != 0)
        return EXIT_CODE_FAILED;
    return result->unexpected != 0 || result->unseen != 0 ? EXIT_CODE_UNMET : EXIT_CODE_OK;
}

static bool run_source(
    const struct common_options *common,
    struct command_source source,
    struct session_result *result,
    struct error *err)
{
    const struct session_options options = {
        .brokers = common->brokers,
        .topic = common->topic,
        .reply_topic = common->reply_topic,
        .window = common->window,
        .rate = common->rate,
        .seconds = common->seconds,
        .resend_after = common->resend_after,
        .timeout = common->timeout,
        .journal = common->journal,
        .visible = common->visible,
        .dry_run = common->dry_run,
        .progress = common->progress};
    return signals_init(err) && session_run(&options, source, result, err);
}

static bool
make_identity(const struct common_options *common, struct run_identity *identity, struct error *err)
{
    struct uuid tenant;
    if (!uuid_parse(slice_of_text(common->tenant), &tenant))
        return error_set(err, ERROR_invalid, "--tenant-uuid is no UUID");
    if (!run_identity_init(identity, &tenant, common->run_id != NULL ? common->run_id : ""))
        return error_set(
            err, ERROR_invalid, "--run-id must be up to 32 of letters, digits, '.', '_', '-'");
    return true;
}

static struct report new_report(
    const char *verb, const struct common_options *common, const struct session_result *result)
{
    return (struct report){
        .verb = verb,
        .run_id = common->run_id != NULL ? common->run_id : "",
        .dry_run = common->dry_run,
        .rate = common->rate,
        .has_visible = common->visible != NULL && !common->dry_run,
        .result = result};
}

static int run_retail(const void *parsed, int argument_count, char **arguments)
{
    static struct session_result result;
    const struct retail_verb_options *options = parsed;
    struct retail *retail;
    struct run_identity identity;
    struct error err;
    (void)argument_count;
    bool gifts = strcmp(options->gifts, "on") == 0;
    if (options->all && options->days != 0) {
        (void)error_set(&err, ERROR_invalid, "--days and --all exclude each other");
        return cli_fail(&err);
    }
    if (!gifts && strcmp(options->gifts, "off") != 0) {
        (void)error_set(&err, ERROR_invalid, "--gifts must be on or off");
        return cli_fail(&err);
    }
    const struct retail_options retail_options = {
        .path = arguments[0], .most_days = options->days, .gifts = gifts};
    if (!make_identity(&options->common, &identity, &err) ||
        !retail_open(&retail, &retail_options, &identity, &err))
        return cli_fail(&err);
    struct report report = new_report("retail", &options->common, &result);
    int code = EXIT_CODE_FAILED;
    if (run_source(&options->common, retail_source(retail), &result, &err)) {
        report.counts = retail_counts(retail, &report.count_count);
        code = finish(&options->common, &report);
    } else {
        code = cli_fail(&err);
    }
    retail_close(retail);
    return code;
}

static int run_generate(const void *parsed, int argument_count, char **arguments)
{
    static struct session_result result;
    const struct generate_verb_options *options = parsed;
    struct generator *generator;
    struct run_identity identity;
    struct error err;
    (void)argument_count;
    (void)arguments;
    if (options->orders == 0 && (options->common.seconds == 0 || options->common.dry_run)) {
        (void)error_set(&err, ERROR_invalid, "--orders is missing, or --seconds instead");
        return cli_fail(&err);
    }
    const struct generator_options generator_options = {
        .orders = options->orders, .seed = options->seed};
    if (!make_identity(&options->common, &identity, &err) ||
        !generator_open(&generator, &generator_options, &identity, &err))
        return cli_fail(&err);
    struct report report = new_report("generate", &options->common, &result);
    int code = run_source(&options->common, generator_source(generator), &result, &err)
                   ? finish(&options->common, &report)
                   : cli_fail(&err);
    generator_close(generator);
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
