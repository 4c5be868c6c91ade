// SPDX-License-Identifier: Apache-2.0
// order-command: decides commands against the order's history and answers them. This file is the
// table of its verbs and options.
#include "command/command.h"
#include "command/service.h"

#include "base/banned.h"

#define BROKERS_ROW(type) \
    { \
        .name = "brokers", .kind = OPTION_TEXT, .offset = offsetof(struct type, brokers), \
        .environment = "ORDER_BROKERS", .required = true, .value = "HOST:PORT,…", \
        .help = "Kafka brokers" \
    }

static const struct option_row run_rows[] = {
    {.name = "database",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct run_options, database),
     .environment = "ORDER_DATABASE",
     .value = "CONNINFO",
     .help = "PostgreSQL, as libpq takes it; PG* variables apply"},
    BROKERS_ROW(run_options),
    {.name = "fingerprint-key-file",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct run_options, fingerprint_key_file),
     .environment = "ORDER_FINGERPRINT_KEY_FILE",
     .required = true,
     .value = "FILE",
     .help = "32 secret bytes, the same for every instance and for ever; nobody else may read it"},
    {.name = "tenant",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct run_options, tenant),
     .environment = "ORDER_TENANT",
     .fallback = "default",
     .value = "NAME",
     .help = "tenant all commands belong to"},
    {.name = "currencies",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct run_options, currencies),
     .fallback = "*",
     .value = "CODES",
     .help = "enabled ISO 4217 codes, comma separated; *: all"},
    {.name = "gifts",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct run_options, gifts),
     .help = "allow lines with a price of zero"},
    {.name = "rounding",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct run_options, rounding),
     .fallback = "half-even",
     .value = "WORD",
     .help = "of amounts: half-even or half-up"},
    {.name = "topic",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct run_options, topic),
     .fallback = "order.commands",
     .value = "NAME",
     .help = "where commands come from"},
    {.name = "group",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct run_options, group),
     .fallback = "order-command",
     .value = "NAME",
     .help = "consumer group that shares the commands"},
    {.name = "reply-topics",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct run_options, reply_topics),
     .fallback = "order.replies",
     .value = "NAMES",
     .help = "topics a command may ask its reply to, comma separated; NAME allows NAME.* too"},
    {.name = "dead-letter-topic",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct run_options, dead_letter_topic),
     .fallback = "order.dead-letters",
     .value = "NAME",
     .help = "where messages go that are no commands"},
    {.name = "batch",
     .kind = OPTION_NUMBER,
     .offset = offsetof(struct run_options, batch),
     .fallback = "512",
     .least = 1,
     .greatest = STORE_MAX_BATCH,
     .value = "N",
     .help = "commands in one append at most"},
    {.name = "accept-lost-commands",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct run_options, accept_lost_commands),
     .help = "go on with the oldest command left when the next one is gone; else stop (exit 8)"},
    {.name = "log-level",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct run_options, log_level),
     .environment = "ORDER_LOG_LEVEL",
     .fallback = "info",
     .value = "WORD",
     .help = "debug, info, warning or error"},
};

static const struct option_row send_rows[] = {
    BROKERS_ROW(send_options),
    {.name = "topic",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct send_options, topic),
     .fallback = "order.commands",
     .value = "NAME",
     .help = "where to send"},
    {.name = "reply-topic",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct send_options, reply_topic),
     .fallback = "order.replies",
     .value = "NAME",
     .help = "where to wait for replies"},
    {.name = "source",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct send_options, source),
     .fallback = "order-command-send",
     .value = "TEXT",
     .help = "ce_source: who sends"},
    {.name = "timeout",
     .kind = OPTION_NUMBER,
     .offset = offsetof(struct send_options, timeout),
     .fallback = "30",
     .least = 1,
     .greatest = 3600,
     .value = "SECONDS",
     .help = "how long to wait for the replies"},
};

static const struct option_row validate_rows[] = {
    {.name = "quiet",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct validate_options, quiet),
     .help = "print faults only"},
};

static const struct option_row topics_rows[] = {BROKERS_ROW(topics_options)};

#define OPTIONS(rows, type) \
    .options = (rows), .option_count = countof(rows), .options_size = sizeof(struct type)

static const struct verb verbs[] = {
    {.name = "run",
     .purpose = "Decide commands from Kafka and answer them, until stopped.",
     .examples = "order-command run --database 'host=/run/postgresql user=order_command' "
                 "--brokers kafka:9092 --fingerprint-key-file /etc/order/fingerprint.key",
     OPTIONS(run_rows, run_options),
     .run = run_verb},
    {.name = "send",
     .arguments = "FILE|-",
     .least_arguments = 1,
     .most_arguments = 1,
     .purpose = "Send commands (JSON, one object per line) and print their replies.",
     .examples = "echo '{\"type\":\"cancel-order\",\"stream_id\":"
                 "\"01890a5d-ac96-774b-bcce-b302099a8057\",\"body\":{\"reason\":\"customer\"}}' "
                 "| order-command send -",
     OPTIONS(send_rows, send_options),
     .run = send_verb},
    {.name = "validate",
     .arguments = "FILE|-",
     .least_arguments = 1,
     .most_arguments = 1,
     .purpose = "Check commands (as `send` takes them) without any server.",
     .examples = "order-command validate orders.jsonl",
     OPTIONS(validate_rows, validate_options),
     .run = validate_verb},
    {.name = "topics apply",
     .purpose = "Create the topics that are missing.",
     OPTIONS(topics_rows, topics_options),
     .run = topics_apply_verb},
    {.name = "topics check",
     .purpose = "Compare the topics with what the service needs.",
     OPTIONS(topics_rows, topics_options),
     .run = topics_check_verb},
};

static const struct program program = {
    .name = "order-command",
    .version = ORDER_VERSION,
    .purpose = "Decides commands against the history of their order and answers them.",
    .verbs = verbs,
    .verb_count = countof(verbs),
};

int main(int argc, char **argv)
{
    return cli_main(&program, argc, argv);
}
