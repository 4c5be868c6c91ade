// SPDX-License-Identifier: Apache-2.0
// The client of the key broker: what it holds, for how long, and that it gives it back.
#include "support/vault_client.h"

enum { MANY = 3000 };

/* ---- what is held ---- */

static void says_hello_on_first_use(void **state)
{
    (void)state;
    struct error err;
    assert_int_equal(vault_descriptor(vault), -1);
    assert_int_equal(vault_fence(vault), -1);
    assert_true(vault_serve(vault, &err)); /* nothing to do yet */
    assert_true(vault_lease(vault, NULL, 0, NULL, &err));
    struct fake_seen seen = fake_look(&broker);
    struct uuid id = vault_id(vault);
    assert_string_equal(seen.instance, "test-1");
    assert_int_equal(seen.role, ROLE_COMMAND);
    assert_true(vault_descriptor(vault) >= 0);
    assert_int_equal(vault_fence(vault), 7);
    assert_true(uuid_equal(&id, &broker.vault_id));
    assert_int_equal(vault_counts(vault).reconnects, 0);
}

static void a_held_key_needs_no_round_trip(void **state)
{
    (void)state;
    const struct lease_wish wish = wish_of(KEY_LIVE, 5, 2), leaf = wish_of_leaf(42);
    struct lease first = lease_one(&wish);
    assert_key(&first, 42);
    struct lease again = lease_one(&wish), by_leaf = lease_one(&leaf);
    assert_ptr_equal(again.key, first.key);
    assert_ptr_equal(by_leaf.key, first.key);
    assert_int_equal(fake_look(&broker).wishes, 1);
    assert_int_equal(vault_counts(vault).round_trips, 1);
    assert_int_equal(vault_counts(vault).held, 1);
}

static void a_key_leased_by_leaf_is_found_by_subject_once_that_is_known(void **state)
{
    (void)state;
    const struct lease_wish wish = wish_of(KEY_LIVE, 5, 2), leaf = wish_of_leaf(42);
    struct lease by_leaf = lease_one(&leaf), by_subject = lease_one(&wish);
    assert_ptr_equal(by_leaf.key, by_subject.key);
    assert_int_equal(vault_counts(vault).held, 1);
    assert_int_equal(fake_look(&broker).wishes, 2);
    (void)lease_one(&wish);
    assert_int_equal(fake_look(&broker).wishes, 2);
}

static void tenants_subjects_and_classes_are_told_apart(void **state)
{
    (void)state;
    struct lease_wish other = wish_of(KEY_LIVE, 5, 2);
    (void)lease_one(&other);
    other.tenant.bytes[0]++;
    (void)lease_one(&other);
    assert_int_equal(fake_look(&broker).wishes, 2);
    other.class = 3;
    struct lease lease = lease_one(&other);
    assert_key(&lease, 43);
}

static void many_wishes_take_few_round_trips(void **state)
{
    (void)state;
    static struct lease_wish wishes[MANY];
    static struct lease leases[MANY];
    struct error err;
    for (size_t i = 0; i < MANY; i++)
        wishes[i] = wish_of_leaf(1000 + i);
    assert_true(vault_lease(vault, wishes, 500, leases, &err));
    assert_int_equal(vault_counts(vault).round_trips, 1);
    assert_int_equal(fake_look(&broker).lease_frames, 2);
    assert_true(vault_lease(vault, wishes, MANY, leases, &err));
    assert_int_equal(vault_counts(vault).round_trips, 1 + 3); /* 1,024 at a time */
    assert_int_equal(fake_look(&broker).wishes, MANY);
    for (size_t i = 0; i < MANY; i++)
        assert_key(&leases[i], 1000 + i);
}

/* 4,096 keys fit. Those of this turn stay, those of the one before make room. */
static void a_full_cache_gives_up_keys_of_earlier_turns(void **state)
{
    (void)state;
    static struct lease_wish wishes[MANY];
    static struct lease leases[MANY];
    struct error err;
    for (size_t i = 0; i < MANY; i++)
        wishes[i] = wish_of_leaf(i);
    assert_true(vault_lease(vault, wishes, MANY, leases, &err));
    serve();
    for (size_t i = 0; i < MANY; i++)
        wishes[i] = wish_of_leaf(MANY + i);
    assert_true(vault_lease(vault, wishes, MANY, leases, &err));
    for (size_t i = 0; i < MANY; i++)
        assert_key(&leases[i], MANY + i);
    assert_int_equal(vault_counts(vault).held, 4096);

    for (size_t i = 0; i < MANY; i++)
        wishes[i] = wish_of_leaf(UINT64_C(2) * MANY + i);
    assert_false(vault_lease(vault, wishes, MANY, leases, &err));
    assert_non_null(strstr(err.text, "4096"));
}

/* ---- for how long ---- */

