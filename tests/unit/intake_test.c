// SPDX-License-Identifier: Apache-2.0
// Messages to commands: what is no command is answered on the spot, with a reason for its sender; what
// is personal stays in its box, or is refused.
#include "support/desk.h"

static void a_command_is_decoded(void **state)
{
    struct desk *desk = *state;
    take_in(desk);
    assert_int_equal(desk->item.state, ITEM_OPEN);
    assert_int_equal(desk->item.command.type, COMMAND_CANCEL_ORDER);
    assert_int_equal(desk->item.stream.category, CATEGORY_ORDER);
    assert_int_equal(desk->item.stream.tenant_id, 7);
    assert_int_equal(((const struct cancel_order *)desk->item.command.body)->reason, 0);
}

static void json_and_msgpack_are_the_same_command(void **state)
{
    struct desk *desk = *state;
    uint8_t fingerprint[STORE_FINGERPRINT_SIZE];
    take_in(desk);
    memcpy(fingerprint, desk->item.fingerprint, sizeof(fingerprint));
    arrival_change_header(&desk->arrival, "content-type", "application/json");
    desk->arrival.arrival.value = slice_of_text(" { \"reason\" : \"customer\" } ");
    take_in(desk);
    assert_int_equal(desk->item.state, ITEM_OPEN);
    assert_memory_equal(fingerprint, desk->item.fingerprint, sizeof(fingerprint));
}

static void another_content_has_another_fingerprint(void **state)
{
    struct desk *desk = *state;
    uint8_t fingerprint[STORE_FINGERPRINT_SIZE];
    take_in(desk);
    memcpy(fingerprint, desk->item.fingerprint, sizeof(fingerprint));
    arrival_change_header(&desk->arrival, "content-type", "application/json");
    desk->arrival.arrival.value = slice_of_text("{\"reason\":\"staff\"}");
    take_in(desk);
    assert_memory_not_equal(fingerprint, desk->item.fingerprint, sizeof(fingerprint));
}

/* Its bytes may be what the process before died of. */
static void the_body_of_a_deadly_command_is_not_looked_at(void **state)
{
    struct desk *desk = *state;
    desk->leaves_body = true;
    desk->arrival.arrival.value = slice_of_text("\xc1");
    take_in(desk);
    assert_int_equal(desk->item.state, ITEM_OPEN);
    assert_null(desk->item.command.body);
    assert_int_equal(desk->item.stream.category, CATEGORY_ORDER);
    assert_int_equal(desk->item.stream.tenant_id, 7);
    assert_true(uuid_equal(&desk->item.stream.id, &desk->item.envelope.stream_id));
    assert_true(desk->item.is_withheld); /* a note to the order could be in it */
    arrival_change_header(&desk->arrival, "ce_type", "stock.command.receive-stock.v1");
    take_in(desk);
    assert_false(desk->item.is_withheld);
    arrival_change_header(&desk->arrival, "ce_type", "order.command.launch-rocket.v1");
    assert_refused(desk, "unknown_type", "ce_type");
}

static void what_waited_in_a_queue_is_not_counted_twice(void **state)
{
    struct desk *desk = *state;
    bucket_init(&desk->tenants->rows[0].bucket, 1);
    for (int i = 0; i < 8; i++)
        take_in(desk);
    assert_int_equal(desk->item.answer.outcome, ANSWER_UNAVAILABLE);
    desk->is_queued = true;
    take_in(desk);
    assert_int_equal(desk->item.state, ITEM_OPEN);
}

static void an_unknown_type_is_no_command(void **state)
{
    struct desk *desk = *state;
    arrival_change_header(&desk->arrival, "ce_type", "order.command.launch-rocket.v1");
    assert_refused(desk, "unknown_type", "ce_type");
}

static void another_version_of_a_known_type_is_named(void **state)
{
    struct desk *desk = *state;
    arrival_change_header(&desk->arrival, "ce_type", "order.command.cancel-order.v2");
    assert_refused(desk, "unsupported_version", "ce_type");
}

static void a_message_without_a_value_is_no_command(void **state)
{
    struct desk *desk = *state;
    desk->arrival.arrival.value = slice_of(NULL, 0);
    assert_refused(desk, "bad_encoding", NULL);
}

static void garbage_is_no_command(void **state)
{
    struct desk *desk = *state;
    desk->arrival.arrival.value = slice_of("\xc1\xff\x00", 3);
    assert_refused(desk, "bad_encoding", NULL);
}

