// SPDX-License-Identifier: Apache-2.0
#include "shredder/scan_needles.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

enum { MOST_FILE = 64 * 1024 * 1024 };

static bool add(struct needles *needles, struct needle value, const char *label)
{
    if (needles->count == needles->capacity) {
        size_t capacity = needles->capacity != 0 ? needles->capacity * 2 : 256;
        struct needle *values = realloc(needles->values, capacity * sizeof(*values));
        if (values != NULL)
            needles->values = values;
        const char **labels = realloc(needles->labels, capacity * sizeof(*labels));
        if (labels != NULL)
            needles->labels = labels;
        if (values == NULL || labels == NULL)
            return false;
        needles->capacity = capacity;
    }
    needles->values[needles->count] = value;
    needles->labels[needles->count++] = label;
    return true;
}

/* Splits the line at its tabs, in place. */
static bool read_line(struct needles *needles, char *line)
{
    char *value = strchr(line, '\t');
    char *label = value != NULL ? strchr(value + 1, '\t') : NULL;
    if (label == NULL || label[1] == '\0')
        return false;
    *value++ = '\0';
    *label++ = '\0';
    struct needle needle = {
        .value = slice_of(value, strlen(value)), .is_text = strcmp(line, "text") == 0};
    if (!needle.is_text) {
        size_t size;
        uint8_t *bytes = (uint8_t *)value; /* two digits become a byte: it fits */
        if (strcmp(line, "hex") != 0 ||
            sodium_hex2bin(bytes, needle.value.size, value, needle.value.size, NULL, &size, NULL) !=
                0)
            return false;
        needle.value = slice_of(bytes, size);
    }
    return needle.value.size >= NEEDLE_LEAST && add(needles, needle, label);
}

static bool read_lines(struct needles *needles, const char *path, struct error *err)
{
    size_t number = 0;
    char *rest = NULL;
    for (char *line = strtok_r((char *)needles->bytes, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        number++;
        if (line[0] != '#' && !read_line(needles, line))
            return error_set(
                err, ERROR_invalid, "%.300s: line %zu (of those with text) is wrong", path, number);
    }
    return needles->count != 0 || error_set(err, ERROR_not_found, "%.300s holds no needle", path);
}

static bool read_bytes(struct needles *needles, int fd, const char *path, struct error *err)
{
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > MOST_FILE)
        return error_set(err, ERROR_invalid, "%.300s is no list of needles", path);
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return error_set(
            err, ERROR_denied, "%.300s may be read by others; remedy: chmod 600 it", path);
    needles->device = status.st_dev;
    needles->inode = status.st_ino;
    needles->bytes_size = (size_t)status.st_size + 1;
    needles->bytes = calloc(1, needles->bytes_size);
    if (needles->bytes == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    for (size_t at = 0; at + 1 < needles->bytes_size;) {
        ssize_t size = read(fd, needles->bytes + at, needles->bytes_size - 1 - at);
        if (size <= 0)
            return error_set(err, ERROR_invalid, "%.300s cannot be read", path);
        at += (size_t)size;
    }
    return true;
}

bool needles_read(struct needles *needles, const char *path, struct error *err)
{
    *needles = (struct needles){.count = 0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(
            err,
            errno == ENOENT ? ERROR_not_found : ERROR_invalid,
            "cannot read %.300s (errno %d)",
            path,
            errno);
    bool done = read_bytes(needles, fd, path, err) && read_lines(needles, path, err);
    (void)close(fd);
    if (!done)
        needles_release(needles);
    return done;
}

void needles_release(struct needles *needles)
{
    if (needles->bytes != NULL)
        sodium_memzero(needles->bytes, needles->bytes_size);
    free(needles->bytes);
    free(needles->values);
    free(needles->labels);
    *needles = (struct needles){.count = 0};
}

void needle_mark(char out[static NEEDLE_MARK_SIZE + 1])
{
    /* Small only: what is made small on the way, as addresses of e-mail are, is found too. */
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    for (size_t i = 0; i < NEEDLE_MARK_SIZE; i++)
        out[i] = letters[randombytes_uniform(sizeof(letters) - 1)];
    out[NEEDLE_MARK_SIZE] = '\0';
}

bool needles_plant(const char *path, size_t count, const char *label, struct error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (file == NULL)
        return error_set(
            err,
            errno == EEXIST ? ERROR_conflict : ERROR_invalid,
            "cannot make %.300s (errno %d)",
            path,
            errno);
    for (size_t i = 0; i < count; i++) {
        char mark[NEEDLE_MARK_SIZE + 1];
        needle_mark(mark);
        (void)fprintf(file, "text\t%s\t%s %zu\n", mark, label, i + 1);
    }
    bool written = ferror(file) == 0;
    written = fclose(file) == 0 && written;
    return written || error_set(err, ERROR_fatal, "%.300s could not be written", path);
}
