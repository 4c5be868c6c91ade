// SPDX-License-Identifier: Apache-2.0
// Commands as they arrive from a topic, and as items that were decoded, for tests of order-command.
#ifndef SUPPORT_COMMAND_ITEM_H
#define SUPPORT_COMMAND_ITEM_H

#include "command/item.h"
#include "support/stage.h"
#include "wire/codec.h"

enum { ARRIVAL_HEADERS = 16, ARRIVAL_BODY = 4096 };

/* A message with the headers of a good command; tests change what they are about. */
struct test_arrival {
    struct header headers[ARRIVAL_HEADERS];
    size_t header_count;
    uint8_t body[ARRIVAL_BODY];
    struct arrival arrival;
};

#define TEST_ID "01890a5d-ac96-774b-bcce-b302099a9999"
#define TEST_STREAM "01890a5d-ac96-774b-bcce-b302099a8057"

static inline void arrival_header(struct test_arrival *test, const char *name, const char *value)
{
    assert_true(test->header_count < ARRIVAL_HEADERS);
    test->headers[test->header_count++] =
        (struct header){slice_of_text(name), slice_of_text(value)};
    test->arrival.header_count = test->header_count;
}

/* Sets the value of a header that is there already; NULL: takes it out. */
static inline void
arrival_change_header(struct test_arrival *test, const char *name, const char *value)
{
    size_t kept = 0;
    for (size_t i = 0; i < test->header_count; i++) {
        struct header header = test->headers[i];
        bool named = slice_is(header.name, name);
        if (named && value != NULL)
            header.value = slice_of_text(value);
        if (!named || value != NULL)
            test->headers[kept++] = header;
    }
    test->arrival.header_count = test->header_count = kept;
}

/* A cancel-order command in MessagePack that wants a reply. */
static inline void arrival_fill(struct test_arrival *test)
{
    const struct cancel_order body = {.reason = 0};
    memset(test, 0, sizeof(*test));
    struct writer out = writer_over(test->body, sizeof(test->body));
    wire_encode(&cancel_order_message, WIRE_CONTRACT, &body, &out);
    test->arrival = (struct arrival){
        .key = slice_of_text(TEST_STREAM),
        .value = writer_slice(&out),
        .headers = test->headers,
        .partition = 3,
        .offset = 41,
        .timestamp_ms = 1769860800000};
    arrival_header(test, "ce_specversion", "1.0");
    arrival_header(test, "ce_type", "order.command.cancel-order.v1");
    arrival_header(test, "ce_id", TEST_ID);
    arrival_header(test, "ce_source", "test");
    arrival_header(test, "content-type", "application/msgpack");
    arrival_header(test, "reply_topic", "order.replies");
}

/* An id that is only a number. */
static inline struct uuid test_uuid(uint8_t number)
{
    return (struct uuid){{0xc0, 0xff, 0xee, number}};
}

/* An open item; stream and id are small numbers. */
static inline struct item
test_item(enum command_type type, const void *body, uint8_t stream, uint8_t id)
{
    return (struct item){
        .command = {.type = type, .body = body},
        .envelope = {.id = test_uuid(id), .has_id = true, .stream_id = test_uuid(stream)},
        .stream = {
            .tenant_id = 1,
            .category = (int16_t)command_descriptions[type].category,
            .id = test_uuid(stream)}};
}

#endif
