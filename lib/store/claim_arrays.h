// SPDX-License-Identifier: Apache-2.0
// Claims as two arrays, the first parameters of every statement that is refused when one of them does
// not hold any more.
#ifndef STORE_CLAIM_ARRAYS_H
#define STORE_CLAIM_ARRAYS_H

#include "pg/array.h"
#include "store/claims.h"

struct claim_arrays {
    struct array_buffer numbers;
    struct array_buffer epochs;
};

/* Adds both to the parameters, which point into the arrays. To be released in any case. False: out of
 * memory. */
MUST_USE bool claim_arrays_add(
    struct claim_arrays *arrays,
    const struct claim *claims,
    size_t count,
    struct db_params *params);

void claim_arrays_release(struct claim_arrays *arrays);

#endif
