// SPDX-License-Identifier: Apache-2.0
// Deciding a round on what the store said: order within a stream, answers of before, expected
// versions, and streams that cannot be folded.
#include "aggregate/load.h"
#include "command/decide.h"
#include "support/command_item.h"

enum { MOST_ITEMS = 8 };

struct court {
    struct stage stage; /* an arena and a tenant */
    struct arena arena;
    struct stage_order order;
    struct item items[MOST_ITEMS];
    size_t count;
    struct round round;
    struct loaded_stream loaded;
    struct recorded_event recorded[2];
    struct stored_outcome known[MOST_ITEMS];
    struct error err;
};

static const struct cancel_order cancel = {.reason = 0};
static const struct order_units one_lamp = {.line_no = 1, .qty = 1};
static const struct cancel_lines cancel_one = {.lines = &one_lamp, .lines_count = 1};

static int open_court(void **state)
{
    static struct court court;
    memset(&court, 0, sizeof(court));
    stage_open(&court.stage, CATEGORY_ORDER);
    arena_init(&court.arena, (size_t)4 << 20);
    stage_fill_order(&court.order);
    *state = &court;
    return 0;
}

static int close_court(void **state)
{
    struct court *court = *state;
    arena_release(&court->arena);
    stage_close(&court->stage);
    return 0;
}

static struct item *
add(struct court *court, enum command_type type, const void *body, uint8_t stream, uint8_t id)
{
    court->items[court->count] = test_item(type, body, stream, id);
    court->items[court->count].settings = &court->stage.tenant;
    return &court->items[court->count++];
}

static enum decide_result decide(struct court *court)
{
    const struct deciding deciding = {.now_us = STAGE_NOW, .answers = &court->stage.arena};
    assert_true(round_build(&court->round, court->items, court->count, MOST_ITEMS, &court->arena));
    round_loaded(&court->round, &court->loaded, court->known);
    return round_decide(&court->round, &deciding, &court->err);
}

/* The stream of the test holds a placed order. */
static void store_order(struct court *court)
{
    struct new_event encoded;
    stage_place(&court->stage);
    const struct event_place place = {.version = 1, .occurred_us = STAGE_NOW};
    assert_true(aggregate_encode(
        &court->stage.decision.events[0], &place, NULL, &court->arena, &encoded, &court->err));
    court->recorded[0] = (struct recorded_event){
        .version = 1,
        .type = encoded.type,
        .schema_version = encoded.schema_version,
        .payload = encoded.payload};
    court->loaded =
        (struct loaded_stream){.version = 1, .events = court->recorded, .event_count = 1};
}

static void an_order_is_placed_on_nothing(void **state)
{
    struct court *court = *state;
    struct item *item = add(court, COMMAND_PLACE_ORDER, &court->order.command, 1, 1);
    assert_int_equal(decide(court), DECIDE_OK);
    assert_int_equal(court->round.append_count, 1);
    const struct append_group *append = &court->round.appends[0];
    assert_int_equal(append->expected_version, 0);
    assert_int_equal(append->command_count, 1);
    assert_int_equal(append->commands[0].outcome, OUTCOME_ACCEPTED);
    assert_int_equal(append->commands[0].event_count, 1);
    assert_true(slice_is(append->commands[0].events[0].type, "OrderPlaced"));
    assert_int_equal(append->commands[0].events[0].occurred_us, STAGE_NOW);
    assert_int_equal(item->answer.outcome, ANSWER_ACCEPTED);
    assert_int_equal(item->answer.version, 1);
    assert_int_equal(item->state, ITEM_OPEN); /* not before it is durable */
}

