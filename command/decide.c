// SPDX-License-Identifier: Apache-2.0
#include "command/decide.h"

#include "aggregate/load.h"
#include "command/answer.h"

#include "base/banned.h"

/* One group while it is decided. */
struct turn {
    struct round *round;
    const struct deciding *deciding;
    struct group *group;
    struct new_command *commands; /* room for the whole group */
    size_t count;
};

/* The personal data of one command: whether its person can have it, and the keys. */
struct privacy {
    uint8_t classes; /* bit per leaf; 0: nothing personal */
    enum subject_state state;
    struct sealer sealer; /* leases NULL: nothing can be sealed */
};

static enum decide_result exhausted(struct error *err)
{
    (void)error_set(err, ERROR_fatal, "the batch's memory is used up");
    return DECIDE_BROKEN;
}

static int64_t known_version(const struct group *group)
{
    if (group->given != NULL)
        return group->given->version;
    return group->loads ? group->loaded->version : 0;
}

static enum decide_result fold(const struct round *round, struct group *group, struct error *err)
{
    struct arena *arena = round->arena;
    enum category category = (enum category)group->stream.category;
    if (group->is_folded)
        return DECIDE_OK;
    group->is_folded = true;
    if (group->given != NULL)
        return aggregate_fork(group->given, arena, &group->aggregate) ? DECIDE_OK : exhausted(err);
    if (!group->loads)
        return aggregate_init(&group->aggregate, category, arena) ? DECIDE_OK : exhausted(err);
    if (aggregate_load(group->loaded, category, arena, &group->aggregate, err))
        return DECIDE_OK;
    return err->kind == ERROR_invalid ? DECIDE_TOO_OLD : DECIDE_BROKEN;
}

enum decide_result round_fold(struct round *round, struct error *err)
{
    for (size_t i = 0; i < round->group_count; i++) {
        struct group *group = &round->groups[i];
        uint8_t classes = 0;
        size_t number = 0;
        for (const struct item *item = group->first; item != NULL; item = item->next) {
            if (round_decides(group, item, number++))
                classes |= item->classes;
        }
        enum decide_result result = classes == 0 ? DECIDE_OK : fold(round, group, err);
        if (result != DECIDE_OK)
            return result;
    }
    return DECIDE_OK;
}

static enum decide_result make_ready(struct turn *turn, struct error *err)
{
    if (turn->commands != NULL)
        return DECIDE_OK;
    turn->commands = arena_array(turn->round->arena, turn->group->count, struct new_command);
    return turn->commands != NULL ? fold(turn->round, turn->group, err) : exhausted(err);
}

/* The command was answered before, or another one was under its id. */
static enum decide_result find_answer(
    const struct turn *turn,
    struct item *item,
    const struct stored_outcome *known,
    struct error *err)
{
    bool same = memcmp(known->fingerprint, item->fingerprint, sizeof(known->fingerprint)) == 0 &&
                stream_equal(&known->stream, &item->stream);
    item->fate = FATE_FOUND;
    turn->round->found_count++;
    if (!same) {
        item->answer = answer_refused(ANSWER_INVALID, REJECTION_command_id_reused);
        item->answer.field = "ce_id";
        return DECIDE_OK;
    }
    return answer_stored(known, turn->deciding->answers, &item->answer) ? DECIDE_OK
                                                                        : exhausted(err);
}

/* A command that depends on our settings, its sender or its age and that the store does not know: refused, not stored. */
static enum decide_result refuse(const struct turn *turn, struct item *item)
{
    item->answer = answer_refusal(item->refusal, item->refused_field);
    item->fate = FATE_FOUND;
    turn->round->found_count++;
    return DECIDE_OK;
}

/* Events to the store's form and into the state that the next command of the group sees. */
static enum decide_result accept(
    struct turn *turn,
    const struct decision *decision,
    const struct privacy *privacy,
    struct new_command *command,
    struct error *err)
{
    struct arena *arena = turn->round->arena;
    struct aggregate *aggregate = &turn->group->aggregate;
    const struct sealer *sealer = privacy->sealer.leases != NULL ? &privacy->sealer : NULL;
    if (privacy->classes != 0 && sealer == NULL) {
        (void)error_set(err, ERROR_fatal, "personal data was accepted without a person");
        return DECIDE_BROKEN;
    }
    struct new_event *events = arena_array(arena, decision->event_count, struct new_event);
    if (events == NULL)
        return exhausted(err);
    for (size_t i = 0; i < decision->event_count; i++) {
        const struct event *event = &decision->events[i];
        const struct event_place place = {
            .tenant = turn->group->first->settings->tenant,
            .stream = turn->group->stream,
            .version = aggregate->version + 1,
            .command_id = command->id,
            .occurred_us = turn->deciding->now_us};
        if (!aggregate_encode(event, &place, sealer, arena, &events[i], err))
            return DECIDE_BROKEN;
        turn->group->sealed_count += events[i].sealed.size != 0;
        if (!aggregate_evolve(aggregate, event, arena)) {
            CHECK(!aggregate->contradicted); /* it was decided on this state just now */
            return exhausted(err);
        }
    }
    command->outcome = OUTCOME_ACCEPTED;
    command->events = events;
    command->event_count = decision->event_count;
    return DECIDE_OK;
}