static void a_lease_ends_a_time_to_live_after_it_was_asked_for(void **state)
{
    (void)state;
    const struct lease_wish wish = wish_of(KEY_LIVE, 5, 2);
    (void)lease_one(&wish);
    now_us += LEASE_US - 1;
    (void)lease_one(&wish);
    assert_int_equal(fake_look(&broker).wishes, 1);
    now_us += 1;
    (void)lease_one(&wish);
    assert_int_equal(fake_look(&broker).wishes, 2);
}

static void one_who_was_stopped_learns_that_a_key_in_use_ran_out(void **state)
{
    (void)state;
    const struct lease_wish wish = wish_of(KEY_LIVE, 5, 2);
    const struct lease_wish later = wish_of(KEY_LIVE, 6, 2);
    (void)lease_one(&wish);
    now_us += 1000;
    (void)lease_one(&later);
    now_us += LEASE_US - 1001;
    assert_true(vault_keys_hold(vault));
    now_us += 1;
    assert_false(vault_keys_hold(vault));
    serve();
    assert_true(vault_keys_hold(vault)); /* of nothing that is in use now */
}

static void a_key_is_wiped_before_its_time_is_up(void **state)
{
    (void)state;
    const struct lease_wish wish = wish_of(KEY_LIVE, 5, 2);
    broker.renewed_state = KEY_LIVE;
    struct lease lease = lease_one(&wish);
    /* Nobody served for so long that nothing can be renewed. */
    now_us += LEASE_US - 200000;
    serve();
    assert_true(is_wiped(lease.key));
    assert_int_equal(vault_counts(vault).expired, 1);
    assert_int_equal(vault_counts(vault).held, 0);
}

static void a_used_key_is_renewed_and_an_unused_one_given_back(void **state)
{
    (void)state;
    const struct lease_wish used = wish_of(KEY_LIVE, 5, 2), unused = wish_of(KEY_LIVE, 6, 2);
    struct lease kept = lease_one(&used), left = lease_one(&unused);
    (void)lease_one(&used);
    now_us += LEASE_US / 3;
    serve();
    assert_int_equal(fake_look(&broker).renewed, 0);
    now_us += 200000;
    serve();
    fake_await(&broker, &broker.seen.renewed, 1);
    fake_await(&broker, &broker.seen.released, 1);
    assert_true(is_wiped(left.key));
    assert_key(&kept, 42);

    struct error err;
    uint64_t number;
    uint8_t public_key[32];
    assert_true(vault_epoch(vault, &number, public_key, &err)); /* behind the renewal's answer */
    now_us += LEASE_US * 2 / 3 + 1;                             /* longer than the first lease */
    (void)lease_one(&used);
    assert_int_equal(fake_look(&broker).wishes, 2);
}

static void a_key_that_is_not_renewed_is_wiped(void **state)
{
    (void)state;
    const struct lease_wish wish = wish_of(KEY_LIVE, 5, 2);
    broker.renewed_state = KEY_ERASING;
    struct lease lease = lease_one(&wish);
    (void)lease_one(&wish);
    now_us += LEASE_US / 3 + 200000;
    serve();
    struct error err;
    uint64_t number;
    uint8_t public_key[32];
    assert_true(vault_epoch(vault, &number, public_key, &err));
    assert_false(is_wiped(lease.key)); /* it may be in use */
    serve();
    assert_true(is_wiped(lease.key));
    assert_int_equal(vault_counts(vault).held, 0);
}

static void what_was_derived_from_an_epoch_goes_when_its_seed_does(void **state)
{
    (void)state;
    uint8_t room[64];
    const struct lease_wish person = wish_of(KEY_LIVE, 5, 2);
    const struct lease_wish epoch = {.by_leaf = true, .leaf = {.tree = TREE_EPOCHS, .number = 3}};
    (void)lease_one(&person);
    now_us += LEASE_US / 3 + 200000;
    serve(); /* gives the person's key back, from which nothing is derived */
    fake_await(&broker, &broker.seen.released, 1);
    assert_int_equal(forgotten, 0);
    (void)lease_one(&epoch);
    now_us += LEASE_US / 3 + 200000;
    serve();
    fake_await(&broker, &broker.seen.released, 2);
    assert_int_equal(forgotten, 1);
    fake_push(&broker, fake_revoke(room, 1, 8, 40, 8));
    serve();
    assert_int_equal(forgotten, 2);
}

/* ---- taken back ---- */

static void a_revoked_key_is_wiped_then_acknowledged(void **state)
{
    (void)state;
    uint8_t room[64];
    const struct lease_wish wish = wish_of(KEY_LIVE, 5, 2), other = wish_of(KEY_LIVE, 6, 2);
    struct lease lease = lease_one(&wish), kept = lease_one(&other);
    broker.watched = lease.key;
    fake_push(&broker, fake_revoke(room, 77, 8, 40, 8));
    assert_key(&lease, 42); /* until vault_serve */
    assert_int_equal(vault_fence(vault), 7);
    serve();
    assert_true(is_wiped(lease.key));
    assert_int_equal(vault_fence(vault), 8);
    fake_await(&broker, &broker.seen.wiped, 1);
    struct fake_seen seen = fake_look(&broker);
    assert_int_equal(seen.wiped_sequence, 77);
    assert_true(seen.wiped_in_time);
    assert_int_equal(vault_counts(vault).revoked, 1);
    assert_key(&kept, 50);
    (void)lease_one(&wish);
    assert_int_equal(fake_look(&broker).wishes, 3);
}

