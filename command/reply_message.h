// SPDX-License-Identifier: Apache-2.0
// The reply as other services read it, described like every message: the contract of the topic
// order.replies.
#ifndef COMMAND_REPLY_MESSAGE_H
#define COMMAND_REPLY_MESSAGE_H

#include "message/describe.h"

#define REPLY_CE_TYPE "order.reply.v1"

/* Index = enum answer_outcome. */
extern const struct message_enum reply_outcomes;

// clang-format off

/* retryable: the same command with the same id may be sent again. position: of the command's last
 * event, 0 when it has none; a read model that has reached it shows the command. stream_id is
 * absent when the key of the command was no UUID. retry_after_ms: not before that, where a limit was
 * reached. */
#define REPLY_FIELDS(F, T) \
    F(T, UUID, command_id, REQUIRED, NONE, 0, 0) \
    F(T, ENUM, outcome,    REQUIRED, NONE, reply_outcomes, 0) \
    F(T, TEXT, code,       OPTIONAL, NONE, 1, 64) \
    F(T, TEXT, field,      OPTIONAL, NONE, 1, 64) \
    F(T, TEXT, detail,     OPTIONAL, NONE, 1, 200) \
    F(T, BOOL, retryable,  REQUIRED, NONE, 0, 0) \
    F(T, UUID, stream_id,  OPTIONAL, NONE, 0, 0) \
    F(T, INT,  version,    REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,  position,   REQUIRED, NONE, 0, INT64_MAX) \
    F(T, BOOL, replayed,   REQUIRED, NONE, 0, 0) \
    F(T, INT,  retry_after_ms, OPTIONAL, NONE, 1, INT64_MAX)
DECLARE_MESSAGE(reply, REPLY_FIELDS)

// clang-format on

#endif
