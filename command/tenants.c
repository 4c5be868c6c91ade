// SPDX-License-Identifier: Apache-2.0
#include "command/tenants.h"

#include "base/text.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

struct tenant *tenants_find(struct tenants *tenants, struct slice name)
{
    for (size_t i = 0; i < tenants->count; i++) {
        if (slice_is(name, tenants->rows[i].name))
            return &tenants->rows[i];
    }
    return NULL;
}

const struct sending_party *tenants_find_producer(const struct tenants *tenants, struct slice name)
{
    for (size_t i = 0; i < tenants->producer_count; i++) {
        if (slice_is(name, tenants->producers[i].name))
            return &tenants->producers[i];
    }
    return NULL;
}

bool producer_serves(const struct sending_party *producer, const struct tenant *tenant)
{
    for (size_t i = 0; i < producer->tenant_count; i++) {
        if (producer->tenants[i] == tenant)
            return true;
    }
    return false;
}

bool tenants_alone(const char *name, struct tenants **out, struct error *err)
{
    struct tenants *tenants = calloc(1, sizeof(*tenants));
    if (tenants == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    struct tenant *tenant = &tenants->rows[0];
    if (strlen(name) >= sizeof(tenant->name)) {
        free(tenants);
        return error_set(err, ERROR_invalid, "--tenant: longer than %d", TENANT_NAME_SIZE - 1);
    }
    (void)snprintf(tenant->name, sizeof(tenant->name), "%s", name);
    tenant->settings.currencies = "*";
    tenants->count = 1;
    *out = tenants;
    return true;
}

void tenants_close(struct tenants *tenants)
{
    if (tenants == NULL)
        return;
    sodium_free(tenants->keys);
    free(tenants);
}

bool tenants_read_rounding(struct slice text, enum rounding *out)
{
    bool up = slice_is(text, "half-up");
    if (!up && !slice_is(text, "half-even"))
        return false;
    *out = up ? ROUNDING_HALF_UP : ROUNDING_HALF_EVEN;
    return true;
}

bool tenants_check_currencies(const char *text, struct error *err)
{
    const char *at = text;
    if (strcmp(text, "*") == 0)
        return true;
    do {
        size_t length = strcspn(at, ",");
        if (money_find_currency(slice_of(at, length)) == NULL)
            return error_set(err, ERROR_invalid, "%.*s is no currency", (int)length, at);
        at += length;
    } while (*at++ == ',');
    return true;
}

bool tenants_read_duration(const char *text, int64_t *out, struct error *err)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    enum { LONGEST = 3660 * 86400 }; /* seconds: ten years */
    size_t size = strlen(text);
    int64_t number;
    for (size_t i = 0; i < countof(units) && size > 0; i++) {
        if (text[size - 1] != units[i].unit || !text_parse_i64(slice_of(text, size - 1), &number) ||
            number < 1 || number > LONGEST / units[i].seconds)
            continue;
        *out = number * units[i].seconds * 1000000;
        return true;
    }
    return error_set(err, ERROR_invalid, "%s", TENANTS_DURATION_TEXT);
}
