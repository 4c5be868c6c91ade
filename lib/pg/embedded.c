// SPDX-License-Identifier: Apache-2.0
#include "pg/embedded.h"

#include <stdio.h>
#include <string.h>

const struct db_statement *
db_embedded(struct db_statement *statement, const struct embedded_sql *files, size_t count)
{
    char name[64];
    (void)snprintf(name, sizeof(name), "%s.sql", statement->name);
    for (size_t i = 0; statement->sql == NULL && i < count; i++) {
        if (strcmp(files[i].name, name) == 0)
            statement->sql = files[i].text;
    }
    CHECK(statement->sql != NULL);
    return statement;
}
