// SPDX-License-Identifier: Apache-2.0
// Computes the read models anew and compares. It goes another way than the worker does: the whole
// log by stream instead of batches by position, the domain's own fold instead of increments.
#include "projector/verify.h"

#include "base/clock.h"
#include "projector/projector.h"
#include "runtime/cli.h"
#include "runtime/exit_code.h"
#include "store/tail.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

enum {
    MIB = 1024 * 1024,
    STREAM_MAXIMUM = 64 * MIB,
    SALES_MAXIMUM = 80 * MIB,
    LONGEST_CALL_S = 1800,
};

/* One snapshot for everything; a sort of the whole log may take its time. While it is open the dead
 * versions of the store's head row stay, and appends slow down: not an hourly job. */
static bool begin(struct verify *verify, struct error *err)
{
    verify->db.deadline_us = (int64_t)LONGEST_CALL_S * 1000000;
    return db_execute(
        &verify->db,
        "begin isolation level repeatable read read only;"
        "set local statement_timeout = 0;"
        "set local cursor_tuple_fraction = 1.0;"
        "set local work_mem = '64MB'",
        err);
}

/* The checkpoint must belong to this store, or comparing means nothing. */
static bool read_checkpoint(struct verify *verify, struct error *err)
{
    struct checkpoint checkpoint;
    struct store_identity identity;
    if (!checkpoint_read(&verify->db, ORDERS_PROJECTION, &checkpoint, err) ||
        !store_identity(&verify->db, &identity, err))
        return false;
    if (!uuid_equal(&checkpoint.incarnation, &identity.incarnation) ||
        checkpoint.position > identity.head)
        return error_set(
            err,
            ERROR_tampered,
            "the checkpoint at %" PRId64 " does not belong to this store, whose head is %" PRId64,
            checkpoint.position,
            identity.head);
    verify->position = checkpoint.position;
    verify->seen = calloc((size_t)checkpoint.position / 8 + 1, 1);
    return verify->seen != NULL || error_set(err, ERROR_fatal, "no memory for the positions");
}

static bool verify_all(struct verify *verify, bool quiet, struct error *err)
{
    if (!begin(verify, err) || !read_checkpoint(verify, err) || !verify_open_tables(verify, err))
        return false;
    progress_begin(&verify->progress, "verifying events", verify->position, quiet);
    bool ok = verify_walk(verify, err) && verify_sums(verify, err);
    progress_end(&verify->progress, verify->event_count);
    return ok;
}

static void release(struct verify *verify)
{
    cursor_close(&verify->events);
    for (size_t i = 0; i < VERIFY_TABLES; i++)
        cursor_close(&verify->tables[i].cursor);
    arena_release(&verify->sales_arena);
    arena_release(verify->stream_arena);
    arena_release(verify->spare_arena);
    free(verify->seen);
    db_close(&verify->db);
}

static void print_text(const struct verify *verify, int64_t elapsed_us)
{
    (void)printf("verified to position %" PRId64 " in one snapshot\n", verify->position);
    (void)printf(
        "  events       %10" PRId64 " in %" PRId64 " streams\n",
        verify->event_count,
        verify->stream_count);
    for (size_t i = 0; i < VERIFY_TABLES; i++)
        (void)printf(
            "  %-12s %10" PRId64 "\n",
            verify_table_word((enum verify_table)i),
            verify->tables[i].expected);
    (void)printf("  sku sums     %10" PRId64 "\n", verify->sums_count);
    (void)printf("  time         %10.1f s\n", (double)elapsed_us / 1e6);
    (void)printf("differences    %10" PRId64 "\n", verify->differences.count);
    differences_print(&verify->differences);
}

static void print_json(const struct verify *verify, int64_t elapsed_us)
{
    (void)printf(
        "{\"projection\":\"%s\",\"position\":%" PRId64 ",\"events\":%" PRId64
        ",\"streams\":%" PRId64 ",",
        ORDERS_PROJECTION,
        verify->position,
        verify->event_count,
        verify->stream_count);
    for (size_t i = 0; i < VERIFY_TABLES; i++)
        (void)printf(
            "\"%s\":%" PRId64 ",",
            verify_table_word((enum verify_table)i),
            verify->tables[i].expected);
    (void)printf(
        "\"sums\":%" PRId64 ",\"seconds\":%.3f,\"differences\":%" PRId64 ",\"first\":",
        verify->sums_count,
        (double)elapsed_us / 1e6,
        verify->differences.count);
    differences_print_json(&verify->differences);
    (void)printf("}\n");
}

int projector_verify(const struct verify_options *options)
{
    struct verify *verify = calloc(1, sizeof(*verify));
    CHECK(verify != NULL);
    int64_t began_us = clock_monotonic_us();
    struct error err;
    verify->stream_arena = &verify->arenas[0];
    verify->spare_arena = &verify->arenas[1];
    arena_init(verify->stream_arena, STREAM_MAXIMUM);
    arena_init(verify->spare_arena, STREAM_MAXIMUM);
    arena_init(&verify->sales_arena, SALES_MAXIMUM);
    sales_init(&verify->sales, &verify->sales_arena);
    bool ok = db_open(&verify->db, options->database, "order-projector verify", &err) &&
              store_check(&verify->db, &err) && verify_all(verify, options->quiet, &err);
    int code = EXIT_CODE_OK;
    if (!ok) {
        code = cli_fail(&err);
    } else if (options->json) {
        print_json(verify, clock_monotonic_us() - began_us);
    } else {
        print_text(verify, clock_monotonic_us() - began_us);
    }
    if (ok && verify->differences.count != 0)
        code = EXIT_CODE_UNMET;
    release(verify);
    free(verify);
    return code;
}
