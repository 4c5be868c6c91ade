// SPDX-License-Identifier: Apache-2.0
// One row of the retail file, checked and typed (docs/retail-data.md).
#ifndef LOAD_RETAIL_ROW_H
#define LOAD_RETAIL_ROW_H

#include "base/error.h"
#include "message/describe.h"

enum {
    RETAIL_FIELDS = 8,
    RETAIL_INVOICE_SIZE = 16, /* texts with their NUL */
    RETAIL_CODE_SIZE = 32,
    RETAIL_TITLE_SIZE = 128,
};

/* What a stock code stands for. */
enum code_kind {
    CODE_PRODUCT,
    CODE_SHIPPING, /* POST, DOT, C2 */
    CODE_SKIPPED,  /* fees, discounts, manual corrections: no goods */
};

struct retail_row {
    char invoice[RETAIL_INVOICE_SIZE];
    char code[RETAIL_CODE_SIZE];
    char title[RETAIL_TITLE_SIZE]; /* may be empty */
    enum code_kind kind;
    int64_t qty; /* negative in cancellations and write-offs */
    int64_t time_us;
    struct decimal price;
    int64_t price_milli; /* the same in thousandths */
    int64_t customer;    /* 0: none */
    char country[3];     /* two letters */
};

/* Whether the fields are the header line. */
bool retail_is_header(const struct slice *fields, size_t count);

/* ERROR_invalid names the field that is wrong. */
MUST_USE bool retail_row_read(
    const struct slice *fields, size_t count, struct retail_row *out, struct error *err);

/* The shipping method of a code of kind CODE_SHIPPING. */
const char *retail_shipping_method(const char *code);

#endif
