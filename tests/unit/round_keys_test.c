// SPDX-License-Identifier: Apache-2.0
// Whose keys a round asks for, which ones, and what the answers mean for a command.
#include "support/round_court.h"

enum { CONTACT = 1, DELIVERY = 2, INVOICE = 4 }; /* bits of leaves */

static uint8_t classes_of(const struct court *court, uint8_t customer)
{
    const struct uuid subject = court_customer(customer);
    const struct subject_keys *keys =
        round_keys_find(&court->keys, &court->stage.tenant.tenant, &subject);
    return keys != NULL ? keys->classes : 0;
}

static void nothing_is_asked_for_when_nothing_is_personal(void **state)
{
    struct court *court = *state;
    static const struct cancel_order cancel = {.reason = 0};
    (void)court_place(court, 1, false, 1, 1);
    (void)court_add(court, COMMAND_CANCEL_ORDER, &cancel, 1, 2);
    court_wish(court);
    assert_int_equal(court->keys.count, 0);
    assert_int_equal(court->keys.wish_count, 0);
}

static void an_order_asks_for_its_customer_and_the_classes_it_seals(void **state)
{
    struct court *court = *state;
    (void)court_place(court, 1, true, 1, 1);
    court_wish(court);
    assert_int_equal(court->keys.count, 1);
    assert_int_equal(classes_of(court, 1), CONTACT | DELIVERY | INVOICE);
    assert_int_equal(court->keys.wish_count, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct lease_wish *wish = &court->keys.wishes[i];
        assert_int_equal(wish->class, i);
        assert_true(wish->allocate);
        assert_false(wish->by_leaf);
        assert_true(uuid_equal(&wish->tenant, &court->stage.tenant.tenant));
    }
}

static void a_customer_with_many_orders_is_asked_for_once(void **state)
{
    struct court *court = *state;
    (void)court_place(court, 1, true, 1, 1);
    (void)court_place(court, 2, true, 2, 2);
    (void)court_place(court, 1, true, 3, 3);
    (void)court_add(
        court, COMMAND_REGISTER_CUSTOMER, &court_register, (uint8_t)(COURT_CUSTOMER + 1), 4);
    court_wish(court);
    assert_int_equal(court->keys.count, 2);
    assert_int_equal(court->keys.wish_count, 6);
}

/* Two tenants may know somebody by the same id: those are two people, with a key each. */
static void the_same_id_in_two_tenants_is_two_people(void **state)
{
    struct court *court = *state;
    struct tenant_settings other = court->stage.tenant;
    const struct uuid subject = court_customer(1);
    other.tenant.bytes[0] ^= 1;
    (void)court_place(court, 1, true, 1, 1);
    struct item *item = court_place(court, 1, true, 1, 1);
    item->settings = &other;
    item->stream.tenant_id = 2;
    court_wish(court);
    assert_int_equal(court->round.group_count, 2);
    assert_int_equal(court->keys.count, 2);
    assert_int_equal(court->keys.wish_count, 6);
    const struct subject_keys *ours =
        round_keys_find(&court->keys, &court->stage.tenant.tenant, &subject);
    const struct subject_keys *theirs = round_keys_find(&court->keys, &other.tenant, &subject);
    assert_true(ours != NULL && theirs != NULL && ours != theirs);
    size_t of_other = 0;
    for (size_t i = 0; i < court->keys.wish_count; i++)
        of_other += uuid_equal(&court->keys.wishes[i].tenant, &other.tenant);
    assert_int_equal(of_other, 3);
}

static void a_change_behind_an_order_of_the_round_is_about_its_customer(void **state)
{
    struct court *court = *state;
    (void)court_place(court, 1, false, 1, 1);
    (void)court_add(court, COMMAND_CHANGE_SHIPPING_ADDRESS, &court_change_address, 1, 2);
    court_wish(court);
    assert_int_equal(court->keys.count, 1);
    assert_int_equal(classes_of(court, 1), DELIVERY);
}

