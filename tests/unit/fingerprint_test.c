// SPDX-License-Identifier: Apache-2.0
// The key of the fingerprints: refused unless it is 32 bytes that nobody else may read.
#include "command/fingerprint.h"
#include "support/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct key_file {
    char path[64];
};

static int make_file(void **state)
{
    static struct key_file file;
    (void)snprintf(file.path, sizeof(file.path), "fingerprint-key-%ld", (long)getpid());
    *state = &file;
    return 0;
}

static int remove_file(void **state)
{
    const struct key_file *file = *state;
    (void)unlink(file->path);
    return 0;
}

static void write_key(const struct key_file *file, size_t size, mode_t mode)
{
    FILE *out = fopen(file->path, "wb");
    assert_non_null(out);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(fputc((int)(i * 7 + 1), out), (int)(i * 7 + 1));
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(file->path, mode), 0);
}

static void assert_refused(const struct key_file *file, const char *why)
{
    struct fingerprinter fp;
    struct error err;
    assert_false(fingerprinter_open(&fp, file->path, &err));
    assert_int_equal(err.kind, ERROR_invalid);
    assert_non_null(strstr(err.text, why));
}

static void a_private_file_of_32_bytes_is_taken(void **state)
{
    struct fingerprinter fp;
    struct error err;
    write_key(*state, 32, 0600);
    assert_true(fingerprinter_open(&fp, ((struct key_file *)*state)->path, &err));
    fingerprinter_close(&fp);
}

static void a_missing_file_is_refused(void **state)
{
    assert_refused(*state, "No such file");
}

static void a_file_others_may_read_is_refused(void **state)
{
    write_key(*state, 32, 0640);
    assert_refused(*state, "chmod 600");
    write_key(*state, 32, 0604);
    assert_refused(*state, "chmod 600");
}

static void a_key_of_another_size_is_refused(void **state)
{
    write_key(*state, 31, 0600);
    assert_refused(*state, "32 bytes");
    write_key(*state, 33, 0600);
    assert_refused(*state, "32 bytes");
}

static void another_key_gives_another_fingerprint(void **state)
{
    (void)state;
    static const uint8_t keys[2][FINGERPRINT_KEY_SIZE] = {{1}, {2}};
    uint8_t found[2][STORE_FINGERPRINT_SIZE];
    const struct cancel_order body = {.reason = 1};
    const struct command command = {.type = COMMAND_CANCEL_ORDER, .body = &body};
    for (size_t i = 0; i < 2; i++) {
        struct fingerprinter fp;
        struct error err;
        assert_true(fingerprinter_open_key(&fp, keys[i], &err));
        assert_true(fingerprint_command(&fp, &command, found[i]));
        fingerprinter_close(&fp);
    }
    assert_memory_not_equal(found[0], found[1], sizeof(found[0]));
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, make_file, remove_file)
    const struct CMUnitTest tests[] = {
        CASE(a_private_file_of_32_bytes_is_taken),
        CASE(a_missing_file_is_refused),
        CASE(a_file_others_may_read_is_refused),
        CASE(a_key_of_another_size_is_refused),
        CASE(another_key_gives_another_fingerprint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
