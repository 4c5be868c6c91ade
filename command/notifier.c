// SPDX-License-Identifier: Apache-2.0
#include "command/notifier.h"

#include "base/clock.h"
#include "store/store.h"

#include "base/banned.h"

enum {
    DEADLINE_US = 500 * 1000, /* it must not hold up commands */
    RETRY_US = 1000 * 1000,
};

void notifier_init(struct notifier *notifier, const char *conninfo)
{
    *notifier = (struct notifier){.conninfo = conninfo};
}

void notifier_close(struct notifier *notifier)
{
    db_close(&notifier->db);
}

void notifier_offer(struct notifier *notifier, int64_t position)
{
    pace_offer(&notifier->pace, position);
}

/* A NOTIFY is no promise, so its commit need not wait for the disk. */
static bool open_connection(struct notifier *notifier, struct error *err)
{
    if (!db_open(&notifier->db, notifier->conninfo, "order-command notify", err))
        return false;
    notifier->db.deadline_us = DEADLINE_US;
    return db_execute(&notifier->db, "set synchronous_commit = off", err);
}

void notifier_tick(struct notifier *notifier)
{
    struct error err;
    int64_t now_us = clock_monotonic_us();
    if (pace_due_us(&notifier->pace, now_us) != 0 || now_us < notifier->retry_us)
        return;
    bool ok = db_is_open(&notifier->db) || open_connection(notifier, &err);
    ok = ok && store_notify(&notifier->db, pace_take(&notifier->pace, now_us), &err);
    if (ok)
        return;
    db_close(&notifier->db);
    notifier->failures++;
    notifier->retry_us = now_us + RETRY_US;
}

int notifier_wait_ms(const struct notifier *notifier, int most_ms)
{
    int64_t now_us = clock_monotonic_us();
    int64_t due_us = pace_due_us(&notifier->pace, now_us);
    if (due_us < 0)
        return most_ms;
    if (now_us + due_us < notifier->retry_us)
        due_us = notifier->retry_us - now_us;
    int64_t due_ms = (due_us + 999) / 1000;
    return due_ms < most_ms ? (int)due_ms : most_ms;
}
