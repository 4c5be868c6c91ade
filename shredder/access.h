// SPDX-License-Identifier: Apache-2.0
// Who was given whose keys, counted per minute for erasure.key_access. A person appears under a
// pseudonym made with a key of their own leaf: once that is gone, nobody can say whose trail it was.
#ifndef SHREDDER_ACCESS_H
#define SHREDDER_ACCESS_H

#include "shredder/key_vault.h"
#include "shredder/records.h"

enum {
    ACCESS_MOST_ROWS = 64 * 1024, /* a minute; what is beyond is counted together */
    ACCESS_MOST_INSTANCES = 256,
    ACCESS_INSTANCE_SIZE = 65,
};

struct access_count;

struct access_counts {
    struct access_count *rows; /* of the minute that is counted */
    size_t count;
    uint32_t *slots;              /* finds them: row + 1 */
    int64_t minute_us;            /* since 1970; 0: nothing was counted yet */
    struct access_count *written; /* of the minute before, as far as it is not in the table yet */
    size_t written_count;
    int64_t written_minute_us;
    char (*instances)[ACCESS_INSTANCE_SIZE];
    size_t instance_count;
};

MUST_USE bool access_init(struct access_counts *counts);
void access_release(struct access_counts *counts);

/* The key of a live leaf was given. */
void access_note(
    struct access_counts *counts, const char *instance, uint8_t purpose, struct leaf leaf);

/* Whether there are counts of a minute that is over. */
bool access_is_due(struct access_counts *counts, int64_t wall_us);

/* Writes a part of them, small enough that nobody has to wait for long. Pseudonyms are made here and not
 * while somebody waits for a key; whoever was erased meanwhile has none. On failure they are kept. */
MUST_USE bool access_write(
    struct access_counts *counts,
    const struct key_vault *vault,
    struct records *records,
    struct error *err);

/* At the end: whatever was counted is over. */
void access_close_minute(struct access_counts *counts);

#endif
