// SPDX-License-Identifier: Apache-2.0
// Personal fields of events into envelopes and back: by the four outcomes, which are never taken for
// one another, and at the one place that each was sealed for.
#include "aggregate/load.h"
#include "golden/golden.h"
#include "support/person.h"
#include "support/stage.h"
#include "upcast/event_read.h"
#include "wire/scan.h"

#include <sodium.h>

enum { SUBJECT = 5 };

/* An aggregate, the keys of its subject, and the last event as the store would give it back. */
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

static int open_office(void **state, enum category category)
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
        .stream = {.category = (int16_t)category, .id = {{0x51, 0x52}}},
        .version = 1,
        .command_id = {{0xc1}},
        .occurred_us = STAGE_NOW};
    *state = &office;
    return 0;
}

static int open_order(void **state)
{
    return open_office(state, CATEGORY_ORDER);
}

static int open_customer(void **state)
{
    return open_office(state, CATEGORY_CUSTOMER);
}

static int close_office(void **state)
{
    struct office *office = *state;
    slab_close(&office->slab);
    arena_release(&office->secret);
    stage_close(&office->stage);
    return 0;
}

/* The event as it is stored at office->place. */
static void store(struct office *office, const struct event *event)
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

static void place_order(struct office *office)
{
    struct stage_order order;
    stage_fill_order(&order);
    ada_orders(&order.command);
    stage_decide(&office->stage, COMMAND_PLACE_ORDER, &order.command);
    stage_accepted(&office->stage, 1);
    store(office, &office->stage.decision.events[0]);
}

static struct sealed_place place_of(const struct office *office, size_t part)
{
    return sealed_place_of_event(
        &office->stage.tenant.tenant, &office->recorded, office->parts.parts[part].class);
}

