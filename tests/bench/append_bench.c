// SPDX-License-Identifier: Apache-2.0
// Appends new streams, one event each, over several connections for some seconds and prints one JSON
// line: how many commands were durable, in how many seconds. Mode "store" goes through store_append,
// mode "sealed" does so with the envelopes of a usual order and an erasure fence (which must still be
// at 0), mode "claimed" names a claim of its own in each append, mode "twin" sends the parameters of "store" to the twin of twin.sql.
//
//     append_bench MODE CONNECTIONS BATCH SECONDS        (the database by ORDER_DATABASE and PG*)
#include "base/clock.h"
#include "base/text.h"
#include "runtime/exit_code.h"
#include "store/append_params.h"
#include "store/claims.h"
#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PAYLOAD_SIZE = 300,
    SEALED_SIZE = 3 * 196 + 24, /* contact, delivery and invoice, of two blocks each */
    MOST_CONNECTIONS = 64,
    MOST_BATCH = 1024,
};

struct plan {
    const char *mode;
    const char *conninfo;
    int connections;
    size_t batch;
    int64_t seconds;
};

/* Shared by the processes: one slot each, and the starting gun. */
struct board {
    _Atomic int ready;
    _Atomic int64_t start_us;
    int64_t commands[MOST_CONNECTIONS];
    int64_t end_us[MOST_CONNECTIONS];
};

static const struct db_statement twin_statement = {
    .number = 32,
    .name = "twin_append",
    .sql = "select twin.append" STORE_APPEND_ARGUMENTS,
    .expect = DB_ONE_ROW,
    .columns = 1,
};

struct batch {
    struct append_group groups[MOST_BATCH];
    struct new_command commands[MOST_BATCH];
    struct new_event events[MOST_BATCH];
    uint8_t payload[PAYLOAD_SIZE];
    uint8_t sealed[SEALED_SIZE];
    size_t sealed_size;        /* 0: nothing is sealed */
    struct append_claim claim; /* number 0: none */
};

/* Ids as a producer makes them: version 7, so that indexes grow at their ends for both modes. */
static struct uuid next_id(uint64_t *state)
{
    uint8_t random[10];
    for (size_t i = 0; i < sizeof(random); i++) {
        *state = *state * 6364136223846793005u + 1442695040888963407u;
        random[i] = (uint8_t)(*state >> 56);
    }
    return uuid_v7(clock_now_us() / 1000, random);
}

static void fill(struct batch *batch, size_t count, uint64_t *state)
{
    for (size_t i = 0; i < count; i++) {
        batch->events[i] = (struct new_event){
            .type = SLICE_LITERAL("OrderPlaced"),
            .schema_version = 3,
            .occurred_us = clock_now_us(),
            .payload = slice_of(batch->payload, PAYLOAD_SIZE),
            .sealed = slice_of(batch->sealed, batch->sealed_size),
        };
        batch->commands[i] = (struct new_command){
            .id = next_id(state),
            .outcome = OUTCOME_ACCEPTED,
            .events = &batch->events[i],
            .event_count = 1,
        };
        batch->groups[i] = (struct append_group){
            .stream = {.tenant_id = 1, .category = 1, .id = next_id(state)},
            .commands = &batch->commands[i],
            .command_count = 1,
        };
    }
}

static bool append(
    const struct plan *plan,
    struct appender *appender,
    struct db *db,
    struct batch *batch,
    struct error *err)
{
    const struct append_batch wanted = {
        .groups = batch->groups,
        .group_count = plan->batch,
        .erasure_fence = batch->sealed_size != 0 ? 0 : STORE_NOTHING_SEALED,
        .claims = &batch->claim,
        .claim_count = batch->claim.number != 0};
    batch->claim.newest_offset += (int64_t)plan->batch;
    if (strcmp(plan->mode, "twin") != 0) {
        if (!store_append(appender, db, &wanted, err))
            return false;
        for (size_t i = 0; i < plan->batch; i++) {
            if (batch->groups[i].status != APPEND_OK)
                return error_set(err, ERROR_fatal, "a group was not appended");
        }
        return true;
    }
    struct db_params params;
    struct append_group *groups[MOST_BATCH];
    for (size_t i = 0; i < plan->batch; i++)
        groups[i] = &batch->groups[i];
    if (!append_params(appender, &wanted, groups, plan->batch, &params))
        return error_set(err, ERROR_fatal, "out of memory");
    return db_run(db, &twin_statement, &params, NULL, err);
}

