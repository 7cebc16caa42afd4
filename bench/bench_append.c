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

/* For the peers that read the same file. */
static void report_path(const struct bench *bench, inlay_table *table)
{
    struct superfile_place place = bench_superfile(bench, table);
    (void)fprintf(stderr, "superfile: %s\n", place.path);
}

void suite_append(struct bench *bench)
{
    inlay_connection *connection = bench_connect(bench);
    inlay_table *table = create_table(connection);
    inlay_append_options options;
    inlay_append_result result;
    struct datagen_totals totals;
    struct ArrowArrayStream stream;
    double wall;
    double cpu;
    double megabytes;
    char check[32];
    uint64_t rows;
    inlay_error err;
    inlay_error_init(&err);
    inlay_append_options_init(&options);
    if (bench->file_mib != 0) {
        options.target_superfile_bytes = bench->file_mib << 20;
    }
    must(datagen_stream(bench->rows, &totals, &stream, &err), &err);
    wall = wall_seconds();
    cpu = cpu_seconds();
    must(inlay_table_append(table, &stream, &options, &result, &err), &err);
    wall = wall_seconds() - wall - totals.wall;
    cpu = cpu_seconds() - cpu - totals.cpu;
    megabytes = (double)totals.text_bytes / 1e6;
    bench_check(result.rows == bench->rows, "appended %llu of %llu rows",
                (unsigned long long)result.rows, (unsigned long long)bench->rows);
    must(inlay_table_count(table, &rows, &err), &err);
    (void)snprintf(check, sizeof(check), "%llu", (unsigned long long)rows);
    report_number(bench->engine, "append", "text per processor second", "MB/s", megabytes / cpu,
                  check);
    report_number(bench->engine, "append", "text per second", "MB/s", megabytes / wall, check);
    report_number(bench->engine, "append", "text", "MB", megabytes, check);
    report_number(bench->engine, "append", "size of the files", "MB", (double)result.bytes / 1e6,
                  check);
    report_number(bench->engine, "append", "peak memory", "MiB", process_memory("VmHWM"), check);
    if (result.superfiles == 1) {
        report_path(bench, table);
    }
    inlay_table_close(table);
    inlay_close(connection);
}
