// SPDX-License-Identifier: Apache-2.0
#include "schema/document.h"

#include "base/check.h"
#include "runtime/json_text.h"

#include <inttypes.h>

#include "base/banned.h"

static void new_line(struct document *doc)
{
    (void)fprintf(doc->out, "\n%*s", (int)(2 * doc->depth), "");
}

static void push(struct document *doc, bool is_list)
{
    CHECK(doc->depth + 1 < DOCUMENT_MAX_DEPTH);
    doc->depth++;
    doc->is_list[doc->depth] = is_list;
    doc->has_entries[doc->depth] = false;
}

/* Everything of an entry but its value. */
static void begin_entry(struct document *doc, const char *name)
{
    bool is_json = doc->style == DOCUMENT_JSON;
    bool is_first = !doc->has_entries[doc->depth];
    CHECK((name == NULL) == doc->is_list[doc->depth]);
    if (is_json && !is_first)
        (void)fputs(doc->inline_depth != 0 ? ", " : ",", doc->out);
    bool goes_on = doc->after_dash || doc->inline_depth != 0;
    doc->after_dash = false;
    if (!goes_on && (is_json || doc->depth > 0 || !is_first))
        new_line(doc);
    doc->has_entries[doc->depth] = true;
    if (name == NULL)
        (void)fputs(is_json ? "" : "- ", doc->out);
    else
        (void)fprintf(doc->out, is_json ? "\"%s\": " : "%s:", name);
}

/* The same for a value that stands on the line. */
static void begin_value(struct document *doc, const char *name)
{
    begin_entry(doc, name);
    if (doc->style == DOCUMENT_YAML && name != NULL)
        (void)fputc(' ', doc->out);
}

void document_start(struct document *doc, FILE *out, enum document_style style)
{
    *doc = (struct document){.out = out, .style = style};
    if (style == DOCUMENT_JSON) {
        (void)fputc('{', out);
        doc->depth = 1;
    }
}

void document_finish(struct document *doc)
{
    bool is_json = doc->style == DOCUMENT_JSON;
    CHECK(doc->depth == (is_json ? 1 : 0));
    (void)fputs(is_json ? "\n}\n" : "\n", doc->out);
}

void document_map(struct document *doc, const char *name)
{
    begin_entry(doc, name);
    if (doc->style == DOCUMENT_JSON)
        (void)fputc('{', doc->out);
    else
        doc->after_dash = name == NULL;
    push(doc, false);
}

void document_inline_map(struct document *doc, const char *name)
{
    document_map(doc, name);
    if (doc->style == DOCUMENT_JSON && doc->inline_depth == 0)
        doc->inline_depth = doc->depth;
}

void document_list(struct document *doc, const char *name)
{
    CHECK(name != NULL);
    begin_entry(doc, name);
    if (doc->style == DOCUMENT_JSON)
        (void)fputc('[', doc->out);
    push(doc, true);
}

void document_end(struct document *doc)
{
    bool is_list = doc->is_list[doc->depth];
    bool is_empty = !doc->has_entries[doc->depth];
    CHECK(doc->depth > 0);
    doc->depth--;
    if (doc->style == DOCUMENT_JSON) {
        if (!is_empty && doc->inline_depth == 0)
            new_line(doc);
        if (doc->depth < doc->inline_depth)
            doc->inline_depth = 0;
        (void)fputc(is_list ? ']' : '}', doc->out);
    } else if (is_empty) {
        (void)fputs(is_list ? " []" : " {}", doc->out);
        doc->after_dash = false;
    }
}

void document_text(struct document *doc, const char *name, const char *text)
{
    begin_value(doc, name);
    json_text_print(doc->out, text);
}

void document_number(struct document *doc, const char *name, int64_t number)
{
    begin_value(doc, name);
    (void)fprintf(doc->out, "%" PRId64, number);
}

void document_bool(struct document *doc, const char *name, bool yes)
{
    begin_value(doc, name);
    (void)fputs(yes ? "true" : "false", doc->out);
}

void document_null(struct document *doc, const char *name)
{
    begin_value(doc, name);
    (void)fputs("null", doc->out);
}

void document_texts(struct document *doc, const char *name, const char *const *texts, size_t count)
{
    begin_value(doc, name);
    (void)fputc('[', doc->out);
    for (size_t i = 0; i < count; i++) {
        (void)fputs(i != 0 ? ", " : "", doc->out);
        json_text_print(doc->out, texts[i]);
    }
    (void)fputc(']', doc->out);
}
