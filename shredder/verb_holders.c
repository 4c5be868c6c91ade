// SPDX-License-Identifier: Apache-2.0
// `order-shredder holders`: brings all holders to the current generation, as far as they are there, and
// says how they stand. While the broker runs it has the vault, and `order-shredder status` tells.
#include "runtime/exit_code.h"
#include "runtime/json_text.h"
#include "shredder/verbs.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/banned.h"

struct standing {
    uint64_t generation;
    size_t acknowledged;
    struct holder_state rows[2 * VAULT_MOST_HOLDERS];
    size_t count;
};

static bool
change(struct key_vault *vault, const struct holders_options *options, struct error *err)
{
    bool destroyed;
    if (options->add != NULL && !key_vault_add_holder(vault, options->add, err))
        return false;
    if (options->remove == NULL)
        return true;
    if (!key_vault_drop_holder(vault, options->remove, &destroyed, err))
        return false;
    if (!destroyed)
        (void)fprintf(
            stderr,
            "warning: %s could not be reached: destroy its disk, whose root opens what is erased "
            "from now on\n",
            options->remove);
    return true;
}

static bool learn(const struct holders_options *options, struct standing *out, struct error *err)
{
    struct vault_paths paths;
    struct vault_settings settings;
    struct key_vault *vault;
    if (!vault_settings_of(&options->vault, &paths, &settings, err) ||
        !key_vault_open(&vault, &settings, err))
        return false;
    bool ok = change(vault, options, err);
    if (ok) {
        out->acknowledged = key_vault_push(vault);
        out->generation = key_vault_generation(vault);
        out->count = key_vault_holders(vault, out->rows, countof(out->rows));
    }
    key_vault_close(vault);
    return ok;
}

static void print_json(const struct standing *standing)
{
    (void)printf(
        "{\"generation\":%" PRIu64 ",\"acknowledged\":%zu,\"holders\":[",
        standing->generation,
        standing->acknowledged);
    for (size_t i = 0; i < standing->count; i++) {
        const struct holder_state *row = &standing->rows[i];
        (void)printf("%s{\"path\":", i == 0 ? "" : ",");
        json_text_print(stdout, row->path);
        (void)printf(
            ",\"generation\":%" PRIu64 ",\"reachable\":%s,\"problem\":",
            row->generation,
            row->reachable ? "true" : "false");
        json_text_print(stdout, row->problem);
        (void)printf("}");
    }
    (void)printf("]}\n");
}

static void print_text(const struct standing *standing)
{
    (void)printf("generation  %" PRIu64 "\n", standing->generation);
    for (size_t i = 0; i < standing->count; i++) {
        const struct holder_state *row = &standing->rows[i];
        (void)printf("holder      %s  ", row->path);
        if (row->generation == standing->generation)
            (void)printf("has it, older roots destroyed\n");
        else
            (void)printf("%s\n", row->problem[0] != '\0' ? row->problem : "lacks it");
    }
    if (standing->count == 0)
        (void)printf("no holders: a lost disk loses all personal data\n");
}

int holders_verb(const void *options, int argument_count, char **arguments)
{
    (void)argument_count;
    (void)arguments;
    const struct holders_options *given = options;
    struct standing standing = {0};
    struct error err;
    if (!learn(given, &standing, &err))
        return cli_fail(&err);
    if (given->json)
        print_json(&standing);
    else
        print_text(&standing);
    return standing.acknowledged == standing.count ? EXIT_CODE_OK : EXIT_CODE_PARTIAL;
}
