// SPDX-License-Identifier: Apache-2.0
// order-projector show: sealed unless revealed; revealed with a reason, after an audit row, with keys
// from a broker; four outcomes that are never taken for one another.
#include "support/fake_broker.h"
#include "support/projection.h"

#include <jansson.h>

enum { OUTPUT = 32 * 1024 };

#define REASON "--reason 'parcel came back'"

struct court {
    struct projection *projection;
    struct fake_broker broker;
    struct uuid order; /* of the customer that the test chose */
    char out[OUTPUT];
};

static int set_up(void **state)
{
    struct court *court = calloc(1, sizeof(*court));
    assert_non_null(court);
    (void)projection_set_up((void **)&court->projection);
    court->projection->feed.personal = true;
    fake_start(&court->broker);
    *state = court;
    return 0;
}

static int tear_down(void **state)
{
    struct court *court = *state;
    fake_stop(&court->broker);
    (void)projection_tear_down((void **)&court->projection);
    free(court);
    return 0;
}

static int64_t number(struct court *court, const char *sql)
{
    return store_database_number(&court->projection->database, sql);
}

static void sql(struct court *court, const char *text)
{
    store_database_sql(&court->projection->database, text);
}

/* One order, of a customer whose keys are in this state, and everything applied. */
static void place_of(struct court *court, enum key_state keys)
{
    struct uuid customer = fake_subject(keys, 9);
    court->projection->feed.customer = &customer;
    court->order = feed_place(&court->projection->feed, 2);
    court->projection->feed.customer = NULL;
    projection_catch_up(court->projection, 1000);
    sql(court,
        "insert into erasure.vault_state (vault_id, generation, reserved, ledger, epoch,"
        " lease_seconds) values ('01020300-0000-0000-0000-000000000000', 5, 1, 1, 1, 1)"
        " on conflict do nothing");
}

/* Shows with these options; returns the exit code. */
static int show_id(struct court *court, const struct uuid *id, const char *options)
{
    char line[512];
    char text[UUID_TEXT_SIZE];
    uuid_format(id, text);
    (void)snprintf(
        line,
        sizeof(line),
        "show %s %s --allow-unlocked --shredder-socket %s 2>&1",
        text,
        options,
        court->broker.address.sun_path);
    return projector_program(court->projection, line, court->out, sizeof(court->out));
}

static int show(struct court *court, const char *options)
{
    return show_id(court, &court->order, options);
}

static void assert_says(const struct court *court, const char *text)
{
    if (strstr(court->out, text) == NULL)
        fail_msg("'%s' is not in:\n%s", text, court->out);
}

/* Nothing of Ada. */
static void assert_hides(const struct court *court)
{
    static const char *const secrets[] = {"Ada", "Lovelace", "example.org", "1234567", "James"};
    for (size_t i = 0; i < countof(secrets); i++) {
        if (strstr(court->out, secrets[i]) != NULL)
            fail_msg("'%s' is in:\n%s", secrets[i], court->out);
    }
}

/* ---- sealed ---- */

static void test_an_order_is_shown_with_its_personal_data_sealed(void **state)
{
    struct court *court = *state;
    place_of(court, KEY_LIVE);
    feed_cancel_line(&court->projection->feed, &court->order, 1, 1);
    projection_catch_up(court->projection, 1000);
    assert_int_equal(show(court, ""), 0);
    assert_says(court, "status     placed");
    assert_says(court, "SKU-");
    assert_says(court, "1 cancelled");
    assert_says(court, "OrderPlaced.3, with sealed data");
    assert_says(court, "LinesCancelled.1\n");
    assert_says(court, "<contact sealed>  (OrderPlaced.3, version 1)");
    assert_says(court, "<delivery sealed>");
    assert_says(court, "<invoice sealed>");
    assert_hides(court);
    assert_int_equal(number(court, "select count(*) from ops.audit"), 0);
    assert_int_equal(fake_look(&court->broker).connections, 0);
}

static void test_json_holds_the_same(void **state)
{
    struct court *court = *state;
    json_error_t fault;
    place_of(court, KEY_LIVE);
    assert_int_equal(show(court, "--json"), 0);
    json_t *order = json_loads(court->out, JSON_REJECT_DUPLICATES, &fault);
    if (order == NULL)
        fail_msg("%s: %s", fault.text, court->out);
    assert_int_equal(
        json_integer_value(json_object_get(order, "total")),
        number(court, "select total from read.order_summary"));
    assert_int_equal(json_array_size(json_object_get(order, "lines")), 2);
    assert_int_equal(json_array_size(json_object_get(order, "timeline")), 1);
    json_t *personal = json_object_get(order, "personal");
    assert_int_equal(json_array_size(personal), 3);
    assert_string_equal(
        json_string_value(json_object_get(json_array_get(personal, 1), "class")), "delivery");
    assert_string_equal(
        json_string_value(json_object_get(json_array_get(personal, 1), "state")), "sealed");
    assert_hides(court);
    json_decref(order);
}

