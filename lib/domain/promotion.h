// SPDX-License-Identifier: Apache-2.0
// A promotion: a code that takes something off the goods of an order, and who has used it. Text in the
// state points into its events (order.h).
#ifndef DOMAIN_PROMOTION_H
#define DOMAIN_PROMOTION_H

#include "domain/evolve.h"
#include "domain/promotion_messages.h"
#include "domain/transitions.h"
#include "domain/uuid_map.h"

enum promotion_status {
    PROMOTION_NONE, /* no event yet */
    PROMOTION_ACTIVE,
    PROMOTION_INACTIVE,
    PROMOTION_STATUS_COUNT
};

struct promotion {
    enum promotion_status status;
    struct promotion_defined terms; /* the event, as it was */
    /* Open redemptions, by order: number = discount, id = the customer. Their count is the uses. */
    struct uuid_map redemptions;
    struct uuid_map customers; /* number = open redemptions of a customer, at least 1 */
};

/* Writes the code in ASCII capitals, the form in which codes are compared and stored. */
void promotion_upper(struct slice code, uint8_t out[static PROMOTION_MAX_CODE]);

/* Whether both are the same code, in capitals. */
bool promotion_same_code(struct slice a, struct slice b);

/* The stream of a promotion: UUIDv5 in the tenant's namespace over the code in capitals behind its
 * length in 4 bytes, big endian. At most PROMOTION_MAX_CODE bytes. */
struct uuid promotion_stream_id(const struct uuid *tenant, struct slice code);

/* What the promotion takes off goods of this amount: minor units, at least 0. */
int64_t
promotion_discount(const struct promotion_defined *terms, int64_t subtotal, enum rounding rounding);

/* "none", "active", "inactive" */
const char *promotion_status_name(enum promotion_status status);

/* What each command does in each state. Rows of other categories are empty. */
extern const struct transition promotion_transitions[COMMAND_TYPE_COUNT][PROMOTION_STATUS_COUNT];

/* ---- behind aggregates.h ---- */

MUST_USE bool promotion_decide(
    const struct promotion *promotion,
    const struct command *command,
    const struct decide_context *context,
    struct decision *out);

MUST_USE enum evolve_result
promotion_evolve(struct promotion *promotion, const struct event *event, struct arena *arena);

#endif
