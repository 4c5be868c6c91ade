// SPDX-License-Identifier: Apache-2.0
// `order-command send`: sends commands as a service would, waits for their replies and prints them.
#include "bus/producer.h"
#include "bus/reader.h"
#include "command/command.h"
#include "aggregate/load.h"
#include "command/input.h"
#include "command/seal_command.h"
#include "command/signature.h"
#include "wire/json.h"
#include "wire/scan.h"

#include "base/clock.h"
#include "runtime/signals.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

enum {
    ARENA = 64 * 1024 * 1024,
    MOST_COMMANDS = 100000,
    BODY_SIZE = 16 * 1024,
    SEND_HEADERS = 12,
    MOST_UNANSWERED = 20, /* that are named */
};

struct sent {
    struct uuid id;
    size_t line; /* of the input */
};

/* Commands on their way; the answered ones are moved to the front. */
struct sender {
    const struct send_options *options;
    uint8_t producer_key[SECRET_SIZE]; /* when a producer is given */
    struct command_sealer sealer;      /* when there is something to seal */
    struct producer *producer;
    struct reader *reader;
    struct sent *sent;
    size_t count;
    size_t answered;
    size_t refused; /* answered, but not accepted */
};

/* ---- sending ---- */

static struct uuid new_id(void)
{
    uint8_t random[10];
    randombytes_buf(random, sizeof(random));
    return uuid_v7(clock_now_us() / 1000, random);
}

/* Whether it holds personal data that is to be sealed here. */
static bool wants_sealing(const struct sender *sender, const struct input_command *command)
{
    return !sender->options->plain && !command->is_sealed &&
           aggregate_classes(&command->command) != 0;
}

/* The headers of a record while it is put together. */
struct heading {
    struct header headers[SEND_HEADERS];
    size_t count;
    char id[UUID_TEXT_SIZE];
    char key[UUID_TEXT_SIZE];
    char version[EXPECTED_VERSION_SIZE];
    uint8_t mac[SIGNATURE_SIZE];
};

static void add(struct heading *heading, const char *name, struct slice value)
{
    CHECK(heading->count < SEND_HEADERS);
    heading->headers[heading->count++] = (struct header){slice_of_text(name), value};
}

static void fill_heading(
    const struct send_options *options,
    const struct input_command *command,
    const struct uuid *id,
    struct heading *out)
{
    out->count = 0;
    uuid_format(id, out->id);
    uuid_format(&command->stream_id, out->key);
    add(out, "ce_specversion", slice_of_text("1.0"));
    add(out, "ce_type", slice_of_text(command_descriptions[command->type].ce_type));
    add(out, "ce_id", slice_of_text(out->id));
    add(out, "ce_source", slice_of_text(options->source));
    add(out, "content-type", slice_of_text(content_type_name(CONTENT_MSGPACK)));
    add(out, "reply_topic", slice_of_text(options->reply_topic));
    if (command->expected.mode != EXPECTED_ANY) {
        expected_version_write(&command->expected, out->version);
        add(out, "ce_expectedversion", slice_of_text(out->version));
    }
    if (options->tenant != NULL)
        add(out, "order_tenant", slice_of_text(options->tenant));
}

/* Behind all other headers. */
static void sign(const struct sender *sender, struct slice body, struct heading *heading)
{
    add(heading, "order_producer", slice_of_text(sender->options->producer));
    const struct signed_record record = {
        .topic = slice_of_text(sender->options->topic),
        .key = slice_of_text(heading->key),
        .value = body,
        .headers = heading->headers,
        .header_count = heading->count};
    signature_make(&record, sender->producer_key, heading->mac);
    add(heading, "order_mac", slice_of(heading->mac, sizeof(heading->mac)));
}

static bool send_command(
    struct sender *sender,
    const struct input_command *command,
    const struct uuid *command_id,
    size_t line,
    struct error *err)
{
    struct heading heading;
    struct producer_header headers[SEND_HEADERS];
    int64_t number;
    fill_heading(sender->options, command, command_id, &heading);
    if (sender->options->producer != NULL)
        sign(sender, command->body, &heading);
    for (size_t i = 0; i < heading.count; i++) /* names are literals here: they end with a NUL */
        headers[i] = (struct producer_header){
            (const char *)heading.headers[i].name.data, heading.headers[i].value};
    const struct producer_record record = {
        .topic = sender->options->topic,
        .partition = RD_KAFKA_PARTITION_UA,
        .key = slice_of_text(heading.key),
        .value = command->body,
        .headers = headers,
        .header_count = heading.count};
    sender->sent[sender->count++] = (struct sent){*command_id, line};
    return producer_send(sender->producer, &record, &number, err);
}

