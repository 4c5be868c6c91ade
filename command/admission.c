// SPDX-License-Identifier: Apache-2.0
#include "command/admission.h"

#include "command/answer.h"
#include "command/signature.h"
#include "domain/customer_messages.h"

#include "base/banned.h"

/* ---- who ---- */

static bool is_signed_by(
    const struct admission *admission,
    const struct item *item,
    const struct sending_party *producer)
{
    const struct arrival *arrival = &item->arrival;
    const struct signed_record record = {
        .topic = admission->topic,
        .key = arrival->key,
        .value = arrival->value,
        .headers = arrival->headers,
        .header_count = arrival->header_count};
    return signature_holds(&record, producer->key, item->envelope.mac);
}

/* A name that is wrong and a MAC that is wrong are told apart in the dead letters only. */
static bool find_producer(
    const struct admission *admission,
    struct item *item,
    const struct sending_party **out,
    struct answer *why)
{
    const struct sending_party *producer =
        tenants_find_producer(admission->tenants, item->envelope.producer);
    item->is_mute = producer == NULL || !is_signed_by(admission, item, producer);
    if (item->is_mute) {
        *why = answer_refusal(
            REJECTION_not_permitted, producer == NULL ? "order_producer" : "order_mac");
        return false;
    }
    item->actor = slice_of_text(producer->name);
    *out = producer;
    return true;
}

static bool find_tenant(
    const struct admission *admission,
    const struct item *item,
    struct sender *sender,
    struct answer *why)
{
    struct slice name = item->envelope.tenant;
    if (name.size == 0) {
        sender->tenant = sender->producer->tenants[0];
        if (sender->producer->tenant_count > 1)
            *why = answer_malformed(REJECTION_missing_field, "order_tenant", "missing header");
        return sender->producer->tenant_count == 1;
    }
    sender->tenant = tenants_find(admission->tenants, name);
    if (sender->tenant != NULL && producer_serves(sender->producer, sender->tenant))
        return true;
    enum rejection_code code =
        sender->tenant == NULL ? REJECTION_unknown_tenant : REJECTION_tenant_mismatch;
    *why = answer_refusal(code, "order_tenant");
    return false;
}

bool admission_identify(
    const struct admission *admission, struct item *item, struct sender *out, struct answer *why)
{
    struct sender sender = {.tenant = &admission->tenants->rows[0]};
    if (admission->tenants->has_producers &&
        (!find_producer(admission, item, &sender.producer, why) ||
         !find_tenant(admission, item, &sender, why)))
        return false;
    item->settings = &sender.tenant->settings;
    item->stream.tenant_id = sender.tenant->number;
    *out = sender;
    return true;
}

bool admission_count(
    const struct admission *admission, const struct sender *sender, struct answer *why)
{
    int64_t wait_us = bucket_take(&sender->tenant->bucket, admission->monotonic_us);
    if (wait_us == 0)
        return true;
    *why = answer_limited((wait_us + 999) / 1000);
    return false;
}

/* ---- what and when ---- */

void admission_put_off(struct item *item, enum rejection_code code, const char *field)
{
    if (item->is_refused)
        return;
    item->is_refused = true;
    item->refusal = code;
    item->refused_field = field;
    item->look_up = true;
}

static bool is_of_region(const struct item *item, const struct tenant *tenant)
{
    if (tenant->region[0] == '\0' || item->command.type != COMMAND_REGISTER_CUSTOMER)
        return true;
    const struct register_customer *body = item->command.body;
    return slice_is(body->region, tenant->region);
}

static bool is_plausible(int64_t time_us, int64_t now_us)
{
    const int64_t behind_us = (int64_t)ADMISSION_BEHIND_DAYS * 86400 * 1000000;
    return time_us <= now_us + ADMISSION_AHEAD_US && time_us >= now_us - behind_us;
}

static bool is_late(const struct item *item, int64_t now_us)
{
    return item->envelope.has_expiry && now_us >= item->envelope.expiry_us;
}

void admission_check(
    const struct admission *admission, const struct sender *sender, struct item *item)
{
    const struct envelope *envelope = &item->envelope;
    if (command_descriptions[item->command.type].is_restricted && sender->producer != NULL &&
        !sender->producer->erases)
        admission_put_off(item, REJECTION_not_permitted, "order_producer");
    if (!is_of_region(item, sender->tenant))
        admission_put_off(item, REJECTION_wrong_region, "region");
    if (envelope->has_time && !admission->is_queued &&
        !is_plausible(envelope->time_us, admission->now_us))
        admission_put_off(item, REJECTION_bad_field, "ce_time");
    if (is_late(item, admission->now_us))
        admission_put_off(item, REJECTION_timed_out, "ce_expirytime");
}

void admission_expire(struct item *items, size_t count, int64_t now_us)
{
    for (size_t i = 0; i < count; i++) {
        if (items[i].state == ITEM_OPEN && is_late(&items[i], now_us))
            admission_put_off(&items[i], REJECTION_timed_out, "ce_expirytime");
    }
}
