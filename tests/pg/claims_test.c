// SPDX-License-Identifier: Apache-2.0
// Claims of partitions: who was first, how they were left, and that nobody appends under an older one.
#include "store/claims.h"
#include "support/interleaving.h"
#include "support/store_fixture.h"

enum { INTERLEAVINGS = 400 };

static const struct claim_owner owner = {.group = "group", .topic = "topic", .name = "host:1"};

static struct claim take(struct fixture *fixture, int32_t partition)
{
    struct claim claim;
    struct error err;
    if (!claims_take(&fixture->db, &owner, &partition, 1, &claim, &err))
        fail_msg("%s", err.text);
    return claim;
}

/* Appends one event to a new stream, as from `offset` of the claimed partitions. */
static bool append(
    struct fixture *fixture,
    const struct claim *claims,
    size_t count,
    int64_t offset,
    struct error *err)
{
    static uint64_t streams;
    struct simple_group group;
    struct append_claim named[4];
    streams++;
    simple_group(&group, streams, streams, 0, 1);
    for (size_t i = 0; i < count; i++)
        named[i] = (struct append_claim){claims[i].number, claims[i].epoch, offset};
    const struct append_batch batch = {
        .groups = &group.group,
        .group_count = 1,
        .erasure_fence = STORE_NOTHING_SEALED,
        .claims = named,
        .claim_count = count};
    return store_append(&fixture->appender, &fixture->db, &batch, err);
}

static void refused(struct fixture *fixture, const struct claim *claims, size_t count)
{
    struct error err;
    int64_t commands = number(fixture, "select count(*) from store.commands");
    int64_t seen = number(fixture, "select sum(seen_offset) from store.claims");
    assert_false(append(fixture, claims, count, 1000, &err));
    assert_int_equal(err.kind, ERROR_conflict);
    assert_string_equal(err.code, STORE_CLAIM_LOST);
    assert_true(db_is_open(&fixture->db));
    assert_int_equal(number(fixture, "select count(*) from store.commands"), commands);
    assert_int_equal(number(fixture, "select sum(seen_offset) from store.claims"), seen);
}

static void test_a_claim_counts_up_and_tells_how_the_partition_was_left(void **state)
{
    struct fixture *fixture = *state;
    struct error err;
    struct claim first = take(fixture, 3);
    assert_int_equal(first.epoch, 1);
    assert_int_equal(first.seen_offset, -1);
    assert_int_equal(first.attempt_offset, -1);
    assert_true(first.was_clean); /* nobody was there */
    assert_true(append(fixture, &first, 1, 41, &err));
    struct claim second = take(fixture, 3);
    assert_int_equal(second.number, first.number);
    assert_int_equal(second.epoch, 2);
    assert_int_equal(second.seen_offset, 41);
    assert_false(second.was_clean);
    /* Who has lost it gives nothing back. */
    assert_true(claims_give_back(&fixture->db, &first, 1, &err));
    assert_false(take(fixture, 3).was_clean);
    struct claim last = take(fixture, 3);
    assert_true(claims_give_back(&fixture->db, &last, 1, &err));
    assert_true(take(fixture, 3).was_clean);
    assert_int_equal(number(fixture, "select count(*) from store.claims"), 1);
}

static void test_only_the_last_claim_appends(void **state)
{
    struct fixture *fixture = *state;
    struct error err;
    struct claim first = take(fixture, 0);
    assert_true(append(fixture, &first, 1, 7, &err));
    struct claim second = take(fixture, 0);
    refused(fixture, &first, 1);
    assert_true(append(fixture, &second, 1, 9, &err));
    assert_int_equal(number(fixture, "select seen_offset from store.claims"), 9);
    /* What comes again does not take it back. */
    assert_true(append(fixture, &second, 1, 8, &err));
    assert_int_equal(number(fixture, "select seen_offset from store.claims"), 9);
    assert_int_equal(number(fixture, "select position from store.head"), 3);
    struct claim later = second;
    later.epoch++;
    refused(fixture, &later, 1);
}

static void test_one_lost_claim_refuses_all_of_the_batch(void **state)
{
    struct fixture *fixture = *state;
    struct error err;
    struct claim claims[3];
    for (int32_t i = 0; i < 3; i++)
        claims[i] = take(fixture, i);
    assert_true(append(fixture, claims, 3, 5, &err));
    (void)take(fixture, 1);
    refused(fixture, claims, 3);
    /* The others are still ours. */
    const struct claim rest[2] = {claims[0], claims[2]};
    assert_true(append(fixture, rest, 2, 6, &err));
    assert_int_equal(number(fixture, "select sum(seen_offset) from store.claims"), 6 + 5 + 6);
}

