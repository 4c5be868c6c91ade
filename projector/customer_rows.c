// SPDX-License-Identifier: Apache-2.0
#include "domain/customer.h"
#include "projector/rows.h"

#include "base/banned.h"

static const enum array_type customer_types[CUSTOMER_COLUMNS] = {
    ARRAY_I64,
    ARRAY_TIME,
    ARRAY_TIME,
    ARRAY_UUID,
    ARRAY_I32,
    ARRAY_I32,
    ARRAY_I16,
    ARRAY_TEXT,
    ARRAY_TEXT,
    ARRAY_BYTEA,
};

void customer_rows_init(struct array_buffer arrays[static CUSTOMER_COLUMNS])
{
    for (size_t i = 0; i < CUSTOMER_COLUMNS; i++)
        array_init(&arrays[i], customer_types[i]);
}

static void put_optional(struct array_buffer *array, bool has, struct slice bytes)
{
    if (has)
        array_bytes(array, bytes);
    else
        array_null(array);
}

void customer_rows_fill(
    struct array_buffer arrays[static CUSTOMER_COLUMNS], const struct fold *fold)
{
    for (size_t i = 0; i < CUSTOMER_COLUMNS; i++)
        array_reset(&arrays[i]);
    for (const struct customer_change *customer = fold->customers; customer != NULL;
         customer = customer->next) {
        const struct customer_registered *registered = customer->registered;
        if (registered == NULL)
            continue;
        struct array_buffer *next = arrays;
        array_i64(next++, customer->position);
        array_time(next++, customer->registered_us);
        array_time(next++, customer->updated_us);
        array_uuid(next++, &customer->customer_id);
        array_i32(next++, customer->tenant_id);
        array_i32(next++, (int32_t)customer->version);
        array_i16(next++, CUSTOMER_ACTIVE);
        array_bytes(next++, registered->region);
        put_optional(next++, registered->has_locale, registered->locale);
        put_optional(next++, customer->sealed.size != 0, customer->sealed);
    }
}
