// SPDX-License-Identifier: Apache-2.0
// Publishes the current command epoch on its topic, from a thread of its own: Kafka may be away for
// long, and keys are given meanwhile. The thread sees public keys only.
#ifndef SHREDDER_EPOCH_TOPIC_H
#define SHREDDER_EPOCH_TOPIC_H

#include "base/error.h"
#include "base/slice.h"

struct epoch_topic;

/* Starts the thread; the texts outlive it. */
MUST_USE bool epoch_topic_open(
    struct epoch_topic **out, const char *brokers, const char *topic, struct error *err);

/* Publishes the value (at most 512 bytes) under the number; a newer one replaces one that waits. */
void epoch_topic_offer(struct epoch_topic *topic, uint64_t number, struct slice value);

/* Ends the thread, after at most a few seconds. NULL is fine. */
void epoch_topic_close(struct epoch_topic *topic);

#endif
