// SPDX-License-Identifier: Apache-2.0
#include "command/fingerprint.h"

#include "wire/codec.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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

static bool check_file(int fd, const char *path, struct error *err)
{
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return error_set(err, ERROR_invalid, "fingerprint key %.300s: not a file", path);
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return error_set(
            err,
            ERROR_invalid,
            "fingerprint key %.300s: others may read it; remedy: chmod 600",
            path);
    if (status.st_size != FINGERPRINT_KEY_SIZE)
        return error_set(
            err,
            ERROR_invalid,
            "fingerprint key %.300s: must have exactly %d bytes",
            path,
            FINGERPRINT_KEY_SIZE);
    return true;
}

bool fingerprinter_open(struct fingerprinter *fp, const char *path, struct error *err)
{
    uint8_t key[FINGERPRINT_KEY_SIZE];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(err, ERROR_invalid, "fingerprint key %.300s: %s", path, strerror(errno));
    bool ok = check_file(fd, path, err);
    if (ok && read(fd, key, sizeof(key)) != (ssize_t)sizeof(key))
        ok = error_set(err, ERROR_invalid, "fingerprint key %.300s: cannot be read", path);
    (void)close(fd);
    ok = ok && fingerprinter_open_key(fp, key, err);
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
