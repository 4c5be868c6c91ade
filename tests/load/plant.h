// SPDX-License-Identifier: Apache-2.0
// Planted customers: before the commands of a source, customers whose name and address are random
// bytes that occur nowhere else. Where one is found, personal data was kept in the open. The list of
// them goes to a file for `order-shredder scan run --needles`.
#ifndef LOAD_PLANT_H
#define LOAD_PLANT_H

#include "load/command_source.h"

struct plant;

/* Writes the list (0600, replaced). rest: the source that comes after; identity must outlive it. */
MUST_USE bool plant_open(
    struct plant **out,
    int64_t customers,
    const char *path,
    const struct run_identity *identity,
    struct command_source rest,
    struct error *err);
void plant_close(struct plant *plant);

struct command_source plant_source(struct plant *plant);

#endif
