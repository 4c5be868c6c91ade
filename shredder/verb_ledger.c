// SPDX-License-Identifier: Apache-2.0
// `order-shredder ledger verify`: every record in its place, unchanged and signed.
#include "runtime/exit_code.h"
#include "shredder/verbs.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/banned.h"

int ledger_verify_verb(const void *options, int argument_count, char **arguments)
{
    (void)argument_count;
    (void)arguments;
    const struct ledger_options *given = options;
    struct error err;
    uint64_t records;
    if (!key_vault_verify_ledger(given->vault.vault, &records, &err))
        return cli_fail(&err);
    if (given->json)
        (void)printf("{\"records\":%" PRIu64 ",\"sound\":true}\n", records);
    else
        (void)printf(
            "sound: %" PRIu64 " record%s, each follows the one before and is signed\n",
            records,
            records == 1 ? "" : "s");
    return EXIT_CODE_OK;
}
