// SPDX-License-Identifier: Apache-2.0
// Checkpoints move by compare-and-swap, in the transaction of the rows, for the owner only, and
// never on another history.
#include "store/tail.h"
#include "support/append.h"
#include "support/store_database.h"

struct fixture {
    struct store_database database;
    struct db db;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    store_database_create(&fixture->database);
    store_database_open(&fixture->database, STORE_PROJECTOR, &fixture->db);
    store_database_sql(&fixture->database, "update store.head set position = 100");
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    db_close(&fixture->db);
    store_database_drop(&fixture->database);
    free(fixture);
    return 0;
}

static void test_moves_from_where_it_was_and_only_for_its_owner(void **state)
{
    struct fixture *fixture = *state;
    struct checkpoint first, second;
    struct error err;
    assert_true(checkpoint_take_over(&fixture->db, "orders", &first, &err));
    assert_int_equal(first.position, 0);
    assert_true(checkpoint_advance(&fixture->db, &first, 40, &err));
    struct checkpoint stale = first;
    stale.position = 30;
    assert_false(checkpoint_advance(&fixture->db, &stale, 50, &err));
    assert_int_equal(err.kind, ERROR_conflict);

    assert_true(checkpoint_take_over(&fixture->db, "orders", &second, &err));
    assert_int_equal(second.position, 40);
    assert_int_equal(second.epoch, first.epoch + 1);
    assert_false(checkpoint_advance(&fixture->db, &first, 50, &err));
    assert_int_equal(err.kind, ERROR_conflict);
    assert_int_equal(first.position, 40);
    assert_true(checkpoint_advance(&fixture->db, &second, 50, &err));
}

static void test_rolls_back_with_the_rows(void **state)
{
    struct fixture *fixture = *state;
    struct checkpoint checkpoint, read;
    struct error err;
    assert_true(checkpoint_take_over(&fixture->db, "orders", &checkpoint, &err));
    assert_true(db_execute(&fixture->db, "begin", &err));
    assert_true(checkpoint_advance(&fixture->db, &checkpoint, 10, &err));
    db_rollback(&fixture->db);
    assert_true(checkpoint_read(&fixture->db, "orders", &read, &err));
    assert_int_equal(read.position, 0);
}

static void test_refuses_a_store_that_is_behind_or_another_one(void **state)
{
    struct fixture *fixture = *state;
    struct checkpoint checkpoint;
    struct error err;
    assert_true(checkpoint_take_over(&fixture->db, "orders", &checkpoint, &err));
    assert_true(checkpoint_advance(&fixture->db, &checkpoint, 100, &err));
    store_database_sql(&fixture->database, "update store.head set position = 99");
    assert_false(checkpoint_take_over(&fixture->db, "orders", &checkpoint, &err));
    assert_int_equal(err.kind, ERROR_tampered);
    assert_non_null(strstr(err.text, "diverged at position 99"));

    store_database_sql(
        &fixture->database,
        "update store.head set position = 100;"
        "update store.identity set incarnation = gen_random_uuid()");
    assert_false(checkpoint_take_over(&fixture->db, "orders", &checkpoint, &err));
    assert_int_equal(err.kind, ERROR_tampered);
    assert_non_null(strstr(err.text, "another store"));
}

static void test_lock_is_held_by_one_session(void **state)
{
    struct fixture *fixture = *state;
    struct db other;
    struct error err;
    bool got = false;
    store_database_open(&fixture->database, STORE_PROJECTOR, &other);
    assert_true(projection_try_lock(&fixture->db, "orders", &got, &err));
    assert_true(got);
    assert_true(projection_try_lock(&other, "orders", &got, &err));
    assert_false(got);
    assert_true(projection_try_lock(&other, "others", &got, &err));
    assert_true(got);
    /* The lock goes with its session: the other one gets it as soon as the server has noticed. */
    db_close(&fixture->db);
    got = false;
    for (int attempt = 0; attempt < 10000 && !got; attempt++)
        assert_true(projection_try_lock(&other, "orders", &got, &err));
    assert_true(got);
    db_close(&other);
}

static void test_unknown_projection_is_not_found(void **state)
{
    struct fixture *fixture = *state;
    struct checkpoint checkpoint;
    struct error err;
    assert_false(checkpoint_read(&fixture->db, "nothing", &checkpoint, &err));
    assert_int_equal(err.kind, ERROR_not_found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(test_moves_from_where_it_was_and_only_for_its_owner),
        TEST(test_rolls_back_with_the_rows),
        TEST(test_refuses_a_store_that_is_behind_or_another_one),
        TEST(test_lock_is_held_by_one_session),
        TEST(test_unknown_projection_is_not_found),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
