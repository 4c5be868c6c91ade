// SPDX-License-Identifier: Apache-2.0
#include "shredder/client.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/banned.h"

bool client_open(
    struct vault **out,
    const char *socket,
    enum vault_role role,
    int64_t timeout_us,
    struct error *err)
{
    const struct vault_options options = {
        .socket = socket,
        .role = role,
        .instance = "order-shredder",
        .most_leases = 1,
        .allow_unlocked = true, /* there are none */
        .deadline_us = timeout_us};
    if (sodium_init() < 0)
        return error_set(err, ERROR_fatal, "libsodium cannot be initialised");
    return vault_open(out, &options, err);
}

struct asked {
    bool (*take)(const struct frame *frame, void *context);
    void *context;
    bool understood;
};

static bool take_one(const struct frame *frame, void *context)
{
    struct asked *asked = context;
    asked->understood = asked->take(frame, asked->context);
    return false;
}

bool client_ask(
    struct vault *vault,
    enum frame_type type,
    struct slice body,
    bool (*take)(const struct frame *frame, void *context),
    void *context,
    struct error *err)
{
    struct asked asked = {.take = take, .context = context};
    uint8_t *bytes = malloc(FRAME_MOST);
    if (bytes == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    struct writer request = writer_over(bytes, FRAME_MOST);
    frame_begin(&request, type, 1);
    writer_bytes(&request, body.data, body.size);
    frame_end(&request);
    bool ok = vault_call(vault, writer_slice(&request), take_one, &asked, err);
    free(bytes);
    if (ok && !asked.understood)
        return error_set(err, ERROR_fatal, "the broker's answer makes no sense");
    return ok;
}
