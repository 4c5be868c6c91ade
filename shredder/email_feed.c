// SPDX-License-Identifier: Apache-2.0
// The newest address of a customer wins: the log is read in order. A log that is read over a new
// connection is read from its beginning, because positions may be other events there.
#include "shredder/email_feed.h"

#include "aggregate/personal.h"
#include "domain/customer_messages.h"
#include "pg/row.h"
#include "runtime/log.h"
#include "shredder/broker.h"
#include "wire/codec.h"

#include <sodium.h>

#include "base/banned.h"

enum {
    ARENA_BYTES = 1024 * 1024, /* of one event */
    POSITIONS = 4000,          /* of one slice: others wait for it */
    AGAIN_US = 1000 * 1000,
    CUSTOMER = 3, /* category */
    CONTACT = 1,  /* enum message_class */
    STACK_WIPED = 16 * 1024,
};

static const struct db_statement contacts_statement = {
    .number = 38,
    .name = "shredder_contacts",
    .sql = "select head, position, tenant_id, stream_id, version, command_id, type, schema_version,"
           " sealed from erasure.contact_envelopes($1::bigint, $2::integer)",
    .expect = DB_ANY_ROWS,
    .columns = 9,
};

bool email_feed_init(struct email_feed *feed, struct slab *slab, struct error *err)
{
    *feed = (struct email_feed){.key = slab_take(slab, TREE_KEY_SIZE)};
    arena_init(&feed->opened, ARENA_BYTES);
    return feed->key != NULL ||
           error_set(err, ERROR_denied, "no locked memory left: see --locked-memory");
}

void email_feed_release(struct email_feed *feed)
{
    arena_wipe(&feed->opened);
    arena_release(&feed->opened);
}

bool email_feed_is_behind(const struct email_feed *feed, int64_t now_us)
{
    return !feed->ready && feed->due_us <= now_us;
}

/* ---- one event ---- */

static struct sealed_place place_of(const struct uuid *tenant, const PGresult *result, int row)
{
    return (struct sealed_place){
        .tenant = *tenant,
        .stream = {.category = CUSTOMER, .id = row_uuid(result, row, 3)},
        .version = row_i32(result, row, 4),
        .event_id = row_uuid(result, row, 5),
        .event_type = row_bytes(result, row, 6),
        .schema_version = row_i16(result, row, 7),
        .class = CONTACT};
}

/* The contact part of the event's sealed bytes; false: it has none. */
static bool find_part(struct slice sealed, struct arena *arena, struct slice *envelope)
{
    struct sealed_parts parts;
    struct wire_fault fault;
    if (!wire_decode(&sealed_parts_message, WIRE_STORED, sealed, arena, &parts, &fault))
        return false;
    for (size_t i = 0; i < parts.parts_count; i++) {
        if (parts.parts[i].class == CONTACT) {
            *envelope = parts.parts[i].envelope;
            return true;
        }
    }
    return false;
}

/* The address in the envelope; false: it does not open. */
static bool open_address(
    struct email_feed *feed,
    const struct sealed_place *place,
    struct slice envelope,
    struct leaf leaf,
    struct slice *address)
{
    const struct lease lease = {.state = KEY_LIVE, .leaf = leaf, .key = feed->key};
    struct opened_part opened;
    struct error ignored;
    if (!aggregate_open_part(place, envelope, &lease, &feed->opened, &opened, &ignored) ||
        opened.outcome != OPEN_OK || opened.message != &customer_contact_message)
        return false;
    const struct customer_contact *contact = opened.body;
    *address = contact->email;
    return true;
}

static void take_event(struct broker *broker, const PGresult *result, int row)
{
    struct email_feed *feed = &broker->email_feed;
    int32_t tenant_id = row_i32(result, row, 2);
    const struct uuid *tenant = records_tenant_uuid(&broker->records, tenant_id);
    struct uuid id = row_uuid(result, row, 3);
    const struct subject *subject = subjects_find(&broker->subjects, tenant_id, &id);
    struct slice envelope, address;
    if (tenant == NULL || subject == NULL || (subject->fenced & 1) != 0 ||
        !find_part(row_bytes(result, row, 8), &feed->opened, &envelope))
        return;
    struct leaf leaf = subject_leaf(subject, 0);
    if (key_vault_derive(broker->vault, leaf, LEAF_DATA_KEY, feed->key) != KEY_LIVE)
        return;
    struct sealed_place place = place_of(tenant, result, row);
    if (!open_address(feed, &place, envelope, leaf, &address)) {
        feed->unopened++;
        return;
    }
    if (!email_index_set(
            &broker->emails, &broker->subjects, subjects_row(&broker->subjects, subject), address))
        feed->unopened++;
}

/* ---- slices ---- */

static void take_slice(struct broker *broker, const PGresult *result)
{
    struct email_feed *feed = &broker->email_feed;
    int64_t unopened = feed->unopened;
    int64_t head = row_i64(result, 0, 0);
    for (int row = 0; row < PQntuples(result); row++) {
        if (!row_is_null(result, row, 1)) {
            take_event(broker, result, row);
            arena_wipe(&feed->opened);
        }
    }
    sodium_memzero(feed->key, TREE_KEY_SIZE);
    sodium_stackzero(STACK_WIPED); /* what ciphers and copies of keys left there */
    if (feed->unopened != unopened)
        LOG(LOG_ERROR,
            "contact_unreadable",
            "contact data does not open under its own key: it was tampered with, or memory is "
            "short",
            LOG_NUMBER("events", feed->unopened - unopened),
            LOG_NUMBER("after_position", feed->position));
    feed->position = head < feed->position + POSITIONS ? head : feed->position + POSITIONS;
    if (feed->position == head && !feed->ready) {
        feed->ready = true;
        LOG(LOG_INFO,
            "emails_ready",
            "addresses can be looked up",
            LOG_NUMBER("addresses", (int64_t)broker->emails.count),
            LOG_NUMBER("position", head));
    }
}

static bool read_slice(struct broker *broker, PGresult **out, struct error *err)
{
    struct db_params params = {0};
    if (!broker_has_database(broker, err))
        return false;
    struct email_feed *feed = &broker->email_feed;
    if (feed->serial != broker->records.db.serial) {
        feed->serial = broker->records.db.serial;
        feed->position = 0;
        feed->ready = false;
        email_index_clear(&broker->emails);
    }
    db_param_i64(&params, feed->position);
    db_param_i32(&params, POSITIONS);
    return db_run(&broker->records.db, &contacts_statement, &params, out, err);
}

void email_feed_tick(struct broker *broker, int64_t now_us)
{
    struct email_feed *feed = &broker->email_feed;
    struct error err;
    PGresult *result;
    if (now_us < feed->due_us)
        return;
    if (!read_slice(broker, &result, &err)) {
        feed->due_us = now_us + AGAIN_US;
        return;
    }
    int64_t before = feed->position;
    take_slice(broker, result);
    PQclear(result);
    /* A whole slice: there may be more. */
    feed->due_us = feed->position - before == POSITIONS ? now_us : now_us + AGAIN_US;
}