static bool take_claim(struct db *db, struct batch *batch, int number, struct error *err)
{
    const struct claim_owner owner = {.group = "bench", .topic = "bench", .name = "bench"};
    const int32_t partition = number;
    struct claim claim;
    if (!claims_take(db, &owner, &partition, 1, &claim, err))
        return false;
    batch->claim = (struct append_claim){claim.number, claim.epoch, claim.seen_offset};
    return true;
}

static int run_connection(const struct plan *plan, struct board *board, int number)
{
    struct error err;
    struct db db = {0};
    struct appender appender;
    struct batch *batch = calloc(1, sizeof(*batch));
    uint64_t state = (uint64_t)clock_now_us() * 2654435761u + (uint64_t)number;
    if (batch == NULL || !db_open(&db, plan->conninfo, "append-bench", &err)) {
        (void)fprintf(stderr, "append_bench: %s\n", batch == NULL ? "out of memory" : err.text);
        return EXIT_CODE_FAILED;
    }
    for (size_t i = 0; i < PAYLOAD_SIZE; i++)
        batch->payload[i] = (uint8_t)(i * 7);
    for (size_t i = 0; i < SEALED_SIZE; i++)
        batch->sealed[i] = (uint8_t)(i * i);
    batch->sealed_size = strcmp(plan->mode, "sealed") == 0 ? SEALED_SIZE : 0;
    appender_init(&appender);
    /* The twin's plans are made once, too; it commits synchronously, as any client would. */
    if (!db_execute(&db, "set plan_cache_mode = force_generic_plan", &err))
        return EXIT_CODE_FAILED;
    if (strcmp(plan->mode, "claimed") == 0 && !take_claim(&db, batch, number, &err)) {
        (void)fprintf(stderr, "append_bench: %s\n", err.text);
        return EXIT_CODE_FAILED;
    }
    board->ready++;
    while (board->start_us == 0)
        (void)usleep(100);
    int64_t until_us = board->start_us + plan->seconds * 1000000;
    bool ok = true;
    while (ok && clock_monotonic_us() < until_us) {
        fill(batch, plan->batch, &state);
        ok = append(plan, &appender, &db, batch, &err);
        if (ok)
            board->commands[number] += (int64_t)plan->batch;
    }
    board->end_us[number] = clock_monotonic_us();
    if (!ok)
        (void)fprintf(stderr, "append_bench: %s\n", err.text);
    appender_release(&appender);
    db_close(&db);
    free(batch);
    return ok ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

static int run(const struct plan *plan)
{
    struct board *board =
        mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (board == MAP_FAILED)
        return EXIT_CODE_FAILED;
    for (int i = 0; i < plan->connections; i++) {
        pid_t pid = fork();
        if (pid == 0)
            _exit(run_connection(plan, board, i));
        if (pid < 0)
            return EXIT_CODE_FAILED;
    }
    int status;
    while (board->ready < plan->connections) {
        if (waitpid(-1, &status, WNOHANG) > 0)
            return EXIT_CODE_FAILED;
        (void)usleep(1000);
    }
    board->start_us = clock_monotonic_us();
    bool ok = true;
    while (wait(&status) > 0)
        ok = ok && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    int64_t commands = 0, end_us = board->start_us;
    for (int i = 0; i < plan->connections; i++) {
        commands += board->commands[i];
        end_us = board->end_us[i] > end_us ? board->end_us[i] : end_us;
    }
    double seconds = (double)(end_us - board->start_us) / 1e6;
    (void)printf(
        "{\"mode\": \"%s\", \"commands\": %" PRId64 ", \"seconds\": %.3f, \"per_second\": %.0f}\n",
        plan->mode,
        commands,
        seconds,
        (double)commands / seconds);
    return ok ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

int main(int argc, char **argv)
{
    int64_t numbers[3] = {0};
    bool ok = argc == 5 && (strcmp(argv[1], "store") == 0 || strcmp(argv[1], "sealed") == 0 ||
                            strcmp(argv[1], "claimed") == 0 || strcmp(argv[1], "twin") == 0);
    for (int i = 0; ok && i < 3; i++)
        ok = text_parse_i64(slice_of_text(argv[i + 2]), &numbers[i]) && numbers[i] > 0;
    if (!ok || numbers[0] > MOST_CONNECTIONS || numbers[1] > MOST_BATCH) {
        (void)fprintf(
            stderr, "usage: append_bench store|sealed|claimed|twin CONNECTIONS BATCH SECONDS\n");
        return EXIT_CODE_USAGE;
    }
    const char *conninfo = getenv("ORDER_DATABASE");
    return run(&(struct plan){
        .mode = argv[1],
        .conninfo = conninfo != NULL ? conninfo : "",
        .connections = (int)numbers[0],
        .batch = (size_t)numbers[1],
        .seconds = numbers[2],
    });
}