static enum open_outcome open_at(
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
static enum open_outcome open_part(struct office *office, size_t part, enum key_state state)
{
    const struct sealed_part *sealed = &office->parts.parts[part];
    struct sealed_place place = place_of(office, part);
    struct lease lease = office->leases[sealed->class - 1];
    lease.state = state;
    if (state != KEY_LIVE)
        lease.key = NULL;
    return open_at(office, &place, sealed->envelope, &lease);
}

static bool holds(struct slice bytes, const char *text)
{
    size_t size = strlen(text);
    for (size_t i = 0; i + size <= bytes.size; i++) {
        if (memcmp(bytes.data + i, text, size) == 0)
            return true;
    }
    return false;
}

/* ---- there and back ---- */

static void an_orders_person_comes_back_by_class(void **state)
{
    struct office *office = *state;
    const struct person_contact contact = ada_contact();
    const struct order_delivery delivery = ada_delivery();
    struct postal_address bill_to = ada_address();
    bill_to.name = slice_of_text("Ada Lovelace");
    bill_to.has_name = true;
    const struct {
        int64_t class;
        const struct message *message;
        const void *body;
    } expected[] = {
        {CLASS_CONTACT, &person_contact_message, &contact},
        {CLASS_DELIVERY, &order_delivery_message, &delivery},
        {CLASS_INVOICE, &postal_address_message, &bill_to}};
    place_order(office);
    assert_int_equal(office->parts.parts_count, countof(expected));
    for (size_t i = 0; i < countof(expected); i++) {
        assert_int_equal(office->parts.parts[i].class, expected[i].class);
        assert_int_equal(office->parts.parts[i].envelope.size % SEAL_BLOCK, SEAL_OVERHEAD % 64);
        assert_int_equal(open_part(office, i, KEY_LIVE), OPEN_OK);
        assert_ptr_equal(office->opened.message, expected[i].message);
        assert_same_message(expected[i].message, office->opened.body, expected[i].body);
    }
    assert_string_equal(open_outcome_name(OPEN_KEY_UNAVAILABLE), "key unavailable");
}

/* Neither in the payload nor beside it, and the payload is the one of an order of nobody. */
static void nothing_of_the_person_is_stored_in_clear(void **state)
{
    struct office *office = *state;
    static const char *const needles[] = {
        "Ada", "Lovelace", "example.org", "James", "10115", "Berlin", "Ring", "4930", "1234567"};
    place_order(office);
    for (size_t i = 0; i < countof(needles); i++) {
        assert_false(holds(office->recorded.payload, needles[i]));
        assert_false(holds(office->recorded.sealed, needles[i]));
    }
    struct slice with_person = office->recorded.payload;
    struct stage_order order;
    stage_fill_order(&order);
    stage_decide(&office->stage, COMMAND_PLACE_ORDER, &order.command);
    store(office, &office->stage.decision.events[0]);
    assert_int_equal(office->recorded.sealed.size, 0);
    assert_true(slice_equal(office->recorded.payload, with_person));
}

static void customers_are_sealed_too(void **state)
{
    struct office *office = *state;
    const struct customer_contact contact = ada_customer();
    const struct register_customer registers = {
        .region = SLICE_LITERAL("eu"), .contact = ada_customer()};
    const struct change_contact change = {.contact = ada_customer()};
    stage_do(&office->stage, COMMAND_REGISTER_CUSTOMER, &registers, 1);
    store(office, &office->stage.decision.events[0]);
    assert_int_equal(open_part(office, 0, KEY_LIVE), OPEN_OK);
    assert_same_message(&customer_contact_message, office->opened.body, &contact);
    stage_do(&office->stage, COMMAND_CHANGE_CONTACT, &change, 1);
    office->place.version = 2;
    store(office, &office->stage.decision.events[0]);
    assert_int_equal(office->recorded.payload.size, 1); /* nothing of it is clear */
    assert_int_equal(open_part(office, 0, KEY_LIVE), OPEN_OK);
    assert_same_message(&customer_contact_message, office->opened.body, &contact);
}

/* No key is needed to know the state, and none is asked for. */
static void folding_needs_no_keys(void **state)
{
    struct office *office = *state;
    place_order(office);
    struct loaded_stream stream = {.version = 1, .events = &office->recorded, .event_count = 1};
    struct aggregate aggregate;
    assert_true(
        aggregate_load(&stream, CATEGORY_ORDER, &office->stage.arena, &aggregate, &office->err));
    const struct order *order = aggregate.state;
    assert_int_equal(order->total, 6106);
    struct event event;
    assert_true(event_read(
        office->recorded.type,
        office->recorded.schema_version,
        office->recorded.payload,
        &office->stage.arena,
        &event,
        &office->err));
    const struct order_placed *placed = event.body;
    assert_false(placed->has_contact || placed->has_delivery || placed->has_bill_to);
}

static void every_sealing_is_another(void **state)
{
    struct office *office = *state;
    place_order(office);
    struct slice first = office->parts.parts[0].envelope;
    place_order(office); /* the same event, as after a conflict */
    struct slice second = office->parts.parts[0].envelope;
    assert_int_equal(first.size, second.size);
    assert_memory_not_equal(first.data + 12, second.data + 12, SEAL_NONCE_SIZE);
    assert_memory_equal(first.data, second.data, 12); /* the same leaf */
}

/* ---- the four outcomes ---- */

static void erased_is_erased_and_nothing_else_is(void **state)
{
    struct office *office = *state;
    place_order(office);
    for (size_t i = 0; i < office->parts.parts_count; i++) {
        struct sealed_place place = place_of(office, i);
        assert_int_equal(open_part(office, i, KEY_ERASED), OPEN_ERASED);
        assert_int_equal(open_part(office, i, KEY_ERASING), OPEN_KEY_UNAVAILABLE);
        assert_int_equal(open_part(office, i, KEY_RESTRICTED), OPEN_KEY_UNAVAILABLE);
        assert_int_equal(open_part(office, i, KEY_UNKNOWN), OPEN_KEY_UNAVAILABLE);
        assert_int_equal(
            open_at(office, &place, office->parts.parts[i].envelope, NULL), OPEN_KEY_UNAVAILABLE);
        const struct lease unknown = {.state = KEY_UNKNOWN}; /* a leaf that nobody has, too */
        assert_int_equal(
            open_at(office, &place, office->parts.parts[i].envelope, &unknown),
            OPEN_KEY_UNAVAILABLE);
    }
}

/* Copies the envelope and changes one byte of the copy. */
static struct slice with_byte_changed(struct office *office, struct slice envelope, size_t at)
{
    struct slice copy;
    assert_true(arena_copy(&office->stage.arena, envelope, &copy));
    uint8_t *bytes = arena_take_raw(&office->stage.arena, envelope.size);
    assert_non_null(bytes);
    memcpy(bytes, copy.data, copy.size);
    bytes[at] ^= 1;
    return slice_of(bytes, copy.size);
}

static void a_changed_byte_is_tampering(void **state)
{
    struct office *office = *state;
    place_order(office);
    struct sealed_place place = place_of(office, 0);
    struct slice envelope = office->parts.parts[0].envelope;
    const struct lease *lease = &office->leases[CLASS_CONTACT - 1];
    for (size_t at = 0; at < envelope.size; at++) {
        struct slice changed = with_byte_changed(office, envelope, at);
        assert_int_equal(open_at(office, &place, changed, lease), OPEN_TAMPERED);
    }
    static const size_t sizes[] = {0, 1, 12, 52, 67, 68, 131};
    for (size_t i = 0; i < countof(sizes); i++) {
        struct slice cut = slice_of(envelope.data, sizes[i]);
        assert_int_equal(open_at(office, &place, cut, lease), OPEN_TAMPERED);
    }
}

/* An envelope that was edited to name a forgotten leaf does not pass for an erased one. */
static void another_leaf_is_tampering_whatever_became_of_it(void **state)
{
    struct office *office = *state;
    static const enum key_state states[] = {KEY_LIVE, KEY_ERASED, KEY_ERASING, KEY_RESTRICTED};
    place_order(office);
    struct sealed_place place = place_of(office, 0);
    for (size_t i = 0; i < countof(states); i++) {
        struct lease lease = office->leases[0];
        lease.state = states[i];
        lease.leaf.number += LEAVES_PER_SUBJECT; /* of the neighbour */
        assert_int_equal(
            open_at(office, &place, office->parts.parts[0].envelope, &lease), OPEN_TAMPERED);
        lease = office->leases[0];
        lease.state = states[i];
        struct slice edited = with_byte_changed(office, office->parts.parts[0].envelope, 10);
        assert_int_equal(open_at(office, &place, edited, &lease), OPEN_TAMPERED);
        lease.leaf.tree = TREE_EPOCHS;
        assert_int_equal(
            open_at(office, &place, office->parts.parts[0].envelope, &lease), OPEN_TAMPERED);
    }
}

/* The class beside an envelope is clear: who edits it gets another leaf of the same subject. */
static void another_class_is_tampering(void **state)
{
    struct office *office = *state;
    place_order(office);
    for (int64_t class = 1; class <= MESSAGE_CLASSES; class ++) {
        struct sealed_place place = place_of(office, 0);
        place.class = class;
        enum open_outcome outcome =
            open_at(office, &place, office->parts.parts[0].envelope, &office->leases[class - 1]);
        assert_int_equal(outcome, class == CLASS_CONTACT ? OPEN_OK : OPEN_TAMPERED);
        struct lease gone = office->leases[class - 1];
        gone.state = KEY_ERASED;
        outcome = open_at(office, &place, office->parts.parts[0].envelope, &gone);
        assert_int_equal(outcome, class == CLASS_CONTACT ? OPEN_ERASED : OPEN_TAMPERED);
        /* That can be seen without a broker. */
        outcome = open_at(office, &place, office->parts.parts[0].envelope, NULL);
        assert_int_equal(outcome, class == CLASS_CONTACT ? OPEN_KEY_UNAVAILABLE : OPEN_TAMPERED);
    }
}

static void a_moved_envelope_does_not_open(void **state)
{
    struct office *office = *state;
    place_order(office);
    const struct sealed_place home = place_of(office, 0);
    struct sealed_place places[7];
    for (size_t i = 0; i < countof(places); i++)
        places[i] = home;
    places[0].version++;
    places[1].stream.id.bytes[15] ^= 1;
    places[2].stream.category = CATEGORY_CUSTOMER;
    places[3].tenant.bytes[0] ^= 1;
    places[4].event_id.bytes[3] ^= 1;
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(
            open_at(office, &places[i], office->parts.parts[0].envelope, &office->leases[0]),
            OPEN_TAMPERED);
    }
    /* Into an event of another type that has this class, too. */
    places[5].event_type = slice_of_text("CustomerRegistered");
    places[5].schema_version = 2;
    places[6].event_type = slice_of_text("ShippingAddressChanged"); /* has no such class */
    places[6].schema_version = 2;
    for (size_t i = 5; i < countof(places); i++) {
        assert_int_equal(
            open_at(office, &places[i], office->parts.parts[0].envelope, &office->leases[0]),
            OPEN_TAMPERED);
    }
    assert_int_equal(
        open_at(office, &home, office->parts.parts[0].envelope, &office->leases[0]), OPEN_OK);
}

