// SPDX-License-Identifier: Apache-2.0
// The journal: one JSON line per command with the outcome that was received, for tests/checker.
#include "load/session_steps.h"

#include "base/text.h"
#include "load/reply.h"
#include "runtime/json_text.h"

#include <inttypes.h>

#include "base/banned.h"

enum { LINE_SIZE = 2048, NUMBER_SIZE = 160 };

static void literal(struct writer *out, const char *text)
{
    writer_bytes(out, text, strlen(text));
}

static void append_answer(struct writer *out, const struct reply *reply, int64_t latency_us)
{
    char numbers[NUMBER_SIZE];
    literal(out, ",\"outcome\":");
    json_text_append(out, reply->outcome);
    literal(out, ",\"code\":");
    if (reply->code.size != 0)
        json_text_append(out, reply->code);
    else
        literal(out, "null");
    int size = snprintf(
        numbers,
        sizeof(numbers),
        ",\"version\":%" PRId64 ",\"position\":%" PRId64 ",\"replayed\":%s,\"latency_us\":%" PRId64,
        reply->version,
        reply->position,
        reply->replayed ? "true" : "false",
        latency_us);
    writer_bytes(out, numbers, (size_t)size);
}

void journal_write(
    const struct session *session,
    const struct pending_command *command,
    const struct reply *reply,
    int64_t latency_us)
{
    char bytes[LINE_SIZE];
    char id[UUID_TEXT_SIZE];
    char stream[UUID_TEXT_SIZE];
    char sent[TEXT_TIME_SIZE];
    uuid_format(&command->id, id);
    uuid_format(&command->stream_id, stream);
    text_format_time(session->started_at_us + command->intended_us - session->started_us, sent);
    int size = snprintf(
        bytes,
        sizeof(bytes),
        "{\"id\":\"%s\",\"type\":\"%s\",\"stream\":\"%s\",\"sent\":\"%s\",\"times_sent\":%" PRId32,
        id,
        command_descriptions[command->type].ce_type,
        stream,
        sent,
        command->times_sent);
    struct writer out = writer_over(bytes + size, sizeof(bytes) - (size_t)size);
    if (reply != NULL)
        append_answer(&out, reply, latency_us);
    else
        literal(&out, ",\"outcome\":null,\"code\":null,\"version\":0,\"position\":0");
    literal(&out, "}\n");
    CHECK(!out.overflow);
    (void)fwrite(bytes, 1, (size_t)size + out.size, session->journal);
}
