// SPDX-License-Identifier: Apache-2.0
// Text rules: UTF-8, integers, RFC 3339 times. Nothing here allocates or depends on the locale.
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/slice.h"

/* Well-formed UTF-8 (shortest form, no surrogates, at most U+10FFFF) without NUL. */
bool text_is_utf8(struct slice text);

/* No byte below 0x20 and no 0x7f. */
bool text_has_no_control(struct slice text);

/* Decimal digits with an optional minus, nothing else, within int64. */
MUST_USE bool text_parse_i64(struct slice text, int64_t *out);

/* The first and the last microsecond of the years 1 to 9999, UTC: what has a text form. */
#define TEXT_TIME_LEAST INT64_C(-62135596800000000)
#define TEXT_TIME_GREATEST INT64_C(253402300799999999)

/* RFC 3339 with zone ("2026-01-31T12:00:00.5Z", "…+02:00"), years 1 to 9999 also in UTC, to
 * microseconds since 1970 UTC. Further digits of the second are refused, not rounded. */
MUST_USE bool text_parse_time(struct slice text, int64_t *out_us);

enum { TEXT_TIME_SIZE = 28 };

/* "2026-01-31T12:00:00.000000Z" with its NUL, for years 1 to 9999. */
void text_format_time(int64_t us, char out[static TEXT_TIME_SIZE]);

enum { TEXT_DECIMAL_SIZE = 24, TEXT_DECIMAL_MAX_SCALE = 9 };

/* Minor units with an exponent of 0 to 9 as decimal text: (1999, 2) becomes "19.99". */
void text_format_decimal(int64_t minor, int exponent, char out[static TEXT_DECIMAL_SIZE]);

/* "-12.345" to coefficient -12345 and scale 3. An optional minus, digits, at most 9 of them after
 * one point; no leading plus, no exponent, no empty part. */
MUST_USE bool text_parse_decimal(struct slice text, int64_t *coefficient, int *scale);

#endif
