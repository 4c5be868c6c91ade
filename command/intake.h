// SPDX-License-Identifier: Apache-2.0
// From bytes to a command: envelope, scan, decode, fingerprint. No state is looked at here.
#ifndef COMMAND_INTAKE_H
#define COMMAND_INTAKE_H

#include "command/fingerprint.h"
#include "command/item.h"

/* Fills everything of the item but `arrival`, which is there. A message that is no command is
 * answered on the spot (`invalid`, dead letter). The body lives in the arena and points into the
 * arrival's value. */
void intake(struct item *item, struct fingerprinter *fp, struct arena *arena);

#endif
