// SPDX-License-Identifier: Apache-2.0
#include "shredder/scan_selftest.h"

#include "shredder/scan_files.h"
#include "shredder/scan_plants.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

enum { MOST_CASES = 64, MOST_PATH = 1024 };

struct selftest {
    char folder[MOST_PATH];
    char marks[MOST_CASES + 1][NEEDLE_MARK_SIZE + 1]; /* the last one is planted nowhere */
    struct needle values[MOST_CASES + 1];
    const char *labels[MOST_CASES + 1];
    uint8_t bytes[PLANT_FILE_SIZE];
};

static void path_of(const struct selftest *test, const char *file, char out[static MOST_PATH * 2])
{
    (void)snprintf(out, MOST_PATH * 2, "%s/%s", test->folder, file);
}

/* The folder a file of a case is in, when it has one of its own. */
static bool folder_of(const struct selftest *test, size_t number, char out[static MOST_PATH * 2])
{
    path_of(test, selftest_cases[number].file, out);
    char *slash = strrchr(out, '/');
    *slash = '\0';
    return strcmp(out, test->folder) != 0;
}

static bool plant_one(struct selftest *test, size_t number, struct error *err)
{
    char path[MOST_PATH * 2];
    struct writer out = writer_over(test->bytes, sizeof(test->bytes));
    selftest_cases[number].plant(test->marks[number], &out);
    CHECK(!out.overflow);
    if (folder_of(test, number, path) && mkdir(path, S_IRWXU) != 0 && errno != EEXIST)
        return error_set(err, ERROR_fatal, "cannot make %.300s (errno %d)", path, errno);
    path_of(test, selftest_cases[number].file, path);
    FILE *file = fopen(path, "wb");
    bool written = file != NULL && fwrite(test->bytes, 1, out.size, file) == out.size;
    if (file != NULL)
        written = fclose(file) == 0 && written;
    return written || error_set(err, ERROR_fatal, "cannot write %.300s", path);
}

static bool plant_all(struct selftest *test, struct error *err)
{
    for (size_t i = 0; i <= selftest_case_count; i++) {
        needle_mark(test->marks[i]);
        test->values[i] =
            (struct needle){.value = slice_of(test->marks[i], NEEDLE_MARK_SIZE), .is_text = true};
        test->labels[i] = i < selftest_case_count ? selftest_cases[i].name : "planted nowhere";
        if (i < selftest_case_count && !plant_one(test, i, err))
            return false;
    }
    return true;
}

static void remove_all(const struct selftest *test)
{
    char path[MOST_PATH * 2];
    for (size_t i = 0; i < selftest_case_count; i++) {
        path_of(test, selftest_cases[i].file, path);
        (void)unlink(path);
        if (folder_of(test, i, path))
            (void)rmdir(path);
    }
    (void)rmdir(test->folder);
}

/* Found once at least, and each time as it was planted: a mark that is found in plain beside its
 * compressed form was not hidden, and would prove nothing. */
static bool is_found(const struct scan *scan, size_t number)
{
    const struct selftest_case *one = &selftest_cases[number];
    size_t found = 0;
    for (size_t i = 0; i < scan->hit_count; i++) {
        const struct scan_hit *hit = &scan->hits[i];
        if (hit->needle != number)
            continue;
        if (hit->layer != one->layer || hit->form != one->form || hit->file == NULL ||
            strstr(hit->file, one->file) == NULL)
            return false;
        found++;
    }
    return found != 0;
}

static bool judge(const struct scan *scan)
{
    bool passed = scan->troubles_in_all == 0;
    for (size_t i = 0; i < selftest_case_count; i++) {
        bool found = is_found(scan, i);
        (void)printf("%-28s %s\n", selftest_cases[i].name, found ? "found" : "NOT FOUND");
        passed = passed && found;
    }
    for (size_t i = 0; i < scan->hit_count; i++)
        passed = passed && scan->hits[i].needle != selftest_case_count;
    (void)printf(
        "self-test: %s, %zu kinds of store\n", passed ? "passed" : "FAILED", selftest_case_count);
    return passed;
}

bool scan_selftest(const char *folder, bool *passed, struct error *err)
{
    struct scan scan;
    CHECK(selftest_case_count <= MOST_CASES);
    struct selftest *test = calloc(1, sizeof(*test));
    if (test == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    (void)snprintf(test->folder, sizeof(test->folder), "%.900s/scan-XXXXXX", folder);
    if (mkdtemp(test->folder) == NULL) {
        free(test);
        return error_set(err, ERROR_invalid, "cannot make a folder in %.300s", folder);
    }
    bool done = plant_all(test, err);
    const struct needles needles = {
        .values = test->values, .labels = test->labels, .count = selftest_case_count + 1};
    if (done && scan_begin(&scan, &needles, err)) {
        progress_begin(&scan.progress, "self-test", 0, true);
        (void)!scan_path(&scan, test->folder);
        *passed = judge(&scan);
        scan_end(&scan);
    } else {
        done = false;
    }
    remove_all(test);
    free(test);
    return done;
}
