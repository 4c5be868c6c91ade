// SPDX-License-Identifier: Apache-2.0
// Personal fields of events into envelopes: all of them, nothing of them in clear, and none without its
// key.
#include "support/office.h"
#include "upcast/event_read.h"

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

/* Neither in the payload nor beside it, and the payload is the one of an order of nobody, to the same
 * country: that is clear on purpose. */
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
    struct order_placed nobodys =
        *(const struct order_placed *)office->stage.decision.events[0].body;
    assert_false(nobodys.has_bill_country);
    nobodys.bill_country = slice_of_text("DE");
    nobodys.has_bill_country = true;
    store(office, &(struct event){EVENT_ORDER_PLACED, &nobodys});
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
                    greatest_size(message->fields[i].element), 50, PERSONAL_MOST_SECTION);
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
        ORDER(a_key_that_is_not_held_is_transient),
        ORDER(an_exhausted_arena_is_fatal),
        ORDER(a_command_says_which_keys_it_needs),
        ORDER(the_keys_asked_for_are_the_keys_used),
        ORDER(every_personal_record_fits_its_room),
        ORDER(the_subject_is_the_customer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
