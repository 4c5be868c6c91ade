// SPDX-License-Identifier: Apache-2.0
// The verbs' end of the broker's socket. They hold no keys.
#ifndef SHREDDER_CLIENT_H
#define SHREDDER_CLIENT_H

#include "vault/leases.h"

/* timeout_us: of each answer. Connects at the first call. */
MUST_USE bool client_open(
    struct vault **out,
    const char *socket,
    enum vault_role role,
    int64_t timeout_us,
    struct error *err);

/* Sends a frame of this type and body, and gives its one answer to `take`, which says whether it
 * understood. */
MUST_USE bool client_ask(
    struct vault *vault,
    enum frame_type type,
    struct slice body,
    bool (*take)(const struct frame *frame, void *context),
    void *context,
    struct error *err);

#endif
