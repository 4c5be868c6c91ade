// SPDX-License-Identifier: Apache-2.0
// The subjects in memory, and who has which e-mail address.
#include "shredder/email_index.h"
#include "shredder/subjects.h"
#include "support/cmocka.h"

#include <sodium.h>

enum { MANY = 20000, ONE_MILLION = 1000 * 1000, MOST_BYTES = 64 * 1024 * 1024 };

static struct subjects subjects;
static struct email_index emails;
static struct slab slab;

static struct uuid id_of(uint64_t number)
{
    struct uuid id = {.bytes = {0xab}};
    memcpy(id.bytes + 8, &number, sizeof(number));
    return id;
}

static int set_up(void **state)
{
    (void)state;
    struct error err;
    assert_true(sodium_init() >= 0);
    subjects_init(&subjects);
    assert_true(slab_open(&slab, 4096, true, &err));
    assert_true(email_index_init(&emails, &slab, &err));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    email_index_release(&emails);
    subjects_release(&subjects);
    slab_close(&slab);
    return 0;
}

static struct subject *add(uint64_t number)
{
    struct uuid id = id_of(number);
    struct subject *added = subjects_add(&subjects, 1, &id, (uint32_t)number);
    assert_non_null(added);
    return added;
}

/* ---- subjects ---- */

static void a_subject_is_found_by_id_and_by_leaf(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < MANY; i++)
        (void)add(3 * i);
    for (uint64_t i = 0; i < 3 * MANY; i++) {
        struct uuid id = id_of(i);
        const struct subject *found = subjects_find(&subjects, 1, &id);
        assert_int_equal(found != NULL, i % 3 == 0);
        assert_ptr_equal(subjects_of_leaf(&subjects, 8 * i), found);
        assert_ptr_equal(subjects_of_leaf(&subjects, 8 * i + 7), found);
        assert_null(subjects_find(&subjects, 2, &id));
    }
    assert_null(subjects_of_leaf(&subjects, UINT64_MAX));
}

static void nothing_is_found_where_nothing_is(void **state)
{
    (void)state;
    struct uuid id = id_of(1);
    assert_null(subjects_find(&subjects, 1, &id));
    assert_null(subjects_of_leaf(&subjects, 0));
}

static void a_leaf_has_eight_classes(void **state)
{
    (void)state;
    const struct subject *one = add(5);
    assert_int_equal(subject_leaf(one, 0).number, 40);
    assert_int_equal(subject_leaf(one, 3).number, 43);
    assert_int_equal(subject_leaf(one, 0).tree, TREE_SUBJECTS);
}

static void a_million_fit_into_64_mib(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < ONE_MILLION; i++)
        (void)add(i);
    size_t bytes = subjects.capacity * sizeof(*subjects.rows) +
                   subjects.slot_count * sizeof(*subjects.slots) +
                   subjects.number_count * sizeof(*subjects.by_number);
    assert_true(bytes <= MOST_BYTES);
}

/* ---- addresses ---- */

static void assert_normal(const char *text, const char *expected)
{
    char out[EMAIL_MOST];
    size_t size;
    bool is_address = email_normalise(slice_of_text(text), out, &size);
    assert_int_equal(is_address, expected != NULL);
    if (expected != NULL)
        assert_true(slice_is(slice_of(out, size), expected));
}

static void addresses_are_compared_without_case_and_blanks(void **state)
{
    (void)state;
    assert_normal(" \tAlice.B@Example.ORG \n", "alice.b@example.org");
    assert_normal("a@b", "a@b");
    assert_normal("alice+tag@example.org", "alice+tag@example.org");
    assert_normal("\xc3\x84rger@example.org", "\xc3\x84rger@example.org"); /* not lowered */
    assert_normal("", NULL);
    assert_normal("  ", NULL);
    assert_normal("alice", NULL);
    assert_normal("@example.org", NULL);
    assert_normal("alice@", NULL);
}

static void an_address_too_long_is_none(void **state)
{
    (void)state;
    char out[EMAIL_MOST];
    char text[EMAIL_MOST + 1];
    size_t size;
    memset(text, 'x', sizeof(text));
    text[10] = '@';
    assert_true(email_normalise(slice_of(text, EMAIL_MOST), out, &size));
    assert_false(email_normalise(slice_of(text, EMAIL_MOST + 1), out, &size));
}

static int64_t find(const char *address)
{
    return email_index_find(&emails, &subjects, 1, slice_of_text(address));
}

static void set(size_t row, const char *address)
{
    assert_true(email_index_set(&emails, &subjects, row, slice_of_text(address)));
}

static void the_newest_address_counts(void **state)
{
    (void)state;
    (void)add(1);
    set(0, "old@example.org");
    set(0, "New@example.org");
    assert_int_equal(find("old@example.org"), EMAIL_NOBODY);
    assert_int_equal(find(" new@EXAMPLE.org"), 0);
    assert_int_equal(email_index_find(&emails, &subjects, 2, slice_of_text("new@example.org")), -1);
    set(0, "no address");
    assert_int_equal(find("new@example.org"), EMAIL_NOBODY);
    assert_int_equal(emails.count, 0);
}

static void an_address_of_two_is_the_older_ones(void **state)
{
    (void)state;
    (void)add(9);
    (void)add(4);
    set(0, "we@example.org");
    set(1, "we@example.org");
    assert_int_equal(find("we@example.org"), 1);
    email_index_remove(&emails, 1);
    assert_int_equal(find("we@example.org"), 0);
    email_index_remove(&emails, 0);
    email_index_remove(&emails, 0);
    assert_int_equal(find("we@example.org"), EMAIL_NOBODY);
}

static void many_come_and_go(void **state)
{
    (void)state;
    char address[64];
    for (uint64_t i = 0; i < MANY; i++) {
        (void)add(i);
        (void)snprintf(address, sizeof(address), "person-%llu@example.org", (unsigned long long)i);
        set(i, address);
    }
    for (uint64_t i = 0; i < MANY; i += 3)
        email_index_remove(&emails, i);
    for (uint64_t i = 0; i < MANY; i++) {
        (void)snprintf(address, sizeof(address), "PERSON-%llu@example.org", (unsigned long long)i);
        assert_int_equal(find(address), i % 3 == 0 ? EMAIL_NOBODY : (int64_t)i);
    }
    email_index_clear(&emails);
    assert_int_equal(find("person-1@example.org"), EMAIL_NOBODY);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_subject_is_found_by_id_and_by_leaf),
        TEST(nothing_is_found_where_nothing_is),
        TEST(a_leaf_has_eight_classes),
        TEST(a_million_fit_into_64_mib),
        TEST(addresses_are_compared_without_case_and_blanks),
        TEST(an_address_too_long_is_none),
        TEST(the_newest_address_counts),
        TEST(an_address_of_two_is_the_older_ones),
        TEST(many_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
