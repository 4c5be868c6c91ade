// SPDX-License-Identifier: Apache-2.0
// What a batch does to customers. Who they are stays sealed.
#include "projector/copies.h"
#include "projector/fold.h"

#include "base/banned.h"

static bool has_number(const void *item, const void *number)
{
    const struct customer_change *customer = item;
    return memcmp(&customer->number, number, sizeof(customer->number)) == 0;
}

static struct customer_change *
begin_customer(struct fold *fold, const struct recorded_event *event, uint64_t hash)
{
    struct customer_change *customer = arena_new(&fold->arena, struct customer_change);
    if (customer == NULL || !index_add(&fold->customer_index, hash, customer))
        return NULL;
    customer->number = event->stream_number;
    customer->customer_id = event->stream.id;
    customer->tenant_id = event->stream.tenant_id;
    customer->first_version = event->version;
    customer->version = event->version - 1;
    *fold->customers_end = customer;
    fold->customers_end = &customer->next;
    return customer;
}

/* Finds or begins the customer and moves it on to the event. NULL: err is filled. */
static struct customer_change *
move_customer(struct fold *fold, const struct recorded_event *event, struct error *err)
{
    uint64_t hash = index_hash_number((uint64_t)event->stream_number);
    struct customer_change *customer =
        index_find(&fold->customer_index, hash, has_number, &event->stream_number);
    if (customer == NULL)
        customer = begin_customer(fold, event, hash);
    if (customer == NULL) {
        fold_exhausted(err);
        return NULL;
    }
    if (event->version != customer->version + 1 || event->stream.tenant_id != customer->tenant_id ||
        !uuid_equal(&event->stream.id, &customer->customer_id)) {
        fold_contradicts(event, "it is not the next version of its stream", err);
        return NULL;
    }
    customer->version = event->version;
    customer->position = event->position;
    customer->updated_us = event->occurred_us;
    return customer;
}

static bool take_sealed(
    struct fold *fold,
    struct customer_change *customer,
    const struct recorded_event *recorded,
    struct error *err)
{
    struct slice copies;
    return copies_of_event(recorded, &fold->arena, &copies, err) &&
           copies_join(customer->sealed, copies, &fold->arena, &customer->sealed, err);
}

bool fold_customer(struct fold *fold, const struct recorded_event *recorded, struct error *err)
{
    struct event event;
    if (!fold_read(fold, recorded, &event, err))
        return false;
    bool registers = event.type == EVENT_CUSTOMER_REGISTERED;
    if (!registers && event.type != EVENT_CUSTOMER_CONTACT_CHANGED)
        return fold_contradicts(recorded, "it does not belong to a customer", err);
    if (registers != (recorded->version == 1))
        return fold_contradicts(recorded, "a customer registers once, and first", err);
    struct customer_change *customer = move_customer(fold, recorded, err);
    if (customer == NULL)
        return false;
    if (registers) {
        customer->registered = event.body;
        customer->registered_us = recorded->occurred_us;
        fold->new_customers++;
    } else if (customer->registered == NULL && customer->first_version == recorded->version) {
        fold->touched_customers++;
    }
    return take_sealed(fold, customer, recorded, err);
}
