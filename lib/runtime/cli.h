// SPDX-License-Identifier: Apache-2.0
// Command lines as data: a program is a table of verbs, a verb a table of options. Parsing (over
// getopt_long), --help, the environment twins and the reference page come from the same rows.
#ifndef RUNTIME_CLI_H
#define RUNTIME_CLI_H

#include "base/error.h"

#include <stdint.h>

enum option_kind {
    OPTION_FLAG,   /* bool */
    OPTION_TEXT,   /* const char *, NULL when not given and no default */
    OPTION_NUMBER, /* int64_t within least..greatest */
};

struct option_row {
    const char *name; /* "database", used as --database */
    enum option_kind kind;
    size_t offset;           /* of the member in the verb's options struct */
    const char *environment; /* twin, e.g. "ORDER_DATABASE"; NULL: none. A flag wins over it */
    const char *fallback;    /* default as text; NULL: none */
    bool required;
    int64_t least;
    int64_t greatest;
    const char *value; /* placeholder in the help, e.g. "CONNINFO" */
    const char *help;  /* one line */
};

struct verb {
    const char *name;      /* "run"; "topics apply" has two words */
    const char *arguments; /* synopsis of what follows the options, e.g. "FILE|-"; NULL: none */
    int least_arguments;
    int most_arguments;
    const char *purpose;  /* one line */
    const char *examples; /* lines, or NULL */
    const struct option_row *options;
    size_t option_count;
    size_t options_size; /* of the options struct; at most CLI_OPTIONS_SIZE */
    /* Runs the verb; returns the exit code (runtime/exit_code.h). */
    int (*run)(const void *options, int argument_count, char **arguments);
};

struct program {
    const char *name;
    const char *version;
    const char *purpose;
    const struct verb *verbs;
    size_t verb_count;
};

enum { CLI_OPTIONS_SIZE = 1024 };

/* Finds the verb, fills its options, runs it and returns the exit code. `--help`, `help`, `help
 * VERB`, `--version` and `help --markdown` (the reference page) are handled here. Usage errors name
 * the option and exit 2. */
int cli_main(const struct program *program, int argc, char **argv);

/* Prints "program: text" and the remedy line, if any, on stderr; returns the error's exit code. */
int cli_fail(const struct error *err);

#endif
