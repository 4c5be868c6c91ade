// SPDX-License-Identifier: Apache-2.0
// Creates topics and checks that they are there. Nothing is created by accident: brokers run with
// auto.create.topics.enable=false.
#ifndef BUS_TOPICS_H
#define BUS_TOPICS_H

#include "base/error.h"

#include <stdint.h>

struct topic_row {
    const char *name;
    int partitions;
    const char *retention_ms;      /* text, as the broker takes it; NULL: the newest record of each
                                      key is kept for ever */
    const char *segment_ms;        /* deletion is by segment: well below the retention */
    const char *max_message_bytes; /* NULL: the broker's default, 1 MiB */
    const char *purpose;
};

/* Creates those that are missing and waits until their metadata answers. *created counts them.
 * Existing topics are left as they are: more partitions would break the order per key. */
MUST_USE bool topics_apply(
    const char *brokers,
    const struct topic_row *topics,
    size_t count,
    size_t *created,
    struct error *err);

/* How many partitions each has now, 0: the topic does not exist. ERROR_transient: no broker. */
MUST_USE bool topics_describe(
    const char *brokers,
    const struct topic_row *topics,
    size_t count,
    int *out_partitions,
    struct error *err);

/* ERROR_not_found names the first missing topic and the remedy; ERROR_transient: no broker. */
MUST_USE bool
topics_check(const char *brokers, const struct topic_row *topics, size_t count, struct error *err);

#endif
