// SPDX-License-Identifier: Apache-2.0
// A key in a file of its own: 32 bytes that nobody else may read.
#ifndef COMMAND_SECRET_H
#define COMMAND_SECRET_H

#include "base/error.h"

#include <stdint.h>

enum { SECRET_SIZE = 32 };

/* Reads it; `what` it is for the error. ERROR_invalid says what is wrong with the file; no byte of it is
 * ever shown. The caller wipes key. */
MUST_USE bool
secret_read(const char *what, const char *path, uint8_t key[static SECRET_SIZE], struct error *err);

#endif
