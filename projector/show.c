// SPDX-License-Identifier: Apache-2.0
#include "projector/show.h"

#include "projector/copies.h"
#include "runtime/audit.h"
#include "runtime/cli.h"
#include "runtime/exit_code.h"
#include "store/store.h"

#include <stdio.h>

#include "base/banned.h"

enum { MIB = 1024 * 1024, CLEAR_MAXIMUM = 64 * MIB, SECRET_MAXIMUM = 4 * MIB };

static bool check_options(const struct show_options *options, struct error *err)
{
    if (!options->reveal)
        return options->reason == NULL ||
               error_set(err, ERROR_invalid, "--reason is for --reveal only");
    if (options->reason == NULL)
        return error_set(err, ERROR_invalid, "--reveal needs --reason");
    if (!audit_check_reason(options->reason, err))
        return false;
    if (options->shredder_socket == NULL)
        return error_set(
            err, ERROR_invalid, "--reveal needs --shredder-socket: keys come from the key broker");
    return true;
}

/* ---- outcomes ---- */

/* Of all parts, the gravest. */
static int exit_code_of(const struct shown *shown, const struct revealed *revealed)
{
    int code = EXIT_CODE_OK;
    for (size_t i = 0; i < shown->copies.copies_count; i++) {
        enum open_outcome outcome = revealed[i].part.outcome;
        if (outcome == OPEN_TAMPERED)
            return EXIT_CODE_INTEGRITY;
        if (outcome == OPEN_KEY_UNAVAILABLE)
            code = EXIT_CODE_UNAVAILABLE;
    }
    return code;
}

/* ---- the verb ---- */

static int show_sealed(const struct shown *shown, struct arena *secret)
{
    show_print(shown);
    CHECK(show_personal(shown, NULL, secret));
    return EXIT_CODE_OK;
}

/* Nothing is shown before the audit row is on disk, and nothing at all without one. */
static int show_revealed(const struct shown *shown, struct db *db, struct arena *secret)
{
    struct revealed revealed[MESSAGE_CLASSES] = {0};
    struct error err;
    if (!reveal_audit(shown, db, &err) || !reveal_open(shown, db, secret, revealed, &err))
        return cli_fail(&err);
    show_print(shown);
    if (!show_personal(shown, revealed, secret)) {
        (void)error_set(&err, ERROR_fatal, "the memory for what was opened is used up");
        return cli_fail(&err);
    }
    return exit_code_of(shown, revealed);
}

static int show(struct shown *shown, struct arena *secret)
{
    const struct show_options *options = shown->options;
    struct db db = {0};
    struct error err;
    int code;
    if (!db_open(&db, options->database, "order-projector show", &err) || !store_check(&db, &err) ||
        !store_find_tenant(&db, options->tenant, &shown->stream.tenant_id, &shown->tenant, &err) ||
        !show_read(shown, &db, &err))
        code = cli_fail(&err);
    else if (options->reveal && shown->copies.copies_count != 0)
        code = show_revealed(shown, &db, secret);
    else
        code = show_sealed(shown, secret);
    db_close(&db);
    return code;
}

int projector_show(const struct show_options *options, const char *id)
{
    struct shown shown = {
        .options = options,
        .stream = {.category = options->customer ? CATEGORY_CUSTOMER : CATEGORY_ORDER}};
    struct arena secret;
    struct error err;
    if (!check_options(options, &err) || (options->reveal && !process_harden(&err)))
        return cli_fail(&err);
    if (!uuid_parse(slice_of_text(id), &shown.stream.id)) {
        (void)error_set(&err, ERROR_invalid, "'%.64s' is no UUID", id);
        return cli_fail(&err);
    }
    arena_init(&shown.arena, CLEAR_MAXIMUM);
    arena_init(&secret, SECRET_MAXIMUM);
    int code = show(&shown, &secret);
    arena_wipe(&secret);
    arena_release(&secret);
    arena_release(&shown.arena);
    PQclear(shown.row);
    PQclear(shown.line_rows);
    return code;
}
