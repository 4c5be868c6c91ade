// SPDX-License-Identifier: Apache-2.0
// What the broker sends: answers without keys, refusals, and what it calls back.
#include "runtime/log.h"
#include "shredder/broker.h"

#include "base/banned.h"

enum {
    SPAN_SIZE = 2 + 8 + 8,
    REVOKE_HEAD = 8 + 1 + 2,
    SPANS_PER_FRAME = (FRAME_MOST - FRAME_HEADER_SIZE - REVOKE_HEAD) / SPAN_SIZE,
    TEXT_MOST = 600,
};

/* ---- answers ---- */

struct writer answer_begin(struct broker *broker, enum frame_type type, uint32_t sequence)
{
    struct writer answer = writer_over(broker->frame, FRAME_MOST);
    frame_begin(&answer, type, sequence);
    return answer;
}

void answer_send(struct broker *broker, struct session *session, struct writer *answer)
{
    (void)broker;
    CHECK(!answer->overflow);
    frame_end(answer);
    if (session_queue(session, writer_slice(answer)))
        return;
    LOG(LOG_WARNING,
        "client_does_not_read",
        "a client does not read what it is sent: hung up",
        LOG_TEXT("instance", session->instance));
    session->ending = true;
}

void answer_refuse(
    struct broker *broker,
    struct session *session,
    uint32_t sequence,
    enum refusal refusal,
    const char *text)
{
    size_t length = strnlen(text, TEXT_MOST);
    struct writer answer = answer_begin(broker, FRAME_REFUSED, sequence);
    writer_byte(&answer, (uint8_t)refusal);
    writer_u16(&answer, (uint16_t)length);
    writer_bytes(&answer, text, length);
    answer_send(broker, session, &answer);
    if (refusal == REFUSAL_NOT_READY)
        return;
    LOG(LOG_WARNING,
        "refused",
        "a request was refused",
        LOG_TEXT("instance", session->instance),
        LOG_NUMBER("uid", session->user),
        LOG_NUMBER("client_pid", session->process),
        LOG_TEXT("why", text));
}

void answer_error(
    struct broker *broker, struct session *session, uint32_t sequence, const struct error *err)
{
    enum refusal refusal = REFUSAL_INTERNAL;
    if (err->kind == ERROR_transient)
        refusal = REFUSAL_NOT_READY;
    else if (err->kind == ERROR_invalid || err->kind == ERROR_not_found)
        refusal = REFUSAL_RIGHT;
    answer_refuse(broker, session, sequence, refusal, err->text);
}

/* ---- calling back ---- */

static void push_revoke(
    struct broker *broker,
    struct session *session,
    const struct leaf_span *spans,
    size_t count,
    int64_t fence,
    enum key_state state)
{
    struct writer push = answer_begin(broker, FRAME_REVOKE, ++session->pushes);
    writer_u64(&push, (uint64_t)fence);
    writer_byte(&push, (uint8_t)state);
    writer_u16(&push, (uint16_t)count);
    for (size_t i = 0; i < count; i++) {
        writer_u16(&push, spans[i].tree);
        writer_u64(&push, spans[i].first);
        writer_u64(&push, spans[i].count);
    }
    answer_send(broker, session, &push);
}

/* Who has learnt the fence may append again; so it must have heard of all leaves before. */
static void revoke_from(
    struct broker *broker,
    struct session *session,
    const struct leaf_span *spans,
    size_t count,
    enum key_state state)
{
    while (count > SPANS_PER_FRAME) {
        push_revoke(broker, session, spans, SPANS_PER_FRAME, session->fence, state);
        spans += SPANS_PER_FRAME;
        count -= SPANS_PER_FRAME;
    }
    session->fence = broker->fence;
    push_revoke(broker, session, spans, count, session->fence, state);
}

void broker_revoke(
    struct broker *broker,
    const struct leaf_span *spans,
    size_t span_count,
    enum key_state state,
    struct drain *drain)
{
    for (size_t i = 0; i < HOLDERS_MOST; i++) {
        struct session *session = &broker->sessions[i];
        if (session->socket < 0 || !session->greeted)
            continue;
        revoke_from(broker, session, spans, span_count, state);
        if (drain != NULL)
            drain_sent(drain, session->holder, session->pushes);
    }
}
