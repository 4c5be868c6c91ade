// SPDX-License-Identifier: Apache-2.0
// From argv to a verb that runs: finds the verb, answers help and version, counts arguments.
#include "runtime/cli_parts.h"

#include "runtime/exit_code.h"

#include <stddef.h>
#include <string.h>

#include "base/banned.h"

/* For cli_fail: set once, before a verb runs. */
static const char *program_name = "order";

static int usage_error(const char *text, const char *help_of)
{
    (void)fprintf(stderr, "%s: %s\n", program_name, text);
    (void)fprintf(
        stderr,
        "Try '%s %s%s--help'.\n",
        program_name,
        help_of != NULL ? help_of : "",
        help_of != NULL ? " " : "");
    return EXIT_CODE_USAGE;
}

/* Whether the words begin with the verb's name; *out_words is how many it takes. */
static bool verb_matches(const struct verb *verb, int count, char **words, int *out_words)
{
    size_t first = strcspn(verb->name, " ");
    if (count < 1 || strlen(words[0]) != first || strncmp(verb->name, words[0], first) != 0)
        return false;
    if (verb->name[first] == '\0') {
        *out_words = 1;
        return true;
    }
    if (count < 2 || strcmp(verb->name + first + 1, words[1]) != 0)
        return false;
    *out_words = 2;
    return true;
}

/* Two words win over one. */
static const struct verb *
find_verb(const struct program *program, int count, char **words, int *out_words)
{
    const struct verb *found = NULL;
    for (size_t i = 0; i < program->verb_count; i++) {
        int taken;
        if (verb_matches(&program->verbs[i], count, words, &taken) &&
            (found == NULL || taken > *out_words)) {
            found = &program->verbs[i];
            *out_words = taken;
        }
    }
    return found;
}

