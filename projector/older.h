// SPDX-License-Identifier: Apache-2.0
// Rows of orders, customers and reservations that are older than a batch: read once, as the events
// before left them, and changed in memory by the events of the batch.
#ifndef PROJECTOR_OLDER_H
#define PROJECTOR_OLDER_H

#include "projector/rows.h"

/* Reads what the batch changes (rows has the keys) in one round trip and applies the events that
 * waited. ERROR_tampered: a row is not as the events before left it, or contradicts the batch. */
MUST_USE bool older_settle(struct rows *rows, struct db *db, struct fold *fold, struct error *err);

/* Rows of a statement that changes older ones, wanted and found. */
MUST_USE bool
older_check(enum projector_query query, size_t wanted, size_t found, struct error *err);

#endif
