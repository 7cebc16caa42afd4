/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQL through inlay_query_sql. bench/sql_figures.h lists the statements, which the DuckDB peer runs
 * over the same file; both report the last column's sum (or first text) as what they found.
 */
#include "bench/bench.h"
#include "bench/sql_figures.h"

#include <stdio.h>

static void run_statement(inlay_connection *connection, const char *sql,
                          struct stream_content *content)
{
    struct ArrowArrayStream stream;
    inlay_error err;
    inlay_error_init(&err);
    must(inlay_query_sql(connection, sql, NULL, 0, NULL, &stream, NULL, &err), &err);
    bench_drain(&stream, content);
}

static void time_figure(const struct bench *bench, inlay_connection *connection,
                        const struct sql_figure *figure, int64_t expected)
{
    static struct samples samples;
    struct stream_content content;
    char sql[SQL_SIZE];
    char title[TITLE_SIZE];
    char check[300];
    unsigned round;
    (void)datagen_title(bench->rows / 2, title);
    sql_figure_text(figure, BENCH_TABLE, title, sql);
    samples.count = 0;
    run_statement(connection, sql, &content); /* warms up */
    for (round = 0; round < bench->rounds; round++) {
        double start = wall_seconds();
        run_statement(connection, sql, &content);
        samples_add(&samples, (wall_seconds() - start) * 1e6);
    }
    bench_check(expected < 0 || content.last_column_sum == expected, "%s: %lld, not %lld",
                figure->name, (long long)content.last_column_sum, (long long)expected);
    (void)snprintf(check, sizeof(check), "%lld%s", (long long)content.last_column_sum,
                   content.first_text);
    report_times(bench->engine, "sql", figure->name, &samples, check);
}

void suite_sql(struct bench *bench)
{
    inlay_connection *connection = bench_connect(bench);
    inlay_table *table = bench_open(bench, connection);
    int64_t expected[SQL_FIGURES];
    int64_t sum = 0;
    int64_t rust = 0;
    uint64_t row;
    size_t i;
    (void)snprintf(bench->engine, sizeof(bench->engine), "inlay, %u thread%s", bench->threads,
                   bench->threads == 1 ? "" : "s");
    for (row = 0; row < bench->rows; row++) {
        struct row_numbers numbers = datagen_numbers(row);
        sum += numbers.n;
        rust += numbers.category == 0;
    }
    for (i = 0; i < SQL_FIGURES; i++) {
        expected[i] = -1; /* compared with the peer's answer only */
    }
    expected[SQL_COUNT] = (int64_t)bench->rows;
    expected[SQL_SUM] = sum;
    expected[SQL_GROUP] = (int64_t)bench->rows;
    expected[SQL_EQUALITY] = rust;
    expected[SQL_POINT] = datagen_numbers(bench->rows / 2).n;
    for (i = 0; i < SQL_FIGURES; i++) {
        time_figure(bench, connection, &sql_figures[i], expected[i]);
    }
    inlay_table_close(table);
    inlay_close(connection);
}