static void test_an_event_that_is_not_applied_yet_is_marked(void **state)
{
    struct court *court = *state;
    place_of(court, KEY_LIVE);
    feed_cancel_order(&court->projection->feed, &court->order);
    assert_int_equal(show(court, ""), 0);
    assert_says(court, "OrderCancelled.2, not in the read model yet");
    struct uuid later = feed_place(&court->projection->feed, 1);
    assert_int_equal(show_id(court, &later, ""), 3);
    assert_says(court, "although there are events");
}

static void test_what_is_not_there_is_said(void **state)
{
    struct court *court = *state;
    struct uuid nobody = {{7}};
    assert_int_equal(show_id(court, &nobody, ""), 3);
    assert_int_equal(show_id(court, &nobody, "--customer"), 3);
    assert_int_equal(show_id(court, &nobody, "--tenant none-such"), 3);
    assert_int_equal(projector_program(court->projection, "show 12 2>&1", court->out, OUTPUT), 2);
}

/* ---- revealed ---- */

static void test_revealed_after_an_audit_row_with_keys_on_lease(void **state)
{
    struct court *court = *state;
    place_of(court, KEY_LIVE);
    assert_int_equal(show(court, "--reveal " REASON), 0);
    assert_says(court, "contact    opened");
    assert_says(court, "name         Ada Lovelace");
    assert_says(court, "email        ada@example.org");
    assert_says(court, "ship_to");
    assert_says(court, "line1        12 St James's Square");
    assert_says(court, "note         Ring twice.");
    assert_says(court, "invoice    opened");
    struct fake_seen seen = fake_look(&court->broker);
    assert_int_equal(seen.role, ROLE_REVEAL);
    assert_int_equal(seen.lease_frames, 1);
    assert_int_equal(seen.wishes, 3);
    assert_int_equal(
        number(
            court,
            "select count(*) from ops.audit where act = 'reveal' and reason = 'parcel came back'"
            " and actor like '%(uid %)' and target = 'order ' ||"
            " (select order_id from read.order_summary) ||"
            " ' of tenant default: contact, delivery, invoice'"),
        1);
}

static void test_json_of_what_is_revealed_is_the_form_of_senders(void **state)
{
    struct court *court = *state;
    json_error_t fault;
    place_of(court, KEY_LIVE);
    assert_int_equal(show(court, "--json --reveal " REASON), 0);
    json_t *order = json_loads(court->out, JSON_REJECT_DUPLICATES, &fault);
    if (order == NULL)
        fail_msg("%s: %s", fault.text, court->out);
    json_t *delivery = json_array_get(json_object_get(order, "personal"), 1);
    assert_string_equal(json_string_value(json_object_get(delivery, "state")), "opened");
    json_t *address = json_object_get(json_object_get(delivery, "value"), "ship_to");
    assert_string_equal(json_string_value(json_object_get(address, "city")), "Berlin");
    json_decref(order);
}

static void test_a_customer_is_revealed_with_the_newest_contact(void **state)
{
    struct court *court = *state;
    struct feed *feed = &court->projection->feed;
    struct uuid id = fake_subject(KEY_LIVE, 12);
    feed_register_as(feed, &id);
    feed_change_contact(feed, &id);
    place_of(court, KEY_LIVE);
    assert_int_equal(show_id(court, &id, "--customer"), 0);
    assert_says(court, "status     active");
    assert_says(court, "region     eu");
    assert_says(court, "<contact sealed>  (CustomerContactChanged.1, version 2)");
    assert_hides(court);
    assert_int_equal(show_id(court, &id, "--customer --reveal " REASON), 0);
    assert_says(court, "given_name   Ada");
    assert_int_equal(
        number(court, "select count(*) from ops.audit where target like 'customer %: contact'"), 1);
}

/* ---- the other three outcomes ---- */

static void test_erased_is_an_answer(void **state)
{
    struct court *court = *state;
    place_of(court, KEY_ERASED);
    assert_int_equal(show(court, "--reveal " REASON), 0);
    assert_says(court, "contact    erased");
    assert_says(court, "status     placed");
    assert_hides(court);
}