/* Whoever repeats a command, or is too late for a version, is told that only if the partition is theirs. */
static void test_a_lost_claim_comes_before_all_other_losses(void **state)
{
    struct fixture *fixture = *state;
    struct error err;
    struct claim claim = take(fixture, 0);
    struct simple_group group;
    simple_group(&group, 1, 101, 0, 1);
    struct append_claim named = {claim.number, claim.epoch, 1};
    const struct append_batch batch = {
        .groups = &group.group,
        .group_count = 1,
        .erasure_fence = STORE_NOTHING_SEALED,
        .claims = &named,
        .claim_count = 1};
    assert_true(store_append(&fixture->appender, &fixture->db, &batch, &err));
    assert_true(store_append(&fixture->appender, &fixture->db, &batch, &err));
    assert_int_equal(group.group.status, APPEND_DUPLICATE);
    (void)take(fixture, 0);
    assert_false(store_append(&fixture->appender, &fixture->db, &batch, &err));
    assert_string_equal(err.code, STORE_CLAIM_LOST);
}

static void test_the_end_of_a_topic_can_be_accepted(void **state)
{
    struct fixture *fixture = *state;
    struct error err;
    struct claim claim = take(fixture, 0);
    assert_true(append(fixture, &claim, 1, 41, &err));
    struct claim old = claim;
    claim = take(fixture, 0);
    assert_true(claims_accept_end(&fixture->db, &old, 5, &err));
    assert_int_equal(number(fixture, "select seen_offset from store.claims"), 41);
    assert_true(claims_accept_end(&fixture->db, &claim, 5, &err));
    assert_int_equal(claim.seen_offset, 4);
    assert_int_equal(number(fixture, "select seen_offset from store.claims"), 4);
}

static void test_a_claim_without_its_fence_is_none(void **state)
{
    struct fixture *fixture = *state;
    struct error err;
    struct claim claim;
    const int32_t partition = 0;
    store_database_sql(
        &fixture->database,
        "revoke execute on function pg_logical_emit_message(boolean, text, text) from public");
    assert_false(claims_take(&fixture->db, &owner, &partition, 1, &claim, &err));
}

/* ---- interleavings ---- */

/* An event whose payload is the epoch it was decided under. */
static void claim(struct actor *actor, struct append_batch *batch, struct writer *bytes)
{
    actor->group.events[0].payload = writer_slice(bytes);
    actor->claim = (struct append_claim){1, actor->number, 0};
    batch->claims = &actor->claim;
    batch->claim_count = 1;
}

static const struct play_kind claiming = {
    .number_sql = "select epoch from store.claims",
    .raise_sql = "update store.claims set epoch = epoch + 1",
    .column = "payload",
    .refused_code = STORE_CLAIM_LOST,
    .fill = claim};

static void open_claiming(struct play *play)
{
    play_open(play, &claiming, 25);
    store_database_sql(
        &play->database,
        "insert into store.claims (group_name, topic, partition, owner) values ('g', 't', 0, 'o')");
}

static void test_nothing_decided_under_an_older_claim_commits_after_the_next(void **state)
{
    (void)state;
    struct play play;
    open_claiming(&play);
    play_run(&play, INTERLEAVINGS, "select store.append" STORE_APPEND_ARGUMENTS);
    assert_int_equal(play.late, 0);
    assert_true(play.appended > INTERLEAVINGS / 5);
    assert_true(play.refused > INTERLEAVINGS / 5);
    assert_true(play.waited > INTERLEAVINGS / 5);
    play_close(&play);
}

static void test_without_the_epoch_it_does(void **state)
{
    (void)state;
    struct play play;
    open_claiming(&play);
    play_replace_in_append(&play, "append_unfenced", " and c.epoch = g.epoch", "");
    play_run(&play, INTERLEAVINGS, "select store.append_unfenced" STORE_APPEND_ARGUMENTS);
    assert_true(play.late > 0);
    assert_int_equal(play.refused, 0);
    play_close(&play);
}

/* The lock that foreign keys take lets the epoch be counted up under it. */
static void test_with_a_key_share_lock_it_does(void **state)
{
    (void)state;
    struct play play;
    open_claiming(&play);
    play_replace_in_append(
        &play,
        "append_key_share",
        "update store.claims c set seen_offset = greatest(c.seen_offset, g.newest)\n"
        "        from unnest(claim_ids, claim_epochs, claim_offsets) as g (claim, epoch, newest)\n"
        "        where c.claim = g.claim and c.epoch = g.epoch;",
        "perform from store.claims c, unnest(claim_ids, claim_epochs) as g (claim, epoch)"
        " where c.claim = g.claim and c.epoch = g.epoch for key share of c;");
    play_run(&play, INTERLEAVINGS, "select store.append_key_share" STORE_APPEND_ARGUMENTS);
    assert_true(play.late > 0);
    play_close(&play);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
        TEST(test_a_claim_counts_up_and_tells_how_the_partition_was_left),
        TEST(test_only_the_last_claim_appends),
        TEST(test_one_lost_claim_refuses_all_of_the_batch),
        TEST(test_a_lost_claim_comes_before_all_other_losses),
        TEST(test_the_end_of_a_topic_can_be_accepted),
        TEST(test_a_claim_without_its_fence_is_none),
#undef TEST
        cmocka_unit_test(test_nothing_decided_under_an_older_claim_commits_after_the_next),
        cmocka_unit_test(test_without_the_epoch_it_does),
        cmocka_unit_test(test_with_a_key_share_lock_it_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
