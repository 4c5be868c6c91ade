// SPDX-License-Identifier: Apache-2.0
// order-shredder: the keys of personal data, who may have them for how long, and their end. This file is
// the table of its verbs and options.
#include "shredder/erase_request.h"
#include "shredder/doctor.h"
#include "shredder/scan.h"
#include "shredder/serve.h"
#include "shredder/shredder.h"

#include <stddef.h>
#include <string.h>

#include "base/banned.h"

#define SERVE_OFFSET(member) offsetof(struct serve_options, broker.member)

static const struct option_row serve_rows[] = {
    VAULT_ROWS,
    {.name = "database",
     .kind = OPTION_TEXT,
     .offset = SERVE_OFFSET(database),
     .environment = "ORDER_DATABASE",
     .value = "CONNINFO",
     .help = "PostgreSQL, as libpq takes it; PG* variables apply"},
    {.name = "brokers",
     .kind = OPTION_TEXT,
     .offset = SERVE_OFFSET(brokers),
     .environment = "ORDER_BROKERS",
     .value = "HOST:PORT,…",
     .help = "Kafka brokers that the command epoch is published to; without: nowhere"},
    {.name = "epoch-topic",
     .kind = OPTION_TEXT,
     .offset = SERVE_OFFSET(epoch_topic),
     .fallback = "order.epochs",
     .value = "NAME",
     .help = "where to publish it"},
    {.name = "socket",
     .kind = OPTION_TEXT,
     .offset = SERVE_OFFSET(socket),
     .environment = "ORDER_SHREDDER_SOCKET",
     .required = true,
     .value = "PATH",
     .help = "Unix socket to listen at, at most 107 bytes; open to user and group"},
    {.name = "roles",
     .kind = OPTION_TEXT,
     .offset = SERVE_OFFSET(roles),
     .environment = "ORDER_SHREDDER_ROLES",
     .value = "ROLE=USER,…",
     .help = "who may be what: command, reveal, erase, status; by default nobody is anything"},
    {.name = "lease-seconds",
     .kind = OPTION_NUMBER,
     .offset = SERVE_OFFSET(lease_seconds),
     .environment = "ORDER_SHREDDER_LEASE_SECONDS",
     .fallback = "60",
     .least = 1,
     .greatest = 600,
     .value = "N",
     .help =
         "how long a key may be kept without asking again; a holder that does not answer delays an "
         "erasure by this"},
    {.name = "epoch-hours",
     .kind = OPTION_NUMBER,
     .offset = SERVE_OFFSET(epoch_hours),
     .fallback = "24",
     .least = 1,
     .greatest = 24 * 365,
     .value = "N",
     .help = "how long commands are sealed to one epoch"},
    {.name = "log-level",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct serve_options, log_level),
     .environment = "ORDER_LOG_LEVEL",
     .fallback = "info",
     .value = "WORD",
     .help = "debug, info, warning or error"},
};

#define SOCKET_ROW(type) \
    { \
        .name = "socket", .kind = OPTION_TEXT, .offset = offsetof(struct type, socket), \
        .environment = "ORDER_SHREDDER_SOCKET", .required = true, .value = "PATH", \
        .help = "where the broker listens" \
    }

#define JSON_ROW(type) \
    { \
        .name = "json", .kind = OPTION_FLAG, .offset = offsetof(struct type, json), \
        .help = "print JSON for programs" \
    }

static const struct option_row client_rows[] = {
    SOCKET_ROW(client_options), JSON_ROW(client_options)};

