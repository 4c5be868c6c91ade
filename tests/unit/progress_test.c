// SPDX-License-Identifier: Apache-2.0
// Progress: how often it speaks, and what it says where a terminal is and where none is.
#define _XOPEN_SOURCE 700
#include "runtime/progress.h"
#include "base/clock.h"
#include "support/capture.h"
#include "support/cmocka.h"
#include "support/terminal.h"

#include <string.h>

static char out[256];
static char text[4096];

/* As if the work had begun, and was last shown, so many seconds ago. */
static void age(struct progress *progress, int64_t seconds)
{
    progress->started_us -= seconds * 1000000;
    progress->shown_us -= seconds * 1000000;
}

static void a_file_gets_a_line_every_ten_seconds(void **state)
{
    (void)state;
    struct capture captured;
    struct progress progress;
    capture_begin(&captured);
    progress_begin(&progress, "reading", 100, false);
    progress_update(&progress, 1, NULL);
    age(&progress, 9);
    progress_update(&progress, 2, NULL);
    age(&progress, 2);
    progress_update(&progress, 50, "2 parked");
    progress_update(&progress, 51, NULL);
    capture_end(&captured, out, sizeof(out), text, sizeof(text));
    assert_string_equal(out, "");
    assert_string_equal(text, "reading: 50 of 100 (50 %), 11 s left, 5/s, 2 parked\n");
}

static void the_end_is_always_told(void **state)
{
    (void)state;
    struct capture captured;
    struct progress progress;
    capture_begin(&captured);
    progress_begin(&progress, "reading", 0, false);
    age(&progress, 10);
    progress_end(&progress, 20);
    capture_end(&captured, out, sizeof(out), text, sizeof(text));
    assert_string_equal(text, "reading: 20 in 10.0 s, 2/s\n");
}

static void unknown_total_shows_no_share(void **state)
{
    (void)state;
    struct capture captured;
    struct progress progress;
    capture_begin(&captured);
    progress_begin(&progress, "reading", 0, false);
    age(&progress, 10);
    progress_update(&progress, 20, NULL);
    capture_end(&captured, out, sizeof(out), text, sizeof(text));
    assert_string_equal(text, "reading: 20, 2/s\n");
}

static void quiet_is_silent(void **state)
{
    (void)state;
    struct capture captured;
    struct progress progress;
    capture_begin(&captured);
    progress_begin(&progress, "reading", 10, true);
    age(&progress, 60);
    progress_update(&progress, 5, NULL);
    progress_end(&progress, 10);
    capture_end(&captured, out, sizeof(out), text, sizeof(text));
    assert_string_equal(text, "");
}

static void a_terminal_redraws_one_line(void **state)
{
    (void)state;
    struct terminal terminal;
    struct progress progress;
    terminal_begin(&terminal);
    progress_begin(&progress, "reading", 100, false);
    progress_update(&progress, 1, NULL); /* too early */
    age(&progress, 1);
    progress_update(&progress, 50, NULL);
    progress_end(&progress, 100);
    terminal_end(&terminal, text, sizeof(text));
    assert_non_null(strstr(text, "\r\033[Kreading: 50 of 100 (50 %), 1 s left, 50/s"));
    assert_non_null(strstr(text, "\r\033[Kreading: 100 in 1.0 s"));
    assert_null(strstr(text, "reading: 1 of"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_gets_a_line_every_ten_seconds),
        cmocka_unit_test(the_end_is_always_told),
        cmocka_unit_test(unknown_total_shows_no_share),
        cmocka_unit_test(quiet_is_silent),
        cmocka_unit_test(a_terminal_redraws_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
