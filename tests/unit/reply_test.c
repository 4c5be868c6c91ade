// SPDX-License-Identifier: Apache-2.0
// Replies and dead letters as other services read them.
#include "command/answer.h"
#include "command/reply.h"
#include "command/reply_message.h"
#include "support/command_item.h"

#include <jansson.h>
#include <stdio.h>

struct post {
    struct test_arrival arrival;
    struct item item;
    struct reply_room room;
    struct producer_record record;
};

static int open_post(void **state)
{
    static struct post post;
    struct wire_fault fault;
    memset(&post, 0, sizeof(post));
    arrival_fill(&post.arrival);
    post.item.arrival = post.arrival.arrival;
    if (!envelope_read(
            post.item.arrival.key,
            post.item.arrival.headers,
            post.item.arrival.header_count,
            &post.item.envelope,
            &fault))
        return -1;
    post.item.answer = answer_accepted(3);
    post.item.answer.position = 12;
    *state = &post;
    return 0;
}

static struct slice find(const struct producer_record *record, const char *name)
{
    for (size_t i = 0; i < record->header_count; i++) {
        if (strcmp(record->headers[i].name, name) == 0)
            return record->headers[i].value;
    }
    return slice_of(NULL, 0);
}

static void assert_header(const struct post *post, const char *name, const char *value)
{
    struct slice found = find(&post->record, name);
    if (!slice_is(found, value))
        fail_msg("%s is '%.*s', not '%s'", name, SLICE_FORMAT(found), value);
}

static void the_body_is_what_the_contract_says(void **state)
{
    struct post *post = *state;
    struct arena arena;
    struct reply body;
    struct wire_fault fault;
    post->item.answer.replayed = true;
    reply_record(&post->item, &post->room, &post->record);
    arena_init(&arena, 65536);
    assert_true(
        wire_decode(&reply_message, WIRE_CONTRACT, post->record.value, &arena, &body, &fault));
    assert_true(uuid_equal(&body.command_id, &post->item.envelope.id));
    assert_int_equal(body.outcome, ANSWER_ACCEPTED);
    assert_int_equal(body.version, 3);
    assert_int_equal(body.position, 12);
    assert_true(body.replayed);
    assert_false(body.retryable);
    assert_true(body.has_stream_id);
    assert_false(body.has_code || body.has_field || body.has_detail);
    arena_release(&arena);
}

static void a_json_command_gets_a_json_reply(void **state)
{
    struct post *post = *state;
    post->item.envelope.content = CONTENT_JSON;
    post->item.answer = answer_rejected(&rejections[REJECTION_on_hold], "lines", 5);
    reply_record(&post->item, &post->room, &post->record);
    json_t *root =
        json_loadb((const char *)post->record.value.data, post->record.value.size, 0, NULL);
    assert_non_null(root);
    assert_string_equal(json_string_value(json_object_get(root, "command_id")), TEST_ID);
    assert_string_equal(json_string_value(json_object_get(root, "outcome")), "rejected");
    assert_string_equal(json_string_value(json_object_get(root, "code")), "on_hold");
    assert_string_equal(json_string_value(json_object_get(root, "field")), "lines");
    assert_string_equal(
        json_string_value(json_object_get(root, "detail")), rejections[REJECTION_on_hold].text);
    assert_string_equal(json_string_value(json_object_get(root, "stream_id")), TEST_STREAM);
    assert_int_equal(json_integer_value(json_object_get(root, "version")), 5);
    json_decref(root);
    assert_header(post, "content-type", "application/json");
}

static void the_envelope_points_back_to_the_command(void **state)
{
    struct post *post = *state;
    post->item.envelope.has_correlation = true;
    post->item.envelope.correlation_id = post->item.envelope.stream_id;
    post->item.envelope.traceparent = slice_of_text("00-a-b-01");
    post->item.envelope.reply_partition = 2;
    reply_record(&post->item, &post->room, &post->record);
    assert_string_equal(post->record.topic, "order.replies");
    assert_int_equal(post->record.partition, 2);
    assert_true(slice_is(post->record.key, TEST_STREAM));
    assert_header(post, "ce_specversion", "1.0");
    assert_header(post, "ce_type", "order.reply.v1");
    assert_header(post, "ce_subject", TEST_STREAM);
    assert_header(post, "ce_causationid", TEST_ID);
    assert_header(post, "ce_correlationid", TEST_STREAM);
    assert_header(post, "traceparent", "00-a-b-01");
    assert_header(post, "content-type", "application/msgpack");
}

static void the_reply_id_depends_on_the_command_only(void **state)
{
    struct post *post = *state;
    char first[UUID_TEXT_SIZE] = {0};
    reply_record(&post->item, &post->room, &post->record);
    memcpy(first, find(&post->record, "ce_id").data, UUID_TEXT_SIZE - 1);
    post->item.answer.replayed = true;
    reply_record(&post->item, &post->room, &post->record);
    assert_header(post, "ce_id", first);
    assert_int_equal(first[14], '5'); /* the version of a name-based id */
    post->item.envelope.id.bytes[0] ^= 1;
    reply_record(&post->item, &post->room, &post->record);
    assert_false(slice_is(find(&post->record, "ce_id"), first));
}

