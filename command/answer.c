// SPDX-License-Identifier: Apache-2.0
#include "command/answer.h"

#include "command/reply_message.h"

#include "base/banned.h"

const char *answer_outcome_name(enum answer_outcome outcome)
{
    CHECK((size_t)outcome < reply_outcomes.count);
    return reply_outcomes.names[outcome];
}

struct answer answer_malformed(enum rejection_code code, const char *field, const char *reason)
{
    const struct rejection *row = &rejections[code];
    return (struct answer){
        .outcome = ANSWER_INVALID,
        .code = row->code,
        .field = field,
        .detail = reason != NULL ? reason : row->text,
        .retryable = row->retryable,
        .dead_letter = true};
}

struct answer answer_fault(const struct wire_fault *fault)
{
    static const enum rejection_code codes[WIRE_FAULT_COUNT] = {
        [WIRE_bad_encoding] = REJECTION_bad_encoding,
        [WIRE_too_large] = REJECTION_too_large,
        [WIRE_missing_field] = REJECTION_missing_field,
        [WIRE_bad_field] = REJECTION_bad_field};
    CHECK((size_t)fault->code < countof(codes));
    return answer_malformed(codes[fault->code], fault->field, fault->reason);
}

struct answer answer_refused(enum answer_outcome outcome, enum rejection_code code)
{
    const struct rejection *row = &rejections[code];
    return (struct answer){
        .outcome = outcome, .code = row->code, .detail = row->text, .retryable = row->retryable};
}

struct answer answer_refusal(enum rejection_code code, const char *field)
{
    const struct rejection *row = &rejections[code];
    struct answer answer = answer_malformed(code, field, NULL);
    if (row->class == REJECTION_CLASS_IDENTITY)
        answer.outcome = ANSWER_DENIED;
    if (code != REJECTION_timed_out)
        return answer;
    answer.outcome = ANSWER_EXPIRED;
    answer.retryable = false; /* it would be late again */
    answer.dead_letter = false;
    return answer;
}

struct answer answer_limited(int64_t retry_after_ms)
{
    struct answer answer = answer_refused(ANSWER_UNAVAILABLE, REJECTION_tenant_limit);
    answer.retry_after_ms = retry_after_ms;
    return answer;
}

struct answer answer_internal(const char *detail)
{
    return (struct answer){
        .outcome = ANSWER_INTERNAL, .code = "internal", .detail = detail, .dead_letter = true};
}

struct answer answer_accepted(int64_t version)
{
    return (struct answer){.outcome = ANSWER_ACCEPTED, .version = version};
}

/* The text is the table's, not that of a cell of the state machine: a repeat must get the same one,
 * and only the code is stored. */
struct answer answer_rejected(const struct rejection *rejection, const char *field, int64_t version)
{
    const struct rejection *row = rejection_find(slice_of_text(rejection->code));
    return (struct answer){
        .outcome = ANSWER_REJECTED,
        .code = rejection->code,
        .field = field,
        .detail = row != NULL ? row->text : rejection->text,
        .version = version};
}

/* Stored like a rejection: the same id gets the same answer, so it is not retryable. */
struct answer answer_version_conflict(int64_t version)
{
    struct answer answer = answer_refused(ANSWER_CONFLICT, REJECTION_version_conflict);
    answer.retryable = false;
    answer.version = version;
    return answer;
}

static bool copy_text(struct slice text, struct arena *arena, const char **out)
{
    char *copy = arena_take_raw(arena, text.size + 1);
    if (copy == NULL)
        return false;
    if (text.size != 0)
        memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    *out = copy;
    return true;
}

static bool
stored_rejection(const struct stored_outcome *stored, struct arena *arena, struct answer *out)
{
    const struct rejection *row = rejection_find(stored->code);
    *out = (struct answer){.outcome = ANSWER_REJECTED, .version = stored->version};
    if (stored->field.size != 0 && !copy_text(stored->field, arena, &out->field))
        return false;
    if (row == NULL)
        return copy_text(stored->code, arena, &out->code);
    out->code = row->code;
    out->detail = row->text;
    return true;
}

bool answer_stored(const struct stored_outcome *stored, struct arena *arena, struct answer *out)
{
    struct answer answer = answer_accepted(stored->version);
    if (stored->outcome == OUTCOME_REJECTED && !stored_rejection(stored, arena, &answer))
        return false;
    if (stored->outcome == OUTCOME_CONFLICT)
        answer = answer_version_conflict(stored->version);
    answer.position = stored->position;
    answer.replayed = true;
    *out = answer;
    return true;
}
