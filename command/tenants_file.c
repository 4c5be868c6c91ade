// SPDX-License-Identifier: Apache-2.0
// The tenants file: sections and keys as two tables. Names of tenants and keys are looked up when all
// of it was read, so that the order of its sections does not matter.
#include "command/tenants.h"

#include "base/text.h"
#include "domain/order_messages.h"
#include "runtime/ini.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

/* What a producer's lines name; looked up at the end. */
struct named {
    size_t line; /* of its section */
    char tenants[TENANT_TEXT_SIZE];
};

struct reading {
    struct tenants *tenants;
    struct tenant *tenant;          /* of the section, or … */
    struct sending_party *producer; /* … */
    struct named named[PRODUCERS_MOST];
};

/* Takes one value; what is wrong with it, or NULL. */
typedef const char *take_value(void *member, const char *value);

struct key_row {
    const char *key;
    take_value *take;
    size_t offset;
};

/* ---- values ---- */

static const char *take_yes(void *member, const char *value)
{
    bool yes = strcmp(value, "yes") == 0;
    if (!yes && strcmp(value, "no") != 0)
        return "must be yes or no";
    *(bool *)member = yes;
    return NULL;
}

static const char *take_rounding(void *member, const char *value)
{
    return tenants_read_rounding(slice_of_text(value), member) ? NULL
                                                               : "must be half-even or half-up";
}

static const char *take_text(void *member, const char *value)
{
    (void)snprintf(member, TENANT_TEXT_SIZE, "%s", value);
    return NULL;
}

static const char *take_currencies(void *member, const char *value)
{
    struct error err;
    if (!tenants_check_currencies(value, &err))
        return "must be * or ISO 4217 codes with commas between";
    return take_text(member, value);
}

/* As commands name theirs: customer.c. */
static const char *take_region(void *member, const char *value)
{
    size_t size = strlen(value);
    if (size < 2 || size > 64 ||
        strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != size)
        return "must be 2 to 64 letters, digits, hyphens and underscores";
    return take_text(member, value);
}

static const char *take_duration(void *member, const char *value)
{
    struct error err;
    return tenants_read_duration(value, member, &err) ? NULL : TENANTS_DURATION_TEXT;
}

static const char *take_lines(void *member, const char *value)
{
    int64_t number;
    if (!text_parse_i64(slice_of_text(value), &number) || number < 1 || number > ORDER_MAX_LINES)
        return "must be a number from 1 to 2000";
    *(int64_t *)member = number;
    return NULL;
}

static const char *take_rate(void *member, const char *value)
{
    int64_t number;
    if (!text_parse_i64(slice_of_text(value), &number) || number < 0 || number > BUCKET_MOST_RATE)
        return "must be a number from 0 (no limit) to 1000000";
    *(int64_t *)member = number;
    return NULL;
}

static const struct key_row tenant_keys[] = {
    {"currencies", take_currencies, offsetof(struct tenant, currencies)},
    {"gifts", take_yes, offsetof(struct tenant, settings.gifts_allowed)},
    {"rounding", take_rounding, offsetof(struct tenant, settings.rounding)},
    {"return-window", take_duration, offsetof(struct tenant, settings.return_window_us)},
    {"payment-window", take_duration, offsetof(struct tenant, settings.payment_window_us)},
    {"stock-ttl", take_duration, offsetof(struct tenant, settings.stock_ttl_us)},
    {"max-lines", take_lines, offsetof(struct tenant, settings.max_lines)},
    {"commands-per-second", take_rate, offsetof(struct tenant, rate)},
    {"region", take_region, offsetof(struct tenant, region)},
};

static const struct key_row producer_keys[] = {
    {"key-file", take_text, offsetof(struct sending_party, key_file)},
    {"erasure", take_yes, offsetof(struct sending_party, erases)},
};

/* ---- lines ---- */

static bool is_name(const char *text)
{
    size_t size = strlen(text);
    return size > 0 && size < TENANT_NAME_SIZE &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
               size;
}

static bool begin_section(struct reading *reading, const struct ini_line *line, struct error *err)
{
    struct tenants *tenants = reading->tenants;
    const char *name = strchr(line->section, ' ');
    size_t kind = name != NULL ? (size_t)(name - line->section) : 0;
    bool is_tenant = kind == strlen("tenant") && memcmp(line->section, "tenant", kind) == 0;
    bool is_producer = kind == strlen("producer") && memcmp(line->section, "producer", kind) == 0;
    if (!is_tenant && !is_producer)
        return error_set(err, ERROR_invalid, "a section is [tenant NAME] or [producer NAME]");
    if (!is_name(name + 1))
        return error_set(
            err, ERROR_invalid, "a name has 1 to 40 letters, digits, dots, hyphens, underscores");
    if (is_tenant ? tenants->count == TENANTS_MOST : tenants->producer_count == PRODUCERS_MOST)
        return error_set(err, ERROR_invalid, "more than %d of them", TENANTS_MOST);
    reading->tenant = NULL;
    reading->producer = NULL;
    if (is_tenant) {
        reading->tenant = &tenants->rows[tenants->count++];
        reading->tenant->settings.currencies = reading->tenant->currencies;
        (void)snprintf(reading->tenant->currencies, TENANT_TEXT_SIZE, "*");
        (void)snprintf(reading->tenant->name, TENANT_NAME_SIZE, "%s", name + 1);
        return true;
    }
    reading->named[tenants->producer_count].line = line->number;
    reading->producer = &tenants->producers[tenants->producer_count++];
    (void)snprintf(reading->producer->name, TENANT_NAME_SIZE, "%s", name + 1);
    return true;
}