/* Nothing is sent before everything was read: a fault in the last line costs nothing. */
static bool check_all(
    const struct sender *sender,
    struct input *input,
    struct arena *arena,
    size_t *count,
    size_t *to_seal,
    struct error *err)
{
    struct slice json;
    struct input_command command;
    struct wire_fault fault;
    *count = 0;
    *to_seal = 0;
    while (input_next(input, &json)) {
        arena_reset(arena);
        if (!input_read(json, arena, &command, &fault))
            return error_set(
                err,
                ERROR_not_found,
                "line %zu: %s: %s%s%s",
                input->line,
                wire_fault_name(fault.code),
                fault.field != NULL ? fault.field : "",
                fault.field != NULL ? ": " : "",
                fault.reason);
        *to_seal += wants_sealing(sender, &command);
        if (++*count > MOST_COMMANDS)
            return error_set(err, ERROR_invalid, "more than %d commands", MOST_COMMANDS);
    }
    input->at = 0;
    input->line = 0;
    return *count != 0 || error_set(err, ERROR_not_found, "there is no command in the input");
}

static bool
send_all(struct sender *sender, struct input *input, struct arena *arena, struct error *err)
{
    struct slice json;
    struct input_command command;
    struct wire_fault fault;
    while (input_next(input, &json)) {
        arena_reset(arena);
        CHECK(input_read(json, arena, &command, &fault));
        struct uuid id = command.has_id ? command.id : new_id();
        if (wants_sealing(sender, &command) &&
            !command_seal(&sender->sealer, &command.command, &id, arena, &command.body))
            return error_set(err, ERROR_invalid, "line %zu: too large once sealed", input->line);
        if (!send_command(sender, &command, &id, input->line, err))
            return false;
    }
    return true;
}

/* ---- replies ---- */

/* Index of the command a reply answers; SIZE_MAX: none of ours. */
static size_t find_command(const struct sender *sender, const rd_kafka_message_t *message)
{
    rd_kafka_headers_t *headers;
    const void *value;
    size_t size;
    struct uuid id;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, "ce_causationid", &value, &size) !=
            RD_KAFKA_RESP_ERR_NO_ERROR ||
        !uuid_parse(slice_of(value, size), &id))
        return SIZE_MAX;
    for (size_t i = sender->answered; i < sender->count; i++) {
        if (uuid_equal(&sender->sent[i].id, &id))
            return i;
    }
    return SIZE_MAX;
}

static bool is_accepted(struct slice json)
{
    static const char accepted[] = "\"outcome\":\"accepted\"";
    size_t size = sizeof(accepted) - 1;
    for (size_t i = 0; i + size <= json.size; i++) {
        if (memcmp(json.data + i, accepted, size) == 0)
            return true;
    }
    return false;
}

static void print_reply(struct sender *sender, const rd_kafka_message_t *message)
{
    uint8_t room[BODY_SIZE];
    struct writer json = writer_over(room, sizeof(room));
    struct wire_fault fault;
    struct slice body = slice_of(message->payload, message->len);
    if (!wire_scan(body, &wire_command_limits, &fault)) {
        (void)fprintf(stderr, "order-command: a reply cannot be read: %s\n", fault.reason);
        sender->refused++;
        return;
    }
    json_from_msgpack(body, &json);
    (void)printf("%.*s\n", SLICE_FORMAT(writer_slice(&json)));
    sender->refused += !is_accepted(writer_slice(&json));
}

static void take_reply(struct sender *sender, const rd_kafka_message_t *message)
{
    size_t number = find_command(sender, message);
    if (number == SIZE_MAX)
        return;
    sender->sent[number] = sender->sent[sender->answered++];
    print_reply(sender, message);
}

/* Whether a reply can still come. */
static bool is_waiting(const struct sender *sender)
{
    size_t settled = sender->answered + (size_t)producer_undeliverable(sender->producer);
    return settled < sender->count && !signals_stop();
}

static void wait_for_replies(struct sender *sender)
{
    int64_t until_us = clock_monotonic_us() + sender->options->timeout * 1000000;
    while (is_waiting(sender) && clock_monotonic_us() < until_us) {
        producer_poll(sender->producer, 0);
        rd_kafka_message_t *message = reader_poll(sender->reader, 50);
        if (message == NULL)
            continue;
        take_reply(sender, message);
        rd_kafka_message_destroy(message);
    }
}