/* Who the command is about and what may be sealed. Where nobody is found (a stream that does not
 * exist and a command that does not make it) the decision is a refusal anyway. */
static bool look_up_keys(
    const struct turn *turn, const struct item *item, struct privacy *out, struct error *err)
{
    struct uuid subject;
    *out = (struct privacy){.classes = item->classes, .state = SUBJECT_NONE_NEEDED};
    const struct group *group = turn->group;
    if (out->classes == 0 || turn->round->keys == NULL ||
        !aggregate_subject(&group->aggregate, &group->stream, &item->command, &subject))
        return true;
    const struct subject_keys *keys =
        round_keys_find(turn->round->keys, &item->settings->tenant, &subject);
    if (keys == NULL)
        return true;
    out->sealer = (struct sealer){.leases = keys->leases, .nonces = turn->deciding->nonces};
    return round_keys_state(keys, out->classes, &out->state, err);
}

static enum decide_result decide_on_state(
    struct turn *turn, struct item *item, struct new_command *command, struct error *err)
{
    struct decide_context context = {
        .arena = turn->round->arena,
        .now_us = turn->deciding->now_us,
        .tenant = item->settings,
        .stream_id = item->stream.id};
    struct decision decision = {0};
    struct privacy privacy;
    const struct aggregate *aggregate = &turn->group->aggregate;
    if (!look_up_keys(turn, item, &privacy, err))
        return DECIDE_BROKEN;
    context.subject = privacy.state;
    if (!aggregate_decide(aggregate, &item->command, &context, &decision))
        return exhausted(err);
    if (decision.rejection == NULL) {
        enum decide_result result = accept(turn, &decision, &privacy, command, err);
        item->answer = answer_accepted(aggregate->version);
        return result;
    }
    command->outcome = OUTCOME_REJECTED;
    command->code = slice_of_text(decision.rejection->code);
    if (decision.field != NULL)
        command->field = slice_of_text(decision.field);
    item->answer = answer_rejected(decision.rejection, decision.field, aggregate->version);
    return DECIDE_OK;
}

static bool keep_trace(const struct envelope *envelope, struct arena *arena, struct slice *out)
{
    uint8_t trace[ENVELOPE_TRACE_SIZE];
    static_assert(sizeof(trace) == STORE_TRACE_SIZE, "the store takes it as it is");
    return !envelope_trace(envelope, trace) ||
           arena_copy(arena, slice_of(trace, sizeof(trace)), out);
}

static enum decide_result decide_item(struct turn *turn, struct item *item, struct error *err)
{
    if (item->is_refused)
        return refuse(turn, item);
    enum decide_result result = make_ready(turn, err);
    if (result != DECIDE_OK)
        return result;
    const struct envelope *envelope = &item->envelope;
    struct new_command *command = &turn->commands[turn->count++];
    *command = (struct new_command){
        .id = envelope->id,
        .actor = item->actor,
        .correlation_id = envelope->has_correlation ? &envelope->correlation_id : NULL,
        .causation_id = envelope->has_causation ? &envelope->causation_id : NULL};
    memcpy(command->fingerprint, item->fingerprint, sizeof(command->fingerprint));
    if (!keep_trace(envelope, turn->round->arena, &command->trace))
        return exhausted(err);
    int64_t version = turn->group->aggregate.version;
    if (!expected_version_holds(&envelope->expected, version)) {
        command->outcome = OUTCOME_CONFLICT;
        item->answer = answer_version_conflict(version);
    } else {
        result = decide_on_state(turn, item, command, err);
    }
    item->fate = FATE_DECIDED;
    item->event_count = command->event_count;
    return result;
}

static enum decide_result decide_group(struct turn *turn, struct error *err)
{
    const struct group *group = turn->group;
    enum decide_result result = DECIDE_OK;
    size_t number = 0;
    for (struct item *item = group->first; item != NULL; item = item->next, number++) {
        const struct stored_outcome *known = group->loads ? &group->known[number] : NULL;
        result = known != NULL && known->known ? find_answer(turn, item, known, err)
                                               : decide_item(turn, item, err);
        if (result != DECIDE_OK)
            return result;
    }
    return DECIDE_OK;
}

enum decide_result
round_decide(struct round *round, const struct deciding *deciding, struct error *err)
{
    round->appends = arena_array(round->arena, round->group_count, struct append_group);
    round->appended = arena_array(round->arena, round->group_count, struct group *);
    if (round->appends == NULL || round->appended == NULL)
        return exhausted(err);
    for (size_t i = 0; i < round->group_count; i++) {
        struct group *group = &round->groups[i];
        struct turn turn = {.round = round, .deciding = deciding, .group = group};
        enum decide_result result = decide_group(&turn, err);
        if (result != DECIDE_OK)
            return result;
        if (turn.count == 0)
            continue;
        round->sealed_count += group->sealed_count;
        round->appended[round->append_count] = group;
        round->appends[round->append_count++] = (struct append_group){
            .stream = group->stream,
            .expected_version = known_version(group),
            .commands = turn.commands,
            .command_count = turn.count};
    }
    return DECIDE_OK;
}
