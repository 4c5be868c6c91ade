// SPDX-License-Identifier: Apache-2.0
// Memory of the covers: one piece of locked memory. In front the current cover of each tree, one behind
// the other; behind them the next ones while a change is made; at the end the bytes of the tree file.
//
//     | current covers | next covers | free | tree file |
//
// After the commit the current covers are wiped and the next ones move to the front, so that a change
// needs room for two covers and one file and nothing is set aside for either.
#ifndef SHREDDER_COVERS_H
#define SHREDDER_COVERS_H

#include "shredder/ledger.h"
#include "vault/frames.h"
#include "vault/slab.h"

enum { VAULT_TREES = 2 }; /* enum vault_tree, from 1 on */

struct covers {
    uint8_t *memory;
    size_t size;
    size_t used;      /* bytes of the current covers */
    size_t next_used; /* bytes of the next ones; 0: no change is under way */
    struct tree current[VAULT_TREES];
    struct tree next[VAULT_TREES];
};

/* Takes `size` bytes of the slab. False: it is full. */
MUST_USE bool covers_open(struct covers *covers, struct slab *slab, size_t size);

/* New trees from random seeds. */
void covers_plant(struct covers *covers);

/* NULL: there is no such tree. */
const struct tree *covers_tree(const struct covers *covers, uint16_t number);

/* The next covers: the current ones without the targets. ERROR_denied: the memory is full; the text
 * names the remedy, --locked-memory. */
MUST_USE bool covers_make_next(
    struct covers *covers,
    const struct vault_target *targets,
    size_t target_count,
    struct error *err);

/* The last `size` bytes of the memory, for the tree file; errors as above. */
MUST_USE bool covers_tail(struct covers *covers, size_t size, uint8_t **out, struct error *err);

/* Ends a change: the next covers become the current ones, or are dropped; the others are wiped. */
void covers_swap(struct covers *covers);
void covers_drop(struct covers *covers);

/* Room that covers_save takes for the next covers. */
size_t covers_save_size(const struct covers *covers);
void covers_save(const struct covers *covers, struct writer *out);

/* Reads what covers_save wrote, from bytes in the tail, as the current covers. ERROR_tampered: these
 * are no covers. */
MUST_USE bool covers_load(struct covers *covers, struct frame_reader *in, struct error *err);

#endif
