// SPDX-License-Identifier: Apache-2.0
#include "shredder/scan_files.h"

#include "runtime/signals.h"
#include "shredder/scan_kafka.h"
#include "shredder/scan_postgres.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

enum {
    PIECE = 1024 * 1024,
    MOST_PATH = 4096,
    MOST_DEPTH = 64,
    SYSTEM_PAGE = 4096, /* pages of tables are aligned to this in memory images */
};

/* ---- the bytes of one file ---- */

struct reading {
    struct scan *scan;
    int fd;
    uint8_t *buffer; /* kept bytes of the piece before, then a piece */
    size_t kept;
    uint64_t at; /* of the piece */
    struct toast_chunks chunks;
};

/* Pages are where they would be in a file or, in an image of memory, where memory pages begin. */
static void look_for_pages(struct reading *reading, struct slice piece)
{
    for (size_t at = 0; at + PAGE_SIZE_OF_POSTGRES <= piece.size; at += SYSTEM_PAGE) {
        if (scan_is_page(piece.data + at))
            scan_page(reading->scan, &reading->chunks, piece.data + at, reading->at + at);
    }
}

static void look_at_piece(struct reading *reading, size_t size)
{
    struct scan *scan = reading->scan;
    size_t repeated = matcher_longest(scan->matcher) - 1;
    struct slice all = slice_of(reading->buffer, reading->kept + size);
    look_for_pages(reading, slice_of(reading->buffer + reading->kept, size));
    scan->seen_until = reading->at; /* a match inside the kept bytes was found before */
    scan_bytes(scan, LAYER_RAW, all, reading->at - reading->kept);
    scan->seen_until = 0;
    scan->layers[LAYER_RAW].bytes -= (int64_t)reading->kept;
    reading->kept = all.size < repeated ? all.size : repeated;
    memmove(reading->buffer, all.data + all.size - reading->kept, reading->kept);
    reading->at += size;
    progress_update(&scan->progress, scan->layers[LAYER_RAW].bytes, scan->file);
}

static bool read_pieces(struct reading *reading)
{
    while (!signals_stop()) {
        uint8_t *into = reading->buffer + reading->kept;
        size_t size = 0;
        while (size < PIECE) {
            ssize_t got =
                pread(reading->fd, into + size, PIECE - size, (off_t)(reading->at + size));
            if (got < 0) {
                scan_trouble(reading->scan, "cannot be read to its end (errno %d)", errno);
                return true;
            }
            if (got == 0)
                break;
            size += (size_t)got;
        }
        if (size == 0)
            return true;
        look_at_piece(reading, size);
    }
    return false;
}

static bool scan_content(struct scan *scan, int fd)
{
    struct reading reading = {.scan = scan, .fd = fd};
    reading.buffer = malloc(PIECE + matcher_longest(scan->matcher));
    if (reading.buffer == NULL) {
        scan_trouble(scan, "out of memory");
        return true;
    }
    scan_part(scan, LAYER_RAW);
    bool done = read_pieces(&reading);
    scan_chunks(scan, &reading.chunks);
    toast_chunks_release(&reading.chunks);
    free(reading.buffer);
    return done;
}

/* A segment of WAL in one piece: its records go over pages. */
static void look_at_wal(struct scan *scan, int fd, int64_t size)
{
    uint8_t first[PAGE_SIZE_OF_POSTGRES];
    if (size % PAGE_SIZE_OF_POSTGRES != 0 || size > WAL_SEGMENT_MOST ||
        pread(fd, first, sizeof(first), 0) != (ssize_t)sizeof(first) ||
        !scan_is_wal(slice_of(first, sizeof(first))))
        return;
    uint8_t *segment = malloc((size_t)size);
    ssize_t got = segment != NULL ? pread(fd, segment, (size_t)size, 0) : -1;
    if (got > 0)
        scan_wal(scan, slice_of(segment, (size_t)got));
    else
        scan_trouble(scan, "out of memory for the WAL records of this segment");
    free(segment);
}

