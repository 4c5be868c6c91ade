// SPDX-License-Identifier: Apache-2.0
// Synthetic orders in any number, the same for the same seed: about 4,000 articles of which few are
// sold often, returning customers and guests, some cancellations, some stock receipts. Whoever orders
// is a made-up person (load/person.h).
#ifndef LOAD_GENERATE_H
#define LOAD_GENERATE_H

#include "load/command_source.h"
#include "load/generate_parts.h"

struct generator;

struct generator_options {
    int64_t orders; /* 0: without end */
    int64_t seed;
    enum order_shape shape;
    bool personal;  /* commands have personal parts; addresses and contacts change now and then */
    bool registers; /* customers are registered before their first order; needs personal */
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
