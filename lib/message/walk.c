// SPDX-License-Identifier: Apache-2.0
#include "message/walk.h"

static void push(
    struct message_walk *walk,
    const struct message *message,
    const void *body,
    bool in_list,
    size_t elements_left)
{
    CHECK(walk->depth < MESSAGE_MAX_DEPTH);
    struct walk_frame *frame = &walk->frames[walk->depth++];
    frame->message = message;
    frame->body = body;
    frame->next = 0;
    frame->in_list = in_list;
    frame->elements_left = elements_left;
    walk->opening = true;
}

void message_walk_start(struct message_walk *walk, const struct message *message, const void *body)
{
    walk->depth = 0;
    walk->closing = false;
    push(walk, message, body, false, 0);
}

static bool found(struct message_walk *walk, enum walk_step step, const struct walk_frame *frame)
{
    walk->step = step;
    walk->message = frame->message;
    walk->body = frame->body;
    return true;
}

/* Makes the next step go into the record or list that was just announced. */
static void enter(struct message_walk *walk, const struct walk_frame *frame)
{
    const struct message_field *field = walk->field;
    if (field->kind == KIND_RECORD) {
        push(walk, field->element, frame->body + field->offset, false, 0);
        return;
    }
    size_t count;
    const void *elements = message_get_list(frame->body, field, &count);
    if (count == 0)
        walk->closing = true;
    else
        push(walk, field->element, elements, true, count - 1);
}

/* The struct on top has no fields left: its next sibling, or back to its parent. */
static bool leave(struct message_walk *walk, struct walk_frame *frame)
{
    found(walk, WALK_CLOSE, frame);
    if (frame->in_list && frame->elements_left > 0) {
        frame->elements_left--;
        frame->body += frame->message->size;
        frame->next = 0;
        walk->opening = true;
        return true;
    }
    walk->depth--;
    walk->closing = frame->in_list;
    return true;
}

bool message_walk_next(struct message_walk *walk)
{
    if (walk->depth == 0)
        return false;
    struct walk_frame *frame = &walk->frames[walk->depth - 1];
    if (walk->opening) {
        walk->opening = false;
        return found(walk, WALK_OPEN, frame);
    }
    if (walk->closing) {
        walk->closing = false;
        walk->field = &frame->message->fields[frame->next - 1];
        return found(walk, WALK_LIST_CLOSE, frame);
    }
    if (frame->next == frame->message->field_count)
        return leave(walk, frame);
    const struct message_field *field = &frame->message->fields[frame->next++];
    walk->field = field;
    found(walk, WALK_FIELD, frame);
    if ((field->kind == KIND_RECORD || field->kind == KIND_LIST) && message_has(frame->body, field))
        enter(walk, frame);
    return true;
}

void message_walk_skip(struct message_walk *walk)
{
    if (walk->closing) {
        walk->closing = false;
    } else if (walk->opening) {
        walk->opening = false;
        walk->depth--;
    }
}
