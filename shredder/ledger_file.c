// SPDX-License-Identifier: Apache-2.0
// The ledger's file: walked record by record, continued at its end.
#include "shredder/disk.h"
#include "shredder/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

/* The largest record there can be; who says more has damaged the file. */
enum { MOST_RECORD = 256 + LEDGER_MOST_TARGETS * (11 + 16) };

static bool lock_file(int file, bool shared)
{
    while (flock(file, shared ? LOCK_SH : LOCK_EX) != 0) {
        if (errno != EINTR)
            return false;
    }
    return true;
}

/* Locked until it is closed, so that who verifies never sees half a record of who appends. */
static bool open_ledger(int directory, int flags, int *out, uint64_t *size, struct error *err)
{
    struct stat status;
    int file = openat(directory, LEDGER_FILE, flags | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (file < 0)
        return disk_fail(err, "open", LEDGER_FILE);
    if (!lock_file(file, (flags & O_ACCMODE) == O_RDONLY) || fstat(file, &status) != 0) {
        (void)disk_fail(err, "lock", LEDGER_FILE);
        (void)close(file);
        return false;
    }
    *out = file;
    *size = (uint64_t)status.st_size;
    return true;
}

/* Exactly `size` bytes. */
static bool read_at(int file, void *out, size_t size, uint64_t at, struct error *err)
{
    uint8_t *to = out;
    while (size != 0) {
        ssize_t got = pread(file, to, size, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return disk_fail(err, "read", LEDGER_FILE);
        if (got == 0)
            return error_set(err, ERROR_tampered, "ledger: is cut off at byte %" PRIu64, at);
        to += got;
        size -= (size_t)got;
        at += (uint64_t)got;
    }
    return true;
}

/* Reads the record behind the head and follows it. */
static bool walk_one(
    int file, struct ledger_head *head, uint8_t *room, const uint8_t *public_key, struct error *err)
{
    uint32_t size;
    if (!read_at(file, &size, sizeof(size), head->size, err))
        return false;
    size = __builtin_bswap32(size);
    if (size < sizeof(size) || size > MOST_RECORD)
        return error_set(
            err, ERROR_tampered, "ledger: record %" PRIu64 " is no record", head->records + 1);
    return read_at(file, room, size, head->size, err) &&
           ledger_follow(head, slice_of(room, size), public_key, err);
}

bool ledger_check(
    int directory,
    uint64_t end,
    const uint8_t *public_key,
    struct ledger_head *out,
    struct error *err)
{
    struct ledger_head head = {0};
    int file;
    uint64_t size;
    if (!open_ledger(directory, O_RDONLY, &file, &size, err))
        return false;
    uint8_t *room = malloc(MOST_RECORD);
    bool ok = room != NULL || error_set(err, ERROR_fatal, "no memory to read the ledger");
    uint64_t stop = end < size ? end : size;
    while (ok && head.size < stop)
        ok = walk_one(file, &head, room, public_key, err);
    if (ok && end != UINT64_MAX && head.size != end)
        ok = error_set(
            err, ERROR_tampered, "ledger: ends at byte %" PRIu64 " and not %" PRIu64, size, end);
    free(room);
    (void)close(file);
    if (ok)
        *out = head;
    return ok;
}

static bool write_record(int file, uint64_t at, struct slice record, struct error *err)
{
    return disk_write(file, LEDGER_FILE, record, at, err) && disk_sync(file, LEDGER_FILE, err);
}

bool ledger_settle(
    int directory, const struct ledger_head *before, struct slice record, struct error *err)
{
    int file;
    uint64_t size;
    if (!open_ledger(directory, O_RDWR | O_CREAT, &file, &size, err))
        return false;
    bool ok;
    if (size < before->size)
        ok = error_set(err, ERROR_tampered, "ledger: is cut off at byte %" PRIu64, size);
    else if (size > before->size + record.size)
        ok = error_set(
            err,
            ERROR_tampered,
            "ledger: goes on behind its last record, %" PRIu64,
            before->records + 1);
    else
        ok = write_record(file, before->size, record, err);
    (void)close(file);
    return ok;
}

static bool copy_bytes(int from, int to, uint64_t at, uint64_t end, struct error *err)
{
    uint8_t block[16384];
    while (at < end) {
        size_t size = end - at < sizeof(block) ? (size_t)(end - at) : sizeof(block);
        if (!read_at(from, block, size, at, err) ||
            !disk_write(to, LEDGER_FILE, slice_of(block, size), at, err))
            return false;
        at += size;
    }
    if (ftruncate(to, (off_t)end) != 0)
        return disk_fail(err, "cut", LEDGER_FILE);
    return disk_sync(to, LEDGER_FILE, err);
}

bool ledger_copy(int directory, int copy_directory, uint64_t from, uint64_t end, struct error *err)
{
    int source;
    int copy;
    uint64_t size;
    if (!open_ledger(directory, O_RDONLY, &source, &size, err))
        return false;
    bool ok = open_ledger(copy_directory, O_RDWR | O_CREAT, &copy, &size, err);
    if (ok) {
        ok = copy_bytes(source, copy, from < size ? from : size, end, err);
        (void)close(copy);
    }
    (void)close(source);
    return ok;
}
