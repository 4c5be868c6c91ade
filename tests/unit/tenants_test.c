// SPDX-License-Identifier: Apache-2.0
// The tenants file: what it may say, and that every fault is refused with its line.
#include "command/tenants.h"
#include "support/cmocka.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY_US (INT64_C(86400) * 1000000)
#define SHOP "[producer shop]\ntenants = acme\nkey-file = a.key\n"

struct desk {
    char folder[64];
    char path[128];
    struct tenants *tenants;
    struct error err;
};

static void write_file(const struct desk *desk, const char *name, const char *data, size_t size)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", desk->folder, name);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(data, 1, size, out), size);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(path, 0600), 0);
}

static void remove_file(const struct desk *desk, const char *name)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", desk->folder, name);
    assert_true(unlink(path) == 0 || errno == ENOENT);
}

static int open_desk(void **state)
{
    static struct desk desk;
    memset(&desk, 0, sizeof(desk));
    (void)snprintf(desk.folder, sizeof(desk.folder), "tenants-%ld", (long)getpid());
    (void)snprintf(desk.path, sizeof(desk.path), "%s/tenants.ini", desk.folder);
    (void)mkdir(desk.folder, 0700);
    write_file(&desk, "a.key", "0123456789abcdef0123456789abcdef", 32);
    write_file(&desk, "b.key", "0123456789abcdef0123456789abcdeg", 32);
    write_file(&desk, "copy.key", "0123456789abcdef0123456789abcdef", 32);
    write_file(&desk, "short.key", "0123", 4);
    *state = &desk;
    return 0;
}

static int close_desk(void **state)
{
    static const char *const names[] = {"a.key", "b.key", "copy.key", "short.key", "tenants.ini"};
    struct desk *desk = *state;
    tenants_close(desk->tenants);
    for (size_t i = 0; i < countof(names); i++)
        remove_file(desk, names[i]);
    return rmdir(desk->folder);
}

static bool read_text(struct desk *desk, const char *text)
{
    write_file(desk, "tenants.ini", text, strlen(text));
    tenants_close(desk->tenants);
    desk->tenants = NULL;
    return tenants_read(desk->path, &desk->tenants, &desk->err);
}

static void assert_read(struct desk *desk, const char *text)
{
    if (!read_text(desk, text))
        fail_msg("%s", desk->err.text);
}

static void assert_wrong(struct desk *desk, const char *text, int line, const char *why)
{
    char place[32];
    if (read_text(desk, text))
        fail_msg("taken: %s", text);
    (void)snprintf(place, sizeof(place), "tenants.ini:%d: ", line);
    if (desk->err.kind != ERROR_invalid || strstr(desk->err.text, place) == NULL ||
        strstr(desk->err.text, why) == NULL)
        fail_msg("%s (wanted line %d, %s)", desk->err.text, line, why);
}

static void settings_are_read(void **state)
{
    struct desk *desk = *state;
    assert_read(
        desk,
        "[producer shop]\ntenants = acme,globex\nkey-file = a.key\n"
        "[tenant acme]\ncurrencies = GBP,EUR\ngifts = yes\nrounding = half-up\n"
        "return-window = 30d\npayment-window = 15m\nstock-ttl = 10s\nmax-lines = 7\n"
        "commands-per-second = 5\nregion = eu-west\n"
        "[tenant globex]\n"
        "[producer eraser]\ntenants = globex\nkey-file = b.key\nerasure = yes\n");
    const struct tenant *acme = tenants_find(desk->tenants, slice_of_text("acme"));
    assert_non_null(acme);
    assert_string_equal(acme->settings.currencies, "GBP,EUR");
    assert_true(acme->settings.gifts_allowed);
    assert_int_equal(acme->settings.rounding, ROUNDING_HALF_UP);
    assert_true(acme->settings.return_window_us == 30 * DAY_US);
    assert_true(acme->settings.payment_window_us == INT64_C(900) * 1000000);
    assert_true(acme->settings.stock_ttl_us == INT64_C(10) * 1000000);
    assert_int_equal(acme->settings.max_lines, 7);
    assert_int_equal(acme->bucket.rate, 5);
    assert_string_equal(acme->region, "eu-west");
}

