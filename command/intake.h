// SPDX-License-Identifier: Apache-2.0
// From bytes to a command: envelope, sender, scan, decode, fingerprint. No state is looked at here, and boxes
// stay closed: everything but what is in them is known afterwards.
#ifndef COMMAND_INTAKE_H
#define COMMAND_INTAKE_H

#include "command/admission.h"
#include "command/fingerprint.h"

/* The same for all messages. */
struct intake {
    struct fingerprinter *fingerprinter;
    struct admission admission;
    bool has_keys;       /* a key broker is configured: personal data can be sealed */
    bool accepts_plain;  /* personal data in plain is taken */
    bool leaves_body;    /* of a command that was tried too often: nobody looks at it any more */
    struct arena *arena; /* of the batch */
};

/* Fills everything of the item but `arrival`, which is there. A message that is no command is
 * answered on the spot (`invalid`, dead letter). The body lives in the arena and points into the
 * arrival's value. */
void intake(const struct intake *intake, struct item *item);

#endif
