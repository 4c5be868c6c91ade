// SPDX-License-Identifier: Apache-2.0
// The command line as a user meets it: what runs, what is refused, and in which words.
#include "runtime/cli.h"
#include "runtime/cli_parts.h"
#include "runtime/exit_code.h"
#include "support/capture.h"
#include "support/cmocka.h"

#include <stdlib.h>
#include <string.h>

struct run_options {
    const char *database;
    int64_t port;
    bool json;
    const char *mode;
};

static struct run_options seen;
static int seen_arguments;
static const char *seen_first;
static int calls;

static int run_verb(const void *options, int argument_count, char **arguments)
{
    memcpy(&seen, options, sizeof(seen));
    seen_arguments = argument_count;
    seen_first = argument_count > 0 ? arguments[0] : NULL;
    calls++;
    return EXIT_CODE_OK;
}

static int run_failing(const void *options, int argument_count, char **arguments)
{
    (void)options;
    (void)argument_count;
    (void)arguments;
    struct error err;
    (void)error_set(&err, ERROR_transient, "cannot reach the server");
    return cli_fail(&err);
}

static const struct option_row rows[] = {
    {.name = "database",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct run_options, database),
     .environment = "CLI_TEST_DATABASE",
     .required = true,
     .value = "CONNINFO",
     .help = "where the orders are"},
    {.name = "port",
     .kind = OPTION_NUMBER,
     .offset = offsetof(struct run_options, port),
     .environment = "CLI_TEST_PORT",
     .fallback = "80",
     .least = 1,
     .greatest = 65535,
     .value = "N",
     .help = "port | number"},
    {.name = "json",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct run_options, json),
     .environment = "CLI_TEST_JSON",
     .help = "machine readable"},
    {.name = "mode",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct run_options, mode),
     .value = "MODE",
     .help = "mode of work"},
};

#define WITH_OPTIONS \
    .options = rows, .option_count = countof(rows), .options_size = sizeof(struct run_options)

static const struct verb verbs[] = {
    {.name = "run",
     .arguments = "[FILE]",
     .most_arguments = 1,
     .purpose = "runs until it is stopped",
     .examples = "tester run --database dbname=x\ntester run --json",
     WITH_OPTIONS,
     .run = run_verb},
    {.name = "topics apply", .purpose = "makes the topics", WITH_OPTIONS, .run = run_verb},
    {.name = "topics check", .purpose = "looks at the topics", .run = run_verb},
    {.name = "fail", .purpose = "fails", .run = run_failing},
};

static const struct program tester = {
    .name = "tester",
    .version = "1.2.3",
    .purpose = "tests the command line",
    .verbs = verbs,
    .verb_count = countof(verbs),
};

static char out[16384];
static char complaint[16384];

/* Runs the words (NULL-terminated) and captures what is printed; returns the exit code. */
static int run(const char *const *words)
{
    static char texts[16][128]; /* outlives the call: seen_first points into it */
    char *argv[17] = {texts[0]};
    int argc = 1;
    (void)snprintf(texts[0], sizeof(texts[0]), "tester");
    for (; words[argc - 1] != NULL; argc++) {
        (void)snprintf(texts[argc], sizeof(texts[argc]), "%s", words[argc - 1]);
        argv[argc] = texts[argc];
    }
    argv[argc] = NULL;
    memset(&seen, 0, sizeof(seen));
    calls = 0;
    struct capture captured;
    capture_begin(&captured);
    int code = cli_main(&tester, argc, argv);
    capture_end(&captured, out, sizeof(out), complaint, sizeof(complaint));
    return code;
}

#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

#define assert_says(text, part) \
    do { \
        if (strstr((text), (part)) == NULL) \
            fail_msg("'%s' is not in: %s", (part), (text)); \
    } while (0)

static int clear_environment(void **state)
{
    (void)state;
    (void)unsetenv("CLI_TEST_DATABASE");
    (void)unsetenv("CLI_TEST_PORT");
    (void)unsetenv("CLI_TEST_JSON");
    return 0;
}

