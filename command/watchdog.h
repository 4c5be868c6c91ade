// SPDX-License-Identifier: Apache-2.0
// A stop that comes to an end: whatever the program is stuck in, it is gone some seconds after it was
// asked to. librdkafka 2.0.2 can hang in a close (#4187, #4724), a server can hold an answer back.
// Nothing is lost by going: what was not committed comes again.
#ifndef COMMAND_WATCHDOG_H
#define COMMAND_WATCHDOG_H

#include "base/error.h"

enum { WATCHDOG_STOP_MS = 9500 };

/* Starts the thread that waits for the stop; after signals_init. */
MUST_USE bool watchdog_start(struct error *err);

#endif
