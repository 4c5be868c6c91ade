// SPDX-License-Identifier: Apache-2.0
// Whether two commands with the same id are the same command: a keyed hash over type and content.
// Keyed, because a plain hash of personal data is a fingerprint of the person.
#ifndef COMMAND_FINGERPRINT_H
#define COMMAND_FINGERPRINT_H

#include "domain/catalog.h"
#include "base/error.h"
#include "store/store.h"

enum {
    FINGERPRINT_KEY_SIZE = 32,
    FINGERPRINT_ROOM = 2 * 1024 * 1024, /* the stored form of the largest command fits well */
};

/* The key in guarded memory and room to encode into; made once. */
struct fingerprinter {
    uint8_t *key;
    uint8_t *room;
};

/* Reads the key: a regular file of exactly 32 bytes that nobody else may read. ERROR_invalid says
 * what is wrong with it; no byte of it is ever shown. */
MUST_USE bool fingerprinter_open(struct fingerprinter *fp, const char *path, struct error *err);

/* The same with a key at hand, for tests. */
MUST_USE bool fingerprinter_open_key(
    struct fingerprinter *fp, const uint8_t key[static FINGERPRINT_KEY_SIZE], struct error *err);

void fingerprinter_close(struct fingerprinter *fp);

/* False: larger than any command can be. */
MUST_USE bool fingerprint_command(
    struct fingerprinter *fp,
    const struct command *command,
    uint8_t out[static STORE_FINGERPRINT_SIZE]);

#endif
