// SPDX-License-Identifier: Apache-2.0
// The verbs of order-shredder that work on the vault's directories, without the broker: main.c makes the
// table from the rows below.
#ifndef SHREDDER_VERBS_H
#define SHREDDER_VERBS_H

#include "runtime/cli.h"
#include "shredder/key_vault.h"

/* Where the vault is. First member of the options of every verb that opens it. */
struct vault_options {
    const char *vault;
    const char *second;    /* NULL: the root is not split */
    const char *holders;   /* directories, comma separated; NULL: none */
    int64_t locked_memory; /* MiB; 0: as usual */
    bool accept_cow;
    bool allow_unlocked;
};

#define VAULT_ROW \
    { \
        .name = "vault", .kind = OPTION_TEXT, .offset = offsetof(struct vault_options, vault), \
        .environment = "ORDER_VAULT", .required = true, .value = "DIR", \
        .help = "directory of the vault; on ext4 or xfs, out of every backup" \
    }

#define VAULT_ROWS \
    VAULT_ROW, \
        {.name = "second", \
         .kind = OPTION_TEXT, \
         .offset = offsetof(struct vault_options, second), \
         .environment = "ORDER_VAULT_SECOND", \
         .value = "DIR", \
         .help = "directory on another device: the root key is split between the two"}, \
        {.name = "holders", \
         .kind = OPTION_TEXT, \
         .offset = offsetof(struct vault_options, holders), \
         .environment = "ORDER_VAULT_HOLDERS", \
         .value = "DIRS", \
         .help = "directories that hold copies, comma separated; on other devices"}, \
        {.name = "locked-memory", \
         .kind = OPTION_NUMBER, \
         .offset = offsetof(struct vault_options, locked_memory), \
         .fallback = "32", \
         .least = 1, \
         .greatest = 65536, \
         .value = "MIB", \
         .help = "memory for keys that is never swapped out; 32 are enough for 50,000 erasures"}, \
        {.name = "accept-cow", \
         .kind = OPTION_FLAG, \
         .offset = offsetof(struct vault_options, accept_cow), \
         .help = "use a file system that keeps what was overwritten"}, \
    { \
        .name = "allow-unlocked", .kind = OPTION_FLAG, \
        .offset = offsetof(struct vault_options, allow_unlocked), \
        .help = "go on when memory cannot be locked: keys may be swapped out" \
    }

/* The options as the vault takes them; `paths` holds the texts and lives as long as `out`. ERROR_invalid:
 * too many holders, or an empty one. */
struct vault_paths {
    char text[VAULT_MOST_HOLDERS * HOLDER_PATH_SIZE];
};
MUST_USE bool vault_settings_of(
    const struct vault_options *options,
    struct vault_paths *paths,
    struct vault_settings *out,
    struct error *err);

/* init */
struct init_options {
    struct vault_options vault;
};
int init_verb(const void *options, int argument_count, char **arguments);

/* holders [--add DIR] [--remove DIR]: how they stand, after a push to those that lack the current generation. */
struct holders_options {
    struct vault_options vault;
    const char *add;
    const char *remove;
    bool json;
};
int holders_verb(const void *options, int argument_count, char **arguments);

#define HOLDERS_ROWS \
    VAULT_ROWS, \
        {.name = "add", \
         .kind = OPTION_TEXT, \
         .offset = offsetof(struct holders_options, add), \
         .value = "DIR", \
         .help = "make a holder of this empty directory first"}, \
        {.name = "remove", \
         .kind = OPTION_TEXT, \
         .offset = offsetof(struct holders_options, remove), \
         .value = "DIR", \
         .help = "expect this one no longer, and destroy its root if it can be reached"}, \
    { \
        .name = "json", .kind = OPTION_FLAG, .offset = offsetof(struct holders_options, json), \
        .help = "print JSON for programs" \
    }

/* ledger verify: without the root, also while the vault is in use. */
struct ledger_options {
    struct vault_options vault; /* only its directory */
    bool json;
};
int ledger_verify_verb(const void *options, int argument_count, char **arguments);

#define LEDGER_ROWS \
    VAULT_ROW, \
    { \
        .name = "json", .kind = OPTION_FLAG, .offset = offsetof(struct ledger_options, json), \
        .help = "print JSON for programs" \
    }

#endif
