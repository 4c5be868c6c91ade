// SPDX-License-Identifier: Apache-2.0
// The calls that lease nothing: one request, one answer.
#include "vault/vault_inside.h"

#include "base/clock.h"

#include "base/banned.h"

enum { MOST_ADDRESS = 1024 };

/* FOUND_EMAIL, as the broker numbers it. */
enum { EMAIL_NOT_FOUND, EMAIL_FOUND, EMAIL_NOT_READY };

/* Sends the request in vault->link.out and waits for an answer of that type. */
static bool exchange(
    struct vault *vault,
    uint32_t sequence,
    enum frame_type expected,
    struct frame *answer,
    struct error *err)
{
    int64_t until_us;
    frame_end(&vault->link.out);
    if (!vault_send(vault, &until_us, err) || !vault_answer(vault, sequence, until_us, answer, err))
        return false;
    if (answer->type == expected)
        return true;
    (void)vault_unfit(vault, "an answer", err);
    return vault_lose(vault);
}

bool vault_find_email(
    struct vault *vault,
    const struct uuid *tenant,
    struct slice address,
    struct uuid *subject,
    struct error *err)
{
    if (address.size > MOST_ADDRESS)
        return error_set(err, ERROR_invalid, "no address is longer than %d bytes", MOST_ADDRESS);
    if (!vault_ready(vault, err))
        return false;
    struct writer *out = &vault->link.out;
    uint32_t sequence = vault_link_request(&vault->link, FRAME_LOOKUP_EMAIL);
    writer_bytes(out, tenant->bytes, sizeof(tenant->bytes));
    writer_u16(out, (uint16_t)address.size);
    writer_bytes(out, address.data, address.size);
    struct frame answer;
    if (!exchange(vault, sequence, FRAME_FOUND_EMAIL, &answer, err))
        return false;

    struct frame_reader body = {.rest = answer.body};
    uint8_t found = frame_u8(&body);
    struct uuid who = frame_uuid(&body);
    if (body.short_of || found > EMAIL_NOT_READY)
        return vault_unfit(vault, "an answer", err);
    if (found == EMAIL_NOT_READY)
        return error_set(err, ERROR_transient, "the index of addresses is still being built");
    if (found == EMAIL_NOT_FOUND)
        return error_set(err, ERROR_not_found, "nobody has this address");
    *subject = who;
    return true;
}

bool vault_epoch(
    struct vault *vault, uint64_t *number, uint8_t public_key[static 32], struct error *err)
{
    if (!vault_ready(vault, err))
        return false;
    uint32_t sequence = vault_link_request(&vault->link, FRAME_EPOCHS);
    struct frame answer;
    if (!exchange(vault, sequence, FRAME_EPOCH, &answer, err))
        return false;

    struct frame_reader body = {.rest = answer.body};
    uint64_t current = frame_u64(&body);
    struct slice key = frame_bytes(&body, 32);
    if (body.short_of)
        return vault_unfit(vault, "an epoch", err);
    *number = current;
    memcpy(public_key, key.data, key.size);
    return true;
}

bool vault_retire_epoch(struct vault *vault, uint64_t number, struct error *err)
{
    if (!vault_ready(vault, err))
        return false;
    uint32_t sequence = vault_link_request(&vault->link, FRAME_RETIRE_EPOCH);
    writer_u64(&vault->link.out, number);
    struct frame answer;
    return exchange(vault, sequence, FRAME_DONE, &answer, err);
}

bool vault_call(
    struct vault *vault,
    struct slice frame,
    bool (*take)(const struct frame *frame, void *context),
    void *context,
    struct error *err)
{
    struct frame request, answer;
    size_t size;
    CHECK(frame_read(frame, &request, &size) == 1 && size == frame.size);
    if (!vault_ready(vault, err))
        return false;
    struct writer *out = &vault->link.out;
    uint32_t sequence = vault_link_request(&vault->link, request.type);
    writer_bytes(out, request.body.data, request.body.size);
    frame_end(out);
    int64_t until_us;
    if (!vault_send(vault, &until_us, err))
        return false;
    do {
        until_us = clock_monotonic_us() + vault->options.deadline_us;
        if (!vault_answer(vault, sequence, until_us, &answer, err))
            return false;
    } while (take(&answer, context));
    return true;
}
