// SPDX-License-Identifier: Apache-2.0
#include "command/reply_message.h"

#include "base/banned.h"

static const char *const outcome_names[] = {
    "accepted", "rejected", "conflict", "invalid", "unavailable", "internal", "denied", "expired"};
const struct message_enum reply_outcomes = {outcome_names, countof(outcome_names)};

DEFINE_MESSAGE(reply, "Reply", 1, REPLY_FIELDS)
