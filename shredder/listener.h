// SPDX-License-Identifier: Apache-2.0
// The socket that clients connect to.
#ifndef SHREDDER_LISTENER_H
#define SHREDDER_LISTENER_H

#include "base/error.h"

/* Listens at the path, for user and group only; a socket left by a process that died is replaced.
 * ERROR_conflict: somebody answers there. */
MUST_USE bool listener_bind(const char *path, int *out, struct error *err);

/* Nobody connects any more; the file is removed. */
void listener_end(int listener, const char *path);

#endif
