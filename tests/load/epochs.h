// SPDX-License-Identifier: Apache-2.0
// Reads the current command epoch from its topic. The broker of the topic is not trusted: an epoch
// counts only with the vault's signature.
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

/* The newest epoch. *found false: the topic is missing or empty. ERROR_tampered: a record whose
 * signature does not fit; ERROR_transient: no broker. */
MUST_USE bool
epochs_read(const struct epoch_source *source, struct epoch *out, bool *found, struct error *err);

/* From here on SIGHUP asks for the epoch to be read again. */
void epochs_listen(void);

/* Whether SIGHUP came since the last call. */
bool epochs_asked(void);

#endif
