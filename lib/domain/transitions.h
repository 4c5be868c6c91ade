// SPDX-License-Identifier: Apache-2.0
// The shape of a state machine: a cell for each command in each state. One table is the dispatch of
// decide, the text of the reply and of the log, and what the documents print.
#ifndef DOMAIN_TRANSITIONS_H
#define DOMAIN_TRANSITIONS_H

#include "domain/aggregates.h"

/* state: of the aggregate; body: the command's struct. As aggregate_decide; *out is zeroed. */
typedef bool decide_function(
    const void *state,
    const void *body,
    const struct decide_context *context,
    struct decision *out);

/* A cell either decides, or refuses, or (neither) accepts without an event. */
struct transition {
    decide_function *decide;
    struct rejection refusal; /* code NULL: not refused */
    const char *outcome;      /* what follows, for people */
};

#define TRANSITION_DECIDE(function, text) \
    { \
        .decide = (function), .outcome = (text) \
    }
#define TRANSITION_NOTHING(text) \
    { \
        .outcome = (text) \
    }
/* Refusals by state are all of class state. */
#define TRANSITION_REFUSE(code_word, sentence) \
    { \
        .refusal = {.code = #code_word, .class = REJECTION_CLASS_STATE, .text = (sentence)}, \
        .outcome = (sentence) \
    }

/* Refuses for `field` (NULL: none in particular). Returns true: a refusal is a decision, so that a
 * decide function can return it. */
static inline bool
decision_refuse(struct decision *out, enum rejection_code code, const char *field)
{
    out->rejection = &rejections[code];
    out->field = field;
    return true;
}

/* Of class state, with a text that says more than the table's. */
#define STATE_REJECTION(code_word, sentence) \
    { \
        .code = #code_word, .class = REJECTION_CLASS_STATE, .text = (sentence) \
    }

/* The same with a rejection of the caller's, which is static. */
static inline bool
decision_refuse_with(struct decision *out, const struct rejection *rejection, const char *field)
{
    out->rejection = rejection;
    out->field = field;
    return true;
}

/* Does what the cell says. What cannot be sealed is not decided; the state's own answers come first,
 * because they hold whoever asks. */
static inline bool transition_decide(
    const struct transition *cell,
    const void *state,
    const void *body,
    const struct decide_context *context,
    struct decision *out)
{
    *out = (struct decision){0};
    if (cell->decide != NULL && context->subject == SUBJECT_ERASED)
        return decision_refuse(out, REJECTION_customer_erased, NULL);
    if (cell->decide != NULL && context->subject == SUBJECT_ERASING)
        return decision_refuse(out, REJECTION_erasure_pending, NULL);
    if (cell->decide != NULL)
        return cell->decide(state, body, context, out);
    if (cell->refusal.code != NULL)
        out->rejection = &cell->refusal;
    return true;
}

static inline void decision_add(struct decision *out, enum event_type type, const void *body)
{
    CHECK(out->event_count < DECISION_MAX_EVENTS);
    out->events[out->event_count++] = (struct event){.type = type, .body = body};
}

#endif
