// SPDX-License-Identifier: Apache-2.0
// Groups the rows of the retail file into invoices, in the order of their first rows.
//
// Rows of one invoice may be split by another's and may span two minutes; the file is in order of
// time. So an invoice is complete once a row comes that is more than INVOICE_SETTLED_US later than
// its last one: only a few minutes of the file are in memory.
#ifndef LOAD_INVOICES_H
#define LOAD_INVOICES_H

#include "load/csv.h"
#include "load/retail_row.h"

#define INVOICE_SETTLED_US INT64_C(120000000)

struct invoice {
    struct retail_row *rows; /* at least one */
    size_t count;
    size_t capacity;
};

struct invoice_reader {
    struct csv_reader *csv;
    int64_t most_days; /* calendar days with data to read; 0: all */
    int64_t days;
    int64_t day;          /* of the newest row, since 1970 */
    struct invoice *open; /* oldest first; owned, with the rows */
    size_t open_count;
    size_t open_capacity;
    struct invoice current; /* given out last */
    int64_t newest_us;
    int64_t rows;
    bool ended;
};

/* csv: at the beginning of the file; must outlive the reader. */
MUST_USE bool invoice_reader_init(
    struct invoice_reader *reader, struct csv_reader *csv, int64_t most_days, struct error *err);
void invoice_reader_release(struct invoice_reader *reader);

/* The next invoice, valid until the next call; NULL: there is none left. */
MUST_USE bool
invoice_reader_next(struct invoice_reader *reader, const struct invoice **out, struct error *err);

#endif
