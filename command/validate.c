// SPDX-License-Identifier: Apache-2.0
// `order-command validate`: would these commands be understood? No server is asked.
#include "command/command.h"
#include "command/input.h"

#include <stdio.h>

#include "base/banned.h"

enum { ARENA = 64 * 1024 * 1024 };

/* Everything that is printed is ours: names of codes, fields and types. */
static void print_fault(size_t line, const struct wire_fault *fault, bool json)
{
    const char *field = fault->field != NULL ? fault->field : "";
    if (json)
        (void)printf(
            "{\"line\":%zu,\"ok\":false,\"code\":\"%s\",\"field\":\"%s\",\"reason\":\"%s\"}\n",
            line,
            wire_fault_name(fault->code),
            field,
            fault->reason);
    else
        (void)printf(
            "line %zu: %s%s%s: %s\n",
            line,
            wire_fault_name(fault->code),
            field[0] != '\0' ? ": " : "",
            field,
            fault->reason);
}

static void print_ok(size_t line, const char *type, bool json)
{
    if (json)
        (void)printf("{\"line\":%zu,\"ok\":true,\"type\":\"%s\"}\n", line, type);
    else
        (void)printf("line %zu: ok %s\n", line, type);
}

static bool check_one(
    const struct input *input,
    struct slice json,
    const struct validate_options *options,
    struct arena *arena)
{
    struct input_command command;
    struct wire_fault fault;
    arena_reset(arena);
    if (!input_read(json, arena, &command, &fault)) {
        print_fault(input->line, &fault, options->json);
        return false;
    }
    if (!options->quiet)
        print_ok(input->line, command_descriptions[command.type].ce_type, options->json);
    return true;
}

int validate_verb(const void *options, int argument_count, char **arguments)
{
    const struct validate_options *given = options;
    struct input input;
    struct error err;
    struct slice json;
    CHECK(argument_count == 1);
    if (!input_open(&input, arguments[0], &err))
        return cli_fail(&err);
    struct arena arena;
    arena_init(&arena, ARENA);
    size_t count = 0;
    size_t faults = 0;
    while (input_next(&input, &json)) {
        count++;
        faults += !check_one(&input, json, given, &arena);
    }
    arena_release(&arena);
    input_close(&input);
    if (count == 0) {
        (void)fprintf(stderr, "order-command: nothing to check in %s\n", arguments[0]);
        return EXIT_CODE_UNMET;
    }
    return faults == 0 ? EXIT_CODE_OK : EXIT_CODE_UNMET;
}
