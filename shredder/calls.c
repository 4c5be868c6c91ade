// SPDX-License-Identifier: Apache-2.0
// What clients ask for besides keys and erasures: state, epochs, whose an address is.
#include "shredder/broker.h"

#include "runtime/json_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/banned.h"

/* ---- e-mail ---- */

void handle_lookup_email(struct broker *broker, struct session *session, const struct frame *frame)
{
    enum { NOT_FOUND, FOUND, NOT_READY };
    struct frame_reader reader = {.rest = frame->body};
    struct uuid tenant = frame_uuid(&reader);
    struct slice address = frame_bytes(&reader, frame_u16(&reader));
    int32_t tenant_id;
    int64_t row = EMAIL_NOBODY;
    struct uuid subject = {{0}};
    if (reader.short_of || reader.rest.size != 0) {
        answer_refuse(
            broker, session, frame->sequence, REFUSAL_PROTOCOL, "LOOKUP_EMAIL: no such body");
        return;
    }
    if (records_known_tenant(&broker->records, &tenant, &tenant_id))
        row = email_index_find(&broker->emails, &broker->subjects, tenant_id, address);
    uint8_t verdict = NOT_FOUND;
    if (!broker->email_feed.ready) {
        verdict = NOT_READY;
    } else if (row != EMAIL_NOBODY) {
        verdict = FOUND;
        subject = broker->subjects.rows[(size_t)row].id;
    }
    struct writer answer = answer_begin(broker, FRAME_FOUND_EMAIL, frame->sequence);
    writer_byte(&answer, verdict);
    writer_bytes(&answer, subject.bytes, sizeof(subject.bytes));
    answer_send(broker, session, &answer);
}

/* ---- epochs ---- */

static void answer_epoch(struct broker *broker, struct session *session, uint32_t sequence)
{
    struct writer answer = answer_begin(broker, FRAME_EPOCH, sequence);
    writer_u64(&answer, key_vault_epoch(broker->vault));
    writer_bytes(&answer, broker->epochs.public_key, sizeof(broker->epochs.public_key));
    answer_send(broker, session, &answer);
}

void handle_epochs(struct broker *broker, struct session *session, const struct frame *frame)
{
    answer_epoch(broker, session, frame->sequence);
}

void handle_rotate_epoch(struct broker *broker, struct session *session, const struct frame *frame)
{
    struct error err;
    if (epochs_rotate(broker, &err))
        answer_epoch(broker, session, frame->sequence);
    else
        answer_error(broker, session, frame->sequence, &err);
}

void handle_retire_epoch(struct broker *broker, struct session *session, const struct frame *frame)
{
    struct frame_reader reader = {.rest = frame->body};
    uint64_t number = frame_u64(&reader);
    struct error err;
    if (reader.short_of || reader.rest.size != 0) {
        answer_refuse(
            broker, session, frame->sequence, REFUSAL_PROTOCOL, "RETIRE_EPOCH: no such body");
        return;
    }
    if (!epochs_retire(broker, number, &err)) {
        answer_error(broker, session, frame->sequence, &err);
        return;
    }
    struct writer answer = answer_begin(broker, FRAME_DONE, frame->sequence);
    answer_send(broker, session, &answer);
}

/* ---- status ---- */

static void put_text(struct writer *out, const char *format, ...) PRINTF_LIKE(2, 3);
static void put_text(struct writer *out, const char *format, ...)
{
    char text[512];
    va_list values;
    va_start(values, format);
    int length = vsnprintf(text, sizeof(text), format, values);
    va_end(values);
    CHECK(length >= 0 && (size_t)length < sizeof(text));
    writer_bytes(out, text, (size_t)length);
}

static void put_subjects(struct writer *out, const struct subjects *subjects)
{
    size_t states[SUBJECT_ROW_ERASED + 1] = {0};
    for (size_t i = 0; i < subjects->count; i++)
        states[subjects->rows[i].state <= SUBJECT_ROW_ERASED ? subjects->rows[i].state : 0]++;
    put_text(
        out,
        ",\"subjects\":{\"all\":%zu,\"active\":%zu,\"erasing\":%zu,\"erased\":%zu}",
        subjects->count,
        states[SUBJECT_ROW_ACTIVE],
        states[SUBJECT_ROW_ERASING],
        states[SUBJECT_ROW_ERASED]);
}

