// SPDX-License-Identifier: Apache-2.0
// Deciding with personal data: what is accepted is sealed, with new nonces at every try; what cannot
// be sealed is refused by name, and nothing of it is stored.
#include "support/round_court.h"
#include "message/sealed.h"

#include <stdlib.h>

enum { TRIES = 50, NONCE_AT = 12 };

static const struct new_event *event_of(const struct court *court, size_t append, size_t command)
{
    const struct new_command *decided = &court->round.appends[append].commands[command];
    assert_int_equal(decided->event_count, 1);
    return &decided->events[0];
}

static struct sealed_parts parts_of(struct court *court, const struct new_event *event)
{
    struct sealed_parts parts;
    struct wire_fault fault;
    assert_true(wire_decode(
        &sealed_parts_message, WIRE_STORED, event->sealed, &court->arena, &parts, &fault));
    return parts;
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

static void what_is_personal_is_sealed_and_nowhere_else(void **state)
{
    struct court *court = *state;
    (void)court_place(court, 1, true, 1, 1);
    assert_int_equal(court_decide(court), DECIDE_OK);
    const struct new_event *event = event_of(court, 0, 0);
    struct sealed_parts parts = parts_of(court, event);
    assert_int_equal(parts.parts_count, 3);
    assert_int_equal(parts.parts[0].class, CLASS_CONTACT);
    assert_int_equal(parts.parts[2].class, CLASS_INVOICE);
    assert_int_equal(court->round.sealed_count, 1);
    assert_false(holds(event->payload, "Byron") || holds(event->payload, "London"));
    assert_false(holds(event->sealed, "Byron") || holds(event->sealed, "London"));
}

static void a_round_without_personal_data_seals_nothing(void **state)
{
    struct court *court = *state;
    (void)court_place(court, 1, false, 1, 1);
    assert_int_equal(court_decide(court), DECIDE_OK);
    assert_int_equal(event_of(court, 0, 0)->sealed.size, 0);
    assert_int_equal(court->round.sealed_count, 0);
}

static void commands_behind_a_new_customer_are_sealed_for_them(void **state)
{
    struct court *court = *state;
    (void)court_add(court, COMMAND_REGISTER_CUSTOMER, &court_register, 1, 1);
    (void)court_add(court, COMMAND_CHANGE_CONTACT, &court_change_contact, 1, 2);
    assert_int_equal(court_decide(court), DECIDE_OK);
    assert_int_equal(court->round.append_count, 1);
    assert_int_equal(court->round.sealed_count, 2);
    assert_int_equal(parts_of(court, event_of(court, 0, 1)).parts_count, 1);
}

static int compare_nonces(const void *a, const void *b)
{
    return memcmp(a, b, SEAL_NONCE_SIZE);
}

/* A group that met a conflict is decided again from the same bytes: everything but the nonces, and so
 * the envelopes, may be the same. */
static void no_nonce_comes_twice_however_often_it_is_decided(void **state)
{
    struct court *court = *state;
    static uint8_t nonces[TRIES * 2 * 3][SEAL_NONCE_SIZE];
    size_t count = 0;
    (void)court_place(court, 1, true, 1, 1);
    (void)court_place(court, 2, true, 2, 2);
    for (int try = 0; try < TRIES; try++) {
        assert_int_equal(court_decide(court), DECIDE_OK);
        for (size_t i = 0; i < court->round.append_count; i++) {
            struct sealed_parts parts = parts_of(court, event_of(court, i, 0));
            for (size_t j = 0; j < parts.parts_count; j++)
                memcpy(nonces[count++], parts.parts[j].envelope.data + NONCE_AT, SEAL_NONCE_SIZE);
            court->round.appends[i].status = APPEND_CONFLICT;
        }
        round_conflict(&court->round);
        for (size_t i = 0; i < court->count; i++) {
            court->items[i].attempts = 0;
            court->items[i].look_up = false;
        }
    }
    assert_int_equal(count, countof(nonces));
    qsort(nonces, count, sizeof(nonces[0]), compare_nonces);
    for (size_t i = 1; i < count; i++)
        assert_memory_not_equal(nonces[i - 1], nonces[i], SEAL_NONCE_SIZE);
}

static void assert_rejected(struct court *court, enum key_state state, const char *code)
{
    court->state = state;
    assert_int_equal(court_decide(court), DECIDE_OK);
    const struct new_command *command = &court->round.appends[0].commands[0];
    assert_int_equal(command->outcome, OUTCOME_REJECTED);
    assert_true(slice_is(command->code, code));
    assert_int_equal(command->event_count, 0);
    assert_int_equal(court->round.sealed_count, 0);
    assert_string_equal(court->items[0].answer.code, code);
}

static void an_erased_person_is_refused_by_name(void **state)
{
    struct court *court = *state;
    (void)court_place(court, 1, true, 1, 1);
    assert_rejected(court, KEY_ERASING, "erasure_pending");
    assert_rejected(court, KEY_ERASED, "customer_erased");
}

static void an_erased_persons_order_without_personal_data_is_taken(void **state)
{
    struct court *court = *state;
    court->state = KEY_ERASED;
    (void)court_place(court, 1, false, 1, 1);
    (void)court_place(court, 1, true, 2, 2);
    assert_int_equal(court_decide(court), DECIDE_OK);
    assert_int_equal(court->items[0].answer.outcome, ANSWER_ACCEPTED);
    assert_int_equal(court->items[1].answer.outcome, ANSWER_REJECTED);
}

/* Money has moved, whoever it was of: it is recorded, and nothing of the person with it. */
static void a_fact_about_an_erased_person_is_taken_without_them(void **state)
{
    static const struct record_payment_result fact = {
        .op = PAYMENT_AUTHORIZE,
        .amount = {100, 2},
        .provider = SLICE_LITERAL("paypoint"),
        .provider_ref = SLICE_LITERAL("a1"),
        .has_instrument = true,
        .instrument = {.has_holder = true, .holder = SLICE_LITERAL("Ada Byron")}};
    struct court *court = *state;
    court->state = KEY_ERASED;
    (void)court_place(court, 1, false, 1, 1);
    (void)court_add(court, COMMAND_RECORD_PAYMENT_RESULT, &fact, 1, 2);
    assert_int_equal(court_decide(court), DECIDE_OK);
    assert_int_equal(court->items[1].answer.outcome, ANSWER_ACCEPTED);
    const struct new_event *event = event_of(court, 0, 1);
    assert_int_equal(event->sealed.size, 0);
    assert_false(holds(event->payload, "Byron"));
    assert_int_equal(court->round.sealed_count, 0);
}

static void a_wrong_command_of_an_erased_person_is_wrong_first(void **state)
{
    struct court *court = *state;
    court->state = KEY_ERASED;
    (void)court_add(court, COMMAND_CHANGE_CONTACT, &court_change_contact, 1, 1);
    assert_int_equal(court_decide(court), DECIDE_OK);
    assert_string_equal(court->items[0].answer.code, "not_found");
}

static void a_key_that_is_withheld_breaks_the_command_alone(void **state)
{
    struct court *court = *state;
    court->state = KEY_RESTRICTED;
    (void)court_place(court, 1, true, 1, 1);
    assert_int_equal(court_decide(court), DECIDE_BROKEN);
}

/* Whoever was answered before gets that answer, even if we would refuse the command today. */
static void a_refusal_of_ours_holds_only_for_new_commands(void **state)
{
    struct court *court = *state;
    for (uint8_t i = 0; i < 2; i++) {
        struct item *item = court_place(court, 1, true, (uint8_t)(i + 1), (uint8_t)(i + 1));
        item->is_refused = item->look_up = true;
        item->refusal = REJECTION_unknown_epoch;
    }
    court->known[0] = (struct stored_outcome){
        .known = true, .outcome = OUTCOME_ACCEPTED, .stream = court->items[0].stream, .version = 1};
    assert_int_equal(court_decide(court), DECIDE_OK);
    assert_int_equal(court->round.append_count, 0);
    assert_int_equal(court->round.found_count, 2);
    assert_int_equal(round_finish(&court->round), 0);
    assert_int_equal(court->items[0].answer.outcome, ANSWER_ACCEPTED);
    assert_true(court->items[0].answer.replayed);
    assert_int_equal(court->items[1].answer.outcome, ANSWER_INVALID);
    assert_string_equal(court->items[1].answer.code, "unknown_epoch");
    assert_true(court->items[1].answer.dead_letter);
    assert_int_equal(court->items[1].state, ITEM_ANSWERED);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, court_open, court_close)
    const struct CMUnitTest tests[] = {
        CASE(what_is_personal_is_sealed_and_nowhere_else),
        CASE(a_round_without_personal_data_seals_nothing),
        CASE(commands_behind_a_new_customer_are_sealed_for_them),
        CASE(no_nonce_comes_twice_however_often_it_is_decided),
        CASE(an_erased_person_is_refused_by_name),
        CASE(an_erased_persons_order_without_personal_data_is_taken),
        CASE(a_fact_about_an_erased_person_is_taken_without_them),
        CASE(a_wrong_command_of_an_erased_person_is_wrong_first),
        CASE(a_key_that_is_withheld_breaks_the_command_alone),
        CASE(a_refusal_of_ours_holds_only_for_new_commands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
