// SPDX-License-Identifier: Apache-2.0
// What a broker has set for a topic: for checks, not for changes.
#ifndef BUS_TOPIC_SETTINGS_H
#define BUS_TOPIC_SETTINGS_H

#include "base/error.h"

enum { TOPIC_SETTING_SIZE = 64 };

struct topic_setting {
    const char *name;               /* asked for */
    char value[TOPIC_SETTING_SIZE]; /* answer; empty: the broker knows no such setting */
};

/* Fills in the values of one topic. ERROR_not_found: no such topic; ERROR_transient: no broker. */
MUST_USE bool topic_settings_read(
    const char *brokers,
    const char *topic,
    struct topic_setting *settings,
    size_t count,
    struct error *err);

#endif
