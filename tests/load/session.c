// SPDX-License-Identifier: Apache-2.0
#include "load/session.h"

#include "base/clock.h"
#include "load/reply.h"
#include "load/session_steps.h"
#include "runtime/signals.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/banned.h"

enum {
    BATCH = 512,
    LINGER_MS = 5,        /* at full speed: larger requests cost less */
    LOW_RATE = 5000,      /* below, latency is what is measured: no lingering */
    MOST_WAIT_US = 50000, /* until stop, resend and timeout are looked at again */
    FULL_WAIT_US = 1000,  /* also the pace of high rates: many commands each time */
    VISIBLE_WAIT_US = 5000000,
    JOURNAL_BUFFER = 256 * 1024,
    EPOCHS_EVERY_US = 500000,
};

static int64_t cpu_us(void)
{
    struct rusage usage;
    CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * INT64_C(1000000) +
           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static void
show(struct shown_command *shown, size_t *count, const struct uuid *id, struct slice what)
{
    if (*count == SESSION_SHOWN_IDS)
        return;
    struct shown_command *one = &shown[(*count)++];
    uuid_format(id, one->id);
    (void)snprintf(one->what, sizeof(one->what), "%.*s", SLICE_FORMAT(what));
}

/* ---- answers ---- */

static bool fits(const char *expected, const struct reply *reply)
{
    bool is_accepted = slice_is(reply->outcome, "accepted");
    if (expected == NULL)
        return is_accepted;
    if (strcmp(expected, COMMAND_ANY_OUTCOME) == 0)
        return is_accepted || slice_is(reply->outcome, "rejected");
    return slice_is(reply->code, expected);
}

static void compare(
    struct session_result *result, const struct pending_command *command, const struct reply *reply)
{
    if (fits(command->expected, reply))
        return;
    result->unexpected++;
    show(
        result->unexpected_commands,
        &result->shown_unexpected,
        &command->id,
        reply->code.size != 0 ? reply->code : reply->outcome);
}

/* As "outcome/code", e.g. "rejected/not_found". */
static void count_code(struct session_result *result, const struct reply *reply)
{
    char name[TALLY_NAME_SIZE];
    if (reply->code.size == 0)
        return;
    int size = snprintf(
        name, sizeof(name), "%.*s/%.*s", SLICE_FORMAT(reply->outcome), SLICE_FORMAT(reply->code));
    tally_add(&result->codes, slice_of(name, (size_t)size));
}

static void take_answer(
    struct session *session,
    struct pending_command *command,
    const struct reply *reply,
    int64_t now)
{
    struct session_result *result = session->result;
    int64_t latency = now - command->intended_us;
    histogram_add(&result->latency, latency);
    result->answered++;
    result->replayed += reply->replayed;
    tally_add(&result->outcomes, reply->outcome);
    count_code(result, reply);
    compare(result, command, reply);
    if (session->journal != NULL)
        journal_write(session, command, reply, latency);
    if (session->visible != NULL && reply->position > 0)
        visible_expect(session->visible, reply->position, command->intended_us);
    if (session->unsent == command) /* another client sends the same commands */
        session->unsent = NULL;
    pending_answer(&session->pending, command);
    session->answered_us = now;
    session->last_answer_us = now;
}

static void take_message(struct session *session, const rd_kafka_message_t *message, int64_t now)
{
    struct reply reply;
    struct pending_command *command = NULL;
    bool is_reply = reply_read(slice_of(message->payload, message->len), &reply);
    if (is_reply)
        command = pending_find(&session->pending, &reply.command_id);
    if (command != NULL)
        take_answer(session, command, &reply, now);
    else if (is_reply && pending_was_answered(&session->pending, &reply.command_id))
        session->result->duplicates++;
    else
        session->result->foreign++;
}

void session_receive(struct session *session, bool *out_any)
{
    rd_kafka_message_t *messages[BATCH];
    size_t count = link_receive(session->link, messages, BATCH);
    int64_t now = clock_monotonic_us();
    for (size_t i = 0; i < count; i++) {
        take_message(session, messages[i], now);
        rd_kafka_message_destroy(messages[i]);
    }
    *out_any = count != 0;
}

/* ---- the loop ---- */

static void wait_for_something(struct session *session)
{
    int64_t wait = MOST_WAIT_US;
    if (session->unsent != NULL) {
        wait = FULL_WAIT_US;
    } else if (!session->source_ended && session->options->rate != 0) {
        int64_t due = session_due_us(session) - clock_monotonic_us();
        if (due <= 0 || (due < FULL_WAIT_US && session->options->rate > LOW_RATE))
            due = FULL_WAIT_US; /* the window is full, or many are due each time */
        wait = due < wait ? due : wait;
    } else if (session_may_send(session)) {
        wait = 0;
    }
    if (wait > 0)
        link_wait(session->link, wait);
}

static bool is_given_up(const struct session *session)
{
    return session->pending.waiting_count != 0 &&
           clock_monotonic_us() - session->answered_us > session->options->timeout * 1000000;
}

static void show_progress(struct session *session)
{
    char extra[64];
    (void)snprintf(extra, sizeof(extra), "%zu unanswered", session->pending.waiting_count);
    progress_update(&session->progress, session->result->answered, extra);
}

/* What is sealed already stays so; an epoch that is over is still opened for a while. */
static bool follow_epochs(struct session *session, struct error *err)
{
    struct sealing *sealing = session->options->sealing;
    int64_t now = clock_monotonic_us();
    if (sealing->mode != PERSONAL_SEALED || now < session->epochs_due_us)
        return true;
    session->epochs_due_us = now + EPOCHS_EVERY_US;
    if (!epochs_poll(session->options->epochs, err))
        return false;
    const struct epoch *newest = epochs_newest(session->options->epochs);
    return newest->number == sealing->epoch || sealing_use_epoch(sealing, newest, err);
}

static bool loop(struct session *session, struct error *err)
{
    int64_t stop_us = session->options->seconds != 0
                          ? session->started_us + session->options->seconds * 1000000
                          : INT64_MAX;
    while (!session->source_ended || session->pending.waiting_count != 0) {
        bool any;
        if (!follow_epochs(session, err) || !session_send(session, err) ||
            !session_resend(session, err))
            return false;
        session_receive(session, &any);
        if (!any)
            wait_for_something(session);
        if (signals_stop() || clock_monotonic_us() >= stop_us)
            session->source_ended = true;
        if (is_given_up(session))
            break;
        show_progress(session);
    }
    return true;
}

/* Everything still unanswered, as missing. */
static void take_missing(struct session *session)
{
    struct session_result *result = session->result;
    for (struct pending_command *command = pending_oldest(&session->pending); command != NULL;
         command = pending_newer(&session->pending, command)) {
        result->missing++;
        show(
            result->missing_commands,
            &result->shown_missing,
            &command->id,
            slice_of_text(command_descriptions[command->type].message->name));
        if (session->journal != NULL)
            journal_write(session, command, NULL, 0);
    }
}

static bool run_live(struct session *session, struct error *err)
{
    struct session_result *result = session->result;
    int64_t cpu_before = cpu_us();
    session->started_us = clock_monotonic_us();
    session->started_at_us = clock_now_us();
    session->answered_us = session->started_us;
    session->last_answer_us = session->started_us;
    progress_begin(&session->progress, "commands answered", 0, !session->options->progress);
    if (!loop(session, err))
        return false;
    progress_end(&session->progress, result->answered);
    if (result->repeated != 0) /* nobody waits for answers to copies, but they are to be sent */
        link_flush(session->link);
    take_missing(session);
    result->elapsed_us = session->last_answer_us - session->started_us;
    result->cpu_us = cpu_us() - cpu_before;
    (void)snprintf(result->trouble, sizeof(result->trouble), "%s", link_trouble(session->link));
    if (session->visible == NULL)
        return true;
    return visible_finish(
        session->visible, VISIBLE_WAIT_US, &result->visible, &result->unseen, err);
}

/* Makes every message and throws it away. */
static bool run_dry(struct session *session, struct error *err)
{
    int64_t cpu_before = cpu_us();
    session->started_us = clock_monotonic_us();
    for (;;) {
        struct outgoing command;
        struct slice bytes;
        bool more;
        if (!session->source.next(session->source.state, &command, &more, err))
            return false;
        if (!more || signals_stop())
            break;
        if (!session_encode(session, &command, &bytes, err))
            return false;
        session_count(session, &command, bytes);
    }
    session->result->elapsed_us = clock_monotonic_us() - session->started_us;
    session->result->cpu_us = cpu_us() - cpu_before;
    return true;
}

static bool open_parts(struct session *session, struct error *err)
{
    const struct session_options *options = session->options;
    struct link_options link_options = {
        .brokers = options->brokers,
        .topic = options->topic,
        .reply_topic = options->reply_topic,
        .producer = options->producer,
        .producer_key = options->producer_key,
        .linger_ms = options->rate != 0 && options->rate <= LOW_RATE ? 0 : LINGER_MS};
    if (options->journal != NULL) {
        session->journal = fopen(options->journal, "w");
        if (session->journal == NULL)
            return error_set(
                err, ERROR_invalid, "cannot write %.300s (errno %d)", options->journal, errno);
        (void)setvbuf(session->journal, NULL, _IOFBF, JOURNAL_BUFFER);
    }
    if (!pending_init(&session->pending, (size_t)options->window, err) ||
        !link_open(&session->link, &link_options, err))
        return false;
    return options->visible == NULL || visible_open(&session->visible, options->visible, err);
}

static bool close_parts(struct session *session, struct error *err)
{
    bool written = true;
    visible_close(session->visible);
    link_close(session->link);
    pending_release(&session->pending);
    if (session->journal != NULL) {
        written = ferror(session->journal) == 0;
        written = fclose(session->journal) == 0 && written;
    }
    return written || error_set(err, ERROR_fatal, "the journal could not be written");
}

bool session_run(
    const struct session_options *options,
    struct command_source source,
    struct session_result *result,
    struct error *err)
{
    struct session *session = calloc(1, sizeof(*session));
    if (session == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    session->options = options;
    session->source = source;
    session->result = result;
    bool done;
    if (options->dry_run) {
        done = run_dry(session, err);
    } else {
        done = open_parts(session, err) && run_live(session, err);
        struct error close_err;
        if (!close_parts(session, &close_err) && done) {
            *err = close_err;
            done = false;
        }
    }
    free(session);
    return done;
}
