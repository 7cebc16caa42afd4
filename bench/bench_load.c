/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the tables of bench/sql: the Parquet files of a folder, in the order of their names, go
 * into the table "docs", which exists. Each append takes an equal share of the files and makes one
 * superfile, whatever its size.
 */
#include "bench/bench.h"
#include "columnar/stream.h"
#include "sql/file_reader.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int is_parquet(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot != NULL && strcmp(dot, ".parquet") == 0;
}

/* The folder's files, freed by no one: the process ends after the suite. */
static const char **list_files(const char *folder, size_t *count)
{
    struct dirent **entries = NULL;
    const char **paths;
    int found = scandir(folder, &entries, is_parquet, alphasort);
    int i;
    bench_check(found > 0, "no Parquet files in %s", folder);
    paths = calloc((size_t)found, sizeof(*paths));
    bench_check(paths != NULL, "no memory for %d names", found);
    for (i = 0; i < found; i++) {
        char *path = malloc(PATH_SIZE);
        bench_check(path != NULL && (size_t)snprintf(path, PATH_SIZE, "%s/%s", folder,
                                                     entries[i]->d_name) < PATH_SIZE,
                    "%s/%s is too long", folder, entries[i]->d_name);
        paths[i] = path;
    }
    *count = (size_t)found;
    return paths;
}

/* Opens the table, or makes it with the columns of a file. */
static inlay_table *open_or_create(inlay_connection *connection, const char *path)
{
    struct file_reader_options files = {.format = FILE_PARQUET, .paths = &path, .path_count = 1};
    struct file_reader *reader;
    struct ArrowSchema schema;
    inlay_table *table = NULL;
    inlay_status status;
    inlay_error err;
    inlay_error_init(&err);
    status = inlay_open_table(connection, BENCH_TABLE, NULL, &table, &err);
    if (status != INLAY_NOT_FOUND) {
        must(status, &err);
        return table;
    }
    must(file_reader_open(&files, &reader, &err), &err);
    must(schema_to_arrow(file_reader_schema(reader), &schema, &err), &err);
    must(inlay_create_table(connection, BENCH_TABLE, &schema, NULL, &table, &err), &err);
    schema.release(&schema);
    file_reader_close(reader);
    return table;
}

static inlay_status next_batch(void *context, struct ArrowArray *out, inlay_error *err)
{
    return file_reader_next(context, out, err);
}

static uint64_t append_files(inlay_table *table, const char *const *paths, size_t count)
{
    struct file_reader_options files = {
        .format = FILE_PARQUET, .paths = paths, .path_count = count};
    struct stream_producer producer = {next_batch, NULL, NULL};
    struct ArrowArrayStream stream;
    struct file_reader *reader;
    inlay_append_options options;
    inlay_append_result result;
    inlay_error err;
    inlay_error_init(&err);
    inlay_append_options_init(&options);
    options.target_superfile_bytes = (uint64_t)1 << 40;
    must(file_reader_open(&files, &reader, &err), &err);
    producer.context = reader;
    must(stream_export(file_reader_schema(reader), &producer, &stream, &err), &err);
    must(inlay_table_append(table, &stream, &options, &result, &err), &err);
    bench_check(result.superfiles == 1, "an append made %llu superfiles",
                (unsigned long long)result.superfiles);
    file_reader_close(reader);
    return result.bytes;
}

void suite_load(struct bench *bench)
{
    inlay_connection *connection = bench_connect(bench);
    inlay_table *table;
    double wall = wall_seconds();
    double cpu = cpu_seconds();
    uint64_t bytes = 0;
    size_t count;
    size_t each;
    size_t i;
    char check[32];
    const char **paths;
    bench_check(bench->source != NULL, "--source names the folder of Parquet files");
    paths = list_files(bench->source, &count);
    bench_check(bench->files != 0 && count % bench->files == 0,
                "%zu files are no multiple of %llu appends", count,
                (unsigned long long)bench->files);
    each = count / (size_t)bench->files;
    table = open_or_create(connection, paths[0]);
    for (i = 0; i < count; i += each) {
        bytes += append_files(table, paths + i, each);
    }
    inlay_table_close(table);
    table = bench_open(bench, connection); /* counts the rows */
    (void)snprintf(check, sizeof(check), "%llu", (unsigned long long)bench->rows);
    report_number(bench->engine, "load", "wall", "s", wall_seconds() - wall, check);
    report_number(bench->engine, "load", "processor", "s", cpu_seconds() - cpu, check);
    report_number(bench->engine, "load", "size of the files", "MB", (double)bytes / 1e6, check);
    report_number(bench->engine, "load", "peak memory", "MiB", process_memory("VmHWM"), check);
    inlay_table_close(table);
    inlay_close(connection);
}
