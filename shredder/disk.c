// SPDX-License-Identifier: Apache-2.0
#include "shredder/disk.h"

#include "shredder/vault_step.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/banned.h"

bool disk_fail(struct error *err, const char *act, const char *name)
{
    int number = errno;
    enum error_kind kind = ERROR_transient;
    if (number == ENOENT || number == ENOTDIR)
        kind = ERROR_not_found;
    else if (number == EACCES || number == EPERM || number == EROFS)
        kind = ERROR_denied;
    return error_set(err, kind, "%.256s: cannot %s: %s", name, act, strerror(number));
}

static bool step(enum step_time time, const char *act, const char *name, struct error *err)
{
    if (vault_step(time, act, name))
        return true;
    errno = ENOSPC;
    return disk_fail(err, act, name);
}

bool disk_make_directory(const char *path, struct error *err)
{
    if (mkdir(path, S_IRWXU) != 0)
        return errno == EEXIST || disk_fail(err, "make directory", path);
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return disk_fail(err, "open", path);
    int parent = openat(directory, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = parent >= 0 ? disk_sync(parent, path, err) : disk_fail(err, "open", path);
    if (parent >= 0)
        (void)close(parent);
    (void)close(directory);
    return ok;
}

/* File systems that write elsewhere and leave the old bytes where they were: statfs(2). */
static const struct {
    uint32_t magic;
    const char *name;
} keeping_file_systems[] = {
    {0x9123683e, "btrfs"},
    {0x2fc12fc1, "zfs"},
    {0x794c7630, "overlayfs"},
    {0xca451a4e, "bcachefs"},
    {0xf2f52010, "f2fs"},
    {0x3434, "nilfs"},
};

static bool check_file_system(int directory, const char *path, struct error *err)
{
    struct statfs status;
    if (fstatfs(directory, &status) != 0)
        return disk_fail(err, "look at the file system", path);
    for (size_t i = 0; i < countof(keeping_file_systems); i++) {
        if ((uint32_t)status.f_type == keeping_file_systems[i].magic)
            return error_set(
                err,
                ERROR_denied,
                "%.256s: %s keeps what is overwritten, so that a destroyed key may be found again; "
                "remedy: a directory on ext4 or xfs, or --accept-cow",
                path,
                keeping_file_systems[i].name);
    }
    return true;
}

static bool check_private(int directory, const char *path, struct error *err)
{
    struct stat status;
    if (fstat(directory, &status) != 0)
        return disk_fail(err, "look at", path);
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return error_set(
            err, ERROR_denied, "%.256s: others may look into it; remedy: chmod 700", path);
    return true;
}

bool disk_open_directory(const char *path, bool accept_cow, int *out, struct error *err)
{
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return disk_fail(err, "open", path);
    if (!check_private(directory, path, err) ||
        (!accept_cow && !check_file_system(directory, path, err))) {
        (void)close(directory);
        return false;
    }
    *out = directory;
    return true;
}

void disk_close(int directory)
{
    (void)close(directory);
}

bool disk_is(int directory, const char *path)
{
    struct stat opened;
    struct stat found;
    return fstat(directory, &opened) == 0 && stat(path, &found) == 0 &&
           opened.st_dev == found.st_dev && opened.st_ino == found.st_ino;
}

bool disk_write(int file, const char *name, struct slice bytes, uint64_t at, struct error *err)
{
    if (!step(STEP_BEFORE, "write", name, err))
        return false;
    while (bytes.size != 0) {
        ssize_t wrote = pwrite(file, bytes.data, bytes.size, (off_t)at);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return disk_fail(err, "write", name);
        bytes = slice_of(bytes.data + wrote, bytes.size - (size_t)wrote);
        at += (uint64_t)wrote;
    }
    return step(STEP_AFTER, "write", name, err);
}

static bool sync_with(int (*call)(int file), int file, const char *name, struct error *err)
{
    if (!step(STEP_BEFORE, "sync", name, err))
        return false;
    if (call(file) != 0)
        return disk_fail(err, "sync", name);
    return step(STEP_AFTER, "sync", name, err);
}

bool disk_sync(int file, const char *name, struct error *err)
{
    return sync_with(fsync, file, name, err);
}

bool disk_sync_data(int file, const char *name, struct error *err)
{
    return sync_with(fdatasync, file, name, err);
}

static bool rename_file(int directory, const char *from, const char *to, struct error *err)
{
    if (!step(STEP_BEFORE, "rename", to, err))
        return false;
    if (renameat(directory, from, directory, to) != 0)
        return disk_fail(err, "rename", to);
    return step(STEP_AFTER, "rename", to, err);
}

bool disk_replace(int directory, const char *name, struct slice bytes, struct error *err)
{
    char temporary[DISK_NAME_SIZE];
    (void)snprintf(temporary, sizeof(temporary), "%.50s.new", name);
    int file = openat(
        directory,
        temporary,
        O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
        S_IRUSR | S_IWUSR);
    if (file < 0)
        return disk_fail(err, "create", temporary);
    bool ok = disk_write(file, temporary, bytes, 0, err) && disk_sync(file, temporary, err);
    (void)close(file);
    ok = ok && rename_file(directory, temporary, name, err);
    if (!ok)
        (void)unlinkat(
            directory, temporary, 0); /* room on a full disk; else the next one replaces it */
    return ok && disk_sync(directory, "directory", err);
}

bool disk_remove(int directory, const char *name, struct error *err)
{
    if (!step(STEP_BEFORE, "remove", name, err))
        return false;
    if (unlinkat(directory, name, 0) != 0 && errno != ENOENT)
        return disk_fail(err, "remove", name);
    return step(STEP_AFTER, "remove", name, err);
}

/* Until the buffer is full or the file ends; -1 as read(2). */
static ssize_t read_up_to(int file, uint8_t *out, size_t most)
{
    size_t size = 0;
    while (size < most) {
        ssize_t got = read(file, out + size, most - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        size += (size_t)got;
    }
    return (ssize_t)size;
}

bool disk_read(
    int directory, const char *name, void *out, size_t most, size_t *size, struct error *err)
{
    int file = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0)
        return disk_fail(err, "open", name);
    uint8_t more;
    ssize_t got = read_up_to(file, out, most);
    bool ok = got >= 0 ? true : disk_fail(err, "read", name);
    if (ok && (size_t)got == most && read(file, &more, 1) == 1)
        ok = error_set(err, ERROR_tampered, "%s: is larger than it can be", name);
    (void)close(file);
    if (ok)
        *size = (size_t)got;
    return ok;
}

bool disk_size(int directory, const char *name, size_t *size, struct error *err)
{
    struct stat status;
    if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return disk_fail(err, "look at", name);
    if (!S_ISREG(status.st_mode))
        return error_set(err, ERROR_tampered, "%s: is not a file", name);
    *size = (size_t)status.st_size;
    return true;
}
