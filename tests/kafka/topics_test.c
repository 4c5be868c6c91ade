// SPDX-License-Identifier: Apache-2.0
// Topics are made on purpose, once, as they are wanted.
#include "bus/reader.h"
#include "support/kafka_topic.h"

static void topics_are_created_once(void **state)
{
    (void)state;
    struct kafka_topic names[2];
    struct error err;
    size_t created;
    int partitions[2];
    for (size_t i = 0; i < 2; i++)
        kafka_topic_name(&names[i]);
    const struct topic_row rows[] = {
        {names[0].name, 3, "3600000", "600000", NULL, "one"},
        {names[1].name, 1, "3600000", "600000", "2097152", "other"},
    };
    assert_true(topics_describe(kafka_brokers(), rows, 2, partitions, &err));
    assert_int_equal(partitions[0], 0);
    assert_true(topics_apply(kafka_brokers(), rows, 1, &created, &err));
    assert_int_equal(created, 1);
    assert_true(topics_apply(kafka_brokers(), rows, 2, &created, &err));
    assert_int_equal(created, 1);
    assert_true(topics_apply(kafka_brokers(), rows, 2, &created, &err));
    assert_int_equal(created, 0);
    assert_true(topics_describe(kafka_brokers(), rows, 2, partitions, &err));
    assert_int_equal(partitions[0], 3);
    assert_int_equal(partitions[1], 1);
    for (size_t i = 0; i < 2; i++)
        kafka_topic_drop(&names[i]);
}

static void a_missing_topic_is_named_with_its_remedy(void **state)
{
    (void)state;
    struct error err;
    const struct topic_row row = {.name = "test.never.made"};
    assert_false(topics_check(kafka_brokers(), &row, 1, &err));
    assert_int_equal(err.kind, ERROR_not_found);
    assert_non_null(strstr(err.text, "test.never.made"));
    assert_non_null(strstr(err.text, "order-command topics apply"));
}

static void a_retention_that_cannot_be_is_refused(void **state)
{
    (void)state;
    struct kafka_topic name;
    struct error err;
    size_t created;
    kafka_topic_name(&name);
    const struct topic_row row = {name.name, 1, "soon", "600000", NULL, "wrong"};
    assert_false(topics_apply(kafka_brokers(), &row, 1, &created, &err));
    assert_int_equal(err.kind, ERROR_invalid);
}

static void no_broker_is_worth_another_try(void **state)
{
    (void)state;
    struct error err;
    const struct topic_row row = {.name = "test.never.made"};
    assert_false(topics_check("127.0.0.1:1", &row, 1, &err));
    assert_int_equal(err.kind, ERROR_transient);
    assert_non_null(strstr(err.text, "refused"));
}

static void a_reader_of_a_missing_topic_is_told(void **state)
{
    (void)state;
    struct reader *reader;
    struct error err;
    assert_false(reader_open(&reader, kafka_brokers(), "test.never.made", "test", &err));
    assert_int_equal(err.kind, ERROR_not_found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(topics_are_created_once),
        cmocka_unit_test(a_missing_topic_is_named_with_its_remedy),
        cmocka_unit_test(a_retention_that_cannot_be_is_refused),
        cmocka_unit_test(no_broker_is_worth_another_try),
        cmocka_unit_test(a_reader_of_a_missing_topic_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