static void a_key_that_is_no_id_still_leaves_an_address_for_the_answer(void **state)
{
    struct desk *desk = *state;
    desk->arrival.arrival.key = slice_of_text("order 7");
    assert_refused(desk, "bad_field", "key");
    assert_true(desk->item.envelope.has_id);
    assert_true(slice_is(desk->item.envelope.reply_topic, "order.replies"));
}

static void a_missing_id_is_named(void **state)
{
    struct desk *desk = *state;
    arrival_change_header(&desk->arrival, "ce_id", NULL);
    assert_refused(desk, "missing_field", "ce_id");
    assert_false(desk->item.envelope.has_id);
}

static void an_unknown_field_is_named_bad(void **state)
{
    struct desk *desk = *state;
    arrival_change_header(&desk->arrival, "content-type", "application/json");
    desk->arrival.arrival.value = slice_of_text("{\"reason\":\"staff\",\"colour\":\"red\"}");
    assert_refused(desk, "bad_field", NULL);
}

/* ---- personal data ---- */

#define CONTACT "{\"given_name\":\"Ada\",\"family_name\":\"Byron\",\"email\":\"a@b.example\"}"
#define BOX \
    "{\"epoch\":7,\"sender\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\",\"box\":\"YWJj\"}"

static void give_json(struct desk *desk, const char *type, const char *body)
{
    arrival_change_header(&desk->arrival, "ce_type", type);
    arrival_change_header(&desk->arrival, "content-type", "application/json");
    desk->arrival.arrival.value = slice_of_text(body);
}

static void register_with(struct desk *desk, const char *body)
{
    give_json(desk, "customer.command.register-customer.v1", body);
}

/* Refused unless the store knows the command. */
static void assert_put_off(const struct desk *desk, enum rejection_code code)
{
    assert_int_equal(desk->item.state, ITEM_OPEN);
    assert_true(desk->item.is_refused);
    assert_true(desk->item.look_up);
    assert_int_equal(desk->item.refusal, code);
}

static void a_box_stays_closed(void **state)
{
    struct desk *desk = *state;
    register_with(desk, "{\"region\":\"eu-west\",\"sealed\":" BOX "}");
    take_in(desk);
    assert_int_equal(desk->item.state, ITEM_OPEN);
    assert_int_equal(desk->item.box, ITEM_BOX_CLOSED);
    assert_int_equal(desk->item.sealed.epoch, 7);
    assert_int_equal(desk->item.sealed.sender.data[31], 31);
    assert_true(slice_is(desk->item.sealed.box, "abc"));
    assert_false(desk->item.is_refused || desk->item.is_plain || desk->item.is_withheld);
}

static void another_box_around_the_same_command_makes_no_other_fingerprint(void **state)
{
    struct desk *desk = *state;
    uint8_t fingerprint[STORE_FINGERPRINT_SIZE];
    register_with(desk, "{\"region\":\"eu-west\",\"sealed\":" BOX "}");
    take_in(desk);
    memcpy(fingerprint, desk->item.fingerprint, sizeof(fingerprint));
    desk->accepts_plain = true;
    register_with(desk, "{\"region\":\"eu-west\",\"contact\":" CONTACT "}");
    take_in(desk);
    assert_memory_equal(fingerprint, desk->item.fingerprint, sizeof(fingerprint));
    register_with(desk, "{\"region\":\"eu-east\",\"contact\":" CONTACT "}");
    take_in(desk);
    assert_memory_not_equal(fingerprint, desk->item.fingerprint, sizeof(fingerprint));
}

static void personal_data_in_plain_is_refused_and_withheld(void **state)
{
    struct desk *desk = *state;
    register_with(desk, "{\"region\":\"eu-west\",\"contact\":" CONTACT "}");
    take_in(desk);
    assert_put_off(desk, REJECTION_plain_personal_data);
    assert_true(desk->item.is_plain && desk->item.is_withheld);
}

static void personal_data_in_plain_is_taken_when_that_is_said(void **state)
{
    struct desk *desk = *state;
    desk->accepts_plain = true;
    register_with(desk, "{\"region\":\"eu-west\",\"contact\":" CONTACT "}");
    take_in(desk);
    assert_int_equal(desk->item.state, ITEM_OPEN);
    assert_false(desk->item.is_refused);
    assert_true(desk->item.is_plain && desk->item.is_withheld);
}

