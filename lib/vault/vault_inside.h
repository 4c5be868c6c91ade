// SPDX-License-Identifier: Apache-2.0
// What the parts of the lease client share: the connection's state, and how an answer is awaited while
// the broker pushes. Inside lib/vault only.
#ifndef VAULT_VAULT_INSIDE_H
#define VAULT_VAULT_INSIDE_H

#include "vault/lease_cache.h"
#include "vault/vault_link.h"

enum { MOST_UNACKED = 256, MOST_INSTANCE = 64, MOST_PATH = 107 };

/* Revocations that were read and whose keys may still be in use. */
struct revocations {
    uint32_t sequences[MOST_UNACKED];
    size_t count;
    int64_t fence; /* after the last of them */
};

/* The one request for renewal that has no answer yet; no leaves: there is none. */
struct renewal {
    struct leaf_list leaves;
    uint32_t sequence;
    int64_t asked_us;
};

struct vault {
    struct slab slab;
    struct vault_link link;
    struct lease_cache cache;
    struct vault_options options;
    char path[MOST_PATH + 1];
    char instance[MOST_INSTANCE + 1];

    /* What the broker said last. */
    bool known; /* it ever said something */
    struct uuid id;
    uint64_t generation;
    int64_t fence; /* as far as it was acknowledged */
    int64_t lease_us;

    struct revocations revocations;
    struct renewal renewal;
    int64_t swept_us;
    struct vault_counts counts;
};

/* Connects and says hello when there is no connection. */
MUST_USE bool vault_ready(struct vault *vault, struct error *err);

/* Has the owner wipe what was derived from keys. */
void vault_forget(const struct vault *vault);

/* Wipes every key and closes the connection. Returns false. */
bool vault_lose(struct vault *vault);

/* Sends the requests in vault->link.out; *until_us is when their answers are due. */
MUST_USE bool vault_send(struct vault *vault, int64_t *until_us, struct error *err);

/* Waits for the answer to a request; sees to what is pushed meanwhile. False: the broker refused, or
 * the connection is lost. */
MUST_USE bool vault_answer(
    struct vault *vault, uint32_t sequence, int64_t until_us, struct frame *out, struct error *err);

/* A frame that answers nobody: a revocation, or the answer to a renewal or release. */
MUST_USE bool vault_take_aside(struct vault *vault, const struct frame *frame, struct error *err);

/* ERROR_transient: what came makes no sense. Returns false. */
bool vault_unfit(const struct vault *vault, const char *what, struct error *err);

/* Milliseconds as they stand in a frame, to microseconds; false: no possible time of a lease. */
MUST_USE bool vault_lease_time(uint32_t ms, int64_t *us);

#endif
