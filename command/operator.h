// SPDX-License-Identifier: Apache-2.0
// What the verbs for operators share: options, the database, who acts and why, and one way of writing
// facts both for people and as JSON.
#ifndef COMMAND_OPERATOR_H
#define COMMAND_OPERATOR_H

#include "pg/db.h"
#include "runtime/cli.h"
#include "store/store.h"

struct operator_options {
    const char *database;
    const char *tenant; /* NULL: all, where the verb takes that */
    bool json;
    const char *reason;
    const char *confirm;
};

extern const struct option_row command_show_rows[];
extern const struct option_row parked_list_rows[];
extern const struct option_row parked_show_rows[];
extern const struct option_row parked_release_rows[];
extern const struct option_row parked_discard_rows[];

enum {
    COMMAND_SHOW_ROWS = 3,
    PARKED_LIST_ROWS = 3,
    PARKED_SHOW_ROWS = 3,
    PARKED_RELEASE_ROWS = 4,
    PARKED_DISCARD_ROWS = 5,
};

int show_verb(const void *options, int argument_count, char **arguments);
int parked_list_verb(const void *options, int argument_count, char **arguments);
int parked_show_verb(const void *options, int argument_count, char **arguments);
int parked_release_verb(const void *options, int argument_count, char **arguments);
int parked_discard_verb(const void *options, int argument_count, char **arguments);

/* ---- the database ---- */

enum operator_query {
    OPERATOR_SHOW,
    OPERATOR_SHOW_EVENTS,
    OPERATOR_LIST,
    OPERATOR_QUEUE,
    OPERATOR_QUERY_COUNT,
};

/* A statement of schema/queries. */
const struct db_statement *operator_statement(enum operator_query query);

/* Connects, and checks that the schema is the program's. */
MUST_USE bool operator_open(struct db *db, const char *database, struct error *err);

/* ERROR_invalid: it is no UUID. */
MUST_USE bool operator_read_id(const char *text, struct uuid *out, struct error *err);

/* "order/UUID" or "UUID"; *category 0: not said. */
MUST_USE bool
operator_read_stream(const char *text, int16_t *category, struct uuid *out, struct error *err);

/* "order", "stock" …; "unknown" for what a newer program wrote. */
const char *operator_category(int16_t number);

/* Columns of command_parked_list.sql. */
enum {
    PARKED_STREAM_COLUMN,
    PARKED_CATEGORY_COLUMN,
    PARKED_STATE_COLUMN,
    PARKED_PARTITION_COLUMN,
    PARKED_INCIDENT_COLUMN,
    PARKED_SINCE_COLUMN,
    PARKED_RELEASED_COLUMN,
    PARKED_TOPIC_COLUMN,
    PARKED_CODE_COLUMN,
    PARKED_TENANT_COLUMN,
    PARKED_TENANT_ID_COLUMN,
    PARKED_COMMANDS_COLUMN,
    PARKED_OLDEST_COLUMN,
};

/* "parked", "released" … */
const char *parked_state_name(int16_t state);

/* The row of one parked stream, by its id (operator_read_stream) or its incident. ERROR_not_found: it is
 * not parked. *out is to be cleared in any case. */
MUST_USE bool
parked_find(struct db *db, const char *tenant, const char *text, PGresult **out, struct error *err);

/* ---- facts ---- */

/* As text one line each, as JSON members of the object that is open. */
struct facts {
    bool json;
    bool inside; /* something was written into the object */
};

void facts_open(struct facts *facts, const char *name); /* an object; name NULL: an element */
void facts_close(struct facts *facts);
void facts_open_list(struct facts *facts, const char *name);
void facts_close_list(struct facts *facts);

void facts_text(struct facts *facts, const char *name, const char *text);   /* NULL: none */
void facts_slice(struct facts *facts, const char *name, struct slice text); /* size 0: none */
void facts_number(struct facts *facts, const char *name, int64_t number);
void facts_flag(struct facts *facts, const char *name, bool flag);
void facts_uuid(struct facts *facts, const char *name, const struct uuid *id);
void facts_time(struct facts *facts, const char *name, int64_t us);

#endif