/* What the auditors' tools and other programs go by. */
static void the_place_is_the_one_of_the_envelopes_format(void **state)
{
    struct office *office = *state;
    uint8_t plain[1024];
    size_t size;
    place_order(office);
    const struct slice envelope = office->parts.parts[1].envelope;
    const struct uuid *tenant = &office->stage.tenant.tenant;
    struct seal_place place = {
        .tenant = slice_of(tenant->bytes, sizeof(tenant->bytes)),
        .stream_type = SLICE_LITERAL("order"),
        .stream_id = office->place.stream.id,
        .version = 1,
        .event_id = office->place.command_id,
        .event_type = SLICE_LITERAL("OrderPlaced"),
        .schema_version = 3,
        .class = 1};
    assert_true(seal_open(office->keys[1], &place, envelope, plain, &size));
    assert_true(holds(slice_of(plain, size), "Ring twice."));
    place.schema_version = 2;
    assert_false(seal_open(office->keys[1], &place, envelope, plain, &size));
    place.schema_version = 3;
    place.event_type = slice_of_text("OrderCreated");
    assert_false(seal_open(office->keys[1], &place, envelope, plain, &size));
}

static void another_key_is_tampering(void **state)
{
    struct office *office = *state;
    place_order(office);
    struct sealed_place place = place_of(office, 0);
    struct lease wrong = office->leases[0];
    wrong.key = office->keys[1];
    assert_int_equal(
        open_at(office, &place, office->parts.parts[0].envelope, &wrong), OPEN_TAMPERED);
}

