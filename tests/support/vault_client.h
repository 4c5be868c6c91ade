// SPDX-License-Identifier: Apache-2.0
// A lease client with a fake broker and a clock of the test's own, and what tests of it often say.
#ifndef SUPPORT_VAULT_CLIENT_H
#define SUPPORT_VAULT_CLIENT_H

#include "support/fake_broker.h"
#include "vault/leases.h"

enum { LEASE_US = FAKE_LEASE_MS * 1000 };

static struct fake_broker broker;
static struct vault *vault;
static int64_t now_us;
static int forgotten; /* how often the client said that derived keys are to be wiped */

static inline int64_t test_clock(void)
{
    return now_us;
}

static inline void count_forgotten(void *context)
{
    (*(int *)context)++;
}

static inline void open_vault(int64_t deadline_us)
{
    struct error err;
    const struct vault_options options = {
        .socket = broker.address.sun_path,
        .role = ROLE_COMMAND,
        .instance = "test-1",
        .most_leases = 4096,
        .deadline_us = deadline_us,
        .clock = test_clock,
        .forget = count_forgotten,
        .context = &forgotten};
    if (!vault_open(&vault, &options, &err))
        fail_msg("%s", err.text);
}

static inline int set_up(void **state)
{
    (void)state;
    now_us = 1000000000;
    forgotten = 0;
    fake_start(&broker);
    open_vault(0);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    vault_close(vault);
    fake_stop(&broker);
    return 0;
}

/* ---- shorthands ---- */

static inline struct lease_wish wish_of(enum key_state state, uint8_t number, uint8_t class)
{
    return (struct lease_wish){
        .class = class, .tenant = {{9}}, .subject = fake_subject(state, number)};
}

static inline struct lease_wish wish_of_leaf(uint64_t number)
{
    return (struct lease_wish){.by_leaf = true, .leaf = {.tree = TREE_SUBJECTS, .number = number}};
}

static inline struct lease lease_one(const struct lease_wish *wish)
{
    struct lease lease;
    struct error err;
    if (!vault_lease(vault, wish, 1, &lease, &err))
        fail_msg("%s", err.text);
    return lease;
}

static inline struct error lease_fails(void)
{
    const struct lease_wish wish = wish_of(KEY_LIVE, 200, 0);
    struct lease lease;
    struct error err = {.kind = ERROR_KIND_COUNT};
    assert_false(vault_lease(vault, &wish, 1, &lease, &err));
    assert_int_equal(vault_descriptor(vault), -1);
    assert_int_equal(vault_counts(vault).held, 0);
    return err;
}

static inline void serve(void)
{
    struct error err;
    if (!vault_serve(vault, &err))
        fail_msg("%s", err.text);
}

static inline void assert_key(const struct lease *lease, uint64_t leaf)
{
    uint8_t expected[DATA_KEY_SIZE];
    memset(expected, (int)(leaf & 0x7f) + 1, sizeof(expected));
    assert_int_equal(lease->state, KEY_LIVE);
    assert_int_equal(lease->leaf.number, leaf);
    assert_memory_equal(lease->key, expected, sizeof(expected));
}

static inline bool is_wiped(const uint8_t *key)
{
    return sodium_is_zero(key, DATA_KEY_SIZE);
}

/* A REVOKE of `count` leaves from `first` on. */
static inline struct slice fake_revoke(
    uint8_t room[static 64], uint32_t sequence, uint64_t fence, uint64_t first, uint64_t count)
{
    struct writer out = writer_over(room, 64);
    frame_begin(&out, FRAME_REVOKE, sequence);
    writer_u64(&out, fence);
    writer_byte(&out, KEY_ERASING);
    writer_u16(&out, 1);
    frame_put_leaf(&out, (struct leaf){.tree = TREE_SUBJECTS, .number = first});
    writer_u64(&out, count);
    frame_end(&out);
    assert_false(out.overflow);
    return writer_slice(&out);
}

#define VAULT_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
