// SPDX-License-Identifier: Apache-2.0
// The options that all verbs of order-load have, as rows of their tables.
#ifndef LOAD_COMMON_ROWS_H
#define LOAD_COMMON_ROWS_H

#include "load/disorder.h"
#include "load/run.h"

#define DEFAULT_TENANT "5f0e6f4c-6d0b-5c1b-9a52-7a1f2f1d9e01"

enum {
    MOST_WINDOW = 1000000,
    MOST_RATE = 10000000,
    MOST_SECONDS = 1000000,
    MOST_PLANTED = 100000,
};

#define TEXT(member, option, environment_name, default_value, placeholder, text) \
    { \
        .name = (option), .kind = OPTION_TEXT, .offset = offsetof(struct common_options, member), \
        .environment = (environment_name), .fallback = (default_value), .value = (placeholder), \
        .help = (text) \
    }
#define NUMBER(type, member, option, default_value, low, high, text) \
    { \
        .name = (option), .kind = OPTION_NUMBER, .offset = offsetof(struct type, member), \
        .fallback = (default_value), .least = (low), .greatest = (high), .value = "N", \
        .help = (text) \
    }
#define FLAG(type, member, option, text) \
    { \
        .name = (option), .kind = OPTION_FLAG, .offset = offsetof(struct type, member), \
        .help = (text) \
    }

#define COMMON_ROWS \
    TEXT(brokers, "brokers", "ORDER_BROKERS", "127.0.0.1:9092", "HOST:PORT,…", "Kafka brokers"), \
        TEXT(topic, "topic", NULL, "order.commands", "NAME", "where commands go"), \
        TEXT(reply_topic, "reply-topic", NULL, "order.replies", "NAME", "where answers come"), \
        TEXT( \
            run_id, \
            "run-id", \
            NULL, \
            NULL, \
            "TEXT", \
            "mixed into all ids: another text, other orders; the same one, the same commands"), \
        TEXT(tenant, "tenant-uuid", NULL, DEFAULT_TENANT, "UUID", "namespace of derived ids"), \
        TEXT(journal, "journal", NULL, NULL, "FILE", "write a JSON line per command"), \
        TEXT(json, "json", NULL, NULL, "FILE", "write the result as JSON, - for stdout"), \
        TEXT( \
            visible, \
            "visible", \
            NULL, \
            NULL, \
            "CONNINFO", \
            "also measure until the projection `orders` has applied it (low rates only)"), \
        TEXT( \
            personal, \
            "personal", \
            NULL, \
            "auto", \
            "auto|none|sealed|plain", \
            "what becomes of personal data; auto: sealed if there is an epoch, else none"), \
        TEXT( \
            epoch_topic, \
            "epoch-topic", \
            "ORDER_EPOCH_TOPIC", \
            "order.epochs", \
            "NAME", \
            "where the command epochs are published"), \
        TEXT( \
            vault_key, \
            "vault-key", \
            "ORDER_VAULT_KEY", \
            NULL, \
            "FILE", \
            "public key of the vault, which signs epochs; default: any key"), \
        TEXT( \
            producer, \
            "producer", \
            NULL, \
            NULL, \
            "NAME", \
            "sign as this producer of the service's tenants file"), \
        TEXT(producer_key, "producer-key", NULL, NULL, "FILE", "its 32 secret bytes"), \
        NUMBER( \
            common_options, \
            plant, \
            "plant", \
            "0", \
            0, \
            MOST_PLANTED, \
            "first send N customers whose names and addresses are random marks"), \
        TEXT( \
            needles, \
            "needles", \
            NULL, \
            NULL, \
            "FILE", \
            "where to list the marks, for order-shredder scan run"), \
        NUMBER( \
            common_options, \
            duplicate, \
            "duplicate", \
            "0", \
            0, \
            100, \
            "percent of the commands to send twice, the copy a little later"), \
        NUMBER( \
            common_options, \
            shuffle, \
            "shuffle", \
            "1", \
            1, \
            DISORDER_MOST_WINDOW, \
            "move commands by less than N places"), \
        NUMBER( \
            common_options, \
            shuffle_seed, \
            "shuffle-seed", \
            "1", \
            0, \
            INT64_MAX, \
            "another one, another disorder of the same commands"), \
        NUMBER( \
            common_options, \
            window, \
            "window", \
            "20000", \
            1, \
            MOST_WINDOW, \
            "most unanswered commands"), \
        NUMBER( \
            common_options, \
            rate, \
            "rate", \
            "0", \
            0, \
            MOST_RATE, \
            "commands per second; 0: as fast as answers come"), \
        NUMBER( \
            common_options, \
            seconds, \
            "seconds", \
            "0", \
            0, \
            MOST_SECONDS, \
            "stop sending after; 0: never"), \
        NUMBER( \
            common_options, \
            timeout, \
            "timeout", \
            "60", \
            1, \
            MOST_SECONDS, \
            "seconds without any answer until it gives up"), \
        NUMBER( \
            common_options, \
            resend_after, \
            "resend-after", \
            "10", \
            1, \
            MOST_SECONDS, \
            "seconds without its answer until a command is sent again, same id"), \
        FLAG(common_options, dry_run, "dry-run", "send nothing: say what would be sent"), \
        FLAG(common_options, progress, "progress", "show progress on stderr")

#endif