static void put_holders(struct writer *out, const struct broker *broker)
{
    struct holder_state holders[2 * VAULT_MOST_HOLDERS];
    size_t count = key_vault_holders(broker->vault, holders, countof(holders));
    put_text(out, ",\"holders\":[");
    for (size_t i = 0; i < count; i++) {
        put_text(
            out,
            "%s{\"generation\":%" PRIu64 ",\"reachable\":%s,\"path\":",
            i != 0 ? "," : "",
            holders[i].generation,
            holders[i].reachable ? "true" : "false");
        json_text_append(out, slice_of_text(holders[i].path));
        put_text(out, ",\"problem\":");
        json_text_append(out, slice_of_text(holders[i].problem));
        put_text(out, "}");
    }
    put_text(out, "]");
}

static void put_clients(struct writer *out, const struct broker *broker)
{
    bool first = true;
    put_text(out, ",\"clients\":[");
    for (size_t i = 0; i < HOLDERS_MOST; i++) {
        const struct session *one = &broker->sessions[i];
        if (one->socket < 0 || !one->greeted)
            continue;
        put_text(out, "%s{\"instance\":", first ? "" : ",");
        json_text_append(out, slice_of_text(one->instance));
        put_text(
            out,
            ",\"role\":\"%s\",\"uid\":%u,\"pid\":%d}",
            vault_role_name(one->role),
            one->user,
            one->process);
        first = false;
    }
    put_text(out, "]");
}

static void put_erasures(struct writer *out, const struct eraser *eraser)
{
    size_t states[ERASE_STATE_COUNT] = {0};
    for (size_t i = 0; i < ERASE_RUNS; i++)
        states[eraser->runs[i].state] += eraser->runs[i].count;
    put_text(out, ",\"erasures\":{");
    for (size_t state = ERASE_RECEIVED; state <= ERASE_PUNCTURED; state++)
        put_text(out, "\"%s\":%zu,", erase_state_word((enum erase_state)state), states[state]);
    put_text(
        out,
        "\"live_not_final\":%" PRId64 ",\"last_until_live_ms\":%" PRId64 "}",
        eraser->live_rows + (int64_t)states[ERASE_LIVE],
        eraser->live_last_us / 1000);
}

static void put_all(struct writer *out, const struct broker *broker)
{
    char id[UUID_TEXT_SIZE];
    uint8_t hash[32];
    struct uuid vault_id = key_vault_id(broker->vault);
    uuid_format(&vault_id, id);
    put_text(
        out,
        "{\"vault\":\"%s\",\"generation\":%" PRIu64 ",\"ledger\":%" PRIu64 ",\"reserved\":%" PRIu64
        ",\"fence\":%" PRId64 ",\"lease_seconds\":%" PRId64 ",\"leases\":%zu",
        id,
        key_vault_generation(broker->vault),
        key_vault_ledger(broker->vault, hash),
        key_vault_reserved(broker->vault),
        broker->fence,
        broker->lease_us / 1000000,
        broker->leases.count);
    put_text(
        out,
        ",\"memory_locked\":%s,\"database\":%s,\"up_seconds\":%" PRId64 ",\"epoch\":%" PRIu64
        ",\"oldest_epoch\":%" PRIu64 ",\"emails_ready\":%s,\"emails\":%zu",
        key_vault_slab(broker->vault)->locked ? "true" : "false",
        db_is_open(&broker->records.db) ? "true" : "false",
        (broker_now_us() - broker->began_us) / 1000000,
        key_vault_epoch(broker->vault),
        broker->epochs.oldest,
        broker->email_feed.ready ? "true" : "false",
        broker->emails.count);
    put_text(out, ",\"command_epoch\":");
    epochs_describe(broker, out);
    put_subjects(out, &broker->subjects);
    put_erasures(out, &broker->eraser);
    put_holders(out, broker);
    put_clients(out, broker);
    put_text(out, "}");
}

void handle_status(struct broker *broker, struct session *session, const struct frame *frame)
{
    struct writer answer = answer_begin(broker, FRAME_STATUS_TEXT, frame->sequence);
    put_all(&answer, broker);
    answer_send(broker, session, &answer);
}
