// SPDX-License-Identifier: Apache-2.0
#include "load/retail_row.h"

#include "base/text.h"

#include <stdio.h>

#include "base/banned.h"

enum { INVOICE_NO, STOCK_CODE, DESCRIPTION, QUANTITY, INVOICE_DATE, UNIT_PRICE, CUSTOMER, COUNTRY };

static const char *const header[RETAIL_FIELDS] = {
    [INVOICE_NO] = "InvoiceNo",
    [STOCK_CODE] = "StockCode",
    [DESCRIPTION] = "Description",
    [QUANTITY] = "Quantity",
    [INVOICE_DATE] = "InvoiceDate",
    [UNIT_PRICE] = "UnitPrice",
    [CUSTOMER] = "CustomerID",
    [COUNTRY] = "Country",
};

struct name_pair {
    const char *name;
    const char *value;
};

/* ISO 3166, but for what is no country: EU and ZZ are reserved and user-assigned codes there. */
static const struct name_pair countries[] = {
    {"United Kingdom", "GB"}, /* nine rows of ten: first */
    {"Australia", "AU"},       {"Austria", "AT"},   {"Bahrain", "BH"},
    {"Belgium", "BE"},         {"Brazil", "BR"},    {"Canada", "CA"},
    {"Channel Islands", "JE"}, {"Cyprus", "CY"},    {"Czech Republic", "CZ"},
    {"Denmark", "DK"},         {"EIRE", "IE"},      {"European Community", "EU"},
    {"Finland", "FI"},         {"France", "FR"},    {"Germany", "DE"},
    {"Greece", "GR"},          {"Hong Kong", "HK"}, {"Iceland", "IS"},
    {"Israel", "IL"},          {"Italy", "IT"},     {"Japan", "JP"},
    {"Lebanon", "LB"},         {"Lithuania", "LT"}, {"Malta", "MT"},
    {"Netherlands", "NL"},     {"Norway", "NO"},    {"Poland", "PL"},
    {"Portugal", "PT"},        {"RSA", "ZA"},       {"Saudi Arabia", "SA"},
    {"Singapore", "SG"},       {"Spain", "ES"},     {"Sweden", "SE"},
    {"Switzerland", "CH"},     {"USA", "US"},       {"United Arab Emirates", "AE"},
    {"Unspecified", "ZZ"},
};

static const struct name_pair shipping_methods[] = {
    {"POST", "post"}, {"DOT", "dotcom"}, {"C2", "carriage"}};

static const char *const skipped_codes[] = {
    "M", "m", "D", "S", "B", "BANK CHARGES", "AMAZONFEE", "CRUK"};

static const char *find_pair(const struct name_pair *pairs, size_t count, struct slice name)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_is(name, pairs[i].name))
            return pairs[i].value;
    }
    return NULL;
}

const char *retail_shipping_method(const char *code)
{
    return find_pair(shipping_methods, countof(shipping_methods), slice_of_text(code));
}

static enum code_kind kind_of(const char *code)
{
    if (code[0] >= '0' && code[0] <= '9')
        return CODE_PRODUCT;
    if (retail_shipping_method(code) != NULL)
        return CODE_SHIPPING;
    if (strncmp(code, "gift_", 5) == 0)
        return CODE_SKIPPED;
    for (size_t i = 0; i < countof(skipped_codes); i++) {
        if (strcmp(code, skipped_codes[i]) == 0)
            return CODE_SKIPPED;
    }
    return CODE_PRODUCT;
}

bool retail_is_header(const struct slice *fields, size_t count)
{
    if (count != RETAIL_FIELDS)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!slice_is(fields[i], header[i]))
            return false;
    }
    return true;
}

static bool copy_text(struct slice text, size_t least, char *out, size_t capacity)
{
    if (text.size < least || text.size >= capacity || !text_is_utf8(text))
        return false;
    if (text.size != 0)
        memcpy(out, text.data, text.size);
    out[text.size] = '\0';
    return true;
}

/* "2010-12-01 08:26:00", without a zone: taken as UTC. */
static bool read_time(struct slice text, int64_t *out)
{
    char rfc3339[32];
    if (text.size != 19 || text.data[10] != ' ')
        return false;
    (void)snprintf(rfc3339, sizeof(rfc3339), "%.10sT%.8sZ", text.data, text.data + 11);
    return text_parse_time(slice_of_text(rfc3339), out);
}

static bool read_price(struct slice text, struct retail_row *row)
{
    int64_t coefficient;
    int scale;
    if (!text_parse_decimal(text, &coefficient, &scale) || scale > 3)
        return false;
    row->price = (struct decimal){.coefficient = coefficient, .scale = scale};
    for (; scale < 3; scale++) {
        if (__builtin_mul_overflow(coefficient, 10, &coefficient))
            return false;
    }
    row->price_milli = coefficient;
    return true;
}

/* "17850.0" or nothing. */
static bool read_customer(struct slice text, int64_t *out)
{
    *out = 0;
    if (text.size == 0)
        return true;
    size_t size = text.size > 2 && memcmp(text.data + text.size - 2, ".0", 2) == 0 ? text.size - 2
                                                                                   : text.size;
    return text_parse_i64(slice_of(text.data, size), out) && *out > 0 && *out <= UINT32_MAX;
}

static bool read_country(struct slice text, char out[static 3])
{
    const char *code = find_pair(countries, countof(countries), text);
    if (code == NULL)
        return false;
    memcpy(out, code, 3);
    return true;
}

bool retail_row_read(
    const struct slice *fields, size_t count, struct retail_row *out, struct error *err)
{
    struct retail_row row = {0};
    const char *wrong = NULL;
    if (count != RETAIL_FIELDS)
        return error_set(err, ERROR_invalid, "%zu fields, not %d", count, RETAIL_FIELDS);
    if (!copy_text(fields[INVOICE_NO], 1, row.invoice, sizeof(row.invoice)))
        wrong = header[INVOICE_NO];
    else if (!copy_text(fields[STOCK_CODE], 1, row.code, sizeof(row.code)))
        wrong = header[STOCK_CODE];
    else if (!copy_text(fields[DESCRIPTION], 0, row.title, sizeof(row.title)))
        wrong = header[DESCRIPTION];
    else if (!text_parse_i64(fields[QUANTITY], &row.qty) || row.qty == 0)
        wrong = header[QUANTITY];
    else if (!read_time(fields[INVOICE_DATE], &row.time_us))
        wrong = header[INVOICE_DATE];
    else if (!read_price(fields[UNIT_PRICE], &row))
        wrong = header[UNIT_PRICE];
    else if (!read_customer(fields[CUSTOMER], &row.customer))
        wrong = header[CUSTOMER];
    else if (!read_country(fields[COUNTRY], row.country))
        wrong = header[COUNTRY];
    if (wrong != NULL)
        return error_set(err, ERROR_invalid, "%s is not as expected", wrong);
    row.kind = kind_of(row.code);
    *out = row;
    return true;
}
