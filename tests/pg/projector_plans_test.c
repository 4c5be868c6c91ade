// SPDX-License-Identifier: Apache-2.0
// The statements of a batch find the rows that they read and change by their keys, however many rows
// the tables have: no plan reads a whole table.
#include "projector/statements.h"
#include "support/projection.h"

/* "prepare planned as …; explain execute planned (null, …)" on a connection of the projector. */
static void plan_of(struct db *db, enum projector_query query, char *out, size_t size)
{
    char sql[8192];
    size_t used = 0;
    (void)snprintf(sql, sizeof(sql), "prepare planned as %s", projector_statement(query)->sql);
    PGresult *result = PQexec(db->connection, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        fail_msg("%s: %s", projector_statement(query)->name, PQerrorMessage(db->connection));
    PQclear(result);
    int length = snprintf(sql, sizeof(sql), "explain (costs off) execute planned (null");
    for (size_t i = 1; i < strlen(projector_row_types(query)); i++)
        length += snprintf(sql + length, sizeof(sql) - (size_t)length, ", null");
    (void)snprintf(sql + length, sizeof(sql) - (size_t)length, ")");
    result = PQexec(db->connection, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", projector_statement(query)->name, PQerrorMessage(db->connection));
    for (int i = 0; i < PQntuples(result) && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s\n", PQgetvalue(result, i, 0));
    PQclear(result);
    PQclear(PQexec(db->connection, "deallocate planned"));
}

static void test_no_statement_of_a_batch_reads_a_whole_table(void **state)
{
    const struct projection *projection = *state;
    struct db db;
    struct error err;
    char plan[8192];
    size_t by_index = 0;
    store_database_open(&projection->database, STORE_PROJECTOR, &db);
    assert_true(apply_prepare(&db, &err));
    for (int query = 0; query < QUERY_SETS; query++) {
        plan_of(&db, (enum projector_query)query, plan, sizeof(plan));
        if (strstr(plan, "Seq Scan") != NULL)
            fail_msg("%s:\n%s", projector_statement((enum projector_query)query)->name, plan);
        by_index += strstr(plan, "Index Scan") != NULL;
    }
    db_close(&db);
    assert_int_equal(by_index, 9); /* four that read and five that change older rows */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_no_statement_of_a_batch_reads_a_whole_table,
            projection_set_up,
            projection_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
