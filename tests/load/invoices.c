// SPDX-License-Identifier: Apache-2.0
#include "load/invoices.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/banned.h"

#define DAY_US INT64_C(86400000000)

bool invoice_reader_init(
    struct invoice_reader *reader, struct csv_reader *csv, int64_t most_days, struct error *err)
{
    struct slice fields[RETAIL_FIELDS];
    size_t count;
    if (!csv_next(csv, fields, countof(fields), &count, err))
        return false;
    if (!retail_is_header(fields, count))
        return error_set(err, ERROR_invalid, "the first line is not the retail file's header");
    *reader = (struct invoice_reader){.csv = csv, .most_days = most_days, .day = INT64_MIN};
    return true;
}

void invoice_reader_release(struct invoice_reader *reader)
{
    for (size_t i = 0; i < reader->open_count; i++)
        free(reader->open[i].rows);
    free(reader->open);
    free(reader->current.rows);
    *reader = (struct invoice_reader){0};
}

/* Reads one row; sets `ended` at the end of the file and of the days asked for. */
static bool read_row(struct invoice_reader *reader, struct retail_row *out, struct error *err)
{
    struct slice fields[RETAIL_FIELDS];
    size_t count;
    if (!csv_next(reader->csv, fields, countof(fields), &count, err))
        return false;
    if (count == 0) {
        reader->ended = true;
        return true;
    }
    if (!retail_row_read(fields, count, out, err))
        return error_prefix(err, "line %" PRId64, reader->csv->line);
    if (out->time_us < reader->newest_us)
        return error_set(
            err, ERROR_invalid, "line %" PRId64 ": rows go back in time", reader->csv->line);
    reader->newest_us = out->time_us;
    if (out->time_us / DAY_US != reader->day) {
        reader->day = out->time_us / DAY_US;
        reader->days++;
    }
    reader->ended = reader->most_days != 0 && reader->days > reader->most_days;
    return true;
}

/* The open invoice of this number, a new one if there is none; NULL: out of memory. */
static struct invoice *find_open(struct invoice_reader *reader, const char *number)
{
    for (size_t i = reader->open_count; i-- > 0;) {
        if (strcmp(reader->open[i].rows[0].invoice, number) == 0)
            return &reader->open[i];
    }
    if (reader->open_count == reader->open_capacity) {
        size_t capacity = reader->open_capacity != 0 ? reader->open_capacity * 2 : 64;
        struct invoice *open = realloc(reader->open, capacity * sizeof(*open));
        if (open == NULL)
            return NULL;
        reader->open = open;
        reader->open_capacity = capacity;
    }
    reader->open[reader->open_count] = (struct invoice){0};
    return &reader->open[reader->open_count++];
}

static bool add_row(struct invoice_reader *reader, const struct retail_row *row, struct error *err)
{
    struct invoice *invoice = find_open(reader, row->invoice);
    if (invoice == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    if (invoice->count == invoice->capacity) {
        size_t capacity = invoice->capacity != 0 ? invoice->capacity * 2 : 16;
        struct retail_row *rows = realloc(invoice->rows, capacity * sizeof(*rows));
        if (rows == NULL)
            return error_set(err, ERROR_fatal, "out of memory");
        invoice->rows = rows;
        invoice->capacity = capacity;
    }
    invoice->rows[invoice->count++] = *row;
    reader->rows++;
    return true;
}

static bool is_oldest_complete(const struct invoice_reader *reader)
{
    if (reader->open_count == 0)
        return false;
    const struct invoice *oldest = &reader->open[0];
    return reader->ended ||
           reader->newest_us - oldest->rows[oldest->count - 1].time_us > INVOICE_SETTLED_US;
}

bool invoice_reader_next(
    struct invoice_reader *reader, const struct invoice **out, struct error *err)
{
    while (!reader->ended && !is_oldest_complete(reader)) {
        struct retail_row row;
        if (!read_row(reader, &row, err))
            return false;
        if (!reader->ended && !add_row(reader, &row, err))
            return false;
    }
    free(reader->current.rows);
    reader->current = (struct invoice){0};
    *out = NULL;
    if (reader->open_count == 0)
        return true;
    reader->current = reader->open[0];
    reader->open_count--;
    memmove(reader->open, reader->open + 1, reader->open_count * sizeof(*reader->open));
    *out = &reader->current;
    return true;
}
