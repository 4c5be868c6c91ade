// SPDX-License-Identifier: Apache-2.0
// JSON Schema 2020-12 from the descriptions the programs decode by. What the program takes is valid by
// its schema. The other way round the schema knows less where it has no words for a bound; x-maxBytes
// and the descriptions say where.
#include "schema/contracts.h"
#include "schema/document.h"

#include "message/print.h"
#include "message/sealed.h"

#include "base/banned.h"

#define DIALECT "https://json-schema.org/draft/2020-12/schema"
#define REFERENCE "#/$defs/"

enum {
    MOST_RECORDS = 32,
    MOST_FIELDS = 64,
    UTF8_MOST_BYTES = 4, /* of a character */
    REFERENCE_SIZE = 80,
    MOST_HEADER_BYTES = 1024, /* name and value, wire/envelope.c */
};

/* What $defs has to define. */
struct definitions {
    const struct message *records[MOST_RECORDS];
    size_t record_count;
    bool has_kind[KIND_LIST + 1];
};

/* What all values of a kind have in common. */
static const struct kind {
    const char *name;    /* in $defs; NULL: of such a kind each field is its own */
    const char *keyword; /* with the word; NULL: none */
    const char *word;
    const char *pattern;
    const char *description;
} kinds[] = {
    [KIND_TEXT] =
        {.name = "text",
         .description = "no control characters; x-minBytes and x-maxBytes: of its UTF-8"},
    [KIND_UUID] = {.name = "uuid", .keyword = "format", .word = "uuid", .pattern = PATTERN_UUID},
    [KIND_TIME] =
        {.name = "time",
         .keyword = "format",
         .word = "date-time",
         .pattern = PATTERN_TIME,
         .description =
             "RFC 3339, of the years 1 to 9999 in UTC, microseconds at most, no leap second"},
    [KIND_DECIMAL] =
        {.name = "decimal",
         .pattern = "^-?(?=([0-9]\\.?){1,23}$)[0-9]+(\\.[0-9]{1,9})?$",
         .description =
             "decimal text; its digits without the point are at most 9223372036854775807"},
    [KIND_BYTES] =
        {.name = "base64",
         .keyword = "contentEncoding",
         .word = "base64",
         .pattern =
             "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$",
         .description =
             "x-minBytes and x-maxBytes: of what it encodes; in JSON at most 4096 letters, "
             "more as MessagePack only"},
    [KIND_LIST] = {.name = NULL},
};

static bool is_required(const struct message_field *field)
{
    return field->has_offset == NO_OFFSET;
}

static void need_record(struct definitions *definitions, const struct message *message)
{
    for (size_t i = 0; i < definitions->record_count; i++) {
        if (definitions->records[i] == message)
            return;
    }
    CHECK(definitions->record_count < MOST_RECORDS);
    definitions->records[definitions->record_count++] = message;
}

static void print_reference(struct document *doc, const char *name)
{
    char text[REFERENCE_SIZE];
    CHECK((size_t)snprintf(text, sizeof(text), REFERENCE "%s", name) < sizeof(text));
    document_text(doc, "$ref", text);
}

/* Not as a pattern of the whole text: `$` of some dialects matches before a line feed, too. */
static void print_no_control(struct document *doc)
{
    document_inline_map(doc, "not");
    document_text(doc, "pattern", "[\\u0000-\\u001f\\u007f]");
    document_end(doc);
}

/* ---- values ---- */

/* A schema counts characters, we count bytes: of those it can only say what is possible. */
static void print_text(struct document *doc, const struct message_field *field)
{
    document_number(doc, "minLength", (field->least + UTF8_MOST_BYTES - 1) / UTF8_MOST_BYTES);
    document_number(doc, "maxLength", field->greatest);
    document_number(doc, "x-minBytes", field->least);
    document_number(doc, "x-maxBytes", field->greatest);
}

/* Letters of base64 that n bytes take. */
static int64_t base64_length(int64_t n)
{
    return (n + 2) / 3 * 4;
}

