// SPDX-License-Identifier: Apache-2.0
// Why a command is refused: one table of codes, from rejections.def.
#ifndef DOMAIN_REJECTIONS_H
#define DOMAIN_REJECTIONS_H

#include "domain/money.h"

enum rejection_class {
    REJECTION_CLASS_MALFORMED, /* never understood: goes to the dead letters */
    REJECTION_CLASS_IDENTITY,
    REJECTION_CLASS_CONFLICT, /* the only retryable ones; not remembered */
    REJECTION_CLASS_STATE,
    REJECTION_CLASS_QUANTITY,
    REJECTION_CLASS_STOCK,
    REJECTION_CLASS_PROMOTION,
    REJECTION_CLASS_MONEY,
    REJECTION_CLASS_PRIVACY,
    REJECTION_CLASS_COUNT
};

/* Always static: the row of the table, or a cell of a state machine with the same code and a text
 * that says more. Compare codes, not pointers. */
struct rejection {
    const char *code;
    enum rejection_class class;
    bool retryable;   /* the same command, same id, may be sent again */
    const char *text; /* for operators: one sentence, no personal data */
};

enum rejection_code {
#define REJECTION(code, class, retryable, text) REJECTION_##code,
#include "domain/rejections.def"
#undef REJECTION
    REJECTION_COUNT
};

extern const struct rejection rejections[REJECTION_COUNT];

/* The row of a code, NULL when there is none. */
const struct rejection *rejection_find(struct slice code);

/* Why an amount is refused that does not fit its currency. */
enum rejection_code rejection_of_fit(enum money_fit fit);

/* "malformed", "identity", … */
const char *rejection_class_name(enum rejection_class class);

#endif
