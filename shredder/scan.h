// SPDX-License-Identifier: Apache-2.0
// The verbs `order-shredder scan plant|run|report`: is anything kept in the open that should not be?
#ifndef SHREDDER_SCAN_H
#define SHREDDER_SCAN_H

#include "runtime/cli.h"

enum { SCAN_VERBS = 3 };
extern const struct verb scan_verbs[SCAN_VERBS];

#endif