static bool is_needle_file(const struct scan *scan, const struct stat *status)
{
    return status->st_dev == scan->needles->device && status->st_ino == scan->needles->inode;
}

static bool scan_file(struct scan *scan, const char *path, const struct stat *status)
{
    if (is_needle_file(scan, status))
        return true;
    scan->file = path;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        if (errno != ENOENT) /* gone while we looked */
            scan_trouble(scan, "cannot be opened (errno %d)", errno);
        return true;
    }
    bool done = scan_content(scan, fd);
    if (done && S_ISREG(status->st_mode))
        look_at_wal(scan, fd, status->st_size);
    if (done && scan_is_segment(path))
        scan_segment(scan, fd);
    (void)close(fd);
    return done;
}

/* ---- folders ---- */

/* Calls `visit` for all regular files below; false: it said stop. */
typedef bool visit_function(void *context, const char *path, const struct stat *status);

struct walk {
    struct scan *scan; /* NULL: nobody to tell of trouble */
    visit_function *visit;
    void *context;
};

static bool walk_folder(const struct walk *walk, const char *path, int depth);

static bool walk_entry(const struct walk *walk, const char *path, int depth)
{
    struct stat status;
    if (lstat(path, &status) != 0)
        return true;
    if (S_ISDIR(status.st_mode))
        return walk_folder(walk, path, depth + 1);
    return !S_ISREG(status.st_mode) || walk->visit(walk->context, path, &status);
}

static bool walk_folder(const struct walk *walk, const char *path, int depth)
{
    char below[MOST_PATH];
    bool going_on = true;
    DIR *folder = depth < MOST_DEPTH ? opendir(path) : NULL;
    if (folder == NULL) {
        if (walk->scan != NULL && errno != ENOENT) {
            walk->scan->file = path;
            scan_trouble(walk->scan, "the folder cannot be opened (errno %d)", errno);
        }
        return true;
    }
    for (const struct dirent *entry = readdir(folder); going_on && entry != NULL;
         entry = readdir(folder)) {
        bool is_dots = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        int size = snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
        if (!is_dots && size > 0 && (size_t)size < sizeof(below))
            going_on = walk_entry(walk, below, depth);
    }
    (void)closedir(folder);
    return going_on;
}

static bool visit_scan(void *context, const char *path, const struct stat *status)
{
    return scan_file(context, path, status);
}

bool scan_path(struct scan *scan, const char *path)
{
    struct stat status;
    scan->file = path;
    if (stat(path, &status) != 0) {
        scan_trouble(scan, "is not there, or not for us (errno %d)", errno);
        return true;
    }
    if (!S_ISDIR(status.st_mode))
        return scan_file(scan, path, &status);
    const struct walk walk = {.scan = scan, .visit = visit_scan, .context = scan};
    return walk_folder(&walk, path, 0);
}

static bool visit_size(void *context, const char *path, const struct stat *status)
{
    (void)path;
    int64_t *sum = context;
    *sum += status->st_size;
    return true;
}

int64_t scan_estimate(const char *path)
{
    int64_t sum = 0;
    const struct walk walk = {.visit = visit_size, .context = &sum};
    (void)walk_entry(&walk, path, 0);
    return sum;
}

/* ---- swap ---- */

bool scan_swap(struct scan *scan)
{
    char line[MOST_PATH];
    bool going_on = true;
    FILE *file = fopen("/proc/swaps", "r");
    scan->file = "/proc/swaps";
    if (file == NULL) {
        scan_trouble(scan, "cannot be read (errno %d)", errno);
        return true;
    }
    bool is_head = true;
    while (going_on && fgets(line, sizeof(line), file) != NULL) {
        char *end = strchr(line, ' ');
        if (!is_head && end != NULL) {
            *end = '\0';
            going_on = scan_path(scan, line);
        }
        is_head = false;
    }
    (void)fclose(file);
    return going_on;
}
