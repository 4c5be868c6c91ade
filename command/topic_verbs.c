// SPDX-License-Identifier: Apache-2.0
// `order-command topics apply|check`: the topics of the service, as they are made and as they are.
#include "bus/topics.h"
#include "command/command.h"

#include <stdio.h>

#include "base/banned.h"

/* Commands: longer than any outage of the service. Replies: nobody waits for a day. Dead letters:
 * a fortnight to look at them; each is a command plus headers, so a little above a record's limit.
 * Epochs: the newest of each, for ever.
 * Segments are small beside the retention, because deletion is by segment. */
static const struct topic_row topics[] = {
    {"order.commands", 8, "604800000", "86400000", NULL, "commands for order-command"},
    {"order.replies", 4, "86400000", "14400000", NULL, "what became of each command"},
    {"order.dead-letters", 1, "1209600000", "86400000", "2097152", "what is no command, and why"},
    {"order.epochs", 1, NULL, NULL, NULL, "public keys that personal data is sealed to"},
};

enum { TOPICS = countof(topics) };

int topics_apply_verb(const void *options, int argument_count, char **arguments)
{
    (void)argument_count;
    (void)arguments;
    const struct topics_options *given = options;
    struct error err;
    size_t created;
    if (!topics_apply(given->brokers, topics, TOPICS, &created, &err))
        return cli_fail(&err);
    if (given->json)
        (void)printf("{\"created\":%zu,\"topics\":%d}\n", created, TOPICS);
    else
        (void)printf("%zu of %d topics created\n", created, TOPICS);
    return EXIT_CODE_OK;
}

static const char *verdict(const struct topic_row *topic, int found)
{
    if (found == 0)
        return "missing";
    return found == topic->partitions ? "ok" : "other number of partitions";
}

static void print_topic(const struct topic_row *topic, int found, bool json)
{
    const char *said = verdict(topic, found);
    if (json)
        (void)printf(
            "{\"name\":\"%s\",\"partitions\":%d,\"wanted\":%d,\"verdict\":\"%s\"}\n",
            topic->name,
            found,
            topic->partitions,
            said);
    else
        (void)printf(
            "%-20s %2d partitions, %2d wanted: %s\n", topic->name, found, topic->partitions, said);
}

int topics_check_verb(const void *options, int argument_count, char **arguments)
{
    (void)argument_count;
    (void)arguments;
    const struct topics_options *given = options;
    struct error err;
    int found[TOPICS];
    bool same = true;
    if (!topics_describe(given->brokers, topics, TOPICS, found, &err))
        return cli_fail(&err);
    for (size_t i = 0; i < TOPICS; i++) {
        print_topic(&topics[i], found[i], given->json);
        same = same && found[i] == topics[i].partitions;
    }
    if (!same)
        (void)fprintf(stderr, "remedy for a missing topic: order-command topics apply\n");
    return same ? EXIT_CODE_OK : EXIT_CODE_UNMET;
}
