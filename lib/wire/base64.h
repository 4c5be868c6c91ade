// SPDX-License-Identifier: Apache-2.0
// Base64 (RFC 4648 section 4): how JSON spells bytes. Strict: with padding, without line ends, and
// one spelling per value.
#ifndef WIRE_BASE64_H
#define WIRE_BASE64_H

#include "base/slice.h"

/* How many bytes a text of base64 stands for. */
size_t base64_size(struct slice text);

/* Writes base64_size(text) bytes. False: not base64. */
MUST_USE bool base64_read(struct slice text, uint8_t *out);

/* Appends the text. */
void base64_write(struct slice bytes, struct writer *out);

#endif
