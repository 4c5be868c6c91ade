// SPDX-License-Identifier: Apache-2.0
// What a batch of events does to the read models, worked out in memory: an order that is placed and
// changed within the batch becomes one row, several changes of one order become one change. Pure:
// no PostgreSQL, no clock.
#ifndef PROJECTOR_FOLD_H
#define PROJECTOR_FOLD_H

#include "domain/customer_messages.h"
#include "domain/order.h"
#include "projector/sales.h"
#include "store/store.h"

struct line_change {
    int64_t line_no;
    int64_t cancelled; /* units and amount cancelled by the batch */
    int64_t amount;
};

/* One order that occurs in the batch. */
struct order_change {
    int64_t order_number; /* the stream's number */
    struct uuid order_id;
    int32_t tenant_id;
    int64_t first_version; /* of its first event of the batch */
    int64_t version;       /* of the last one, as are position and updated_us */
    int64_t position;
    int64_t updated_us;
    const struct order_placed *placed; /* NULL: the order is older than the batch */
    int64_t units;                     /* of a new order, sum of qty */
    int64_t cancelled_amount;          /* after the batch */
    bool changed;                      /* older, lines were cancelled, the order was not */
    bool cancelled;                    /* OrderCancelled: nothing of it is open any more */
    bool touched;        /* older, and there is more to its row: a version, sealed data */
    struct slice sealed; /* newest copies of the batch (projector/copies.h); size 0: none */
    /* Of a new order one per line, in the order of placed->lines, or none at all; of an older one
     * those that changed, none when it is cancelled. */
    struct line_change *lines;
    size_t line_count;
    size_t line_room;
    /* Of an older order, from its row: what its sales are counted under. */
    bool found;
    int64_t placed_us;
    struct slice currency;
    struct order_change *next;
};

/* One customer that occurs in the batch. */
struct customer_change {
    int64_t number; /* the stream's */
    struct uuid customer_id;
    int32_t tenant_id;
    int64_t first_version; /* of its first event of the batch */
    int64_t version;       /* of the last one, as are position and updated_us */
    int64_t position;
    int64_t updated_us;
    const struct customer_registered *registered; /* NULL: the customer is older than the batch */
    int64_t registered_us;                        /* of a new one */
    struct slice sealed;                          /* as of an order */
    struct customer_change *next;
};

struct fold {
    struct arena arena;          /* of everything below, and of what events decode to */
    struct index index;          /* of orders, by their number */
    struct order_change *orders; /* a list, in order of first appearance */
    struct order_change **end;   /* where the next one goes */
    struct sales sales;          /* changes by new orders; older ones are added after the lookup */
    size_t events;               /* taken in, those of other categories too */
    size_t new_orders;
    size_t new_lines;
    size_t changed_orders; /* older ones with lines cancelled, without OrderCancelled */
    size_t changed_lines;
    size_t cancelled_orders; /* older ones */
    size_t touched_orders;
    struct index customer_index;
    struct customer_change *customers;
    struct customer_change **customers_end;
    size_t new_customers;
    size_t touched_customers; /* older ones */
};

/* maximum: bytes one batch may take; see fold_add. */
void fold_init(struct fold *fold, size_t maximum);
void fold_release(struct fold *fold);

/* Forgets the batch. */
void fold_reset(struct fold *fold);

/* Takes in the next event; what is needed of it is copied. Events of categories that no read model
 * shows are passed over. ERROR_invalid: type or version is unknown, this program is too old. ERROR_tampered: the
 * bytes do not decode or the event contradicts those before it. ERROR_fatal: memory is exhausted. */
MUST_USE bool fold_add(struct fold *fold, const struct recorded_event *event, struct error *err);

/* By the stream's number; NULL when the batch does not touch it. */
struct order_change *fold_find(const struct fold *fold, int64_t order_number);

/* Counts what was cancelled of an article; false when memory is exhausted. For older orders, whose
 * articles only the database knows. */
MUST_USE bool
fold_add_cancelled(struct fold *fold, const struct sales_key *key, int64_t units, int64_t amount);

/* ---- between the parts of the fold ---- */

bool fold_exhausted(struct error *err);
bool fold_contradicts(const struct recorded_event *event, const char *why, struct error *err);

/* Decodes the event; its bytes are copied into the batch's memory. */
MUST_USE bool fold_read(
    struct fold *fold, const struct recorded_event *recorded, struct event *out, struct error *err);

/* Take in an event of an order, of a customer. */
MUST_USE bool
fold_order(struct fold *fold, const struct recorded_event *recorded, struct error *err);
MUST_USE bool
fold_customer(struct fold *fold, const struct recorded_event *recorded, struct error *err);

#endif
