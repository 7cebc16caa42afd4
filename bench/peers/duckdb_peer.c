/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SQL suite on DuckDB itself, reading the same superfile as a Parquet file with its own reader.
 * Usage: inlay_bench_duckdb FILE THREADS ROUNDS TITLE. Linked with the library that Inlay uses.
 */
#include "bench/sql_figures.h"
#include "bench/timing.h"

#include <duckdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must_run(duckdb_connection connection, const char *sql, duckdb_result *result)
{
    if (duckdb_query(connection, sql, result) != DuckDBSuccess) {
        (void)fprintf(stderr, "duckdb_peer: %s: %s\n", sql, duckdb_result_error(result));
        exit(1);
    }
}

/* The sum of the last column, or its first text: what the other side reports. */
static void describe(duckdb_result *result, char *out, size_t size)
{
    idx_t column = duckdb_column_count(result) - 1;
    idx_t rows = duckdb_row_count(result);
    long long sum = 0;
    idx_t row;
    if (duckdb_column_type(result, column) == DUCKDB_TYPE_VARCHAR) {
        char *text = duckdb_value_varchar(result, column, 0);
        (void)snprintf(out, size, "0%s", text);
        duckdb_free(text);
        return;
    }
    for (row = 0; row < rows; row++) {
        sum += (long long)duckdb_value_int64(result, column, row);
    }
    (void)snprintf(out, size, "%lld", sum);
}

static void time_figure(duckdb_connection connection, const struct sql_figure *figure,
                        const char *file, const char *title, unsigned rounds, const char *engine)
{
    static struct samples samples;
    char relation[SQL_SIZE / 2];
    char sql[SQL_SIZE];
    char check[300];
    duckdb_result result;
    unsigned round;
    (void)snprintf(relation, sizeof(relation), "read_parquet('%s')", file);
    sql_figure_text(figure, relation, title, sql);
    samples.count = 0;
    for (round = 0; round <= rounds; round++) {
        double start = wall_seconds();
        must_run(connection, sql, &result);
        if (round != 0) { /* the first one warms up */
            samples_add(&samples, (wall_seconds() - start) * 1e6);
        }
        describe(&result, check, sizeof(check));
        duckdb_destroy_result(&result);
    }
    report_times(engine, "sql", figure->name, &samples, check);
}

int main(int argc, char **argv)
{
    duckdb_database database;
    duckdb_connection connection;
    duckdb_result result;
    char text[64];
    size_t i;
    if (argc != 5) {
        (void)fprintf(stderr, "usage: inlay_bench_duckdb FILE THREADS ROUNDS TITLE\n");
        return 2;
    }
    if (duckdb_open(NULL, &database) != DuckDBSuccess ||
        duckdb_connect(database, &connection) != DuckDBSuccess) {
        (void)fprintf(stderr, "duckdb_peer: the database did not open\n");
        return 1;
    }
    (void)snprintf(text, sizeof(text), "PRAGMA threads=%s", argv[2]);
    must_run(connection, text, &result);
    duckdb_destroy_result(&result);
    /* As for Inlay, the file's metadata may stay in memory between statements. */
    must_run(connection, "SET parquet_metadata_cache=true", &result);
    duckdb_destroy_result(&result);
    (void)snprintf(text, sizeof(text), "DuckDB, %s thread%s", argv[2],
                   strcmp(argv[2], "1") == 0 ? "" : "s");
    for (i = 0; i < SQL_FIGURES; i++) {
        time_figure(connection, &sql_figures[i], argv[1], argv[4],
                    (unsigned)strtoul(argv[3], NULL, 10), text);
    }
    duckdb_disconnect(&connection);
    duckdb_close(&database);
    return 0;
}
