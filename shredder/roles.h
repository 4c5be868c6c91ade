// SPDX-License-Identifier: Apache-2.0
// Which user of this machine may be what. The kernel vouches for the user at the other end of a Unix
// socket (SO_PEERCRED); what it may be is written down here, and nothing is allowed that is not.
#ifndef SHREDDER_ROLES_H
#define SHREDDER_ROLES_H

#include "base/error.h"
#include "vault/frames.h"

#include <sys/types.h>

enum { ROLES_MOST = 64 };

struct role_table {
    struct role_grant {
        enum vault_role role;
        uid_t user;
    } rows[ROLES_MOST];
    size_t count;
};

/* "command=UID,status=NAME,…"; a role may have several users. NULL or empty: nobody is anything. */
MUST_USE bool roles_parse(const char *text, struct role_table *out, struct error *err);

bool roles_allow(const struct role_table *roles, enum vault_role role, uid_t user);

#endif
