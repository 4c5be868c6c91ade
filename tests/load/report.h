// SPDX-License-Identifier: Apache-2.0
// What came of a run: for people on stdout, for programs as JSON.
#ifndef LOAD_REPORT_H
#define LOAD_REPORT_H

#include "load/retail.h"
#include "load/session.h"

struct report {
    const char *verb;
    const char *run_id;
    bool dry_run;
    int64_t rate;
    const struct sealing *sealing;
    bool has_visible;
    const struct session_result *result;
    const struct retail_count *counts; /* of the source; may be NULL */
    size_t count_count;
};

void report_print(const struct report *report);

/* path "-": stdout. */
MUST_USE bool report_write_json(const struct report *report, const char *path, struct error *err);

#endif
