// SPDX-License-Identifier: Apache-2.0
// Log lines: whatever goes in, each is one line of JSON (checked with jansson) that a log store
// takes, and short text on a terminal.
#define _XOPEN_SOURCE 700
#include "runtime/log.h"
#include "support/capture.h"
#include "support/cmocka.h"
#include "support/terminal.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <sys/wait.h>

static char out[64];
static char lines[16384];

/* The only line in `lines`, parsed. The caller owns it. */
static json_t *only_line(void)
{
    char *end = strchr(lines, '\n');
    assert_non_null(end);
    assert_int_equal(end[1], '\0');
    json_error_t problem;
    json_t *line = json_loads(lines, JSON_REJECT_DUPLICATES, &problem);
    if (line == NULL)
        fail_msg("not JSON (%s): %s", problem.text, lines);
    return line;
}

static const char *text_of(const json_t *line, const char *name)
{
    const char *text = json_string_value(json_object_get(line, name));
    assert_non_null(text);
    return text;
}

#define CAPTURED(statement) \
    do { \
        struct capture captured; \
        capture_begin(&captured); \
        log_init("order-tester", LOG_INFO); \
        statement; \
        capture_end(&captured, out, sizeof(out), lines, sizeof(lines)); \
    } while (0)

static void line_has_all_fields(void **state)
{
    (void)state;
    CAPTURED(
        LOG(LOG_WARNING,
            "postgres_unavailable",
            "PostgreSQL is away",
            LOG_TEXT("code", "57P01"),
            LOG_NUMBER("attempt", -3)));
    json_t *line = only_line();
    assert_string_equal(text_of(line, "level"), "warning");
    assert_string_equal(text_of(line, "proc"), "order-tester");
    assert_string_equal(text_of(line, "event"), "postgres_unavailable");
    assert_string_equal(text_of(line, "msg"), "PostgreSQL is away");
    assert_string_equal(text_of(line, "code"), "57P01");
    assert_int_equal(json_integer_value(json_object_get(line, "attempt")), -3);
    assert_int_equal(json_integer_value(json_object_get(line, "pid")), getpid());
    const char *time = text_of(line, "ts");
    assert_int_equal(strlen(time), 27);
    assert_int_equal(time[10], 'T');
    assert_int_equal(time[26], 'Z');
    assert_int_equal(json_object_size(line), 8);
    assert_string_equal(out, "");
    json_decref(line);
}

static void levels_below_the_least_are_silent(void **state)
{
    (void)state;
    CAPTURED(log_write(LOG_DEBUG, "quiet", "not shown", NULL, 0));
    assert_string_equal(lines, "");
    CAPTURED(log_write(LOG_ERROR, "loud", "shown", NULL, 0));
    json_decref(only_line());
}

static void hostile_text_stays_inside_its_string(void **state)
{
    (void)state;
    static const char hostile[] = "a\"b\\c\nd\re\tf\x01g\x7f/\xc3\xa9";
    CAPTURED(LOG(LOG_INFO, "x", "y", LOG_TEXT("text", hostile)));
    json_t *line = only_line();
    assert_string_equal(text_of(line, "text"), hostile);
    json_decref(line);
}

static void bytes_that_are_no_utf8_do_not_break_the_line(void **state)
{
    (void)state;
    CAPTURED(LOG(LOG_INFO, "x", "y", LOG_TEXT("text", "caf\xe9 \xff")));
    json_t *line = only_line();
    assert_string_equal(text_of(line, "text"), "caf? ?");
    json_decref(line);
}

static void too_much_is_cut_and_says_so(void **state)
{
    (void)state;
    static char longer[8001];
    memset(longer, '"', sizeof(longer) - 1); /* two bytes each, escaped */
    CAPTURED(
        LOG(LOG_INFO,
            "x",
            "y",
            LOG_TEXT("first", longer),
            LOG_TEXT("second", longer),
            LOG_NUMBER("third", 3)));
    assert_true(strlen(lines) <= 4096);
    json_t *line = only_line();
    assert_int_equal(strlen(text_of(line, "first")), 1024);
    assert_true(json_is_true(json_object_get(line, "cut")));
    json_decref(line);
}

static void errno_survives_a_log_line(void **state)
{
    (void)state;
    int after = 0;
    CAPTURED(errno = ENOENT; log_write(LOG_INFO, "x", "y", NULL, 0); after = errno);
    assert_int_equal(after, ENOENT);
}

/* Two processes on one pipe, as under a supervisor: each line must arrive whole. */
static void lines_of_two_processes_do_not_mix(void **state)
{
    (void)state;
    enum { LINES = 200 };
    static char longer[1001];
    memset(longer, 'x', sizeof(longer) - 1);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    for (int child = 0; child < 2; child++) {
        if (fork() != 0)
            continue;
        (void)dup2(ends[1], STDERR_FILENO);
        log_init(child == 0 ? "a" : "b", LOG_INFO);
        for (int i = 0; i < LINES; i++)
            LOG(LOG_INFO, "x", "y", LOG_TEXT("text", longer));
        _exit(0);
    }
    (void)close(ends[1]);
    FILE *reader = fdopen(ends[0], "r");
    assert_non_null(reader);
    int count = 0;
    while (fgets(lines, sizeof(lines), reader) != NULL) {
        json_decref(only_line());
        count++;
    }
    (void)fclose(reader);
    assert_int_equal(count, 2 * LINES);
    assert_true(wait(NULL) > 0 && wait(NULL) > 0);
}

static void terminal_gets_short_text(void **state)
{
    (void)state;
    struct terminal terminal;
    terminal_begin(&terminal);
    log_init("order-tester", LOG_INFO);
    LOG(LOG_INFO,
        "started",
        "ready",
        LOG_TEXT("topic", "order.commands"),
        LOG_TEXT("why", "two words"),
        LOG_NUMBER("n", 5));
    terminal_end(&terminal, lines, sizeof(lines));
    assert_int_equal(lines[2], ':');
    assert_string_equal(
        lines + 12, " info started: ready topic=order.commands why=\"two words\" n=5\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_has_all_fields),
        cmocka_unit_test(levels_below_the_least_are_silent),
        cmocka_unit_test(hostile_text_stays_inside_its_string),
        cmocka_unit_test(bytes_that_are_no_utf8_do_not_break_the_line),
        cmocka_unit_test(too_much_is_cut_and_says_so),
        cmocka_unit_test(errno_survives_a_log_line),
        cmocka_unit_test(lines_of_two_processes_do_not_mix),
        cmocka_unit_test(terminal_gets_short_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