static void flags_reach_the_verb(void **state)
{
    (void)state;
    assert_int_equal(RUN("run", "--database=dbname=a", "--port", "443", "--json", "file"), 0);
    assert_int_equal(calls, 1);
    assert_string_equal(seen.database, "dbname=a");
    assert_int_equal(seen.port, 443);
    assert_true(seen.json);
    assert_null(seen.mode);
    assert_int_equal(seen_arguments, 1);
    assert_string_equal(seen_first, "file");
}

static void defaults_fill_what_is_left_out(void **state)
{
    (void)state;
    assert_int_equal(RUN("run", "--database", "x"), 0);
    assert_int_equal(seen.port, 80);
    assert_false(seen.json);
    assert_int_equal(seen_arguments, 0);
}

static void flag_wins_over_environment_wins_over_default(void **state)
{
    (void)state;
    assert_int_equal(setenv("CLI_TEST_DATABASE", "from-environment", 1), 0);
    assert_int_equal(setenv("CLI_TEST_PORT", "7", 1), 0);
    assert_int_equal(setenv("CLI_TEST_JSON", "yes", 1), 0);
    assert_int_equal(RUN("run"), 0);
    assert_string_equal(seen.database, "from-environment");
    assert_int_equal(seen.port, 7);
    assert_true(seen.json);
    assert_int_equal(RUN("run", "--port", "8"), 0);
    assert_int_equal(seen.port, 8);
}

static void empty_environment_counts_as_not_set(void **state)
{
    (void)state;
    assert_int_equal(setenv("CLI_TEST_PORT", "", 1), 0);
    assert_int_equal(RUN("run", "--database", "x"), 0);
    assert_int_equal(seen.port, 80);
}

static void bad_environment_names_variable_and_option(void **state)
{
    (void)state;
    assert_int_equal(setenv("CLI_TEST_PORT", "0", 1), 0);
    assert_int_equal(RUN("run", "--database", "x"), EXIT_CODE_USAGE);
    assert_says(complaint, "CLI_TEST_PORT (for --port) must be a number from 1 to 65535, not '0'");
    assert_int_equal(setenv("CLI_TEST_PORT", "1", 1), 0);
    assert_int_equal(setenv("CLI_TEST_JSON", "perhaps", 1), 0);
    assert_int_equal(RUN("run", "--database", "x"), EXIT_CODE_USAGE);
    assert_says(complaint, "CLI_TEST_JSON (for --json) must be one of");
}

static void numbers_are_held_to_their_bounds(void **state)
{
    (void)state;
    static const char *const bad[] = {"0", "65536", "-1", "x", "1x", "", "99999999999999999999"};
    for (size_t i = 0; i < countof(bad); i++) {
        assert_int_equal(RUN("run", "--database", "x", "--port", bad[i]), EXIT_CODE_USAGE);
        assert_says(complaint, "--port must be a number from 1 to 65535");
        assert_int_equal(calls, 0);
    }
    assert_int_equal(RUN("run", "--database", "x", "--port", "1"), 0);
    assert_int_equal(RUN("run", "--database", "x", "--port", "65535"), 0);
    assert_int_equal(seen.port, 65535);
}

static void missing_option_names_its_environment_twin(void **state)
{
    (void)state;
    assert_int_equal(RUN("run"), EXIT_CODE_USAGE);
    assert_says(complaint, "--database is missing; it may also be set as CLI_TEST_DATABASE");
    assert_int_equal(RUN("run", "--database", ""), EXIT_CODE_USAGE);
    assert_says(complaint, "--database must not be empty");
}

static void unknown_option_is_named_and_the_nearest_suggested(void **state)
{
    (void)state;
    assert_int_equal(RUN("run", "--databse", "x"), EXIT_CODE_USAGE);
    assert_says(complaint, "unknown option --databse; did you mean --database?");
    assert_int_equal(RUN("run", "--zzzzzz=1"), EXIT_CODE_USAGE);
    assert_says(complaint, "unknown option --zzzzzz=1\n");
    assert_int_equal(RUN("run", "-q"), EXIT_CODE_USAGE);
    assert_says(complaint, "unknown option -q");
    assert_int_equal(calls, 0);
}

