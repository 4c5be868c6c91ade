// SPDX-License-Identifier: Apache-2.0
// Open addressing with linear probing; a removed row is filled by those behind it, so that there are
// no tombstones. Calling back looks at every row once, whatever the number of leaves: a batch of ten
// thousand subjects costs one walk.
#include "shredder/lease_table.h"

#include <stdlib.h>

#include "base/banned.h"

enum { LEAST_CAPACITY = 1024 };

struct lease_row {
    uint64_t leaf;
    int64_t until_us; /* 0: the row is free */
    uint32_t holder;
    uint16_t tree;
};

static uint64_t mix(uint64_t value)
{
    value ^= value >> 32;
    value *= UINT64_C(0xd6e8feb86659fd93);
    value ^= value >> 32;
    value *= UINT64_C(0xd6e8feb86659fd93);
    return value ^ (value >> 32);
}

static size_t home_of(const struct lease_table *table, uint32_t holder, struct leaf leaf)
{
    uint64_t key = leaf.number ^ ((uint64_t)leaf.tree << 48) ^ ((uint64_t)holder << 20);
    return (size_t)mix(key) & (table->capacity - 1);
}

static struct leaf leaf_of(const struct lease_row *row)
{
    return (struct leaf){.tree = row->tree, .number = row->leaf};
}

/* The row, or the free one where it would go. */
static struct lease_row *find(const struct lease_table *table, uint32_t holder, struct leaf leaf)
{
    for (size_t at = home_of(table, holder, leaf);; at = (at + 1) & (table->capacity - 1)) {
        struct lease_row *row = &table->rows[at];
        if (row->until_us == 0 ||
            (row->leaf == leaf.number && row->tree == leaf.tree && row->holder == holder))
            return row;
    }
}

bool lease_table_init(struct lease_table *table, size_t most)
{
    *table = (struct lease_table){.capacity = LEAST_CAPACITY, .most = most};
    table->rows = calloc(table->capacity, sizeof(*table->rows));
    return table->rows != NULL;
}

void lease_table_release(struct lease_table *table)
{
    free(table->rows);
    *table = (struct lease_table){0};
}

static bool grow(struct lease_table *table)
{
    struct lease_table larger = *table;
    larger.capacity = 2 * table->capacity;
    larger.rows = calloc(larger.capacity, sizeof(*larger.rows));
    if (larger.rows == NULL)
        return false;
    for (size_t i = 0; i < table->capacity; i++) {
        const struct lease_row *row = &table->rows[i];
        if (row->until_us != 0)
            *find(&larger, row->holder, leaf_of(row)) = *row;
    }
    free(table->rows);
    *table = larger;
    return true;
}

bool lease_table_add(struct lease_table *table, uint32_t holder, struct leaf leaf, int64_t until_us)
{
    CHECK(until_us > 0);
    struct lease_row *row = find(table, holder, leaf);
    if (row->until_us == 0) {
        if (table->count == table->most)
            return false;
        if (2 * (table->count + 1) > table->capacity && !grow(table))
            return false;
        row = find(table, holder, leaf);
        *row = (struct lease_row){.leaf = leaf.number, .tree = leaf.tree, .holder = holder};
        table->count++;
    }
    if (row->until_us < until_us)
        row->until_us = until_us;
    return true;
}

bool lease_table_has(
    const struct lease_table *table, uint32_t holder, struct leaf leaf, int64_t now_us)
{
    return find(table, holder, leaf)->until_us > now_us;
}

/* Frees the row and moves up those behind it that would not be found any more. */
static void free_row(struct lease_table *table, size_t hole)
{
    size_t mask = table->capacity - 1;
    table->count--;
    for (size_t at = (hole + 1) & mask; table->rows[at].until_us != 0; at = (at + 1) & mask) {
        const struct lease_row *row = &table->rows[at];
        size_t home = home_of(table, row->holder, leaf_of(row));
        if (((at - home) & mask) < ((at - hole) & mask))
            continue; /* its home is behind the hole */
        table->rows[hole] = *row;
        hole = at;
    }
    table->rows[hole] = (struct lease_row){0};
}

void lease_table_drop(struct lease_table *table, uint32_t holder, struct leaf leaf)
{
    struct lease_row *row = find(table, holder, leaf);
    if (row->until_us != 0)
        free_row(table, (size_t)(row - table->rows));
}

