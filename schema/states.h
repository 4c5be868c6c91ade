// SPDX-License-Identifier: Apache-2.0
#ifndef SCHEMA_STATES_H
#define SCHEMA_STATES_H

#include <stdio.h>

/* Writes the page of all state machines, in Markdown. */
void states_print(FILE *out);

#endif
