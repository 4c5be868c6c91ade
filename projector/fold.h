// SPDX-License-Identifier: Apache-2.0
// What a batch of events does to the read models, worked out in memory. There is one way for all of
// them: a stream that occurs in the batch has a change, its events are applied to that one after
// another, and what comes out is written once. Of a stream that began within the batch everything is
// known; of an older one the events wait until its row was read (older.h). Pure: no PostgreSQL, no
// clock.
#ifndef PROJECTOR_FOLD_H
#define PROJECTOR_FOLD_H

#include "domain/customer.h"
#include "domain/order.h"
#include "domain/promotion_messages.h"
#include "domain/stock_messages.h"
#include "projector/sales.h"
#include "store/store.h"

enum { FOLD_CATEGORIES = CATEGORY_PROMOTION + 1 };

/* A stream that occurs in the batch; the first member of the changes below. */
struct stream_change {
    int64_t number;
    struct stream_id id;
    int64_t first_version; /* of its first event of the batch; 1: it is new */
    int64_t version;       /* of the last one, as are position and updated_us */
    int64_t position;
    int64_t updated_us;
    struct slice sealed; /* newest copies of the batch (copies.h), then of the row; size 0: none */
    struct stream_change *next;
};

/* What a line of an order holds that changes, and what is needed to change it. */
struct line_state {
    int64_t line_no;
    int64_t qty;
    int64_t total; /* minor units, as the next but one */
    struct slice sku;
    int64_t cancelled; /* units, as all that follow but the amount */
    int64_t cancelled_amount;
    int64_t reserved;
    int64_t shipped;
    int64_t delivered;
    int64_t returned;
    bool changed; /* by the batch */
};

/* An event of an older stream that waits for the row. */
struct waiting_event {
    struct event event;
    int64_t position;
    struct waiting_event *next;
};

struct order_change {
    struct stream_change stream;
    const struct order_placed *placed; /* NULL: the order is older than the batch */
    int64_t placed_us;
    struct slice currency;
    enum order_status status;
    struct order_sums sums;
    bool held;
    int64_t hold_reason;
    /* Of a new order all in the order of placed->lines, or none when none has changed; of an older
     * one all of them, or none when no event of the batch is about lines. */
    struct line_state *lines;
    size_t line_count;
    bool wants_lines; /* of an older one: an event that waits is about lines */
    bool found;       /* its row was there as the events before left it */
    struct waiting_event *waiting;
    struct waiting_event **waiting_end;
};

struct customer_change {
    struct stream_change stream;
    const struct customer_registered *registered; /* NULL: the customer is older than the batch */
    int64_t registered_us;                        /* of a new one */
    enum customer_status status;                  /* CUSTOMER_NONE: as it was */
};

struct stock_change {
    struct stream_change stream;
    struct slice location;
    struct slice sku;
    int64_t on_hand;
    int64_t reserved;
};

/* Units that an order has reserved of a stock item. */
struct reservation_change {
    const struct stock_change *item;
    struct uuid order_id;
    bool is_older; /* than the batch: qty is what the batch changes until the row was read */
    int64_t qty;   /* 0: closed */
    bool has_expires;
    int64_t expires_us;
    int64_t position; /* of its last event */
    bool found;
    struct reservation_change *next;
};

/* What a promotion granted in one currency within the batch. */
struct discount_change {
    struct slice currency;
    int64_t redemptions;
    int64_t discount;
    struct discount_change *next;
};

struct promotion_change {
    struct stream_change stream;
    const struct promotion_defined *defined; /* NULL: the promotion is older than the batch */
    int64_t uses;
    bool is_deactivated;
    struct discount_change *discounts;
};

struct stream_list {
    struct stream_change *first; /* in order of first appearance */
    struct stream_change **end;
    size_t made;  /* new ones */
    size_t older; /* those that are older than the batch */
};

struct fold {
    struct arena arena;                     /* of everything below, and of what events decode to */
    struct index streams;                   /* by their number */
    struct stream_list of[FOLD_CATEGORIES]; /* by category */
    struct index reservation_index;         /* by stock item and order */
    struct reservation_change *reservations;
    struct sales sales;  /* changes of orders; of older ones once their rows were read */
    size_t events;       /* taken in, those of other categories too */
    size_t new_lines;    /* of new orders */
    size_t lines_wanted; /* older orders whose lines are to be read */
    size_t older_reservations;
};

/* maximum: bytes one batch may take; see fold_add. */
void fold_init(struct fold *fold, size_t maximum);
void fold_release(struct fold *fold);

/* Forgets the batch. */
void fold_reset(struct fold *fold);

/* Takes in the next event; what is needed of it is copied. Events of categories that no read model
 * shows are passed over. ERROR_invalid: type or version is unknown, this program is too old.
 * ERROR_tampered: the bytes do not decode or the event contradicts those before it. ERROR_fatal:
 * memory is exhausted. */
MUST_USE bool fold_add(struct fold *fold, const struct recorded_event *event, struct error *err);

/* By the stream's number; NULL when the batch does not touch it. */
struct stream_change *fold_find(const struct fold *fold, int64_t number);

static inline bool stream_is_new(const struct stream_change *stream)
{
    return stream->first_version == 1;
}

/* ---- changes of a category; each begins with its stream ---- */

#define FOLD_EACH(type, name, fold, category) \
    for (struct type *name = (struct type *)(fold)->of[category].first; name != NULL; \
         name = (struct type *)name->stream.next)

/* ---- older orders, once their rows were read ---- */

/* Applies the events that waited. The members of the order's state hold what the row held, its lines
 * too if they were wanted. Fails as fold_add. */
MUST_USE bool fold_settle(struct fold *fold, struct order_change *order, struct error *err);

/* ---- between the parts of the fold ---- */

/* An event as the parts of the fold take it in. */
struct folded_event {
    const struct recorded_event *recorded;
    struct event event;
    struct stream_change *stream;
};

bool fold_exhausted(struct error *err);

/* `why` is a clause: "more is cancelled than is open". */
bool fold_contradicts(
    int64_t position, const struct event *event, const char *why, struct error *err);

/* fold_orders.c, fold_customers.c, fold_stock.c, fold_promotions.c */
typedef bool fold_function(struct fold *fold, const struct folded_event *folded, struct error *err);
MUST_USE fold_function fold_order, fold_customer, fold_stock, fold_promotion;

/* fold_lines.c: what the event does to the order's lines. */
bool fold_is_about_lines(enum event_type type);
MUST_USE bool fold_lines(
    struct fold *fold,
    struct order_change *order,
    const struct event *event,
    int64_t position,
    struct error *err);

#endif
