// SPDX-License-Identifier: Apache-2.0
#include "shredder/email_feed.h"

#include "shredder/broker.h"

#include "base/banned.h"

enum { ARENA_BYTES = 16 * 1024 * 1024 };

void email_feed_init(struct email_feed *feed)
{
    *feed = (struct email_feed){0};
    arena_init(&feed->opened, ARENA_BYTES);
}

void email_feed_release(struct email_feed *feed)
{
    arena_wipe(&feed->opened);
    arena_release(&feed->opened);
}

bool email_feed_is_behind(const struct email_feed *feed)
{
    (void)feed;
    return false;
}

void email_feed_tick(struct broker *broker, int64_t now_us)
{
    (void)broker;
    (void)now_us;
}
