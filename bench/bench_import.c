/* SPDX-License-Identifier: Apache-2.0 */
/* inlay_import of a file or folder, or of generated NDJSON when no --source is given. */
#include "bench/bench.h"

#include <stdio.h>
#include <unistd.h>

static void write_ndjson(const char *path, uint64_t rows)
{
    FILE *file = fopen(path, "w");
    uint64_t row;
    bench_check(file != NULL, "cannot write %s", path);
    for (row = 0; row < rows; row++) {
        struct row_numbers numbers = datagen_numbers(row);
        char title[TITLE_SIZE];
        char body[BODY_SIZE];
        (void)datagen_title(row, title);
        (void)datagen_body(row, body);
        (void)fprintf(file,
                      "{\"n\": %lld, \"category\": \"%s\", \"title\": \"%s\", \"body\": \"%s\", "
                      "\"day\": %d}\n",
                      (long long)numbers.n, datagen_category(numbers.category), title, body,
                      numbers.day);
    }
    bench_check(fclose(file) == 0, "cannot write %s", path);
}

static inlay_import_result import_source(inlay_connection *connection, const char *source,
                                         bool indexes)
{
    inlay_text_index texts[2];
    inlay_import_options options;
    inlay_import_result result;
    inlay_error err;
    inlay_error_init(&err);
    inlay_text_index_init(&texts[0]);
    inlay_text_index_init(&texts[1]);
    texts[0].column = "title";
    texts[1].column = "body";
    inlay_import_options_init(&options);
    options.text_indexes = indexes ? texts : NULL;
    options.text_index_count = indexes ? 2 : 0;
    must(inlay_import(connection, BENCH_TABLE, source, &options, &result, &err), &err);
    return result;
}

void suite_import(struct bench *bench)
{
    inlay_connection *connection = bench_connect(bench);
    const char *source = bench->source;
    const char *kind = source != NULL ? "folder" : "NDJSON";
    inlay_import_result result;
    char path[PATH_SIZE];
    char name[64];
    double megabytes;
    double wall;
    double cpu;
    if (source == NULL) {
        (void)snprintf(path, sizeof(path), "%s/rows.ndjson", bench->folder);
        write_ndjson(path, bench->rows);
        source = path;
    }
    wall = wall_seconds();
    cpu = cpu_seconds();
    result = import_source(connection, source, bench->source == NULL);
    wall = wall_seconds() - wall;
    cpu = cpu_seconds() - cpu;
    megabytes = (double)result.bytes / 1e6;
    bench_check(bench->source != NULL || result.rows == bench->rows, "imported %llu of %llu rows",
                (unsigned long long)result.rows, (unsigned long long)bench->rows);
    (void)snprintf(name, sizeof(name), "%s of %.0f MB, per processor second", kind, megabytes);
    report_number(bench->engine, "import", name, "MB/s", megabytes / cpu, "");
    (void)snprintf(name, sizeof(name), "%s of %.0f MB, per second", kind, megabytes);
    report_number(bench->engine, "import", name, "MB/s", megabytes / wall, "");
    (void)snprintf(name, sizeof(name), "%s of %.0f MB, peak memory", kind, megabytes);
    report_number(bench->engine, "import", name, "MiB", process_memory("VmHWM"), "");
    if (bench->source == NULL) {
        (void)unlink(path);
    }
    inlay_close(connection);
}
