// SPDX-License-Identifier: Apache-2.0
// The client of the key broker when the broker is away, slow, another one or wrong; and its other calls.
#include "support/vault_client.h"

/* ---- trouble ---- */

static void a_lost_connection_wipes_every_key(void **state)
{
    (void)state;
    struct error err;
    const struct lease_wish wish = wish_of(KEY_LIVE, 5, 2);
    struct lease lease = lease_one(&wish);
    fake_hang_up(&broker);
    assert_false(vault_serve(vault, &err));
    assert_int_equal(err.kind, ERROR_transient);
    assert_true(is_wiped(lease.key));
    assert_int_equal(vault_descriptor(vault), -1);
    assert_true(vault_serve(vault, &err)); /* it was said once */
    lease = lease_one(&wish);
    assert_key(&lease, 42);
    assert_int_equal(vault_counts(vault).reconnects, 1);
}

static void a_connection_lost_unnoticed_fails_the_call_and_not_the_process(void **state)
{
    (void)state;
    const struct lease_wish wish = wish_of(KEY_LIVE, 5, 2);
    struct lease lease = lease_one(&wish);
    fake_hang_up(&broker);
    struct error err = lease_fails();
    assert_int_equal(err.kind, ERROR_transient);
    assert_true(is_wiped(lease.key));
}

static void a_broker_that_is_away_is_an_error_with_the_remedy(void **state)
{
    (void)state;
    char expected[256];
    fake_stop(&broker);
    struct error err = lease_fails();
    assert_int_equal(err.kind, ERROR_transient);
    (void)snprintf(
        expected,
        sizeof(expected),
        "the key broker at %s is away; start order-shredder serve",
        broker.address.sun_path);
    assert_non_null(strstr(err.text, expected));
}

static void a_slow_broker_costs_the_deadline_and_every_lease(void **state)
{
    (void)state;
    vault_close(vault);
    open_vault(50000);
    const struct lease_wish wish = wish_of(KEY_LIVE, 5, 2);
    struct lease lease = lease_one(&wish);
    fake_behave(&broker, FAKE_SILENT);
    struct error err = lease_fails();
    assert_int_equal(err.kind, ERROR_transient);
    assert_non_null(strstr(err.text, "within 50 ms"));
    assert_true(is_wiped(lease.key));
}

static void another_protocol_is_not_tried_again(void **state)
{
    (void)state;
    fake_behave(&broker, FAKE_OTHER_PROTOCOL);
    struct error err = lease_fails();
    assert_int_equal(err.kind, ERROR_invalid);
    assert_non_null(strstr(err.text, "speaks protocol 2, this program 1"));
}

static void what_makes_no_sense_ends_the_connection(void **state)
{
    (void)state;
    static const enum fake_manner manners[] = {
        FAKE_GARBAGE, FAKE_WRONG_LEAF, FAKE_EMPTY_KEY, FAKE_SHORT_ANSWER};
    for (size_t i = 0; i < countof(manners); i++) {
        fake_behave(&broker, manners[i]);
        struct error err = lease_fails();
        assert_int_equal(err.kind, ERROR_transient);
        fake_await(&broker, &broker.seen.ended, (int)i + 1);
    }
}

static void pushes_that_make_no_sense_end_the_connection(void **state)
{
    (void)state;
    uint8_t room[64];
    struct error err;
    const struct lease_wish wish = wish_of(KEY_LIVE, 5, 2);
    for (size_t cut = 1; cut <= 29; cut++) { /* of the body's 29 bytes */
        struct lease lease = lease_one(&wish);
        struct slice whole = fake_revoke(room, 1, 8, 40, 8);
        room[3] = (uint8_t)(room[3] - cut);
        fake_push(&broker, slice_of(room, whole.size - cut));
        assert_false(vault_serve(vault, &err));
        assert_int_equal(err.kind, ERROR_transient);
        assert_true(is_wiped(lease.key));
    }
    (void)lease_one(&wish);
    fake_push(&broker, fake_revoke(room, 1, 6, 40, 8)); /* a fence that falls */
    assert_false(vault_serve(vault, &err));
}

static void refusals_keep_their_reason(void **state)
{
    (void)state;
    static const enum error_kind kinds[] = {
        [REFUSAL_PROTOCOL] = ERROR_invalid,
        [REFUSAL_ROLE] = ERROR_denied,
        [REFUSAL_RIGHT] = ERROR_denied,
        [REFUSAL_NOT_READY] = ERROR_transient,
        [REFUSAL_LIMIT] = ERROR_transient,
        [REFUSAL_INTERNAL] = ERROR_transient,
    };
    fake_behave(&broker, FAKE_REFUSES);
    for (enum refusal why = 0; why < countof(kinds); why++) {
        broker.refusal = why;
        struct error err = lease_fails();
        assert_int_equal(err.kind, kinds[why]);
        assert_non_null(strstr(err.text, "refuses role command: not for you"));
        fake_await(&broker, &broker.seen.ended, (int)why + 1);
    }
}

