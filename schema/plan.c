// SPDX-License-Identifier: Apache-2.0
// What apply would run, as text that psql takes.
#include "schema/migrate.h"

#include <string.h>

#include "base/banned.h"

/* A quoted SQL string; our names hold no quotes, but this does not rely on it. */
static void print_literal(FILE *out, const char *text)
{
    (void)fputc('\'', out);
    for (const char *at = text; *at != '\0'; at++)
        (void)fprintf(out, "%s%c", *at == '\'' ? "'" : "", *at);
    (void)fputc('\'', out);
}

static void print_migration(FILE *out, const struct migration *row)
{
    bool ends_in_newline = row->file->size != 0 && row->file->text[row->file->size - 1] == '\n';
    (void)fprintf(out, "\n-- ---- %s\n%s;\n", row->name, migrate_begin_sql);
    (void)fprintf(out, "%s%s", row->file->text, ends_in_newline ? "" : "\n");
    (void)fprintf(
        out, "insert into ops.migrations (number, name, checksum) values (%d, ", row->number);
    print_literal(out, row->name);
    (void)fprintf(out, ", ");
    print_literal(out, row->checksum);
    (void)fprintf(out, ");\ncommit;\n");
}

void plan_print(FILE *out, const struct migration_list *list)
{
    bool first = true;
    for (size_t i = 0; i < list->count; i++) {
        if (list->rows[i].state != MIGRATION_PENDING)
            continue;
        if (first) {
            (void)fprintf(out, "\\set ON_ERROR_STOP on\n%s;\n", migrate_session_sql);
            (void)fprintf(out, "select pg_advisory_lock(%s);\n", MIGRATE_LOCK);
        }
        if (first && !list->has_table)
            (void)fprintf(out, "\nbegin;\n%s;\ncommit;\n", migrate_table_sql);
        first = false;
        print_migration(out, &list->rows[i]);
    }
}
