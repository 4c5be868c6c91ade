// SPDX-License-Identifier: Apache-2.0
// What a record comes in, who may send it, and when: structured mode, deadlines, limits, signatures.
#include "base/text.h"
#include "command/reply.h"
#include "command/signature.h"
#include "support/desk.h"

#include <stdio.h>

#define CONTACT "{\"given_name\":\"Ada\",\"family_name\":\"Byron\",\"email\":\"a@b.example\"}"

/* ---- structured mode ---- */

#define WRAPPED(data) \
    "{\"specversion\":\"1.0\",\"type\":\"order.command.cancel-order.v1\",\"id\":\"" TEST_ID \
    "\",\"source\":\"shop\",\"expectedversion\":3,\"subject\":null," data "}"

static void wrap(struct desk *desk, const char *json)
{
    static const char *const attributes[] = {
        "ce_specversion", "ce_type", "ce_id", "ce_source", "content-type"};
    for (size_t i = 0; i < countof(attributes); i++)
        arrival_change_header(&desk->arrival, attributes[i], NULL);
    arrival_header(&desk->arrival, "content-type", "application/cloudevents+json; charset=utf-8");
    desk->arrival.arrival.value = slice_of_text(json);
}

static void a_wrapped_command_is_the_same_command(void **state)
{
    static const char *const bodies[] = {
        WRAPPED("\"data\":{\"reason\":\"customer\"}"),
        WRAPPED("\"data_base64\":\"eyJyZWFzb24iOiJjdXN0b21lciJ9\""),
        WRAPPED("\"datacontenttype\":\"application/msgpack\","
                "\"data_base64\":\"gaZyZWFzb26oY3VzdG9tZXI=\"")};
    struct desk *desk = *state;
    uint8_t fingerprint[STORE_FINGERPRINT_SIZE];
    take_in(desk);
    memcpy(fingerprint, desk->item.fingerprint, sizeof(fingerprint));
    for (size_t i = 0; i < countof(bodies); i++) {
        wrap(desk, bodies[i]);
        take_in(desk);
        assert_int_equal(desk->item.state, ITEM_OPEN);
        assert_memory_equal(fingerprint, desk->item.fingerprint, sizeof(fingerprint));
        assert_true(desk->item.envelope.has_id);
        assert_true(slice_is(desk->item.envelope.source, "shop"));
        assert_true(slice_is(desk->item.envelope.reply_topic, "order.replies"));
        assert_int_equal(desk->item.envelope.expected.mode, EXPECTED_EXACT);
        assert_true(desk->item.envelope.expected.version == 3);
    }
}

static void a_wrapping_that_does_not_open_is_no_command(void **state)
{
    struct desk *desk = *state;
    wrap(desk, "[1]");
    assert_refused(desk, "bad_encoding", NULL);
    assert_false(reply_is_wanted(&desk->item)); /* nobody knows its id */
    wrap(desk, "{\"specversion\":");
    assert_refused(desk, "bad_encoding", NULL);
    assert_true(desk->item.is_withheld);
    wrap(desk, WRAPPED("\"dataschema\":\"x\""));
    assert_refused(desk, "missing_field", "data");
    wrap(desk, WRAPPED("\"data\":{},\"data_base64\":\"e30=\""));
    assert_refused(desk, "bad_field", "data");
    wrap(desk, WRAPPED("\"data_base64\":\"!\""));
    assert_refused(desk, "bad_field", "data");
    wrap(desk, WRAPPED("\"flag\":true,\"data\":{}"));
    assert_refused(desk, "bad_field", "data");
    wrap(desk, WRAPPED("\"order_tenant\":\"x\",\"data\":{}"));
    assert_refused(desk, "bad_field", "data");
}

