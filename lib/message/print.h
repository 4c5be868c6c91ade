// SPDX-License-Identifier: Apache-2.0
// Readable dump of a described struct for logs and the command line. Personal data is masked: of a
// field of any class but NONE only the class is printed, of bytes only how many they are.
#ifndef MESSAGE_PRINT_H
#define MESSAGE_PRINT_H

#include "message/describe.h"

/* Appends one line without a newline, e.g.
 *   PlaceOrder{customer=<contact>, currency=EUR, lines=[{sku="A-1", quantity=2}]}
 * Absent optional fields are left out. Text is quoted and escaped, so that a value can fake neither
 * a line nor a field. */
void message_print(const struct message *message, const void *body, struct writer *out);

const char *message_class_name(enum message_class class_of_field);

#endif
