// SPDX-License-Identifier: Apache-2.0
#include "command/reply.h"

#include "command/answer.h"
#include "command/reply_message.h"
#include "wire/json.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/banned.h"

enum {
    COPIED_HEADERS = 32,      /* of the original, in a dead letter */
    COPIED_HEADER_SIZE = 512, /* longer values are left out */
    USUAL_KEY_SIZE = 256,     /* a longer key is garbage and not sent back */
};

bool reply_is_wanted(const struct item *item)
{
    return !item->is_mute && item->envelope.has_id && item->envelope.reply_topic.size != 0;
}

bool reply_topic_is_allowed(const char *allowed, struct slice topic)
{
    while (*allowed != '\0') {
        size_t length = strcspn(allowed, ",");
        bool starts =
            length != 0 && topic.size >= length && memcmp(topic.data, allowed, length) == 0;
        if (starts && (topic.size == length || topic.data[length] == '.'))
            return true;
        allowed += length + (allowed[length] == ',');
    }
    return false;
}

/* ---- header texts ---- */

static struct slice add_text(struct reply_room *room, const char *data, size_t size)
{
    CHECK(size < HEADER_TEXT_SIZE - room->text_used);
    char *at = room->text + room->text_used;
    if (size != 0)
        memcpy(at, data, size);
    at[size] = '\0';
    room->text_used += size + 1;
    return slice_of(at, size);
}

static struct slice add_uuid(struct reply_room *room, const struct uuid *id)
{
    char text[UUID_TEXT_SIZE];
    uuid_format(id, text);
    return add_text(room, text, UUID_TEXT_SIZE - 1);
}

static struct slice add_number(struct reply_room *room, int64_t number)
{
    char text[24];
    int length = snprintf(text, sizeof(text), "%" PRId64, number);
    return add_text(room, text, (size_t)length);
}

static void add_header(
    struct reply_room *room, struct producer_record *record, const char *name, struct slice value)
{
    CHECK(record->header_count < DEAD_LETTER_HEADERS);
    room->headers[record->header_count++] = (struct producer_header){name, value};
}

/* ---- reply ---- */

static struct slice optional_text(const char *text, bool *has)
{
    *has = text != NULL && text[0] != '\0';
    return *has ? slice_of_text(text) : slice_of(NULL, 0);
}

static void fill_body(const struct item *item, struct reply *out)
{
    const struct answer *answer = &item->answer;
    *out = (struct reply){
        .command_id = item->envelope.id,
        .outcome = (int64_t)answer->outcome,
        .retryable = answer->retryable,
        .version = answer->version,
        .position = answer->position,
        .replayed = answer->replayed,
        .has_retry_after_ms = answer->retry_after_ms > 0,
        .retry_after_ms = answer->retry_after_ms};
    out->code = optional_text(answer->code, &out->has_code);
    out->field = optional_text(answer->field, &out->has_field);
    out->detail = optional_text(answer->detail, &out->has_detail);
    /* A command that was decoded has a key that is an id. */
    out->has_stream_id = item->command.body != NULL;
    if (out->has_stream_id)
        out->stream_id = item->envelope.stream_id;
    else
        out->has_stream_id = uuid_parse(item->arrival.key, &out->stream_id);
}

static struct slice encode_body(const struct item *item, struct reply_room *room)
{
    struct reply body;
    struct writer packed = writer_over(room->packed, sizeof(room->packed));
    fill_body(item, &body);
    wire_encode(&reply_message, WIRE_CONTRACT, &body, &packed);
    CHECK(!packed.overflow);
    if (item->envelope.content == CONTENT_MSGPACK)
        return writer_slice(&packed);
    struct writer json = writer_over(room->body, sizeof(room->body));
    json_from_msgpack(writer_slice(&packed), &json);
    CHECK(!json.overflow);
    return writer_slice(&json);
}

/* The same command gets the same reply id, however often it is answered; but one that may be decided
 * later after all must be told apart from the answer it gets then. */
