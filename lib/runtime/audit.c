// SPDX-License-Identifier: Apache-2.0
#include "runtime/audit.h"

#include "base/text.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "base/banned.h"

enum {
    LEAST_REASON = 8, /* characters: enough for a word that means something */
    MOST_REASON = 500,
};

static size_t characters(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += ((uint8_t)*text & 0xc0) != 0x80;
    return count;
}

bool audit_check_reason(const char *reason, struct error *err)
{
    struct slice text = slice_of_text(reason);
    if (characters(reason) < LEAST_REASON)
        return error_set(
            err,
            ERROR_invalid,
            "--reason has at least %d characters: it is kept for the audit, so name no person in "
            "it",
            LEAST_REASON);
    return (text.size <= MOST_REASON && text_is_utf8(text) && text_has_no_control(text)) ||
           error_set(err, ERROR_invalid, "--reason is one line of at most %d bytes", MOST_REASON);
}

void audit_name_actor(char out[static AUDIT_NAME_SIZE])
{
    const struct passwd *user = getpwuid(getuid());
    (void)snprintf(
        out,
        AUDIT_NAME_SIZE,
        "%s (uid %u)",
        user != NULL ? user->pw_name : "?",
        (unsigned)getuid());
}
