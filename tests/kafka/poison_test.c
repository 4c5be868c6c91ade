// SPDX-License-Identifier: Apache-2.0
// order-command with commands it cannot decide or store: each goes to the dead letters alone, all
// others of its batch are answered as if it were not there.
#include "bus/reader.h"
#include "command/reply_message.h"
#include "domain/order_messages.h"
#include "support/kafka_topic.h"
#include "support/stage.h"
#include "support/store_database.h"
#include "wire/codec.h"

#include <signal.h>

enum { ORDERS = 60, POISON = 17 };

struct service {
    struct store_database database;
    struct kafka_topic commands;
    struct kafka_topic replies;
    struct kafka_topic dead;
    struct producer *producer;
    struct reader *reply_reader;
    struct reader *dead_reader;
    pid_t pid;
    struct arena arena;
};

static struct reader *open_reader(const struct kafka_topic *topic)
{
    struct reader *reader;
    struct error err;
    if (!reader_open(&reader, topic->brokers, topic->name, "test", &err))
        fail_msg("%s", err.text);
    return reader;
}

static int open_service(void **state)
{
    static struct service service;
    memset(&service, 0, sizeof(service));
    store_database_create(&service.database);
    kafka_topic_create(&service.commands, 1);
    kafka_topic_create(&service.replies, 1);
    kafka_topic_create(&service.dead, 1);
    service.producer = kafka_producer(&service.commands);
    service.reply_reader = open_reader(&service.replies);
    service.dead_reader = open_reader(&service.dead);
    arena_init(&service.arena, (size_t)1 << 20);
    *state = &service;
    return 0;
}

/* Starts order-command; what was sent before is one batch. */
static void start(struct service *service)
{
    extern char **environ;
    char path[4096];
    const char *arguments[] = {
        "order-command",
        "run",
        "--database",
        service->database.conninfo[STORE_COMMAND],
        "--topic",
        service->commands.name,
        "--group",
        service->commands.group,
        "--reply-topics",
        service->replies.name,
        "--dead-letter-topic",
        service->dead.name,
        "--log-level",
        "error",
        NULL};
    char *copies[countof(arguments)] = {NULL};
    for (size_t i = 0; arguments[i] != NULL; i++)
        copies[i] = strdup(arguments[i]);
    (void)snprintf(path, sizeof(path), "%s/order-command", getenv("ORDER_BIN"));
    assert_int_equal(posix_spawn(&service->pid, path, NULL, NULL, copies, environ), 0);
    for (size_t i = 0; copies[i] != NULL; i++)
        free(copies[i]);
}