static struct uuid reply_id(const struct item *item)
{
    const char *name = REPLY_CE_TYPE;
    if (item->answer.outcome == ANSWER_UNAVAILABLE)
        name = REPLY_CE_TYPE " unavailable";
    else if (item->answer.outcome == ANSWER_INTERNAL)
        name = REPLY_CE_TYPE " internal";
    return uuid_v5(&item->envelope.id, slice_of_text(name));
}

void reply_record(const struct item *item, struct reply_room *room, struct producer_record *out)
{
    const struct envelope *envelope = &item->envelope;
    struct uuid id = reply_id(item);
    CHECK(envelope->reply_topic.size < sizeof(room->topic));
    memcpy(room->topic, envelope->reply_topic.data, envelope->reply_topic.size);
    room->topic[envelope->reply_topic.size] = '\0';
    room->text_used = 0;
    *out = (struct producer_record){
        .topic = room->topic,
        .partition = envelope->reply_partition,
        .value = encode_body(item, room),
        .headers = room->headers};
    if (item->arrival.key.size <= USUAL_KEY_SIZE)
        out->key = item->arrival.key;
    const char *content = content_type_name(envelope->content);
    add_header(room, out, "content-type", slice_of_text(content));
    add_header(room, out, "ce_specversion", slice_of_text("1.0"));
    add_header(room, out, "ce_id", add_uuid(room, &id));
    add_header(room, out, "ce_type", slice_of_text(REPLY_CE_TYPE));
    add_header(room, out, "ce_source", slice_of_text("order-command"));
    add_header(room, out, "ce_subject", out->key);
    add_header(room, out, "ce_causationid", add_uuid(room, &envelope->id));
    if (envelope->has_correlation)
        add_header(room, out, "ce_correlationid", add_uuid(room, &envelope->correlation_id));
    if (envelope->traceparent.size != 0)
        add_header(room, out, "traceparent", envelope->traceparent);
}

/* ---- dead letter ---- */

/* What fits, so that the command can be sent again; names of ours are not taken over. */
static void
copy_headers(const struct arrival *arrival, struct reply_room *room, struct producer_record *out)
{
    for (size_t i = 0; i < arrival->header_count && i < COPIED_HEADERS; i++) {
        const struct header *header = &arrival->headers[i];
        size_t room_left = HEADER_TEXT_SIZE / 2 - room->text_used;
        bool ours = header->name.size >= 12 && memcmp(header->name.data, "dead_letter_", 12) == 0;
        if (ours || header->name.size >= room_left || header->value.size > COPIED_HEADER_SIZE)
            continue;
        struct slice name = add_text(room, (const char *)header->name.data, header->name.size);
        add_header(room, out, (const char *)name.data, header->value);
    }
}

void dead_letter_record(
    const struct item *item,
    const char *topic,
    const char *dead_letter_topic,
    struct reply_room *room,
    struct producer_record *out)
{
    const struct arrival *arrival = &item->arrival;
    room->text_used = 0;
    *out = (struct producer_record){
        .topic = dead_letter_topic,
        .partition = RD_KAFKA_PARTITION_UA,
        .key = arrival->key,
        .headers = room->headers};
    if (!item->is_withheld)
        out->value = arrival->value;
    copy_headers(arrival, room, out);
    add_header(room, out, "dead_letter_reason", slice_of_text(item->answer.code));
    if (item->answer.field != NULL)
        add_header(room, out, "dead_letter_field", slice_of_text(item->answer.field));
    add_header(room, out, "dead_letter_topic", slice_of_text(topic));
    add_header(room, out, "dead_letter_partition", add_number(room, arrival->partition));
    add_header(room, out, "dead_letter_offset", add_number(room, arrival->offset));
    add_header(room, out, "dead_letter_timestamp", add_number(room, arrival->timestamp_ms));
    if (item->answer.attempts != 0) {
        add_header(room, out, "dead_letter_attempts", add_number(room, item->answer.attempts));
        add_header(room, out, "dead_letter_incident", add_uuid(room, &item->answer.incident));
    }
    if (!item->is_withheld)
        return;
    add_header(room, out, "dead_letter_body", slice_of_text("withheld"));
    add_header(room, out, "dead_letter_size", add_number(room, (int64_t)arrival->value.size));
}
