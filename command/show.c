// SPDX-License-Identifier: Apache-2.0
// `order-command show`: what became of one command, for a person or another program. Nothing personal:
// of what is sealed only that it is there, of personal fields only their class.
#include "command/answer.h"
#include "command/operator.h"
#include "message/print.h"
#include "pg/row.h"
#include "runtime/exit_code.h"
#include "store/parked.h"
#include "upcast/event_read.h"

#include <stdio.h>

#include "base/banned.h"

enum { MEMORY = 64 * 1024 * 1024, DUMP_SIZE = 128 * 1024 };

/* Columns of command_show.sql. */
enum {
    OUTCOME,
    CODE,
    CATEGORY,
    STREAM,
    VERSION,
    EVENT_COUNT,
    RECORDED,
    ACTOR,
    TRACE,
    QUEUE_CATEGORY,
    QUEUE_STREAM,
    QUEUE_AT,
    QUEUE_PLACE,
    DEAD_CATEGORY,
    DEAD_STREAM,
    DEAD_INCIDENT,
    DEAD_CODE,
    DEAD_ATTEMPTS,
    DEAD_TOPIC,
    DEAD_PARTITION,
    DEAD_OFFSET,
    DEAD_AT,
    PARKED_STATE,
    PARKED_INCIDENT,
    PARKED_SINCE,
};

struct shown_command {
    struct uuid id;
    const char *tenant;
    PGresult *row;
    PGresult *events;
    struct arena arena;
    struct facts facts;
};

static bool is_stored(const struct shown_command *shown)
{
    return !row_is_null(shown->row, 0, OUTCOME);
}

static bool is_queued(const struct shown_command *shown)
{
    return !row_is_null(shown->row, 0, QUEUE_PLACE);
}

static bool is_dead(const struct shown_command *shown)
{
    return !row_is_null(shown->row, 0, DEAD_INCIDENT);
}

/* ---- reading ---- */

static bool read_rows(struct shown_command *shown, struct db *db, struct error *err)
{
    struct db_params params = {0};
    int32_t tenant_id;
    struct uuid tenant;
    if (!store_find_tenant(db, shown->tenant, &tenant_id, &tenant, err))
        return false;
    db_param_i32(&params, tenant_id);
    db_param_uuid(&params, &shown->id);
    if (!db_execute(db, "begin isolation level repeatable read read only", err) ||
        !db_run(db, operator_statement(OPERATOR_SHOW), &params, &shown->row, err) ||
        !db_run(db, operator_statement(OPERATOR_SHOW_EVENTS), &params, &shown->events, err) ||
        !db_execute(db, "commit", err))
        return false;
    if (is_stored(shown) || is_queued(shown) || is_dead(shown))
        return true;
    char id[UUID_TEXT_SIZE];
    uuid_format(&shown->id, id);
    return error_set(err, ERROR_not_found, "tenant '%s' has no command %s", shown->tenant, id);
}

/* ---- printing ---- */

static const char *outcome_name(int16_t outcome)
{
    switch ((enum outcome)outcome) {
    case OUTCOME_ACCEPTED:
        return answer_outcome_name(ANSWER_ACCEPTED);
    case OUTCOME_REJECTED:
        return answer_outcome_name(ANSWER_REJECTED);
    case OUTCOME_CONFLICT:
        return answer_outcome_name(ANSWER_CONFLICT);
    }
    return "unknown";
}

static const char *undecided_name(const struct shown_command *shown)
{
    return is_queued(shown) ? "waits in a queue" : "given up";
}

static void print_stream(struct shown_command *shown, int category, int stream)
{
    struct uuid id = row_uuid(shown->row, 0, stream);
    facts_text(&shown->facts, "category", operator_category(row_i16(shown->row, 0, category)));
    facts_uuid(&shown->facts, "stream_id", &id);
}

/* traceparent as it came: version, trace id, parent id, flags, each in hexadecimal digits. */
static void print_trace(struct shown_command *shown)
{
    static const size_t dashes[] = {1, 17, 25};
    struct slice trace = row_bytes(shown->row, 0, TRACE);
    char text[2 * STORE_TRACE_SIZE + countof(dashes) + 1];
    size_t used = 0;
    for (size_t i = 0; trace.size == STORE_TRACE_SIZE && i < trace.size; i++) {
        for (size_t d = 0; d < countof(dashes); d++) {
            if (i == dashes[d])
                text[used++] = '-';
        }
        (void)snprintf(text + used, 3, "%02x", trace.data[i]);
        used += 2;
    }
    facts_slice(&shown->facts, "traceparent", slice_of(text, used));
}

static void print_id(struct shown_command *shown, const char *name, int column)
{
    bool has = PQntuples(shown->events) > 0 && !row_is_null(shown->events, 0, column);
    if (!has) {
        facts_text(&shown->facts, name, NULL);
        return;
    }
    struct uuid id = row_uuid(shown->events, 0, column);
    facts_uuid(&shown->facts, name, &id);
}

static void print_outcome(struct shown_command *shown)
{
    struct facts *facts = &shown->facts;
    const PGresult *row = shown->row;
    facts_text(facts, "outcome", outcome_name(row_i16(row, 0, OUTCOME)));
    facts_slice(facts, "code", row_bytes(row, 0, CODE));
    print_stream(shown, CATEGORY, STREAM);
    facts_number(facts, "version", row_i32(row, 0, VERSION));
    facts_time(facts, "recorded_at", row_time(row, 0, RECORDED));
    facts_slice(facts, "actor", row_bytes(row, 0, ACTOR));
    print_trace(shown);
    print_id(shown, "correlation_id", 7);
    print_id(shown, "causation_id", 8);
}

