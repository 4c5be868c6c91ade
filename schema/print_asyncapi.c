// SPDX-License-Identifier: Apache-2.0
// The AsyncAPI 3 document: the service as seen from outside, by its topics. Fields are not here but
// in the JSON Schemas it refers to.
#include "schema/contracts.h"
#include "schema/document.h"

#include "command/reply_message.h"
#include "domain/catalog.h"

#include "base/banned.h"

#define SCHEMAS "../../schema/json/"
#define SCHEMA_FORMAT "application/schema+json;version=draft-2020-12"
#define KAFKA_BINDING "0.5.0"
#define DEAD_LETTER "order.dead-letter"

enum { REFERENCE_SIZE = 160, TEXT_SIZE = 320 };

/* ---- pieces ---- */

static void print_reference(struct document *doc, const char *before, const char *name)
{
    char text[REFERENCE_SIZE];
    CHECK((size_t)snprintf(text, sizeof(text), "%s%s", before, name) < sizeof(text));
    document_text(doc, "$ref", text);
}

static void print_schema_reference(struct document *doc, const char *entry, const char *contract)
{
    char text[REFERENCE_SIZE];
    CHECK((size_t)snprintf(text, sizeof(text), SCHEMAS "%s.json", contract) < sizeof(text));
    document_map(doc, entry);
    document_text(doc, "schemaFormat", SCHEMA_FORMAT);
    document_map(doc, "schema");
    document_text(doc, "$ref", text);
    document_end(doc);
    document_end(doc);
}

static void print_correlation(struct document *doc, const char *header, const char *description)
{
    char text[REFERENCE_SIZE];
    CHECK((size_t)snprintf(text, sizeof(text), "$message.header#/%s", header) < sizeof(text));
    document_map(doc, "correlationId");
    document_text(doc, "description", description);
    document_text(doc, "location", text);
    document_end(doc);
}

/* key: what the key of the record is. */
static void print_kafka_binding(struct document *doc, const char *key, const char *format)
{
    document_map(doc, "bindings");
    document_map(doc, "kafka");
    document_map(doc, "key");
    document_text(doc, "type", "string");
    if (format != NULL)
        document_text(doc, "format", format);
    document_text(doc, "description", key);
    document_end(doc);
    document_text(doc, "bindingVersion", KAFKA_BINDING);
    document_end(doc);
    document_end(doc);
}

/* ---- channels ---- */

/* Everything of a channel but its messages; its map of messages is left open. */
static void begin_channel(
    struct document *doc, const char *name, const char *topic, bool is_fixed, const char *what)
{
    document_map(doc, name);
    if (is_fixed)
        document_text(doc, "address", topic);
    else
        document_null(doc, "address");
    document_text(doc, "description", what);
    document_map(doc, "bindings");
    document_map(doc, "kafka");
    document_text(doc, "topic", topic);
    document_text(doc, "bindingVersion", KAFKA_BINDING);
    document_end(doc);
    document_end(doc);
    document_map(doc, "messages");
}

static void add_message(struct document *doc, const char *name)
{
    document_map(doc, name);
    print_reference(doc, "#/components/messages/", name);
    document_end(doc);
}

static void end_channel(struct document *doc)
{
    document_end(doc);
    document_end(doc);
}

static void print_channels(struct document *doc)
{
    document_map(doc, "channels");
    begin_channel(
        doc,
        "commands",
        "order.commands",
        true,
        "Commands of all streams. All commands of a stream have its id as their key and go to the "
        "partition that murmur2 of the key chooses (the default of Java clients). Described is the "
        "binary mode of CloudEvents; one JSON object in structured mode is taken too: "
        "../commands.md#the-record.");
    for (size_t i = 0; i < COMMAND_TYPE_COUNT; i++)
        add_message(doc, command_descriptions[i].ce_type);
    end_channel(doc);
    begin_channel(
        doc,
        "replies",
        "order.replies",
        false,
        "What became of a command. Which topic: the header reply_topic of the command, one of "
        "those "
        "the service allows; order.replies by default.");
    add_message(doc, REPLY_CE_TYPE);
    end_channel(doc);
    begin_channel(
        doc,
        "deadLetters",
        "order.dead-letters",
        true,
        "Records that are no command, or that failed on the side of the service.");
    add_message(doc, DEAD_LETTER);
    end_channel(doc);
    begin_channel(
        doc, "epochs", "order.epochs", true, "Public keys that senders seal personal data to.");
    add_message(doc, CONTRACT_EPOCH);
    end_channel(doc);
    document_end(doc);
}

/* ---- operations ---- */

static void begin_operation(
    struct document *doc,
    const char *name,
    const char *action,
    const char *channel,
    const char *summary)
{
    document_map(doc, name);
    document_text(doc, "action", action);
    document_map(doc, "channel");
    print_reference(doc, "#/channels/", channel);
    document_end(doc);
    document_text(doc, "summary", summary);
}

