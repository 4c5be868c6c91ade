// SPDX-License-Identifier: Apache-2.0
// Who asks for an erasure, and who waits to hear how it goes.
#include "shredder/broker.h"
#include "shredder/erase_steps.h"
#include "shredder/records_requests.h"

#include <stdio.h>

#include "base/banned.h"

static struct session *find_session(struct broker *broker, uint32_t holder)
{
    for (size_t i = 0; i < HOLDERS_MOST; i++) {
        if (broker->sessions[i].socket >= 0 && broker->sessions[i].holder == holder)
            return &broker->sessions[i];
    }
    return NULL;
}

static void send_state(
    struct broker *broker,
    struct session *session,
    uint32_t sequence,
    const struct request_state *state)
{
    struct holder_state holders[2 * VAULT_MOST_HOLDERS];
    size_t count = key_vault_holders(broker->vault, holders, countof(holders));
    uint32_t acked = 0;
    for (size_t i = 0; i < count; i++)
        acked += state->state >= ERASE_PUNCTURED && holders[i].generation >= state->generation;
    struct writer answer = answer_begin(broker, FRAME_ERASE_STATE, sequence);
    writer_byte(&answer, (uint8_t)state->state);
    writer_u64(&answer, state->generation);
    writer_u32(&answer, acked);
    writer_u32(&answer, (uint32_t)count);
    writer_u16(&answer, (uint16_t)state->acked);
    writer_u16(&answer, (uint16_t)state->expired);
    answer_send(broker, session, &answer);
}

static bool tell(struct broker *broker, struct erase_waiter *waiter)
{
    struct session *session = find_session(broker, waiter->holder);
    struct request_state state;
    struct error ignored;
    if (session == NULL) {
        waiter->holder = 0;
        return true;
    }
    if (!broker_has_database(broker, &ignored) ||
        !records_request_state(&broker->records, &waiter->request, &state, &ignored))
        return false;
    if (state.state != waiter->told)
        send_state(broker, session, waiter->sequence, &state);
    waiter->told = state.state;
    if (state.state == ERASE_FINAL)
        waiter->holder = 0;
    return true;
}

void erase_tell(struct broker *broker)
{
    bool told = true;
    for (size_t i = 0; i < ERASE_WAITERS; i++) {
        struct erase_waiter *waiter = &broker->eraser.waiters[i];
        if (waiter->holder != 0)
            told = tell(broker, waiter) && told;
    }
    broker->eraser.news = !told;
}

static struct erase_waiter *free_waiter(struct eraser *eraser)
{
    for (size_t i = 0; i < ERASE_WAITERS; i++) {
        if (eraser->waiters[i].holder == 0)
            return &eraser->waiters[i];
    }
    return NULL;
}

/* The whole request is here. */
static void begin(struct broker *broker, struct session *session, uint32_t sequence)
{
    const struct request_state unknown = {.state = ERASE_UNKNOWN};
    struct erase_waiter *waiter = free_waiter(&broker->eraser);
    char actor[120];
    enum erase_state state;
    struct error err;
    if (waiter == NULL) {
        answer_refuse(
            broker, session, sequence, REFUSAL_LIMIT, "too many wait for erasures: try again");
        return;
    }
    (void)snprintf(actor, sizeof(actor), "uid %u, %s", session->user, session->instance);
    if (!erase_begin(broker, &session->upload, actor, &state, &err)) {
        answer_error(broker, session, sequence, &err);
        return;
    }
    if (state == ERASE_UNKNOWN) {
        send_state(broker, session, sequence, &unknown);
        return;
    }
    *waiter = (struct erase_waiter){
        .holder = session->holder, .sequence = sequence, .request = session->upload.id};
    broker->eraser.news = true;
}

void handle_erase(struct broker *broker, struct session *session, const struct frame *frame)
{
    struct writer answer;
    switch (erase_request_add(&session->upload, frame->body)) {
    case UPLOAD_WRONG:
        answer_refuse(broker, session, frame->sequence, REFUSAL_PROTOCOL, "ERASE: no such body");
        return;
    case UPLOAD_MANY:
        answer_refuse(
            broker, session, frame->sequence, REFUSAL_LIMIT, "too many subjects in one request");
        return;
    case UPLOAD_MORE:
        answer = answer_begin(broker, FRAME_DONE, frame->sequence);
        answer_send(broker, session, &answer);
        return;
    case UPLOAD_WHOLE:
        begin(broker, session, frame->sequence);
        erase_request_release(&session->upload);
        return;
    }
    UNREACHABLE();
}
