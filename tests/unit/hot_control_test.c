// SPDX-License-Identifier: Apache-2.0
// The control of hot_fork_test: linked with a fork that is none, so that deciding changes what is kept
// before anything is appended, its first case must notice.
#include "support/kitchen.h"

bool __wrap_aggregate_fork(
    const struct aggregate *from, struct arena *arena, struct aggregate *out);
bool __wrap_aggregate_join(
    struct aggregate *aggregate, const struct aggregate *fork, struct arena *arena);

bool __wrap_aggregate_fork(const struct aggregate *from, struct arena *arena, struct aggregate *out)
{
    (void)arena;
    *out = *from; /* with the very same state */
    return true;
}

bool __wrap_aggregate_join(
    struct aggregate *aggregate, const struct aggregate *fork, struct arena *arena)
{
    (void)arena;
    aggregate->version = fork->version;
    return true;
}

static void a_baseline_that_moves_too_early_is_noticed(void **state)
{
    static struct kitchen kitchen;
    (void)state;
    kitchen_open(&kitchen);
    assert_false(kitchen_forgets_what_was_lost(&kitchen));
    kitchen_close(&kitchen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_baseline_that_moves_too_early_is_noticed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
