// SPDX-License-Identifier: Apache-2.0
// Acts of people that are written down: who, and why.
#ifndef RUNTIME_AUDIT_H
#define RUNTIME_AUDIT_H

#include "base/error.h"

enum { AUDIT_NAME_SIZE = 128 };

/* Whether the value of --reason will do. ERROR_invalid: it says too little, or is more than one line. */
MUST_USE bool audit_check_reason(const char *reason, struct error *err);

/* Who runs this program, as far as the system knows: "ada (uid 1000)". */
void audit_name_actor(char out[static AUDIT_NAME_SIZE]);

#endif