/* The dump of the event, or why there is none. */
static struct slice dump(struct shown_command *shown, int row, struct writer *out)
{
    struct event event;
    struct error err;
    const PGresult *events = shown->events;
    if (!event_read(
            row_bytes(events, row, 2),
            row_i16(events, row, 3),
            row_bytes(events, row, 5),
            &shown->arena,
            &event,
            &err))
        return slice_of_text("(its bytes cannot be read by this program)");
    message_print(event_descriptions[event.type].message, event.body, out);
    return out->overflow ? slice_of_text("(too long to be shown)") : writer_slice(out);
}

static void print_event_line(const PGresult *events, int row, struct slice text)
{
    (void)printf(
        "  %lld  version %d  %.*s.%d%s\n      %.*s\n",
        (long long)row_i64(events, row, 0),
        (int)row_i32(events, row, 1),
        SLICE_FORMAT(row_bytes(events, row, 2)),
        (int)row_i16(events, row, 3),
        row_bool(events, row, 6) ? ", with sealed data" : "",
        SLICE_FORMAT(text));
}

static void
print_event_json(struct facts *facts, const PGresult *events, int row, struct slice text)
{
    facts_open(facts, NULL);
    facts_number(facts, "position", row_i64(events, row, 0));
    facts_number(facts, "version", row_i32(events, row, 1));
    facts_slice(facts, "type", row_bytes(events, row, 2));
    facts_number(facts, "schema_version", row_i16(events, row, 3));
    facts_time(facts, "occurred_at", row_time(events, row, 4));
    facts_flag(facts, "sealed", row_bool(events, row, 6));
    facts_slice(facts, "text", text);
    facts_close(facts);
}

static void print_events(struct shown_command *shown)
{
    uint8_t *bytes = arena_take_raw(&shown->arena, DUMP_SIZE);
    if (PQntuples(shown->events) == 0 && !shown->facts.json)
        return;
    facts_open_list(&shown->facts, "events");
    for (int row = 0; row < PQntuples(shown->events); row++) {
        struct writer out = writer_over(bytes, bytes != NULL ? DUMP_SIZE : 0);
        struct slice text = dump(shown, row, &out);
        if (shown->facts.json)
            print_event_json(&shown->facts, shown->events, row, text);
        else
            print_event_line(shown->events, row, text);
    }
    facts_close_list(&shown->facts);
}

static void print_queue(struct shown_command *shown)
{
    facts_open(&shown->facts, "queued");
    facts_number(&shown->facts, "place", row_i64(shown->row, 0, QUEUE_PLACE));
    facts_time(&shown->facts, "since", row_time(shown->row, 0, QUEUE_AT));
    facts_close(&shown->facts);
}

static void print_dead_letter(struct shown_command *shown)
{
    struct facts *facts = &shown->facts;
    struct uuid incident = row_uuid(shown->row, 0, DEAD_INCIDENT);
    facts_open(facts, "dead_letter");
    facts_uuid(facts, "incident", &incident);
    facts_slice(facts, "reason", row_bytes(shown->row, 0, DEAD_CODE));
    facts_number(facts, "attempts", row_i16(shown->row, 0, DEAD_ATTEMPTS));
    facts_time(facts, "at", row_time(shown->row, 0, DEAD_AT));
    facts_slice(facts, "topic", row_bytes(shown->row, 0, DEAD_TOPIC));
    facts_number(facts, "partition", row_i32(shown->row, 0, DEAD_PARTITION));
    facts_number(facts, "offset", row_i64(shown->row, 0, DEAD_OFFSET));
    facts_close(facts);
}

static void print_parked(struct shown_command *shown)
{
    struct facts *facts = &shown->facts;
    struct uuid incident = row_uuid(shown->row, 0, PARKED_INCIDENT);
    bool waits = row_i16(shown->row, 0, PARKED_STATE) == PARKED_WAITING;
    facts_open(facts, "stream_parked");
    facts_text(facts, "state", waits ? "parked" : "released");
    facts_uuid(facts, "incident", &incident);
    facts_time(facts, "since", row_time(shown->row, 0, PARKED_SINCE));
    facts_close(facts);
}

static void print_command(struct shown_command *shown)
{
    struct facts *facts = &shown->facts;
    if (facts->json)
        facts_open(facts, NULL);
    facts_uuid(facts, "command_id", &shown->id);
    facts_text(facts, "tenant", shown->tenant);
    if (is_stored(shown)) {
        print_outcome(shown);
    } else {
        facts_text(facts, "outcome", facts->json ? NULL : undecided_name(shown));
        if (is_queued(shown))
            print_stream(shown, QUEUE_CATEGORY, QUEUE_STREAM);
        else
            print_stream(shown, DEAD_CATEGORY, DEAD_STREAM);
    }
    print_events(shown);
    if (is_queued(shown))
        print_queue(shown);
    if (is_dead(shown))
        print_dead_letter(shown);
    if (!row_is_null(shown->row, 0, PARKED_STATE))
        print_parked(shown);
    if (!facts->json)
        return;
    facts_close(facts);
    (void)printf("\n");
}

int show_verb(const void *options, int argument_count, char **arguments)
{
    const struct operator_options *given = options;
    struct shown_command shown = {.tenant = given->tenant, .facts = {.json = given->json}};
    struct db db = {0};
    struct error err;
    (void)argument_count;
    arena_init(&shown.arena, MEMORY);
    bool ok = operator_read_id(arguments[0], &shown.id, &err) &&
              operator_open(&db, given->database, &err) && read_rows(&shown, &db, &err);
    if (ok)
        print_command(&shown);
    PQclear(shown.row);
    PQclear(shown.events);
    arena_release(&shown.arena);
    db_close(&db);
    return ok ? EXIT_CODE_OK : cli_fail(&err);
}
