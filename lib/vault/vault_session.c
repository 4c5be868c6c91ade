// SPDX-License-Identifier: Apache-2.0
#include "vault/vault_inside.h"

#include "base/clock.h"
#include "base/text.h"

#include <inttypes.h>

#include "base/banned.h"

enum { LONGEST_LEASE_MS = 60 * 60 * 1000 };

void vault_forget(const struct vault *vault)
{
    if (vault->options.forget != NULL)
        vault->options.forget(vault->options.context);
}

bool vault_lose(struct vault *vault)
{
    vault_forget(vault);
    lease_cache_wipe(&vault->cache);
    vault_link_close(&vault->link);
    vault->revocations.count = 0;
    vault->renewal.leaves.count = 0;
    return false;
}

bool vault_unfit(const struct vault *vault, const char *what, struct error *err)
{
    return error_set(
        err, ERROR_transient, "%s from the key broker at %s makes no sense", what, vault->path);
}

bool vault_lease_time(uint32_t ms, int64_t *us)
{
    *us = (int64_t)ms * 1000;
    return ms > 0 && ms <= LONGEST_LEASE_MS;
}

/* ---- frames that answer nobody ---- */

static bool take_revoke(struct vault *vault, const struct frame *frame, struct error *err)
{
    struct frame_reader body = {.rest = frame->body};
    struct revocations *revocations = &vault->revocations;
    int64_t fence = (int64_t)frame_u64(&body);
    (void)frame_u8(&body); /* what they are now: the next wish asks */
    uint16_t spans = frame_u16(&body);
    for (uint16_t i = 0; i < spans && !body.short_of; i++) {
        struct leaf first = frame_leaf(&body);
        uint64_t count = frame_u64(&body);
        vault->counts.revoked += (int64_t)lease_cache_revoke(&vault->cache, first, count);
    }
    if (body.short_of || body.rest.size != 0 || fence < revocations->fence)
        return vault_unfit(vault, "a revocation", err);
    if (revocations->count == MOST_UNACKED)
        return error_set(err, ERROR_transient, "more keys are revoked than can be acknowledged");
    revocations->sequences[revocations->count++] = frame->sequence;
    revocations->fence = fence;
    return true;
}

static bool take_renewed(struct vault *vault, const struct frame *frame, struct error *err)
{
    struct frame_reader body = {.rest = frame->body};
    struct renewal *renewal = &vault->renewal;
    int64_t lease_us;
    bool fits = vault_lease_time(frame_u32(&body), &lease_us) &&
                frame->sequence == renewal->sequence && frame_u16(&body) == renewal->leaves.count &&
                body.rest.size == renewal->leaves.count;
    if (!fits)
        return vault_unfit(vault, "a renewal", err);
    for (size_t i = 0; i < renewal->leaves.count; i++) {
        struct leaf leaf = renewal->leaves.leaves[i];
        if (frame_u8(&body) == KEY_LIVE)
            lease_cache_renew(&vault->cache, leaf, renewal->asked_us, renewal->asked_us + lease_us);
        else
            vault->counts.revoked += (int64_t)lease_cache_revoke(&vault->cache, leaf, 1);
    }
    renewal->leaves.count = 0;
    return true;
}

/* REFUSED as an error. */
static bool take_refused(struct vault *vault, const struct frame *frame, struct error *err)
{
    static const enum error_kind kinds[] = {
        [REFUSAL_PROTOCOL] = ERROR_invalid,
        [REFUSAL_ROLE] = ERROR_denied,
        [REFUSAL_RIGHT] = ERROR_denied,
        [REFUSAL_NOT_READY] = ERROR_transient,
        [REFUSAL_LIMIT] = ERROR_transient,
        [REFUSAL_INTERNAL] = ERROR_transient,
    };
    struct frame_reader body = {.rest = frame->body};
    uint8_t why = frame_u8(&body);
    struct slice text = frame_bytes(&body, frame_u16(&body));
    if (body.short_of || body.rest.size != 0 || why >= countof(kinds) || !text_is_utf8(text) ||
        !text_has_no_control(text))
        return vault_unfit(vault, "a refusal", err);
    return error_set(
        err,
        kinds[why],
        "the key broker at %s refuses role %s: %.*s",
        vault->path,
        vault_role_name(vault->options.role),
        SLICE_FORMAT(text));
}