void lease_table_drop_all(
    struct lease_table *table,
    uint32_t holder,
    bool (*gone)(struct leaf leaf, const void *context),
    const void *context)
{
    for (size_t i = 0; i < table->capacity;) {
        const struct lease_row *row = &table->rows[i];
        bool drop = row->until_us != 0 && row->holder == holder &&
                    (gone == NULL || gone(leaf_of(row), context));
        if (drop)
            free_row(table, i); /* another row may be here now: look again */
        else
            i++;
    }
}

void lease_table_orphan(struct lease_table *table, uint32_t holder)
{
    for (size_t i = 0; i < table->capacity;) {
        struct lease_row row = table->rows[i];
        if (row.until_us == 0 || row.holder != holder) {
            i++;
            continue;
        }
        free_row(table, i);
        bool kept = lease_table_add(table, HOLDER_GONE, leaf_of(&row), row.until_us);
        CHECK(kept); /* a row was just freed, so it neither grows nor is full */
    }
}

void lease_table_expire(struct lease_table *table, int64_t now_us)
{
    for (size_t i = 0; i < table->capacity;) {
        const struct lease_row *row = &table->rows[i];
        if (row->until_us != 0 && row->until_us <= now_us)
            free_row(table, i);
        else
            i++;
    }
}

/* ---- spans ---- */

static int compare_spans(const void *left, const void *right)
{
    const struct leaf_span *a = left;
    const struct leaf_span *b = right;
    if (a->tree != b->tree)
        return a->tree < b->tree ? -1 : 1;
    return (a->first > b->first) - (a->first < b->first);
}

void leaf_spans_sort(struct leaf_span *spans, size_t count)
{
    qsort(spans, count, sizeof(*spans), compare_spans);
}

bool leaf_spans_have(const struct leaf_span *spans, size_t count, struct leaf leaf)
{
    size_t low = 0;
    size_t high = count; /* the last span that begins at or before the leaf is below */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct leaf_span *span = &spans[middle];
        bool before = span->tree != leaf.tree ? span->tree < leaf.tree : span->first <= leaf.number;
        if (before)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return false;
    const struct leaf_span *span = &spans[low - 1];
    return span->tree == leaf.tree && leaf.number - span->first < span->count;
}

/* ---- calling keys back ---- */

static struct drain_holder *find_holder(struct drain *drain, uint32_t holder)
{
    for (size_t i = 0; i < drain->count; i++) {
        if (drain->holders[i].holder == holder)
            return &drain->holders[i];
    }
    return NULL;
}

void drain_begin(
    struct drain *drain,
    const struct lease_table *table,
    const struct leaf_span *spans,
    size_t span_count,
    int64_t now_us)
{
    *drain = (struct drain){0};
    for (size_t i = 0; i < table->capacity; i++) {
        const struct lease_row *row = &table->rows[i];
        if (row->until_us <= now_us || !leaf_spans_have(spans, span_count, leaf_of(row)))
            continue;
        struct drain_holder *known = find_holder(drain, row->holder);
        if (known == NULL) {
            CHECK(drain->count < countof(drain->holders));
            known = &drain->holders[drain->count++];
            *known = (struct drain_holder){.holder = row->holder};
        }
        if (known->until_us < row->until_us)
            known->until_us = row->until_us;
    }
}

void drain_sent(struct drain *drain, uint32_t holder, uint32_t sequence)
{
    struct drain_holder *known = find_holder(drain, holder);
    if (known != NULL)
        known->sequence = sequence;
}

bool drain_acked(struct drain *drain, uint32_t holder, uint32_t sequence)
{
    struct drain_holder *known = find_holder(drain, holder);
    if (known == NULL || known->answer != DRAIN_WAITING || known->sequence == 0 ||
        sequence < known->sequence)
        return false;
    known->answer = DRAIN_ACKED;
    return true;
}

void drain_gone(struct drain *drain, uint32_t holder)
{
    struct drain_holder *known = find_holder(drain, holder);
    if (known != NULL && known->answer == DRAIN_WAITING)
        known->answer = DRAIN_ACKED;
}

bool drain_done(struct drain *drain, int64_t now_us)
{
    bool waiting = drain->unknown_until_us > now_us;
    for (size_t i = 0; i < drain->count; i++) {
        struct drain_holder *one = &drain->holders[i];
        if (one->answer == DRAIN_WAITING && one->until_us <= now_us)
            one->answer = DRAIN_EXPIRED;
        waiting = waiting || one->answer == DRAIN_WAITING;
    }
    return !waiting;
}

size_t drain_count(const struct drain *drain, enum drain_answer answer)
{
    size_t count = 0;
    for (size_t i = 0; i < drain->count; i++)
        count += drain->holders[i].answer == answer;
    return count;
}
