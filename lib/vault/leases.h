// SPDX-License-Identifier: Apache-2.0
// The client of the key broker: data keys on lease, in locked memory, for as long as the broker
// allows. A key is wiped when its lease is revoked or runs out, and all of them when the connection
// ends. One thread.
//
// Time is CLOCK_BOOTTIME. A lease ends for us a time-to-live after it was *asked* for; for the broker
// after it was given: the client forgets first.
#ifndef VAULT_LEASES_H
#define VAULT_LEASES_H

#include "vault/frames.h"
#include "vault/slab.h"

struct vault_options {
    const char *socket; /* path */
    enum vault_role role;
    const char *instance; /* name of this process in the broker's log, at most 64 bytes */
    size_t most_leases;   /* held at once, a data key of locked memory each; 0: 32,768 */
    bool allow_unlocked;
    int64_t deadline_us;    /* of one call to the broker; 0: 5 seconds */
    int64_t (*clock)(void); /* microseconds that leases count by; NULL: CLOCK_BOOTTIME */
    /* Called when what was derived from keys is to be wiped too: with the connection, with every
     * revocation before it is acknowledged, and when an epoch's seed goes for any other reason. NULL:
     * nothing was derived. */
    void (*forget)(void *context);
    void *context;
};

struct vault; /* opaque: the connection and the cache */

/* Makes the cache; connects on first use. */
MUST_USE bool
vault_open(struct vault **out, const struct vault_options *options, struct error *err);
void vault_close(struct vault *vault);

/* An answer to a wish. */
struct lease {
    enum key_state state;
    struct leaf leaf;
    const uint8_t *key; /* DATA_KEY_SIZE bytes of locked memory; NULL unless KEY_LIVE */
};

/* Leases for all wishes, from the cache where they are held, in as few round trips as they need
 * otherwise; without a wish it only sees to the connection. Keys stay valid until the next vault_serve.
 * When it fails the connection and every lease are gone, those given out before as well.
 * ERROR_transient: the broker is away, starting or too slow. ERROR_denied: the role may not.
 * ERROR_tampered: another vault than before, or an older state of it. */
MUST_USE bool vault_lease(
    struct vault *vault,
    const struct lease_wish *wishes,
    size_t count,
    struct lease *out,
    struct error *err);

/* Whether no key given out since the last vault_serve has run out. A process that was stopped in between
 * would not know otherwise: it asks this after it has opened something and before it shows or uses that,
 * because by then the broker may have told everybody that the key is gone. */
MUST_USE bool vault_keys_hold(const struct vault *vault);

/* Reads what the broker pushes without waiting, wipes what is revoked or has run out, acknowledges, and
 * renews what is still used. Call it between batches and while idle, at least every 200 ms: not while a
 * key is in use or an append that holds sealed data is under way, because the acknowledgement promises
 * that nothing of it follows. False: the connection was lost, all keys are wiped; the next vault_lease
 * connects again. Without a connection there is nothing to do: true. */
MUST_USE bool vault_serve(struct vault *vault, struct error *err);

/* File descriptor for poll(2), -1 while there is no connection. */
int vault_descriptor(const struct vault *vault);

/* How many erasures the broker has fenced, as far as this client has acknowledged. An append of sealed
 * data names it, and the store refuses it when there was another one since. -1: never connected. */
int64_t vault_fence(const struct vault *vault);

/* Of the broker; zero until the first connection. */
struct uuid vault_id(const struct vault *vault);

/* Counts for reports. */
struct vault_counts {
    int64_t held, asked, round_trips, revoked, expired, reconnects;
};
struct vault_counts vault_counts(const struct vault *vault);

/* ---- the other calls: one request, one answer; when the connection is lost, so are all leases ---- */

/* ERROR_not_found when there is none, ERROR_transient while the index is built. */
MUST_USE bool vault_find_email(
    struct vault *vault,
    const struct uuid *tenant,
    struct slice address,
    struct uuid *subject,
    struct error *err);

/* The current command epoch. */
MUST_USE bool vault_epoch(
    struct vault *vault, uint64_t *number, uint8_t public_key[static 32], struct error *err);

/* Tells that every command sealed to this epoch or an older one is decided. */
MUST_USE bool vault_retire_epoch(struct vault *vault, uint64_t number, struct error *err);

/* Sends any frame and gives the answers to `take` until it returns false; for the verbs of
 * order-shredder. */
MUST_USE bool vault_call(
    struct vault *vault,
    struct slice frame,
    bool (*take)(const struct frame *frame, void *context),
    void *context,
    struct error *err);

#endif
