// SPDX-License-Identifier: Apache-2.0
// Headers of a command: what each may hold, what must be there, and that a faulty command can still
// be answered.
#include "support/cmocka.h"
#include "support/wire_assert.h"
#include "wire/envelope.h"

#define STREAM "019c1234-5678-7abc-8def-010203040506"
#define ID "019c1234-5678-7abc-8def-0102030405ff"
#define TRACE "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
#define HEADER(name, value) \
    { \
        SLICE_LITERAL(name), SLICE_LITERAL(value) \
    }

/* The required ones first. */
static const struct header full[] = {
    HEADER("ce_specversion", "1.0"),
    HEADER("ce_type", "order.command.place-order.v1"),
    HEADER("ce_id", ID),
    HEADER("content-type", "application/msgpack"),
    HEADER("ce_source", "shop/checkout"),
    HEADER("ce_subject", STREAM),
    HEADER("ce_time", "2026-01-31T12:00:00.5Z"),
    HEADER("ce_expectedversion", "7"),
    HEADER("ce_correlationid", "00000000-0000-0000-0000-000000000001"),
    HEADER("ce_causationid", "00000000-0000-0000-0000-000000000002"),
    HEADER("traceparent", TRACE),
    HEADER("reply_topic", "order.replies"),
    HEADER("reply_partition", "3"),
    HEADER("ce_expirytime", "2026-01-31T12:00:10Z"),
    HEADER("order_producer", "shop"),
    HEADER("order_tenant", "acme"),
    HEADER("order_mac", "0123456789abcdef0123456789abcdef"),
};

enum { REQUIRED_COUNT = 4, MOST = 70 };

/* Copies the whole set with one header's value replaced. */
static size_t with(struct header *headers, const char *name, struct slice value)
{
    memcpy(headers, full, sizeof(full));
    for (size_t i = 0; i < countof(full); i++) {
        if (slice_is(full[i].name, name)) {
            headers[i].value = value;
            return countof(full);
        }
    }
    headers[countof(full)] = (struct header){slice_of_text(name), value};
    return countof(full) + 1;
}

static bool
reads(struct header *headers, size_t count, struct envelope *out, struct wire_fault *fault)
{
    return envelope_read(slice_of_text(STREAM), headers, count, out, fault);
}

static void assert_accepted(const char *name, struct slice value, struct envelope *out)
{
    struct header headers[MOST];
    struct wire_fault fault;
    if (!reads(headers, with(headers, name, value), out, &fault))
        fail_msg("%s: %.*s: %s", name, SLICE_FORMAT(value), fault.reason);
}

static void
assert_refused(const char *name, struct slice value, enum wire_fault_code code, const char *field)
{
    struct header headers[MOST];
    struct envelope out;
    struct wire_fault fault;
    if (reads(headers, with(headers, name, value), &out, &fault))
        fail_msg("%s accepted: %.*s", name, SLICE_FORMAT(value));
    assert_fault_is(&fault, code, field, name);
}

static void assert_uuid(const struct uuid *id, const char *expected)
{
    char text[UUID_TEXT_SIZE];
    uuid_format(id, text);
    assert_string_equal(text, expected);
}

static void reads_all_headers(void **state)
{
    (void)state;
    struct envelope out;
    struct wire_fault fault;
    assert_true(envelope_read(slice_of_text(STREAM), full, countof(full), &out, &fault));
    assert_true(out.has_id && out.has_time && out.has_expiry);
    assert_true(out.has_correlation && out.has_causation);
    assert_uuid(&out.id, ID);
    assert_uuid(&out.stream_id, STREAM);
    assert_uuid(&out.correlation_id, "00000000-0000-0000-0000-000000000001");
    assert_uuid(&out.causation_id, "00000000-0000-0000-0000-000000000002");
    assert_true(slice_is(out.type, "order.command.place-order.v1"));
    assert_true(slice_is(out.source, "shop/checkout"));
    assert_true(slice_is(out.traceparent, TRACE));
    assert_true(slice_is(out.reply_topic, "order.replies"));
    assert_int_equal(out.reply_partition, 3);
    assert_int_equal(out.content, CONTENT_MSGPACK);
    assert_int_equal(out.expected.mode, EXPECTED_EXACT);
    assert_true(out.expected.version == 7);
    assert_true(out.time_us == 1769860800500000);
    assert_true(out.expiry_us == 1769860810000000);
    assert_true(slice_is(out.producer, "shop"));
    assert_true(slice_is(out.tenant, "acme"));
    assert_int_equal(out.mac.size, 32);
}

