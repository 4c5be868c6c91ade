// SPDX-License-Identifier: Apache-2.0
// Who has an e-mail address. In memory only: a stored digest of an address survives in logs, backups and
// old pages, and confirms guesses. Here, too, there is no address but a digest under a key that this
// process made up and nobody else has. Pure.
#ifndef SHREDDER_EMAIL_INDEX_H
#define SHREDDER_EMAIL_INDEX_H

#include "base/slice.h"
#include "shredder/subjects.h"
#include "vault/slab.h"

enum {
    EMAIL_MOST = 254, /* RFC 5321, 4.5.3.1.3 as corrected by erratum 1690 */
    EMAIL_DIGEST_SIZE = 16,
    EMAIL_NOBODY = -1,
};

struct email_index {
    uint8_t *key;                          /* of the digests, in locked memory */
    uint8_t (*digests)[EMAIL_DIGEST_SIZE]; /* of the subjects' rows; zeros: none */
    size_t digest_count;
    uint32_t *slots; /* row + 1; 0: free */
    size_t slot_count;
    size_t count;
};

MUST_USE bool email_index_init(struct email_index *index, struct slab *slab, struct error *err);
void email_index_release(struct email_index *index);
void email_index_clear(struct email_index *index);

/* White space around it is dropped and A-Z become a-z. Nothing else: letters beyond ASCII, punycode,
 * "+tags" and dots count as they are written, because whether two such addresses are one mailbox is
 * known to its server only. False: empty, too long, or without an @ between other characters. */
MUST_USE bool email_normalise(struct slice address, char out[static EMAIL_MOST], size_t *size);

/* The row's newest address, instead of the one before; one that is no address: none. False: no
 * memory. */
MUST_USE bool email_index_set(
    struct email_index *index, const struct subjects *subjects, size_t row, struct slice address);

void email_index_remove(struct email_index *index, size_t row);

/* The row that has it, the one with leaves for longest if there are several; EMAIL_NOBODY. */
int64_t email_index_find(
    const struct email_index *index,
    const struct subjects *subjects,
    int32_t tenant_id,
    struct slice address);

#endif
