// SPDX-License-Identifier: Apache-2.0
// `order-shredder init`, and what the verbs of the vault share.
#include "runtime/exit_code.h"
#include "shredder/verbs.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/banned.h"

bool vault_settings_of(
    const struct vault_options *options,
    struct vault_paths *paths,
    struct vault_settings *out,
    struct error *err)
{
    struct vault_settings settings = {
        .directory = options->vault,
        .second = options->second,
        .accept_cow = options->accept_cow,
        .allow_unlocked = options->allow_unlocked,
        .locked_memory = (size_t)options->locked_memory << 20};
    const char *holders = options->holders != NULL ? options->holders : "";
    if (strlen(holders) >= sizeof(paths->text))
        return error_set(err, ERROR_invalid, "--holders: the text is too long");
    (void)snprintf(paths->text, sizeof(paths->text), "%s", holders);
    char *at = *holders != '\0' ? paths->text : NULL;
    while (at != NULL) {
        char *comma = strchr(at, ',');
        if (comma != NULL)
            *comma++ = '\0';
        if (*at == '\0' || settings.holder_count == VAULT_MOST_HOLDERS)
            return error_set(
                err,
                ERROR_invalid,
                "--holders: 1 to %d directories, separated by commas",
                VAULT_MOST_HOLDERS);
        settings.holders[settings.holder_count++] = at;
        at = comma;
    }
    *out = settings;
    return true;
}

int init_verb(const void *options, int argument_count, char **arguments)
{
    (void)argument_count;
    (void)arguments;
    const struct init_options *given = options;
    struct vault_paths paths;
    struct vault_settings settings;
    struct error err;
    if (!vault_settings_of(&given->vault, &paths, &settings, &err) ||
        !key_vault_init(&settings, &err))
        return cli_fail(&err);
    (void)printf(
        "vault made in %s, with %zu holder%s\n",
        settings.directory,
        settings.holder_count,
        settings.holder_count == 1 ? "" : "s");
    if (settings.holder_count < 2)
        (void)fprintf(
            stderr,
            "warning: if this directory and its holders are lost, so is all personal data for "
            "good; "
            "two holders on other devices are the least: order-shredder holders --add DIR\n");
    return EXIT_CODE_OK;
}
