// SPDX-License-Identifier: Apache-2.0
// The customer: who they are is sealed, so the state knows only that there is one. Text in the state
// points into its events (order.h).
#ifndef DOMAIN_CUSTOMER_H
#define DOMAIN_CUSTOMER_H

#include "domain/customer_messages.h"
#include "domain/evolve.h"
#include "domain/transitions.h"

/* Stored in read models: numbers are for ever. */
enum customer_status {
    CUSTOMER_NONE, /* no event yet */
    CUSTOMER_ACTIVE,
    CUSTOMER_ERASURE_REQUESTED,
    CUSTOMER_ERASED, /* of some classes at least: `destroyed` */
    CUSTOMER_STATUS_COUNT
};

struct customer {
    enum customer_status status;
    struct slice region;
    struct slice locale;      /* empty: none */
    struct slice request_ref; /* of the erasure */
    uint8_t destroyed;        /* a bit per class whose keys are gone: 1 << (class - 1) */
};

/* "none", "active", "erasure_requested", "erased" */
const char *customer_status_name(enum customer_status status);

/* What each command does in each state. Rows of other categories are empty. */
extern const struct transition customer_transitions[COMMAND_TYPE_COUNT][CUSTOMER_STATUS_COUNT];

/* ---- behind aggregates.h ---- */

MUST_USE bool customer_decide(
    const struct customer *customer,
    const struct command *command,
    const struct decide_context *context,
    struct decision *out);

MUST_USE enum evolve_result
customer_evolve(struct customer *customer, const struct event *event, struct arena *arena);

#endif
