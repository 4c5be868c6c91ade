// SPDX-License-Identifier: Apache-2.0
// What deciding costs on one article with many open reservations: batches of reservations and releases,
// decided on the kept state and learned as if they had been appended, without a store. Prints one JSON
// line: decisions a second, and how many when the state is copied out and back for every batch, which is
// what forks save.
//
//     hot_bench OPEN BATCH SECONDS
#include "base/text.h"
#include "command/decide.h"
#include "command/hot.h"
#include "domain/stock_item.h"
#include "runtime/exit_code.h"

#include <stdio.h>
#include <time.h>

enum { MOST_BATCH = 10000 };

static struct hot hot;
static struct tenant_settings tenant = {.currencies = "*"};
static struct item items[MOST_BATCH];
static struct reserve_stock reserves[MOST_BATCH];
static struct release_reservation releases[MOST_BATCH];
static struct arena arena, spare;
static struct aggregate stored;
static struct uuid stream;
static uint64_t next_order, oldest_order, next_id;

static int64_t now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static struct uuid numbered(uint64_t number)
{
    struct uuid id = {{0x0d}};
    memcpy(id.bytes + 8, &number, sizeof(number));
    return id;
}

static struct item item_of(enum command_type type, const void *body)
{
    return (struct item){
        .command = {.type = type, .body = body},
        .envelope = {.id = numbered(++next_id), .has_id = true, .stream_id = stream},
        .settings = &tenant,
        .stream = {.tenant_id = 1, .category = CATEGORY_STOCK, .id = stream}};
}

/* Every other command makes room for the one before: as many are open afterwards. */
static void fill_batch(size_t count)
{
    for (size_t i = 0; i < count; i += 2) {
        reserves[i] = (struct reserve_stock){
            .sku = SLICE_LITERAL("A-1"), .order_id = numbered(next_order++), .qty = 1};
        releases[i] = (struct release_reservation){
            .sku = SLICE_LITERAL("A-1"), .order_id = numbered(oldest_order++), .qty = 1};
        items[i] = item_of(COMMAND_RESERVE_STOCK, &reserves[i]);
        items[i + 1] = item_of(COMMAND_RELEASE_RESERVATION, &releases[i]);
    }
}

static void fold(enum event_type type, const void *body)
{
    const struct event event = {.type = type, .body = body};
    bool ok = aggregate_evolve(&stored, &event, &spare);
    CHECK(ok);
}

static void learn(struct round *round)
{
    for (size_t i = 0; i < round->append_count; i++)
        round->appends[i].status = APPEND_OK;
    hot_learn(&hot, round);
}

static void begin(size_t count, struct round *round)
{
    arena_reset(&arena);
    fill_batch(count);
    bool ok = round_build(round, items, count, count, &arena);
    CHECK(ok);
    hot_serve(&hot, round);
}

/* An item with so many open reservations, kept. */
static void stock(int64_t open)
{
    stream = stock_stream_id(
        &tenant.tenant, slice_of_text(STOCK_DEFAULT_LOCATION), slice_of_text("A-1"));
    struct stock_received received = {
        .sku = SLICE_LITERAL("A-1"),
        .location = SLICE_LITERAL(STOCK_DEFAULT_LOCATION),
        .qty = STOCK_MAX_QTY,
        .on_hand = STOCK_MAX_QTY};
    bool ok = aggregate_init(&stored, CATEGORY_STOCK, &spare);
    CHECK(ok);
    fold(EVENT_STOCK_RECEIVED, &received);
    for (int64_t i = 0; i < open; i++) {
        const struct stock_reserved reserved = {
            .sku = received.sku,
            .location = received.location,
            .order_id = numbered(next_order++),
            .qty = 1,
            .on_hand = STOCK_MAX_QTY,
            .reserved = i + 1};
        fold(EVENT_STOCK_RESERVED, &reserved);
    }
    struct round round;
    begin(2, &round);
    oldest_order = 0;
    next_order--;
    struct append_group append = {.status = APPEND_OK};
    struct group *appended[] = {&round.groups[0]};
    round.groups[0].aggregate = stored;
    round.appends = &append;
    round.appended = appended;
    round.append_count = 1;
    hot_learn(&hot, &round);
}

static void copy_of(const struct aggregate *from)
{
    struct aggregate copy;
    arena_reset(&spare);
    bool ok = aggregate_copy(from, &spare, &copy);
    CHECK(ok);
}

static double measure(size_t batch, int64_t seconds, bool copies)
{
    int64_t decided = 0;
    int64_t start_us = now_us();
    int64_t end_us = start_us + seconds * 1000000;
    while (now_us() < end_us) {
        const struct deciding deciding = {.now_us = start_us, .answers = &arena};
        struct round round;
        struct error err;
        begin(batch, &round);
        CHECK(round.loading_groups == 0);
        if (copies)
            copy_of(round.groups[0].given);
        bool ok = round_decide(&round, &deciding, &err) == DECIDE_OK;
        CHECK(ok && items[batch - 1].answer.outcome == ANSWER_ACCEPTED);
        learn(&round);
        if (copies)
            copy_of(&hot.entries[0].aggregate);
        decided += (int64_t)batch;
    }
    return (double)decided * 1e6 / (double)(now_us() - start_us);
}

static bool parse(const char *text, int64_t least, int64_t most, int64_t *out)
{
    return text_parse_i64(slice_of_text(text), out) && *out >= least && *out <= most;
}

int main(int argc, char **argv)
{
    int64_t open = 0, batch = 0, seconds = 0;
    if (argc != 4 || !parse(argv[1], 2, 200000, &open) || !parse(argv[2], 2, MOST_BATCH, &batch) ||
        batch % 2 != 0 || !parse(argv[3], 1, 3600, &seconds)) {
        (void)fprintf(stderr, "usage: hot_bench OPEN BATCH(even) SECONDS\n");
        return EXIT_CODE_USAGE;
    }
    hot_init(&hot);
    arena_init(&arena, (size_t)256 << 20);
    arena_init(&spare, (size_t)256 << 20);
    stock(open);
    double forked = measure((size_t)batch, seconds, false);
    double copied = measure((size_t)batch, seconds, true);
    printf(
        "{\"open\":%lld,\"batch\":%lld,\"decisions_per_second\":%.0f,\"copied_per_second\":%.0f}\n",
        (long long)open,
        (long long)batch,
        forked,
        copied);
    arena_release(&spare);
    arena_release(&arena);
    hot_release(&hot);
    return EXIT_CODE_OK;
}
