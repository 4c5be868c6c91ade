// SPDX-License-Identifier: Apache-2.0
#include "command/fingerprint.h"

#include "command/secret.h"
#include "wire/codec.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/banned.h"

bool fingerprinter_open_key(
    struct fingerprinter *fp, const uint8_t key[static FINGERPRINT_KEY_SIZE], struct error *err)
{
    if (sodium_init() < 0)
        return error_set(err, ERROR_fatal, "libsodium cannot be initialised");
    struct fingerprinter made = {
        .key = sodium_malloc(FINGERPRINT_KEY_SIZE), .room = malloc(FINGERPRINT_ROOM)};
    if (made.key == NULL || made.room == NULL) {
        fingerprinter_close(&made);
        return error_set(err, ERROR_fatal, "no memory for the fingerprint key");
    }
    memcpy(made.key, key, FINGERPRINT_KEY_SIZE);
    (void)sodium_mprotect_readonly(made.key);
    *fp = made;
    return true;
}

bool fingerprinter_open(struct fingerprinter *fp, const char *path, struct error *err)
{
    uint8_t key[FINGERPRINT_KEY_SIZE];
    bool ok =
        secret_read("fingerprint key", path, key, err) && fingerprinter_open_key(fp, key, err);
    sodium_memzero(key, sizeof(key));
    return ok;
}

void fingerprinter_close(struct fingerprinter *fp)
{
    sodium_free(fp->key);
    free(fp->room);
    *fp = (struct fingerprinter){0};
}

bool fingerprint_command(
    struct fingerprinter *fp,
    const struct command *command,
    uint8_t out[static STORE_FINGERPRINT_SIZE])
{
    const struct command_description *description = &command_descriptions[command->type];
    struct writer writer = writer_over(fp->room, FINGERPRINT_ROOM);
    /* The NUL keeps type and content apart. */
    writer_bytes(&writer, description->ce_type, strlen(description->ce_type) + 1);
    wire_encode(description->message, WIRE_STORED, command->body, &writer);
    if (writer.overflow)
        return false;
    int failed = crypto_generichash(
        out, STORE_FINGERPRINT_SIZE, writer.data, writer.size, fp->key, FINGERPRINT_KEY_SIZE);
    CHECK(failed == 0);
    return true;
}
