// SPDX-License-Identifier: Apache-2.0
#include "load/report.h"

#include "runtime/json_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/banned.h"

enum { JSON_SIZE = 64 * 1024, NUMBER_SIZE = 64 };

static double per_second(int64_t count, int64_t us)
{
    return us > 0 ? (double)count * 1e6 / (double)us : 0;
}

static double us_per_command(const struct session_result *result)
{
    return result->sent > 0 ? (double)result->cpu_us / (double)result->sent : 0;
}

static double peak_megabytes(void)
{
    struct rusage usage;
    CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
    return (double)usage.ru_maxrss / 1024;
}

/* ---- for people ---- */

static void print_tally(const char *title, const struct tally *tally)
{
    if (tally->count == 0)
        return;
    (void)printf("%-12s", title);
    for (size_t i = 0; i < tally->count; i++)
        (void)printf(
            "%s%s %" PRId64, i != 0 ? ", " : "", tally->rows[i].name, tally->rows[i].count);
    (void)printf("\n");
}

static double percentile_ms(const struct histogram *histogram, int per_mille)
{
    return (double)histogram_percentile(histogram, per_mille) / 1000;
}

static void print_latency(const char *title, const struct histogram *histogram)
{
    (void)printf(
        "%-12sp50 %.2f ms, p90 %.2f, p99 %.2f, max %.2f\n",
        title,
        percentile_ms(histogram, 500),
        percentile_ms(histogram, 900),
        percentile_ms(histogram, 990),
        (double)histogram->greatest_us / 1000);
}

static void print_shown(const char *title, const struct shown_command *shown, size_t count)
{
    for (size_t i = 0; i < count; i++)
        (void)printf("%-12s%s %s\n", title, shown[i].id, shown[i].what);
}

static void print_exceptions(const struct session_result *result)
{
    const struct {
        const char *title;
        int64_t count;
    } rows[] = {
        {"missing", result->missing},
        {"unexpected", result->unexpected},
        {"unseen", result->unseen},
        {"sent again", result->resent},
        {"copies", result->repeated},
        {"duplicates", result->duplicates},
        {"replayed", result->replayed},
        {"foreign", result->foreign},
    };
    for (size_t i = 0; i < countof(rows); i++) {
        if (rows[i].count != 0)
            (void)printf("%-12s%" PRId64 "\n", rows[i].title, rows[i].count);
    }
    print_shown("  missing", result->missing_commands, result->shown_missing);
    print_shown("  unexpected", result->unexpected_commands, result->shown_unexpected);
    if (result->trouble[0] != '\0')
        (void)printf("%-12s%s\n", "kafka", result->trouble);
}

void report_print(const struct report *report)
{
    const struct session_result *result = report->result;
    (void)printf(
        "%-12s%" PRId64 " (%" PRId64 " order lines, %.1f MB)\n",
        report->dry_run ? "would send" : "commands",
        result->sent,
        result->lines,
        (double)result->bytes / 1e6);
    print_tally("types", &result->types);
    print_tally("expected", &result->expected);
    if (!report->dry_run) {
        print_tally("outcomes", &result->outcomes);
        print_tally("codes", &result->codes);
        (void)printf(
            "%-12s%.2f s, %.0f commands/s\n",
            "time",
            (double)result->elapsed_us / 1e6,
            per_second(result->answered, result->elapsed_us));
        print_latency("to reply", &result->latency);
        if (report->has_visible)
            print_latency("to visible", &result->visible);
    }
    (void)printf(
        "%-12s%.2f us CPU per command, %.1f MB resident at most\n",
        "cost",
        us_per_command(result),
        peak_megabytes());
    print_exceptions(result);
    for (size_t i = 0; i < report->count_count; i++) {
        if (report->counts[i].count != 0)
            (void)printf("%-38s%" PRId64 "\n", report->counts[i].name, report->counts[i].count);
    }
}

/* ---- for programs ---- */

static void literal(struct writer *out, const char *text)
{
    writer_bytes(out, text, strlen(text));
}

static void key(struct writer *out, const char *name)
{
    if (out->size != 0 && out->data[out->size - 1] != '{')
        writer_byte(out, ',');
    json_text_append(out, slice_of_text(name));
    writer_byte(out, ':');
}

static void integer(struct writer *out, const char *name, int64_t value)
{
    char text[NUMBER_SIZE];
    key(out, name);
    writer_bytes(out, text, (size_t)snprintf(text, sizeof(text), "%" PRId64, value));
}