static void a_later_command_sees_what_the_earlier_one_did(void **state)
{
    struct court *court = *state;
    (void)add(court, COMMAND_PLACE_ORDER, &court->order.command, 1, 1);
    struct item *first = add(court, COMMAND_CANCEL_ORDER, &cancel, 1, 2);
    struct item *second = add(court, COMMAND_PLACE_ORDER, &court->order.command, 1, 3);
    assert_int_equal(decide(court), DECIDE_OK);
    assert_int_equal(court->round.appends[0].command_count, 3);
    assert_int_equal(first->answer.outcome, ANSWER_ACCEPTED);
    assert_int_equal(second->answer.outcome, ANSWER_REJECTED);
    assert_string_equal(second->answer.code, "already_exists");
    assert_int_equal(court->round.appends[0].commands[2].outcome, OUTCOME_REJECTED);
    assert_true(slice_is(court->round.appends[0].commands[2].code, "already_exists"));
    assert_int_equal(court->round.appends[0].commands[2].event_count, 0);
}

static void a_refusal_is_stored_against_the_version_it_was_decided_on(void **state)
{
    struct court *court = *state;
    struct item *item = add(court, COMMAND_CANCEL_ORDER, &cancel, 1, 1);
    assert_int_equal(decide(court), DECIDE_OK);
    assert_int_equal(item->answer.outcome, ANSWER_REJECTED);
    assert_string_equal(item->answer.code, "not_found");
    assert_int_equal(court->round.append_count, 1);
    assert_int_equal(court->round.appends[0].expected_version, 0);
}

static void a_missed_version_is_a_stored_conflict(void **state)
{
    struct court *court = *state;
    store_order(court);
    struct item *item = add(court, COMMAND_CANCEL_ORDER, &cancel, 1, 1);
    item->envelope.expected = (struct expected_version){EXPECTED_EXACT, 4};
    assert_int_equal(decide(court), DECIDE_OK);
    assert_int_equal(item->answer.outcome, ANSWER_CONFLICT);
    assert_string_equal(item->answer.code, "version_conflict");
    assert_int_equal(item->answer.version, 1);
    assert_int_equal(court->round.appends[0].commands[0].outcome, OUTCOME_CONFLICT);
    assert_int_equal(court->round.appends[0].expected_version, 1);
}

/* The order is at version 1; a stream that does not exist at 0. */
static void each_mode_of_the_expected_version_is_kept(void **state)
{
    static const struct {
        struct expected_version expected;
        bool of_order;
        bool of_nothing;
    } modes[] = {
        {{EXPECTED_ANY, 0}, true, true},
        {{EXPECTED_NONE, 0}, false, true},
        {{EXPECTED_EXISTS, 0}, true, false},
        {{EXPECTED_EXACT, 1}, true, false},
        {{EXPECTED_EXACT, 2}, false, false},
        {{EXPECTED_AT_LEAST, 0}, true, true},
        {{EXPECTED_AT_LEAST, 1}, true, false},
        {{EXPECTED_AT_LEAST, 2}, false, false}};
    struct court *court = *state;
    store_order(court);
    for (size_t i = 0; i < countof(modes); i++) {
        court->count = 0;
        struct item *item = add(court, COMMAND_CANCEL_ORDER, &cancel, 1, 1);
        item->envelope.expected = modes[i].expected;
        assert_int_equal(decide(court), DECIDE_OK);
        assert_int_equal(
            item->answer.outcome, modes[i].of_order ? ANSWER_ACCEPTED : ANSWER_CONFLICT);
        court->count = 0;
        item = add(court, COMMAND_PLACE_ORDER, &court->order.command, 2, 2);
        item->envelope.expected = modes[i].expected;
        assert_int_equal(decide(court), DECIDE_OK);
        assert_int_equal(
            item->answer.outcome, modes[i].of_nothing ? ANSWER_ACCEPTED : ANSWER_CONFLICT);
        assert_false(item->answer.retryable);
    }
}

