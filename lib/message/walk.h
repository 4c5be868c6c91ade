// SPDX-License-Identifier: Apache-2.0
// Visits a described struct in the order of its fields, records and lists included. Keeps its own
// stack, so that nesting costs no stack frames; allocates nothing.
//
//     struct message_walk walk;
//     message_walk_start(&walk, &place_order_message, &body);
//     while (message_walk_next(&walk)) { switch (walk.step) … }
#ifndef MESSAGE_WALK_H
#define MESSAGE_WALK_H

#include "message/describe.h"

enum walk_step {
    WALK_OPEN,       /* a struct begins: the root, a record, an element of a list */
    WALK_FIELD,      /* a field of `body`, of any kind, with or without a value */
    WALK_CLOSE,      /* the struct ends */
    WALK_LIST_CLOSE, /* the list `field` of `body` ends */
};

struct walk_frame {
    const struct message *message;
    const uint8_t *body;
    size_t next;          /* index of the field to visit next */
    size_t elements_left; /* of the list this struct is in, itself not counted */
    bool in_list;
};

struct message_walk {
    /* What was found; valid until the next step. */
    enum walk_step step;
    const struct message *message;     /* of `body` */
    const void *body;                  /* the struct */
    const struct message_field *field; /* WALK_FIELD, WALK_LIST_CLOSE */

    /* Private. */
    bool opening; /* the top frame was not announced yet */
    bool closing; /* a list that had no elements ends next */
    size_t depth;
    struct walk_frame frames[MESSAGE_MAX_DEPTH];
};

void message_walk_start(struct message_walk *walk, const struct message *message, const void *body);

/* The next step; false after the last one. CHECKs that nesting stays within MESSAGE_MAX_DEPTH. */
bool message_walk_next(struct message_walk *walk);

/* After WALK_FIELD of a record or a list that has a value: do not go into it. */
void message_walk_skip(struct message_walk *walk);

#endif