static void stop(struct service *service)
{
    int status = -1;
    if (service->pid == 0)
        return;
    assert_int_equal(kill(service->pid, SIGTERM), 0);
    assert_int_equal(waitpid(service->pid, &status, 0), service->pid);
    service->pid = 0;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static int close_service(void **state)
{
    struct service *service = *state;
    if (service->pid != 0) {
        (void)kill(service->pid, SIGKILL);
        (void)waitpid(service->pid, NULL, 0);
    }
    producer_close(service->producer, 0);
    reader_close(service->reply_reader);
    reader_close(service->dead_reader);
    kafka_topic_drop(&service->commands);
    kafka_topic_drop(&service->replies);
    kafka_topic_drop(&service->dead);
    store_database_drop(&service->database);
    arena_release(&service->arena);
    return 0;
}

/* Ids that say their number. */
static struct uuid number_id(uint8_t kind, int number)
{
    return (struct uuid){{0x01, kind, (uint8_t)number}};
}

static void
send_command(struct service *service, enum command_type type, const void *body, int stream, int id)
{
    uint8_t bytes[4096];
    char texts[2][UUID_TEXT_SIZE];
    struct error err;
    int64_t number;
    struct uuid stream_id = number_id(1, stream);
    struct uuid command_id = number_id(2, id);
    uuid_format(&stream_id, texts[0]);
    uuid_format(&command_id, texts[1]);
    const struct command_description *description = &command_descriptions[type];
    struct writer out = writer_over(bytes, sizeof(bytes));
    wire_encode(description->message, WIRE_CONTRACT, body, &out);
    const struct producer_header headers[] = {
        {"ce_specversion", SLICE_LITERAL("1.0")},
        {"ce_type", slice_of_text(description->ce_type)},
        {"ce_id", slice_of_text(texts[1])},
        {"content-type", SLICE_LITERAL("application/msgpack")},
        {"reply_topic", slice_of_text(service->replies.name)}};
    const struct producer_record record = {
        .topic = service->commands.name,
        .partition = 0,
        .key = slice_of_text(texts[0]),
        .value = writer_slice(&out),
        .headers = headers,
        .header_count = countof(headers)};
    if (!producer_send(service->producer, &record, &number, &err))
        fail_msg("%s", err.text);
    kafka_settle(service->producer, number);
}

static void place(struct service *service, int stream, int id)
{
    struct stage_order order;
    stage_fill_order(&order);
    send_command(service, COMMAND_PLACE_ORDER, &order.command, stream, id);
}

static rd_kafka_message_t *read_one(struct reader *reader)
{
    int64_t until_us = clock_monotonic_us() + KAFKA_WAIT_US;
    for (;;) {
        rd_kafka_message_t *message = reader_poll(reader, 100);
        if (message != NULL)
            return message;
        if (clock_monotonic_us() > until_us)
            fail_msg("nothing came");
    }
}

/* Collects `count` replies; outcomes by the number of the command. */
static void read_outcomes(struct service *service, int count, int64_t *outcomes)
{
    for (int i = 0; i < count; i++) {
        struct reply body;
        struct wire_fault fault;
        rd_kafka_message_t *message = read_one(service->reply_reader);
        arena_reset(&service->arena);
        assert_true(wire_decode(
            &reply_message,
            WIRE_CONTRACT,
            slice_of(message->payload, message->len),
            &service->arena,
            &body,
            &fault));
        outcomes[body.command_id.bytes[2]] = body.outcome;
        rd_kafka_message_destroy(message);
    }
}

static void assert_dead_letter(struct service *service, const char *reason, int64_t offset)
{
    rd_kafka_headers_t *headers;
    const void *value;
    size_t size;
    char text[24];
    rd_kafka_message_t *message = read_one(service->dead_reader);
    assert_int_equal(rd_kafka_message_headers(message, &headers), 0);
    assert_int_equal(rd_kafka_header_get_last(headers, "dead_letter_reason", &value, &size), 0);
    assert_int_equal(size, strlen(reason));
    assert_memory_equal(value, reason, size);
    (void)snprintf(text, sizeof(text), "%lld", (long long)offset);
    assert_int_equal(rd_kafka_header_get_last(headers, "dead_letter_offset", &value, &size), 0);
    assert_int_equal(size, strlen(text));
    assert_memory_equal(value, text, size);
    rd_kafka_message_destroy(message);
    assert_null(reader_poll(service->dead_reader, 200));
}

/* A value PostgreSQL refuses (class 22), which no check of ours has foreseen. */
static void a_command_the_server_refuses_is_alone_with_it(void **state)
{
    struct service *service = *state;
    int64_t outcomes[256] = {0};
    store_database_sql(
        &service->database,
        "create function public.refuse() returns trigger language plpgsql as $$ begin"
        " if new.stream_id = '01011100-0000-0000-0000-000000000000' then"
        "  raise exception 'not this one' using errcode = '22023'; end if;"
        " return new; end $$;"
        "create trigger refuse before insert on store.streams"
        " for each row execute function public.refuse()");
    for (int i = 0; i < ORDERS; i++)
        place(service, i, i);
    start(service);
    read_outcomes(service, ORDERS, outcomes);
    for (int i = 0; i < ORDERS; i++)
        assert_int_equal(outcomes[i], i == POISON ? 5 : 0);
    assert_dead_letter(service, "internal", POISON);
    stop(service);
    assert_int_equal(
        store_database_number(&service->database, "select count(*) from store.events"), ORDERS - 1);
    assert_int_equal(kafka_committed_offset(&service->commands, 0), ORDERS);
}

static void a_damaged_stream_is_alone_with_it(void **state)
{
    struct service *service = *state;
    int64_t outcomes[256] = {0};
    const struct cancel_order cancel = {.reason = 0};
    for (int i = 0; i < ORDERS; i++)
        place(service, i, i);
    start(service);
    read_outcomes(service, ORDERS, outcomes);
    store_database_sql(
        &service->database,
        "set session_replication_role = replica;"
        "update store.events e set payload = '\\xc1' from store.streams s"
        " where s.stream_number = e.stream_number"
        " and s.stream_id = '01011100-0000-0000-0000-000000000000'");
    stop(service);
    for (int i = 0; i < ORDERS; i++)
        send_command(service, COMMAND_CANCEL_ORDER, &cancel, i, 100 + i);
    start(service);
    read_outcomes(service, ORDERS, outcomes);
    for (int i = 0; i < ORDERS; i++)
        assert_int_equal(outcomes[100 + i], i == POISON ? 5 : 0);
    assert_dead_letter(service, "internal", ORDERS + POISON);
    stop(service);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, open_service, close_service)
    const struct CMUnitTest tests[] = {
        CASE(a_command_the_server_refuses_is_alone_with_it),
        CASE(a_damaged_stream_is_alone_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
