// SPDX-License-Identifier: Apache-2.0
#include "bus/topic_settings.h"

#include "bus/bus_conf.h"

#include <stdio.h>
#include <string.h>

#include "base/banned.h"

enum { ANSWER_MS = 5000 };

static void
take_entry(const rd_kafka_ConfigEntry_t *entry, struct topic_setting *settings, size_t count)
{
    const char *value = rd_kafka_ConfigEntry_value(entry);
    for (size_t i = 0; i < count; i++) {
        if (value != NULL && strcmp(settings[i].name, rd_kafka_ConfigEntry_name(entry)) == 0)
            (void)snprintf(settings[i].value, sizeof(settings[i].value), "%s", value);
    }
}

static bool take_answer(
    rd_kafka_event_t *event,
    const char *topic,
    struct topic_setting *settings,
    size_t count,
    struct error *err)
{
    if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return bus_fail(rd_kafka_event_error(event), "settings of topics", err);
    size_t resources;
    const rd_kafka_ConfigResource_t **all = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event), &resources);
    if (resources != 1)
        return error_set(err, ERROR_transient, "settings of topic %s: no answer", topic);
    rd_kafka_resp_err_t code = rd_kafka_ConfigResource_error(all[0]);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return bus_fail(code, topic, err);
    size_t entries;
    const rd_kafka_ConfigEntry_t **rows = rd_kafka_ConfigResource_configs(all[0], &entries);
    for (size_t i = 0; i < entries; i++)
        take_entry(rows[i], settings, count);
    return true;
}

static bool
ask(struct bus_client *client,
    const char *topic,
    struct topic_setting *settings,
    size_t count,
    struct error *err)
{
    char reason[256];
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client->rk);
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(client->rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    (void)rd_kafka_AdminOptions_set_request_timeout(options, ANSWER_MS, reason, sizeof(reason));
    rd_kafka_DescribeConfigs(client->rk, &resource, 1, options, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 2 * ANSWER_MS);
    bool answered = event != NULL ? take_answer(event, topic, settings, count, err)
                                  : error_set(err, ERROR_transient, "Kafka does not answer");
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_ConfigResource_destroy(resource);
    rd_kafka_queue_destroy(queue);
    return answered;
}

bool topic_settings_read(
    const char *brokers,
    const char *topic,
    struct topic_setting *settings,
    size_t count,
    struct error *err)
{
    struct bus_client client = {0};
    rd_kafka_conf_t *conf;
    for (size_t i = 0; i < count; i++)
        settings[i].value[0] = '\0';
    if (!bus_conf_new(BUS_ADMIN, brokers, "order-doctor", &client, &conf, err) ||
        !bus_client_open(&client, RD_KAFKA_PRODUCER, conf, err))
        return false;
    bool answered = ask(&client, topic, settings, count, err);
    rd_kafka_destroy(client.rk);
    return answered;
}
