// SPDX-License-Identifier: Apache-2.0
// The aggregates behind one face: state from nothing, decide, evolve. Pure: no I/O, no clock, no
// memory but the arena that is handed in.
#ifndef DOMAIN_AGGREGATES_H
#define DOMAIN_AGGREGATES_H

#include "base/arena.h"
#include "domain/catalog.h"
#include "domain/money.h"
#include "domain/rejections.h"

/* What a tenant has agreed to; the same for every command of the tenant. */
struct tenant_settings {
    struct uuid tenant;        /* namespace of ids derived from names */
    enum rounding rounding;    /* recorded in OrderPlaced, so that replay needs no settings */
    bool gifts_allowed;        /* lines with a price of zero */
    const char *currencies;    /* enabled ISO 4217 codes, comma separated; "*": all known */
    int64_t max_lines;         /* of an order; 0: ORDER_MAX_LINES */
    int64_t payment_window_us; /* how long an order may stay unconfirmed; 0: 15 minutes */
    int64_t stock_ttl_us;      /* how long a reservation holds that says nothing; 0: 15 minutes */
    int64_t return_window_us; /* how long after the last delivery units may come back; 0: 30 days */
};

/* Whether the person whose data a command holds can have it sealed. */
enum subject_state {
    SUBJECT_NONE_NEEDED, /* nothing personal is in the command */
    SUBJECT_ACTIVE,
    SUBJECT_ERASING, /* an erasure is under way: refused with erasure_pending */
    SUBJECT_ERASED,  /* for ever: refused with customer_erased */
};

struct decide_context {
    struct arena *arena; /* everything a decision holds lives here */
    int64_t now_us;
    const struct tenant_settings *tenant;
    struct uuid stream_id;
    enum subject_state subject; /* who is to be asked: aggregate_subject */
};

enum { DECISION_MAX_EVENTS = 4 };

/* Either events (possibly none: accepted, nothing to do) or one rejection. */
struct decision {
    const struct rejection *rejection; /* NULL when accepted */
    const char *field;                 /* which field is to blame, NULL: none in particular */
    size_t event_count;
    struct event events[DECISION_MAX_EVENTS];
};

/* An aggregate's state; `version` events were folded into `state`. The state's type belongs to the
 * category (struct order, struct stock_item, struct customer, struct promotion). */
struct aggregate {
    enum category category;
    int64_t version;
    void *state;
    bool contradicted; /* an event could not follow */
};

/* The state before the first event. NULL state: the arena is exhausted. */
MUST_USE bool
aggregate_init(struct aggregate *aggregate, enum category category, struct arena *arena);

/* What the command leads to. Never changes the state. A fact (is_fact) about a person who is erased, or
 * being erased, is decided without what is personal of it. False only when the arena is exhausted. */
MUST_USE bool aggregate_decide(
    const struct aggregate *aggregate,
    const struct command *command,
    const struct decide_context *context,
    struct decision *out);

/* Folds one event in and counts the version up. False when the arena is exhausted, or when the event
 * contradicts the state (`contradicted` then tells), or is of another category: the aggregate is of no
 * use any more. */
MUST_USE bool
aggregate_evolve(struct aggregate *aggregate, const struct event *event, struct arena *arena);

/* The same state with everything it points at in the arena. False only when it is exhausted. */
MUST_USE bool
aggregate_copy(const struct aggregate *from, struct arena *arena, struct aggregate *out);

/* The same state, to be evolved while the original stays as it is. What is large is shared until it is
 * changed: the original must neither change nor go away while the fork is in use. False only when the
 * arena is exhausted. */
MUST_USE bool
aggregate_fork(const struct aggregate *from, struct arena *arena, struct aggregate *out);

/* Whether forks of the category share anything: then they can be joined. */
bool aggregate_shares(enum category category);

/* `aggregate` becomes what its fork has come to, in its own arena and with as much work as the fork
 * has changes; the fork is of no use any more. Only where forks share, and for versions after the
 * first (whose text the state points into). False: the arena is exhausted, and the aggregate of no use
 * any more. */
MUST_USE bool
aggregate_join(struct aggregate *aggregate, const struct aggregate *fork, struct arena *arena);

#endif
