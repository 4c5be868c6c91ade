// SPDX-License-Identifier: Apache-2.0
// What travels in place of personal data: boxes of commands, sealed parts of events, and copies of
// those in read models. Only the containers: what is inside is of no interest here (vault/seal.h,
// vault/epoch_box.h).
#ifndef MESSAGE_SEALED_H
#define MESSAGE_SEALED_H

#include "message/describe.h"

enum {
    SEALED_MOST_BYTES = 65536,       /* of a box or an envelope */
    SEALED_LEAST_ENVELOPE = 68 + 64, /* one block of plaintext */
};

// clang-format off

/* The personal fields of a command, sealed by its sender to the public key of a command epoch. The
 * box opens to a map of them, in the contract form, behind the 16 bytes of the command id. */
#define SEALED_BOX_FIELDS(F, T) \
    F(T, INT,   epoch,  REQUIRED, NONE, 0, INT64_MAX) \
    F(T, BYTES, sender, REQUIRED, NONE, 32, 32) \
    F(T, BYTES, box,    REQUIRED, NONE, 1, SEALED_MOST_BYTES)
DECLARE_MESSAGE(sealed_box, SEALED_BOX_FIELDS)

/* The personal fields of an event, each in an envelope of its own that holds the stored form of the
 * record. class: enum message_class. */
#define SEALED_PART_FIELDS(F, T) \
    F(T, INT,   class,    REQUIRED, NONE, 1, MESSAGE_CLASSES) \
    F(T, BYTES, envelope, REQUIRED, NONE, SEALED_LEAST_ENVELOPE, SEALED_MOST_BYTES)
DECLARE_MESSAGE(sealed_part, SEALED_PART_FIELDS)

/* Column `sealed` of events, in the stored form: ascending by class. */
#define SEALED_PARTS_FIELDS(F, T) \
    F(T, LIST, parts, REQUIRED, NONE, sealed_part, MESSAGE_CLASSES)
DECLARE_MESSAGE(sealed_parts, SEALED_PARTS_FIELDS)

/* A part of an event, verbatim, with what is needed beside its row's key to open it: the place it
 * was sealed for. Type and schema version are as stored. */
#define SEALED_COPY_FIELDS(F, T) \
    F(T, INT,   class,          REQUIRED, NONE, 1, MESSAGE_CLASSES) \
    F(T, INT,   version,        REQUIRED, NONE, 1, INT64_MAX) \
    F(T, UUID,  event_id,       REQUIRED, NONE, 0, 0) \
    F(T, TEXT,  event_type,     REQUIRED, NONE, 1, 255) \
    F(T, INT,   schema_version, REQUIRED, NONE, 1, INT16_MAX) \
    F(T, BYTES, envelope,       REQUIRED, NONE, SEALED_LEAST_ENVELOPE, SEALED_MOST_BYTES)
DECLARE_MESSAGE(sealed_copy, SEALED_COPY_FIELDS)

/* Column `sealed` of read models, in the stored form: the newest part of each class, ascending. */
#define SEALED_COPIES_FIELDS(F, T) \
    F(T, LIST, copies, REQUIRED, NONE, sealed_copy, MESSAGE_CLASSES)
DECLARE_MESSAGE(sealed_copies, SEALED_COPIES_FIELDS)

// clang-format on

/* Whether the field is the box that stands in for a command's personal fields. */
static inline bool message_is_box(const struct message_field *field)
{
    return field->kind == KIND_RECORD && field->element == &sealed_box_message;
}

#endif