/* Headers beside a wrapping that nobody can open say nothing about what is in it. */
static void a_wrapping_that_does_not_open_is_withheld_whatever_its_headers_say(void **state)
{
    struct desk *desk = *state;
    wrap(desk, "{\"data\":" CONTACT);
    arrival_header(&desk->arrival, "ce_type", "order.command.cancel-order.v1");
    assert_refused(desk, "bad_encoding", NULL);
    assert_true(desk->item.is_withheld);
}

static void what_is_wrapped_is_checked_as_ever(void **state)
{
    struct desk *desk = *state;
    wrap(desk, WRAPPED("\"data\":{\"reason\":\"boredom\"}"));
    assert_refused(desk, "bad_field", "reason");
    assert_true(reply_is_wanted(&desk->item));
    assert_int_equal(desk->item.envelope.content, CONTENT_JSON);
    wrap(desk, WRAPPED("\"time\":\"yesterday\",\"data\":{\"reason\":\"customer\"}"));
    assert_refused(desk, "bad_field", "ce_time");
    wrap(desk, WRAPPED("\"id\":\"7\",\"data\":{}"));
    assert_refused(desk, "bad_field", NULL); /* two of them */
    wrap(desk, WRAPPED("\"datacontenttype\":\"text/plain\",\"data\":{}"));
    assert_refused(desk, "bad_field", "content-type");
}

/* ---- who and when ---- */

static void make_time(char out[static TEXT_TIME_SIZE], int64_t seconds)
{
    text_format_time(STAGE_NOW + seconds * 1000000, out);
}

static void what_comes_too_late_or_too_early_is_put_off(void **state)
{
    static const struct {
        const char *header;
        int64_t seconds; /* from now */
        enum rejection_code code;
    } cases[] = {
        {"ce_time", 301, REJECTION_bad_field},
        {"ce_time", 300, REJECTION_COUNT},
        {"ce_time", -(int64_t)30 * 86400, REJECTION_COUNT},
        {"ce_time", -(int64_t)30 * 86400 - 1, REJECTION_bad_field},
        {"ce_expirytime", 1, REJECTION_COUNT},
        {"ce_expirytime", 0, REJECTION_timed_out},
        {"ce_expirytime", -1, REJECTION_timed_out}};
    struct desk *desk = *state;
    char time[TEXT_TIME_SIZE];
    for (size_t i = 0; i < countof(cases); i++) {
        arrival_fill(&desk->arrival);
        make_time(time, cases[i].seconds);
        arrival_header(&desk->arrival, cases[i].header, time);
        take_in(desk);
        assert_int_equal(desk->item.state, ITEM_OPEN);
        assert_int_equal(desk->item.is_refused, cases[i].code != REJECTION_COUNT);
        if (!desk->item.is_refused)
            continue;
        assert_int_equal(desk->item.refusal, cases[i].code);
        assert_string_equal(desk->item.refused_field, cases[i].header);
        assert_true(desk->item.look_up);
    }
}

static void how_long_it_waited_in_a_queue_is_not_its_age(void **state)
{
    struct desk *desk = *state;
    char time[TEXT_TIME_SIZE];
    desk->is_queued = true;
    make_time(time, -(int64_t)90 * 86400);
    arrival_header(&desk->arrival, "ce_time", time);
    take_in(desk);
    assert_int_equal(desk->item.state, ITEM_OPEN);
    assert_false(desk->item.is_refused);
    /* But its sender may have said how long it is worth deciding. */
    arrival_header(&desk->arrival, "ce_expirytime", time);
    take_in(desk);
    assert_int_equal(desk->item.refusal, REJECTION_timed_out);
}

static void what_expires_while_it_waits_is_put_off(void **state)
{
    struct desk *desk = *state;
    char time[TEXT_TIME_SIZE];
    make_time(time, 10);
    arrival_header(&desk->arrival, "ce_expirytime", time);
    take_in(desk);
    admission_expire(&desk->item, 1, STAGE_NOW + 9999999);
    assert_false(desk->item.is_refused);
    admission_expire(&desk->item, 1, STAGE_NOW + 10000000);
    assert_true(desk->item.is_refused && desk->item.look_up);
    assert_int_equal(desk->item.refusal, REJECTION_timed_out);
}

