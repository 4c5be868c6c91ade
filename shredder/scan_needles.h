// SPDX-License-Identifier: Apache-2.0
// The list of what is looked for: a file that only its owner may read, a needle per line,
//
//     text <TAB> VALUE <TAB> LABEL        VALUE is UTF-8 without a tab
//     hex  <TAB> VALUE <TAB> LABEL        VALUE is the bytes in hexadecimal
//
// Empty lines and lines that begin with # are left out. Reports name the label, never the value.
#ifndef SHREDDER_SCAN_NEEDLES_H
#define SHREDDER_SCAN_NEEDLES_H

#include "shredder/scan_match.h"

struct needles {
    struct needle *values; /* owned, as all here */
    const char **labels;
    size_t count;
    size_t capacity;
    uint8_t *bytes; /* of the file, and of hexadecimal values */
    size_t bytes_size;
    uint64_t device; /* of the file, so that a scan can leave it out */
    uint64_t inode;
};

/* ERROR_denied: others may read the file. ERROR_invalid names the line that is wrong. */
MUST_USE bool needles_read(struct needles *needles, const char *path, struct error *err);

/* Wipes. Safe on a zeroed one. */
void needles_release(struct needles *needles);

/* Writes `count` new random marks to a new file (0600): 32 small letters and digits each. Fails when
 * the file is there. */
MUST_USE bool needles_plant(const char *path, size_t count, const char *label, struct error *err);

/* The text of a mark. */
enum { NEEDLE_MARK_SIZE = 32 };
void needle_mark(char out[static NEEDLE_MARK_SIZE + 1]);

#endif
