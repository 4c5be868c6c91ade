// SPDX-License-Identifier: Apache-2.0
// Topics a producer writes to, with what is known of each. A record is only handed to the client
// when its topic and partition are known to exist: the first produce to a new topic is up to a
// second late otherwise, and 2.0.2 frees headers twice for an unknown partition (#4628).
// Inside lib/bus only.
#ifndef BUS_PRODUCER_TOPICS_H
#define BUS_PRODUCER_TOPICS_H

#include "bus/bus_conf.h"

enum {
    PRODUCER_MAX_TOPICS = 64,
    TOPIC_NAME_SIZE = 250, /* Kafka's limit is 249 */
};

struct producer_topic {
    char name[TOPIC_NAME_SIZE];
    rd_kafka_topic_t *handle; /* NULL while the topic does not exist or after a rebuild */
    int32_t partitions;       /* 0: it does not exist, or may not be written */
    int64_t checked_us;       /* 0: never */
    int64_t newest;           /* number of the newest record for it; until it is settled the row
                                 must not be given to another topic */
};

struct producer_topics {
    struct producer_topic rows[PRODUCER_MAX_TOPICS];
    int32_t count;
    int32_t latest; /* the one asked for last */
};

enum topic_answer {
    TOPIC_KNOWN,
    TOPIC_MISSING, /* no such topic, a name that cannot be one, no rights */
    TOPIC_UNSURE,  /* the broker did not answer: ask again */
};

/* Finds the topic's number, asking the broker when it is new or was missing a while ago. settled:
 * every record up to this number is settled. */
MUST_USE enum topic_answer producer_topic_find(
    struct producer_topics *topics,
    struct bus_client *client,
    const char *name,
    int64_t settled,
    int32_t *out);

/* The handle of a topic that exists, made anew after a rebuild; NULL: the client is dead. */
MUST_USE rd_kafka_topic_t *
producer_topic_handle(struct producer_topics *topics, rd_kafka_t *rk, int32_t number);

/* A delivery failed because the topic is gone. */
void producer_topic_missing(struct producer_topics *topics, int32_t number);

/* Gives the handles back; before the client is destroyed. */
void producer_topics_drop_handles(struct producer_topics *topics);

#endif