static void what_is_not_said_is_the_usual(void **state)
{
    struct desk *desk = *state;
    assert_read(desk, "[tenant acme]\n" SHOP);
    const struct tenant *acme = &desk->tenants->rows[0];
    assert_string_equal(acme->settings.currencies, "*");
    assert_false(acme->settings.gifts_allowed);
    assert_int_equal(acme->settings.rounding, ROUNDING_HALF_EVEN);
    assert_true(acme->settings.return_window_us == 0 && acme->settings.max_lines == 0);
    assert_int_equal(acme->bucket.rate, 0);
    assert_string_equal(acme->region, "");
    assert_true(desk->tenants->has_producers);
    assert_false(desk->tenants->producers[0].erases);
}

static void producers_serve_their_tenants_only(void **state)
{
    struct desk *desk = *state;
    assert_read(
        desk,
        "[tenant acme]\n[tenant globex]\n" SHOP
        "[producer other]\ntenants = globex,acme\nkey-file = b.key\n");
    struct tenants *tenants = desk->tenants;
    const struct sending_party *shop = tenants_find_producer(tenants, slice_of_text("shop"));
    const struct sending_party *other = tenants_find_producer(tenants, slice_of_text("other"));
    const struct tenant *acme = tenants_find(tenants, slice_of_text("acme"));
    const struct tenant *globex = tenants_find(tenants, slice_of_text("globex"));
    assert_true(producer_serves(shop, acme));
    assert_false(producer_serves(shop, globex));
    assert_true(producer_serves(other, acme) && producer_serves(other, globex));
    assert_memory_equal(shop->key, "0123456789abcdef0123456789abcdef", SECRET_SIZE);
    assert_memory_equal(other->key, "0123456789abcdef0123456789abcdeg", SECRET_SIZE);
    assert_null(tenants_find_producer(tenants, slice_of_text("sho")));
    assert_null(tenants_find(tenants, slice_of_text("")));
}

static void every_bad_value_is_named_with_its_line(void **state)
{
    static const struct {
        const char *line;
        const char *why;
    } wrong[] = {
        {"currencies = GBP,XXX", "currencies must"},
        {"currencies = GBP,", "currencies must"},
        {"gifts = true", "gifts must be yes or no"},
        {"rounding = up", "rounding must"},
        {"return-window = 30", "return-window must"},
        {"return-window = d", "return-window must"},
        {"return-window = 0d", "return-window must"},
        {"return-window = -1d", "return-window must"},
        {"return-window = 3661d", "up to ten years"},
        {"return-window = 1w", "return-window must"},
        {"payment-window = 1.5h", "payment-window must"},
        {"stock-ttl = 9223372036854775807s", "stock-ttl must"},
        {"max-lines = 0", "max-lines must"},
        {"max-lines = 2001", "max-lines must"},
        {"commands-per-second = -1", "commands-per-second must"},
        {"commands-per-second = 1000001", "commands-per-second must"},
        {"commands-per-second = many", "commands-per-second must"},
        {"region = e", "region must"},
        {"region = eu west", "region must"},
        {"colour = red", "a tenant has no key colour"},
        {"key-file = a.key", "a tenant has no key key-file"},
        {"tenants = acme", "a tenant has no key tenants"},
        {"gifts = yes\ngifts = no", "comes twice"},
        {"gifts = yes ; no", "comment"},
    };
    struct desk *desk = *state;
    for (size_t i = 0; i < countof(wrong); i++) {
        char text[200];
        (void)snprintf(text, sizeof(text), "# 1\n[tenant acme]\n%s\n" SHOP, wrong[i].line);
        assert_wrong(desk, text, 3 + (strchr(wrong[i].line, '\n') != NULL), wrong[i].why);
    }
}

static void sections_are_tenants_and_producers(void **state)
{
    struct desk *desk = *state;
    assert_wrong(desk, "[tenants acme]\n" SHOP, 1, "a section is");
    assert_wrong(desk, "[acme]\n" SHOP, 1, "a section is");
    assert_wrong(desk, "[tenant]\n" SHOP, 1, "a section is");
    assert_wrong(desk, "[tenant ]\n" SHOP, 1, "a name has");
    assert_wrong(desk, "[tenant a b]\n" SHOP, 1, "a name has");
    assert_wrong(desk, "[tenant a,b]\n" SHOP, 1, "a name has");
    assert_wrong(desk, "[tenant acme]\n[tenant acme]\n" SHOP, 2, "was there before");
    assert_wrong(desk, "[tenant acme]\n" SHOP "[producer shop]\n", 5, "was there before");
}

