// SPDX-License-Identifier: Apache-2.0
// Measures how long it takes until a command's events can be read in SQL: a thread of its own asks
// for the checkpoint of the projection `orders` about every 0.3 ms. Meant for up to about 1,000
// commands per second; the asking itself costs the database some CPU.
#ifndef LOAD_VISIBLE_H
#define LOAD_VISIBLE_H

#include "base/error.h"
#include "load/histogram.h"

struct visible;

/* Connects and starts the thread. */
MUST_USE bool visible_open(struct visible **out, const char *conninfo, struct error *err);
void visible_close(struct visible *visible);

/* The command that was to be sent at intended_us (monotonic) has its last event at `position`. */
void visible_expect(struct visible *visible, int64_t position, int64_t intended_us);

/* Waits until everything expected was seen, at most this long. Returns how many were not. Copies
 * what was measured. False when the thread had to give up. */
MUST_USE bool visible_finish(
    struct visible *visible,
    int64_t most_us,
    struct histogram *out,
    int64_t *out_unseen,
    struct error *err);

#endif