static void the_required_ones_are_enough(void **state)
{
    (void)state;
    struct envelope out;
    struct wire_fault fault;
    memset(&out, 0xff, sizeof(out));
    assert_true(envelope_read(slice_of_text(STREAM), full, REQUIRED_COUNT, &out, &fault));
    assert_false(out.has_time || out.has_expiry);
    assert_int_equal(out.expected.mode, EXPECTED_ANY);
    assert_int_equal(out.producer.size + out.tenant.size + out.mac.size, 0);
    assert_false(out.has_correlation || out.has_causation);
    assert_int_equal(out.source.size, 0);
    assert_int_equal(out.traceparent.size, 0);
    assert_int_equal(out.reply_topic.size, 0);
    assert_int_equal(out.reply_partition, -1);
}

static void each_required_header_must_come(void **state)
{
    (void)state;
    for (size_t missing = 0; missing < REQUIRED_COUNT; missing++) {
        struct header headers[countof(full)];
        struct envelope out;
        struct wire_fault fault;
        size_t count = 0;
        for (size_t i = 0; i < countof(full); i++) {
            if (i != missing)
                headers[count++] = full[i];
        }
        assert_false(reads(headers, count, &out, &fault));
        const char *name = (const char *)full[missing].name.data;
        assert_fault_is(&fault, WIRE_missing_field, name, name);
        assert_true(slice_is(out.reply_topic, "order.replies"));
    }
}

static void no_known_header_may_be_empty_or_repeated(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(full); i++) {
        const char *name = (const char *)full[i].name.data;
        struct header headers[countof(full) + 1];
        struct envelope out;
        struct wire_fault fault;
        memcpy(headers, full, sizeof(full));
        headers[countof(full)] = full[i];
        assert_false(reads(headers, countof(headers), &out, &fault));
        assert_fault_is(&fault, WIRE_bad_field, name, "repeated");
        assert_refused(name, slice_of_text(""), WIRE_bad_field, name);
        assert_refused(name, slice_of(NULL, 0), WIRE_bad_field, name);
    }
}

static void unknown_headers_are_ignored(void **state)
{
    (void)state;
    struct envelope out;
    assert_accepted("x-trace", BYTES("\xff\x00\n"), &out);
    assert_accepted("Ce_Id", slice_of_text("anything"), &out); /* names are lower-case */
    assert_accepted("ce_i", slice_of(NULL, 0), &out);
    assert_accepted("ce_id2", slice_of_text("x"), &out);
    assert_uuid(&out.id, ID);
}

static void the_key_is_the_stream(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        enum wire_fault_code code;
    } cases[] = {
        {"", WIRE_missing_field},
        {"019c1234-5678-7abc-8def-01020304050", WIRE_bad_field},
        {"019c1234-5678-7abc-8def-0102030405066", WIRE_bad_field},
        {"order-1", WIRE_bad_field},
    };
    struct envelope out;
    struct wire_fault fault;
    for (size_t i = 0; i < countof(cases); i++) {
        assert_false(envelope_read(slice_of_text(cases[i].key), full, countof(full), &out, &fault));
        assert_fault_is(&fault, cases[i].code, "key", cases[i].key);
        assert_true(out.has_id);
    }
    assert_false(envelope_read(slice_of(NULL, 0), full, countof(full), &out, &fault));
    assert_accepted("ce_subject", slice_of_text("019C1234-5678-7ABC-8DEF-010203040506"), &out);
    assert_refused("ce_subject", slice_of_text(ID), WIRE_bad_field, "ce_subject");
    assert_refused("ce_subject", slice_of_text("order-1"), WIRE_bad_field, "ce_subject");
}

