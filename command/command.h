// SPDX-License-Identifier: Apache-2.0
// The verbs of order-command, as the table in main.c calls them.
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include "runtime/cli.h"
#include "runtime/exit_code.h"

int run_verb(const void *options, int argument_count, char **arguments);
int send_verb(const void *options, int argument_count, char **arguments);
int validate_verb(const void *options, int argument_count, char **arguments);
int tenants_check_verb(const void *options, int argument_count, char **arguments);
int topics_apply_verb(const void *options, int argument_count, char **arguments);
int topics_check_verb(const void *options, int argument_count, char **arguments);

struct send_options {
    const char *brokers;
    const char *topic;
    const char *reply_topic;
    const char *source;
    int64_t timeout; /* seconds */
    bool plain;
    const char *epoch_topic;
    const char *epoch_file;
    const char *vault_key;
    const char *producer;
    const char *producer_key;
    const char *tenant;
};

struct validate_options {
    bool quiet;
    bool json;
};

struct tenants_check_options {
    bool json;
};

struct topics_options {
    const char *brokers;
    bool json;
};

#endif
