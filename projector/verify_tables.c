// SPDX-License-Identifier: Apache-2.0
// Tables against the rows that the streams should have, as merges of lists that are sorted by the
// number of the stream and, where it has several rows, by the column after that: what only one side
// has is a difference, and of what both have every column is compared. Numbers of customers' streams
// are not in their table: whoever is in it without a stream comes first, as number 0.
#include "projector/verify.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/banned.h"

/* ---- names ---- */

typedef void name_function(char out[static DIFFERENCE_TEXT], const union verify_row *row);

static void name_order(char out[static DIFFERENCE_TEXT], const union verify_row *row)
{
    char id[UUID_TEXT_SIZE];
    uuid_format(&row->order.order_id, id);
    (void)snprintf(out, DIFFERENCE_TEXT, "order %s (%" PRId64 ")", id, row->number);
}

static void name_line(char out[static DIFFERENCE_TEXT], const union verify_row *row)
{
    (void)snprintf(
        out, DIFFERENCE_TEXT, "order %" PRId64 " line %" PRId64, row->number, row->line.line_no);
}

static void name_customer(char out[static DIFFERENCE_TEXT], const union verify_row *row)
{
    char id[UUID_TEXT_SIZE];
    uuid_format(&row->customer.customer_id, id);
    (void)snprintf(out, DIFFERENCE_TEXT, "customer %s", id);
}

static void name_stock(char out[static DIFFERENCE_TEXT], const union verify_row *row)
{
    (void)snprintf(out, DIFFERENCE_TEXT, "item %" PRId64, row->number);
}

static void name_reservation(char out[static DIFFERENCE_TEXT], const union verify_row *row)
{
    char id[UUID_TEXT_SIZE];
    uuid_format(&row->reservation.order_id, id);
    (void)snprintf(out, DIFFERENCE_TEXT, "item %" PRId64 " order %s", row->number, id);
}

static void name_promotion(char out[static DIFFERENCE_TEXT], const union verify_row *row)
{
    (void)snprintf(out, DIFFERENCE_TEXT, "promotion %" PRId64, row->number);
}

static void name_discount(char out[static DIFFERENCE_TEXT], const union verify_row *row)
{
    char currency[DIFFERENCE_TEXT];
    difference_text(currency, row->discount.currency);
    (void)snprintf(out, DIFFERENCE_TEXT, "promotion %" PRId64 " in %.40s", row->number, currency);
}

/* ---- the tables ---- */

struct table_rule {
    const struct table *table;
    const char *word;
    int64_t key_columns; /* 2: a stream has several rows */
    name_function *name;
    struct db_statement fetch; /* of a cursor that is called verify_ and the word */
};

#define RULE(rows, word_text, keys, name_rows, statement_number) \
    { \
        .table = &(rows), .word = (word_text), .key_columns = (keys), .name = (name_rows), \
        .fetch = { \
            .number = (statement_number), \
            .name = "verify_fetch_" word_text, \
            .sql = "fetch 1000 from verify_" word_text, \
            .expect = DB_ANY_ROWS \
        } \
    }

static struct table_rule rules[VERIFY_TABLES] = {
    [VERIFY_ORDERS] = RULE(summary_table, "orders", 1, name_order, 41),
    [VERIFY_LINES] = RULE(lines_table, "lines", 2, name_line, 42),
    [VERIFY_CUSTOMERS] = RULE(customers_table, "customers", 1, name_customer, 49),
    [VERIFY_STOCK] = RULE(stock_table, "stock", 1, name_stock, 60),
    [VERIFY_RESERVATIONS] = RULE(reservations_table, "reservations", 2, name_reservation, 61),
    [VERIFY_PROMOTIONS] = RULE(promotions_table, "promotions", 1, name_promotion, 62),
    [VERIFY_DISCOUNTS] = RULE(discounts_table, "discounts", 2, name_discount, 63),
};

const char *verify_table_word(enum verify_table which)
{
    return rules[which].word;
}

static bool next_row(struct verify *verify, enum verify_table which, struct error *err)
{
    struct table_walk *walk = &verify->tables[which];
    if (!cursor_next(&walk->cursor, &walk->has_row, err))
        return false;
    if (walk->has_row)
        columns_read(rules[which].table, walk->cursor.page, walk->cursor.row, &walk->row);
    return true;
}

static bool open_table(struct verify *verify, enum verify_table which, struct error *err)
{
    struct table_rule *rule = &rules[which];
    char select[1024];
    char sql[1280];
    columns_select(rule->table, select, sizeof(select));
    int size = snprintf(
        sql,
        sizeof(sql),
        "declare verify_%s no scroll cursor for %s order by %s",
        rule->word,
        select,
        rule->key_columns == 1 ? "1" : "1, 2");
    CHECK(size > 0 && (size_t)size < sizeof(sql));
    rule->fetch.columns = (int)rule->table->column_count;
    struct cursor *cursor = &verify->tables[which].cursor;
    return cursor_open(cursor, &verify->db, sql, &rule->fetch, err) && next_row(verify, which, err);
}

bool verify_open_tables(struct verify *verify, struct error *err)
{
    for (size_t i = 0; i < VERIFY_TABLES; i++) {
        if (!open_table(verify, (enum verify_table)i, err))
            return false;
    }
    return true;
}

/* ---- the merge ---- */

static int compare_keys(const struct table_rule *rule, const void *a, const void *b)
{
    int order = 0;
    for (int64_t i = 0; i < rule->key_columns && order == 0; i++)
        order = columns_order(&rule->table->columns[i], a, b);
    return order;
}

static void note_row(
    struct verify *verify,
    const struct table_rule *rule,
    const union verify_row *row,
    bool expected)
{
    char name[DIFFERENCE_TEXT];
    rule->name(name, row);
    difference_add_row(&verify->differences, rule->table->name, name, expected);
}

bool verify_expect(
    struct verify *verify, enum verify_table which, const void *expected, struct error *err)
{
    struct table_walk *walk = &verify->tables[which];
    const struct table_rule *rule = &rules[which];
    int order = 1;
    walk->expected++;
    while (walk->has_row && (order = compare_keys(rule, &walk->row, expected)) < 0) {
        note_row(verify, rule, &walk->row, false);
        if (!next_row(verify, which, err))
            return false;
    }
    if (!walk->has_row || order != 0) {
        note_row(verify, rule, expected, true);
        return true;
    }
    if (!columns_equal(rule->table, expected, &walk->row)) {
        char name[DIFFERENCE_TEXT];
        rule->name(name, expected);
        columns_compare(rule->table, expected, &walk->row, name, &verify->differences);
    }
    return next_row(verify, which, err);
}

/* Rows of streams before `number` belong to nothing; those of the stream itself are passed over. */
static bool
pass_rows(struct verify *verify, enum verify_table which, int64_t number, struct error *err)
{
    struct table_walk *walk = &verify->tables[which];
    while (walk->has_row && walk->row.number <= number) {
        if (walk->row.number != number)
            note_row(verify, &rules[which], &walk->row, false);
        if (!next_row(verify, which, err))
            return false;
    }
    return true;
}

bool verify_skip_stream(struct verify *verify, int64_t number, struct error *err)
{
    for (size_t i = 0; i < VERIFY_TABLES; i++) {
        if (!pass_rows(verify, (enum verify_table)i, number, err))
            return false;
    }
    return true;
}

bool verify_rest(struct verify *verify, struct error *err)
{
    return verify_skip_stream(verify, INT64_MAX, err);
}
