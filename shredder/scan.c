// SPDX-License-Identifier: Apache-2.0
#include "shredder/scan.h"

#include "runtime/exit_code.h"
#include "runtime/signals.h"
#include "shredder/scan_files.h"
#include "shredder/scan_report.h"
#include "shredder/scan_selftest.h"
#include "shredder/scan_sql.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

enum { MOST_MARKS = 100000 };

/* ---- plant ---- */

struct plant_options {
    int64_t count;
    const char *label;
};

static int plant_verb(const void *parsed, int argument_count, char **arguments)
{
    const struct plant_options *options = parsed;
    struct error err;
    (void)argument_count;
    if (sodium_init() < 0 ||
        !needles_plant(arguments[0], (size_t)options->count, options->label, &err))
        return cli_fail(&err);
    (void)printf(
        "%lld marks are listed in %s: write them where personal data goes, then scan for them\n",
        (long long)options->count,
        arguments[0]);
    return EXIT_CODE_OK;
}

/* ---- run ---- */

struct run_options {
    const char *needles;
    const char *database;
    const char *report;
    const char *scratch;
    bool swap;
    bool self_test;
    bool json;
    bool progress;
};

static int run_selftest(const struct run_options *options)
{
    struct error err;
    bool passed = false;
    const char *folder = options->scratch != NULL ? options->scratch : ".";
    if (!scan_selftest(folder, &passed, &err))
        return cli_fail(&err);
    return passed ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

static bool look(
    struct scan *scan,
    const struct run_options *options,
    int path_count,
    char **paths,
    struct error *err)
{
    int64_t total = 0;
    for (int i = 0; i < path_count; i++)
        total += scan_estimate(paths[i]);
    progress_begin(&scan->progress, "bytes", total, !options->progress);
    bool going_on = true;
    for (int i = 0; going_on && i < path_count; i++)
        going_on = scan_path(scan, paths[i]);
    if (going_on && options->swap)
        going_on = scan_swap(scan);
    if (going_on && options->database != NULL && !scan_database(scan, options->database, err))
        return false;
    progress_end(&scan->progress, scan->layers[LAYER_RAW].bytes);
    return (going_on && !signals_stop()) ||
           error_set(err, ERROR_fatal, "stopped by a signal: what was found until then is lost");
}

static bool save(const json_t *report, const char *path, struct error *err)
{
    return path == NULL || json_dump_file(report, path, JSON_INDENT(1)) == 0 ||
           error_set(err, ERROR_fatal, "cannot write %.300s", path);
}

static int tell(const struct scan *scan, const struct run_options *options)
{
    struct error err;
    json_t *report = scan_to_json(scan);
    if (report == NULL) {
        (void)error_set(&err, ERROR_fatal, "out of memory");
        return cli_fail(&err);
    }
    int code = scan_exit_code(report);
    if (!save(report, options->report, &err))
        code = cli_fail(&err);
    if (options->json)
        code = json_dumpf(report, stdout, JSON_INDENT(1)) == 0 && printf("\n") > 0
                   ? code
                   : EXIT_CODE_FAILED;
    else
        CHECK(scan_print(report));
    json_decref(report);
    return code;
}

static int run_verb(const void *parsed, int argument_count, char **arguments)
{
    const struct run_options *options = parsed;
    struct needles needles;
    struct scan scan;
    struct error err;
    if (sodium_init() < 0 || !signals_init(&err))
        return cli_fail(&err);
    if (options->self_test)
        return run_selftest(options);
    if (options->needles == NULL ||
        (argument_count == 0 && options->database == NULL && !options->swap)) {
        (void)error_set(&err, ERROR_invalid, "needs --needles FILE, and what to look into");
        return cli_fail(&err);
    }
    if (!needles_read(&needles, options->needles, &err))
        return cli_fail(&err);
    int code = EXIT_CODE_FAILED;
    if (scan_begin(&scan, &needles, &err)) {
        code = look(&scan, options, argument_count, arguments, &err) ? tell(&scan, options)
                                                                     : cli_fail(&err);
        scan_end(&scan);
    } else {
        code = cli_fail(&err);
    }
    needles_release(&needles);
    return code;
}

/* ---- report ---- */

struct report_options {
    bool json;
};

static int report_verb(const void *parsed, int argument_count, char **arguments)
{
    const struct report_options *options = parsed;
    struct error err;
    (void)argument_count;
    json_t *report = json_load_file(arguments[0], JSON_REJECT_DUPLICATES, NULL);
    bool shown = options->json ? report != NULL && json_dumpf(report, stdout, JSON_INDENT(1)) == 0
                               : scan_print(report);
    int code = shown ? scan_exit_code(report) : EXIT_CODE_FAILED;
    json_decref(report);
    if (shown)
        return code;
    (void)error_set(&err, ERROR_invalid, "%.300s is no report of a scan", arguments[0]);
    return cli_fail(&err);
}

/* ---- the table ---- */

#define TEXT(type, member, option, environment_name, default_value, placeholder, text) \
    { \
        .name = (option), .kind = OPTION_TEXT, .offset = offsetof(struct type, member), \
        .environment = (environment_name), .fallback = (default_value), .value = (placeholder), \
        .help = (text) \
    }
#define FLAG(type, member, option, text) \
    { \
        .name = (option), .kind = OPTION_FLAG, .offset = offsetof(struct type, member), \
        .help = (text) \
    }

static const struct option_row plant_rows[] = {
    {.name = "count",
     .kind = OPTION_NUMBER,
     .offset = offsetof(struct plant_options, count),
     .fallback = "10",
     .least = 1,
     .greatest = MOST_MARKS,
     .value = "N",
     .help = "how many marks"},
    TEXT(plant_options, label, "label", NULL, "mark", "TEXT", "what reports call them"),
};

static const struct option_row run_rows[] = {
    TEXT(run_options, needles, "needles", NULL, NULL, "FILE", "list of what to look for (0600)"),
    TEXT(
        run_options,
        database,
        "database",
        NULL,
        NULL,
        "CONNINFO",
        "also read every table by SQL, as a role that may"),
    TEXT(run_options, report, "report", NULL, NULL, "FILE", "also write the report there, as JSON"),
    TEXT(
        run_options,
        scratch,
        "scratch",
        "TMPDIR",
        NULL,
        "DIR",
        "where the self-test plants; default: here"),
    FLAG(run_options, swap, "swap", "also what the system swaps to"),
    FLAG(run_options, self_test, "self-test", "plant a mark in every kind of store and find it"),
    FLAG(run_options, json, "json", "print the report as JSON"),
    FLAG(run_options, progress, "progress", "show progress on stderr"),
};

static const struct option_row report_rows[] = {
    FLAG(report_options, json, "json", "print it as JSON"),
};

const struct verb scan_verbs[SCAN_VERBS] = {
    {
        .name = "scan plant",
        .arguments = "FILE",
        .least_arguments = 1,
        .most_arguments = 1,
        .purpose = "Makes marks: random names to plant, listed in a new file.",
        .examples = "order-shredder scan plant --count 100 needles",
        .options = plant_rows,
        .option_count = countof(plant_rows),
        .options_size = sizeof(struct plant_options),
        .run = plant_verb,
    },
    {
        .name = "scan run",
        .arguments = "PATH…",
        .least_arguments = 0,
        .most_arguments = 1000,
        .purpose =
            "Looks for personal data in the open, in files and tables, compressed or encoded.",
        .examples = "order-shredder scan run --self-test\n"
                    "order-shredder scan run --needles needles --database 'user=order_admin' "
                    "DATA_FOLDER LOG_FOLDER",
        .options = run_rows,
        .option_count = countof(run_rows),
        .options_size = sizeof(struct run_options),
        .run = run_verb,
    },
    {
        .name = "scan report",
        .arguments = "FILE",
        .least_arguments = 1,
        .most_arguments = 1,
        .purpose = "Shows a report that scan run has written.",
        .examples = "order-shredder scan report scan.json",
        .options = report_rows,
        .option_count = countof(report_rows),
        .options_size = sizeof(struct report_options),
        .run = report_verb,
    },
};