static struct slice reply_id_now(struct post *post)
{
    reply_record(&post->item, &post->room, &post->record);
    return find(&post->record, "ce_id");
}

/* Whoever drops replies he has seen must not drop the one that counts. */
static void what_is_not_final_has_a_reply_id_of_its_own(void **state)
{
    struct post *post = *state;
    char final[UUID_TEXT_SIZE] = {0};
    char parked[UUID_TEXT_SIZE] = {0};
    memcpy(final, reply_id_now(post).data, UUID_TEXT_SIZE - 1);
    post->item.answer = answer_refused(ANSWER_UNAVAILABLE, REJECTION_stream_parked);
    memcpy(parked, reply_id_now(post).data, UUID_TEXT_SIZE - 1);
    assert_string_not_equal(parked, final);
    assert_true(slice_is(reply_id_now(post), parked));
    post->item.answer = answer_internal("It failed.");
    assert_false(slice_is(reply_id_now(post), parked) || slice_is(reply_id_now(post), final));
    post->item.answer = answer_accepted(3);
    assert_true(slice_is(reply_id_now(post), final));
}

static void a_key_that_is_no_id_is_not_called_a_stream(void **state)
{
    struct post *post = *state;
    struct arena arena;
    struct reply body;
    struct wire_fault fault;
    post->item.arrival.key = slice_of_text("order 7");
    post->item.answer = answer_malformed(REJECTION_bad_field, "key", "not a UUID");
    reply_record(&post->item, &post->room, &post->record);
    arena_init(&arena, 65536);
    assert_true(
        wire_decode(&reply_message, WIRE_CONTRACT, post->record.value, &arena, &body, &fault));
    assert_false(body.has_stream_id);
    assert_int_equal(body.outcome, ANSWER_INVALID);
    assert_true(slice_is(body.field, "key"));
    arena_release(&arena);
}

static void assert_refusal(
    enum rejection_code code, enum answer_outcome outcome, const char *name, bool dead_letter)
{
    struct answer answer = answer_refusal(code, "ce_time");
    assert_int_equal(answer.outcome, outcome);
    assert_string_equal(answer_outcome_name(answer.outcome), name);
    assert_string_equal(answer.code, rejections[code].code);
    assert_string_equal(answer.field, "ce_time");
    assert_int_equal(answer.dead_letter, dead_letter);
    assert_false(answer.retryable);
}

static void refusals_are_denied_expired_or_invalid_by_their_code(void **state)
{
    (void)state;
    assert_refusal(REJECTION_not_permitted, ANSWER_DENIED, "denied", true);
    assert_refusal(REJECTION_wrong_region, ANSWER_DENIED, "denied", true);
    assert_refusal(REJECTION_tenant_mismatch, ANSWER_DENIED, "denied", true);
    assert_refusal(REJECTION_timed_out, ANSWER_EXPIRED, "expired", false);
    assert_refusal(REJECTION_bad_field, ANSWER_INVALID, "invalid", true);
    assert_refusal(REJECTION_plain_personal_data, ANSWER_INVALID, "invalid", true);
}

static void a_limit_says_when_to_come_again(void **state)
{
    struct post *post = *state;
    struct arena arena;
    struct reply body;
    struct wire_fault fault;
    post->item.answer = answer_limited(250);
    reply_record(&post->item, &post->room, &post->record);
    arena_init(&arena, 65536);
    assert_true(
        wire_decode(&reply_message, WIRE_CONTRACT, post->record.value, &arena, &body, &fault));
    assert_int_equal(body.outcome, ANSWER_UNAVAILABLE);
    assert_true(body.retryable && body.has_retry_after_ms);
    assert_int_equal(body.retry_after_ms, 250);
    assert_true(slice_is(body.code, "tenant_limit"));
    arena_release(&arena);
}

static void who_is_not_known_is_not_answered(void **state)
{
    struct post *post = *state;
    assert_true(reply_is_wanted(&post->item));
    post->item.is_mute = true;
    assert_false(reply_is_wanted(&post->item));
}

static void a_reply_needs_an_id_and_an_address(void **state)
{
    struct post *post = *state;
    assert_true(reply_is_wanted(&post->item));
    post->item.envelope.has_id = false;
    assert_false(reply_is_wanted(&post->item));
    post->item.envelope.has_id = true;
    post->item.envelope.reply_topic = slice_of(NULL, 0);
    assert_false(reply_is_wanted(&post->item));
}

static bool allowed(const char *list, const char *topic)
{
    return reply_topic_is_allowed(list, slice_of_text(topic));
}

