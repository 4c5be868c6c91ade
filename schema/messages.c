// SPDX-License-Identifier: Apache-2.0
// Every message of the service as one page of Markdown, from the descriptions the programs decode by.
#include "schema/messages.h"
#include "schema/contracts.h"

#include "command/reply_message.h"
#include "domain/catalog.h"
#include "domain/rejections.h"

#include <inttypes.h>

#include "base/banned.h"

enum { MOST_PARTS = 64 };

/* Records that the messages printed so far are made of; each is printed once, behind them. */
struct parts {
    const struct message *messages[MOST_PARTS];
    size_t count;
};

static void add_part(struct parts *parts, const struct message *message)
{
    for (size_t i = 0; i < parts->count; i++) {
        if (parts->messages[i] == message)
            return;
    }
    CHECK(parts->count < MOST_PARTS);
    parts->messages[parts->count++] = message;
}

/* What the values of an enumeration are called. */
static void print_names(FILE *out, const struct message_enum *names)
{
    for (size_t i = 0; i < names->count; i++)
        (void)fprintf(out, "%s`%s`", i != 0 ? ", " : "one of ", names->names[i]);
}

static void print_bounds(FILE *out, const char *unit, const struct message_field *field)
{
    if (field->least == field->greatest)
        (void)fprintf(out, "%s, %" PRId64, unit, field->least);
    else if (field->greatest == INT64_MAX)
        (void)fprintf(out, "%s from %" PRId64, unit, field->least);
    else
        (void)fprintf(out, "%s, %" PRId64 " to %" PRId64, unit, field->least, field->greatest);
}

static void print_type(FILE *out, const struct message_field *field)
{
    static const char *const words[] = {
        [KIND_BOOL] = "true or false",
        [KIND_UUID] = "UUID",
        [KIND_TIME] = "time (RFC 3339)",
        [KIND_DECIMAL] = "decimal text",
    };
    switch ((enum message_kind)field->kind) {
    case KIND_INT:
        print_bounds(out, "integer", field);
        break;
    case KIND_TEXT:
        print_bounds(out, "text; size in bytes", field);
        break;
    case KIND_BYTES:
        print_bounds(out, "bytes (JSON: base64)", field);
        break;
    case KIND_ENUM:
        print_names(out, field->names);
        break;
    case KIND_RECORD:
        (void)fprintf(out, "[%s](#%s)", field->element->name, field->element->name);
        break;
    case KIND_LIST:
        (void)fprintf(
            out,
            "list of [%s](#%s), at most %" PRId64,
            field->element->name,
            field->element->name,
            field->greatest);
        break;
    case KIND_BOOL:
    case KIND_UUID:
    case KIND_TIME:
    case KIND_DECIMAL:
        (void)fputs(words[field->kind], out);
        break;
    }
}

static const char *class_name(const struct message_field *field)
{
    static const char *const names[] = {
        [CLASS_NONE] = "",
        [CLASS_CONTACT] = "contact",
        [CLASS_DELIVERY] = "delivery",
        [CLASS_INVOICE] = "invoice",
        [CLASS_PAYMENT] = "payment",
        [CLASS_INHERITED] = "as its record",
    };
    return names[field->class];
}

static void print_fields(FILE *out, const struct message *message, struct parts *parts)
{
    (void)fputs("\n| field | is | needed | personal |\n|---|---|---|---|\n", out);
    for (size_t i = 0; i < message->field_count; i++) {
        const struct message_field *field = &message->fields[i];
        (void)fprintf(out, "| `%s` | ", field->name);
        print_type(out, field);
        (void)fprintf(
            out, " | %s | %s |\n", field->has_offset == NO_OFFSET ? "yes" : "", class_name(field));
        if (field->element != NULL)
            add_part(parts, field->element);
    }
}

