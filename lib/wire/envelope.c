// SPDX-License-Identifier: Apache-2.0
// Headers are dispatched by a small table. Every header is looked at even after a fault, because
// the sender can only be answered with what the others say; the first fault is the one reported.
#include "wire/envelope.h"

#include "base/text.h"
#include "wire/fault.h"

#include <strings.h>

#include "base/banned.h"

enum { MAX_HEADERS = 64, MAX_HEADER_SIZE = 1024, MAX_TOPIC_SIZE = 249 };

static const char not_a_uuid[] = "not a UUID";

/* What is known while the headers are read. */
struct reading {
    struct envelope *out;
    bool has_key;
};

/* Each reads one header's value, which is not empty; returns what is wrong with it or NULL. */
typedef const char *header_read(struct reading *reading, struct slice value);

static const char *read_specversion(struct reading *reading, struct slice value)
{
    (void)reading;
    return slice_is(value, "1.0") ? NULL : "not 1.0";
}

static const char *read_type(struct reading *reading, struct slice value)
{
    if (!text_is_utf8(value) || !text_has_no_control(value))
        return "not a type";
    reading->out->type = value;
    return NULL;
}

static const char *read_id(struct reading *reading, struct slice value)
{
    reading->out->has_id = uuid_parse(value, &reading->out->id);
    return reading->out->has_id ? NULL : not_a_uuid;
}

static const char *read_source(struct reading *reading, struct slice value)
{
    if (!text_is_utf8(value) || !text_has_no_control(value))
        return "not a source";
    reading->out->source = value;
    return NULL;
}

static const char *read_subject(struct reading *reading, struct slice value)
{
    struct uuid subject;
    if (!uuid_parse(value, &subject))
        return not_a_uuid;
    if (reading->has_key && !uuid_equal(&subject, &reading->out->stream_id))
        return "differs from the key";
    return NULL;
}

static const char *read_time(struct reading *reading, struct slice value)
{
    reading->out->has_time = text_parse_time(value, &reading->out->time_us);
    return reading->out->has_time ? NULL : "not a time of RFC 3339";
}

static const char *read_expiry_time(struct reading *reading, struct slice value)
{
    reading->out->has_expiry = text_parse_time(value, &reading->out->expiry_us);
    return reading->out->has_expiry ? NULL : "not a time of RFC 3339";
}

static const char *read_expected_version(struct reading *reading, struct slice value)
{
    return expected_version_read(value, &reading->out->expected) ? NULL : "not a version";
}

static const char *read_correlation_id(struct reading *reading, struct slice value)
{
    reading->out->has_correlation = uuid_parse(value, &reading->out->correlation_id);
    return reading->out->has_correlation ? NULL : not_a_uuid;
}

static const char *read_causation_id(struct reading *reading, struct slice value)
{
    reading->out->has_causation = uuid_parse(value, &reading->out->causation_id);
    return reading->out->has_causation ? NULL : not_a_uuid;
}

/* Lower-case hexadecimal digits, not all of them zero if `some` is wanted. */
static bool is_hex(const uint8_t *digits, size_t count, bool some)
{
    bool nonzero = false;
    for (size_t i = 0; i < count; i++) {
        bool is_digit = digits[i] >= '0' && digits[i] <= '9';
        if (!is_digit && (digits[i] < 'a' || digits[i] > 'f'))
            return false;
        nonzero = nonzero || digits[i] != '0';
    }
    return nonzero || !some;
}

/* W3C Trace Context, version 00. The specification wants a malformed one ignored, not refused. */
static const char *read_traceparent(struct reading *reading, struct slice value)
{
    const uint8_t *p = value.data;
    if (value.size == 55 && memcmp(p, "00-", 3) == 0 && p[35] == '-' && p[52] == '-' &&
        is_hex(p + 3, 32, true) && is_hex(p + 36, 16, true) && is_hex(p + 53, 2, false))
        reading->out->traceparent = value;
    return NULL;
}

static const char *read_content_type(struct reading *reading, struct slice value)
{
    const uint8_t *semicolon = memchr(value.data, ';', value.size);
    size_t size = semicolon != NULL ? (size_t)(semicolon - value.data) : value.size;
    while (size > 0 && (value.data[size - 1] == ' ' || value.data[size - 1] == '\t'))
        size--;
    for (size_t i = 0; i <= CONTENT_JSON; i++) {
        const char *name = content_type_name((enum content_type)i);
        if (strlen(name) == size && strncasecmp(name, (const char *)value.data, size) == 0) {
            reading->out->content = (enum content_type)i;
            return NULL;
        }
    }
    return "neither application/msgpack nor application/json";
}

