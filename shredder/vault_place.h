// SPDX-License-Identifier: Apache-2.0
// A directory that holds a generation: two root slots and a tree file. The vault's own directory is
// one, and so is each holder's; both change generation by the same steps.
#ifndef SHREDDER_VAULT_PLACE_H
#define SHREDDER_VAULT_PLACE_H

#include "base/slice.h"
#include "shredder/root_slots.h"

struct vault_place {
    int directory;
    struct root_slots slots;
    int active; /* slot of the newest root, NO_SLOT: there is none */
};

/* room: shared with other places, one call at a time. */
MUST_USE bool place_open(
    struct vault_place *place,
    const char *path,
    bool accept_cow,
    struct slot_room *room,
    struct error *err);

/* The roots of an open place are split from now on, between it and a second directory. ERROR_invalid: it
 * is the same directory. */
MUST_USE bool
place_split(struct vault_place *place, const char *second, bool accept_cow, struct error *err);
void place_close(struct vault_place *place);

/* The newest valid root, into locked memory. *found false: no slot has one. ERROR_tampered: two roots of
 * different vaults. */
MUST_USE bool
place_newest(struct vault_place *place, struct root *out, bool *found, struct error *err);

/* Step 1: the tree file of root->generation. */
MUST_USE bool place_put_tree(
    const struct vault_place *place, const struct root *root, struct slice file, struct error *err);

/* Step 2, the commit point: the root, into the slot that is not active and becomes it. After an error
 * nobody knows whether it is there. */
MUST_USE bool place_put_root(struct vault_place *place, const struct root *root, struct error *err);

/* Steps 4 and 5: destroys what is in the slot that is not active, then removes every tree file but the
 * one of `generation`. Also undoes steps 1 and 2 when the root did not become active. */
MUST_USE bool place_clean(const struct vault_place *place, uint64_t generation, struct error *err);

/* What is there, without the key. */
struct place_view {
    struct uuid vault;
    uint64_t generation; /* of the newest root; 0: there is none */
    bool clean;          /* with its tree file, and without anything of another generation */
    bool same;           /* the root is `ours` */
};
MUST_USE bool place_look(
    struct vault_place *place, const struct root *ours, struct place_view *out, struct error *err);

#endif
