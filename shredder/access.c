// SPDX-License-Identifier: Apache-2.0
#include "shredder/access.h"

#include "base/clock.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/banned.h"

enum {
    SLOTS = 2 * ACCESS_MOST_ROWS,
    PSEUDONYM_SIZE = 16,
    PIECE = 1000, /* rows of one statement */
    NOBODY = 0,   /* no tree has this number */
    MINUTE_US = 60 * 1000 * 1000,
};

struct access_count {
    struct leaf leaf; /* tree NOBODY: whoever found no room */
    int64_t leases;
    uint16_t instance;
    uint8_t purpose;
};

bool access_init(struct access_counts *counts)
{
    *counts = (struct access_counts){
        .rows = calloc(ACCESS_MOST_ROWS, sizeof(struct access_count)),
        .slots = calloc(SLOTS, sizeof(uint32_t)),
        .written = calloc(ACCESS_MOST_ROWS, sizeof(struct access_count)),
        .instances = calloc(ACCESS_MOST_INSTANCES, sizeof(*counts->instances))};
    return counts->rows != NULL && counts->slots != NULL && counts->written != NULL &&
           counts->instances != NULL;
}

void access_release(struct access_counts *counts)
{
    free(counts->rows);
    free(counts->slots);
    free(counts->written);
    free(counts->instances);
    *counts = (struct access_counts){0};
}

/* ---- counting ---- */

/* Those that are named by what is counted; the last place is for those that found none. */
static uint16_t find_instance(struct access_counts *counts, const char *instance)
{
    for (size_t i = 0; i < counts->instance_count; i++) {
        if (strcmp(counts->instances[i], instance) == 0)
            return (uint16_t)i;
    }
    if (counts->instance_count == ACCESS_MOST_INSTANCES - 1) {
        static const char others[] = "(others)";
        memcpy(counts->instances[ACCESS_MOST_INSTANCES - 1], others, sizeof(others));
        return ACCESS_MOST_INSTANCES - 1;
    }
    size_t length = strnlen(instance, ACCESS_INSTANCE_SIZE - 1);
    memset(counts->instances[counts->instance_count], 0, ACCESS_INSTANCE_SIZE);
    memcpy(counts->instances[counts->instance_count], instance, length);
    return (uint16_t)counts->instance_count++;
}

static bool same(const struct access_count *a, const struct access_count *b)
{
    return a->leaf.number == b->leaf.number && a->leaf.tree == b->leaf.tree &&
           a->instance == b->instance && a->purpose == b->purpose;
}

static uint32_t *find_slot(struct access_counts *counts, const struct access_count *wanted)
{
    uint64_t home = wanted->leaf.number ^ (uint64_t)wanted->instance << 40 ^
                    (uint64_t)wanted->purpose << 56 ^ (uint64_t)wanted->leaf.tree << 32;
    home *= UINT64_C(0x9e3779b97f4a7c15);
    for (size_t at = (size_t)(home >> 32) % SLOTS;; at = (at + 1) % SLOTS) {
        uint32_t *slot = &counts->slots[at];
        if (*slot == 0 || same(&counts->rows[*slot - 1], wanted))
            return slot;
    }
}

static void add(struct access_counts *counts, const struct access_count *one)
{
    uint32_t *slot = find_slot(counts, one);
    if (*slot == 0) {
        counts->rows[counts->count++] = *one;
        *slot = (uint32_t)counts->count;
    }
    counts->rows[*slot - 1].leases++;
}

void access_note(
    struct access_counts *counts, const char *instance, uint8_t purpose, struct leaf leaf)
{
    struct access_count one = {.instance = find_instance(counts, instance), .purpose = purpose};
    /* The rows kept free are for those without a name: one per instance and purpose at most. */
    if (counts->count < ACCESS_MOST_ROWS - 4 * ACCESS_MOST_INSTANCES)
        one.leaf = leaf;
    if (counts->count < ACCESS_MOST_ROWS)
        add(counts, &one);
}

/* Zeros for whom there is none: the key it is made with is gone with the person. */
static void
make_pseudonym(const struct key_vault *vault, struct leaf leaf, uint8_t out[static PSEUDONYM_SIZE])
{
    static const uint8_t name[] = "access";
    uint8_t key[TREE_KEY_SIZE];
    memset(out, 0, PSEUDONYM_SIZE);
    if (leaf.tree == NOBODY || key_vault_derive(vault, leaf, LEAF_PSEUDONYM, key) != KEY_LIVE)
        return;
    (void)crypto_generichash(out, PSEUDONYM_SIZE, name, sizeof(name) - 1, key, sizeof(key));
    sodium_memzero(key, sizeof(key));
}

/* ---- writing ---- */

void access_close_minute(struct access_counts *counts)
{
    if (counts->written_count != 0 || counts->count == 0)
        return; /* the last minute is not written yet: this one becomes longer */
    struct access_count *rows = counts->written;
    counts->written = counts->rows;
    counts->written_count = counts->count;
    counts->written_minute_us = counts->minute_us;
    counts->rows = rows;
    counts->count = 0;
    memset(counts->slots, 0, SLOTS * sizeof(*counts->slots));
}

bool access_is_due(struct access_counts *counts, int64_t wall_us)
{
    int64_t minute_us = wall_us - wall_us % MINUTE_US;
    if (counts->minute_us == 0)
        counts->minute_us = minute_us;
    if (counts->minute_us != minute_us) {
        access_close_minute(counts);
        if (counts->count == 0)
            counts->minute_us = minute_us;
    }
    if (counts->count == 0 && counts->written_count == 0)
        counts->instance_count = 0;
    return counts->written_count > 0;
}

bool access_write(
    struct access_counts *counts,
    const struct key_vault *vault,
    struct records *records,
    struct error *err)
{
    struct access_row rows[PIECE];
    size_t count = counts->written_count < PIECE ? counts->written_count : PIECE;
    size_t first = counts->written_count - count;
    for (size_t i = 0; i < count; i++) {
        const struct access_count *one = &counts->written[first + i];
        rows[i] = (struct access_row){
            .instance = slice_of_text(counts->instances[one->instance]),
            .purpose = one->purpose,
            .leases = one->leases};
        make_pseudonym(vault, one->leaf, rows[i].pseudonym);
    }
    if (!records_add_access(records, counts->written_minute_us, rows, count, err))
        return false;
    counts->written_count = first;
    return true;
}
