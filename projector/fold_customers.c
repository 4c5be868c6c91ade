// SPDX-License-Identifier: Apache-2.0
// What a batch does to customers. Who they are stays sealed.
#include "projector/fold.h"

#include "base/banned.h"

bool fold_customer(struct fold *fold, const struct folded_event *folded, struct error *err)
{
    struct customer_change *customer = (struct customer_change *)folded->stream;
    (void)fold;
    (void)err;
    switch ((int)folded->event.type) {
    case EVENT_CUSTOMER_REGISTERED:
        customer->registered = folded->event.body;
        customer->registered_us = folded->recorded->occurred_us;
        customer->status = CUSTOMER_ACTIVE;
        break;
    case EVENT_ERASURE_REQUESTED:
        customer->status = CUSTOMER_ERASURE_REQUESTED;
        break;
    case EVENT_CUSTOMER_ERASED:
        customer->status = CUSTOMER_ERASED;
        break;
    default: /* the contact is sealed */
        break;
    }
    return true;
}
