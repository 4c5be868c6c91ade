// SPDX-License-Identifier: Apache-2.0
#include "projector/rows.h"

#include "base/banned.h"

/* ---- buffers ---- */

static enum array_type type_of(char letter)
{
    switch (letter) {
    case 'q':
        return ARRAY_I64;
    case 'd':
        return ARRAY_I32;
    case 'h':
        return ARRAY_I16;
    case 't':
        return ARRAY_TIME;
    case 'u':
        return ARRAY_UUID;
    case 's':
        return ARRAY_TEXT;
    default:
        CHECK(letter == 'b');
        return ARRAY_BYTEA;
    }
}

void rows_init(struct rows *rows)
{
    copy_init(&rows->orders);
    copy_init(&rows->lines);
    for (size_t i = 0; i < QUERY_SETS; i++) {
        struct row_set *set = &rows->sets[i];
        const char *types = projector_row_types((enum projector_query)i);
        set->column_count = strlen(types);
        CHECK(set->column_count <= MOST_COLUMNS);
        for (size_t column = 0; column < set->column_count; column++)
            array_init(&set->columns[column], type_of(types[column]));
    }
}

void rows_release(struct rows *rows)
{
    copy_release(&rows->orders);
    copy_release(&rows->lines);
    for (size_t i = 0; i < QUERY_SETS; i++) {
        for (size_t column = 0; column < rows->sets[i].column_count; column++)
            array_release(&rows->sets[i].columns[column]);
    }
}

void rows_reset(struct rows *rows)
{
    copy_reset(&rows->orders);
    copy_reset(&rows->lines);
    for (size_t i = 0; i < QUERY_SETS; i++) {
        struct row_set *set = &rows->sets[i];
        for (size_t column = 0; set->row_count != 0 && column < set->column_count; column++)
            array_reset(&set->columns[column]);
        set->row_count = 0;
    }
}

static bool out_of_memory(struct error *err)
{
    return error_set(err, ERROR_fatal, "no memory for the rows of a batch");
}

bool rows_params(struct row_set *set, struct db_params *params, struct error *err)
{
    params->count = 0;
    for (size_t i = 0; i < set->column_count; i++) {
        struct slice bytes;
        if (!array_finish(&set->columns[i], &bytes))
            return out_of_memory(err);
        CHECK((size_t)set->columns[i].count == set->row_count);
        db_param_bytes(params, bytes);
    }
    return true;
}

/* ---- where rows go ---- */

struct row_sink rows_begin(struct rows *rows, enum projector_query query)
{
    struct row_set *set = &rows->sets[query];
    struct row_sink sink = {.next = set->columns};
    if (!rows->small && query == QUERY_INSERT_ORDERS)
        sink.copy = &rows->orders;
    else if (!rows->small && query == QUERY_INSERT_LINES)
        sink.copy = &rows->lines;
    if (sink.copy != NULL)
        copy_row(sink.copy, (int16_t)set->column_count);
    else
        set->row_count++;
    return sink;
}

void put_i64(struct row_sink *sink, int64_t value)
{
    if (sink->copy != NULL)
        copy_i64(sink->copy, value);
    else
        array_i64(sink->next++, value);
}

void put_i32(struct row_sink *sink, int64_t value)
{
    CHECK(value >= 0 && value <= INT32_MAX);
    if (sink->copy != NULL)
        copy_i32(sink->copy, (int32_t)value);
    else
        array_i32(sink->next++, (int32_t)value);
}

void put_i16(struct row_sink *sink, int64_t value)
{
    int16_t narrow = value < INT16_MAX ? (int16_t)value : INT16_MAX;
    if (sink->copy != NULL)
        copy_i16(sink->copy, narrow);
    else
        array_i16(sink->next++, narrow);
}

void put_time(struct row_sink *sink, int64_t us)
{
    if (sink->copy != NULL)
        copy_time(sink->copy, us);
    else
        array_time(sink->next++, us);
}

void put_uuid(struct row_sink *sink, const struct uuid *id)
{
    if (sink->copy != NULL)
        copy_uuid(sink->copy, id);
    else
        array_uuid(sink->next++, id);
}

void put_bytes(struct row_sink *sink, struct slice bytes)
{
    if (sink->copy != NULL)
        copy_bytes(sink->copy, bytes);
    else
        array_bytes(sink->next++, bytes);
}

void put_null(struct row_sink *sink)
{
    if (sink->copy != NULL)
        copy_null(sink->copy);
    else
        array_null(sink->next++);
}

void put_moved(struct row_sink *sink, const struct stream_change *stream)
{
    put_i32(sink, stream->id.tenant_id);
    put_uuid(sink, &stream->id.id);
    put_i32(sink, stream->first_version - 1);
    put_i32(sink, stream->version);
    put_i64(sink, stream->position);
    put_time(sink, stream->updated_us);
}

/* ---- a batch ---- */

bool rows_fill(struct rows *rows, const struct fold *fold, struct error *err)
{
    rows->small = fold->new_lines + fold->of[CATEGORY_CUSTOMER].made <= SMALL_BATCH_ROWS;
    rows_fill_orders(rows, fold);
    rows_fill_others(rows, fold);
    return (!rows->orders.failed && !rows->lines.failed) || out_of_memory(err);
}
