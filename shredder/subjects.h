// SPDX-License-Identifier: Apache-2.0
// Every subject that has leaves, in memory: about 40 bytes each, a million in 45 MB. What is asked on
// the way of every command is answered from here. Pure: the table erasure.subjects is read and written
// elsewhere (records.h).
#ifndef SHREDDER_SUBJECTS_H
#define SHREDDER_SUBJECTS_H

#include "base/uuid.h"
#include "vault/seal.h"

enum {
    SUBJECTS_MOST = 1 << 29, /* eight leaves each in a tree of 2^32 */
    ALL_CLASSES = 0xff,
};

enum subject_row_state {
    SUBJECT_ROW_ACTIVE = 1, /* numbers as in erasure.subjects.state */
    SUBJECT_ROW_ERASING = 2,
    SUBJECT_ROW_ERASED = 3,
};

struct subject {
    struct uuid id;
    int32_t tenant_id;
    uint32_t number; /* its first leaf is eight times this */
    uint8_t state;   /* enum subject_row_state */
    uint8_t fenced;  /* bit per class that is being erased or is erased */
    uint8_t called;  /* bit per class whose keys were called back in this life */
};

struct subjects {
    struct subject *rows; /* in the order they came; pointers are good until the next is added */
    size_t count;
    size_t capacity;
    uint32_t *slots; /* of the hash table: row + 1, 0: free */
    size_t slot_count;
    uint32_t *by_number; /* row + 1; 0: nobody has these leaves */
    size_t number_count;
    uint8_t hash_key[16]; /* ids come from outside: nobody may make them collide */
};

void subjects_init(struct subjects *subjects);
void subjects_release(struct subjects *subjects);

/* NULL: no memory. The subject and the number are new. */
MUST_USE struct subject *
subjects_add(struct subjects *subjects, int32_t tenant_id, const struct uuid *id, uint32_t number);

/* NULL: there is none. */
struct subject *
subjects_find(const struct subjects *subjects, int32_t tenant_id, const struct uuid *id);

/* Whose leaf this is; NULL: nobody's. */
struct subject *subjects_of_leaf(const struct subjects *subjects, uint64_t leaf);

/* Its place in `rows`, for tables beside this one. */
static inline size_t subjects_row(const struct subjects *subjects, const struct subject *subject)
{
    return (size_t)(subject - subjects->rows);
}

static inline struct leaf subject_leaf(const struct subject *subject, unsigned class)
{
    return (struct leaf){
        .tree = TREE_SUBJECTS, .number = (uint64_t)subject->number * LEAVES_PER_SUBJECT + class};
}

#endif
