// SPDX-License-Identifier: Apache-2.0
#include "wire/headers.h"

#include "base/banned.h"

#define PATTERN_SPECVERSION "^1\\.0$"
#define PATTERN_TEXT "^[^\\u0000-\\u001f\\u007f]+$"
#define PATTERN_NAME "^[a-z0-9_-]+$"
#define PATTERN_CONTENT_TYPE "^application/(json|msgpack)$"
#define PATTERN_TOPIC "^(?!\\.{1,2}$)[A-Za-z0-9._-]{1,249}$"
#define PATTERN_NUMBER "^(-1|[0-9]+)$"
#define PATTERN_COUNT "^[0-9]+$"
#define PATTERN_VERSION "^(any|none|exists|-1|(>=)?[0-9]+)$"
#define PATTERN_PARTITION PATTERN_NUMBER
#define PATTERN_TRACE "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"

#define NEED_REQUIRED true
#define NEED_OPTIONAL false

#define ROW(name, need, pattern, meaning) {name, NEED_##need, pattern, meaning},

static const struct header_description of_commands[] = {
#define COMMAND_HEADER(name, reader, need, pattern, meaning) ROW(name, need, pattern, meaning)
#define REPLY_HEADER(name, need, pattern, meaning)
#define DEAD_LETTER_HEADER(name, need, pattern, meaning)
#include "wire/headers.def"
#undef COMMAND_HEADER
#undef REPLY_HEADER
#undef DEAD_LETTER_HEADER
};

static const struct header_description of_replies[] = {
#define COMMAND_HEADER(name, reader, need, pattern, meaning)
#define REPLY_HEADER(name, need, pattern, meaning) ROW(name, need, pattern, meaning)
#define DEAD_LETTER_HEADER(name, need, pattern, meaning)
#include "wire/headers.def"
#undef COMMAND_HEADER
#undef REPLY_HEADER
#undef DEAD_LETTER_HEADER
};

static const struct header_description of_dead_letters[] = {
#define COMMAND_HEADER(name, reader, need, pattern, meaning)
#define REPLY_HEADER(name, need, pattern, meaning)
#define DEAD_LETTER_HEADER(name, need, pattern, meaning) ROW(name, need, pattern, meaning)
#include "wire/headers.def"
#undef COMMAND_HEADER
#undef REPLY_HEADER
#undef DEAD_LETTER_HEADER
};

const struct header_descriptions command_headers = {of_commands, countof(of_commands)};
const struct header_descriptions reply_headers = {of_replies, countof(of_replies)};
const struct header_descriptions dead_letter_headers = {of_dead_letters, countof(of_dead_letters)};
