// SPDX-License-Identifier: Apache-2.0
// What a scan found, what it looked at, and what it cannot see: for people, and as JSON for programs
// and for later.
#ifndef SHREDDER_SCAN_REPORT_H
#define SHREDDER_SCAN_REPORT_H

#include "shredder/scan_work.h"

/* What a scan does not find, printed with every report. */
extern const char *const scan_limits[];
extern const size_t scan_limit_count;

/* A JSON object, for json_decref. NULL: out of memory. */
struct json_t *scan_to_json(const struct scan *scan);

/* A report as made by scan_to_json, for people on stdout. False: that is no such report. */
MUST_USE bool scan_print(const struct json_t *report);

/* Exit code: 0 nothing found, 8 something found, 7 nothing found but not all could be read. */
int scan_exit_code(const struct json_t *report);

#endif
