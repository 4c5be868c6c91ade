// SPDX-License-Identifier: Apache-2.0
// The sending half of a session.
#include "load/session_steps.h"

#include "base/clock.h"
#include "wire/codec.h"

#include "base/banned.h"

enum {
    MOST_PER_TURN = 256,                   /* then replies get their turn */
    MOST_WAITING_BYTES = 12 * 1024 * 1024, /* of unanswered commands, whatever the window */
};

bool session_encode(
    struct session *session, const struct outgoing *command, struct slice *out, struct error *err)
{
    bool is_personal =
        command->personal.size != 0 && session->options->sealing->mode != PERSONAL_NONE;
    if (command->body == NULL && !is_personal) {
        *out = command->bytes;
        return true;
    }
    struct writer writer = writer_over(session->scratch, sizeof(session->scratch));
    if (command->body == NULL)
        writer_bytes(&writer, command->bytes.data, command->bytes.size);
    else
        wire_encode(
            command_descriptions[command->type].message, WIRE_CONTRACT, command->body, &writer);
    if (is_personal)
        sealing_add(session->options->sealing, &command->command_id, command->personal, &writer);
    if (writer.overflow)
        return error_set(err, ERROR_invalid, "a command is larger than %d bytes", MOST_MESSAGE);
    *out = writer_slice(&writer);
    return true;
}

void session_count(struct session *session, const struct outgoing *command, struct slice bytes)
{
    struct session_result *result = session->result;
    if (command->again) {
        result->repeated++;
        return;
    }
    result->sent++;
    result->lines += command->lines;
    result->bytes += (int64_t)bytes.size;
    tally_add(&result->types, slice_of_text(command_descriptions[command->type].message->name));
    tally_add(
        &result->expected,
        slice_of_text(command->expected != NULL ? command->expected : "accepted"));
}

static bool
hand_over(struct session *session, struct pending_command *command, bool *sent, struct error *err)
{
    char id[UUID_TEXT_SIZE];
    char key[UUID_TEXT_SIZE];
    uuid_format(&command->id, id);
    uuid_format(&command->stream_id, key);
    struct link_command message = {
        .type = command_descriptions[command->type].ce_type,
        .id = id,
        .key = key,
        .bytes = slice_of(command->bytes, command->size)};
    return link_send(session->link, &message, sent, err);
}

int64_t session_due_us(const struct session *session)
{
    return session->started_us + session->result->sent * 1000000 / session->options->rate;
}

/* A copy is sent as it is: its command has one answer, whichever of both is asked for it. */
static bool take_copy(struct session *session, const struct outgoing *command, struct error *err)
{
    struct slice bytes;
    if (!session_encode(session, command, &bytes, err))
        return false;
    CHECK(bytes.size <= sizeof(session->scratch));
    if (bytes.data != session->scratch)
        memcpy(session->scratch, bytes.data, bytes.size);
    session->copy = (struct pending_command){
        .id = command->command_id,
        .stream_id = command->stream_id,
        .type = (uint8_t)command->type,
        .bytes = session->scratch,
        .size = bytes.size};
    session_count(session, command, bytes);
    session->unsent = &session->copy;
    return true;
}

/* Takes the next command of the source and makes it wait for its answer. */
static bool take_next(struct session *session, int64_t intended_us, struct error *err)
{
    struct outgoing command;
    struct slice bytes;
    bool more;
    if (!session->source.next(session->source.state, &command, &more, err))
        return false;
    if (!more) {
        session->source_ended = true;
        return true;
    }
    if (command.again)
        return take_copy(session, &command, err);
    if (pending_find(&session->pending, &command.command_id) != NULL)
        return error_set(err, ERROR_invalid, "the input makes the same command twice");
    if (!session_encode(session, &command, &bytes, err))
        return false;
    if (session->pending.waiting_count == 0)
        session->answered_us = intended_us;
    struct pending_command *added;
    if (!pending_add(&session->pending, &command, bytes, &added, err))
        return false;
    added->intended_us = intended_us;
    added->sent_us = intended_us;
    session_count(session, &command, bytes);
    session->unsent = added;
    return true;
}

bool session_may_send(const struct session *session)
{
    return !session->source_ended &&
           session->pending.waiting_count < (size_t)session->options->window &&
           session->pending.waiting_bytes < MOST_WAITING_BYTES;
}

/* Commands that a broken producer took with it go first, or a cancellation could overtake its
 * order. */
static bool is_resending_all(struct session *session)
{
    const struct pending_command *oldest = pending_oldest(&session->pending);
    return oldest != NULL && oldest->sent_us < session->resend_all_before_us;
}

bool session_send(struct session *session, struct error *err)
{
    bool sent;
    int64_t now = clock_monotonic_us();
    if (is_resending_all(session))
        return true;
    for (int i = 0; i < MOST_PER_TURN; i++) {
        if (session->unsent == NULL) {
            int64_t due = session->options->rate != 0 ? session_due_us(session) : now;
            if (due > now || !session_may_send(session))
                return true;
            if (!take_next(session, due, err))
                return false;
            if (session->unsent == NULL)
                return true;
        }
        if (!hand_over(session, session->unsent, &sent, err))
            return false;
        if (!sent)
            return true;
        session->unsent = NULL;
    }
    return true;
}

bool session_resend(struct session *session, struct error *err)
{
    if (link_is_broken(session->link)) {
        if (!link_repair(session->link, err))
            return false;
        session->resend_all_before_us = clock_monotonic_us();
        session->unsent = NULL; /* it waits with the others */
    }
    int64_t now = clock_monotonic_us();
    int64_t before = now - session->options->resend_after * 1000000;
    if (before < session->resend_all_before_us)
        before = session->resend_all_before_us;
    for (int i = 0; i < MOST_PER_TURN; i++) {
        struct pending_command *oldest = pending_oldest(&session->pending);
        bool sent;
        if (oldest == NULL || oldest->sent_us >= before || oldest == session->unsent)
            return true;
        if (!hand_over(session, oldest, &sent, err))
            return false;
        if (!sent)
            return true;
        oldest->sent_us = now;
        pending_sent_again(&session->pending, oldest);
        session->result->resent++;
    }
    return true;
}
