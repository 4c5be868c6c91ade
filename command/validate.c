// SPDX-License-Identifier: Apache-2.0
// `order-command validate`: would these commands be understood? No server is asked.
#include "command/command.h"
#include "command/input.h"

#include <stdio.h>

#include "base/banned.h"

enum { ARENA = 64 * 1024 * 1024 };

static void print_fault(size_t line, const struct wire_fault *fault)
{
    (void)printf("line %zu: %s", line, wire_fault_name(fault->code));
    if (fault->field != NULL)
        (void)printf(": %s", fault->field);
    (void)printf(": %s\n", fault->reason);
}

static bool check_one(const struct input *input, struct slice json, bool quiet, struct arena *arena)
{
    struct input_command command;
    struct wire_fault fault;
    arena_reset(arena);
    if (!input_read(json, arena, &command, &fault)) {
        print_fault(input->line, &fault);
        return false;
    }
    if (!quiet)
        (void)printf("line %zu: ok %s\n", input->line, command_descriptions[command.type].ce_type);
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
        faults += !check_one(&input, json, given->quiet, &arena);
    }
    arena_release(&arena);
    input_close(&input);
    if (count == 0) {
        (void)fprintf(stderr, "order-command: nothing to check in %s\n", arguments[0]);
        return EXIT_CODE_UNMET;
    }
    return faults == 0 ? EXIT_CODE_OK : EXIT_CODE_UNMET;
}
