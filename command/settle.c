// SPDX-License-Identifier: Apache-2.0
// From answers to records, and from arrived records to offsets.
#include "command/service.h"

#include "base/clock.h"
#include "runtime/log.h"
#include "runtime/signals.h"

#include "base/banned.h"

/* False: a stop was asked for while Kafka did not take the record. */
static bool send_record(struct service *service, const struct producer_record *record)
{
    int64_t number;
    struct error err;
    return producer_send(service->producer, record, &number, &err);
}

static bool send_dead_letter(struct service *service, const struct item *item)
{
    struct producer_record record;
    const struct run_options *options = service->options;
    dead_letter_record(
        item, options->topic, options->dead_letter_topic, &service->reply_room, &record);
    if (!send_record(service, &record))
        return false;
    service->report.dead_letters++;
    return true;
}

static bool send_reply(struct service *service, const struct item *item)
{
    struct producer_record record;
    if (!reply_topic_is_allowed(service->options->reply_topics, item->envelope.reply_topic)) {
        service->report.refused_replies++;
        if (!service->warned_reply_topic)
            LOG(LOG_WARNING,
                "reply_topic_refused",
                "a command names a reply topic that is not allowed; counted from now on",
                LOG_TEXT("allowed", service->options->reply_topics));
        service->warned_reply_topic = true;
        return true;
    }
    reply_record(item, &service->reply_room, &record);
    return send_record(service, &record);
}

static bool settle_item(struct service *service, struct item *item)
{
    if (item->answer.dead_letter && !send_dead_letter(service, item))
        return false;
    if (reply_is_wanted(item) && !send_reply(service, item))
        return false;
    report_answer(&service->report, &item->answer);
    service->report.boxes += item->box != ITEM_BOX_NONE;
    service->report.plain += item->is_plain && !item->is_refused;
    item->state = ITEM_SENT;
    return true;
}

void service_settle(struct service *service)
{
    int64_t at_us = clock_monotonic_us();
    for (size_t i = 0; i < service->item_count; i++) {
        struct item *item = &service->items[i];
        if (item->state == ITEM_ANSWERED && !settle_item(service, item))
            break;
    }
    producer_poll(service->producer, 0);
    report_step(&service->report, STEP_REPLY, &at_us);
}

/* ---- offsets ---- */

static void add_mark(struct service *service, int32_t partition, int64_t offset)
{
    int64_t record = producer_newest(service->producer);
    while (!marks_add(&service->marks, record, partition, offset)) {
        if (signals_stop())
            return; /* comes again */
        producer_poll(service->producer, 50);
        service_advance(service);
        service_serve_keys(service);
    }
}

/* The last offset of the partition that begins at item `first` and has nothing unsent below it in
 * this batch; -1: none. Offsets of a partition go up. */
static int64_t done_up_to(const struct service *service, size_t first)
{
    int32_t partition = service->items[first].arrival.partition;
    int64_t offset = -1;
    for (size_t i = first; i < service->item_count; i++) {
        const struct item *item = &service->items[i];
        if (item->arrival.partition != partition)
            continue;
        if (item->state != ITEM_SENT)
            break;
        offset = item->arrival.offset;
    }
    return offset;
}

static bool is_first_of_partition(const struct service *service, size_t number)
{
    for (size_t i = 0; i < number; i++) {
        if (service->items[i].arrival.partition == service->items[number].arrival.partition)
            return false;
    }
    return true;
}

void service_mark(struct service *service)
{
    if (service->stale)
        return;
    for (size_t i = 0; i < service->item_count; i++) {
        if (!is_first_of_partition(service, i))
            continue;
        int64_t offset = done_up_to(service, i);
        if (offset >= 0)
            add_mark(service, service->items[i].arrival.partition, offset);
    }
}

void service_advance(struct service *service)
{
    struct mark mark;
    int64_t settled = producer_settled(service->producer);
    while (marks_take(&service->marks, settled, &mark))
        consumer_done(service->consumer, mark.partition, mark.offset);
}