static void real(struct writer *out, const char *name, double value)
{
    char text[NUMBER_SIZE];
    key(out, name);
    writer_bytes(out, text, (size_t)snprintf(text, sizeof(text), "%.3f", value));
}

static void latency(struct writer *out, const char *name, const struct histogram *histogram)
{
    key(out, name);
    literal(out, "{");
    integer(out, "count", histogram->count);
    real(out, "p50", percentile_ms(histogram, 500));
    real(out, "p90", percentile_ms(histogram, 900));
    real(out, "p99", percentile_ms(histogram, 990));
    real(out, "max", (double)histogram->greatest_us / 1000);
    literal(out, "}");
}

static void tally(struct writer *out, const char *name, const struct tally *counts)
{
    key(out, name);
    tally_print(counts, out);
}

static void
shown_ids(struct writer *out, const char *name, const struct shown_command *shown, size_t count)
{
    key(out, name);
    literal(out, "[");
    for (size_t i = 0; i < count; i++) {
        literal(out, i != 0 ? "," : "");
        json_text_append(out, slice_of_text(shown[i].id));
    }
    literal(out, "]");
}

static void personal(const struct report *report, struct writer *out)
{
    key(out, "personal");
    json_text_append(out, slice_of_text(personal_mode_name(report->sealing->mode)));
    integer(out, "epoch", (int64_t)report->sealing->epoch);
    integer(out, "sealed", (int64_t)report->sealing->sealed);
}

static void build_counts(const struct report *report, struct writer *out)
{
    const struct session_result *result = report->result;
    integer(out, "commands", result->sent);
    integer(out, "answered", result->answered);
    integer(out, "missing", result->missing);
    integer(out, "unexpected", result->unexpected);
    integer(out, "unseen", result->unseen);
    integer(out, "sent_again", result->resent);
    integer(out, "copies", result->repeated);
    integer(out, "duplicates", result->duplicates);
    integer(out, "replayed", result->replayed);
    integer(out, "foreign", result->foreign);
    integer(out, "lines", result->lines);
    integer(out, "bytes", result->bytes);
    tally(out, "types", &result->types);
    tally(out, "expected", &result->expected);
    tally(out, "outcomes", &result->outcomes);
    tally(out, "codes", &result->codes);
    shown_ids(out, "missing_ids", result->missing_commands, result->shown_missing);
    shown_ids(out, "unexpected_ids", result->unexpected_commands, result->shown_unexpected);
}

static void build(const struct report *report, struct writer *out)
{
    const struct session_result *result = report->result;
    literal(out, "{");
    key(out, "verb");
    json_text_append(out, slice_of_text(report->verb));
    key(out, "run_id");
    json_text_append(out, slice_of_text(report->run_id));
    key(out, "dry_run");
    literal(out, report->dry_run ? "true" : "false");
    integer(out, "rate", report->rate);
    personal(report, out);
    build_counts(report, out);
    real(out, "seconds", (double)result->elapsed_us / 1e6);
    real(out, "commands_per_second", per_second(result->answered, result->elapsed_us));
    latency(out, "latency_ms", &result->latency);
    if (report->has_visible)
        latency(out, "visible_ms", &result->visible);
    real(out, "cpu_us_per_command", us_per_command(result));
    real(out, "resident_mb", peak_megabytes());
    key(out, "source");
    literal(out, "{");
    for (size_t i = 0; i < report->count_count; i++)
        integer(out, report->counts[i].name, report->counts[i].count);
    literal(out, "}}\n");
}

bool report_write_json(const struct report *report, const char *path, struct error *err)
{
    static uint8_t bytes[JSON_SIZE];
    struct writer out = writer_over(bytes, sizeof(bytes));
    build(report, &out);
    CHECK(!out.overflow);
    bool is_stdout = strcmp(path, "-") == 0;
    FILE *file = is_stdout ? stdout : fopen(path, "w");
    if (file == NULL)
        return error_set(err, ERROR_invalid, "cannot write %.300s (errno %d)", path, errno);
    bool written = fwrite(bytes, 1, out.size, file) == out.size;
    written = (is_stdout ? fflush(file) : fclose(file)) == 0 && written;
    return written || error_set(err, ERROR_fatal, "%.300s could not be written", path);
}
