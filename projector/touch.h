// SPDX-License-Identifier: Apache-2.0
// Rows that exist already and move on to another version with newer sealed data: what they hold is
// read, joined with what the batch brought, and written back. Rare, and the same for orders and
// customers.
#ifndef PROJECTOR_TOUCH_H
#define PROJECTOR_TOUCH_H

#include "pg/array.h"
#include "projector/fold.h"
#include "projector/statements.h"

enum touch_array {
    TOUCH_TENANT,
    TOUCH_ID,
    TOUCH_VERSION_BEFORE,
    TOUCH_VERSION,
    TOUCH_POSITION,
    TOUCH_UPDATED,
    TOUCH_SEALED,
    TOUCH_ARRAYS
};

struct touch_arrays {
    struct array_buffer arrays[TOUCH_ARRAYS];
};

void touch_init(struct touch_arrays *touch);
void touch_release(struct touch_arrays *touch);

/* Rows of older orders, before anything else is done to them: what is changed or cancelled too stays at
 * its version until then. ERROR_tampered: a row is not as the events before left it. */
MUST_USE bool
touch_orders(struct touch_arrays *touch, struct db *db, struct fold *fold, struct error *err);

/* Rows of older customers. */
MUST_USE bool
touch_customers(struct touch_arrays *touch, struct db *db, struct fold *fold, struct error *err);

#endif
