// SPDX-License-Identifier: Apache-2.0
// Kafka: topics with commands go away by themselves, segment by segment.
#include "shredder/doctor.h"

#include "base/text.h"
#include "bus/topic_settings.h"

#include <string.h>

#include "base/banned.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

enum { RETENTION, SEGMENT, POLICY, DELETE_DELAY, SETTING_COUNT };

struct topic_rule {
    const char *topic;
    bool is_compacted;
    int64_t most_days;
    struct check retention;
    struct check segment;
};

#define CHECK_OF(check_name, why_text, remedy_text) \
    { \
        .area = "kafka", .name = (check_name), .why = (why_text), .remedy = (remedy_text) \
    }

static const struct topic_rule topic_rules[] = {
    {.topic = "order.commands",
     .most_days = 14,
     .retention = CHECK_OF(
         "order.commands: retention",
         "sealed commands are opened by their epoch's key: the sooner they go the better",
         "retention.ms of a few days"),
     .segment = CHECK_OF(
         "order.commands: segments",
         "only whole closed segments are deleted",
         "segment.ms well below retention.ms")},
    {.topic = "order.dead-letters",
     .most_days = 30,
     .retention = CHECK_OF(
         "order.dead-letters: retention",
         "what nobody looked at stays",
         "retention.ms of a few weeks"),
     .segment = CHECK_OF(
         "order.dead-letters: segments",
         "only whole closed segments are deleted",
         "segment.ms well below retention.ms")},
    {.topic = "order.epochs",
     .is_compacted = true,
     .retention = CHECK_OF(
         "order.epochs: compaction",
         "senders need the newest epoch for as long as it lasts",
         "cleanup.policy = compact")},
};

static void
judge_deletion(struct doctor *doctor, const struct topic_rule *rule, const struct topic_setting *of)
{
    int64_t retention = 0;
    int64_t segment = 0;
    bool known = text_parse_i64(slice_of_text(of[RETENTION].value), &retention) &&
                 text_parse_i64(slice_of_text(of[SEGMENT].value), &segment);
    bool is_deleted = strstr(of[POLICY].value, "delete") != NULL;
    bool is_short = known && is_deleted && retention >= 0 && retention <= rule->most_days * DAY_MS;
    doctor_add(
        doctor,
        &rule->retention,
        is_short                                 ? FINDING_OK
        : !known || !is_deleted || retention < 0 ? FINDING_BAD
                                                 : FINDING_WARN,
        "%s, %s ms",
        of[POLICY].value,
        of[RETENTION].value);
    doctor_add(
        doctor,
        &rule->segment,
        known && (retention < 0 || segment * 2 <= retention) ? FINDING_OK : FINDING_WARN,
        "%s ms",
        of[SEGMENT].value);
}

static void look_at_topic(struct doctor *doctor, const char *brokers, const struct topic_rule *rule)
{
    struct topic_setting settings[SETTING_COUNT] = {
        [RETENTION] = {.name = "retention.ms"},
        [SEGMENT] = {.name = "segment.ms"},
        [POLICY] = {.name = "cleanup.policy"},
        [DELETE_DELAY] = {.name = "file.delete.delay.ms"}};
    struct error err;
    if (!topic_settings_read(brokers, rule->topic, settings, SETTING_COUNT, &err)) {
        doctor_add(doctor, &rule->retention, FINDING_WARN, "%.90s", err.text);
        return;
    }
    if (rule->is_compacted)
        doctor_add(
            doctor,
            &rule->retention,
            strcmp(settings[POLICY].value, "compact") == 0 ? FINDING_OK : FINDING_BAD,
            "%s",
            settings[POLICY].value);
    else
        judge_deletion(doctor, rule, settings);
}

void doctor_look_at_kafka(struct doctor *doctor, const char *brokers)
{
    static const struct check reachable = {
        .area = "kafka",
        .name = "can be asked",
        .why = "without it nothing is known of its settings",
        .remedy = "give --brokers"};
    if (brokers == NULL) {
        doctor_add(doctor, &reachable, FINDING_WARN, "no");
        return;
    }
    for (size_t i = 0; i < countof(topic_rules); i++)
        look_at_topic(doctor, brokers, &topic_rules[i]);
}
