// SPDX-License-Identifier: Apache-2.0
// SIGTERM and SIGINT as something to poll: the first asks for a clean stop, a second one ends the
// process at once (exit 130 or 143).
#ifndef RUNTIME_SIGNALS_H
#define RUNTIME_SIGNALS_H

#include "base/error.h"

/* Installs the handlers, ignores SIGPIPE. Call once, before threads are made. */
MUST_USE bool signals_init(struct error *err);

/* Becomes readable when a stop was asked for; for poll(). -1 before signals_init. */
int signals_fd(void);

/* Whether a stop was asked for. */
bool signals_stop(void);

#endif
