// SPDX-License-Identifier: Apache-2.0
#include "command/intake.h"

#include "command/answer.h"
#include "wire/json.h"

#include "base/banned.h"

static void refuse(struct item *item, struct answer answer)
{
    item->answer = answer;
    item->state = ITEM_ANSWERED;
}

/* "order.command.place-order.v7": the type is known, that version of it is not. */
static bool is_other_version(struct slice ce_type)
{
    for (size_t i = 0; i < COMMAND_TYPE_COUNT; i++) {
        struct slice known = slice_of_text(command_descriptions[i].ce_type);
        size_t stem = known.size;
        while (stem > 0 && known.data[stem - 1] != 'v')
            stem--;
        if (ce_type.size > stem && memcmp(ce_type.data, known.data, stem) == 0)
            return true;
    }
    return false;
}

static bool find_type(struct item *item)
{
    if (catalog_find_command(item->envelope.type, &item->command.type))
        return true;
    bool known = is_other_version(item->envelope.type);
    enum rejection_code code = known ? REJECTION_unsupported_version : REJECTION_unknown_type;
    refuse(item, answer_malformed(code, "ce_type", NULL));
    return false;
}

/* The body as scanned MessagePack. */
static bool to_msgpack(
    const struct item *item, struct arena *arena, struct slice *out, struct wire_fault *fault)
{
    if (item->envelope.content == CONTENT_JSON)
        return json_to_msgpack(item->arrival.value, &wire_command_limits, arena, out, fault);
    *out = item->arrival.value;
    return wire_scan(*out, &wire_command_limits, fault);
}

static bool decode(struct item *item, struct arena *arena, struct wire_fault *fault)
{
    const struct message *message = command_descriptions[item->command.type].message;
    struct slice bytes;
    if (!to_msgpack(item, arena, &bytes, fault))
        return false;
    void *body = arena_take(arena, message->size);
    if (body == NULL) {
        *fault = (struct wire_fault){.code = WIRE_too_large, .reason = "more than a batch holds"};
        return false;
    }
    item->command.body = body;
    return wire_decode(message, WIRE_CONTRACT, bytes, arena, body, fault);
}

void intake(struct item *item, struct fingerprinter *fp, struct arena *arena)
{
    const struct arrival *arrival = &item->arrival;
    struct wire_fault fault;
    item->state = ITEM_OPEN;
    if (!envelope_read(
            arrival->key, arrival->headers, arrival->header_count, &item->envelope, &fault)) {
        refuse(item, answer_fault(&fault));
        return;
    }
    if (!find_type(item))
        return;
    if (!decode(item, arena, &fault)) {
        refuse(item, answer_fault(&fault));
        return;
    }
    if (!fingerprint_command(fp, &item->command, item->fingerprint)) {
        refuse(item, answer_malformed(REJECTION_too_large, NULL, NULL));
        return;
    }
    item->stream.category = (int16_t)command_descriptions[item->command.type].category;
    item->stream.id = item->envelope.stream_id;
}
