// SPDX-License-Identifier: Apache-2.0
// Messages to commands: what is no command is answered on the spot, with a reason for its sender.
#include "command/intake.h"
#include "support/command_item.h"

struct desk {
    struct arena arena;
    struct fingerprinter fp;
    struct test_arrival arrival;
    struct item item;
};

static int open_desk(void **state)
{
    static struct desk desk;
    struct error err;
    static const uint8_t key[FINGERPRINT_KEY_SIZE] = {1, 2, 3};
    memset(&desk, 0, sizeof(desk));
    arena_init(&desk.arena, (size_t)4 << 20);
    if (!fingerprinter_open_key(&desk.fp, key, &err))
        return -1;
    arrival_fill(&desk.arrival);
    *state = &desk;
    return 0;
}

static int close_desk(void **state)
{
    struct desk *desk = *state;
    fingerprinter_close(&desk->fp);
    arena_release(&desk->arena);
    return 0;
}

static void take_in(struct desk *desk)
{
    desk->item = (struct item){.arrival = desk->arrival.arrival};
    intake(&desk->item, &desk->fp, &desk->arena);
}

static void assert_refused(struct desk *desk, const char *code, const char *field)
{
    take_in(desk);
    const struct answer *answer = &desk->item.answer;
    assert_int_equal(desk->item.state, ITEM_ANSWERED);
    assert_int_equal(answer->outcome, ANSWER_INVALID);
    assert_true(answer->dead_letter);
    assert_false(answer->retryable);
    assert_string_equal(answer->code, code);
    if (field == NULL)
        assert_null(answer->field);
    else
        assert_string_equal(answer->field, field);
}

static void a_command_is_decoded(void **state)
{
    struct desk *desk = *state;
    take_in(desk);
    assert_int_equal(desk->item.state, ITEM_OPEN);
    assert_int_equal(desk->item.command.type, COMMAND_CANCEL_ORDER);
    assert_int_equal(desk->item.stream.category, CATEGORY_ORDER);
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

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, open_desk, close_desk)
    const struct CMUnitTest tests[] = {
        CASE(a_command_is_decoded),
        CASE(json_and_msgpack_are_the_same_command),
        CASE(another_content_has_another_fingerprint),
        CASE(an_unknown_type_is_no_command),
        CASE(another_version_of_a_known_type_is_named),
        CASE(a_message_without_a_value_is_no_command),
        CASE(garbage_is_no_command),
        CASE(a_key_that_is_no_id_still_leaves_an_address_for_the_answer),
        CASE(a_missing_id_is_named),
        CASE(an_unknown_field_is_named_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