static void expected_versions_have_five_modes(void **state)
{
    (void)state;
    struct envelope out;
    assert_accepted("ce_expectedversion", slice_of_text("-1"), &out);
    assert_int_equal(out.expected.mode, EXPECTED_ANY);
    assert_accepted("ce_expectedversion", slice_of_text("0"), &out);
    assert_int_equal(out.expected.mode, EXPECTED_NONE);
    assert_accepted("ce_expectedversion", slice_of_text("exists"), &out);
    assert_int_equal(out.expected.mode, EXPECTED_EXISTS);
    assert_accepted("ce_expectedversion", slice_of_text(">=3"), &out);
    assert_int_equal(out.expected.mode, EXPECTED_AT_LEAST);
    static const char *const wrong[] = {
        "-2", "9223372036854775808", "1.0", "x", " 1", "0x1", "> 1"};
    for (size_t i = 0; i < countof(wrong); i++)
        assert_refused(
            "ce_expectedversion", slice_of_text(wrong[i]), WIRE_bad_field, "ce_expectedversion");
}

/* A header that is read and not under the MAC could be changed on the way. */
static void every_header_that_is_read_is_signed(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(full); i++)
        assert_int_equal(envelope_is_signed(full[i].name), !slice_is(full[i].name, "order_mac"));
    static const char *const others[] = {"", "ce", "tracestate", "x-order_tenant", "Ce_id"};
    for (size_t i = 0; i < countof(others); i++)
        assert_false(envelope_is_signed(slice_of_text(others[i])));
}

static void content_types_ignore_case_and_parameters(void **state)
{
    (void)state;
    struct envelope out;
    assert_accepted("content-type", slice_of_text("application/json"), &out);
    assert_int_equal(out.content, CONTENT_JSON);
    assert_accepted("content-type", slice_of_text("Application/JSON; charset=utf-8"), &out);
    assert_int_equal(out.content, CONTENT_JSON);
    assert_accepted("content-type", slice_of_text("application/MsgPack ;x=y"), &out);
    assert_int_equal(out.content, CONTENT_MSGPACK);
    static const char *const wrong[] = {
        "application/cloudevents+json",
        "text/json",
        "application/jso",
        "application/json5",
        ";",
        " application/json",
        "application/msgpack, application/json"};
    for (size_t i = 0; i < countof(wrong); i++)
        assert_refused("content-type", slice_of_text(wrong[i]), WIRE_bad_field, "content-type");
}

static void replies_go_to_a_legal_topic_and_partition(void **state)
{
    (void)state;
    struct envelope out;
    char topic[250];
    memset(topic, 't', sizeof(topic));
    assert_accepted("reply_topic", slice_of(topic, 249), &out);
    assert_refused("reply_topic", slice_of(topic, 250), WIRE_bad_field, "reply_topic");
    assert_accepted("reply_topic", slice_of_text("aZ09._-"), &out);
    static const char *const topics[] = {".", "..", "a b", "a/b", "\xc3\xa4", "a\n", "[a]", "@"};
    for (size_t i = 0; i < countof(topics); i++)
        assert_refused("reply_topic", slice_of_text(topics[i]), WIRE_bad_field, "reply_topic");
    assert_accepted("reply_partition", slice_of_text("-1"), &out);
    assert_int_equal(out.reply_partition, -1);
    assert_accepted("reply_partition", slice_of_text("2147483647"), &out);
    assert_int_equal(out.reply_partition, INT32_MAX);
    static const char *const partitions[] = {"-2", "2147483648", "x", "1 "};
    for (size_t i = 0; i < countof(partitions); i++)
        assert_refused(
            "reply_partition", slice_of_text(partitions[i]), WIRE_bad_field, "reply_partition");
}

static void a_malformed_traceparent_is_dropped_not_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-011",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736x00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01"};
    struct envelope out;
    for (size_t i = 0; i < countof(wrong); i++) {
        assert_accepted("traceparent", slice_of_text(wrong[i]), &out);
        assert_int_equal(out.traceparent.size, 0);
    }
    assert_accepted(
        "traceparent",
        slice_of_text("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"),
        &out);
    assert_int_equal(out.traceparent.size, 55);
}

