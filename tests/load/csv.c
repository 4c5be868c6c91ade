// SPDX-License-Identifier: Apache-2.0
#include "load/csv.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/banned.h"

bool csv_open(struct csv_reader *reader, csv_read_function *read, void *context, struct error *err)
{
    uint8_t *data = malloc(CSV_BUFFER_SIZE);
    if (data == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    *reader = (struct csv_reader){.read = read, .context = context, .data = data};
    return true;
}

void csv_close(struct csv_reader *reader)
{
    free(reader->data);
    *reader = (struct csv_reader){0};
}

/* Index of the newline that ends the record at `start`; `end` when the bytes end before it. */
static size_t find_record_end(const struct csv_reader *reader, size_t *lines)
{
    bool quoted = false;
    for (size_t at = reader->start; at < reader->end; at++) {
        uint8_t byte = reader->data[at];
        if (byte == '"')
            quoted = !quoted;
        if (byte != '\n')
            continue;
        ++*lines;
        if (!quoted)
            return at;
    }
    return reader->end;
}

/* Moves what is left to the front and reads more behind it. */
static bool refill(struct csv_reader *reader, struct error *err)
{
    size_t left = reader->end - reader->start;
    if (left == CSV_BUFFER_SIZE)
        return error_set(
            err, ERROR_invalid, "line %" PRId64 ": the record is too long", reader->line);
    memmove(reader->data, reader->data + reader->start, left);
    reader->start = 0;
    reader->end = left;
    size_t size;
    if (!reader->read(reader->context, reader->data + left, CSV_BUFFER_SIZE - left, &size, err))
        return false;
    reader->end += size;
    reader->ended = size == 0;
    return true;
}

/* Takes the field at `at` and, if quoted, unescapes it in place. Returns where its comma or the
 * record's end is; SIZE_MAX for a wrong quote. */
static size_t take_field(uint8_t *data, size_t at, size_t end, struct slice *out)
{
    if (at == end || data[at] != '"') {
        size_t from = at;
        while (at < end && data[at] != ',' && data[at] != '"')
            at++;
        *out = slice_of(data + from, at - from);
        return at < end && data[at] == '"' ? SIZE_MAX : at;
    }
    size_t from = ++at;
    size_t to = from;
    while (at < end) {
        if (data[at] == '"' && (at + 1 == end || data[at + 1] != '"'))
            break;
        at += data[at] == '"';
        data[to++] = data[at++];
    }
    if (at == end)
        return SIZE_MAX;
    at++;
    *out = slice_of(data + from, to - from);
    return at == end || data[at] == ',' ? at : SIZE_MAX;
}

static bool split(
    struct csv_reader *reader,
    size_t end,
    struct slice *fields,
    size_t capacity,
    size_t *out_count,
    struct error *err)
{
    size_t count = 0;
    for (size_t at = reader->start;; at++) {
        if (count == capacity)
            return error_set(err, ERROR_invalid, "line %" PRId64 ": too many fields", reader->line);
        at = take_field(reader->data, at, end, &fields[count++]);
        if (at == SIZE_MAX)
            return error_set(
                err, ERROR_invalid, "line %" PRId64 ": a quote is out of place", reader->line);
        if (at == end)
            break;
    }
    *out_count = count;
    return true;
}

bool csv_next(
    struct csv_reader *reader,
    struct slice *fields,
    size_t capacity,
    size_t *out_count,
    struct error *err)
{
    size_t lines = 0;
    size_t end = find_record_end(reader, &lines);
    while (end == reader->end && !reader->ended) {
        if (!refill(reader, err))
            return false;
        lines = 0;
        end = find_record_end(reader, &lines);
    }
    if (reader->start == reader->end) {
        *out_count = 0;
        return true;
    }
    reader->line += lines != 0 ? (int64_t)lines : 1;
    size_t content = end > reader->start && reader->data[end - 1] == '\r' ? end - 1 : end;
    bool done = split(reader, content, fields, capacity, out_count, err);
    reader->start = end < reader->end ? end + 1 : end;
    return done;
}
