// SPDX-License-Identifier: Apache-2.0
// A mix of commands over several aggregates, after the shares of TPC-C's terminals: 45 % orders are
// placed, 43 % payments of earlier ones are reported, the rest are cancellations, receipts and
// reservations of stock. Nothing personal. Each command's outcome is known beforehand.
#ifndef LOAD_MIXED_H
#define LOAD_MIXED_H

#include "load/command_source.h"

struct mixed;

struct mixed_options {
    int64_t commands; /* 0: without end */
    int64_t seed;
};

/* identity must outlive the source. */
MUST_USE bool mixed_open(
    struct mixed **out,
    const struct mixed_options *options,
    const struct run_identity *identity,
    struct error *err);
void mixed_close(struct mixed *mixed);

struct command_source mixed_source(struct mixed *mixed);

#endif