static void other_values_have_their_shapes(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *value;
    } wrong[] = {
        {"ce_specversion", "0.3"},
        {"ce_specversion", "1.0.0"},
        {"ce_type", "a\nb"},
        {"ce_type", "\xff"},
        {"ce_id", "4711"},
        {"ce_id", "{019c1234-5678-7abc-8def-010203040506}"},
        {"ce_source", "a\x7f"},
        {"ce_source", "\xc0\xaf"},
        {"ce_time", "yesterday"},
        {"ce_expirytime", "soon"},
        {"order_producer", "a\nb"},
        {"order_tenant", "\xff"},
        {"ce_time", "2026-02-29T12:00:00Z"},
        {"ce_correlationid", "x"},
        {"ce_causationid", "x"}};
    for (size_t i = 0; i < countof(wrong); i++)
        assert_refused(wrong[i].name, slice_of_text(wrong[i].value), WIRE_bad_field, wrong[i].name);
}

static void bounds_a_header_and_their_number(void **state)
{
    (void)state;
    static char value[1025];
    struct header headers[MOST];
    struct envelope out;
    struct wire_fault fault;
    memset(value, 'v', sizeof(value));
    assert_accepted("x", slice_of(value, 1023), &out); /* with its name 1 KiB */
    assert_refused("x", slice_of(value, 1024), WIRE_too_large, NULL);
    assert_accepted("ce_source", slice_of(value, 1024 - 9), &out);
    assert_refused("ce_source", slice_of(value, 1024 - 8), WIRE_too_large, "ce_source");
    memcpy(headers, full, sizeof(full));
    for (size_t i = countof(full); i < MOST; i++)
        headers[i] = (struct header)HEADER("x-more", "1");
    assert_true(reads(headers, 64, &out, &fault));
    assert_false(reads(headers, 65, &out, &fault));
    assert_fault_is(&fault, WIRE_too_large, NULL, "65");
    assert_true(out.has_id && slice_is(out.reply_topic, "order.replies"));
}

/* The first fault is told, what can be read is read: whoever sent it gets an answer. */
static void a_faulty_command_can_be_answered(void **state)
{
    (void)state;
    static const struct header headers[] = {
        HEADER("ce_specversion", "9"),
        HEADER("ce_time", "?"),
        HEADER("ce_id", ID),
        HEADER("reply_partition", "2"),
        HEADER("content-type", "application/msgpack"),
        HEADER("reply_topic", "order.replies")};
    struct envelope out;
    struct wire_fault fault;
    assert_false(envelope_read(slice_of_text(STREAM), headers, countof(headers), &out, &fault));
    assert_fault_is(&fault, WIRE_bad_field, "ce_specversion", "first");
    assert_true(out.has_id);
    assert_uuid(&out.id, ID);
    assert_int_equal(out.content, CONTENT_MSGPACK);
    assert_int_equal(out.reply_partition, 2);
    assert_true(slice_is(out.reply_topic, "order.replies"));
    assert_false(envelope_read(slice_of_text(STREAM), NULL, 0, &out, &fault));
    assert_fault_is(&fault, WIRE_missing_field, "ce_specversion", "none");
    assert_false(out.has_id);
    assert_int_equal(out.content, CONTENT_JSON);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_headers),
        cmocka_unit_test(the_required_ones_are_enough),
        cmocka_unit_test(each_required_header_must_come),
        cmocka_unit_test(no_known_header_may_be_empty_or_repeated),
        cmocka_unit_test(unknown_headers_are_ignored),
        cmocka_unit_test(the_key_is_the_stream),
        cmocka_unit_test(expected_versions_have_five_modes),
        cmocka_unit_test(every_header_that_is_read_is_signed),
        cmocka_unit_test(content_types_ignore_case_and_parameters),
        cmocka_unit_test(replies_go_to_a_legal_topic_and_partition),
        cmocka_unit_test(a_malformed_traceparent_is_dropped_not_refused),
        cmocka_unit_test(other_values_have_their_shapes),
        cmocka_unit_test(bounds_a_header_and_their_number),
        cmocka_unit_test(a_faulty_command_can_be_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
