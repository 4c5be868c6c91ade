// SPDX-License-Identifier: Apache-2.0
#include "pg/sqlstate.h"

#include <string.h>

struct sqlstate_row {
    const char *prefix; /* whole code or class; the first match counts */
    enum error_kind kind;
};

static const struct sqlstate_row rows[] = {
    {"40", ERROR_conflict},     /* serialization failure, deadlock */
    {"23505", ERROR_conflict},  /* unique violation */
    {"ERA01", ERROR_conflict},  /* our own: an erasure was fenced since the keys were leased */
    {"ORD01", ERROR_conflict},  /* our own: a partition was claimed by somebody else */
    {"55P03", ERROR_transient}, /* lock timeout */
    {"57014", ERROR_transient}, /* statement timeout */
    {"08P01", ERROR_fatal},     /* protocol violation: the program and its SQL do not fit */
    {"08", ERROR_transient},    /* connection */
    {"53", ERROR_transient},    /* resources: disk full, memory, connections */
    {"57P", ERROR_transient},   /* shutdown, starting up */
    {"58", ERROR_transient},    /* system error, e.g. I/O */
    {"28", ERROR_denied},       {"42501", ERROR_denied},
    {"3D000", ERROR_not_found}, /* no such database */
    {"42", ERROR_invalid},      /* undefined table, function …: another schema than ours */
    {"3F", ERROR_invalid},      {"22", ERROR_invalid},
    {"23", ERROR_invalid},      {"54", ERROR_invalid}, /* limits of the server */
};

enum error_kind sqlstate_kind(const char *sqlstate)
{
    if (sqlstate == NULL || sqlstate[0] == '\0')
        return ERROR_transient;
    for (size_t i = 0; i < countof(rows); i++) {
        if (strncmp(sqlstate, rows[i].prefix, strlen(rows[i].prefix)) == 0)
            return rows[i].kind;
    }
    return ERROR_fatal;
}

bool sqlstate_is_data(const char *sqlstate)
{
    return strncmp(sqlstate, "22", 2) == 0 || strncmp(sqlstate, "23", 2) == 0 ||
           strncmp(sqlstate, "54", 2) == 0;
}
