// SPDX-License-Identifier: Apache-2.0
// `order-projector show`: one order or one customer for a person to look at. Personal data are shown as
// sealed, unless they are to be revealed: then with a reason, after an audit row, with keys on lease.
// The only part of the projector that knows of keys.
#ifndef PROJECTOR_SHOW_H
#define PROJECTOR_SHOW_H

#include "aggregate/personal.h"
#include "pg/db.h"
#include "projector/columns.h"

struct show_options {
    const char *database;
    const char *tenant;
    bool customer; /* the id is a customer's */
    bool json;
    bool reveal;
    const char *reason;
    const char *shredder_socket;
    bool allow_unlocked;
};

/* Returns the exit code. */
int projector_show(const struct show_options *options, const char *id);

/* ---- what is clear (show_read.c, show_print.c) ---- */

struct shown {
    const struct show_options *options;
    struct uuid tenant;
    struct stream_id stream;
    struct uuid subject; /* whose keys the sealed parts are under */
    struct summary_row order;
    struct customer_row customer;
    struct line_row *lines;
    size_t line_count;
    struct loaded_stream timeline;
    struct sealed_copies copies; /* of the row */
    struct arena arena;
    PGresult *row; /* what slices point into */
    PGresult *line_rows;
};

/* Reads row, lines and events of one snapshot. ERROR_not_found: there is no such row. */
MUST_USE bool show_read(struct shown *shown, struct db *db, struct error *err);

/* Everything but the personal parts, to stdout. As JSON: an object that is left open. */
void show_print(const struct shown *shown);

/* Text for a terminal: what could control it becomes '?'. */
void show_text(struct slice text, struct writer *out);

/* ---- what is personal (reveal.c, show_personal.c) ---- */

struct revealed {
    struct opened_part part;
    const char *why; /* the key is unavailable; NULL otherwise */
};

/* Writes an audit row that says who wants to see what, and why. Durable when it returns. */
MUST_USE bool reveal_audit(const struct shown *shown, struct db *db, struct error *err);

/* Leases the keys and opens each copy: revealed[i] of copies[i]. What was opened lives in `secret`. A
 * broker that is away is an outcome and no failure. */
MUST_USE bool reveal_open(
    const struct shown *shown,
    struct db *db,
    struct arena *secret,
    struct revealed revealed[static MESSAGE_CLASSES],
    struct error *err);

/* Prints the personal parts; revealed NULL: as sealed. Plaintext passes through `secret` and no other
 * buffer. False: `secret` is too small. */
MUST_USE bool
show_personal(const struct shown *shown, const struct revealed *revealed, struct arena *secret);

#endif
