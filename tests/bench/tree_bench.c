// SPDX-License-Identifier: Apache-2.0
// What the key tree costs, beside the calls of crypto_kdf it cannot do without. Prints one JSON line.
//
//     tree_bench derive DEPTH KEYS      keys of random leaves from a fresh tree
//     tree_bench erase ERASED SEED      a million subjects of eight leaves, so many erased in one batch
#include "base/clock.h"
#include "base/text.h"
#include "runtime/exit_code.h"
#include "shredder/tree.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

enum { SUBJECTS = 1000000, SUBJECT_DEPTH = TREE_DEPTH - 3, DERIVED = 20000 };

static uint64_t draw(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static double seconds_since(int64_t start_us)
{
    return (double)(clock_monotonic_us() - start_us) / 1e6;
}

/* Seconds for this many calls of the KDF, each on what the one before gave. */
static double bare_seconds(int64_t calls)
{
    uint8_t key[TREE_KEY_SIZE] = {1};
    int64_t start_us = clock_monotonic_us();
    for (int64_t i = 0; i < calls; i++)
        CHECK(crypto_kdf_derive_from_key(key, sizeof(key), 0, "SHRDtree", key) == 0);
    return seconds_since(start_us);
}

/* Seconds for the keys of so many random leaves, all of them live. */
static double derive_seconds(const struct tree *tree, int64_t keys, uint64_t leaves)
{
    uint8_t key[TREE_KEY_SIZE];
    uint64_t state = 5;
    int64_t start_us = clock_monotonic_us();
    for (int64_t derived = 0; derived < keys;)
        derived += tree_derive(tree, draw(&state) % leaves, key);
    return seconds_since(start_us);
}

static int derive(uint8_t depth, int64_t keys)
{
    static const uint8_t seed[TREE_KEY_SIZE] = {7};
    struct tree_node root;
    struct tree tree = {.nodes = &root};
    tree_plant(&tree, depth, seed);
    (void)printf(
        "{\"keys_per_second\": %.0f, \"bare_per_second\": %.0f}\n",
        (double)keys / derive_seconds(&tree, keys, tree_width(&tree, 0)),
        (double)keys / bare_seconds(keys * depth));
    return EXIT_CODE_OK;
}

/* So many different subjects, by the first steps of a shuffle of all. */
static struct tree_target *draw_subjects(size_t count, uint64_t seed)
{
    struct tree_target *subjects = calloc(SUBJECTS, sizeof(*subjects));
    CHECK(subjects != NULL);
    for (uint64_t i = 0; i < SUBJECTS; i++)
        subjects[i] = (struct tree_target){i * 8, SUBJECT_DEPTH};
    for (size_t i = 0; i < count; i++) {
        size_t other = i + (size_t)(draw(&seed) % (SUBJECTS - i));
        struct tree_target kept = subjects[i];
        subjects[i] = subjects[other];
        subjects[other] = kept;
    }
    return subjects;
}

/* Counts, takes memory and carves; the nodes are the caller's. */
static double puncture_seconds(
    const struct tree *tree, struct tree_target *targets, size_t count, struct tree *out)
{
    int64_t start_us = clock_monotonic_us();
    out->nodes = calloc(tree_puncture_room(tree, targets, count), sizeof(*out->nodes));
    CHECK(out->nodes != NULL);
    tree_puncture(tree, targets, count, out);
    return seconds_since(start_us);
}

/* A batch, and one more after it. */
static int erase(size_t erased, uint64_t seed)
{
    static const uint8_t root_key[TREE_KEY_SIZE] = {7};
    struct tree_target *subjects = draw_subjects(erased + 1, seed);
    struct tree_node root;
    struct tree whole = {.nodes = &root};
    tree_plant(&whole, TREE_DEPTH, root_key);
    double fresh = derive_seconds(&whole, DERIVED, SUBJECTS * UINT64_C(8));
    struct tree after, more;
    double batch = puncture_seconds(&whole, subjects, erased, &after);
    double single = puncture_seconds(&after, &subjects[erased], 1, &more);
    int64_t start_us = clock_monotonic_us();
    memcpy(more.nodes, after.nodes, after.count * sizeof(*after.nodes));
    double copy = seconds_since(start_us);
    /* Each node that is split is two calls and one node more; each subject takes one away. */
    double bare = bare_seconds(2 * (int64_t)(after.count - 1 + erased));
    (void)printf(
        "{\"nodes\": %zu, \"bytes\": %zu, \"batch_ms\": %.3f, \"bare_ms\": %.3f, "
        "\"one_more_ms\": %.3f, \"copy_ms\": %.3f, \"keys_per_second\": %.0f, "
        "\"fresh_keys_per_second\": %.0f}\n",
        after.count,
        tree_saved_size(&after),
        batch * 1e3,
        bare * 1e3,
        single * 1e3,
        copy * 1e3,
        DERIVED / derive_seconds(&after, DERIVED, SUBJECTS * UINT64_C(8)),
        DERIVED / fresh);
    free(subjects);
    free(after.nodes);
    free(more.nodes);
    return EXIT_CODE_OK;
}

int main(int argc, char **argv)
{
    int64_t first = 0, second = 0;
    bool numbers = argc == 4 && text_parse_i64(slice_of_text(argv[2]), &first) &&
                   text_parse_i64(slice_of_text(argv[3]), &second) && first > 0 && second > 0;
    if (numbers && strcmp(argv[1], "derive") == 0 && first <= TREE_MOST_DEPTH)
        return derive((uint8_t)first, second);
    if (numbers && strcmp(argv[1], "erase") == 0 && first < SUBJECTS)
        return erase((size_t)first, (uint64_t)second);
    (void)fprintf(stderr, "usage: tree_bench derive DEPTH KEYS | tree_bench erase ERASED SEED\n");
    return EXIT_CODE_USAGE;
}