static void print_commands(FILE *out, struct parts *parts)
{
    (void)fputs("\n## Commands\n\nThe body of a command is a map of these fields.\n", out);
    for (size_t i = 0; i < COMMAND_TYPE_COUNT; i++) {
        const struct command_description *command = &command_descriptions[i];
        (void)fprintf(
            out,
            "\n### %s\n\n`ce_type` is `%s`; the stream is of the category %s. "
            "[Schema](../../schema/json/%s.json)\n",
            command->message->name,
            command->ce_type,
            category_name(command->category),
            command->ce_type);
        print_fields(out, command->message, parts);
    }
}

static void print_events(FILE *out, struct parts *parts)
{
    (void)fputs(
        "\n## Events\n\nAs they are stored: an array of the fields that are not personal, in this "
        "order "
        "(UUIDs are 16\nbytes, times microseconds since 1970, one of several names its place among "
        "them from 0, what is absent nil).\nPersonal records are sealed beside it.\n",
        out);
    for (size_t i = 0; i < EVENT_TYPE_COUNT; i++) {
        const struct event_description *event = &event_descriptions[i];
        (void)fprintf(
            out,
            "\n### %s, version %d\n\nOf the category %s.\n",
            event->message->name,
            event->message->version,
            category_name(event->category));
        print_fields(out, event->message, parts);
    }
}

static void print_reply(FILE *out, struct parts *parts)
{
    (void)fputs(
        "\n## Reply\n\n`ce_type` is `" REPLY_CE_TYPE "`. [Schema](../../schema/json/" REPLY_CE_TYPE
        ".json)\n",
        out);
    print_fields(out, &reply_message, parts);
}

static void print_headers(
    FILE *out, const char *title, const char *schema, const struct header_descriptions *headers)
{
    (void)fprintf(
        out,
        "\n### %s\n\n[Schema](../../schema/json/%s.json)\n\n"
        "| header | needed | is |\n|---|---|---|\n",
        title,
        schema);
    for (size_t i = 0; i < headers->count; i++)
        (void)fprintf(
            out,
            "| `%s` | %s | %s |\n",
            headers->rows[i].name,
            headers->rows[i].required ? "yes" : "",
            headers->rows[i].meaning);
}

static void print_all_headers(FILE *out)
{
    (void)fputs("\n## Headers\n", out);
    print_headers(out, "Of a command", CONTRACT_COMMAND_HEADERS, &command_headers);
    print_headers(out, "Of a reply", CONTRACT_REPLY_HEADERS, &reply_headers);
    print_headers(
        out,
        "Of a dead letter, besides those of the command",
        CONTRACT_DEAD_LETTER_HEADERS,
        &dead_letter_headers);
}

/* Parts of parts join the list while it is printed. */
static void print_parts(FILE *out, struct parts *parts)
{
    (void)fputs("\n## Parts of messages\n", out);
    for (size_t i = 0; i < parts->count; i++) {
        (void)fprintf(out, "\n### %s\n", parts->messages[i]->name);
        print_fields(out, parts->messages[i], parts);
    }
}

static void print_codes(FILE *out)
{
    (void)fputs(
        "\n## Codes of refusals\n\nWhere again is yes, the same command with the same id may be "
        "sent "
        "again.\n\n| code | class | again | means |\n|---|---|---|---|\n",
        out);
    for (size_t i = 0; i < REJECTION_COUNT; i++)
        (void)fprintf(
            out,
            "| `%s` | %s | %s | %s |\n",
            rejections[i].code,
            rejection_class_name(rejections[i].class),
            rejections[i].retryable ? "yes" : "",
            rejections[i].text);
}

void messages_print(FILE *out)
{
    struct parts parts = {.count = 0};
    (void)fputs(
        "# Messages\n\nPrinted by `order-schema messages` from the descriptions the programs "
        "decode by. How "
        "to send a\ncommand and read its reply: [commands](../commands.md). The same for programs: "
        "[asyncapi.yaml](asyncapi.yaml).\n",
        out);
    print_commands(out, &parts);
    print_reply(out, &parts);
    print_all_headers(out);
    print_events(out, &parts);
    print_parts(out, &parts);
    print_codes(out);
}
