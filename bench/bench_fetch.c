/* SPDX-License-Identifier: Apache-2.0 */
/* Ten rows by number out of one superfile, warm: what a search does with its hits. */
#include "base/byte_source.h"
#include "bench/bench.h"
#include "cache/mmap_source.h"
#include "parquet/fetch.h"
#include "superfile/superfile.h"

#define FETCH_ROWS 10
#define FETCH_ROUNDS 2000

/* Columns of the file: _id, n, category, title, body, day. */
static const uint32_t text_columns[] = {1, 3, 4};
static const uint32_t number_columns[] = {1, 5};

static void check_rows(const struct parquet_batch *batch, const uint64_t *rows)
{
    const int64_t *values = batch->columns[0].values;
    size_t i;
    for (i = 0; i < FETCH_ROWS; i++) {
        bench_check(values[i] == datagen_numbers(rows[i]).n, "row %llu has n = %lld",
                    (unsigned long long)rows[i], (long long)values[i]);
    }
}

/* Random rows all over the file, or (`span` > 0) all within a run of that many. */
static void fetch_rounds(const struct bench *bench, struct parquet_reader *reader,
                         const uint32_t *columns, size_t column_count, uint64_t span,
                         const char *name)
{
    static struct samples samples;
    uint64_t total = parquet_reader_rows(reader);
    uint64_t state = 11;
    size_t round;
    inlay_error err;
    inlay_error_init(&err);
    samples.count = 0;
    for (round = 0; round < FETCH_ROUNDS; round++) {
        uint64_t rows[FETCH_ROWS];
        uint64_t base = span != 0 ? (next_random(&state) % (total / span)) * span : 0;
        struct parquet_batch batch;
        double start;
        size_t i;
        for (i = 0; i < FETCH_ROWS; i++) {
            rows[i] = base + next_random(&state) % (span != 0 ? span : total);
        }
        start = wall_seconds();
        must(parquet_fetch_rows(reader, columns, column_count, rows, FETCH_ROWS, &batch, &err),
             &err);
        samples_add(&samples, (wall_seconds() - start) * 1e6);
        check_rows(&batch, rows);
        parquet_batch_release(&batch);
    }
    report_times(bench->engine, "fetch", name, &samples, "");
}

/* The same rows again and again: pages and dictionaries are in the reader's cache. */
static void fetch_again(const struct bench *bench, struct parquet_reader *reader)
{
    static struct samples samples;
    uint64_t rows[FETCH_ROWS];
    uint64_t state = 12;
    size_t round;
    size_t i;
    inlay_error err;
    inlay_error_init(&err);
    samples.count = 0;
    for (i = 0; i < FETCH_ROWS; i++) {
        rows[i] = next_random(&state) % parquet_reader_rows(reader);
    }
    for (round = 0; round < FETCH_ROUNDS; round++) {
        struct parquet_batch batch;
        double start = wall_seconds();
        must(parquet_fetch_rows(reader, text_columns, 3, rows, FETCH_ROWS, &batch, &err), &err);
        samples_add(&samples, (wall_seconds() - start) * 1e6);
        check_rows(&batch, rows);
        parquet_batch_release(&batch);
    }
    report_times(bench->engine, "fetch", "10 rows, warm pages", &samples, "");
}

void suite_fetch(struct bench *bench)
{
    inlay_connection *connection = bench_connect(bench);
    inlay_table *table = bench_open(bench, connection);
    struct superfile *file = NULL;
    struct byte_source *source = NULL;
    struct superfile_place place;
    inlay_error err;
    inlay_error_init(&err);
    place = bench_superfile(bench, table);
    must(mmap_source_open(place.path, NULL, place.bytes, MMAP_RANDOM, NULL, &source, &err), &err);
    must(superfile_open(source, 0, &file, &err), &err);
    fetch_again(bench, superfile_parquet(file));
    fetch_rounds(bench, superfile_parquet(file), text_columns, 3, 0,
                 "10 scattered rows, n title body");
    fetch_rounds(bench, superfile_parquet(file), number_columns, 2, 0, "10 scattered rows, n day");
    fetch_rounds(bench, superfile_parquet(file), text_columns, 3, 1000,
                 "10 of 1000 neighbours, n title body");
    superfile_release(file);
    byte_source_release(source);
    inlay_table_close(table);
    inlay_close(connection);
}
