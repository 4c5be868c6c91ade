// SPDX-License-Identifier: Apache-2.0
#include "shredder/roles.h"

#include "base/text.h"

#include <pwd.h>

#include "base/banned.h"

enum {
    WORD_SIZE = 64,
    NOBODY = 65534, /* what every user outside of a user namespace looks like */
};

static bool find_user(const char *word, uid_t *out, struct error *err)
{
    int64_t number;
    if (text_parse_i64(slice_of_text(word), &number) && number >= 0 && number <= UINT32_MAX) {
        *out = (uid_t)number;
        return true;
    }
    const struct passwd *found = getpwnam(word);
    if (found == NULL)
        return error_set(err, ERROR_invalid, "--roles: there is no user '%s'", word);
    *out = found->pw_uid;
    return true;
}

/* One "role=user". */
static bool parse_grant(const char *text, size_t length, struct role_grant *out, struct error *err)
{
    char words[WORD_SIZE];
    if (length >= sizeof(words))
        return error_set(err, ERROR_invalid, "--roles: '%.40s…' is too long", text);
    memcpy(words, text, length);
    words[length] = '\0';
    char *user = strchr(words, '=');
    if (user == NULL || user[1] == '\0')
        return error_set(err, ERROR_invalid, "--roles: '%s' is not ROLE=USER", words);
    *user++ = '\0';
    if (!vault_role_find(words, &out->role))
        return error_set(
            err,
            ERROR_invalid,
            "--roles: there is no role '%s'; there are command, reveal, erase and status",
            words);
    if (!find_user(user, &out->user, err))
        return false;
    if (out->user == NOBODY)
        return error_set(
            err,
            ERROR_invalid,
            "--roles: user %d is what everybody looks like from inside a user namespace "
            "(PrivateUsers=yes): it cannot be told from others",
            NOBODY);
    return true;
}

bool roles_parse(const char *text, struct role_table *out, struct error *err)
{
    struct role_table roles = {.count = 0};
    for (const char *at = text != NULL ? text : ""; *at != '\0';) {
        size_t length = strcspn(at, ",");
        if (roles.count == ROLES_MOST)
            return error_set(err, ERROR_invalid, "--roles: more than %d", ROLES_MOST);
        if (!parse_grant(at, length, &roles.rows[roles.count], err))
            return false;
        roles.count++;
        at += length + (at[length] == ',');
    }
    *out = roles;
    return true;
}

bool roles_allow(const struct role_table *roles, enum vault_role role, uid_t user)
{
    for (size_t i = 0; i < roles->count; i++) {
        if (roles->rows[i].role == role && roles->rows[i].user == user)
            return true;
    }
    return false;
}