static void each_customer_an_order_may_be_of_is_asked_for(void **state)
{
    struct court *court = *state;
    (void)court_place(court, 1, true, 1, 1);
    (void)court_place(court, 2, false, 1, 2);
    (void)court_add(court, COMMAND_CHANGE_SHIPPING_ADDRESS, &court_change_address, 1, 3);
    court_wish(court);
    assert_int_equal(court->keys.count, 2);
    assert_int_equal(classes_of(court, 1), CONTACT | DELIVERY | INVOICE);
    assert_int_equal(classes_of(court, 2), CONTACT | DELIVERY | INVOICE);
}

static void a_stream_that_does_not_exist_gives_nobody_leaves(void **state)
{
    struct court *court = *state;
    (void)court_add(court, COMMAND_CHANGE_SHIPPING_ADDRESS, &court_change_address, 1, 1);
    (void)court_add(court, COMMAND_CHANGE_CONTACT, &court_change_contact, 2, 2);
    court_wish(court);
    assert_int_equal(court->keys.count, 0);
}

static void what_was_answered_before_asks_for_nothing(void **state)
{
    struct court *court = *state;
    struct item *item = court_place(court, 1, true, 1, 1);
    item->look_up = true;
    court->known[0].known = true;
    court_wish(court);
    assert_int_equal(court->keys.count, 0);
}

static void what_is_refused_asks_for_nothing(void **state)
{
    struct court *court = *state;
    struct item *item = court_place(court, 1, true, 1, 1);
    item->is_refused = true;
    item->look_up = true;
    court_wish(court);
    assert_int_equal(court->keys.count, 0);
}

static enum subject_state state_of(struct court *court, uint8_t classes)
{
    enum subject_state found = SUBJECT_NONE_NEEDED;
    const struct uuid subject = court_customer(1);
    court_wish(court);
    court_grant(court);
    assert_true(round_keys_state(
        round_keys_find(&court->keys, &court->stage.tenant.tenant, &subject),
        classes,
        &found,
        &court->err));
    return found;
}

static void a_command_is_stopped_by_the_leaves_it_needs_and_no_others(void **state)
{
    struct court *court = *state;
    (void)court_place(court, 1, true, 1, 1);
    assert_int_equal(state_of(court, CONTACT | DELIVERY), SUBJECT_ACTIVE);
    court->odd_class = 1;
    court->odd = KEY_ERASING;
    assert_int_equal(state_of(court, CONTACT | DELIVERY), SUBJECT_ERASING);
    assert_int_equal(state_of(court, CONTACT | INVOICE), SUBJECT_ACTIVE);
    court->state = KEY_ERASED;
    assert_int_equal(state_of(court, CONTACT | DELIVERY), SUBJECT_ERASED);
    assert_int_equal(state_of(court, DELIVERY), SUBJECT_ERASING);
}

static void a_leaf_that_is_neither_there_nor_erased_is_no_answer(void **state)
{
    struct court *court = *state;
    enum subject_state found;
    const struct uuid subject = court_customer(1);
    static const enum key_state states[] = {KEY_UNKNOWN, KEY_RESTRICTED};
    (void)court_place(court, 1, true, 1, 1);
    for (size_t i = 0; i < countof(states); i++) {
        court->state = states[i];
        court_wish(court);
        court_grant(court);
        assert_false(round_keys_state(
            round_keys_find(&court->keys, &court->stage.tenant.tenant, &subject),
            CONTACT,
            &found,
            &court->err));
    }
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, court_open, court_close)
    const struct CMUnitTest tests[] = {
        CASE(nothing_is_asked_for_when_nothing_is_personal),
        CASE(an_order_asks_for_its_customer_and_the_classes_it_seals),
        CASE(a_customer_with_many_orders_is_asked_for_once),
        CASE(the_same_id_in_two_tenants_is_two_people),
        CASE(a_change_behind_an_order_of_the_round_is_about_its_customer),
        CASE(each_customer_an_order_may_be_of_is_asked_for),
        CASE(a_stream_that_does_not_exist_gives_nobody_leaves),
        CASE(what_was_answered_before_asks_for_nothing),
        CASE(what_is_refused_asks_for_nothing),
        CASE(a_command_is_stopped_by_the_leaves_it_needs_and_no_others),
        CASE(a_leaf_that_is_neither_there_nor_erased_is_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