bool vault_take_aside(struct vault *vault, const struct frame *frame, struct error *err)
{
    if (frame->type == FRAME_REVOKE)
        return take_revoke(vault, frame, err);
    if (frame->type == FRAME_RENEWED && vault->renewal.leaves.count != 0)
        return take_renewed(vault, frame, err);
    if (frame->type == FRAME_DONE) /* released */
        return true;
    if (frame->type == FRAME_REFUSED)
        return take_refused(vault, frame, err);
    return vault_unfit(vault, "an answer to nothing", err);
}

/* ---- requests ---- */

bool vault_send(struct vault *vault, int64_t *until_us, struct error *err)
{
    *until_us = clock_monotonic_us() + vault->options.deadline_us;
    return vault_link_send(&vault->link, *until_us, err) || vault_lose(vault);
}

/* The next frame that is for somebody. */
static bool next_answer(
    struct vault *vault, uint32_t sequence, int64_t until_us, struct frame *out, struct error *err)
{
    for (;;) {
        int got = vault_link_next(&vault->link, until_us, out, err);
        if (got < 0)
            return false;
        if (got == 0)
            return error_set(
                err,
                ERROR_transient,
                "no answer from the key broker at %s within %" PRId64 " ms",
                vault->path,
                vault->options.deadline_us / 1000);
        if (out->type != FRAME_REVOKE && out->sequence == sequence)
            return true;
        if (!vault_take_aside(vault, out, err))
            return false;
    }
}

bool vault_answer(
    struct vault *vault, uint32_t sequence, int64_t until_us, struct frame *out, struct error *err)
{
    if (!next_answer(vault, sequence, until_us, out, err))
        return vault_lose(vault);
    return out->type != FRAME_REFUSED || take_refused(vault, out, err);
}

/* ---- hello ---- */

/* The same vault as before, and not an older state of it: keys that were destroyed may live there. */
static bool is_successor(
    const struct vault *vault, const struct uuid *id, uint64_t generation, struct error *err)
{
    char before[UUID_TEXT_SIZE], now[UUID_TEXT_SIZE];
    uuid_format(&vault->id, before);
    uuid_format(id, now);
    if (!uuid_equal(id, &vault->id))
        return error_set(
            err,
            ERROR_tampered,
            "the key broker at %s has vault %s, and had %s before: stop, and find out why",
            vault->path,
            now,
            before);
    if (generation < vault->generation)
        return error_set(
            err,
            ERROR_tampered,
            "the key broker at %s has generation %" PRIu64 " of vault %s, and had %" PRIu64
            " before: the vault was rolled back",
            vault->path,
            generation,
            now,
            vault->generation);
    return true;
}

static bool take_welcome(struct vault *vault, const struct frame *frame, struct error *err)
{
    struct frame_reader body = {.rest = frame->body};
    struct uuid id = frame_uuid(&body);
    uint64_t generation = frame_u64(&body);
    int64_t fence = (int64_t)frame_u64(&body);
    int64_t lease_us;
    bool fits = vault_lease_time(frame_u32(&body), &lease_us);
    if (!fits || frame->type != FRAME_WELCOME || body.short_of || body.rest.size != 0 || fence < 0)
        return vault_unfit(vault, "a welcome", err);
    if (vault->known && !is_successor(vault, &id, generation, err))
        return false;
    vault->counts.reconnects += vault->known;
    vault->known = true;
    vault->id = id;
    vault->generation = generation;
    vault->fence = vault->revocations.fence = fence;
    vault->lease_us = lease_us;
    return true;
}

static bool say_hello(struct vault *vault, struct error *err)
{
    size_t length = strlen(vault->instance);
    uint32_t sequence = vault_link_request(&vault->link, FRAME_HELLO);
    writer_byte(&vault->link.out, (uint8_t)vault->options.role);
    writer_byte(&vault->link.out, (uint8_t)length);
    writer_bytes(&vault->link.out, vault->instance, length);
    frame_end(&vault->link.out);

    int64_t until_us;
    struct frame answer;
    return vault_send(vault, &until_us, err) &&
           vault_answer(vault, sequence, until_us, &answer, err) &&
           take_welcome(vault, &answer, err);
}

bool vault_ready(struct vault *vault, struct error *err)
{
    if (vault->link.fd >= 0)
        return true;
    if (!vault_link_connect(&vault->link, err))
        return false;
    return say_hello(vault, err) || vault_lose(vault);
}
