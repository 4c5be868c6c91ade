// SPDX-License-Identifier: Apache-2.0
// Small synthetic orders in any number, the same for the same seed: 1 to 5 lines of about 4,000
// articles of which few are sold often, returning customers and guests, some cancellations, some
// stock receipts. No personal data is in them.
#ifndef LOAD_GENERATE_H
#define LOAD_GENERATE_H

#include "load/command_source.h"

struct generator;

struct generator_options {
    int64_t orders; /* 0: without end */
    int64_t seed;
};

/* identity must outlive the source. */
MUST_USE bool generator_open(
    struct generator **out,
    const struct generator_options *options,
    const struct run_identity *identity,
    struct error *err);
void generator_close(struct generator *generator);

struct command_source generator_source(struct generator *generator);

#endif