static void only_listed_topics_and_those_below_get_replies(void **state)
{
    (void)state;
    assert_true(allowed("order.replies", "order.replies"));
    assert_true(allowed("order.replies", "order.replies.shop-7"));
    assert_false(allowed("order.replies", "order.replies2"));
    assert_false(allowed("order.replies", "order.replie"));
    assert_false(allowed("order.replies", "order.commands"));
    assert_true(allowed("a,order.replies", "order.replies"));
    assert_true(allowed("a,b", "a.x"));
    assert_false(allowed("a,b", ""));
    assert_false(allowed(",", "x"));
    assert_false(allowed("", "x"));
}

static void a_dead_letter_says_where_from_and_why(void **state)
{
    struct post *post = *state;
    post->item.answer = answer_malformed(REJECTION_missing_field, "ce_type", NULL);
    dead_letter_record(&post->item, "order.commands", "order.dead", &post->room, &post->record);
    assert_string_equal(post->record.topic, "order.dead");
    assert_true(slice_is(post->record.key, TEST_STREAM));
    assert_ptr_equal(post->record.value.data, post->item.arrival.value.data);
    assert_header(post, "ce_id", TEST_ID);
    assert_header(post, "content-type", "application/msgpack");
    assert_header(post, "dead_letter_reason", "missing_field");
    assert_header(post, "dead_letter_field", "ce_type");
    assert_header(post, "dead_letter_topic", "order.commands");
    assert_header(post, "dead_letter_partition", "3");
    assert_header(post, "dead_letter_offset", "41");
    assert_header(post, "dead_letter_timestamp", "1769860800000");
}

static void a_failure_of_ours_names_its_incident(void **state)
{
    struct post *post = *state;
    post->item.answer = answer_internal("It failed.");
    post->item.answer.attempts = 3;
    post->item.answer.incident = test_uuid(7);
    dead_letter_record(&post->item, "order.commands", "order.dead", &post->room, &post->record);
    assert_header(post, "dead_letter_reason", "internal");
    assert_header(post, "dead_letter_attempts", "3");
    assert_header(post, "dead_letter_incident", "c0ffee07-0000-0000-0000-000000000000");
    assert_true(slice_equal(post->record.value, post->item.arrival.value));
    post->item.answer = answer_malformed(REJECTION_bad_field, NULL, NULL);
    dead_letter_record(&post->item, "order.commands", "order.dead", &post->room, &post->record);
    assert_int_equal(find(&post->record, "dead_letter_incident").size, 0);
}

static void a_withheld_body_leaves_its_size_and_place(void **state)
{
    struct post *post = *state;
    char size[24];
    (void)snprintf(size, sizeof(size), "%zu", post->item.arrival.value.size);
    post->item.is_withheld = true;
    post->item.answer = answer_malformed(REJECTION_plain_personal_data, NULL, NULL);
    dead_letter_record(&post->item, "order.commands", "order.dead", &post->room, &post->record);
    assert_int_equal(post->record.value.size, 0);
    assert_null(post->record.value.data);
    assert_header(post, "dead_letter_body", "withheld");
    assert_header(post, "dead_letter_size", size);
    assert_header(post, "dead_letter_offset", "41");
}

static void hostile_headers_do_not_pass_for_ours_and_fit(void **state)
{
    struct post *post = *state;
    static struct header hostile[64];
    static char name[900];
    memset(name, 'n', sizeof(name) - 1);
    for (size_t i = 0; i < countof(hostile); i++)
        hostile[i] = (struct header){slice_of_text(name), slice_of_text("v")};
    hostile[0] =
        (struct header){slice_of_text("dead_letter_reason"), slice_of_text("nothing to see here")};
    post->item.arrival.headers = hostile;
    post->item.arrival.header_count = countof(hostile);
    post->item.answer = answer_malformed(REJECTION_too_large, NULL, NULL);
    dead_letter_record(&post->item, "order.commands", "order.dead", &post->room, &post->record);
    assert_header(post, "dead_letter_reason", "too_large");
    assert_true(post->record.header_count < 16);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup(function, open_post)
    const struct CMUnitTest tests[] = {
        CASE(the_body_is_what_the_contract_says),
        CASE(a_json_command_gets_a_json_reply),
        CASE(the_envelope_points_back_to_the_command),
        CASE(the_reply_id_depends_on_the_command_only),
        CASE(a_key_that_is_no_id_is_not_called_a_stream),
        CASE(refusals_are_denied_expired_or_invalid_by_their_code),
        CASE(a_limit_says_when_to_come_again),
        CASE(who_is_not_known_is_not_answered),
        CASE(a_reply_needs_an_id_and_an_address),
        CASE(only_listed_topics_and_those_below_get_replies),
        CASE(what_is_not_final_has_a_reply_id_of_its_own),
        CASE(a_failure_of_ours_names_its_incident),
        CASE(a_dead_letter_says_where_from_and_why),
        CASE(a_withheld_body_leaves_its_size_and_place),
        CASE(hostile_headers_do_not_pass_for_ours_and_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
