// SPDX-License-Identifier: Apache-2.0
// Opening envelopes: four outcomes that are never taken for one another, and the one place that each
// envelope was sealed for.
#include "support/office.h"

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

#define ORDER(test) cmocka_unit_test_setup_teardown(test, open_order, close_office)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ORDER(erased_is_erased_and_nothing_else_is),
        ORDER(a_changed_byte_is_tampering),
        ORDER(another_leaf_is_tampering_whatever_became_of_it),
        ORDER(another_class_is_tampering),
        ORDER(a_moved_envelope_does_not_open),
        ORDER(the_place_is_the_one_of_the_envelopes_format),
        ORDER(another_key_is_tampering),
        ORDER(a_copy_opens_where_it_was_copied_from),
        ORDER(a_newer_event_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
