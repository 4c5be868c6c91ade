// SPDX-License-Identifier: Apache-2.0
// The verbs of order-projector, one file each (verify has several).
#ifndef PROJECTOR_PROJECTOR_H
#define PROJECTOR_PROJECTOR_H

#include <stdbool.h>
#include <stdint.h>

/* Name of the projection in projection.checkpoints: one for the tables that move together. */
#define ORDERS_PROJECTION "orders"

struct run_options {
    const char *database;
    int64_t batch;
    int64_t poll_ms;
};

/* Keeps the read models up to date until SIGTERM. Returns the exit code, as all of these. */
int projector_run(const struct run_options *options);

struct status_options {
    const char *database;
    bool json;
    int64_t fail_if_lag; /* -1: never */
};

int projector_status(const struct status_options *options);

struct verify_options {
    const char *database;
    bool json;
    bool quiet;
};

int projector_verify(const struct verify_options *options);

#endif
