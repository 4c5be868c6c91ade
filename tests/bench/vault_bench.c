// SPDX-License-Identifier: Apache-2.0
// What a change of the vault costs, beside the same bytes written and synced without a vault. Prints one
// JSON line.
//
//     vault_bench FOLDER ERASED HOLDERS SEED    a million subjects, so many erased in one batch, then
//                                               some more, one by one; the folder must be empty
#include "base/clock.h"
#include "base/text.h"
#include "runtime/exit_code.h"
#include "shredder/key_vault.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SUBJECTS = 1000000, SINGLES = 21, PATH_ROOM = 512, MOST_HOLDERS = 2 };

struct bench {
    char vault[PATH_ROOM];
    char holders[MOST_HOLDERS][PATH_ROOM];
    char bare[PATH_ROOM];
    struct vault_settings settings;
    struct key_vault *opened;
    struct vault_target *targets; /* different subjects, in random order */
};

static void check(bool ok, const struct error *err)
{
    if (ok)
        return;
    (void)fprintf(stderr, "vault_bench: %s\n", err->text);
    exit(EXIT_CODE_FAILED);
}

static double ms_since(int64_t start_us)
{
    return (double)(clock_monotonic_us() - start_us) / 1e3;
}

static int by_size(const void *left, const void *right)
{
    const double *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

static double median(double *values)
{
    qsort(values, SINGLES, sizeof(*values), by_size);
    return values[SINGLES / 2];
}

static uint64_t draw(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static struct vault_target *draw_subjects(size_t count, uint64_t seed)
{
    struct vault_target *subjects = calloc(SUBJECTS, sizeof(*subjects));
    CHECK(subjects != NULL);
    for (uint64_t i = 0; i < SUBJECTS; i++)
        subjects[i] =
            (struct vault_target){TREE_SUBJECTS, {i * LEAVES_PER_SUBJECT, TREE_DEPTH - 3}};
    for (size_t i = 0; i < count; i++) {
        size_t other = i + (size_t)(draw(&seed) % (SUBJECTS - i));
        struct vault_target kept = subjects[i];
        subjects[i] = subjects[other];
        subjects[other] = kept;
    }
    return subjects;
}

static void make_vault(struct bench *bench)
{
    struct error err;
    uint64_t first;
    check(key_vault_init(&bench->settings, &err), &err);
    check(key_vault_open(&bench->opened, &bench->settings, &err), &err);
    while (key_vault_reserved(bench->opened) < SUBJECTS)
        check(key_vault_reserve(bench->opened, &first, &err), &err);
}

static double puncture_ms(struct bench *bench, size_t first, size_t count)
{
    struct error err;
    int64_t start_us = clock_monotonic_us();
    check(key_vault_puncture(bench->opened, bench->targets + first, count, NULL, 0, &err), &err);
    return ms_since(start_us);
}

static size_t tree_bytes(const struct bench *bench)
{
    struct stat status;
    char path[2 * PATH_ROOM];
    (void)snprintf(
        path, sizeof(path), "%s/tree.%" PRIu64, bench->vault, key_vault_generation(bench->opened));
    CHECK(stat(path, &status) == 0);
    return (size_t)status.st_size;
}

static void write_and_sync(const char *path, const uint8_t *bytes, size_t size)
{
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    CHECK(file >= 0 && write(file, bytes, size) == (ssize_t)size && fsync(file) == 0);
    CHECK(close(file) == 0);
}

/* A commit's six syncs and its bytes, in each place: tree file, its name, slot, ledger, slot, name. */
static double bare_ms(const struct bench *bench, const uint8_t *bytes, size_t size)
{
    char path[2 * PATH_ROOM];
    int64_t start_us = clock_monotonic_us();
    for (size_t place = 0; place <= bench->settings.holder_count; place++) {
        int directory = open(bench->bare, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        CHECK(directory >= 0);
        (void)snprintf(path, sizeof(path), "%s/tree", bench->bare);
        (void)unlink(path);
        write_and_sync(path, bytes, size);
        CHECK(fsync(directory) == 0);
        (void)snprintf(path, sizeof(path), "%s/slot", bench->bare);
        write_and_sync(path, bytes, 4096);
        write_and_sync(path, bytes, 200);
        write_and_sync(path, bytes, 4096);
        CHECK(fsync(directory) == 0 && close(directory) == 0);
    }
    return ms_since(start_us);
}

static double open_ms(struct bench *bench)
{
    struct error err;
    key_vault_close(bench->opened);
    int64_t start_us = clock_monotonic_us();
    check(key_vault_open(&bench->opened, &bench->settings, &err), &err);
    return ms_since(start_us);
}

static int measure(struct bench *bench, size_t erased)
{
    double singles[SINGLES], bare[SINGLES];
    make_vault(bench);
    double batch = puncture_ms(bench, 0, erased);
    size_t size = tree_bytes(bench);
    uint8_t *bytes = calloc(1, size + 4096);
    CHECK(bytes != NULL);
    for (size_t i = 0; i < SINGLES; i++) { /* in turns, so that both meet the same disk */
        singles[i] = puncture_ms(bench, erased + i, 1);
        bare[i] = bare_ms(bench, bytes, size);
    }
    double opened = open_ms(bench);
    free(bytes);
    key_vault_close(bench->opened);
    (void)printf(
        "{\"bytes\": %zu, \"batch_ms\": %.3f, \"single_ms\": %.3f, \"bare_ms\": %.3f, "
        "\"open_ms\": %.3f}\n",
        size,
        batch,
        median(singles),
        median(bare),
        opened);
    return EXIT_CODE_OK;
}

static void place(struct bench *bench, const char *folder, size_t holders)
{
    (void)snprintf(bench->vault, PATH_ROOM, "%.400s/vault", folder);
    (void)snprintf(bench->bare, PATH_ROOM, "%.400s/bare", folder);
    CHECK(mkdir(bench->bare, S_IRWXU) == 0);
    bench->settings = (struct vault_settings){
        .directory = bench->vault,
        .holder_count = holders,
        .accept_cow = true,
        .allow_unlocked = true,
        .locked_memory = (size_t)64 << 20};
    for (size_t i = 0; i < holders; i++) {
        (void)snprintf(bench->holders[i], PATH_ROOM, "%.400s/holder.%zu", folder, i);
        bench->settings.holders[i] = bench->holders[i];
    }
}

int main(int argc, char **argv)
{
    static struct bench bench;
    int64_t erased, holders, seed;
    if (argc != 5 || !text_parse_i64(slice_of_text(argv[2]), &erased) ||
        !text_parse_i64(slice_of_text(argv[3]), &holders) ||
        !text_parse_i64(slice_of_text(argv[4]), &seed) || erased < 1 ||
        erased > LEDGER_MOST_TARGETS || holders < 0 || holders > MOST_HOLDERS) {
        (void)fprintf(stderr, "usage: vault_bench FOLDER ERASED HOLDERS SEED\n");
        return EXIT_CODE_USAGE;
    }
    place(&bench, argv[1], (size_t)holders);
    bench.targets = draw_subjects((size_t)erased + SINGLES, (uint64_t)seed);
    int code = measure(&bench, (size_t)erased);
    free(bench.targets);
    return code;
}