static void what_a_producer_names_must_be_there(void **state)
{
    struct desk *desk = *state;
    assert_wrong(desk, "[tenant globex]\n" SHOP, 2, "there is no [tenant acme]");
    assert_wrong(
        desk, "[tenant acme]\n[producer p]\nkey-file = a.key\n", 2, "needs the key tenants");
    assert_wrong(
        desk, "[tenant acme]\n[producer p]\ntenants = acme\n", 2, "needs the key key-file");
    assert_wrong(
        desk, "[tenant acme]\n[producer p]\ntenants = acme,acme\nkey-file = a.key\n", 2, "twice");
    assert_wrong(
        desk,
        "[tenant acme]\n[producer p]\ntenants = acme,\nkey-file = a.key\n",
        2,
        "no [tenant ]");
    assert_wrong(
        desk,
        "[tenant acme]\n[producer p]\ntenants = acme\nkey-file = no.key\n",
        2,
        "No such file");
    assert_wrong(
        desk, "[tenant acme]\n[producer p]\ntenants = acme\nkey-file = short.key\n", 2, "32 bytes");
    assert_wrong(
        desk, "[tenant acme]\n[producer p]\ngifts = yes\n", 3, "a producer has no key gifts");
    assert_wrong(
        desk,
        "[tenant acme]\n" SHOP "[producer p]\ntenants = acme\nkey-file = copy.key\n",
        5,
        "is that of producer shop");
}

static void a_file_without_one_of_both_is_refused(void **state)
{
    struct desk *desk = *state;
    assert_false(read_text(desk, ""));
    assert_non_null(strstr(desk->err.text, "needs a [tenant NAME] and a [producer NAME]"));
    assert_false(read_text(desk, "[tenant acme]\n"));
    assert_false(tenants_read("no-such-file", &desk->tenants, &desk->err));
    assert_non_null(strstr(desk->err.text, "no-such-file: No such file"));
}

static void a_key_that_others_may_read_is_refused(void **state)
{
    struct desk *desk = *state;
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/a.key", desk->folder);
    assert_int_equal(chmod(path, 0640), 0);
    assert_wrong(desk, "[tenant acme]\n" SHOP, 2, "chmod 600");
}

static void one_tenant_alone_needs_no_producers(void **state)
{
    struct desk *desk = *state;
    assert_true(tenants_alone("default", &desk->tenants, &desk->err));
    assert_int_equal(desk->tenants->count, 1);
    assert_false(desk->tenants->has_producers);
    assert_string_equal(desk->tenants->rows[0].settings.currencies, "*");
    assert_int_equal(bucket_take(&desk->tenants->rows[0].bucket, 1), 0);
}

static void durations_are_a_number_and_a_unit(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } good[] = {{"1s", 1}, {"15m", 900}, {"2h", 7200}, {"3660d", INT64_C(3660) * 86400}};
    static const char *const bad[] = {"", "s", "5", "0s", "-1s", "1.5h", "3661d", "10w", " 1s"};
    struct error err;
    int64_t us = 0;
    (void)state;
    for (size_t i = 0; i < countof(good); i++) {
        assert_true(tenants_read_duration(good[i].text, &us, &err));
        assert_true(us == good[i].seconds * 1000000);
    }
    for (size_t i = 0; i < countof(bad); i++) {
        if (tenants_read_duration(bad[i], &us, &err))
            fail_msg("taken: \"%s\"", bad[i]);
        assert_int_equal(err.kind, ERROR_invalid);
    }
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, open_desk, close_desk)
    const struct CMUnitTest tests[] = {
        CASE(settings_are_read),
        CASE(what_is_not_said_is_the_usual),
        CASE(producers_serve_their_tenants_only),
        CASE(every_bad_value_is_named_with_its_line),
        CASE(sections_are_tenants_and_producers),
        CASE(what_a_producer_names_must_be_there),
        CASE(a_file_without_one_of_both_is_refused),
        CASE(a_key_that_others_may_read_is_refused),
        CASE(one_tenant_alone_needs_no_producers),
        cmocka_unit_test(durations_are_a_number_and_a_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