static void a_tenants_limit_is_answered_on_the_spot(void **state)
{
    struct desk *desk = *state;
    bucket_init(&desk->tenants->rows[0].bucket, 1);
    take_in(desk);
    assert_int_equal(desk->item.state, ITEM_OPEN);
    take_in(desk);
    assert_int_equal(desk->item.state, ITEM_ANSWERED);
    assert_int_equal(desk->item.answer.outcome, ANSWER_UNAVAILABLE);
    assert_int_equal(desk->item.answer.retry_after_ms, 1000);
    assert_false(desk->item.answer.dead_letter);
    /* What is no command at all does not count. */
    arrival_change_header(&desk->arrival, "ce_type", "order.command.launch-rocket.v1");
    assert_refused(desk, "unknown_type", "ce_type");
}

static void register_in(struct desk *desk, const char *body)
{
    arrival_change_header(&desk->arrival, "ce_type", "customer.command.register-customer.v1");
    arrival_change_header(&desk->arrival, "content-type", "application/json");
    desk->arrival.arrival.value = slice_of_text(body);
}

static void customers_of_another_region_are_not_for_this_tenant(void **state)
{
    struct desk *desk = *state;
    desk->accepts_plain = true;
    memcpy(desk->tenants->rows[0].region, "eu-west", sizeof("eu-west"));
    register_in(desk, "{\"region\":\"eu-west\",\"contact\":" CONTACT "}");
    take_in(desk);
    assert_false(desk->item.is_refused);
    register_in(desk, "{\"region\":\"us-east\",\"contact\":" CONTACT "}");
    take_in(desk);
    assert_true(desk->item.is_refused && desk->item.look_up);
    assert_int_equal(desk->item.refusal, REJECTION_wrong_region);
    assert_string_equal(desk->item.refused_field, "region");
}

/* ---- producers ---- */

static const uint8_t shop_key[SECRET_SIZE] = {5, 6, 7};

/* Two tenants; `shop` sends for the second one only. */
static void hire(struct desk *desk)
{
    struct tenants *tenants = desk->tenants;
    tenants->count = 2;
    tenants->has_producers = true;
    tenants->producer_count = 1;
    (void)snprintf(tenants->rows[0].name, TENANT_NAME_SIZE, "acme");
    (void)snprintf(tenants->rows[1].name, TENANT_NAME_SIZE, "globex");
    tenants->rows[1].number = 9;
    struct sending_party *shop = &tenants->producers[0];
    (void)snprintf(shop->name, TENANT_NAME_SIZE, "shop");
    shop->tenants[0] = &tenants->rows[1];
    shop->tenant_count = 1;
    shop->key = shop_key;
}

static void sign(struct desk *desk, uint8_t mac[static SIGNATURE_SIZE])
{
    struct test_arrival *test = &desk->arrival;
    arrival_header(test, "order_producer", "shop");
    const struct signed_record record = {
        .topic = slice_of_text("order.commands"),
        .key = test->arrival.key,
        .value = test->arrival.value,
        .headers = test->headers,
        .header_count = test->header_count};
    signature_make(&record, shop_key, mac);
    arrival_header(test, "order_mac", "");
    test->headers[test->header_count - 1].value = slice_of(mac, SIGNATURE_SIZE);
}

static void assert_denied(struct desk *desk, const char *code, const char *field, bool answered)
{
    take_in(desk);
    assert_int_equal(desk->item.state, ITEM_ANSWERED);
    assert_int_equal(desk->item.answer.outcome, ANSWER_DENIED);
    assert_string_equal(desk->item.answer.code, code);
    assert_string_equal(desk->item.answer.field, field);
    assert_true(desk->item.answer.dead_letter);
    assert_int_equal(reply_is_wanted(&desk->item), answered);
}

