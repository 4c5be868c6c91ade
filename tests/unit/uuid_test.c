// SPDX-License-Identifier: Apache-2.0
// UUIDs against the vectors of RFC 9562, appendix A.
#include "base/uuid.h"
#include "support/cmocka.h"

static struct uuid parsed(const char *text)
{
    struct uuid id;
    assert_true(uuid_parse(slice_of_text(text), &id));
    return id;
}

static void assert_uuid_is(const struct uuid *id, const char *expected)
{
    char text[UUID_TEXT_SIZE];
    uuid_format(id, text);
    assert_string_equal(text, expected);
}

static void v5_gives_the_vector_of_the_rfc(void **state)
{
    (void)state;
    struct uuid dns = parsed("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
    struct uuid id = uuid_v5(&dns, slice_of_text("www.example.com"));
    assert_uuid_is(&id, "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

static void v5_gives_known_ids_of_other_namespaces(void **state)
{
    (void)state;
    struct uuid dns = parsed("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
    struct uuid url = parsed("6ba7b811-9dad-11d1-80b4-00c04fd430c8");
    struct uuid id = uuid_v5(&dns, slice_of_text("python.org"));
    assert_uuid_is(&id, "886313e1-3b8a-5372-9b90-0c9aee199e5d");
    id = uuid_v5(&url, slice_of_text("http://python.org/"));
    assert_uuid_is(&id, "4c565f0d-3f5a-5890-b41b-20cf47701c5e");
}

/* SHA-1 pads differently around a whole block; the namespace's 16 bytes count. Expected values from
 * Python's uuid.uuid5(NAMESPACE_DNS, "x" * size). */
static void v5_pads_names_around_a_block_right(void **state)
{
    (void)state;
    static const struct {
        size_t size;
        const char *id;
    } cases[] = {
        {0, "4ebd0208-8328-5d69-8c44-ec50939c0967"},
        {1, "05b16a01-46c6-56dd-bd6e-c6dfb4a1427a"},
        {38, "f3ddef67-6e5b-53ca-baa2-12b379ef6ced"},
        {39, "2f80c0d1-1c62-579f-8d68-e61ad5592c9b"},
        {40, "e56fd57a-7633-5e1d-8f80-70e05ac413e5"},
        {47, "a112377b-8258-5ef7-b5b0-d2540bc03abb"},
        {48, "83993b6c-dea9-55ca-be5b-9989c85943fc"},
        {49, "a0f0b33b-afbf-5cad-b334-d8140d5af575"},
        {103, "69b5a616-6ae8-5c37-8b46-37d527314c4d"},
        {104, "c917ca2c-8395-5e00-8f28-a898d41a4b8d"},
        {111, "1a48738a-dc98-5032-bf56-974c361d949d"},
        {112, "0243b19e-8bd4-5b57-95a2-1fcacc3142a0"},
        {255, "635efb8e-96e5-5f1e-8289-59029ccebdfb"},
    };
    struct uuid dns = parsed("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
    char name[256];
    memset(name, 'x', sizeof(name));
    for (size_t i = 0; i < countof(cases); i++) {
        struct uuid id = uuid_v5(&dns, slice_of(name, cases[i].size));
        assert_uuid_is(&id, cases[i].id);
    }
}

static void v7_gives_the_vector_of_the_rfc(void **state)
{
    (void)state;
    static const uint8_t random[10] = {0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f};
    struct uuid id = uuid_v7(INT64_C(0x017F22E279B0), random);
    assert_uuid_is(&id, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
}

static void v7_sorts_by_time(void **state)
{
    (void)state;
    static const uint8_t high[10] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    static const uint8_t low[10] = {0};
    struct uuid earlier = uuid_v7(1769860800000, high);
    struct uuid later = uuid_v7(1769860800001, low);
    assert_true(memcmp(earlier.bytes, later.bytes, sizeof(later.bytes)) < 0);
}

static void reads_either_case_and_writes_lower_case(void **state)
{
    (void)state;
    struct uuid id = parsed("2ED6657D-e927-568B-95e1-2665A8AEA6A2");
    assert_uuid_is(&id, "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

/* Every position, every byte that is not allowed there. */
static void refuses_every_wrong_character(void **state)
{
    (void)state;
    static const char good[] = "2ed6657d-e927-568b-95e1-2665a8aea6a2";
    struct uuid id;
    for (size_t at = 0; at < UUID_TEXT_SIZE - 1; at++) {
        for (int c = 0; c < 256; c++) {
            char text[UUID_TEXT_SIZE];
            memcpy(text, good, sizeof(text));
            text[at] = (char)c;
            bool is_hex =
                (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
            bool allowed = good[at] == '-' ? c == '-' : is_hex;
            assert_int_equal(uuid_parse(slice_of(text, sizeof(text) - 1), &id), allowed);
        }
    }
}

static void refuses_other_lengths_and_shapes(void **state)
{
    (void)state;
    struct uuid id = {{0xaa}};
    assert_false(uuid_parse(slice_of(NULL, 0), &id));
    assert_false(uuid_parse(slice_of_text("2ed6657d-e927-568b-95e1-2665a8aea6a"), &id));
    assert_false(uuid_parse(slice_of_text("2ed6657d-e927-568b-95e1-2665a8aea6a22"), &id));
    assert_false(uuid_parse(slice_of_text("2ed6657de927568b95e12665a8aea6a2"), &id));
    assert_false(uuid_parse(slice_of_text("{ed6657d-e927-568b-95e1-2665a8aea6a}"), &id));
    assert_int_equal(id.bytes[0], 0xaa);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(v5_gives_the_vector_of_the_rfc),
        cmocka_unit_test(v5_gives_known_ids_of_other_namespaces),
        cmocka_unit_test(v5_pads_names_around_a_block_right),
        cmocka_unit_test(v7_gives_the_vector_of_the_rfc),
        cmocka_unit_test(v7_sorts_by_time),
        cmocka_unit_test(reads_either_case_and_writes_lower_case),
        cmocka_unit_test(refuses_every_wrong_character),
        cmocka_unit_test(refuses_other_lengths_and_shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
