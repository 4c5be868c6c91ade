// SPDX-License-Identifier: Apache-2.0
// How every Kafka client of ours is set up: one table of settings with the reason of each, and one
// place where the client's own messages end up. Inside lib/bus only.
#ifndef BUS_BUS_CONF_H
#define BUS_BUS_CONF_H

#include "base/error.h"

#include <librdkafka/rdkafka.h>

/* Bits: a row of the table says for which of them it counts. */
enum bus_role {
    BUS_CONSUMER = 1, /* member of a group */
    BUS_READER = 2,   /* reads without a group */
    BUS_PRODUCER = 4,
    BUS_ADMIN = 8,
};

enum { TROUBLE_SIZE = 256 };

/* First member of everything that is a client's opaque. Logs of librdkafka are queued and served by
 * our own polling, so that `trouble` needs no lock. */
struct bus_client {
    rd_kafka_t *rk;
    char trouble[TROUBLE_SIZE]; /* last error reported, empty when fine */
};

/* The table's settings for a role. Free with rd_kafka_conf_destroy unless bus_client_open took it.
 * opaque must begin with a struct bus_client and outlive the client. */
MUST_USE bool bus_conf_new(
    enum bus_role role,
    const char *brokers,
    const char *client_id,
    void *opaque,
    rd_kafka_conf_t **out,
    struct error *err);

/* One more setting. */
MUST_USE bool
bus_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value, struct error *err);

/* Makes the client; takes the conf also when it fails. */
MUST_USE bool bus_client_open(
    struct bus_client *client, rd_kafka_type_t type, rd_kafka_conf_t *conf, struct error *err);

void trouble_set(struct bus_client *client, const char *format, ...) PRINTF_LIKE(2, 3);

static inline void trouble_clear(struct bus_client *client)
{
    client->trouble[0] = '\0';
}

/* err from librdkafka's number: transient unless it names a wrong configuration, missing rights or
 * something that does not exist. Returns false. */
bool bus_fail(rd_kafka_resp_err_t code, const char *what, struct error *err);

#endif
