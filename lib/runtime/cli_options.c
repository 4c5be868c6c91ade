// SPDX-License-Identifier: Apache-2.0
// Fills the options of a verb: flags over getopt_long, then the environment, then defaults.
#include "runtime/cli_parts.h"

#include "base/text.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

enum {
    MOST_OPTIONS = 64,
    FIRST_VALUE = 256, /* getopt's value of the first option: above every character */
    HELP_VALUE = 'h',
};

/* Says where a value came from: "--port" or "ORDER_PORT (for --port)". */
struct origin {
    const char *environment; /* NULL: the flag or the default */
    const char *option;
};

static bool refuse(const struct origin *origin, const char *why, struct error *err)
{
    if (origin->environment != NULL)
        return error_set(
            err, ERROR_invalid, "%s (for --%s) %s", origin->environment, origin->option, why);
    return error_set(err, ERROR_invalid, "--%s %s", origin->option, why);
}

static bool parse_flag(const char *text, bool *out, const struct origin *origin, struct error *err)
{
    static const char *const on[] = {"1", "true", "yes", "on"};
    static const char *const off[] = {"0", "false", "no", "off"};
    for (size_t i = 0; i < countof(on); i++) {
        if (strcmp(text, on[i]) == 0 || strcmp(text, off[i]) == 0) {
            *out = strcmp(text, on[i]) == 0;
            return true;
        }
    }
    return refuse(origin, "must be one of 1, true, yes, on, 0, false, no, off", err);
}

static bool parse_number(
    const struct option_row *row,
    const char *text,
    int64_t *out,
    const struct origin *origin,
    struct error *err)
{
    int64_t value;
    if (text_parse_i64(slice_of_text(text), &value) && value >= row->least &&
        value <= row->greatest) {
        *out = value;
        return true;
    }
    char why[160];
    (void)snprintf(
        why,
        sizeof(why),
        "must be a number from %" PRId64 " to %" PRId64 ", not '%.40s'",
        row->least,
        row->greatest,
        text);
    return refuse(origin, why, err);
}

/* Writes one value into the options struct. memcpy: the table gives bytes and an offset. */
static bool store_value(
    const struct option_row *row,
    const char *text,
    const struct origin *origin,
    uint8_t *options,
    struct error *err)
{
    bool flag = false;
    int64_t number = 0;
    switch (row->kind) {
    case OPTION_FLAG:
        if (!parse_flag(text, &flag, origin, err))
            return false;
        memcpy(options + row->offset, &flag, sizeof(flag));
        return true;
    case OPTION_TEXT:
        if (text[0] == '\0')
            return refuse(origin, "must not be empty", err);
        memcpy(options + row->offset, &text, sizeof(text));
        return true;
    case OPTION_NUMBER:
        if (!parse_number(row, text, &number, origin, err))
            return false;
        memcpy(options + row->offset, &number, sizeof(number));
        return true;
    }
    UNREACHABLE();
}

/* What the flags left open: the environment twin, else the default, else refused if required. An
 * empty environment variable counts as not set. */
static bool
fill_rest(const struct verb *verb, const bool *given, uint8_t *options, struct error *err)
{
    for (size_t i = 0; i < verb->option_count; i++) {
        const struct option_row *row = &verb->options[i];
        if (given[i])
            continue;
        const char *text = row->environment != NULL ? getenv(row->environment) : NULL;
        struct origin origin = {.environment = row->environment, .option = row->name};
        if (text == NULL || text[0] == '\0') {
            text = row->fallback;
            origin.environment = NULL;
        }
        if (text != NULL) {
            if (!store_value(row, text, &origin, options, err))
                return false;
        } else if (row->required) {
            return error_set(
                err,
                ERROR_invalid,
                "--%s is missing%s%s",
                row->name,
                row->environment != NULL ? "; it may also be set as " : "",
                row->environment != NULL ? row->environment : "");
        }
    }
    return true;
}

static void make_long_options(const struct verb *verb, struct option *out)
{
    CHECK(verb->option_count <= MOST_OPTIONS);
    for (size_t i = 0; i < verb->option_count; i++) {
        out[i] = (struct option){
            .name = verb->options[i].name,
            .has_arg = verb->options[i].kind == OPTION_FLAG ? no_argument : required_argument,
            .val = FIRST_VALUE + (int)i,
        };
    }
    out[verb->option_count] = (struct option){.name = "help", .val = HELP_VALUE};
    out[verb->option_count + 1] = (struct option){0};
}

static bool unknown_option(const struct verb *verb, const char *text, struct error *err)
{
    char name[64];
    size_t dashes = strspn(text, "-");
    (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(text + dashes, "="), text + dashes);
    struct nearest nearest = {.wanted = name};
    for (size_t i = 0; i < verb->option_count; i++)
        nearest_offer(&nearest, verb->options[i].name);
    nearest_offer(&nearest, "help");
    if (nearest.name == NULL)
        return error_set(err, ERROR_invalid, "unknown option %.80s", text);
    return error_set(
        err, ERROR_invalid, "unknown option %.80s; did you mean --%s?", text, nearest.name);
}

/* The element of argv that getopt just took the option from. */
static const char *element_taken(char **argv)
{
    bool value_apart = optarg != NULL && optarg == argv[optind - 1];
    return argv[optind - (value_apart ? 2 : 1)];
}

/* getopt_long takes any unique beginning of a name. We do not: a later option would turn a script's
 * abbreviation into another meaning. */
static bool is_spelt_out(const char *element, const char *name)
{
    size_t length = strlen(name);
    return strncmp(element, "--", 2) == 0 && strncmp(element + 2, name, length) == 0 &&
           (element[2 + length] == '\0' || element[2 + length] == '=');
}

/* What getopt could not take: `value` is '?' or ':', optopt the option if there is one. */
static bool refuse_option(const struct verb *verb, int value, char **argv, struct error *err)
{
    if (optopt < FIRST_VALUE)
        return unknown_option(verb, argv[optind - 1], err);
    const struct option_row *row = &verb->options[optopt - FIRST_VALUE];
    if (value == ':')
        return error_set(err, ERROR_invalid, "--%s needs a value: %s", row->name, row->value);
    return error_set(err, ERROR_invalid, "--%s takes no value", row->name);
}

bool cli_fill_options(
    const struct verb *verb,
    int argc,
    char **argv,
    void *options,
    struct cli_rest *out,
    struct error *err)
{
    struct option long_options[MOST_OPTIONS + 2];
    bool given[MOST_OPTIONS] = {false};
    make_long_options(verb, long_options);
    CHECK(verb->options_size <= CLI_OPTIONS_SIZE);
    memset(options, 0, verb->options_size);
    opterr = 0;
    optind = 0; /* glibc: start anew, also after an earlier command line */
    for (;;) {
        int value = getopt_long(argc, argv, ":h", long_options, NULL);
        if (value == -1)
            break;
        if (value == HELP_VALUE) {
            *out = (struct cli_rest){.help = true};
            return true;
        }
        if (value == '?' || value == ':')
            return refuse_option(verb, value, argv, err);
        const struct option_row *row = &verb->options[value - FIRST_VALUE];
        if (!is_spelt_out(element_taken(argv), row->name))
            return unknown_option(verb, element_taken(argv), err);
        const struct origin origin = {.option = row->name};
        if (!store_value(row, optarg != NULL ? optarg : "1", &origin, options, err))
            return false;
        given[value - FIRST_VALUE] = true;
    }
    *out = (struct cli_rest){.first = optind};
    return fill_rest(verb, given, options, err);
}