static void who_sent_it_and_its_trace_go_to_the_store(void **state)
{
    struct court *court = *state;
    static const uint8_t bytes[] = {0x00, 0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6,
                                    0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36, 0x00,
                                    0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7, 0x01};
    store_order(court);
    struct item *item = add(court, COMMAND_CANCEL_ORDER, &cancel, 1, 1);
    item->actor = slice_of_text("shop");
    item->envelope.traceparent =
        slice_of_text("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    (void)add(court, COMMAND_CANCEL_ORDER, &cancel, 1, 2);
    assert_int_equal(decide(court), DECIDE_OK);
    const struct new_command *commands = court->round.appends[0].commands;
    assert_true(slice_is(commands[0].actor, "shop"));
    assert_true(slice_equal(commands[0].trace, slice_of(bytes, sizeof(bytes))));
    assert_int_equal(commands[1].actor.size + commands[1].trace.size, 0);
}

static void the_expected_version_counts_within_the_batch(void **state)
{
    struct court *court = *state;
    store_order(court);
    (void)add(court, COMMAND_CANCEL_LINES, &cancel_one, 1, 1);
    struct item *item = add(court, COMMAND_CANCEL_ORDER, &cancel, 1, 2);
    item->envelope.expected = (struct expected_version){EXPECTED_EXACT, 2};
    assert_int_equal(decide(court), DECIDE_OK);
    assert_int_equal(item->answer.outcome, ANSWER_ACCEPTED);
    assert_int_equal(item->answer.version, 3);
}

static void know(struct court *court, size_t number, enum outcome outcome, const char *code)
{
    struct stored_outcome *known = &court->known[number];
    *known = (struct stored_outcome){
        .known = true,
        .outcome = outcome,
        .code = slice_of_text(code),
        .stream = court->items[number].stream,
        .version = 9,
        .position = outcome == OUTCOME_ACCEPTED ? 77 : 0};
    memcpy(known->fingerprint, court->items[number].fingerprint, sizeof(known->fingerprint));
}

static void a_known_command_gets_its_answer_of_before(void **state)
{
    struct court *court = *state;
    for (uint8_t i = 0; i < 3; i++)
        (void)add(court, COMMAND_CANCEL_ORDER, &cancel, 1, i);
    know(court, 0, OUTCOME_ACCEPTED, "");
    know(court, 1, OUTCOME_REJECTED, "on_hold");
    know(court, 2, OUTCOME_CONFLICT, "");
    assert_int_equal(decide(court), DECIDE_OK);
    assert_int_equal(court->round.append_count, 0);
    assert_int_equal(court->round.found_count, 3);
    assert_int_equal(court->items[0].answer.outcome, ANSWER_ACCEPTED);
    assert_int_equal(court->items[0].answer.position, 77);
    assert_int_equal(court->items[1].answer.outcome, ANSWER_REJECTED);
    assert_string_equal(court->items[1].answer.code, "on_hold");
    assert_string_equal(court->items[2].answer.code, "version_conflict");
    assert_int_equal(round_finish(&court->round), 0);
    for (size_t i = 0; i < 3; i++) {
        assert_true(court->items[i].answer.replayed);
        assert_int_equal(court->items[i].answer.version, 9);
        assert_int_equal(court->items[i].state, ITEM_ANSWERED);
    }
}

static void a_stored_code_this_program_does_not_know_is_passed_on(void **state)
{
    struct court *court = *state;
    struct item *item = add(court, COMMAND_CANCEL_ORDER, &cancel, 1, 1);
    know(court, 0, OUTCOME_REJECTED, "moon_is_full");
    assert_int_equal(decide(court), DECIDE_OK);
    assert_string_equal(item->answer.code, "moon_is_full");
    assert_null(item->answer.detail);
}

static void an_id_used_for_another_command_is_invalid_and_not_stored(void **state)
{
    struct court *court = *state;
    struct item *content = add(court, COMMAND_CANCEL_ORDER, &cancel, 1, 1);
    know(court, 0, OUTCOME_ACCEPTED, "");
    court->known[0].fingerprint[5] ^= 1;
    struct item *stream = add(court, COMMAND_CANCEL_ORDER, &cancel, 1, 2);
    know(court, 1, OUTCOME_ACCEPTED, "");
    court->known[1].stream.id = test_uuid(200);
    assert_int_equal(decide(court), DECIDE_OK);
    assert_int_equal(court->round.append_count, 0);
    const struct item *const both[] = {content, stream};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(both[i]->answer.outcome, ANSWER_INVALID);
        assert_string_equal(both[i]->answer.code, "command_id_reused");
        assert_false(both[i]->answer.replayed);
        assert_false(both[i]->answer.dead_letter);
    }
}

