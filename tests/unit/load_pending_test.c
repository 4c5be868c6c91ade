// SPDX-License-Identifier: Apache-2.0
// Unanswered commands: found by id, resent oldest first, remembered for a while once answered, and
// no more memory after a long run than after a short one.
#include "load/pending.h"
#include "support/cmocka.h"

enum { WINDOW = 50 };

static struct outgoing numbered(uint64_t number)
{
    struct outgoing command = {.type = COMMAND_CANCEL_ORDER};
    memcpy(command.command_id.bytes, &number, sizeof(number));
    return command;
}

static struct pending_command *add(struct pending *pending, uint64_t number, size_t size)
{
    static const uint8_t bytes[PENDING_BLOCK_SIZE * 2] = {7};
    struct outgoing command = numbered(number);
    struct pending_command *added;
    struct error err;
    assert_true(pending_add(pending, &command, slice_of(bytes, size), &added, &err));
    return added;
}

static struct pending_command *find(struct pending *pending, uint64_t number)
{
    struct outgoing command = numbered(number);
    return pending_find(pending, &command.command_id);
}

static int open_pending(void **state)
{
    static struct pending pending;
    struct error err;
    *state = &pending;
    return pending_init(&pending, WINDOW, &err) ? 0 : -1;
}

static int close_pending(void **state)
{
    pending_release(*state);
    return 0;
}

static void a_command_waits_until_it_is_answered(void **state)
{
    struct pending *pending = *state;
    assert_null(find(pending, 1));
    add(pending, 1, 100);
    add(pending, 2, PENDING_BLOCK_SIZE + 1);
    assert_int_equal(pending->waiting_count, 2);
    assert_int_equal(pending->waiting_bytes, 100 + PENDING_BLOCK_SIZE + 1);
    assert_int_equal(find(pending, 2)->bytes[0], 7);
    pending_answer(pending, find(pending, 1));
    assert_int_equal(pending->waiting_count, 1);
    assert_null(find(pending, 1));
    assert_ptr_equal(pending_oldest(pending), find(pending, 2));
}

static void sent_again_means_newest(void **state)
{
    struct pending *pending = *state;
    for (uint64_t i = 1; i <= 3; i++)
        add(pending, i, 10);
    pending_sent_again(pending, find(pending, 1));
    assert_ptr_equal(pending_oldest(pending), find(pending, 2));
    pending_answer(pending, find(pending, 3));
    assert_ptr_equal(pending_newer(pending, pending_oldest(pending)), find(pending, 1));
    assert_null(pending_newer(pending, find(pending, 1)));
    assert_int_equal(find(pending, 1)->times_sent, 2);
}

static void answers_are_remembered_for_a_while(void **state)
{
    struct pending *pending = *state;
    for (uint64_t i = 1; i <= WINDOW; i++)
        add(pending, i, 10);
    for (uint64_t i = 1; i <= WINDOW; i++)
        pending_answer(pending, find(pending, i));
    int remembered = 0;
    for (uint64_t i = 1; i <= WINDOW; i++) {
        struct outgoing command = numbered(i);
        remembered += pending_was_answered(pending, &command.command_id);
        assert_null(find(pending, i));
    }
    assert_true(remembered > WINDOW * 9 / 10); /* two may share a place */
    struct outgoing other = numbered(WINDOW + 1);
    assert_false(pending_was_answered(pending, &other.command_id));
}

static void an_id_may_come_again_after_its_answer(void **state)
{
    struct pending *pending = *state;
    add(pending, 1, 10);
    pending_answer(pending, find(pending, 1));
    add(pending, 1, 20);
    assert_int_equal(find(pending, 1)->size, 20);
    assert_int_equal(pending->used, 1);
}

/* Compared with a list of flags, over many times the window, in a random order of answers. */
static void it_agrees_with_a_list_over_a_long_run(void **state)
{
    enum { COMMANDS = 20000 };
    static bool answered[COMMANDS];
    struct pending *pending = *state;
    uint64_t random = 1;
    uint64_t sent = 0;
    while (sent < COMMANDS) {
        if (pending->waiting_count < WINDOW) {
            add(pending, sent + 1, sent % 7 == 0 ? PENDING_BLOCK_SIZE + 9 : 300);
            sent++;
        }
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint64_t number = sent - (random >> 33) % (sent < WINDOW ? sent : WINDOW);
        struct pending_command *command = find(pending, number);
        assert_true((command == NULL) == answered[number - 1]);
        if (command != NULL)
            pending_answer(pending, command);
        answered[number - 1] = true;
        size_t listed = 0;
        for (struct pending_command *one = pending_oldest(pending); one != NULL;
             one = pending_newer(pending, one))
            listed++;
        assert_int_equal(listed, pending->waiting_count);
    }
    assert_true(pending->used <= WINDOW);
    assert_true(pending->block_count <= WINDOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_command_waits_until_it_is_answered, open_pending, close_pending),
        cmocka_unit_test_setup_teardown(sent_again_means_newest, open_pending, close_pending),
        cmocka_unit_test_setup_teardown(
            answers_are_remembered_for_a_while, open_pending, close_pending),
        cmocka_unit_test_setup_teardown(
            an_id_may_come_again_after_its_answer, open_pending, close_pending),
        cmocka_unit_test_setup_teardown(
            it_agrees_with_a_list_over_a_long_run, open_pending, close_pending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