static const struct option_row erase_rows[] = {
    SOCKET_ROW(erase_options),
    {.name = "class",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct erase_options, classes),
     .value = "NAME,…",
     .help = "only contact, delivery, invoice or payment data; without: the whole person"},
    {.name = "request",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct erase_options, request),
     .value = "UUID",
     .help = "id of the request; the same id again asks how it goes; without: a new one"},
    {.name = "tenant",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct erase_options, tenant),
     .fallback = "5f0e6f4c-6d0b-5c1b-9a52-7a1f2f1d9e01",
     .value = "UUID",
     .help = "whose subjects they are"},
    {.name = "timeout",
     .kind = OPTION_NUMBER,
     .offset = offsetof(struct erase_options, timeout),
     .fallback = "120",
     .least = 1,
     .greatest = 7 * 24 * 3600,
     .value = "SECONDS",
     .help =
         "how long to wait for each step; a lease holder that is stuck takes as long as a lease"},
    {.name = "final",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct erase_options, final),
     .help = "wait until no copy of the vault is left that could open it (else exit 7)"},
    {.name = "no-wait",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct erase_options, no_wait),
     .help = "return as soon as it is recorded"},
    JSON_ROW(erase_options),
};

static const struct option_row init_rows[] = {VAULT_ROWS};
static const struct option_row holders_rows[] = {HOLDERS_ROWS};
static const struct option_row ledger_rows[] = {LEDGER_ROWS};

#define OPTIONS(rows, type) \
    .options = (rows), .option_count = countof(rows), .options_size = sizeof(struct type)

static const struct verb verbs[] = {
    {.name = "init",
     .purpose = "Make a new vault, and its copies at the holders.",
     .examples = "order-shredder init --vault /var/lib/order/vault --holders /mnt/a/h1,/mnt/b/h2",
     OPTIONS(init_rows, init_options),
     .run = init_verb},
    {.name = "serve",
     .purpose = "Give out keys and carry out erasures, until stopped.",
     .examples = "order-shredder serve --vault /var/lib/order/vault --holders /mnt/a/h1,/mnt/b/h2 "
                 "--socket /run/order/shredder --roles command=order-command,erase=dpo,status=dpo",
     OPTIONS(serve_rows, serve_options),
     .run = serve_verb},
    {.name = "status",
     .purpose = "Show what the broker has and does.",
     .examples = "order-shredder status --json",
     OPTIONS(client_rows, client_options),
     .run = status_verb},
    {.name = "erase",
     .arguments = "SUBJECT…|-",
     .least_arguments = 1,
     .most_arguments = ERASE_MOST_SUBJECTS,
     .purpose = "Destroy the keys of subjects, for ever; waits until no process can use them.",
     .examples = "order-shredder erase 01890a5d-ac96-774b-bcce-b302099a8057\n"
                 "order-shredder erase --class contact,delivery --final - < subjects.txt",
     OPTIONS(erase_rows, erase_options),
     .run = erase_verb},
    {.name = "epoch show",
     .purpose = "Show the public key that commands are sealed to.",
     OPTIONS(client_rows, client_options),
     .run = epoch_show_verb},
    {.name = "epoch rotate",
     .purpose = "Open the next command epoch now.",
     OPTIONS(client_rows, client_options),
     .run = epoch_rotate_verb},
    {.name = "holders",
     .purpose = "Show the copies of the vault; add one.",
     OPTIONS(holders_rows, holders_options),
     .run = holders_verb},
    {.name = "ledger verify",
     .purpose = "Check every record of the ledger: hashes, signatures, rising generations.",
     OPTIONS(ledger_rows, ledger_options),
     .run = ledger_verify_verb},
};

/* The scanner and the doctor have tables of their own. */
static const struct verb *all_verbs(void)
{
    static struct verb all[countof(verbs) + 1 + SCAN_VERBS];
    memcpy(all, verbs, sizeof(verbs));
    all[countof(verbs)] = doctor_verb;
    memcpy(&all[countof(verbs) + 1], scan_verbs, SCAN_VERBS * sizeof(struct verb));
    return all;
}

int main(int argc, char **argv)
{
    const struct program program = {
        .name = "order-shredder",
        .version = ORDER_VERSION,
        .purpose = "Keeps the keys of personal data, gives them out on lease, and destroys them.",
        .verbs = all_verbs(),
        .verb_count = countof(verbs) + 1 + SCAN_VERBS};
    return cli_main(&program, argc, argv);
}