static void print_operations(struct document *doc)
{
    document_map(doc, "operations");
    begin_operation(doc, "decide", "receive", "commands", "Decides a command and replies.");
    document_map(doc, "reply");
    document_map(doc, "address");
    document_text(
        doc, "description", "Topic of the reply; reply_partition may name its partition.");
    document_text(doc, "location", "$message.header#/reply_topic");
    document_end(doc);
    document_map(doc, "channel");
    print_reference(doc, "#/channels/", "replies");
    document_end(doc);
    document_list(doc, "messages");
    document_map(doc, NULL);
    print_reference(doc, "#/channels/replies/messages/", REPLY_CE_TYPE);
    document_end(doc);
    document_end(doc);
    document_end(doc);
    document_end(doc);
    begin_operation(doc, "refuse", "send", "deadLetters", "Puts aside what is no command.");
    document_end(doc);
    begin_operation(doc, "publishEpoch", "send", "epochs", "Publishes the key of an epoch.");
    document_end(doc);
    document_end(doc);
}

/* ---- messages ---- */

static void print_command(struct document *doc, const struct command_description *command)
{
    char text[TEXT_SIZE];
    bool is_personal = command_may_be_personal((enum command_type)(command - command_descriptions));
    int size = snprintf(
        text,
        sizeof(text),
        "For a stream of the category %s. As JSON or as MessagePack, as the header content-type "
        "says.%s",
        category_name(command->category),
        is_personal ? " Personal records are sealed: ../commands.md#personal-data." : "");
    CHECK(size > 0 && (size_t)size < sizeof(text));
    document_map(doc, command->ce_type);
    document_text(doc, "name", command->ce_type);
    document_text(doc, "title", command->message->name);
    document_text(doc, "description", text);
    print_schema_reference(doc, "headers", CONTRACT_COMMAND_HEADERS);
    print_schema_reference(doc, "payload", command->ce_type);
    print_correlation(doc, "ce_id", "the command id");
    print_kafka_binding(doc, "the stream id", "uuid");
    document_end(doc);
}

static void print_reply(struct document *doc)
{
    document_map(doc, REPLY_CE_TYPE);
    document_text(doc, "name", REPLY_CE_TYPE);
    document_text(doc, "title", reply_message.name);
    document_text(
        doc,
        "description",
        "In the format of the command. Sent at least once: ce_id tells doubles.");
    print_schema_reference(doc, "headers", CONTRACT_REPLY_HEADERS);
    print_schema_reference(doc, "payload", REPLY_CE_TYPE);
    print_correlation(doc, "ce_causationid", "the command id");
    print_kafka_binding(doc, "the key of the command", NULL);
    document_end(doc);
}

static void print_dead_letter(struct document *doc)
{
    document_map(doc, DEAD_LETTER);
    document_text(doc, "name", DEAD_LETTER);
    document_text(doc, "title", "DeadLetter");
    document_text(
        doc,
        "description",
        "Key, headers and bytes of the record as they came; no bytes where they could hold "
        "personal "
        "data in plain.");
    document_text(doc, "contentType", "application/octet-stream");
    print_schema_reference(doc, "headers", CONTRACT_DEAD_LETTER_HEADERS);
    print_kafka_binding(doc, "the key of the record", NULL);
    document_end(doc);
}

static void print_epoch(struct document *doc)
{
    document_map(doc, CONTRACT_EPOCH);
    document_text(doc, "name", CONTRACT_EPOCH);
    document_text(doc, "title", "EpochRecord");
    document_text(
        doc,
        "description",
        "Without a body: the epoch was taken back. Check the signature: "
        "../commands.md#personal-data.");
    document_text(doc, "contentType", "application/json");
    print_schema_reference(doc, "payload", CONTRACT_EPOCH);
    print_kafka_binding(doc, "the number of the epoch", NULL);
    document_end(doc);
}

void asyncapi_print(FILE *out)
{
    struct document doc;
    (void)fputs("# Printed by `order-schema messages --format asyncapi`.\n", out);
    document_start(&doc, out, DOCUMENT_YAML);
    document_text(&doc, "asyncapi", "3.1.0");
    document_map(&doc, "info");
    document_text(&doc, "title", "Order service");
    document_text(&doc, "version", "1");
    document_text(
        &doc,
        "description",
        "Commands over Kafka and their replies. How to send: ../commands.md. All messages and "
        "codes: "
        "messages.md.");
    document_map(&doc, "license");
    document_text(&doc, "name", "Apache-2.0");
    document_end(&doc);
    document_end(&doc);
    document_text(&doc, "defaultContentType", "application/json");
    print_channels(&doc);
    print_operations(&doc);
    document_map(&doc, "components");
    document_map(&doc, "messages");
    for (size_t i = 0; i < COMMAND_TYPE_COUNT; i++)
        print_command(&doc, &command_descriptions[i]);
    print_reply(&doc);
    print_dead_letter(&doc);
    print_epoch(&doc);
    document_end(&doc);
    document_end(&doc);
    document_finish(&doc);
}