/* "topics" alone, where only "topics apply" and "topics check" exist: names them. */
static bool lists_group(const struct program *program, const char *word, char *text, size_t size)
{
    size_t length = strlen(word);
    size_t used = 0;
    for (size_t i = 0; i < program->verb_count; i++) {
        const char *name = program->verbs[i].name;
        if (strncmp(name, word, length) != 0 || name[length] != ' ' || used >= size)
            continue;
        int wrote = snprintf(text + used, size - used, "%s'%s'", used != 0 ? ", " : "", name);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
    return used != 0;
}

static int unknown_verb(const struct program *program, int count, char **words)
{
    char text[512];
    char group[256] = "";
    if (words[0][0] == '-') {
        (void)snprintf(text, sizeof(text), "options follow the verb: '%.80s' came first", words[0]);
        return usage_error(text, NULL);
    }
    if (lists_group(program, words[0], group, sizeof(group))) {
        (void)snprintf(text, sizeof(text), "'%.80s' needs a second word: %s", words[0], group);
        return usage_error(text, NULL);
    }
    char two[64] = "";
    if (count > 1)
        (void)snprintf(two, sizeof(two), "%.30s %.30s", words[0], words[1]);
    struct nearest one_word = {.wanted = words[0]};
    struct nearest two_words = {.wanted = two};
    for (size_t i = 0; i < program->verb_count; i++) {
        nearest_offer(&one_word, program->verbs[i].name);
        nearest_offer(&two_words, program->verbs[i].name);
    }
    nearest_offer(&one_word, "help");
    const char *meant = two_words.name != NULL ? two_words.name : one_word.name;
    int length = snprintf(text, sizeof(text), "unknown verb '%.80s'", words[0]);
    if (meant != NULL)
        (void)snprintf(text + length, sizeof(text) - (size_t)length, "; did you mean '%s'?", meant);
    return usage_error(text, NULL);
}

static int check_arguments(const struct verb *verb, int count)
{
    char range[32];
    char text[256];
    if (count >= verb->least_arguments && count <= verb->most_arguments)
        return EXIT_CODE_OK;
    (void)snprintf(range, sizeof(range), "%d", verb->most_arguments);
    if (verb->most_arguments == 0)
        (void)snprintf(range, sizeof(range), "no");
    else if (verb->least_arguments != verb->most_arguments)
        (void)snprintf(
            range, sizeof(range), "%d to %d", verb->least_arguments, verb->most_arguments);
    (void)snprintf(
        text,
        sizeof(text),
        "%s takes %s argument%s (%s), got %d",
        verb->name,
        range,
        verb->most_arguments == 1 ? "" : "s",
        verb->arguments != NULL ? verb->arguments : "options only",
        count);
    return usage_error(text, verb->name);
}

/* words[0] is the last word of the verb's name. */
static int run_verb(const struct program *program, const struct verb *verb, int count, char **words)
{
    _Alignas(max_align_t) uint8_t options[CLI_OPTIONS_SIZE];
    struct cli_rest rest;
    struct error err;
    if (!cli_fill_options(verb, count, words, options, &rest, &err))
        return usage_error(err.text, verb->name);
    if (rest.help) {
        cli_print_verb(stdout, program, verb);
        return EXIT_CODE_OK;
    }
    int arguments = count - rest.first;
    int code = check_arguments(verb, arguments);
    return code != EXIT_CODE_OK ? code : verb->run(options, arguments, words + rest.first);
}

static int run_help(const struct program *program, int count, char **words)
{
    if (count == 0) {
        cli_print_program(stdout, program);
        return EXIT_CODE_OK;
    }
    if (strcmp(words[0], "--markdown") == 0 && count == 1) {
        cli_print_markdown(stdout, program);
        return EXIT_CODE_OK;
    }
    int taken = 0;
    const struct verb *verb = find_verb(program, count, words, &taken);
    if (verb == NULL)
        return unknown_verb(program, count, words);
    cli_print_verb(stdout, program, verb);
    return EXIT_CODE_OK;
}

static int dispatch(const struct program *program, int count, char **words)
{
    if (count == 0) {
        cli_print_program(stderr, program);
        return EXIT_CODE_USAGE;
    }
    if (strcmp(words[0], "--help") == 0 || strcmp(words[0], "-h") == 0)
        return run_help(program, 0, NULL);
    if (strcmp(words[0], "help") == 0)
        return run_help(program, count - 1, words + 1);
    if (strcmp(words[0], "--version") == 0 || strcmp(words[0], "version") == 0) {
        (void)printf("%s %s\n", program->name, program->version);
        return EXIT_CODE_OK;
    }
    int taken = 0;
    const struct verb *verb = find_verb(program, count, words, &taken);
    if (verb == NULL)
        return unknown_verb(program, count, words);
    return run_verb(program, verb, count - taken + 1, words + taken - 1);
}

int cli_main(const struct program *program, int argc, char **argv)
{
    program_name = program->name;
    int code = dispatch(program, argc > 0 ? argc - 1 : 0, argv + 1);
    /* Data that never reached a full disk must not look like success. */
    if (fflush(stdout) != 0 || ferror(stdout)) {
        (void)fprintf(stderr, "%s: cannot write the output\n", program_name);
        return code != EXIT_CODE_OK ? code : EXIT_CODE_FAILED;
    }
    return code;
}

/* What to do, where the kind alone says it. */
static const char *remedy(enum error_kind kind)
{
    switch (kind) {
    case ERROR_transient:
        return "Nothing is lost: it is safe to try again.";
    case ERROR_denied:
        return "Check the user, its password file and its rights.";
    case ERROR_tampered:
        return "Stop the programs that write, and find out why before going on.";
    case ERROR_invalid:
    case ERROR_not_found:
    case ERROR_conflict:
    case ERROR_fatal:
    case ERROR_KIND_COUNT:
        return NULL;
    }
    UNREACHABLE();
}

int cli_fail(const struct error *err)
{
    const char *todo = remedy(err->kind);
    (void)fflush(stdout);
    (void)fprintf(
        stderr,
        "%s: %s%s%s%s\n",
        program_name,
        err->text,
        err->code[0] != '\0' ? " [" : "",
        err->code,
        err->code[0] != '\0' ? "]" : "");
    if (todo != NULL)
        (void)fprintf(stderr, "%s\n", todo);
    return error_exit_code(err);
}
