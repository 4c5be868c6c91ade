// SPDX-License-Identifier: Apache-2.0
// Appends one order after the other at a steady rate, straight through lib/store, and looks until
// its row stands in the read model. Prints one JSON line with two latencies in milliseconds: from the
// moment the append was due, and from its return (the event is durable).
//
//     visible_bench RATE SECONDS        (the database by ORDER_DATABASE, ORDER_READ_DATABASE, PG*)
#include "aggregate/load.h"
#include "base/clock.h"
#include "base/text.h"
#include "domain/order_messages.h"
#include "pg/row.h"
#include "runtime/exit_code.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { GIVE_UP_US = 5 * 1000000 };

struct bench {
    struct db writer;
    struct db notifier;
    struct db reader;
    struct appender appender;
    struct arena arena;
    uint64_t random;
};

struct sample {
    int64_t from_start_us;
    int64_t from_return_us;
};

static const struct db_statement row_statement = {
    .number = 32,
    .name = "visible_row",
    .sql = "select count(*) from read.order_summary where tenant_id = 1 and order_id = $1::uuid",
    .expect = DB_ONE_ROW,
    .columns = 1,
};

static struct uuid next_id(struct bench *bench)
{
    uint8_t random[10];
    for (size_t i = 0; i < sizeof(random); i++) {
        bench->random = bench->random * 6364136223846793005u + 1442695040888963407u;
        random[i] = (uint8_t)(bench->random >> 56);
    }
    return uuid_v7(clock_now_us() / 1000, random);
}

/* An order of three lines. */
static struct order_placed an_order(struct bench *bench, struct order_placed_line lines[static 3])
{
    for (int64_t i = 0; i < 3; i++) {
        lines[i] = (struct order_placed_line){
            .line_no = i + 1,
            .sku = slice_of_text("85123A"),
            .qty = 6,
            .unit_price = 255,
            .tax_ppm = 200000,
            .line_net = 1275,
            .line_tax = 255,
            .line_total = 1530,
        };
    }
    return (struct order_placed){
        .customer_id = next_id(bench),
        .currency = slice_of_text("GBP"),
        .prices_include_tax = true,
        .ship_country = slice_of_text("GB"),
        .lines = lines,
        .lines_count = 3,
        .subtotal = 3825,
        .tax = 765,
        .total = 4590,
        .placed_at = clock_now_us(),
    };
}

static bool append_order(struct bench *bench, struct uuid *order_id, struct error *err)
{
    struct order_placed_line lines[3];
    struct order_placed placed = an_order(bench, lines);
    struct event event = {.type = EVENT_ORDER_PLACED, .body = &placed};
    struct new_event stored;
    arena_reset(&bench->arena);
    *order_id = next_id(bench);
    struct event_place place = {
        .stream = {.tenant_id = 1, .category = CATEGORY_ORDER, .id = *order_id},
        .version = 1,
        .command_id = next_id(bench),
        .occurred_us = clock_now_us(),
    };
    if (!aggregate_encode(&event, &place, NULL, &bench->arena, &stored, err))
        return false;
    struct new_command command = {
        .id = place.command_id,
        .outcome = OUTCOME_ACCEPTED,
        .events = &stored,
        .event_count = 1,
    };
    struct append_group group = {
        .stream = place.stream,
        .commands = &command,
        .command_count = 1,
    };
    const struct append_batch batch = {
        .groups = &group, .group_count = 1, .erasure_fence = STORE_NOTHING_SEALED};
    return store_append(&bench->appender, &bench->writer, &batch, err) &&
           store_notify(&bench->notifier, group.first_position, err);
}

static bool
await_row(struct bench *bench, const struct uuid *order_id, int64_t since_us, struct error *err)
{
    for (;;) {
        struct db_params params = {0};
        db_param_uuid(&params, order_id);
        PGresult *result;
        if (!db_run(&bench->reader, &row_statement, &params, &result, err))
            return false;
        bool visible = row_i64(result, 0, 0) == 1;
        PQclear(result);
        if (visible)
            return true;
        if (clock_monotonic_us() - since_us > GIVE_UP_US)
            return error_set(
                err, ERROR_transient, "the row did not appear: is a projector running?");
    }
}

