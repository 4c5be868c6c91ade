// SPDX-License-Identifier: Apache-2.0
// Progress of long work, for people. Other programs read what the work itself prints on stdout.
#include "runtime/progress.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/banned.h"

enum {
    REDRAW_US = 200 * 1000,
    LINE_US = 10 * 1000 * 1000,
};

void progress_begin(struct progress *progress, const char *what, int64_t total, bool quiet)
{
    *progress = (struct progress){
        .what = what,
        .total = total,
        .started_us = clock_monotonic_us(),
        .terminal = isatty(STDERR_FILENO) == 1,
        .quiet = quiet,
    };
    progress->shown_us = progress->started_us;
}

static double seconds_since(int64_t start_us)
{
    return (double)(clock_monotonic_us() - start_us) / 1e6;
}

/* Share and time left, where the total is known and there is a rate to go by. */
static void
describe_rest(const struct progress *progress, int64_t done, double rate, char *text, size_t size)
{
    text[0] = '\0';
    if (progress->total <= 0)
        return;
    double share = 100.0 * (double)done / (double)progress->total;
    int64_t left = progress->total > done ? progress->total - done : 0;
    if (rate > 0)
        (void)snprintf(
            text,
            size,
            " of %" PRId64 " (%.0f %%), %.0f s left",
            progress->total,
            share,
            (double)left / rate);
    else
        (void)snprintf(text, size, " of %" PRId64 " (%.0f %%)", progress->total, share);
}

void progress_update(struct progress *progress, int64_t done, const char *extra)
{
    if (progress->quiet)
        return;
    int64_t now_us = clock_monotonic_us();
    if (now_us - progress->shown_us < (progress->terminal ? REDRAW_US : LINE_US))
        return;
    progress->shown_us = now_us;
    double seconds = seconds_since(progress->started_us);
    double rate = seconds > 0 ? (double)done / seconds : 0;
    char rest[96];
    describe_rest(progress, done, rate, rest, sizeof(rest));
    (void)fprintf(
        stderr,
        "%s%s: %" PRId64 "%s, %.0f/s%s%s%s",
        progress->terminal ? "\r\033[K" : "",
        progress->what,
        done,
        rest,
        rate,
        extra != NULL ? ", " : "",
        extra != NULL ? extra : "",
        progress->terminal ? "" : "\n");
    (void)fflush(stderr);
}

void progress_end(struct progress *progress, int64_t done)
{
    if (progress->quiet)
        return;
    double seconds = seconds_since(progress->started_us);
    (void)fprintf(
        stderr,
        "%s%s: %" PRId64 " in %.1f s, %.0f/s\n",
        progress->terminal ? "\r\033[K" : "",
        progress->what,
        done,
        seconds,
        seconds > 0 ? (double)done / seconds : 0);
}