static void abbreviated_option_is_refused(void **state)
{
    (void)state;
    assert_int_equal(RUN("run", "--datab", "x"), EXIT_CODE_USAGE);
    assert_says(complaint, "unknown option --datab; did you mean --database?");
    assert_int_equal(RUN("run", "--datab=x"), EXIT_CODE_USAGE);
    assert_says(complaint, "unknown option --datab=x; did you mean --database?");
    assert_int_equal(RUN("run", "--database", "x", "--js"), EXIT_CODE_USAGE);
    assert_says(complaint, "unknown option --js");
}

static void values_must_be_where_they_belong(void **state)
{
    (void)state;
    assert_int_equal(RUN("run", "--database"), EXIT_CODE_USAGE);
    assert_says(complaint, "--database needs a value: CONNINFO");
    assert_int_equal(RUN("run", "--database", "x", "--json=1"), EXIT_CODE_USAGE);
    assert_says(complaint, "--json takes no value");
}

static void unknown_verb_is_named_and_the_nearest_suggested(void **state)
{
    (void)state;
    assert_int_equal(RUN("rnu"), EXIT_CODE_USAGE);
    assert_says(complaint, "unknown verb 'rnu'; did you mean 'run'?");
    assert_int_equal(RUN("topics", "aply"), EXIT_CODE_USAGE);
    assert_says(complaint, "'topics' needs a second word: 'topics apply', 'topics check'");
    assert_int_equal(RUN("topic", "apply"), EXIT_CODE_USAGE);
    assert_says(complaint, "did you mean 'topics apply'?");
    assert_int_equal(RUN("xyzzyx"), EXIT_CODE_USAGE);
    assert_says(complaint, "unknown verb 'xyzzyx'\n");
    assert_int_equal(RUN("--database", "x", "run"), EXIT_CODE_USAGE);
    assert_says(complaint, "options follow the verb");
}

static void verb_of_two_words_runs(void **state)
{
    (void)state;
    assert_int_equal(RUN("topics", "apply", "--database", "x"), 0);
    assert_int_equal(calls, 1);
    assert_string_equal(seen.database, "x");
}

static void arguments_are_counted(void **state)
{
    (void)state;
    assert_int_equal(RUN("run", "--database", "x", "a", "b"), EXIT_CODE_USAGE);
    assert_says(complaint, "run takes 0 to 1 argument ([FILE]), got 2");
    assert_int_equal(RUN("topics", "apply", "--database", "x", "a"), EXIT_CODE_USAGE);
    assert_says(complaint, "topics apply takes no arguments");
    assert_int_equal(RUN("run", "--database", "x", "--", "--json"), 0);
    assert_string_equal(seen_first, "--json");
}

static void program_help_lists_verbs_and_exit_codes(void **state)
{
    (void)state;
    assert_int_equal(RUN("--help"), 0);
    assert_says(out, "tester: tests the command line");
    assert_says(out, "topics apply  makes the topics");
    assert_says(out, "  4  a server is not available");
    assert_string_equal(complaint, "");
    const char *const nothing[] = {NULL};
    assert_int_equal(run(nothing), EXIT_CODE_USAGE);
    assert_string_equal(out, "");
    assert_says(complaint, "Usage: tester VERB [OPTIONS]");
}

static void verb_help_names_everything_about_an_option(void **state)
{
    (void)state;
    assert_int_equal(RUN("run", "--help"), 0);
    assert_int_equal(calls, 0);
    assert_says(out, "Usage: tester run [OPTIONS] [FILE]");
    assert_says(out, "  tester run --database dbname=x\n  tester run --json\n");
    assert_says(out, "(environment CLI_TEST_DATABASE; required)");
    assert_says(out, "(environment CLI_TEST_PORT; 1 to 65535; default 80)");
    assert_says(out, "  --mode MODE\n      mode of work\n  --help");
    char by_option[sizeof(out)];
    memcpy(by_option, out, sizeof(by_option));
    assert_int_equal(RUN("help", "run"), 0);
    assert_string_equal(out, by_option);
    assert_int_equal(RUN("help", "topics", "check"), 0);
    assert_says(out, "Usage: tester topics check");
    assert_int_equal(RUN("help", "nothing"), EXIT_CODE_USAGE);
}