static void test_an_unavailable_key_is_none_of_the_others(void **state)
{
    static const struct {
        enum key_state keys;
        const char *why;
    } rows[] = {
        {KEY_ERASING, "key unavailable: an erasure is under way"},
        {KEY_RESTRICTED, "key unavailable: it is restricted at present"},
        {KEY_UNKNOWN, "key unavailable: the key broker knows no such key"},
    };
    struct court *court = *state;
    for (size_t i = 0; i < countof(rows); i++) {
        place_of(court, rows[i].keys);
        assert_int_equal(show(court, "--reveal " REASON), 4);
        assert_says(court, rows[i].why);
        assert_says(court, "total");
        assert_hides(court);
    }
    place_of(court, KEY_LIVE);
    sql(court, "update erasure.vault_state set vault_id = gen_random_uuid()");
    assert_int_equal(show(court, "--reveal " REASON), 4);
    assert_says(court, "key unavailable: the key broker holds another vault");
    assert_hides(court);
    fake_stop(&court->broker);
    assert_int_equal(show(court, "--reveal " REASON), 4);
    assert_says(court, "key unavailable: the key broker is away");
    assert_hides(court);
}

static void test_what_was_changed_or_moved_is_tampered_with(void **state)
{
    static const char *const damages[] = {
        /* a bit of the last envelope's ciphertext */
        "update read.order_summary set sealed ="
        " set_byte(sealed, length(sealed) - 1, get_byte(sealed, length(sealed) - 1) # 1)",
        /* the same person's other order */
        "update read.order_summary s set sealed = (select sealed from read.order_summary t"
        " where t.order_id <> s.order_id limit 1)",
        /* another person's */
        "update read.order_summary set customer_id = '00000000-0000-0000-0000-000000000021'",
    };
    struct court *court = *state;
    for (size_t i = 0; i < countof(damages); i++) {
        projection_forget(court->projection);
        place_of(court, KEY_LIVE);
        place_of(court, KEY_LIVE);
        sql(court, damages[i]);
        assert_int_equal(show(court, "--reveal " REASON), 8);
        assert_says(court, "tampered");
    }
}

/* ---- what is not revealed at all ---- */

static void test_without_a_good_reason_nothing_is_revealed(void **state)
{
    static const char *const options[] = {
        "--reveal",
        "--reveal --reason short",
        "--reveal --reason 'ääääää'",
        "--reveal --reason \"$(printf 'two lines\\nof reason')\"",
        "--reason 'no reveal here'",
    };
    struct court *court = *state;
    place_of(court, KEY_LIVE);
    for (size_t i = 0; i < countof(options); i++) {
        assert_int_equal(show(court, options[i]), 2);
        assert_hides(court);
    }
    assert_int_equal(number(court, "select count(*) from ops.audit"), 0);
    assert_int_equal(fake_look(&court->broker).connections, 0);
}

static void test_without_its_audit_row_nothing_is_revealed(void **state)
{
    struct court *court = *state;
    place_of(court, KEY_LIVE);
    sql(court, "revoke insert on ops.audit from order_projector");
    assert_int_equal(show(court, "--reveal " REASON), 6);
    assert_says(court, "nothing is revealed without an audit row");
    assert_hides(court);
    assert_int_equal(fake_look(&court->broker).connections, 0);
}

static void test_a_broker_that_refuses_the_role_says_so(void **state)
{
    struct court *court = *state;
    place_of(court, KEY_LIVE);
    court->broker.refusal = REFUSAL_ROLE;
    fake_behave(&court->broker, FAKE_REFUSES);
    assert_int_equal(show(court, "--reveal " REASON), 6);
    assert_hides(court);
    assert_int_equal(number(court, "select count(*) from ops.audit"), 1);
}

int main(void)
{
#define SHOW_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        SHOW_TEST(test_an_order_is_shown_with_its_personal_data_sealed),
        SHOW_TEST(test_json_holds_the_same),
        SHOW_TEST(test_an_event_that_is_not_applied_yet_is_marked),
        SHOW_TEST(test_what_is_not_there_is_said),
        SHOW_TEST(test_revealed_after_an_audit_row_with_keys_on_lease),
        SHOW_TEST(test_json_of_what_is_revealed_is_the_form_of_senders),
        SHOW_TEST(test_a_customer_is_revealed_with_the_newest_contact),
        SHOW_TEST(test_erased_is_an_answer),
        SHOW_TEST(test_an_unavailable_key_is_none_of_the_others),
        SHOW_TEST(test_what_was_changed_or_moved_is_tampered_with),
        SHOW_TEST(test_without_a_good_reason_nothing_is_revealed),
        SHOW_TEST(test_without_its_audit_row_nothing_is_revealed),
        SHOW_TEST(test_a_broker_that_refuses_the_role_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
