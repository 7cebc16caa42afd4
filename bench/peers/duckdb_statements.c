/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The statements of bench/sql on DuckDB itself, the library that Inlay links, answers taken as
 * Arrow. Usage: inlay_bench_duckdb_statements ENGINE DATABASE SETUP THREADS [STATEMENTS]. DATABASE
 * is a file or
 * ":memory:", SETUP a statement that makes the relation "docs", or "".
 */
#include "bench/statements.h"
#include "bench/timing.h"

#include <duckdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must_run(duckdb_connection connection, const char *sql)
{
    duckdb_result result;
    if (duckdb_query(connection, sql, &result) != DuckDBSuccess) {
        (void)fprintf(stderr, "duckdb_statements: %s: %s\n", sql, duckdb_result_error(&result));
        exit(1);
    }
    duckdb_destroy_result(&result);
}

static void must_succeed(duckdb_error_data error)
{
    if (error != NULL && duckdb_error_data_has_error(error)) {
        (void)fprintf(stderr, "duckdb_statements: %s\n", duckdb_error_data_message(error));
        exit(1);
    }
    duckdb_destroy_error_data(&error);
}

static void make_schema(duckdb_result *result, duckdb_arrow_options options,
                        struct ArrowSchema *schema)
{
    idx_t count = duckdb_column_count(result);
    duckdb_logical_type *types = calloc(count, sizeof(*types));
    const char **names = calloc(count, sizeof(*names));
    idx_t i;
    if (types == NULL || names == NULL) {
        exit(1);
    }
    for (i = 0; i < count; i++) {
        types[i] = duckdb_column_logical_type(result, i);
        names[i] = duckdb_column_name(result, i);
    }
    must_succeed(duckdb_to_arrow_schema(options, types, names, count, schema));
    for (i = 0; i < count; i++) {
        duckdb_destroy_logical_type(&types[i]);
    }
    free(types);
    free(names);
}

static bool run_statement(void *context, const char *sql, struct answer *answer,
                          char problem[PROBLEM_SIZE])
{
    duckdb_connection connection = context;
    duckdb_arrow_options options;
    struct ArrowSchema schema;
    duckdb_result result;
    duckdb_data_chunk chunk;
    if (duckdb_query(connection, sql, &result) != DuckDBSuccess) {
        (void)snprintf(problem, PROBLEM_SIZE, "%s", duckdb_result_error(&result));
        duckdb_destroy_result(&result);
        return false;
    }
    options = duckdb_result_get_arrow_options(&result);
    make_schema(&result, options, &schema);
    while ((chunk = duckdb_fetch_chunk(result)) != NULL) {
        struct ArrowArray batch;
        must_succeed(duckdb_data_chunk_to_arrow(options, chunk, &batch));
        if (answer != NULL) {
            answer_add(answer, &schema, &batch);
        }
        batch.release(&batch);
        duckdb_destroy_data_chunk(&chunk);
    }
    schema.release(&schema);
    duckdb_destroy_arrow_options(&options);
    duckdb_destroy_result(&result);
    return true;
}

int main(int argc, char **argv)
{
    struct statement_engine engine = {argv[1], NULL, run_statement};
    duckdb_database database;
    duckdb_connection connection;
    char text[64];
    bool ok = true;
    if (argc != 5 && argc != 6) {
        (void)fprintf(stderr, "usage: inlay_bench_duckdb_statements ENGINE DATABASE SETUP THREADS "
                              "[STATEMENTS]\n");
        return 2;
    }
    if (duckdb_open(argv[2], &database) != DuckDBSuccess ||
        duckdb_connect(database, &connection) != DuckDBSuccess) {
        (void)fprintf(stderr, "duckdb_statements: %s did not open\n", argv[2]);
        return 1;
    }
    (void)snprintf(text, sizeof(text), "PRAGMA threads=%s", argv[4]);
    must_run(connection, text);
    /* As for Inlay, the files' metadata may stay in memory between statements. */
    must_run(connection, "SET parquet_metadata_cache=true");
    if (argv[3][0] != '\0') {
        must_run(connection, argv[3]);
    }
    if (argc == 6) {
        engine.context = connection;
        ok = statements_run(argv[5], &engine);
    }
    duckdb_disconnect(&connection);
    duckdb_close(&database);
    return ok ? 0 : 1;
}
