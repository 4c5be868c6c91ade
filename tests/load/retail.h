// SPDX-License-Identifier: Apache-2.0
// The retail file as commands, in file order, with the outcome each must have. The rules and their
// reasons are in docs/retail-data.md; tests/checker/retail_expect.py states them independently.
#ifndef LOAD_RETAIL_H
#define LOAD_RETAIL_H

#include "load/command_source.h"

struct retail;

struct retail_options {
    const char *path;
    int64_t most_days; /* calendar days with data; 0: all */
    bool gifts;        /* whether the tenant takes prices of zero: only expectations depend on it */
    bool personal;     /* customers are made-up persons: they are registered, orders name them */
};

/* What the file held, for the report. */
struct retail_count {
    const char *name;
    int64_t count;
};

/* identity must outlive the source. */
MUST_USE bool retail_open(
    struct retail **out,
    const struct retail_options *options,
    const struct run_identity *identity,
    struct error *err);
void retail_close(struct retail *retail);

struct command_source retail_source(struct retail *retail);

/* Rows, invoices and what was left out so far, *count of them. */
const struct retail_count *retail_counts(const struct retail *retail, size_t *count);

#endif
