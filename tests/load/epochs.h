// SPDX-License-Identifier: Apache-2.0
// Follows the topic of command epochs. The broker of the topic is not trusted: an epoch counts only
// with the vault's signature.
#ifndef LOAD_EPOCHS_H
#define LOAD_EPOCHS_H

#include "load/sealing.h"

struct epoch_source {
    const char *brokers;
    const char *topic;
    const char
        *vault_key; /* file with the vault's public key, raw or as hex; NULL: the key that the
                              record names is taken, which only finds accidents */
};

struct epochs;

/* Reads the topic to its end. A topic that is missing or empty is fine: there is no epoch yet.
 * ERROR_tampered: a record whose signature does not fit; ERROR_transient: no broker. */
MUST_USE bool
epochs_open(struct epochs **out, const struct epoch_source *source, struct error *err);
void epochs_close(struct epochs *epochs);

/* The newest one; NULL: there is none. */
const struct epoch *epochs_newest(const struct epochs *epochs);

/* Takes what was published since, without waiting. Errors as above. */
MUST_USE bool epochs_poll(struct epochs *epochs, struct error *err);

#endif
