// SPDX-License-Identifier: Apache-2.0
// Customers against the rows of read.customers, as a merge of lists sorted by the numbers of their
// streams. The table does not hold those: whoever is in it without a stream comes first, as number 0.
#include "projector/verify.h"

#include "domain/customer.h"

#include <stdio.h>

#include "base/banned.h"

static const struct db_statement fetch_customers = {
    .number = 49,
    .name = "verify_fetch_customers",
    .sql = "fetch 1000 from verify_customers",
    .expect = DB_ANY_ROWS,
    .columns = 11,
};

static bool next_customer(struct verify *verify, struct error *err)
{
    struct cursor *cursor = &verify->customers;
    if (!cursor_next(cursor, &verify->has_customer, err))
        return false;
    if (verify->has_customer)
        columns_read(&customers_table, cursor->page, cursor->row, &verify->customer);
    return true;
}

bool verify_open_customers(struct verify *verify, struct error *err)
{
    return cursor_open(
               &verify->customers,
               &verify->db,
               "declare verify_customers no scroll cursor for"
               " select coalesce(s.stream_number, 0) as number, c.customer_id, c.tenant_id, "
               "c.status,"
               " c.region, c.locale, c.registered_at, c.updated_at, c.stream_version, c.position,"
               " c.sealed from read.customers c left join store.streams s"
               " on s.stream_id = c.customer_id and s.tenant_id = c.tenant_id and s.category = 3"
               " order by number",
               &fetch_customers,
               err) &&
           next_customer(verify, err);
}

static void name_customer(char out[static DIFFERENCE_TEXT], const struct uuid *customer_id)
{
    char id[UUID_TEXT_SIZE];
    uuid_format(customer_id, id);
    (void)snprintf(out, DIFFERENCE_TEXT, "customer %s", id);
}

/* Rows of customers before `number`: no event made them. */
static bool extra_customers(struct verify *verify, int64_t number, struct error *err)
{
    char name[DIFFERENCE_TEXT];
    while (verify->has_customer && verify->customer.number < number) {
        name_customer(name, &verify->customer.customer_id);
        difference_add_row(&verify->differences, customers_table.name, name, false);
        if (!next_customer(verify, err))
            return false;
    }
    return true;
}

static void expect_customer(
    const struct verify_stream *stream, const struct customer *customer, struct customer_row *out)
{
    *out = (struct customer_row){
        .number = stream->number,
        .customer_id = stream->id,
        .tenant_id = stream->tenant_id,
        .status = customer->status,
        .region = customer->region,
        .locale = customer->locale.size != 0 ? customer->locale : slice_of(NULL, 0),
        .registered_at = stream->first_occurred_us,
        .updated_at = stream->occurred_us,
        .stream_version = stream->version,
        .position = stream->position,
        .sealed = stream->sealed};
}

bool verify_customer(struct verify *verify, struct error *err)
{
    struct customer_row expected;
    char name[DIFFERENCE_TEXT];
    expect_customer(&verify->stream, verify->stream.aggregate.state, &expected);
    name_customer(name, &expected.customer_id);
    verify->counts.customers++;
    if (!extra_customers(verify, expected.number, err))
        return false;
    if (!verify->has_customer || verify->customer.number != expected.number) {
        difference_add_row(&verify->differences, customers_table.name, name, true);
        return true;
    }
    if (!columns_equal(&customers_table, &expected, &verify->customer))
        columns_compare(&customers_table, &expected, &verify->customer, name, &verify->differences);
    return next_customer(verify, err);
}

bool verify_skip_customer(struct verify *verify, struct error *err)
{
    int64_t number = verify->stream.number;
    if (!extra_customers(verify, number, err))
        return false;
    while (verify->has_customer && verify->customer.number == number) {
        if (!next_customer(verify, err))
            return false;
    }
    return true;
}

bool verify_rest_customers(struct verify *verify, struct error *err)
{
    return extra_customers(verify, INT64_MAX, err);
}
