// SPDX-License-Identifier: Apache-2.0
// The points of the commit protocol at which a crash or a full disk is tried out. The program's
// vault_step does nothing; tests link one of their own that copies the vault's directories at every
// point, or lets it fail.
#ifndef SHREDDER_VAULT_STEP_H
#define SHREDDER_VAULT_STEP_H

#include <stdbool.h>

enum step_time {
    STEP_BEFORE,
    STEP_AFTER,
};

/* Called around each write, sync, rename and removal of a file. False: it is to fail as if the disk
 * were full. */
bool vault_step(enum step_time time, const char *act, const char *file);

#endif
