// SPDX-License-Identifier: Apache-2.0
// `order` in a folder of its own, beside a program that repeats its arguments.
#include "support/cmocka.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "front-door-XXXXXX";
static char output[8192];

/* Runs a shell command in the folder; gives its exit code, all it prints in `output`. */
static int run(const char *command)
{
    char line[512];
    (void)snprintf(line, sizeof(line), "cd %s && { %s; } 2>&1", folder, command);
    FILE *pipe = popen(line, "r");
    assert_non_null(pipe);
    size_t got = fread(output, 1, sizeof(output) - 1, pipe);
    output[got] = '\0';
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void write_program(const char *name, const char *text)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0755), 0);
}

static int set_up(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL || run("cp '" ORDER_PROGRAM "' order") != 0)
        return -1;
    write_program("order-projector", "#!/bin/sh\nprintf '<%s>' \"$@\"\nexit 7\n");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return run("rm -f order order-projector") == 0 ? rmdir(folder) : -1;
}

static bool says(const char *part)
{
    return strstr(output, part) != NULL;
}

static void arguments_and_exit_code_pass_through(void **state)
{
    (void)state;
    assert_int_equal(run("./order projector run --database 'dbname=a b' ''"), 7);
    assert_string_equal(output, "<run><--database><dbname=a b><>");
}

static void the_program_beside_it_wins_over_path(void **state)
{
    (void)state;
    assert_int_equal(run("PATH=/nowhere:$PATH; cd / && \"$OLDPWD/order\" projector x"), 7);
    assert_string_equal(output, "<x>");
}

static void help_of_a_program_asks_the_program(void **state)
{
    (void)state;
    assert_int_equal(run("./order help projector run"), 7);
    assert_string_equal(output, "<help><run>");
}

static void help_lists_the_programs(void **state)
{
    (void)state;
    assert_int_equal(run("./order help"), 0);
    assert_true(says("  schema ") && says("  command ") && says("  projector "));
    assert_int_equal(run("./order --help >/dev/full"), 1);
}

static void unknown_program_gets_the_list(void **state)
{
    (void)state;
    assert_int_equal(run("./order projektor run"), 2);
    assert_true(says("there is no program 'projektor'") && says("  projector "));
    assert_int_equal(run("./order"), 2);
    assert_true(says("  projector "));
    assert_int_equal(run("./order ../order-projector"), 2);
}

static void missing_program_is_named_with_its_folder(void **state)
{
    (void)state;
    assert_int_equal(run("./order command run"), 1);
    assert_true(says("order-command is not in ") && says("/front-door-"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_and_exit_code_pass_through),
        cmocka_unit_test(the_program_beside_it_wins_over_path),
        cmocka_unit_test(help_of_a_program_asks_the_program),
        cmocka_unit_test(help_lists_the_programs),
        cmocka_unit_test(unknown_program_gets_the_list),
        cmocka_unit_test(missing_program_is_named_with_its_folder),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
