// SPDX-License-Identifier: Apache-2.0
// `order-shredder status` and `epoch show|rotate`: what the broker says.
#include "runtime/cli.h"
#include "runtime/exit_code.h"
#include "shredder/client.h"
#include "shredder/shredder.h"

#include <inttypes.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>

#include "base/banned.h"

enum { TIMEOUT_US = 10 * 1000 * 1000 };

/* ---- status ---- */

static bool take_status(const struct frame *frame, void *context)
{
    json_error_t ignored;
    json_t **out = context;
    if (frame->type != FRAME_STATUS_TEXT)
        return false;
    *out = json_loadb((const char *)frame->body.data, frame->body.size, 0, &ignored);
    return *out != NULL;
}

static void print_value(const char *name, const json_t *value)
{
    (void)printf("%-18s ", name);
    if (json_is_string(value))
        (void)printf("%s\n", json_string_value(value));
    else if (json_is_boolean(value))
        (void)printf("%s\n", json_is_true(value) ? "yes" : "no");
    else
        (void)printf("%" JSON_INTEGER_FORMAT "\n", json_integer_value(value));
}

static void print_part(const char *name, json_t *part)
{
    const char *key;
    json_t *value;
    const char *separator = "";
    (void)printf("%-18s ", name);
    json_object_foreach(part, key, value)
    {
        (void)printf("%s%" JSON_INTEGER_FORMAT " %s", separator, json_integer_value(value), key);
        separator = ", ";
    }
    (void)printf("\n");
}

static void print_holder(const json_t *holder)
{
    const char *problem = json_string_value(json_object_get(holder, "problem"));
    bool fine = problem == NULL || problem[0] == '\0';
    (void)printf(
        "%-18s %s, generation %" JSON_INTEGER_FORMAT "%s%s\n",
        "holder",
        json_string_value(json_object_get(holder, "path")),
        json_integer_value(json_object_get(holder, "generation")),
        fine ? "" : ": ",
        fine ? "" : problem);
}

static void print_client(const json_t *client)
{
    (void)printf(
        "%-18s %s, %s, user %" JSON_INTEGER_FORMAT ", process %" JSON_INTEGER_FORMAT "\n",
        "client",
        json_string_value(json_object_get(client, "instance")),
        json_string_value(json_object_get(client, "role")),
        json_integer_value(json_object_get(client, "uid")),
        json_integer_value(json_object_get(client, "pid")));
}

static void print_all(json_t *status)
{
    const char *key;
    json_t *value;
    size_t i;
    json_t *one;
    json_object_foreach(status, key, value)
    {
        if (strcmp(key, "command_epoch") == 0) {
            continue; /* `epoch show` shows it */
        } else if (json_is_object(value)) {
            print_part(key, value);
        } else if (!json_is_array(value)) {
            print_value(key, value);
        } else {
            json_array_foreach(value, i, one)
            {
                if (strcmp(key, "holders") == 0)
                    print_holder(one);
                else
                    print_client(one);
            }
        }
    }
}

/* What the broker says of itself; the caller's to release. */
static bool ask_status(const struct client_options *given, json_t **out, struct error *err)
{
    struct vault *vault = NULL;
    bool ok = client_open(&vault, given->socket, ROLE_STATUS, TIMEOUT_US, err) &&
              client_ask(vault, FRAME_STATUS, slice_of(NULL, 0), take_status, out, err);
    vault_close(vault);
    return ok;
}

static void show(json_t *object, const struct client_options *given)
{
    if (given->json) {
        (void)json_dumpf(object, stdout, JSON_COMPACT);
        (void)printf("\n");
    } else {
        print_all(object);
    }
}

int status_verb(const void *options, int argument_count, char **arguments)
{
    (void)argument_count;
    (void)arguments;
    const struct client_options *given = options;
    struct error err;
    json_t *status = NULL;
    bool ok = ask_status(given, &status, &err);
    if (ok)
        show(status, given);
    json_decref(status);
    return ok ? EXIT_CODE_OK : cli_fail(&err);
}

/* ---- epochs ---- */

struct epoch {
    uint64_t number;
    uint8_t public_key[32];
};

static bool take_epoch(const struct frame *frame, void *context)
{
    struct epoch *out = context;
    struct frame_reader reader = {.rest = frame->body};
    out->number = frame_u64(&reader);
    struct slice key = frame_bytes(&reader, sizeof(out->public_key));
    if (frame->type != FRAME_EPOCH || reader.short_of || reader.rest.size != 0)
        return false;
    memcpy(out->public_key, key.data, key.size);
    return true;
}

/* The signed form, as it is published. */
int epoch_show_verb(const void *options, int argument_count, char **arguments)
{
    (void)argument_count;
    (void)arguments;
    const struct client_options *given = options;
    struct error err;
    json_t *status = NULL;
    bool ok = ask_status(given, &status, &err);
    if (ok)
        show(json_object_get(status, "command_epoch"), given);
    json_decref(status);
    return ok ? EXIT_CODE_OK : cli_fail(&err);
}

int epoch_rotate_verb(const void *options, int argument_count, char **arguments)
{
    (void)argument_count;
    (void)arguments;
    const struct client_options *given = options;
    struct vault *vault = NULL;
    struct error err;
    struct epoch epoch;
    char hex[2 * sizeof(epoch.public_key) + 1];
    bool ok = client_open(&vault, given->socket, ROLE_ERASE, TIMEOUT_US, &err) &&
              client_ask(vault, FRAME_ROTATE_EPOCH, slice_of(NULL, 0), take_epoch, &epoch, &err);
    vault_close(vault);
    if (!ok)
        return cli_fail(&err);
    (void)sodium_bin2hex(hex, sizeof(hex), epoch.public_key, sizeof(epoch.public_key));
    (void)printf(
        given->json ? "{\"epoch\":%" PRIu64 ",\"public_key\":\"%s\"}\n" : "epoch %" PRIu64 ", %s\n",
        epoch.number,
        hex);
    return EXIT_CODE_OK;
}
