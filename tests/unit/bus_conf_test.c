// SPDX-License-Identifier: Apache-2.0
// Settings of the Kafka clients: what would write payloads into a log cannot be set.
#include "bus/bus_conf.h"
#include "support/cmocka.h"

static void debug_contexts_are_refused(void **state)
{
    (void)state;
    struct error err;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    assert_false(bus_conf_set(conf, "debug", "msg", &err));
    assert_int_equal(err.kind, ERROR_invalid);
    assert_false(bus_conf_set(conf, "debug", "broker", &err));
    char value[64] = "";
    size_t size = sizeof(value);
    assert_int_equal(rd_kafka_conf_get(conf, "debug", value, &size), RD_KAFKA_CONF_OK);
    assert_string_equal(value, "");
    rd_kafka_conf_destroy(conf);
}

static void other_settings_are_checked_by_the_library(void **state)
{
    (void)state;
    struct error err;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    assert_true(bus_conf_set(conf, "linger.ms", "3", &err));
    assert_false(bus_conf_set(conf, "linger.ms", "soon", &err));
    assert_int_equal(err.kind, ERROR_invalid);
    rd_kafka_conf_destroy(conf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(debug_contexts_are_refused),
        cmocka_unit_test(other_settings_are_checked_by_the_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
