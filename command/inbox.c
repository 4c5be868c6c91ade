// SPDX-License-Identifier: Apache-2.0
// Messages between the consumer and the batches.
#include "command/service.h"

#include "runtime/log.h"

#include "base/banned.h"

/* Destroys messages first..end-1 and closes the gap. */
static void destroy_range(struct service *service, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++)
        rd_kafka_message_destroy(service->inbox[i]);
    for (size_t i = end; i < service->inbox_count; i++)
        service->inbox[first + i - end] = service->inbox[i];
    service->inbox_count -= end - first;
}

/* A new assignment: everything not committed comes again from where the broker says. What the batch
 * holds stays in memory until it has ended. */
static void start_generation(struct service *service, size_t old_count)
{
    service->generation = consumer_generation(service->consumer);
    destroy_range(service, service->taken, old_count);
    marks_clear(&service->marks);
    hot_clear(&service->hot); /* others may have changed what comes back to us */
    service->stale = service->taken != 0 || service->park.is_draining;
    LOG(LOG_INFO,
        "partitions_assigned",
        "the assignment of partitions changed",
        LOG_NUMBER("partitions", (int64_t)consumer_partitions(service->consumer)));
}

void service_poll(struct service *service, int timeout_ms)
{
    size_t old_count = service->inbox_count;
    size_t wanted = (size_t)service->options->batch;
    size_t waiting = old_count - service->taken;
    /* At least one, because rebalances are served by polling; without room even that must wait:
     * dropping a message would leave a hole below a later one that is committed. */
    size_t most = wanted > waiting ? wanted - waiting : 1;
    if (old_count + most > service->inbox_capacity)
        return;
    service->inbox_count +=
        consumer_poll(service->consumer, timeout_ms, service->inbox + old_count, most);
    if (consumer_generation(service->consumer) != service->generation)
        start_generation(service, old_count);
}

void service_drop_taken(struct service *service)
{
    destroy_range(service, 0, service->taken);
    service->taken = 0;
    service->stale = false;
}

void service_drop_inbox(struct service *service)
{
    destroy_range(service, 0, service->inbox_count);
    service->taken = 0;
}
