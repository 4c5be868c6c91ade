// SPDX-License-Identifier: Apache-2.0
#include "wire/expected_version.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/banned.h"

static const struct {
    const char *text;
    enum expected_mode mode;
} words[] = {
    {"any", EXPECTED_ANY},
    {"-1", EXPECTED_ANY},
    {"none", EXPECTED_NONE},
    {"0", EXPECTED_NONE},
    {"exists", EXPECTED_EXISTS},
};

bool expected_version_read(struct slice text, struct expected_version *out)
{
    for (size_t i = 0; i < countof(words); i++) {
        if (!slice_is(text, words[i].text))
            continue;
        *out = (struct expected_version){.mode = words[i].mode};
        return true;
    }
    bool at_least = text.size > 2 && memcmp(text.data, ">=", 2) == 0;
    struct slice digits = at_least ? slice_of(text.data + 2, text.size - 2) : text;
    int64_t version;
    if (!text_parse_i64(digits, &version) || version < 0 || (version == 0 && !at_least))
        return false;
    *out = (struct expected_version){
        .mode = at_least ? EXPECTED_AT_LEAST : EXPECTED_EXACT, .version = version};
    return true;
}

void expected_version_write(
    const struct expected_version *expected, char out[static EXPECTED_VERSION_SIZE])
{
    int length = 0;
    switch (expected->mode) {
    case EXPECTED_ANY:
        length = snprintf(out, EXPECTED_VERSION_SIZE, "-1");
        break;
    case EXPECTED_NONE:
        length = snprintf(out, EXPECTED_VERSION_SIZE, "0");
        break;
    case EXPECTED_EXISTS:
        length = snprintf(out, EXPECTED_VERSION_SIZE, "exists");
        break;
    case EXPECTED_EXACT:
        length = snprintf(out, EXPECTED_VERSION_SIZE, "%" PRId64, expected->version);
        break;
    case EXPECTED_AT_LEAST:
        length = snprintf(out, EXPECTED_VERSION_SIZE, ">=%" PRId64, expected->version);
        break;
    }
    CHECK(length > 0 && length < EXPECTED_VERSION_SIZE);
}

bool expected_version_holds(const struct expected_version *expected, int64_t version)
{
    switch (expected->mode) {
    case EXPECTED_ANY:
        return true;
    case EXPECTED_NONE:
        return version == 0;
    case EXPECTED_EXISTS:
        return version > 0;
    case EXPECTED_EXACT:
        return version == expected->version;
    case EXPECTED_AT_LEAST:
        return version >= expected->version;
    }
    UNREACHABLE();
}