static void a_known_command_does_not_hold_up_a_new_one(void **state)
{
    struct court *court = *state;
    store_order(court);
    struct item *old = add(court, COMMAND_CANCEL_LINES, &cancel_one, 1, 1);
    struct item *new = add(court, COMMAND_CANCEL_ORDER, &cancel, 1, 2);
    know(court, 0, OUTCOME_ACCEPTED, "");
    assert_int_equal(decide(court), DECIDE_OK);
    assert_true(old->answer.replayed);
    assert_int_equal(new->answer.outcome, ANSWER_ACCEPTED);
    assert_int_equal(court->round.appends[0].command_count, 1);
    assert_true(uuid_equal(&court->round.appends[0].commands[0].id, &new->envelope.id));
}

static void a_newer_event_ends_this_program(void **state)
{
    struct court *court = *state;
    store_order(court);
    court->recorded[0].schema_version = 99;
    (void)add(court, COMMAND_CANCEL_ORDER, &cancel, 1, 1);
    assert_int_equal(decide(court), DECIDE_TOO_OLD);
}

static void a_damaged_stream_is_only_broken(void **state)
{
    struct court *court = *state;
    store_order(court);
    court->recorded[0].payload = slice_of_text("x");
    (void)add(court, COMMAND_CANCEL_ORDER, &cancel, 1, 1);
    assert_int_equal(decide(court), DECIDE_BROKEN);
    assert_int_equal(court->err.kind, ERROR_tampered);
}

static void an_exhausted_arena_is_only_broken(void **state)
{
    struct court *court = *state;
    (void)add(court, COMMAND_PLACE_ORDER, &court->order.command, 1, 1);
    arena_release(&court->arena);
    arena_init(&court->arena, 1500); /* enough to build the round */
    assert_int_equal(decide(court), DECIDE_BROKEN);
    assert_int_equal(court->err.kind, ERROR_fatal);
}

static void correlation_and_causation_travel_along(void **state)
{
    struct court *court = *state;
    struct item *item = add(court, COMMAND_PLACE_ORDER, &court->order.command, 1, 1);
    item->envelope.has_correlation = true;
    item->envelope.correlation_id = test_uuid(8);
    assert_int_equal(decide(court), DECIDE_OK);
    const struct new_command *command = &court->round.appends[0].commands[0];
    assert_true(uuid_equal(command->correlation_id, &item->envelope.correlation_id));
    assert_null(command->causation_id);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, open_court, close_court)
    const struct CMUnitTest tests[] = {
        CASE(an_order_is_placed_on_nothing),
        CASE(a_later_command_sees_what_the_earlier_one_did),
        CASE(a_refusal_is_stored_against_the_version_it_was_decided_on),
        CASE(a_missed_version_is_a_stored_conflict),
        CASE(each_mode_of_the_expected_version_is_kept),
        CASE(who_sent_it_and_its_trace_go_to_the_store),
        CASE(the_expected_version_counts_within_the_batch),
        CASE(a_known_command_gets_its_answer_of_before),
        CASE(a_stored_code_this_program_does_not_know_is_passed_on),
        CASE(an_id_used_for_another_command_is_invalid_and_not_stored),
        CASE(a_known_command_does_not_hold_up_a_new_one),
        CASE(a_newer_event_ends_this_program),
        CASE(a_damaged_stream_is_only_broken),
        CASE(an_exhausted_arena_is_only_broken),
        CASE(correlation_and_causation_travel_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
