// SPDX-License-Identifier: Apache-2.0
// What the files of the erasure engine share: erase.c (the steps), erase_puncture.c (what the vault
// does), erase_begin.c (requests), erase_calls.c (who asks and waits).
#ifndef SHREDDER_ERASE_STEPS_H
#define SHREDDER_ERASE_STEPS_H

#include "shredder/erase.h"

struct subject;

enum { CONTACT_CLASS = 0 };

/* Where a test wants the process to die: ORDER_SHREDDER_STOP_AT=STEP. Not in release builds. */
void erase_stop_at(const char *step);

/* NULL: the database has lost it, and with it everything that was sealed for it. */
struct subject *erase_subject(const struct broker *broker, const struct erase_item *item);

struct erase_run *erase_free_run(struct eraser *eraser);

/* Takes the items over. Their keys are not given any more when it returns. False: no memory, and the
 * items are still the caller's. */
MUST_USE bool erase_run_begin(
    struct broker *broker,
    struct erase_run *run,
    struct erase_item *items,
    size_t count,
    enum erase_state state);
/* The next state; no other. */
void erase_run_moves(struct erase_run *run, enum erase_state state);

void erase_run_release(struct erase_run *run);

/* DRAINED to PUNCTURED: one generation of the vault for the whole run. */
MUST_USE bool erase_puncture(struct broker *broker, struct erase_run *run, struct error *err);

/* Live requests become final, where nothing is left to wait for. */
void erase_finish(struct broker *broker, int64_t now_us);

#endif
