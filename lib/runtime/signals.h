// SPDX-License-Identifier: Apache-2.0
// SIGTERM and SIGINT as something to poll: the first asks for a clean stop, a second one ends the
// process at once (exit 130 or 143).
#ifndef RUNTIME_SIGNALS_H
#define RUNTIME_SIGNALS_H

#include "base/error.h"

/* Installs the handlers, ignores SIGPIPE. Call once, before threads are made. */
MUST_USE bool signals_init(struct error *err);

/* From the first signal on the process has so many seconds; then it ends with exit code 0, whatever
 * it is stuck in. Only for programs that lose nothing by that. */
void signals_limit_stop(unsigned seconds);

/* Becomes readable when a stop was asked for; for poll(). -1 before signals_init. */
int signals_fd(void);

/* Whether a stop was asked for. */
bool signals_stop(void);

#endif