static void a_signed_command_belongs_to_its_producers_tenant(void **state)
{
    struct desk *desk = *state;
    uint8_t mac[SIGNATURE_SIZE];
    hire(desk);
    sign(desk, mac);
    take_in(desk);
    assert_int_equal(desk->item.state, ITEM_OPEN);
    assert_int_equal(desk->item.stream.tenant_id, 9);
    assert_ptr_equal(desk->item.settings, &desk->tenants->rows[1].settings);
    assert_true(slice_is(desk->item.actor, "shop"));
}

static void nobody_is_answered_for_what_somebody_else_made(void **state)
{
    struct desk *desk = *state;
    uint8_t mac[SIGNATURE_SIZE];
    hire(desk);
    assert_denied(desk, "not_permitted", "order_producer", false);
    sign(desk, mac);
    mac[0] ^= 1;
    assert_denied(desk, "not_permitted", "order_mac", false);
    mac[0] ^= 1;
    arrival_change_header(&desk->arrival, "order_producer", "shed");
    assert_denied(desk, "not_permitted", "order_producer", false);
}

/* Who cannot be trusted is not told what else is wrong; who can, is. */
static void the_sender_comes_before_faults(void **state)
{
    struct desk *desk = *state;
    uint8_t mac[SIGNATURE_SIZE];
    hire(desk);
    arrival_header(&desk->arrival, "ce_time", "yesterday");
    assert_denied(desk, "not_permitted", "order_producer", false);
    sign(desk, mac);
    assert_refused(desk, "bad_field", "ce_time");
    assert_true(reply_is_wanted(&desk->item));
}

static void other_tenants_are_refused(void **state)
{
    struct desk *desk = *state;
    uint8_t mac[SIGNATURE_SIZE];
    hire(desk);
    arrival_header(&desk->arrival, "order_tenant", "acme");
    sign(desk, mac);
    assert_denied(desk, "tenant_mismatch", "order_tenant", true);
    arrival_fill(&desk->arrival);
    arrival_header(&desk->arrival, "order_tenant", "initech");
    sign(desk, mac);
    assert_denied(desk, "unknown_tenant", "order_tenant", true);
}

static void erasures_are_confirmed_by_who_may(void **state)
{
    struct desk *desk = *state;
    struct item item = {.command = {.type = COMMAND_CONFIRM_ERASURE}};
    const struct admission admission = {.tenants = desk->tenants, .now_us = STAGE_NOW};
    struct sender sender = {.tenant = &desk->tenants->rows[0]};
    hire(desk);
    admission_check(&admission, &sender, &item);
    assert_false(item.is_refused); /* without producers nobody is asked */
    sender.producer = &desk->tenants->producers[0];
    admission_check(&admission, &sender, &item);
    assert_true(item.is_refused);
    assert_int_equal(item.refusal, REJECTION_not_permitted);
    desk->tenants->producers[0].erases = true;
    item.is_refused = false;
    admission_check(&admission, &sender, &item);
    assert_false(item.is_refused);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, open_desk, close_desk)
    const struct CMUnitTest tests[] = {
        CASE(a_wrapped_command_is_the_same_command),
        CASE(a_wrapping_that_does_not_open_is_no_command),
        CASE(a_wrapping_that_does_not_open_is_withheld_whatever_its_headers_say),
        CASE(what_is_wrapped_is_checked_as_ever),
        CASE(what_comes_too_late_or_too_early_is_put_off),
        CASE(how_long_it_waited_in_a_queue_is_not_its_age),
        CASE(what_expires_while_it_waits_is_put_off),
        CASE(a_tenants_limit_is_answered_on_the_spot),
        CASE(customers_of_another_region_are_not_for_this_tenant),
        CASE(a_signed_command_belongs_to_its_producers_tenant),
        CASE(nobody_is_answered_for_what_somebody_else_made),
        CASE(the_sender_comes_before_faults),
        CASE(other_tenants_are_refused),
        CASE(erasures_are_confirmed_by_who_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