static void print_bytes(struct document *doc, const struct message_field *field)
{
    document_number(doc, "minLength", base64_length(field->least));
    document_number(doc, "maxLength", base64_length(field->greatest));
    document_number(doc, "x-minBytes", field->least);
    document_number(doc, "x-maxBytes", field->greatest);
    if (field->least == field->greatest && field->least % 3 != 0)
        document_text(doc, "pattern", field->least % 3 == 1 ? "[^=]==$" : "[^=]=$");
}

static void
print_list(struct document *doc, const struct message_field *field, struct definitions *definitions)
{
    document_text(doc, "type", "array");
    document_number(doc, "minItems", is_required(field) ? 1 : 0);
    document_number(doc, "maxItems", field->greatest);
    document_inline_map(doc, "items");
    print_reference(doc, field->element->name);
    document_end(doc);
    need_record(definitions, field->element);
}

static void print_value(
    struct document *doc, const struct message_field *field, struct definitions *definitions)
{
    if (kinds[field->kind].name != NULL) {
        print_reference(doc, kinds[field->kind].name);
        definitions->has_kind[field->kind] = true;
    }
    switch ((enum message_kind)field->kind) {
    case KIND_BOOL:
        document_text(doc, "type", "boolean");
        break;
    case KIND_INT:
        document_text(doc, "type", "integer");
        document_number(doc, "minimum", field->least);
        document_number(doc, "maximum", field->greatest);
        break;
    case KIND_TEXT:
        print_text(doc, field);
        break;
    case KIND_BYTES:
        print_bytes(doc, field);
        break;
    case KIND_ENUM:
        document_texts(doc, "enum", field->names->names, field->names->count);
        break;
    case KIND_RECORD:
        print_reference(doc, field->element->name);
        need_record(definitions, field->element);
        break;
    case KIND_LIST:
        print_list(doc, field, definitions);
        break;
    case KIND_UUID:
    case KIND_TIME:
    case KIND_DECIMAL:
        break;
    }
}

/* ---- bodies ---- */

static bool takes(enum contract_part part, const struct message_field *field)
{
    return part == PART_BODY || message_is_personal(field);
}

/* Which required fields are named: with a box the personal ones need not be there. */
enum required {
    REQUIRED_ALL,
    REQUIRED_CLEAR,
    REQUIRED_PERSONAL,
};

static bool
is_named(enum contract_part part, enum required which, const struct message_field *field)
{
    if (!takes(part, field) || !is_required(field))
        return false;
    return which == REQUIRED_ALL || message_is_personal(field) == (which == REQUIRED_PERSONAL);
}

static void print_required(
    struct document *doc,
    const struct message *message,
    enum contract_part part,
    enum required which)
{
    const char *names[MOST_FIELDS];
    size_t count = 0;
    CHECK(message->field_count <= countof(names));
    for (size_t i = 0; i < message->field_count; i++) {
        if (is_named(part, which, &message->fields[i]))
            names[count++] = message->fields[i].name;
    }
    if (count != 0)
        document_texts(doc, "required", names, count);
}

static const struct message_field *find_box(const struct message *message)
{
    for (size_t i = 0; i < message->field_count; i++) {
        if (message_is_box(&message->fields[i]))
            return &message->fields[i];
    }
    return NULL;
}

/* Personal records are in the box, or beside the other fields: never both. */
static void print_box_rule(struct document *doc, const struct message *message, const char *box)
{
    document_inline_map(doc, "if");
    document_texts(doc, "required", &box, 1);
    document_end(doc);
    document_inline_map(doc, "then");
    document_map(doc, "properties");
    for (size_t i = 0; i < message->field_count; i++) {
        if (message_is_personal(&message->fields[i]))
            document_bool(doc, message->fields[i].name, false);
    }
    document_end(doc);
    document_end(doc);
    document_inline_map(doc, "else");
    print_required(doc, message, PART_BODY, REQUIRED_PERSONAL);
    document_end(doc);
}

