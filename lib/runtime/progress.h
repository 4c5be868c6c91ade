// SPDX-License-Identifier: Apache-2.0
// Progress of long work on stderr: one redrawn line on a terminal (at most 5 times a second), a
// line every few seconds elsewhere.
#ifndef RUNTIME_PROGRESS_H
#define RUNTIME_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *what; /* "verifying events" */
    int64_t total;    /* 0: unknown */
    int64_t started_us;
    int64_t shown_us;
    bool terminal;
    bool quiet;
};

void progress_begin(struct progress *progress, const char *what, int64_t total, bool quiet);

/* done so far; extra (may be NULL) is appended. Cheap when nothing is due. */
void progress_update(struct progress *progress, int64_t done, const char *extra);

/* Ends the line with the final figure. */
void progress_end(struct progress *progress, int64_t done);

#endif
