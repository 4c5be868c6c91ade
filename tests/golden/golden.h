// SPDX-License-Identifier: Apache-2.0
// Golden files: the bytes of every message version ever written, as hexadecimal text under
// tests/golden/. They are added and never edited; a test that finds other bytes has found a change
// of a frozen format. Failures fail the running cmocka test.
#ifndef GOLDEN_GOLDEN_H
#define GOLDEN_GOLDEN_H

#include "base/arena.h"
#include "message/describe.h"

/* Compares bytes with <name>.hex. Where the file is missing and ORDER_GOLDEN_WRITE=1 is set, it is
 * written; an existing one never is. */
void golden_check(const char *name, struct slice bytes);

/* The bytes of <name>.hex, in the arena. */
struct slice golden_read(const char *name, struct arena *arena);

/* Asserts that two described structs hold the same values, lists and records included. */
void assert_same_message(const struct message *message, const void *got, const void *expected);

#endif
