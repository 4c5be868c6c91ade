// SPDX-License-Identifier: Apache-2.0
// What travels beside a command's body: CloudEvents 1.0 attributes in Kafka headers, binary mode
// (cloudevents/spec, Kafka protocol binding), and where the reply goes.
#ifndef WIRE_ENVELOPE_H
#define WIRE_ENVELOPE_H

#include "wire/codec.h"
#include "wire/expected_version.h"

enum content_type {
    CONTENT_MSGPACK, /* application/msgpack */
    CONTENT_JSON,    /* application/json */
};

struct header {
    struct slice name;
    struct slice value;
};

/* Views point into the headers and the key.
 *
 * Headers: ce_specversion ("1.0"), ce_type, ce_id and content-type are required; ce_source,
 * ce_subject, ce_time, ce_expirytime, ce_expectedversion, ce_correlationid, ce_causationid,
 * traceparent, reply_topic, reply_partition, order_producer, order_tenant and order_mac are not. One
 * of these that is empty or comes twice is a fault. Others are ignored. */
struct envelope {
    struct uuid id;                   /* ce_id, the command id */
    struct slice type;                /* ce_type, e.g. "order.command.place-order.v1" */
    struct uuid stream_id;            /* the message key; ce_subject, when given, must equal it */
    enum content_type content;        /* JSON where it could not be read: a reply for people */
    struct slice source;              /* ce_source, empty when absent */
    struct slice traceparent;         /* empty when absent or malformed */
    struct slice reply_topic;         /* empty when no reply is wanted */
    int32_t reply_partition;          /* -1: any */
    bool has_id;                      /* false only after a fault */
    struct expected_version expected; /* ce_expectedversion */
    bool has_time;
    int64_t time_us; /* ce_time */
    bool has_expiry;
    int64_t expiry_us; /* ce_expirytime: not to be decided any more from then on */
    bool has_correlation;
    struct uuid correlation_id;
    bool has_causation;
    struct uuid causation_id;
    struct slice producer; /* order_producer: who says that it sent it; empty when absent */
    struct slice tenant;   /* order_tenant: whom it is for; empty when absent */
    struct slice mac;      /* order_mac: by which that can be checked; empty when absent */
};

/* Reads the headers in one pass. On a fault, what could be read (id, reply_topic, content) is still
 * filled in, so that the sender can be answered. The first fault is reported, with the header's
 * name (or "key") as its field. Limits: 64 headers, 1 KiB each, name and value together. */
MUST_USE bool envelope_read(
    struct slice key,
    const struct header *headers,
    size_t header_count,
    struct envelope *out,
    struct wire_fault *fault);

enum { ENVELOPE_TRACE_SIZE = 26 };

/* The traceparent as bytes: version 1, trace id 16, parent id 8, flags 1. False: there is none. */
MUST_USE bool
envelope_trace(const struct envelope *envelope, uint8_t out[static ENVELOPE_TRACE_SIZE]);

/* Whether a header of this name is under the MAC of the record: all that begin with ce_, order_ or
 * reply_, content-type and traceparent, but not order_mac itself. All headers read above are. */
bool envelope_is_signed(struct slice name);

const char *content_type_name(enum content_type content);

#endif
