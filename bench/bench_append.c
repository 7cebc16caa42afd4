/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the benchmark's table: generated rows, one append, one text index on title and one with
 * positions on body. The time that generating takes is measured apart and taken off.
 */
#include "bench/bench.h"
#include "columnar/schema.h"

#include <stdio.h>

static inlay_table *create_table(inlay_connection *connection)
{
    inlay_text_index texts[2];
    inlay_table_options options;
    struct ArrowSchema arrow;
    struct schema schema;
    inlay_table *table = NULL;
    inlay_error err;
    inlay_error_init(&err);
    inlay_text_index_init(&texts[0]);
    inlay_text_index_init(&texts[1]);
    texts[0].column = "title";
    texts[1].column = "body";
    inlay_table_options_init(&options);
    options.text_indexes = texts;
    options.text_index_count = 2;
    must(datagen_schema(&schema, &err), &err);
    must(schema_to_arrow(&schema, &arrow, &err), &err);
    must(inlay_create_table(connection, BENCH_TABLE, &arrow, &options, &table, &err), &err);
    arrow.release(&arrow);
    schema_free(&schema);
    return table;
}

struct append_run {
    inlay_append_result result;
    struct datagen_totals totals;
    double wall; /* seconds, without making the rows */
    double cpu;
};

static struct append_run append_rows(const struct bench *bench, inlay_table *table)
{
    struct append_run run;
    inlay_append_options options;
    struct ArrowArrayStream stream;
    uint64_t rows;
    inlay_error err;
    inlay_error_init(&err);
    inlay_append_options_init(&options);
    if (bench->file_mib != 0) {
        options.target_superfile_bytes = bench->file_mib << 20;
    }
    must(datagen_stream(bench->rows, &run.totals, &stream, &err), &err);
    run.wall = wall_seconds();
    run.cpu = cpu_seconds();
    must(inlay_table_append(table, &stream, &options, &run.result, &err), &err);
    run.wall = wall_seconds() - run.wall - run.totals.wall;
    run.cpu = cpu_seconds() - run.cpu - run.totals.cpu;
    must(inlay_table_count(table, &rows, &err), &err);
    bench_check(rows == bench->rows && run.result.rows == rows, "appended %llu rows, found %llu",
                (unsigned long long)run.result.rows, (unsigned long long)rows);
    return run;
}

void suite_append(struct bench *bench)
{
    inlay_connection *connection = bench_connect(bench);
    inlay_table *table = create_table(connection);
    struct append_run run = append_rows(bench, table);
    double megabytes = (double)run.totals.text_bytes / 1e6;
    char check[32];
    (void)snprintf(check, sizeof(check), "%llu", (unsigned long long)run.result.rows);
    report_number(bench->engine, "append", "text per processor second", "MB/s", megabytes / run.cpu,
                  check);
    report_number(bench->engine, "append", "text per second", "MB/s", megabytes / run.wall, check);
    report_number(bench->engine, "append", "text", "MB", megabytes, check);
    report_number(bench->engine, "append", "size of the files", "MB",
                  (double)run.result.bytes / 1e6, check);
    report_number(bench->engine, "append", "peak memory", "MiB", process_memory("VmHWM"), check);
    inlay_table_close(table);
    inlay_close(connection);
}

void suite_memory(struct bench *bench)
{
    inlay_connection *connection = bench_connect(bench);
    inlay_table *table = create_table(connection);
    struct append_run run = append_rows(bench, table);
    char name[64];
    (void)snprintf(name, sizeof(name), "peak of appending %.0f MiB",
                   (double)run.totals.text_bytes / 1048576);
    report_number(bench->engine, "memory", name, "MiB", process_memory("VmHWM"), "");
    inlay_table_close(table);
    inlay_close(connection);
}
