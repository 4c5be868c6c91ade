// SPDX-License-Identifier: Apache-2.0
// Ids that a second run makes again: UUIDv5 in the tenant's namespace over parts, each behind its
// length in 4 bytes, big endian (the rule of stock_stream_id), so that (a, bc) differs from (ab, c).
#ifndef LOAD_IDS_H
#define LOAD_IDS_H

#include "base/uuid.h"

/* Who sends and which run it is. */
struct run_identity {
    struct uuid tenant;
    const char *run_id; /* "" when none was given; at most 32 of [A-Za-z0-9._-] */
    char location[40];  /* of all stock: "main", or "main-" and the run id */
};

/* False when the run id has other characters or is too long. */
MUST_USE bool
run_identity_init(struct run_identity *identity, const struct uuid *tenant, const char *run_id);

/* (run id, kind, name): ids that another run has others of, orders and commands. */
struct uuid run_scoped_id(const struct run_identity *identity, const char *kind, struct slice name);

/* (kind, name): ids that all runs share, customers. */
struct uuid shared_id(const struct run_identity *identity, const char *kind, struct slice name);

#endif
