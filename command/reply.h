// SPDX-License-Identifier: Apache-2.0
// Answers and dead letters as records of a topic. Pure: bytes into buffers of the caller's; the
// record's views point into those and into the item.
#ifndef COMMAND_REPLY_H
#define COMMAND_REPLY_H

#include "bus/producer.h"
#include "command/item.h"

enum {
    REPLY_BODY_SIZE = 1024,
    REPLY_HEADERS = 10,
    DEAD_LETTER_HEADERS = 48,
    HEADER_TEXT_SIZE = 8 * 1024,
};

/* Room of one record; used again for the next. */
struct reply_room {
    char topic[250];
    uint8_t body[2 * REPLY_BODY_SIZE]; /* MessagePack, or JSON from it */
    uint8_t packed[REPLY_BODY_SIZE];
    char text[HEADER_TEXT_SIZE];
    size_t text_used;
    struct producer_header headers[DEAD_LETTER_HEADERS];
};

/* Whether the sender can be and wants to be answered. */
bool reply_is_wanted(const struct item *item);

/* Whether `topic` is one of the allowed names, comma separated, or one of them followed by a dot and
 * more. */
bool reply_topic_is_allowed(const char *allowed, struct slice topic);

/* The reply to an answered item that wants one. */
void reply_record(const struct item *item, struct reply_room *room, struct producer_record *out);

/* The dead letter: original key, bytes and headers (as far as they fit), and where, when and why in
 * headers named dead_letter_*. `topic` is where the command came from. Of a withheld item the bytes are
 * left out: dead_letter_body says so, and their size and place are known. */
void dead_letter_record(
    const struct item *item,
    const char *topic,
    const char *dead_letter_topic,
    struct reply_room *room,
    struct producer_record *out);

#endif
