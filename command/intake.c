// SPDX-License-Identifier: Apache-2.0
#include "command/intake.h"

#include "aggregate/load.h"
#include "command/answer.h"
#include "command/body.h"
#include "command/withhold.h"
#include "wire/structured.h"

#include "base/banned.h"

static void refuse(const struct intake *intake, struct item *item, struct answer answer)
{
    item->is_withheld = withhold_body(item, intake->arena);
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

static bool find_type(const struct intake *intake, struct item *item)
{
    if (catalog_find_command(item->envelope.type, &item->command.type))
        return true;
    bool known = is_other_version(item->envelope.type);
    enum rejection_code code = known ? REJECTION_unsupported_version : REJECTION_unknown_type;
    refuse(intake, item, answer_malformed(code, "ce_type", NULL));
    return false;
}

static bool decode(struct item *item, struct arena *arena, struct wire_fault *fault)
{
    const struct message *message = command_descriptions[item->command.type].message;
    struct slice bytes;
    if (!body_to_msgpack(item, arena, &bytes, fault))
        return false;
    void *body = arena_take(arena, message->size);
    if (body == NULL) {
        *fault = (struct wire_fault){.code = WIRE_too_large, .reason = "more than a batch holds"};
        return false;
    }
    if (!wire_decode(message, WIRE_CONTRACT, bytes, arena, body, fault))
        return false;
    item->body = body;
    item->command.body = body;
    return true;
}

/* What becomes of the personal data of a command that was decoded. */
static void look_for_personal(const struct intake *intake, struct item *item)
{
    if (body_find_box(item->command.type, item->body, &item->sealed))
        item->box = ITEM_BOX_CLOSED;
    else
        item->classes = aggregate_classes(&item->command);
    item->is_plain = item->classes != 0;
    item->is_withheld = item->is_plain;
    if (item->box == ITEM_BOX_NONE && !item->is_plain)
        return;
    if (!intake->has_keys)
        admission_put_off(item, REJECTION_not_permitted, NULL);
    else if (item->is_plain && !intake->accepts_plain)
        admission_put_off(item, REJECTION_plain_personal_data, NULL);
}

/* The envelope, from the headers or from the wrapping of structured mode. What is in a wrapping that
 * cannot be opened stays unknown. */
static bool read_envelope(const struct intake *intake, struct item *item, struct wire_fault *fault)
{
    const struct arrival *arrival = &item->arrival;
    struct structured_event event = {
        .headers = arrival->headers, .header_count = arrival->header_count, .data = arrival->value};
    bool opened = !structured_is(arrival->headers, arrival->header_count) ||
                  structured_read(arrival->value, &event, intake->arena, fault);
    struct wire_fault other;
    bool readable =
        envelope_read(arrival->key, event.headers, event.header_count, &item->envelope, &other);
    item->value = event.data;
    item->value_is_packed = event.data_is_packed;
    if (!opened) /* its type is in it: other headers do not say whether it is personal */
        item->envelope.type = slice_of(NULL, 0);
    else if (!readable)
        *fault = other;
    return opened && readable;
}

/* Envelope and sender: who may not send is told so before what is wrong with its record. */
static bool receive(const struct intake *intake, struct item *item, struct sender *sender)
{
    struct wire_fault fault;
    struct answer why;
    bool readable = read_envelope(intake, item, &fault);
    if (!admission_identify(&intake->admission, item, sender, &why)) {
        refuse(intake, item, why);
        return false;
    }
    if (!readable)
        refuse(intake, item, answer_fault(&fault));
    return readable;
}

static bool
is_within_limit(const struct intake *intake, const struct sender *sender, struct item *item)
{
    if (intake->admission.is_queued || admission_count(&intake->admission, sender, &item->answer))
        return true;
    item->state = ITEM_ANSWERED;
    return false;
}

void intake(const struct intake *intake, struct item *item)
{
    struct wire_fault fault;
    struct sender sender;
    item->state = ITEM_OPEN;
    if (!receive(intake, item, &sender) || !find_type(intake, item) ||
        !is_within_limit(intake, &sender, item))
        return;
    item->stream.category = (int16_t)command_descriptions[item->command.type].category;
    item->stream.id = item->envelope.stream_id;
    if (intake->leaves_body) {
        item->is_withheld = body_may_be_personal(item->command.type);
        return;
    }
    if (!decode(item, intake->arena, &fault)) {
        refuse(intake, item, answer_fault(&fault));
        return;
    }
    if (!fingerprint_command(intake->fingerprinter, &item->command, item->fingerprint)) {
        refuse(intake, item, answer_malformed(REJECTION_too_large, NULL, NULL));
        return;
    }
    admission_check(&intake->admission, &sender, item);
    look_for_personal(intake, item);
}