static void a_copy_opens_where_it_was_copied_from(void **state)
{
    struct office *office = *state;
    place_order(office);
    const struct sealed_copy copy = {
        .class = CLASS_CONTACT,
        .version = 1,
        .event_id = office->place.command_id,
        .event_type = office->recorded.type,
        .schema_version = office->recorded.schema_version,
        .envelope = office->parts.parts[0].envelope};
    struct stream_id row = office->place.stream;
    struct sealed_place place = sealed_place_of_copy(&office->stage.tenant.tenant, &row, &copy);
    assert_int_equal(open_at(office, &place, copy.envelope, &office->leases[0]), OPEN_OK);
    row.id.bytes[0] ^= 1; /* copied to another row */
    place = sealed_place_of_copy(&office->stage.tenant.tenant, &row, &copy);
    assert_int_equal(open_at(office, &place, copy.envelope, &office->leases[0]), OPEN_TAMPERED);
}

static void a_newer_event_is_said(void **state)
{
    struct office *office = *state;
    place_order(office);
    struct sealed_place place = place_of(office, 0);
    place.schema_version = 4;
    office->opened.outcome = OPEN_ERASED;
    assert_false(aggregate_open_part(
        &place,
        office->parts.parts[0].envelope,
        &office->leases[0],
        &office->secret,
        &office->opened,
        &office->err));
    assert_int_equal(office->err.kind, ERROR_invalid);
    assert_int_equal(office->opened.outcome, OPEN_ERASED); /* untouched */
}

/* ---- what is missing ---- */

static void a_key_that_is_not_held_is_transient(void **state)
{
    struct office *office = *state;
    struct stage_order order;
    struct new_event encoded = {.schema_version = 77};
    stage_fill_order(&order);
    ada_orders(&order.command);
    stage_decide(&office->stage, COMMAND_PLACE_ORDER, &order.command);
    for (size_t class = CLASS_CONTACT; class <= CLASS_INVOICE; class ++) {
        office->leases[class - 1].key = NULL;
        assert_false(aggregate_encode(
            &office->stage.decision.events[0],
            &office->place,
            &office->sealer,
            &office->stage.arena,
            &encoded,
            &office->err));
        assert_int_equal(office->err.kind, ERROR_transient);
        assert_int_equal(encoded.schema_version, 77);
        office->leases[class - 1].key = office->keys[class - 1];
    }
    office->leases[CLASS_PAYMENT - 1].key = NULL; /* of no use here */
    store(office, &office->stage.decision.events[0]);
    assert_int_equal(office->parts.parts_count, 3);
}