/* Kafka's rule for names of topics. */
static const char *read_reply_topic(struct reading *reading, struct slice value)
{
    bool legal = value.size <= MAX_TOPIC_SIZE && !slice_is(value, ".") && !slice_is(value, "..");
    for (size_t i = 0; i < value.size && legal; i++) {
        uint8_t c = value.data[i];
        uint8_t lower = c | 0x20;
        legal = (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
                c == '-';
    }
    if (!legal)
        return "not the name of a topic";
    reading->out->reply_topic = value;
    return NULL;
}

static const char *read_reply_partition(struct reading *reading, struct slice value)
{
    int64_t partition;
    if (!text_parse_i64(value, &partition) || partition < -1 || partition > INT32_MAX)
        return "not a partition";
    reading->out->reply_partition = (int32_t)partition;
    return NULL;
}

static const char *read_producer(struct reading *reading, struct slice value)
{
    if (!text_is_utf8(value) || !text_has_no_control(value))
        return "not a name";
    reading->out->producer = value;
    return NULL;
}

static const char *read_tenant(struct reading *reading, struct slice value)
{
    if (!text_is_utf8(value) || !text_has_no_control(value))
        return "not a name";
    reading->out->tenant = value;
    return NULL;
}

/* Whoever checks it says what is wrong with it. */
static const char *read_mac(struct reading *reading, struct slice value)
{
    reading->out->mac = value;
    return NULL;
}

enum { HEADER_OPTIONAL = false, HEADER_REQUIRED = true };

static const struct {
    struct slice name; /* a literal, so that it ends with a NUL */
    header_read *read;
    bool required;
} known_headers[] = {
#define COMMAND_HEADER(name, reader, need, pattern, meaning) \
    {SLICE_LITERAL(name), read_##reader, HEADER_##need},
#define REPLY_HEADER(name, need, pattern, meaning)
#define DEAD_LETTER_HEADER(name, need, pattern, meaning)
#include "wire/headers.def"
#undef COMMAND_HEADER
#undef REPLY_HEADER
#undef DEAD_LETTER_HEADER
};

/* Row of a header's name; countof(known_headers) when it is none of ours. */
static size_t find_header(struct slice name)
{
    size_t row = 0;
    while (row < countof(known_headers) && !slice_equal(name, known_headers[row].name))
        row++;
    return row;
}

/* Keeps the first fault. */
static void
note(struct wire_fault *fault, enum wire_fault_code code, const char *field, const char *reason)
{
    if (fault->reason == NULL)
        (void)fault_field(fault, code, field, reason);
}

static void read_header(
    struct reading *reading, const struct header *header, uint32_t *seen, struct wire_fault *fault)
{
    size_t row = find_header(header->name);
    if (row == countof(known_headers)) {
        if (header->name.size + header->value.size > MAX_HEADER_SIZE)
            note(fault, WIRE_too_large, NULL, "header is too long");
        return;
    }
    const char *name = (const char *)known_headers[row].name.data;
    uint32_t bit = UINT32_C(1) << row;
    if ((*seen & bit) != 0) {
        note(fault, WIRE_bad_field, name, "repeated header");
        return;
    }
    *seen |= bit;
    if (header->name.size + header->value.size > MAX_HEADER_SIZE) {
        note(fault, WIRE_too_large, name, "header is too long");
        return;
    }
    const char *wrong = "empty";
    if (header->value.size != 0)
        wrong = known_headers[row].read(reading, header->value);
    if (wrong != NULL)
        note(fault, WIRE_bad_field, name, wrong);
}

bool envelope_read(
    struct slice key,
    const struct header *headers,
    size_t header_count,
    struct envelope *out,
    struct wire_fault *fault)
{
    *out = (struct envelope){.content = CONTENT_JSON, .reply_partition = -1};
    struct wire_fault found = {.reason = NULL};
    struct reading reading = {.out = out, .has_key = uuid_parse(key, &out->stream_id)};
    uint32_t seen = 0;
    if (key.size == 0)
        note(&found, WIRE_missing_field, "key", "missing key");
    else if (!reading.has_key)
        note(&found, WIRE_bad_field, "key", not_a_uuid);
    if (header_count > MAX_HEADERS)
        note(&found, WIRE_too_large, NULL, "too many headers");
    for (size_t i = 0; i < header_count && i < MAX_HEADERS; i++)
        read_header(&reading, &headers[i], &seen, &found);
    for (size_t row = 0; row < countof(known_headers); row++) {
        const char *name = (const char *)known_headers[row].name.data;
        if (known_headers[row].required && (seen >> row & 1) == 0)
            note(&found, WIRE_missing_field, name, "missing header");
    }
    if (found.reason != NULL)
        *fault = found;
    return found.reason == NULL;
}

static uint8_t hex_value(uint8_t digit)
{
    return (uint8_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

bool envelope_trace(const struct envelope *envelope, uint8_t out[static ENVELOPE_TRACE_SIZE])
{
    const uint8_t *at = envelope->traceparent.data;
    if (envelope->traceparent.size == 0)
        return false;
    for (size_t i = 0; i < ENVELOPE_TRACE_SIZE; i++) {
        at += *at == '-'; /* its shape was checked when it was read */
        out[i] = (uint8_t)(hex_value(at[0]) << 4 | hex_value(at[1]));
        at += 2;
    }
    return true;
}

bool envelope_is_signed(struct slice name)
{
    static const char *const beginnings[] = {"ce_", "order_", "reply_"};
    if (slice_is(name, "content-type") || slice_is(name, "traceparent"))
        return true;
    for (size_t i = 0; i < countof(beginnings); i++) {
        size_t size = strlen(beginnings[i]);
        if (name.size >= size && memcmp(name.data, beginnings[i], size) == 0)
            return !slice_is(name, "order_mac");
    }
    return false;
}

const char *content_type_name(enum content_type content)
{
    static const char *const names[] = {
        [CONTENT_MSGPACK] = "application/msgpack",
        [CONTENT_JSON] = "application/json",
    };
    CHECK((size_t)content < countof(names));
    return names[content];
}
