// SPDX-License-Identifier: Apache-2.0
// What the files of the command line share: cli.c finds the verb, cli_options.c fills its options,
// cli_help.c prints, cli_suggest.c guesses what was meant. Programs include runtime/cli.h.
#ifndef RUNTIME_CLI_PARTS_H
#define RUNTIME_CLI_PARTS_H

#include "runtime/cli.h"

#include <stdio.h>

/* A command line after its options. */
struct cli_rest {
    int first; /* index of the first argument that is no option */
    bool help; /* --help was there; nothing else was looked at */
};

/* Fills `options` (verb->options_size bytes, zeroed here) from the flags, then the environment,
 * then the defaults. argv[0] is the last word of the verb; its other elements may be reordered.
 * ERROR_invalid names the option. */
MUST_USE bool cli_fill_options(
    const struct verb *verb,
    int argc,
    char **argv,
    void *options,
    struct cli_rest *out,
    struct error *err);

void cli_print_program(FILE *out, const struct program *program);
void cli_print_verb(FILE *out, const struct program *program, const struct verb *verb);

/* The reference page: the program, each verb, the exit codes. */
void cli_print_markdown(FILE *out, const struct program *program);

/* Number of single-letter edits (a swap of neighbours counts as one) from a to b. Texts longer
 * than 63 bytes count as far apart. */
size_t cli_distance(const char *a, const char *b);

/* Keeps the nearest candidate seen so far. */
struct nearest {
    const char *wanted;
    const char *name; /* NULL: nothing was near enough */
    size_t distance;
};

void nearest_offer(struct nearest *nearest, const char *candidate);

#endif
