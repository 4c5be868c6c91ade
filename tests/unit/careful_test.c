// SPDX-License-Identifier: Apache-2.0
// With how much care a worker goes on after one that ended without giving its partitions back.
#include "command/careful.h"
#include "support/cmocka.h"

enum { SPAN = 4, SECOND = 1000 * 1000 };

static struct claim unclean(int64_t seen, int64_t attempt_offset, int attempts)
{
    return (struct claim){
        .number = 1,
        .epoch = 7,
        .seen_offset = seen,
        .attempt_offset = attempt_offset,
        .attempts = attempts};
}

/* The care for each of ten commands from `first` on, as letters. */
static void look(const struct claim *claim, int64_t first, char out[static 11])
{
    static const char letters[] = {[CARE_NONE] = '.', [CARE_NOTED] = 'n', [CARE_ALONE] = 'a'};
    struct careful careful = {0};
    for (int64_t i = 0; i < 10; i++)
        out[i] = letters[careful_look(&careful, claim, first + i, SPAN, SECOND)];
    out[10] = '\0';
}

static void nothing_after_a_clean_end(void **state)
{
    (void)state;
    struct claim claim = unclean(41, 45, 2);
    char care[11];
    claim.was_clean = true;
    look(&claim, 40, care);
    assert_string_equal(care, "..........");
}

static void what_nobody_appended_after_goes_alone(void **state)
{
    (void)state;
    char care[11];
    struct claim claim = unclean(41, -1, 0);
    look(&claim, 40, care); /* 40 and 41 were appended */
    assert_string_equal(care, "nnaaaannnn");
    look(&claim, 50, care); /* commands that nothing was appended for: from the first one on */
    assert_string_equal(care, "aaaannnnnn");
    claim = unclean(-1, -1, 0);
    look(&claim, 0, care);
    assert_string_equal(care, "aaaannnnnn");
}

static void what_was_tried_last_goes_alone_too(void **state)
{
    (void)state;
    char care[11];
    const struct claim claim = unclean(40, 46, 1);
    look(&claim, 40, care);
    assert_string_equal(care, "naaaanaaaa");
}

static void the_others_are_noted_for_some_seconds(void **state)
{
    (void)state;
    const struct claim claim = unclean(-1, -1, 0);
    struct careful careful = {0};
    assert_int_equal(careful_look(&careful, &claim, 0, SPAN, SECOND), CARE_ALONE);
    assert_int_equal(careful_look(&careful, &claim, 10, SPAN, 2 * SECOND), CARE_NOTED);
    assert_int_equal(careful_look(&careful, &claim, 20, SPAN, 7 * SECOND), CARE_NONE);
    /* Another claim is another beginning. */
    struct claim next = claim;
    next.epoch++;
    assert_int_equal(careful_look(&careful, &next, 20, SPAN, 8 * SECOND), CARE_ALONE);
}

static void attempts_below_the_last_one_are_not_counted(void **state)
{
    (void)state;
    const struct claim claim = unclean(100, 46, 2);
    assert_false(careful_counts(&claim, 45));
    assert_true(careful_counts(&claim, 46));
    assert_true(careful_counts(&claim, 47));
    const struct claim fresh = unclean(100, 46, 0);
    assert_true(careful_counts(&fresh, 45));
    /* Far below: the topic is read from its beginning again. */
    const struct claim rewound = unclean(1000000, 900000, 3);
    assert_true(careful_counts(&rewound, 5));
}

enum { FIRST = 10, DEADLY = 19 };

/* How many commands the next batch has: it ends before one that goes alone. */
static int64_t batch_size(struct careful *careful, const struct claim *claim, int64_t offset)
{
    int64_t size = 1;
    if (careful_look(careful, claim, offset, SPAN, SECOND) == CARE_ALONE)
        return size;
    while (size < SPAN && careful_look(careful, claim, offset + size, SPAN, SECOND) != CARE_ALONE)
        size++;
    return size;
}

/* One life of a worker: it reads from FIRST on and dies of the batch with DEADLY in it. Returns how often
 * that one was tried alone: 0 or 1; -1: it was given up. */
static int live(struct claim *claim)
{
    const struct claim taken = *claim;
    struct careful careful = {0};
    for (int64_t offset = FIRST;;) {
        enum care care = careful_look(&careful, &taken, offset, SPAN, SECOND);
        int64_t size = batch_size(&careful, &taken, offset);
        if (care != CARE_NONE && careful_counts(&taken, offset)) {
            claim->attempts = claim->attempt_offset == offset ? claim->attempts + 1 : 1;
            claim->attempt_offset = offset;
        }
        bool alone = care == CARE_ALONE && offset == DEADLY;
        if (alone && claim->attempts > CAREFUL_MOST_ATTEMPTS)
            return -1;
        if (offset + size > DEADLY)
            return alone;
        offset += size;
    }
}

/* Workers that all die of the same command, and read from the same offset on. */
static void a_crash_loop_comes_to_its_end(void **state)
{
    (void)state;
    static const int64_t seen[] = {-1, 12, 17, 18};
    for (size_t i = 0; i < countof(seen); i++) {
        struct claim claim = unclean(seen[i], -1, 0);
        int alone = 0;
        int lives = 1;
        int tried = live(&claim);
        for (; tried >= 0 && lives < 20; lives++) {
            alone += tried;
            tried = live(&claim);
        }
        assert_int_equal(tried, -1);
        assert_in_range(alone, CAREFUL_MOST_ATTEMPTS - 1, CAREFUL_MOST_ATTEMPTS);
        assert_in_range(lives, CAREFUL_MOST_ATTEMPTS + 1, CAREFUL_MOST_ATTEMPTS + 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_after_a_clean_end),
        cmocka_unit_test(what_nobody_appended_after_goes_alone),
        cmocka_unit_test(what_was_tried_last_goes_alone_too),
        cmocka_unit_test(the_others_are_noted_for_some_seconds),
        cmocka_unit_test(attempts_below_the_last_one_are_not_counted),
        cmocka_unit_test(a_crash_loop_comes_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