static void an_exhausted_arena_is_fatal(void **state)
{
    struct office *office = *state;
    size_t failures = 0;
    place_order(office);
    struct sealed_place place = place_of(office, 0);
    for (size_t maximum = 0; maximum < 4096; maximum += 16) {
        struct arena small;
        struct new_event encoded;
        struct opened_part opened;
        arena_init(&small, maximum);
        if (!aggregate_encode(
                &office->stage.decision.events[0],
                &office->place,
                &office->sealer,
                &small,
                &encoded,
                &office->err)) {
            assert_int_equal(office->err.kind, ERROR_fatal);
            failures++;
        }
        arena_reset(&small);
        if (!aggregate_open_part(
                &place,
                office->parts.parts[0].envelope,
                &office->leases[0],
                &small,
                &opened,
                &office->err))
            assert_int_equal(office->err.kind, ERROR_fatal);
        else
            assert_int_equal(opened.outcome, OPEN_OK);
        arena_release(&small);
    }
    assert_in_range(failures, 20, 200);
}

/* ---- before anything is sealed ---- */

static uint8_t classes_of(enum command_type type, const void *body)
{
    const struct command command = {.type = type, .body = body};
    return aggregate_classes(&command);
}

static uint8_t bit(enum message_class class)
{
    return (uint8_t)(1u << (class - 1));
}

static void a_command_says_which_keys_it_needs(void **state)
{
    (void)state;
    struct stage_order order;
    const struct cancel_order cancel = {.reason = 0};
    const struct register_customer registers = {.contact = ada_customer()};
    const struct change_contact change = {.contact = ada_customer()};
    const struct change_shipping_address address = {.address = ada_address()};
    stage_fill_order(&order);
    assert_int_equal(classes_of(COMMAND_PLACE_ORDER, &order.command), 0);
    order.command.has_contact = true;
    assert_int_equal(classes_of(COMMAND_PLACE_ORDER, &order.command), bit(CLASS_CONTACT));
    order.command.has_delivery = true; /* and an invoice for it */
    assert_int_equal(
        classes_of(COMMAND_PLACE_ORDER, &order.command),
        bit(CLASS_CONTACT) | bit(CLASS_DELIVERY) | bit(CLASS_INVOICE));
    order.command.has_contact = order.command.has_delivery = false;
    order.command.has_bill_to = true;
    assert_int_equal(classes_of(COMMAND_PLACE_ORDER, &order.command), bit(CLASS_INVOICE));
    assert_int_equal(classes_of(COMMAND_CANCEL_ORDER, &cancel), 0);
    assert_int_equal(classes_of(COMMAND_REGISTER_CUSTOMER, &registers), bit(CLASS_CONTACT));
    assert_int_equal(classes_of(COMMAND_CHANGE_CONTACT, &change), bit(CLASS_CONTACT));
    assert_int_equal(classes_of(COMMAND_CHANGE_SHIPPING_ADDRESS, &address), bit(CLASS_DELIVERY));
}

/* What a command says it needs is what its events take. */
static void the_keys_asked_for_are_the_keys_used(void **state)
{
    struct office *office = *state;
    for (unsigned which = 0; which < 8; which++) {
        struct stage_order order;
        stage_fill_order(&order);
        order.command.contact = ada_contact();
        order.command.delivery = ada_delivery();
        order.command.bill_to = ada_address();
        order.command.has_contact = (which & 1) != 0;
        order.command.has_delivery = (which & 2) != 0;
        order.command.has_bill_to = (which & 4) != 0;
        stage_decide(&office->stage, COMMAND_PLACE_ORDER, &order.command);
        stage_accepted(&office->stage, 1);
        store(office, &office->stage.decision.events[0]);
        uint8_t used = 0;
        for (size_t i = 0; i < office->parts.parts_count; i++)
            used |= bit((enum message_class)office->parts.parts[i].class);
        assert_int_equal(used, classes_of(COMMAND_PLACE_ORDER, &order.command));
    }
}

