// SPDX-License-Identifier: Apache-2.0
// After a leaf was forgotten and the old cover wiped, no key that leads to it is left anywhere in the
// memory of the process: not in the cover, not on the stack where the keys were derived.
//
// What is searched for is computed by a child process and handed over masked, or the search would find
// its own needles.
#include "shredder/tree.h"
#include "support/cmocka.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    LEAF = 0x2345678,
    PATH = TREE_DEPTH + 1, /* keys from the root to the leaf */
    NEEDLES = PATH + 1,    /* and the data key */
    MASK = 0x5a,
    MOST_REGIONS = 512,
    MOST_REGION_SIZE = 64 << 20, /* larger ones are the sanitizer's, mapped and empty */
};

static uint8_t needles[NEEDLES][TREE_KEY_SIZE];

struct region {
    uintptr_t from, to;
};

/* What the process may write. Listed before there is a key: reading the list takes more of the stack
 * than the keys do, and would write over what is searched for. */
static struct region regions[MOST_REGIONS];
static size_t region_count;

/* From /proc/self/maps. It is read in pieces, so that a region that grows in between can be there twice:
 * each address counts once. */
static void list_regions(void)
{
    char line[512], access[5];
    uintptr_t listed = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps) != NULL) {
        struct region region;
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &region.from, &region.to, access) != 3)
            continue;
        if (region.from < listed)
            region.from = listed;
        if (strncmp(access, "rw", 2) != 0 || region.from >= region.to ||
            region.to - region.from > MOST_REGION_SIZE)
            continue;
        assert_true(region_count < MOST_REGIONS);
        regions[region_count++] = region;
        listed = region.to;
    }
    (void)fclose(maps);
}

/* How often each needle was found. */
struct finds {
    size_t of[NEEDLES];
};

/* Whether a needle begins with these two bytes. Most memory is passed over by this; one byte would let
 * all zeros through in every eighth run. */
static bool begins[256][256];

/* Reads memory that is nobody's, on purpose. */
__attribute__((no_sanitize_address)) static void
search_region(const struct region *region, struct finds *finds)
{
    for (uintptr_t at = region->from; at + TREE_KEY_SIZE <= region->to; at++) {
        const volatile uint8_t *bytes = (const volatile uint8_t *)at;
        if (!begins[bytes[0] ^ MASK][bytes[1] ^ MASK])
            continue;
        for (size_t i = 0; i < NEEDLES; i++) {
            size_t same = 0;
            while (same < TREE_KEY_SIZE && (bytes[same] ^ MASK) == needles[i][same])
                same++;
            finds->of[i] += same == TREE_KEY_SIZE;
        }
    }
}

static struct finds search(void)
{
    struct finds finds = {0};
    for (size_t i = 0; i < region_count; i++)
        search_region(&regions[i], &finds);
    return finds;
}

/* The keys of the path and the data key, masked. */
static void compute_needles(const uint8_t seed[static TREE_KEY_SIZE])
{
    memcpy(needles[0], seed, TREE_KEY_SIZE);
    for (size_t level = 1; level < PATH; level++)
        assert_int_equal(
            crypto_kdf_derive_from_key(
                needles[level],
                TREE_KEY_SIZE,
                LEAF >> (TREE_DEPTH - level) & 1,
                "SHRDtree",
                needles[level - 1]),
            0);
    leaf_derive(needles[PATH - 1], LEAF_DATA_KEY, needles[PATH]);
    for (size_t i = 0; i < NEEDLES; i++) {
        for (size_t at = 0; at < TREE_KEY_SIZE; at++)
            needles[i][at] ^= MASK;
    }
}

static void learn_needles(const uint8_t seed[static TREE_KEY_SIZE])
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        compute_needles(seed);
        _exit(write(ends[1], needles, sizeof(needles)) == (ssize_t)sizeof(needles) ? 0 : 1);
    }
    assert_int_equal(read(ends[0], needles, sizeof(needles)), sizeof(needles));
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    (void)close(ends[0]);
    (void)close(ends[1]);
    for (size_t i = 0; i < NEEDLES; i++)
        begins[needles[i][0]][needles[i][1]] = true;
}

static void no_key_to_a_forgotten_leaf_stays_in_memory(void **state)
{
    (void)state;
    uint8_t *keys = calloc(2, TREE_KEY_SIZE);
    struct tree before = {.nodes = calloc(1, sizeof(struct tree_node))};
    struct tree after = {.nodes = calloc(TREE_DEPTH, sizeof(struct tree_node))};
    struct tree_target target = {LEAF, TREE_DEPTH};
    assert_true(keys != NULL && before.nodes != NULL && after.nodes != NULL);
    randombytes_buf(keys, TREE_KEY_SIZE);
    learn_needles(keys);
    list_regions();
    tree_plant(&before, TREE_DEPTH, keys);
    assert_true(tree_derive(&before, LEAF, keys)); /* over the seed */
    /* The search sees what is there: the root in the cover, and the keys that were asked for. Deriving
     * them left nothing else behind. One after the other, because each wipes what came before it. */
    struct finds finds = search();
    for (size_t i = 0; i < NEEDLES; i++)
        assert_int_equal(finds.of[i], i == 0 || i == PATH - 1 ? 1 : 0);
    leaf_derive(keys, LEAF_DATA_KEY, keys + TREE_KEY_SIZE);
    finds = search();
    for (size_t i = 0; i < NEEDLES; i++)
        assert_int_equal(finds.of[i], i == 0 || i >= PATH - 1 ? 1 : 0);

    tree_puncture(&before, &target, 1, &after);
    tree_wipe(&before);
    sodium_memzero(keys, 2 * TREE_KEY_SIZE);
    finds = search();
    for (size_t i = 0; i < NEEDLES; i++)
        assert_int_equal(finds.of[i], 0);
    free(keys);
    free(before.nodes);
    free(after.nodes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_key_to_a_forgotten_leaf_stays_in_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