static void print_fields(
    struct document *doc,
    const struct message *message,
    enum contract_part part,
    struct definitions *definitions)
{
    document_text(doc, "type", "object");
    document_map(doc, "properties");
    for (size_t i = 0; i < message->field_count; i++) {
        const struct message_field *field = &message->fields[i];
        if (!takes(part, field))
            continue;
        document_inline_map(doc, field->name);
        print_value(doc, field, definitions);
        if (message_is_personal(field))
            document_text(doc, "x-personal", message_class_name((enum message_class)field->class));
        document_end(doc);
    }
    document_end(doc);
    const struct message_field *box = part == PART_BODY ? find_box(message) : NULL;
    print_required(doc, message, part, box != NULL ? REQUIRED_CLEAR : REQUIRED_ALL);
    document_bool(doc, "additionalProperties", false);
    if (box != NULL)
        print_box_rule(doc, message, box->name);
}

static void print_kind(struct document *doc, const struct kind *kind)
{
    document_map(doc, kind->name);
    if (kind->description != NULL)
        document_text(doc, "description", kind->description);
    document_text(doc, "type", "string");
    if (kind->keyword != NULL)
        document_text(doc, kind->keyword, kind->word);
    if (kind->pattern != NULL)
        document_text(doc, "pattern", kind->pattern);
    print_no_control(doc);
    document_end(doc);
}

/* Records of records join the list while it is printed. */
static void print_definitions(struct document *doc, struct definitions *definitions)
{
    document_map(doc, "$defs");
    for (size_t i = 0; i < definitions->record_count; i++) {
        document_map(doc, definitions->records[i]->name);
        print_fields(doc, definitions->records[i], PART_BODY, definitions);
        document_end(doc);
    }
    for (size_t i = 0; i < countof(kinds); i++) {
        if (definitions->has_kind[i])
            print_kind(doc, &kinds[i]);
    }
    document_end(doc);
}

/* ---- headers ---- */

static void print_headers(struct document *doc, const struct header_descriptions *headers)
{
    const char *names[MOST_FIELDS];
    size_t count = 0;
    CHECK(headers->count <= countof(names));
    document_text(doc, "type", "object");
    document_map(doc, "properties");
    for (size_t i = 0; i < headers->count; i++) {
        const struct header_description *row = &headers->rows[i];
        document_map(doc, row->name);
        document_text(doc, "description", row->meaning);
        if (row->pattern != NULL) {
            document_text(doc, "type", "string");
            document_number(doc, "maxLength", MOST_HEADER_BYTES - (int64_t)strlen(row->name));
            document_text(doc, "pattern", row->pattern);
            print_no_control(doc);
        }
        document_end(doc);
        if (row->required)
            names[count++] = row->name;
    }
    document_end(doc);
    document_texts(doc, "required", names, count);
    document_bool(doc, "additionalProperties", true);
}

/* ---- schemas ---- */

static void print_description(struct document *doc, const struct contract *contract)
{
    static const char *const notes[] = {
        [PART_BODY] = ", as JSON. In MessagePack bytes are byte strings, or the same base64 text.",
        [PART_PERSONAL] = ", behind the 16 bytes of the command id: always MessagePack.",
        [PART_HEADERS] =
            ". The values of Kafka headers are bytes: where there is a pattern, UTF-8.",
    };
    char text[256];
    int size = snprintf(
        text, sizeof(text), "%s of %s%s", contract->what, contract->subject, notes[contract->part]);
    CHECK(size > 0 && (size_t)size < sizeof(text));
    document_text(doc, "description", text);
}

static void print_contract(struct document *doc, const struct contract *contract)
{
    struct definitions definitions = {.record_count = 0};
    bool has_headers = contract->part == PART_HEADERS;
    document_text(doc, "$schema", DIALECT);
    document_text(doc, "title", has_headers ? contract->name : contract->message->name);
    print_description(doc, contract);
    if (has_headers) {
        print_headers(doc, contract->headers);
        return;
    }
    print_fields(doc, contract->message, contract->part, &definitions);
    print_definitions(doc, &definitions);
}

void schema_print(FILE *out, const struct contract *contract)
{
    struct document doc;
    document_start(&doc, out, DOCUMENT_JSON);
    print_contract(&doc, contract);
    document_finish(&doc);
}

void schema_print_all(FILE *out)
{
    struct document doc;
    struct contract contract;
    document_start(&doc, out, DOCUMENT_JSON);
    for (size_t i = 0; contract_at(i, &contract); i++) {
        document_map(&doc, contract.name);
        print_contract(&doc, &contract);
        document_end(&doc);
    }
    document_finish(&doc);
}
