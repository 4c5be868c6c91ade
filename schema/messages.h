// SPDX-License-Identifier: Apache-2.0
#ifndef SCHEMA_MESSAGES_H
#define SCHEMA_MESSAGES_H

#include <stdio.h>

/* Writes the page of all messages and codes, in Markdown. */
void messages_print(FILE *out);

#endif
