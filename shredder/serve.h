// SPDX-License-Identifier: Apache-2.0
// `order-shredder serve`.
#ifndef SHREDDER_SERVE_H
#define SHREDDER_SERVE_H

#include "shredder/broker.h"
#include "shredder/verbs.h"

struct serve_options {
    struct vault_options vault; /* first: see verbs.h */
    struct broker_options broker;
    const char *log_level;
};

/* Gives out keys and carries out erasures until SIGTERM. Returns the exit code. */
int serve_verb(const void *options, int argument_count, char **arguments);

#endif
