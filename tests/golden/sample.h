// SPDX-License-Identifier: Apache-2.0
// Messages that use every kind, need and class: what the tests of codec, printing and JSON are made
// of. Frozen like real ones, because their bytes are golden files.
#ifndef GOLDEN_SAMPLE_H
#define GOLDEN_SAMPLE_H

#include "base/arena.h"
#include "message/describe.h"

enum { SAMPLE_MOST_LINES = 5, SAMPLE_MOST_NOTES = 3 };

extern const struct message_enum sample_colours;

#define SAMPLE_NOTE_FIELDS(F, T) \
    F(T, TEXT, text, REQUIRED, NONE, 0, 64) \
    F(T, TIME, at, OPTIONAL, NONE, 0, 0)

DECLARE_MESSAGE(sample_note, SAMPLE_NOTE_FIELDS)

#define SAMPLE_LINE_FIELDS(F, T) \
    F(T, TEXT, sku, REQUIRED, NONE, 1, 40) \
    F(T, INT, quantity, REQUIRED, NONE, 1, 1000000) \
    F(T, DECIMAL, price, REQUIRED, NONE, 0, 0) \
    F(T, LIST, notes, OPTIONAL, NONE, sample_note, SAMPLE_MOST_NOTES)

DECLARE_MESSAGE(sample_line, SAMPLE_LINE_FIELDS)

#define SAMPLE_ADDRESS_FIELDS(F, T) \
    F(T, TEXT, street, REQUIRED, DELIVERY, 1, 100) \
    F(T, TEXT, country, REQUIRED, NONE, 2, 2)

DECLARE_MESSAGE(sample_address, SAMPLE_ADDRESS_FIELDS)

#define SAMPLE_FIELDS(F, T) \
    F(T, UUID, id, REQUIRED, NONE, 0, 0) \
    F(T, BOOL, gift, REQUIRED, NONE, 0, 0) \
    F(T, INT, delta, REQUIRED, NONE, INT64_MIN, INT64_MAX) \
    F(T, TIME, placed, REQUIRED, NONE, 0, 0) \
    F(T, ENUM, colour, REQUIRED, NONE, sample_colours, 0) \
    F(T, TEXT, email, OPTIONAL, CONTACT, 3, 200) \
    F(T, RECORD, ship_to, REQUIRED, NONE, sample_address, 0) \
    F(T, RECORD, bill_to, OPTIONAL, NONE, sample_address, 0) \
    F(T, LIST, lines, REQUIRED, NONE, sample_line, SAMPLE_MOST_LINES) \
    F(T, DECIMAL, discount, OPTIONAL, NONE, 0, 0) \
    F(T, UUID, parent, OPTIONAL, NONE, 0, 0) \
    F(T, ENUM, wrapping, OPTIONAL, NONE, sample_colours, 0) \
    F(T, BOOL, urgent, OPTIONAL, NONE, 0, 0)

DECLARE_MESSAGE(sample, SAMPLE_FIELDS)

/* The one of the golden files: three lines, some optional fields absent. Static data. */
extern const struct sample sample_usual;

/* Every optional field present, every list full, extreme values. Static data. */
extern const struct sample sample_full;

/* A struct within all bounds, drawn from *seed (which moves on); lists and text in the arena. */
struct sample *sample_random(struct arena *arena, uint64_t *seed);

#endif
