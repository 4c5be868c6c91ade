// SPDX-License-Identifier: Apache-2.0
// Who may hold which key until when, and who is to be waited for when keys are called back. Pure:
// time comes in (microseconds of CLOCK_BOOTTIME, which counts through a suspend).
#ifndef SHREDDER_LEASE_TABLE_H
#define SHREDDER_LEASE_TABLE_H

#include "base/check.h"
#include "vault/seal.h"

enum {
    LEASES_MOST = 512 * 1024,
    HOLDERS_MOST = 64, /* with a connection */
    HOLDER_GONE = 0,   /* stands for those we hung up on: they may hold keys until these run out */
};

/* Leaves of a tree from `first` on. */
struct leaf_span {
    uint16_t tree;
    uint64_t first;
    uint64_t count;
};

struct lease_row;

struct lease_table {
    struct lease_row *rows; /* open addressing */
    size_t capacity;        /* a power of two */
    size_t count;
    size_t most;
};

MUST_USE bool lease_table_init(struct lease_table *table, size_t most);
void lease_table_release(struct lease_table *table);

/* The holder has the leaf until then, or longer if it did before. False: the table is full. */
MUST_USE bool
lease_table_add(struct lease_table *table, uint32_t holder, struct leaf leaf, int64_t until_us);

bool lease_table_has(
    const struct lease_table *table, uint32_t holder, struct leaf leaf, int64_t now_us);

void lease_table_drop(struct lease_table *table, uint32_t holder, struct leaf leaf);

/* Everything it has for which `gone` is true; gone NULL: everything. */
void lease_table_drop_all(
    struct lease_table *table,
    uint32_t holder,
    bool (*gone)(struct leaf leaf, const void *context),
    const void *context);

/* The connection was ended by us: nobody says when these keys are wiped. */
void lease_table_orphan(struct lease_table *table, uint32_t holder);

/* Forgets what has run out. */
void lease_table_expire(struct lease_table *table, int64_t now_us);

/* Sorted by tree and first leaf, as the functions here want them. */
void leaf_spans_sort(struct leaf_span *spans, size_t count);
bool leaf_spans_have(const struct leaf_span *spans, size_t count, struct leaf leaf);

/* ---- calling keys back ---- */

enum drain_answer {
    DRAIN_WAITING,
    DRAIN_ACKED,
    DRAIN_EXPIRED, /* said nothing until its last lease had run out */
};

struct drain_holder {
    uint32_t holder;
    uint32_t sequence; /* of the last frame that calls back; 0: none was sent */
    int64_t until_us;
    enum drain_answer answer;
};

/* Those who have something inside the spans. */
struct drain {
    struct drain_holder holders[HOLDERS_MOST + 1];
    size_t count;
    int64_t unknown_until_us; /* leases of an earlier life run until then; 0: there are none */
};

void drain_begin(
    struct drain *drain,
    const struct lease_table *table,
    const struct leaf_span *spans,
    size_t span_count,
    int64_t now_us);

/* The frame was handed to the holder's connection. */
void drain_sent(struct drain *drain, uint32_t holder, uint32_t sequence);

/* The holder says it is done up to this frame. Whether that was the answer waited for. */
bool drain_acked(struct drain *drain, uint32_t holder, uint32_t sequence);

/* The holder has ended its connection, which ends its leases as well. */
void drain_gone(struct drain *drain, uint32_t holder);

/* Nobody is waited for any more. */
MUST_USE bool drain_done(struct drain *drain, int64_t now_us);

size_t drain_count(const struct drain *drain, enum drain_answer answer);

#endif
