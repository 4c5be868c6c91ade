// SPDX-License-Identifier: Apache-2.0
// Appends of sealed events against the fence of an erasure: nothing that was sealed under an older fence
// number comes later than the fence. Of the negative controls one reads the number without the lock, one
// takes the lock in the statement that reads.
#include "support/interleaving.h"

enum { INTERLEAVINGS = 1000 };

/* An event whose sealed parts are the number of the fence it was sealed under. */
static void seal(struct actor *actor, struct append_batch *batch, struct writer *bytes)
{
    actor->group.events[0].sealed = writer_slice(bytes);
    batch->erasure_fence = actor->number;
}

static const struct play_kind erasing = {
    .number_sql = "select fence from erasure.fence",
    .raise_sql = "select erasure.raise_fence()",
    .column = "sealed",
    .refused_code = STORE_ERASURE_FENCED,
    .fill = seal};

static void test_nothing_sealed_under_an_older_fence_commits_after_it(void **state)
{
    (void)state;
    struct play play;
    play_open(&play, &erasing, 24);
    play_run(&play, INTERLEAVINGS, "select store.append" STORE_APPEND_ARGUMENTS);
    assert_int_equal(play.late, 0);
    assert_true(play.appended > INTERLEAVINGS / 5);
    assert_true(play.refused > INTERLEAVINGS / 5);
    assert_true(play.waited > INTERLEAVINGS / 5);
    play_close(&play);
}

static void test_without_the_lock_it_does(void **state)
{
    (void)state;
    struct play play;
    play_open(&play, &erasing, 24);
    play_replace_in_append(
        &play, "append_unlocked", "perform pg_advisory_xact_lock_shared(7233912845);", "");
    play_run(&play, INTERLEAVINGS, "select store.append_unlocked" STORE_APPEND_ARGUMENTS);
    assert_true(play.late > 0);
    play_close(&play);
}

static void test_with_lock_and_number_in_one_statement_it_does(void **state)
{
    (void)state;
    struct play play;
    play_open(&play, &erasing, 24);
    play_replace_in_append(
        &play,
        "append_at_once",
        "perform pg_advisory_xact_lock_shared(7233912845);\n"
        "        select f.fence into strict current_fence from erasure.fence f where f.only_row;",
        "select f.fence into strict current_fence from"
        " (select pg_advisory_xact_lock_shared(7233912845) offset 0) l, erasure.fence f;");
    play_run(&play, INTERLEAVINGS, "select store.append_at_once" STORE_APPEND_ARGUMENTS);
    assert_true(play.late > 0);
    play_close(&play);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_sealed_under_an_older_fence_commits_after_it),
        cmocka_unit_test(test_without_the_lock_it_does),
        cmocka_unit_test(test_with_lock_and_number_in_one_statement_it_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