/* ---- the verb ---- */

static bool open_sealer(struct sender *sender, struct error *err)
{
    const struct send_options *options = sender->options;
    uint8_t signer[VAULT_KEY_SIZE];
    const uint8_t *vault_key = options->vault_key != NULL ? signer : NULL;
    struct epoch_key epoch;
    if (options->vault_key != NULL && !epoch_read_vault_key(options->vault_key, signer, err))
        return false;
    bool ok =
        options->epoch_file != NULL
            ? epoch_key_from_file(options->epoch_file, vault_key, &epoch, err)
            : epoch_key_from_topic(options->brokers, options->epoch_topic, vault_key, &epoch, err);
    return ok && command_sealer_open(&sender->sealer, &epoch, err);
}

static bool open_producer_key(struct sender *sender, struct error *err)
{
    const struct send_options *options = sender->options;
    if ((options->producer == NULL) != (options->producer_key == NULL))
        return error_set(err, ERROR_invalid, "--producer and --producer-key need each other");
    return options->producer == NULL ||
           secret_read("producer key", options->producer_key, sender->producer_key, err);
}

static bool open_kafka(struct sender *sender, struct error *err)
{
    const struct send_options *options = sender->options;
    const struct producer_options producing = {
        .brokers = options->brokers,
        .client_id = "order-send",
        .linger_us = 5000,
        .most_in_flight = 1000,
        .most_bytes = 8 * 1024 * 1024};
    /* The end of the replies first: an answer must not come before somebody listens. */
    return reader_open(
               &sender->reader, options->brokers, options->reply_topic, "order-send", err) &&
           producer_open(&sender->producer, &producing, err);
}

/* Their ids, which may have been made here: sent again with them, no command is decided twice. */
static void print_unanswered(const struct sender *sender)
{
    for (size_t i = sender->answered; i < sender->count; i++) {
        char id[UUID_TEXT_SIZE];
        if (i - sender->answered == MOST_UNANSWERED) {
            (void)fprintf(stderr, "  and %zu more\n", sender->count - i);
            return;
        }
        uuid_format(&sender->sent[i].id, id);
        (void)fprintf(stderr, "  line %zu: id %s\n", sender->sent[i].line, id);
    }
}

static int conclude(const struct sender *sender)
{
    if (producer_undeliverable(sender->producer) > 0)
        (void)fprintf(
            stderr,
            "order-command: topic %s: %s\n",
            sender->options->topic,
            producer_trouble(sender->producer));
    if (sender->answered < sender->count) {
        (void)fprintf(
            stderr,
            "order-command: no answer to %zu of %zu commands; send them again with the same ids:\n",
            sender->count - sender->answered,
            sender->count);
        print_unanswered(sender);
        return EXIT_CODE_UNAVAILABLE;
    }
    return sender->refused == 0 ? EXIT_CODE_OK : EXIT_CODE_UNMET;
}

static int run(struct sender *sender, struct input *input, struct arena *arena)
{
    struct error err;
    size_t count, to_seal;
    if (!open_producer_key(sender, &err) ||
        !check_all(sender, input, arena, &count, &to_seal, &err))
        return cli_fail(&err);
    sender->sent = calloc(count, sizeof(*sender->sent));
    if (sender->sent == NULL || sodium_init() < 0) {
        (void)error_set(&err, ERROR_fatal, "out of memory");
        return cli_fail(&err);
    }
    if (!signals_init(&err) || (to_seal > 0 && !open_sealer(sender, &err)) ||
        !open_kafka(sender, &err) || !send_all(sender, input, arena, &err))
        return cli_fail(&err);
    wait_for_replies(sender);
    return conclude(sender);
}

int send_verb(const void *options, int argument_count, char **arguments)
{
    struct sender sender = {.options = options};
    struct input input;
    struct error err;
    struct arena arena;
    CHECK(argument_count == 1);
    if (!input_open(&input, arguments[0], &err))
        return cli_fail(&err);
    arena_init(&arena, ARENA);
    int code = run(&sender, &input, &arena);
    producer_close(sender.producer, 0);
    reader_close(sender.reader);
    free(sender.sent);
    command_sealer_close(&sender.sealer);
    sodium_memzero(sender.producer_key, sizeof(sender.producer_key));
    arena_wipe(&arena);
    arena_release(&arena);
    input_close(&input);
    return code;
}
