// SPDX-License-Identifier: Apache-2.0
// Writes a tree of maps and lists as JSON or as YAML, two spaces a level, in the order of the calls:
// the same calls give the same text. Reading is not here.
#ifndef SCHEMA_DOCUMENT_H
#define SCHEMA_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum document_style {
    DOCUMENT_JSON,
    DOCUMENT_YAML,
};

enum { DOCUMENT_MAX_DEPTH = 16 };

/* Borrows the stream. The root is a map. */
struct document {
    FILE *out;
    enum document_style style;
    size_t depth;
    bool is_list[DOCUMENT_MAX_DEPTH];
    bool has_entries[DOCUMENT_MAX_DEPTH];
    bool after_dash;     /* YAML: the next key stands on the line of its list's dash */
    size_t inline_depth; /* JSON: of the map that goes on one line, 0: none */
};

void document_start(struct document *doc, FILE *out, enum document_style style);
/* Closes the root, and the line. CHECKs that nothing else is open. */
void document_finish(struct document *doc);

/* An entry of the innermost open map, or of the innermost open list: then name is NULL. */
void document_map(struct document *doc, const char *name);
/* A map that JSON has on one line, with all that is in it. */
void document_inline_map(struct document *doc, const char *name);
void document_list(struct document *doc, const char *name);
void document_text(struct document *doc, const char *name, const char *text);
void document_number(struct document *doc, const char *name, int64_t number);
void document_bool(struct document *doc, const char *name, bool yes);
void document_null(struct document *doc, const char *name);
/* A list of texts on one line. */
void document_texts(struct document *doc, const char *name, const char *const *texts, size_t count);

/* Closes the innermost map or list. */
void document_end(struct document *doc);

#endif