static void another_vault_is_tampered_with(void **state)
{
    (void)state;
    const struct lease_wish wish = wish_of(KEY_LIVE, 5, 2);
    (void)lease_one(&wish);
    fake_hang_up(&broker);
    broker.vault_id.bytes[0]++;
    struct error err = lease_fails(); /* the old connection */
    assert_int_equal(err.kind, ERROR_transient);
    for (int i = 0; i < 2; i++) {
        err = lease_fails();
        assert_int_equal(err.kind, ERROR_tampered);
        fake_await(&broker, &broker.seen.ended, 2 + i);
    }
    broker.vault_id.bytes[0]--;
    (void)lease_one(&wish);
}

static void an_older_state_of_the_vault_is_tampered_with(void **state)
{
    (void)state;
    const struct lease_wish wish = wish_of(KEY_LIVE, 5, 2);
    (void)lease_one(&wish);
    fake_hang_up(&broker);
    broker.generation--;
    (void)lease_fails();
    struct error err = lease_fails();
    assert_int_equal(err.kind, ERROR_tampered);
    assert_non_null(strstr(err.text, "rolled back"));
}

static void a_path_no_socket_can_have_is_refused(void **state)
{
    (void)state;
    char path[200];
    struct vault *none = NULL;
    struct error err;
    memset(path, 'x', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    const struct vault_options options = {.socket = path, .role = ROLE_COMMAND, .instance = "x"};
    assert_false(vault_open(&none, &options, &err));
    assert_int_equal(err.kind, ERROR_invalid);
    assert_null(none);
}

/* ---- the other calls ---- */

static void an_address_is_found_not_found_or_not_ready(void **state)
{
    (void)state;
    const struct uuid tenant = {{9}};
    struct uuid subject = {{0}};
    struct error err;
    assert_true(
        vault_find_email(vault, &tenant, slice_of_text("alice@example.org"), &subject, &err));
    assert_int_equal(subject.bytes[0], 0xa1);
    assert_false(
        vault_find_email(vault, &tenant, slice_of_text("bob@example.org"), &subject, &err));
    assert_int_equal(err.kind, ERROR_not_found);
    assert_false(
        vault_find_email(vault, &tenant, slice_of_text("early@example.org"), &subject, &err));
    assert_int_equal(err.kind, ERROR_transient);
    assert_null(strstr(err.text, "example.org"));
    assert_true(vault_descriptor(vault) >= 0); /* neither is the connection's fault */
}

static void epochs_are_asked_for_and_retired(void **state)
{
    (void)state;
    struct error err;
    uint64_t number = 0;
    uint8_t public_key[32] = {0};
    assert_true(vault_epoch(vault, &number, public_key, &err));
    assert_int_equal(number, 9);
    assert_int_equal(public_key[31], 0xe9);
    assert_true(vault_retire_epoch(vault, 8, &err));
    assert_int_equal(fake_look(&broker).retired, 8);
}

static bool take_status(const struct frame *frame, void *context)
{
    int *taken = context;
    assert_int_equal(frame->type, FRAME_STATUS_TEXT);
    (*taken)++;
    return frame->body.size == 0; /* the second one has a text */
}

static void a_call_gives_every_answer_until_it_has_enough(void **state)
{
    (void)state;
    uint8_t room[FRAME_HEADER_SIZE];
    struct writer request = writer_over(room, sizeof(room));
    struct error err;
    int taken = 0;
    frame_begin(&request, FRAME_STATUS, 4711);
    frame_end(&request);
    assert_true(vault_call(vault, writer_slice(&request), take_status, &taken, &err));
    assert_int_equal(taken, 2);
    serve(); /* nothing is left over */

    fake_behave(&broker, FAKE_REFUSES);
    broker.refusal = REFUSAL_RIGHT;
    assert_false(vault_call(vault, writer_slice(&request), take_status, &taken, &err));
    assert_int_equal(err.kind, ERROR_denied);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VAULT_TEST(a_lost_connection_wipes_every_key),
        VAULT_TEST(a_connection_lost_unnoticed_fails_the_call_and_not_the_process),
        VAULT_TEST(a_broker_that_is_away_is_an_error_with_the_remedy),
        VAULT_TEST(a_slow_broker_costs_the_deadline_and_every_lease),
        VAULT_TEST(another_protocol_is_not_tried_again),
        VAULT_TEST(what_makes_no_sense_ends_the_connection),
        VAULT_TEST(pushes_that_make_no_sense_end_the_connection),
        VAULT_TEST(refusals_keep_their_reason),
        VAULT_TEST(another_vault_is_tampered_with),
        VAULT_TEST(an_older_state_of_the_vault_is_tampered_with),
        VAULT_TEST(a_path_no_socket_can_have_is_refused),
        VAULT_TEST(an_address_is_found_not_found_or_not_ready),
        VAULT_TEST(epochs_are_asked_for_and_retired),
        VAULT_TEST(a_call_gives_every_answer_until_it_has_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
