// SPDX-License-Identifier: Apache-2.0
// Files of the vault: durable when a call returns true, and every step of it is a vault_step.
//
// Errors: ERROR_not_found, ERROR_denied, ERROR_transient (full, broken or busy disk).
#ifndef SHREDDER_DISK_H
#define SHREDDER_DISK_H

#include "base/error.h"
#include "base/slice.h"

enum { DISK_NAME_SIZE = 64 };

/* Makes the directory, for its owner only, if it is missing; one that is there is left as it is. */
MUST_USE bool disk_make_directory(const char *path, struct error *err);

/* Opens a directory that nobody else may look into. ERROR_denied when others may, or when its file
 * system keeps what was overwritten (copy-on-write, log-structured) and accept_cow is not set. */
MUST_USE bool disk_open_directory(const char *path, bool accept_cow, int *out, struct error *err);

void disk_close(int directory);

/* Whether the path leads to the open directory. */
bool disk_is(int directory, const char *path);

/* Writes the bytes at an offset of an open file; `name` is for messages. */
MUST_USE bool
disk_write(int file, const char *name, struct slice bytes, uint64_t at, struct error *err);

/* fsync: data and size; for a directory, its names. */
MUST_USE bool disk_sync(int file, const char *name, struct error *err);

/* fdatasync: enough for a file whose size does not change. */
MUST_USE bool disk_sync_data(int file, const char *name, struct error *err);

/* The file has these bytes afterwards or what it had before: temporary name, sync, rename, sync of
 * the directory. */
MUST_USE bool disk_replace(int directory, const char *name, struct slice bytes, struct error *err);

/* A missing file is fine. The directory is not synced. */
MUST_USE bool disk_remove(int directory, const char *name, struct error *err);

/* Reads a whole file of at most `most` bytes; ERROR_tampered when it is larger. */
MUST_USE bool
disk_read(int directory, const char *name, void *out, size_t most, size_t *size, struct error *err);

MUST_USE bool disk_size(int directory, const char *name, size_t *size, struct error *err);

/* Sets err from errno: "FILE: cannot ACT: reason". Returns false. */
bool disk_fail(struct error *err, const char *act, const char *name);

#endif
