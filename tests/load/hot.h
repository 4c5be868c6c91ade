// SPDX-License-Identifier: Apache-2.0
// A sell-out: everybody wants the same article. Stock comes in once, then orders reserve of it one
// after another; who comes too late must be refused, and each command knows beforehand which it is.
#ifndef LOAD_HOT_H
#define LOAD_HOT_H

#include "load/command_source.h"

struct hot_sale;

struct hot_sale_options {
    int64_t orders; /* reservations asked for */
    int64_t stock;  /* units there are */
    int64_t seed;
};

/* identity must outlive the source. */
MUST_USE bool hot_sale_open(
    struct hot_sale **out,
    const struct hot_sale_options *options,
    const struct run_identity *identity,
    struct error *err);
void hot_sale_close(struct hot_sale *sale);

struct command_source hot_sale_source(struct hot_sale *sale);

#endif