static void keys_in_use_outlive_a_revocation_until_the_turn_ends(void **state)
{
    (void)state;
    uint8_t room[64];
    const struct lease_wish wish = wish_of(KEY_LIVE, 5, 2), other = wish_of(KEY_LIVE, 6, 2);
    struct lease in_use = lease_one(&wish);
    broker.push = fake_revoke(room, 77, 8, 40, 8);
    fake_behave(&broker, FAKE_REVOKES_FIRST);
    (void)lease_one(&other);
    assert_key(&in_use, 42);
    assert_int_equal(vault_fence(vault), 7);
    assert_int_equal(fake_look(&broker).wiped, 0);
    fake_behave(&broker, FAKE_RIGHT);
    struct lease anew = lease_one(&wish); /* it is not found any more */
    assert_true(anew.key != in_use.key);
    assert_int_equal(fake_look(&broker).wishes, 3);
    serve();
    fake_await(&broker, &broker.seen.wiped, 1);
    assert_true(is_wiped(in_use.key));
    assert_key(&anew, 42);
    assert_int_equal(vault_fence(vault), 8);
}

static void a_large_span_takes_all_keys_in_it(void **state)
{
    (void)state;
    uint8_t room[64];
    struct lease leases[4];
    for (uint8_t i = 0; i < countof(leases); i++) {
        const struct lease_wish wish = wish_of(KEY_LIVE, (uint8_t)(10 * i), 0);
        leases[i] = lease_one(&wish);
    }
    fake_push(&broker, fake_revoke(room, 1, 8, 80, 160)); /* leaves 80 to 239 */
    serve();
    assert_key(&leases[0], 0);
    assert_true(is_wiped(leases[1].key));
    assert_true(is_wiped(leases[2].key));
    assert_key(&leases[3], 240);
}

/* ---- four outcomes ---- */

static void states_are_not_collapsed(void **state)
{
    (void)state;
    struct lease_wish wishes[5];
    struct lease leases[5];
    struct error err;
    for (uint8_t i = 0; i < 5; i++)
        wishes[i] = wish_of((enum key_state)i, (uint8_t)(20 + i), 1);
    for (int round = 0; round < 2; round++) {
        assert_true(vault_lease(vault, wishes, 5, leases, &err));
        assert_key(&leases[0], 161);
        for (uint8_t i = 1; i < 5; i++) {
            assert_int_equal(leases[i].state, i);
            assert_null(leases[i].key);
        }
        /* ERASED and ERASING are known from then on, RESTRICTED and UNKNOWN may pass. */
        assert_int_equal(fake_look(&broker).wishes, round == 0 ? 5 : 7);
    }
}

static void an_answer_without_a_key_counts_until_the_fence_changes(void **state)
{
    (void)state;
    uint8_t room[64];
    const struct lease_wish wish = wish_of(KEY_ERASING, 5, 2);
    (void)lease_one(&wish);
    (void)lease_one(&wish);
    assert_int_equal(fake_look(&broker).wishes, 1);
    fake_push(&broker, fake_revoke(room, 1, 8, 8000, 8)); /* somebody else's */
    serve();
    (void)lease_one(&wish);
    assert_int_equal(fake_look(&broker).wishes, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VAULT_TEST(says_hello_on_first_use),
        VAULT_TEST(a_held_key_needs_no_round_trip),
        VAULT_TEST(a_key_leased_by_leaf_is_found_by_subject_once_that_is_known),
        VAULT_TEST(tenants_subjects_and_classes_are_told_apart),
        VAULT_TEST(many_wishes_take_few_round_trips),
        VAULT_TEST(a_full_cache_gives_up_keys_of_earlier_turns),
        VAULT_TEST(a_lease_ends_a_time_to_live_after_it_was_asked_for),
        VAULT_TEST(one_who_was_stopped_learns_that_a_key_in_use_ran_out),
        VAULT_TEST(a_key_is_wiped_before_its_time_is_up),
        VAULT_TEST(a_used_key_is_renewed_and_an_unused_one_given_back),
        VAULT_TEST(a_key_that_is_not_renewed_is_wiped),
        VAULT_TEST(what_was_derived_from_an_epoch_goes_when_its_seed_does),
        VAULT_TEST(a_revoked_key_is_wiped_then_acknowledged),
        VAULT_TEST(keys_in_use_outlive_a_revocation_until_the_turn_ends),
        VAULT_TEST(a_large_span_takes_all_keys_in_it),
        VAULT_TEST(states_are_not_collapsed),
        VAULT_TEST(an_answer_without_a_key_counts_until_the_fence_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