static void markdown_page_has_every_verb_and_escapes_bars(void **state)
{
    (void)state;
    assert_int_equal(RUN("help", "--markdown"), 0);
    for (size_t i = 0; i < countof(verbs); i++) {
        char heading[64];
        (void)snprintf(heading, sizeof(heading), "\n## tester %s\n", verbs[i].name);
        assert_says(out, heading);
    }
    assert_says(out, "| `--port N` | port \\| number | environment CLI_TEST_PORT;");
    assert_says(out, "| 8 | stored data contradicts itself");
}

static void version_is_printed(void **state)
{
    (void)state;
    assert_int_equal(RUN("--version"), 0);
    assert_string_equal(out, "tester 1.2.3\n");
}

static void failure_says_what_to_do_and_keeps_its_exit_code(void **state)
{
    (void)state;
    assert_int_equal(RUN("fail"), EXIT_CODE_UNAVAILABLE);
    assert_string_equal(
        complaint, "tester: cannot reach the server\nNothing is lost: it is safe to try again.\n");
}

static void output_that_cannot_be_written_is_a_failure(void **state)
{
    (void)state;
    char words[][8] = {"tester", "--help"};
    char *argv[] = {words[0], words[1], NULL};
    struct capture captured;
    capture_begin(&captured);
    capture_stdout_to("/dev/full");
    int code = cli_main(&tester, 2, argv);
    clearerr(stdout);
    capture_end(&captured, out, sizeof(out), complaint, sizeof(complaint));
    assert_int_equal(code, EXIT_CODE_FAILED);
    assert_says(complaint, "cannot write the output");
}

static void distance_counts_edits(void **state)
{
    (void)state;
    static const struct {
        const char *a;
        const char *b;
        size_t distance;
    } pairs[] = {
        {"", "", 0},
        {"", "abc", 3},
        {"abc", "", 3},
        {"apply", "apply", 0},
        {"aply", "apply", 1},
        {"appyl", "apply", 1},
        {"kitten", "sitting", 3},
        {"ca", "abc", 3},
        {"status", "plan", 5},
    };
    for (size_t i = 0; i < countof(pairs); i++) {
        assert_int_equal(cli_distance(pairs[i].a, pairs[i].b), pairs[i].distance);
        assert_int_equal(cli_distance(pairs[i].b, pairs[i].a), pairs[i].distance);
    }
    char longer[100];
    memset(longer, 'a', sizeof(longer));
    longer[99] = '\0';
    assert_true(cli_distance(longer, "a") > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(flags_reach_the_verb, clear_environment),
        cmocka_unit_test_setup(defaults_fill_what_is_left_out, clear_environment),
        cmocka_unit_test_setup(flag_wins_over_environment_wins_over_default, clear_environment),
        cmocka_unit_test_setup(empty_environment_counts_as_not_set, clear_environment),
        cmocka_unit_test_setup(bad_environment_names_variable_and_option, clear_environment),
        cmocka_unit_test_setup(numbers_are_held_to_their_bounds, clear_environment),
        cmocka_unit_test_setup(missing_option_names_its_environment_twin, clear_environment),
        cmocka_unit_test(unknown_option_is_named_and_the_nearest_suggested),
        cmocka_unit_test(abbreviated_option_is_refused),
        cmocka_unit_test(values_must_be_where_they_belong),
        cmocka_unit_test(unknown_verb_is_named_and_the_nearest_suggested),
        cmocka_unit_test(verb_of_two_words_runs),
        cmocka_unit_test(arguments_are_counted),
        cmocka_unit_test(program_help_lists_verbs_and_exit_codes),
        cmocka_unit_test(verb_help_names_everything_about_an_option),
        cmocka_unit_test(markdown_page_has_every_verb_and_escapes_bars),
        cmocka_unit_test(version_is_printed),
        cmocka_unit_test(failure_says_what_to_do_and_keeps_its_exit_code),
        cmocka_unit_test(output_that_cannot_be_written_is_a_failure),
        cmocka_unit_test(distance_counts_edits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
