// SPDX-License-Identifier: Apache-2.0
#include "command/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

static const char *fault_of(int fd)
{
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return "not a file";
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return "others may read it; remedy: chmod 600";
    return status.st_size == SECRET_SIZE ? NULL : "must have exactly 32 bytes";
}

bool secret_read(
    const char *what, const char *path, uint8_t key[static SECRET_SIZE], struct error *err)
{
    uint8_t bytes[SECRET_SIZE];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(err, ERROR_invalid, "%s %.300s: %s", what, path, strerror(errno));
    const char *fault = fault_of(fd);
    if (fault == NULL && read(fd, bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes))
        fault = "cannot be read";
    (void)close(fd);
    if (fault == NULL)
        memcpy(key, bytes, sizeof(bytes));
    sodium_memzero(bytes, sizeof(bytes));
    return fault == NULL || error_set(err, ERROR_invalid, "%s %.300s: %s", what, path, fault);
}
