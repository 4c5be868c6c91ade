// SPDX-License-Identifier: Apache-2.0
// Help for people and the reference page, from the same tables that the parser uses.
#include "runtime/cli_parts.h"

#include "base/slice.h"
#include "runtime/exit_code.h"

#include <inttypes.h>
#include <string.h>

#include "base/banned.h"

struct exit_code_row {
    int number;
    const char *meaning;
};

static const struct exit_code_row exit_codes[] = {
#define X(name, number, meaning) {number, meaning},
    EXIT_CODES(X)
#undef X
};

static const struct option_row help_row = {
    .name = "help",
    .kind = OPTION_FLAG,
    .help = "print this help",
};

static void print_exit_codes(FILE *out)
{
    (void)fprintf(out, "\nExit codes:\n");
    for (size_t i = 0; i < countof(exit_codes); i++)
        (void)fprintf(out, "  %d  %s\n", exit_codes[i].number, exit_codes[i].meaning);
}

static int widest_verb(const struct program *program)
{
    size_t widest = 0;
    for (size_t i = 0; i < program->verb_count; i++) {
        size_t length = strlen(program->verbs[i].name);
        widest = length > widest ? length : widest;
    }
    return (int)widest;
}

void cli_print_program(FILE *out, const struct program *program)
{
    (void)fprintf(out, "%s: %s\n\n", program->name, program->purpose);
    (void)fprintf(out, "Usage: %s VERB [OPTIONS]\n\nVerbs:\n", program->name);
    int width = widest_verb(program);
    for (size_t i = 0; i < program->verb_count; i++)
        (void)fprintf(
            out, "  %-*s  %s\n", width, program->verbs[i].name, program->verbs[i].purpose);
    (void)fprintf(
        out,
        "\n'%s VERB --help' explains a verb; '%s --version' prints the version.\n",
        program->name,
        program->name);
    print_exit_codes(out);
}

/* What the help says about a value beyond its meaning: "ORDER_PORT; default 1; 1 to 9; required". */
static void describe_value(const struct option_row *row, char *text, size_t size)
{
    struct writer out = writer_over(text, size - 1);
    char part[200];
    const char *separator = "";
    if (row->environment != NULL) {
        (void)snprintf(part, sizeof(part), "environment %s", row->environment);
        writer_bytes(&out, part, strlen(part));
        separator = "; ";
    }
    if (row->kind == OPTION_NUMBER) {
        (void)snprintf(
            part, sizeof(part), "%s%" PRId64 " to %" PRId64, separator, row->least, row->greatest);
        writer_bytes(&out, part, strlen(part));
        separator = "; ";
    }
    if (row->fallback != NULL || row->required) {
        (void)snprintf(
            part,
            sizeof(part),
            "%s%s%s",
            separator,
            row->fallback != NULL ? "default " : "required",
            row->fallback != NULL ? row->fallback : "");
        writer_bytes(&out, part, strlen(part));
    }
    text[out.size] = '\0';
}

static void print_option(FILE *out, const struct option_row *row)
{
    char details[480];
    (void)fprintf(
        out,
        "  --%s%s%s\n      %s\n",
        row->name,
        row->value != NULL ? " " : "",
        row->value != NULL ? row->value : "",
        row->help);
    describe_value(row, details, sizeof(details));
    if (details[0] != '\0')
        (void)fprintf(out, "      (%s)\n", details);
}

static void print_indented(FILE *out, const char *lines, const char *indent)
{
    while (*lines != '\0') {
        size_t length = strcspn(lines, "\n");
        (void)fprintf(out, "%s%.*s\n", indent, (int)length, lines);
        lines += length + (lines[length] == '\n');
    }
}

static void print_synopsis(FILE *out, const struct program *program, const struct verb *verb)
{
    (void)fprintf(
        out,
        "%s %s [OPTIONS]%s%s\n",
        program->name,
        verb->name,
        verb->arguments != NULL ? " " : "",
        verb->arguments != NULL ? verb->arguments : "");
}

void cli_print_verb(FILE *out, const struct program *program, const struct verb *verb)
{
    (void)fprintf(out, "Usage: ");
    print_synopsis(out, program, verb);
    (void)fprintf(out, "\n%s\n", verb->purpose);
    if (verb->examples != NULL) {
        (void)fprintf(out, "\nExamples:\n");
        print_indented(out, verb->examples, "  ");
    }
    (void)fprintf(out, "\nOptions:\n");
    for (size_t i = 0; i < verb->option_count; i++)
        print_option(out, &verb->options[i]);
    print_option(out, &help_row);
    print_exit_codes(out);
}

/* A cell of a Markdown table: a bar would end it. */
static void print_cell(FILE *out, const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        (void)fprintf(out, "%s%c", *at == '|' ? "\\" : "", *at);
}

static void print_markdown_option(FILE *out, const struct option_row *row)
{
    char details[480];
    describe_value(row, details, sizeof(details));
    (void)fprintf(out, "| `--%s", row->name);
    if (row->value != NULL) {
        (void)fprintf(out, " ");
        print_cell(out, row->value);
    }
    (void)fprintf(out, "` | ");
    print_cell(out, row->help);
    (void)fprintf(out, " | ");
    print_cell(out, details);
    (void)fprintf(out, " |\n");
}

static void print_markdown_verb(FILE *out, const struct program *program, const struct verb *verb)
{
    (void)fprintf(out, "\n## %s %s\n\n%s\n\n```\n", program->name, verb->name, verb->purpose);
    print_synopsis(out, program, verb);
    (void)fprintf(out, "```\n");
    if (verb->examples != NULL) {
        (void)fprintf(out, "\nExamples:\n\n```\n");
        print_indented(out, verb->examples, "");
        (void)fprintf(out, "```\n");
    }
    if (verb->option_count == 0)
        return;
    (void)fprintf(out, "\n| option | meaning | value |\n|---|---|---|\n");
    for (size_t i = 0; i < verb->option_count; i++)
        print_markdown_option(out, &verb->options[i]);
}

void cli_print_markdown(FILE *out, const struct program *program)
{
    (void)fprintf(
        out,
        "<!-- Printed by `%s help --markdown`: change the tables there, not this page. -->\n"
        "# %s\n\n%s\n\nFlags win over the environment, the environment over the defaults.\n",
        program->name,
        program->name,
        program->purpose);
    for (size_t i = 0; i < program->verb_count; i++)
        print_markdown_verb(out, program, &program->verbs[i]);
    (void)fprintf(out, "\n## Exit codes\n\n| code | meaning |\n|---|---|\n");
    for (size_t i = 0; i < countof(exit_codes); i++) {
        (void)fprintf(out, "| %d | ", exit_codes[i].number);
        print_cell(out, exit_codes[i].meaning);
        (void)fprintf(out, " |\n");
    }
}
