// SPDX-License-Identifier: Apache-2.0
#include "vault/leases.h"

#include "vault/vault_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/banned.h"

enum {
    FRAMES_AT_ONCE = 4, /* their answers fit into a socket's buffer: nobody waits for the other */
    MOST_AT_ONCE = FRAMES_AT_ONCE * FRAME_MOST_ITEMS,
    USUAL_LEASES = 32768,
    USUAL_DEADLINE_US = 5000000,
    SWEEP_US = 100000,
    /* vault_serve comes every 200 ms and sweeps every 100 ms: what ends within is wiped now. */
    SWEEP_AHEAD_US = 300000,
    RENEW_SHARE = 3, /* a lease is renewed, or given back, after a third of its time */
    MOST_PUSHES = 256,
    STACK_WIPED = 16 * 1024,
};

static int64_t boottime_us(void)
{
    struct timespec now;
    CHECK(clock_gettime(CLOCK_BOOTTIME, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- the whole ---- */

static bool
take_options(struct vault *vault, const struct vault_options *options, struct error *err)
{
    if (strlen(options->socket) > MOST_PATH)
        return error_set(
            err,
            ERROR_invalid,
            "the path of the key broker's socket is too long: %s",
            options->socket);
    CHECK(strlen(options->instance) <= MOST_INSTANCE && options->role < ROLE_COUNT);
    (void)snprintf(vault->path, sizeof(vault->path), "%s", options->socket);
    (void)snprintf(vault->instance, sizeof(vault->instance), "%s", options->instance);
    vault->options = *options;
    vault->options.socket = vault->path;
    vault->options.instance = vault->instance;
    if (options->most_leases == 0)
        vault->options.most_leases = USUAL_LEASES;
    if (options->deadline_us == 0)
        vault->options.deadline_us = USUAL_DEADLINE_US;
    if (options->clock == NULL)
        vault->options.clock = boottime_us;
    return true;
}

static bool open_parts(struct vault *vault, struct error *err)
{
    const struct vault_options *options = &vault->options;
    size_t locked = options->most_leases * DATA_KEY_SIZE + VAULT_LINK_LOCKED;
    if (!slab_open(&vault->slab, locked, options->allow_unlocked, err))
        return false;
    if (!vault_link_open(&vault->link, vault->path, &vault->slab) ||
        !lease_cache_open(&vault->cache, options->most_leases, &vault->slab))
        return error_set(err, ERROR_fatal, "no memory for %zu leases", options->most_leases);
    return true;
}

bool vault_open(struct vault **out, const struct vault_options *options, struct error *err)
{
    struct vault *vault = calloc(1, sizeof(*vault));
    if (vault == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    vault->link.fd = -1;
    vault->fence = -1;
    if (!take_options(vault, options, err) || !open_parts(vault, err)) {
        vault_close(vault);
        return false;
    }
    *out = vault;
    return true;
}

void vault_close(struct vault *vault)
{
    if (vault == NULL)
        return;
    vault_link_close(&vault->link);
    lease_cache_close(&vault->cache);
    slab_close(&vault->slab);
    free(vault);
}

int vault_descriptor(const struct vault *vault)
{
    return vault->link.fd;
}

int64_t vault_fence(const struct vault *vault)
{
    return vault->fence;
}

struct uuid vault_id(const struct vault *vault)
{
    return vault->id;
}

struct vault_counts vault_counts(const struct vault *vault)
{
    struct vault_counts counts = vault->counts;
    counts.held = (int64_t)vault->cache.live;
    return counts;
}

/* ---- leasing ---- */

/* Wishes the cache could not fulfil, as many as are asked for at once. */
struct asking {
    const struct lease_wish *wishes;
    struct lease *out;
    size_t missing[MOST_AT_ONCE]; /* numbers of wishes */
    size_t count;
    int64_t asked_us;
};

static size_t items_of(const struct asking *asking, size_t frame)
{
    size_t left = asking->count - frame * FRAME_MOST_ITEMS;
    return left < FRAME_MOST_ITEMS ? left : FRAME_MOST_ITEMS;
}

static uint32_t put_lease_frame(struct vault *vault, const struct asking *asking, size_t frame)
{
    struct writer *out = &vault->link.out;
    size_t items = items_of(asking, frame);
    uint32_t sequence = vault_link_request(&vault->link, FRAME_LEASE);
    writer_byte(out, (uint8_t)vault->options.role);
    writer_u16(out, (uint16_t)items);
    for (size_t i = 0; i < items; i++)
        frame_put_wish(out, &asking->wishes[asking->missing[frame * FRAME_MOST_ITEMS + i]]);
    frame_end(out);
    return sequence;
}

/* Whether an answer is one to this wish: a key under another leaf would seal for somebody else. */
static bool fits(const struct lease_wish *wish, const struct lease_answer *answer)
{
    struct leaf leaf = answer->leaf;
    bool right_leaf =
        wish->by_leaf
            ? leaf.tree == wish->leaf.tree && leaf.number == wish->leaf.number
            : leaf.tree == TREE_SUBJECTS && leaf.number % LEAVES_PER_SUBJECT == wish->class;
    if (answer->state == KEY_LIVE)
        return right_leaf && !sodium_is_zero(answer->key, DATA_KEY_SIZE);
    return answer->state <= KEY_UNKNOWN && (right_leaf || (leaf.tree == 0 && !wish->by_leaf));
}

static bool take_leased(
    struct vault *vault,
    const struct asking *asking,
    size_t number,
    const struct frame *frame,
    struct error *err)
{
    struct frame_reader body = {.rest = frame->body};
    size_t items = items_of(asking, number);
    int64_t lease_us;
    if (frame->type != FRAME_LEASED || !vault_lease_time(frame_u32(&body), &lease_us) ||
        frame_u16(&body) != items)
        return vault_unfit(vault, "a lease", err);
    for (size_t i = 0; i < items; i++) {
        size_t wish = asking->missing[number * FRAME_MOST_ITEMS + i];
        struct lease_answer answer = {
            .asked_us = asking->asked_us, .expires_us = asking->asked_us + lease_us};
        answer.state = (enum key_state)frame_u8(&body);
        answer.leaf = frame_leaf(&body);
        answer.key = frame_bytes(&body, DATA_KEY_SIZE).data;
        if (body.short_of || !fits(&asking->wishes[wish], &answer))
            return vault_unfit(vault, "a lease", err);
        if (!lease_cache_put(&vault->cache, &asking->wishes[wish], &answer, &asking->out[wish]))
            return error_set(
                err,
                ERROR_fatal,
                "more keys are in use at once than the %zu there is room for",
                vault->options.most_leases);
    }
    return body.rest.size == 0 || vault_unfit(vault, "a lease", err);
}

/* One round trip: all frames out, then all answers in. */
static bool ask(struct vault *vault, struct asking *asking, struct error *err)
{
    size_t frames = (asking->count + FRAME_MOST_ITEMS - 1) / FRAME_MOST_ITEMS;
    uint32_t sequences[FRAMES_AT_ONCE];
    asking->asked_us = vault->options.clock();
    for (size_t i = 0; i < frames; i++)
        sequences[i] = put_lease_frame(vault, asking, i);
    vault->counts.asked += (int64_t)asking->count;
    vault->counts.round_trips++;
    int64_t until_us;
    if (!vault_send(vault, &until_us, err))
        return false;
    for (size_t i = 0; i < frames; i++) {
        struct frame answer;
        if (!vault_answer(vault, sequences[i], until_us, &answer, err) ||
            !take_leased(vault, asking, i, &answer, err))
            return false;
    }
    return true;
}

bool vault_lease(
    struct vault *vault,
    const struct lease_wish *wishes,
    size_t count,
    struct lease *out,
    struct error *err)
{
    if (!vault_ready(vault, err))
        return false;
    struct asking asking;
    asking.wishes = wishes;
    asking.out = out;
    int64_t now_us = vault->options.clock();
    for (size_t at = 0; at < count;) {
        asking.count = 0;
        for (; at < count && asking.count < MOST_AT_ONCE; at++) {
            if (!lease_cache_find(&vault->cache, &wishes[at], now_us, &out[at]))
                asking.missing[asking.count++] = at;
        }
        if (asking.count != 0 && !ask(vault, &asking, err))
            return vault_lose(vault);
    }
    return true;
}

bool vault_keys_hold(const struct vault *vault)
{
    return vault->link.fd >= 0 && vault->options.clock() < vault->cache.turn_ends_us;
}

/* ---- serving ---- */

static bool read_pushes(struct vault *vault, struct error *err)
{
    for (int i = 0; i < MOST_PUSHES && vault->revocations.count < MOST_UNACKED; i++) {
        struct frame frame;
        int got = vault_link_next(&vault->link, 0, &frame, err);
        if (got <= 0)
            return got == 0;
        if (!vault_take_aside(vault, &frame, err))
            return false;
    }
    return true;
}

/* What was revoked is wiped by now. */
static void put_acknowledgements(struct vault *vault)
{
    for (size_t i = 0; i < vault->revocations.count; i++) {
        frame_begin(&vault->link.out, FRAME_WIPED, vault->revocations.sequences[i]);
        frame_end(&vault->link.out);
    }
    vault->revocations.count = 0;
}

static uint32_t
put_leaves(struct vault *vault, enum frame_type type, const struct leaf_list *leaves)
{
    struct writer *out = &vault->link.out;
    uint32_t sequence = vault_link_request(&vault->link, type);
    writer_u16(out, (uint16_t)leaves->count);
    for (size_t i = 0; i < leaves->count; i++)
        frame_put_leaf(out, leaves->leaves[i]);
    frame_end(out);
    return sequence;
}

/* One request for renewal at a time: it carries more leases than there can be in a third of their
 * time, sweep after sweep. */
static void sweep(struct vault *vault)
{
    int64_t now_us = vault->options.clock();
    if (now_us - vault->swept_us < SWEEP_US)
        return;
    vault->swept_us = now_us;
    struct renewal *renewal = &vault->renewal;
    bool awaited = renewal->leaves.count != 0;
    struct leaf_list release = {0};
    vault->counts.expired += (int64_t)lease_cache_sweep(
        &vault->cache,
        now_us + SWEEP_AHEAD_US,
        now_us - vault->lease_us / RENEW_SHARE,
        awaited ? NULL : &renewal->leaves,
        &release);
    if (!awaited && renewal->leaves.count != 0) {
        renewal->asked_us = now_us;
        renewal->sequence = put_leaves(vault, FRAME_RENEW, &renewal->leaves);
    }
    if (release.count != 0)
        (void)put_leaves(vault, FRAME_RELEASE, &release);
}

bool vault_serve(struct vault *vault, struct error *err)
{
    if (vault->link.fd < 0)
        return true;
    if (!read_pushes(vault, err))
        return vault_lose(vault);
    lease_cache_begin_turn(&vault->cache);
    bool revoked = vault->revocations.count != 0;
    put_acknowledgements(vault);
    sweep(vault);
    if (revoked || vault->cache.seed_wiped)
        vault_forget(vault);
    vault->cache.seed_wiped = false;
    sodium_stackzero(STACK_WIPED); /* what ciphers and copies of keys left there */
    int64_t until_us;
    if (vault->link.out.size != 0 && !vault_send(vault, &until_us, err))
        return false;
    vault->fence = vault->revocations.fence;
    return true;
}
