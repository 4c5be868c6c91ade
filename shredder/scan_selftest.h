// SPDX-License-Identifier: Apache-2.0
// A scanner that finds nothing proves nothing: this plants a mark in every kind of store and codec, in
// a scratch folder, and wants each found where it was planted, and only there.
#ifndef SHREDDER_SCAN_SELFTEST_H
#define SHREDDER_SCAN_SELFTEST_H

#include "shredder/scan_work.h"

/* Fills `out` with what a file of the case holds, the mark inside. */
typedef void plant_function(const char *mark, struct writer *out);

struct selftest_case {
    const char *name; /* for people */
    const char *file; /* below the scratch folder */
    enum scan_layer layer;
    enum needle_form form;
    plant_function *plant;
};

extern const struct selftest_case selftest_cases[];
extern const size_t selftest_case_count;

/* Plants, scans and says on stdout what was found; true when all was. folder: where the scratch folder
 * is made; it is removed again. */
MUST_USE bool scan_selftest(const char *folder, bool *passed, struct error *err);

#endif