/* meant_us: when the append was due, so that a slow one is not hidden by those it delays. */
static bool measure(struct bench *bench, int64_t meant_us, struct sample *out, struct error *err)
{
    struct uuid order_id;
    if (!append_order(bench, &order_id, err))
        return false;
    int64_t returned_us = clock_monotonic_us();
    if (!await_row(bench, &order_id, returned_us, err))
        return false;
    int64_t seen_us = clock_monotonic_us();
    *out = (struct sample){seen_us - meant_us, seen_us - returned_us};
    return true;
}

static void wait_until(int64_t us)
{
    int64_t left_us = us - clock_monotonic_us();
    if (left_us <= 0)
        return;
    struct timespec wait = {.tv_sec = left_us / 1000000, .tv_nsec = left_us % 1000000 * 1000};
    (void)nanosleep(&wait, NULL);
}

static int compare_i64(const void *left, const void *right)
{
    const int64_t *a = left;
    const int64_t *b = right;
    return (*a > *b) - (*a < *b);
}

static double at(const int64_t *sorted, size_t count, double share)
{
    return (double)sorted[(size_t)((double)(count - 1) * share)] / 1000;
}

static void print_latencies(const char *name, int64_t *values, size_t count)
{
    qsort(values, count, sizeof(*values), compare_i64);
    (void)printf(
        "\"%s\": {\"p50\": %.3f, \"p99\": %.3f, \"max\": %.3f}",
        name,
        at(values, count, 0.5),
        at(values, count, 0.99),
        at(values, count, 1));
}

static int run(struct bench *bench, int64_t rate, size_t count, struct error *err)
{
    int64_t *from_start = calloc(count, sizeof(*from_start));
    int64_t *from_return = calloc(count, sizeof(*from_return));
    bool ok = from_start != NULL && from_return != NULL;
    int64_t begin_us = clock_monotonic_us();
    for (size_t i = 0; ok && i < count; i++) {
        struct sample sample;
        int64_t meant_us = begin_us + (int64_t)i * 1000000 / rate;
        wait_until(meant_us);
        ok = measure(bench, meant_us, &sample, err);
        if (ok) {
            from_start[i] = sample.from_start_us;
            from_return[i] = sample.from_return_us;
        }
    }
    if (ok) {
        double seconds = (double)(clock_monotonic_us() - begin_us) / 1e6;
        (void)printf("{\"orders\": %zu, \"seconds\": %.3f, ", count, seconds);
        print_latencies("from_start_ms", from_start, count);
        (void)printf(", ");
        print_latencies("from_return_ms", from_return, count);
        (void)printf("}\n");
    } else {
        (void)fprintf(stderr, "visible_bench: %s\n", err->text);
    }
    free(from_start);
    free(from_return);
    return ok ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

int main(int argc, char **argv)
{
    int64_t rate = 0, seconds = 0;
    const char *conninfo = getenv("ORDER_DATABASE");
    const char *read_conninfo = getenv("ORDER_READ_DATABASE");
    if (argc != 3 || conninfo == NULL || read_conninfo == NULL ||
        !text_parse_i64(slice_of_text(argv[1]), &rate) ||
        !text_parse_i64(slice_of_text(argv[2]), &seconds) || rate < 1 || seconds < 1) {
        (void)fprintf(
            stderr,
            "usage: visible_bench RATE SECONDS, with ORDER_DATABASE and ORDER_READ_DATABASE set\n");
        return EXIT_CODE_USAGE;
    }
    struct bench bench = {.random = (uint64_t)clock_now_us()};
    struct error err = {0};
    arena_init(&bench.arena, 1 << 20);
    appender_init(&bench.appender);
    int status = EXIT_CODE_FAILED;
    if (db_open(&bench.writer, conninfo, "visible-bench", &err) &&
        db_open(&bench.notifier, conninfo, "visible-bench notify", &err) &&
        db_open(&bench.reader, read_conninfo, "visible-bench read", &err))
        status = run(&bench, rate, (size_t)(rate * seconds), &err);
    else
        (void)fprintf(stderr, "visible_bench: %s\n", err.text);
    db_close(&bench.writer);
    db_close(&bench.notifier);
    db_close(&bench.reader);
    appender_release(&bench.appender);
    arena_release(&bench.arena);
    return status;
}
