// SPDX-License-Identifier: Apache-2.0
#include "shredder/scan_report.h"

#include "runtime/exit_code.h"

#include <jansson.h>
#include <stdio.h>

#include "base/banned.h"

enum { SHOWN = 40 };

const char *const scan_limits[] = {
    "encrypted bytes, and compressions other than those counted above",
    "values whose chunks are no longer all there, and chunks on pages that were pruned",
    "WAL records that began in a segment that is gone, and WAL of servers before PostgreSQL 15",
    "needles split by something else, such as a soft line break or an escape",
    "free space of file systems, and what a disk keeps of overwritten blocks",
};
const size_t scan_limit_count = countof(scan_limits);

/* ---- making ---- */

static json_t *layers_to_json(const struct scan *scan)
{
    json_t *layers = json_array();
    for (size_t i = 0; i < LAYER_COUNT; i++) {
        if (scan->layers[i].bytes == 0 && scan->layers[i].parts == 0)
            continue;
        (void)json_array_append_new(
            layers,
            json_pack(
                "{s:s, s:I, s:I}",
                "stored_as",
                scan_layer_name((enum scan_layer)i),
                "parts",
                (json_int_t)scan->layers[i].parts,
                "bytes",
                (json_int_t)scan->layers[i].bytes));
    }
    return layers;
}

static json_t *hits_to_json(const struct scan *scan)
{
    json_t *hits = json_array();
    for (size_t i = 0; i < scan->hit_count; i++) {
        const struct scan_hit *hit = &scan->hits[i];
        (void)json_array_append_new(
            hits,
            json_pack(
                "{s:s, s:s, s:s, s:s, s:I, s:I}",
                "needle",
                scan->needles->labels[hit->needle],
                "written_as",
                needle_form_name(hit->form),
                "stored_as",
                scan_layer_name(hit->layer),
                "file",
                hit->file != NULL ? hit->file : "?",
                "offset",
                (json_int_t)hit->offset,
                "times",
                (json_int_t)hit->times));
    }
    return hits;
}

static json_t *troubles_to_json(const struct scan *scan)
{
    json_t *troubles = json_array();
    for (size_t i = 0; i < scan->trouble_count; i++)
        (void)json_array_append_new(
            troubles,
            json_pack(
                "{s:s, s:s}",
                "file",
                scan->troubles[i].file != NULL ? scan->troubles[i].file : "?",
                "reason",
                scan->troubles[i].reason));
    return troubles;
}

json_t *scan_to_json(const struct scan *scan)
{
    json_t *limits = json_array();
    for (size_t i = 0; i < scan_limit_count; i++)
        (void)json_array_append_new(limits, json_string(scan_limits[i]));
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o}",
        "needles",
        (json_int_t)scan->needles->count,
        "hits",
        (json_int_t)scan->hits_in_all,
        "unread",
        (json_int_t)scan->troubles_in_all,
        "undecodable",
        (json_int_t)scan->undecodable,
        "looked_at",
        layers_to_json(scan),
        "found",
        hits_to_json(scan),
        "not_read",
        troubles_to_json(scan),
        "cannot_see",
        limits);
}

/* ---- showing ---- */

static const char *text_of(const json_t *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row, name));
    return text != NULL ? text : "?";
}

static long long number_of(const json_t *row, const char *name)
{
    return json_integer_value(json_object_get(row, name));
}

static void print_layers(const json_t *rows)
{
    size_t i;
    const json_t *row;
    (void)printf("%-36s %12s %16s\n", "looked at", "parts", "bytes");
    json_array_foreach(rows, i, row)(void) printf(
        "  %-34s %12lld %16lld\n",
        text_of(row, "stored_as"),
        number_of(row, "parts"),
        number_of(row, "bytes"));
}

static void print_found(const json_t *rows)
{
    size_t i;
    const json_t *row;
    json_array_foreach(rows, i, row)
    {
        if (i == SHOWN) {
            (void)printf("  and %zu more\n", json_array_size(rows) - i);
            break;
        }
        (void)printf(
            "  %s, %s, in %s at %lld (%s), %lld times\n",
            text_of(row, "needle"),
            text_of(row, "written_as"),
            text_of(row, "file"),
            number_of(row, "offset"),
            text_of(row, "stored_as"),
            number_of(row, "times"));
    }
}

static void print_troubles(const json_t *rows)
{
    size_t i;
    const json_t *row;
    json_array_foreach(rows, i, row)
    {
        if (i == SHOWN) {
            (void)printf("  and %zu more\n", json_array_size(rows) - i);
            break;
        }
        (void)printf("  %s %s\n", text_of(row, "file"), text_of(row, "reason"));
    }
}

bool scan_print(const json_t *report)
{
    size_t i;
    const json_t *limit;
    if (!json_is_integer(json_object_get(report, "hits")) ||
        !json_is_array(json_object_get(report, "found")))
        return false;
    print_layers(json_object_get(report, "looked_at"));
    if (number_of(report, "unread") != 0) {
        (void)printf("not read: %lld\n", number_of(report, "unread"));
        print_troubles(json_object_get(report, "not_read"));
    }
    (void)printf("what this does not find:\n");
    json_array_foreach(json_object_get(report, "cannot_see"), i, limit)(void)
        printf("  %s\n", json_string_value(limit));
    print_found(json_object_get(report, "found"));
    (void)printf(
        "%lld hits of %lld needles\n", number_of(report, "hits"), number_of(report, "needles"));
    return true;
}

int scan_exit_code(const json_t *report)
{
    if (number_of(report, "hits") != 0)
        return EXIT_CODE_INTEGRITY;
    return number_of(report, "unread") != 0 ? EXIT_CODE_PARTIAL : EXIT_CODE_OK;
}
