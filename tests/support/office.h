// SPDX-License-Identifier: Apache-2.0
// Where events are sealed and opened: an aggregate, the keys of its subject, and the last event as the
// store would give it back.
#ifndef SUPPORT_OFFICE_H
#define SUPPORT_OFFICE_H

#include "aggregate/load.h"
#include "golden/golden.h"
#include "support/person.h"
#include "support/stage.h"
#include "wire/scan.h"

#include <sodium.h>

enum { SUBJECT = 5 };

struct office {
    struct stage stage;
    struct arena secret;
    struct slab slab;
    struct nonces nonces;
    uint8_t keys[LEAVES_PER_SUBJECT][DATA_KEY_SIZE];
    struct lease leases[LEAVES_PER_SUBJECT];
    struct sealer sealer;
    struct event_place place;
    struct recorded_event recorded;
    struct sealed_parts parts;
    struct opened_part opened;
    struct error err;
};

static inline int open_office(void **state, enum category category)
{
    static struct office office;
    memset(&office, 0, sizeof(office));
    stage_open(&office.stage, category);
    office.stage.context.subject = SUBJECT_ACTIVE;
    arena_init(&office.secret, (size_t)1 << 20);
    assert_true(sodium_init() >= 0);
    assert_true(slab_open(&office.slab, 8192, true, &office.err));
    assert_true(nonces_open(&office.nonces, &office.slab));
    for (size_t i = 0; i < LEAVES_PER_SUBJECT; i++) {
        memset(office.keys[i], 0x40 + (int)i, DATA_KEY_SIZE);
        office.leases[i] = (struct lease){
            .state = KEY_LIVE,
            .leaf = {TREE_SUBJECTS, SUBJECT * LEAVES_PER_SUBJECT + i},
            .key = office.keys[i]};
    }
    office.sealer = (struct sealer){.leases = office.leases, .nonces = &office.nonces};
    office.place = (struct event_place){
        .tenant = office.stage.tenant.tenant,
        .stream = {.tenant_id = 1, .category = (int16_t)category, .id = {{0x51, 0x52}}},
        .version = 1,
        .command_id = {{0xc1}},
        .occurred_us = STAGE_NOW};
    *state = &office;
    return 0;
}

static inline int open_order(void **state)
{
    return open_office(state, CATEGORY_ORDER);
}

static inline int open_customer(void **state)
{
    return open_office(state, CATEGORY_CUSTOMER);
}

static inline int close_office(void **state)
{
    struct office *office = *state;
    slab_close(&office->slab);
    arena_release(&office->secret);
    stage_close(&office->stage);
    return 0;
}

/* The event as it is stored at office->place. */
static inline void store(struct office *office, const struct event *event)
{
    struct new_event encoded;
    if (!aggregate_encode(
            event, &office->place, &office->sealer, &office->stage.arena, &encoded, &office->err))
        fail_msg("%s", office->err.text);
    office->recorded = (struct recorded_event){
        .stream = office->place.stream,
        .version = office->place.version,
        .type = encoded.type,
        .schema_version = encoded.schema_version,
        .command_id = office->place.command_id,
        .payload = encoded.payload,
        .sealed = encoded.sealed};
    struct wire_fault fault;
    office->parts.parts_count = 0;
    if (encoded.sealed.size == 0)
        return;
    assert_true(wire_scan(encoded.sealed, &wire_event_limits, &fault));
    assert_true(wire_decode(
        &sealed_parts_message,
        WIRE_STORED,
        encoded.sealed,
        &office->stage.arena,
        &office->parts,
        &fault));
}

static inline void place_order(struct office *office)
{
    struct stage_order order;
    stage_fill_order(&order);
    ada_orders(&order.command);
    stage_decide(&office->stage, COMMAND_PLACE_ORDER, &order.command);
    stage_accepted(&office->stage, 1);
    store(office, &office->stage.decision.events[0]);
}

static inline struct sealed_place place_of(const struct office *office, size_t part)
{
    return sealed_place_of_event(
        &office->stage.tenant.tenant, &office->recorded, office->parts.parts[part].class);
}

static inline enum open_outcome open_at(
    struct office *office,
    const struct sealed_place *place,
    struct slice envelope,
    const struct lease *lease)
{
    arena_wipe(&office->secret);
    office->opened = (struct opened_part){.outcome = (enum open_outcome)77};
    if (!aggregate_open_part(
            place, envelope, lease, &office->secret, &office->opened, &office->err))
        fail_msg("%s", office->err.text);
    assert_int_equal(office->opened.body != NULL, office->opened.outcome == OPEN_OK);
    return office->opened.outcome;
}

/* The part at its place, with its subject's lease in this state. */
static inline enum open_outcome open_part(struct office *office, size_t part, enum key_state state)
{
    const struct sealed_part *sealed = &office->parts.parts[part];
    struct sealed_place place = place_of(office, part);
    struct lease lease = office->leases[sealed->class - 1];
    lease.state = state;
    if (state != KEY_LIVE)
        lease.key = NULL;
    return open_at(office, &place, sealed->envelope, &lease);
}

static inline bool holds(struct slice bytes, const char *text)
{
    size_t size = strlen(text);
    for (size_t i = 0; i + size <= bytes.size; i++) {
        if (memcmp(bytes.data + i, text, size) == 0)
            return true;
    }
    return false;
}

#endif