static bool take_line(void *context, const struct ini_line *line, struct error *err)
{
    struct reading *reading = context;
    if (line->key == NULL)
        return begin_section(reading, line, err);
    bool of_tenant = reading->tenant != NULL;
    if (!of_tenant && strcmp(line->key, "tenants") == 0) {
        (void)take_text(reading->named[reading->tenants->producer_count - 1].tenants, line->value);
        return true;
    }
    const struct key_row *rows = of_tenant ? tenant_keys : producer_keys;
    size_t count = of_tenant ? countof(tenant_keys) : countof(producer_keys);
    char *object = of_tenant ? (char *)reading->tenant : (char *)reading->producer;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].key, line->key) != 0)
            continue;
        const char *wrong = rows[i].take(object + rows[i].offset, line->value);
        return wrong == NULL || error_set(err, ERROR_invalid, "%s %s", line->key, wrong);
    }
    return error_set(
        err, ERROR_invalid, "a %s has no key %s", of_tenant ? "tenant" : "producer", line->key);
}

/* ---- what the lines named ---- */

static bool find_tenants(
    struct tenants *tenants, struct sending_party *producer, const char *names, struct error *err)
{
    const char *at = names;
    do {
        size_t length = strcspn(at, ",");
        struct tenant *tenant = tenants_find(tenants, slice_of(at, length));
        if (tenant == NULL)
            return error_set(err, ERROR_invalid, "there is no [tenant %.*s]", (int)length, at);
        if (producer_serves(producer, tenant))
            return error_set(err, ERROR_invalid, "tenants names %s twice", tenant->name);
        if (producer->tenant_count == PRODUCER_TENANTS_MOST)
            return error_set(err, ERROR_invalid, "more than %d tenants", PRODUCER_TENANTS_MOST);
        producer->tenants[producer->tenant_count++] = tenant;
        at += length;
    } while (*at++ == ',');
    return true;
}

static bool read_key(const char *path, const char *key_file, uint8_t *key, struct error *err)
{
    char place[2 * TENANT_TEXT_SIZE + 200];
    const char *slash = strrchr(path, '/');
    int folder = slash == NULL || key_file[0] == '/' ? 0 : (int)(slash - path) + 1;
    int size = snprintf(place, sizeof(place), "%.*s%s", folder, path, key_file);
    if (size < 0 || (size_t)size >= sizeof(place))
        return error_set(err, ERROR_invalid, "key-file: the path is too long");
    return secret_read("key-file", place, key, err);
}

static bool look_up(struct reading *reading, size_t number, const char *path, struct error *err)
{
    struct tenants *tenants = reading->tenants;
    struct sending_party *producer = &tenants->producers[number];
    const struct named *named = &reading->named[number];
    uint8_t *key = tenants->keys + number * SECRET_SIZE;
    bool ok = named->tenants[0] != '\0' ||
              error_set(err, ERROR_invalid, "a producer needs the key tenants");
    ok = ok && find_tenants(tenants, producer, named->tenants, err);
    ok = ok && (producer->key_file[0] != '\0' ||
                error_set(err, ERROR_invalid, "a producer needs the key key-file"));
    ok = ok && read_key(path, producer->key_file, key, err);
    for (size_t i = 0; i < number && ok; i++) {
        if (sodium_memcmp(tenants->producers[i].key, key, SECRET_SIZE) == 0)
            ok = error_set(
                err, ERROR_invalid, "its key is that of producer %s", tenants->producers[i].name);
    }
    producer->key = key;
    return ok || error_prefix(err, "%.200s:%zu", path, named->line);
}

static bool complete(struct reading *reading, const char *path, struct error *err)
{
    struct tenants *tenants = reading->tenants;
    if (tenants->count == 0 || tenants->producer_count == 0)
        return error_set(
            err, ERROR_invalid, "%.200s: needs a [tenant NAME] and a [producer NAME]", path);
    if (sodium_init() < 0)
        return error_set(err, ERROR_fatal, "libsodium cannot be initialised");
    tenants->keys = sodium_malloc(tenants->producer_count * SECRET_SIZE);
    if (tenants->keys == NULL)
        return error_set(err, ERROR_fatal, "no memory for keys of producers");
    for (size_t i = 0; i < tenants->producer_count; i++) {
        if (!look_up(reading, i, path, err))
            return false;
    }
    for (size_t i = 0; i < tenants->count; i++)
        bucket_init(&tenants->rows[i].bucket, tenants->rows[i].rate);
    tenants->has_producers = true;
    (void)sodium_mprotect_readonly(tenants->keys);
    return true;
}

static bool
read_into(struct reading *reading, const char *path, struct tenants *tenants, struct error *err)
{
    reading->tenants = tenants;
    return ini_read(path, take_line, reading, err) && complete(reading, path, err);
}

bool tenants_read(const char *path, struct tenants **out, struct error *err)
{
    struct reading *reading = calloc(1, sizeof(*reading));
    struct tenants *tenants = calloc(1, sizeof(*tenants));
    bool ok;
    if (reading == NULL || tenants == NULL)
        ok = error_set(err, ERROR_fatal, "out of memory");
    else
        ok = read_into(reading, path, tenants, err);
    free(reading);
    if (ok)
        *out = tenants;
    else
        tenants_close(tenants);
    return ok;
}