/* Bytes that a record can have at most; none has a list. */
static size_t greatest_size(const struct message *message)
{
    const struct message *open[MESSAGE_MAX_DEPTH * 8] = {message};
    size_t count = 1;
    size_t size = 0;
    while (count > 0) {
        const struct message *at = open[--count];
        size += 3;
        for (size_t i = 0; i < at->field_count; i++) {
            const struct message_field *field = &at->fields[i];
            assert_int_not_equal(field->kind, KIND_LIST);
            bool is_text = field->kind == KIND_TEXT || field->kind == KIND_BYTES;
            size += is_text ? 5 + (size_t)field->greatest : 20;
            if (field->kind == KIND_RECORD) {
                assert_true(count < countof(open));
                open[count++] = field->element;
            }
        }
    }
    return size;
}

static void every_personal_record_fits_its_room(void **state)
{
    (void)state;
    for (size_t type = 0; type < EVENT_TYPE_COUNT; type++) {
        const struct message *message = event_descriptions[type].message;
        for (size_t i = 0; i < message->field_count; i++) {
            if (message_is_personal(&message->fields[i]))
                assert_in_range(
                    greatest_size(message->fields[i].element), 100, PERSONAL_MOST_SECTION);
        }
    }
}

static void the_subject_is_the_customer(void **state)
{
    struct office *office = *state;
    struct stage *stage = &office->stage;
    struct stage_order order;
    struct uuid subject;
    stage_fill_order(&order);
    struct command place = {COMMAND_PLACE_ORDER, &order.command};
    struct change_shipping_address address = {.address = ada_address()};
    struct command move = {COMMAND_CHANGE_SHIPPING_ADDRESS, &address};
    const struct stream_id *stream = &office->place.stream;
    assert_false(aggregate_subject(&stage->aggregate, stream, &move, &subject));
    assert_true(aggregate_subject(&stage->aggregate, stream, &place, &subject));
    assert_true(uuid_equal(&subject, &order.command.customer_id));
    stage_place(stage);
    assert_true(aggregate_subject(&stage->aggregate, stream, &move, &subject));
    assert_true(uuid_equal(&subject, &order.command.customer_id));
    order.command.customer_id.bytes[0] ^= 1; /* of somebody else: it will be refused anyway */
    assert_true(aggregate_subject(&stage->aggregate, stream, &place, &subject));
    assert_false(uuid_equal(&subject, &order.command.customer_id));
    assert_true(aggregate_init(&stage->aggregate, CATEGORY_STOCK, &stage->arena));
    assert_false(aggregate_subject(&stage->aggregate, stream, &move, &subject));
    assert_true(aggregate_init(&stage->aggregate, CATEGORY_CUSTOMER, &stage->arena));
    assert_true(aggregate_subject(&stage->aggregate, stream, &move, &subject));
    assert_true(uuid_equal(&subject, &stream->id));
}

#define ORDER(test) cmocka_unit_test_setup_teardown(test, open_order, close_office)
#define CUSTOMER(test) cmocka_unit_test_setup_teardown(test, open_customer, close_office)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ORDER(an_orders_person_comes_back_by_class),
        ORDER(nothing_of_the_person_is_stored_in_clear),
        CUSTOMER(customers_are_sealed_too),
        ORDER(folding_needs_no_keys),
        ORDER(every_sealing_is_another),
        ORDER(erased_is_erased_and_nothing_else_is),
        ORDER(a_changed_byte_is_tampering),
        ORDER(another_leaf_is_tampering_whatever_became_of_it),
        ORDER(another_class_is_tampering),
        ORDER(a_moved_envelope_does_not_open),
        ORDER(the_place_is_the_one_of_the_envelopes_format),
        ORDER(another_key_is_tampering),
        ORDER(a_copy_opens_where_it_was_copied_from),
        ORDER(a_newer_event_is_said),
        ORDER(a_key_that_is_not_held_is_transient),
        ORDER(an_exhausted_arena_is_fatal),
        ORDER(a_command_says_which_keys_it_needs),
        ORDER(the_keys_asked_for_are_the_keys_used),
        ORDER(every_personal_record_fits_its_room),
        ORDER(the_subject_is_the_customer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
