/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a Parquet file with DuckDB alone: a superfile is a plain table to it.
 * usage: plain_duckdb SQL     prints the rows, tab separated, with a header */
#include <duckdb.h>

#include <stdio.h>

static void print_rows(duckdb_result *result)
{
    idx_t columns = duckdb_column_count(result);
    for (idx_t c = 0; c < columns; c++) {
        printf("%s%s", c > 0 ? "\t" : "", duckdb_column_name(result, c));
    }
    for (idx_t row = 0; row < duckdb_row_count(result); row++) {
        for (idx_t c = 0; c < columns; c++) {
            char *value = duckdb_value_varchar(result, c, row);
            printf("%s%s", c > 0 ? "\t" : "\n", value ? value : "NULL");
            duckdb_free(value);
        }
    }
    putchar('\n');
}

int main(int argc, char **argv)
{
    duckdb_database database = NULL;
    duckdb_connection connection = NULL;
    duckdb_result result;
    int code = 1;
    if (argc != 2) {
        fputs("usage: plain_duckdb SQL\n", stderr);
        return 2;
    }
    if (duckdb_open(NULL, &database) == DuckDBSuccess &&
        duckdb_connect(database, &connection) == DuckDBSuccess) {
        code = duckdb_query(connection, argv[1], &result) == DuckDBSuccess ? 0 : 1;
        if (code == 0) {
            print_rows(&result);
        } else {
            fprintf(stderr, "%s\n", duckdb_result_error(&result));
        }
        duckdb_destroy_result(&result);
    }
    duckdb_disconnect(&connection);
    duckdb_close(&database);
    return code;
}
