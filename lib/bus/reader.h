// SPDX-License-Identifier: Apache-2.0
// Reads a topic on all partitions and in no group: what arrives from now on, for somebody who waits for
// the answer to what he is about to send; or all of it, for a small topic whose newest records count.
#ifndef BUS_READER_H
#define BUS_READER_H

#include "base/error.h"

#include <librdkafka/rdkafka.h>

struct reader;

/* Asks for the end of each partition before it returns, so that nothing sent afterwards is missed.
 * ERROR_not_found: no such topic; ERROR_transient: the broker does not answer. */
MUST_USE bool reader_open(
    struct reader **out,
    const char *brokers,
    const char *topic,
    const char *client_id, /* short */
    struct error *err);

/* The same from the oldest record on. */
MUST_USE bool reader_open_all(
    struct reader **out,
    const char *brokers,
    const char *topic,
    const char *client_id,
    struct error *err);

/* Whether every record that was there has been given out, on all partitions. */
bool reader_at_end(const struct reader *reader);

/* NULL is fine. */
void reader_close(struct reader *reader);

/* The next message, the caller's to destroy; NULL when none came in time. */
rd_kafka_message_t *reader_poll(struct reader *reader, int timeout_ms);

/* Last error the client reported, empty when fine. */
const char *reader_trouble(const struct reader *reader);

#endif
