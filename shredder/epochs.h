// SPDX-License-Identifier: Apache-2.0
// The epochs that commands are sealed to: a key pair each, made from a leaf of tree 2. There is one
// current one; older ones stay until order-command says that no command of theirs is left, and are
// destroyed then.
#ifndef SHREDDER_EPOCHS_H
#define SHREDDER_EPOCHS_H

#include "base/error.h"
#include "base/slice.h"

struct broker;
struct epoch_topic;

struct epochs {
    uint64_t oldest;           /* that is not destroyed */
    int64_t since_us;          /* when the current one began, since 1970 */
    uint8_t public_key[32];    /* of the current one */
    uint64_t taken;            /* the one it is of */
    struct epoch_topic *topic; /* NULL: not published */
};

/* Finds out which there are, makes the first, and publishes the current one. */
MUST_USE bool epochs_start(struct broker *broker, struct error *err);
void epochs_stop(struct broker *broker);

/* The current one as JSON: number, public key, signature by the vault's key, and that. */
void epochs_describe(const struct broker *broker, struct writer *out);

/* Opens the next one and publishes it. */
MUST_USE bool epochs_rotate(struct broker *broker, struct error *err);

/* Destroys the epochs up to this number, as far as they are older than the current one: senders may
 * still use that, whatever was said of it. */
MUST_USE bool epochs_retire(struct broker *broker, uint64_t number, struct error *err);

/* Rotates when it is time. */
MUST_USE bool epochs_tick(struct broker *broker, struct error *err);

#endif