static void without_a_key_broker_nothing_personal_is_taken(void **state)
{
    struct desk *desk = *state;
    desk->without_keys = true;
    desk->accepts_plain = true;
    register_with(desk, "{\"region\":\"eu-west\",\"sealed\":" BOX "}");
    take_in(desk);
    assert_put_off(desk, REJECTION_not_permitted);
    register_with(desk, "{\"region\":\"eu-west\",\"contact\":" CONTACT "}");
    take_in(desk);
    assert_put_off(desk, REJECTION_not_permitted);
    assert_true(desk->item.is_withheld);
}

static void what_can_hold_nothing_personal_needs_no_key_broker(void **state)
{
    struct desk *desk = *state;
    desk->without_keys = true;
    take_in(desk);
    assert_int_equal(desk->item.state, ITEM_OPEN);
    assert_false(desk->item.is_refused || desk->item.is_withheld);
}

static void both_a_box_and_plain_are_too_much(void **state)
{
    struct desk *desk = *state;
    register_with(desk, "{\"region\":\"eu-west\",\"contact\":" CONTACT ",\"sealed\":" BOX "}");
    assert_refused(desk, "bad_field", "sealed");
    assert_true(desk->item.is_withheld);
}

static void faulty_bodies_are_kept_only_if_nothing_personal_can_be_in_them(void **state)
{
    struct desk *desk = *state;
    /* A type without personal fields. */
    give_json(desk, "order.command.expire-order.v1", "{\"deadline\":\"boredom\"}");
    assert_refused(desk, "bad_field", "deadline");
    assert_false(desk->item.is_withheld);
    /* A type that has some, in plain. */
    register_with(desk, "{\"region\":\"x\",\"contact\":" CONTACT "}");
    assert_refused(desk, "bad_field", "region");
    assert_true(desk->item.is_withheld);
    /* The clear part of a sealed one is at fault: who knows what its other fields hold. */
    register_with(desk, "{\"region\":\"x\",\"sealed\":" BOX "}");
    assert_refused(desk, "bad_field", "region");
    assert_true(desk->item.is_withheld);
    /* An unknown type, and no command at all. */
    give_json(desk, "customer.command.remember.v1", "{}");
    assert_refused(desk, "unknown_type", "ce_type");
    assert_true(desk->item.is_withheld);
    register_with(desk, "Ada Byron");
    assert_refused(desk, "bad_encoding", NULL);
    assert_true(desk->item.is_withheld);
}

static void a_sealed_body_is_kept_when_only_its_envelope_is_at_fault(void **state)
{
    struct desk *desk = *state;
    register_with(desk, "{\"region\":\"eu-west\",\"sealed\":" BOX "}");
    arrival_change_header(&desk->arrival, "ce_id", "seven");
    assert_refused(desk, "bad_field", "ce_id");
    assert_false(desk->item.is_withheld);
    register_with(desk, "{\"region\":\"eu-west\",\"contact\":" CONTACT "}");
    assert_refused(desk, "bad_field", "ce_id");
    assert_true(desk->item.is_withheld);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, open_desk, close_desk)
    const struct CMUnitTest tests[] = {
        CASE(a_command_is_decoded),
        CASE(json_and_msgpack_are_the_same_command),
        CASE(another_content_has_another_fingerprint),
        CASE(the_body_of_a_deadly_command_is_not_looked_at),
        CASE(what_waited_in_a_queue_is_not_counted_twice),
        CASE(an_unknown_type_is_no_command),
        CASE(another_version_of_a_known_type_is_named),
        CASE(a_message_without_a_value_is_no_command),
        CASE(garbage_is_no_command),
        CASE(a_key_that_is_no_id_still_leaves_an_address_for_the_answer),
        CASE(a_missing_id_is_named),
        CASE(an_unknown_field_is_named_bad),
        CASE(a_box_stays_closed),
        CASE(another_box_around_the_same_command_makes_no_other_fingerprint),
        CASE(personal_data_in_plain_is_refused_and_withheld),
        CASE(personal_data_in_plain_is_taken_when_that_is_said),
        CASE(without_a_key_broker_nothing_personal_is_taken),
        CASE(what_can_hold_nothing_personal_needs_no_key_broker),
        CASE(both_a_box_and_plain_are_too_much),
        CASE(faulty_bodies_are_kept_only_if_nothing_personal_can_be_in_them),
        CASE(a_sealed_body_is_kept_when_only_its_envelope_is_at_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
