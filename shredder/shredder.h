// SPDX-License-Identifier: Apache-2.0
// The verbs of order-shredder that ask the broker. Those of the vault are in verbs.h, serve in serve.h.
#ifndef SHREDDER_SHREDDER_H
#define SHREDDER_SHREDDER_H

#include <stdbool.h>
#include <stdint.h>

struct client_options {
    const char *socket;
    bool json;
};

int status_verb(const void *options, int argument_count, char **arguments);
int epoch_show_verb(const void *options, int argument_count, char **arguments);
int epoch_rotate_verb(const void *options, int argument_count, char **arguments);

struct erase_options {
    const char *socket;
    const char *classes;
    const char *request;
    const char *tenant;
    int64_t timeout; /* seconds */
    bool final;
    bool no_wait;
    bool json;
};

int erase_verb(const void *options, int argument_count, char **arguments);

#endif
