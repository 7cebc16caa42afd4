/* SPDX-License-Identifier: Apache-2.0 */
/* Opening: a table from nothing to its first answer, a superfile, and what that reads when nothing
 * is resident. */
#include "bench/bench.h"
#include "cache/mmap_source.h"
#include "cache/provider_source.h"
#include "storage/local.h"
#include "superfile/superfile.h"

#include <stdio.h>
#include <string.h>

#define OPEN_ROUNDS 300

static void open_tables(struct bench *bench)
{
    static struct samples samples;
    char check[32];
    size_t round;
    for (round = 0; round < OPEN_ROUNDS; round++) {
        double start = wall_seconds();
        inlay_connection *connection = bench_connect(bench);
        inlay_table *table = bench_open(bench, connection);
        samples_add(&samples, (wall_seconds() - start) * 1e6);
        inlay_table_close(table);
        inlay_close(connection);
    }
    (void)snprintf(check, sizeof(check), "%llu", (unsigned long long)bench->rows);
    report_times(bench->engine, "open", "connect, open table, count", &samples, check);
}

/* The superfile itself opens at the first search: the query's own time is in it. */
static void first_searches(struct bench *bench)
{
    static struct samples samples;
    inlay_search_options options;
    const char *none[1] = {NULL};
    size_t round;
    inlay_error err;
    inlay_error_init(&err);
    inlay_search_options_init(&options);
    options.columns = none;
    for (round = 0; round < OPEN_ROUNDS; round++) {
        double start = wall_seconds();
        inlay_connection *connection = bench_connect(bench);
        inlay_table *table = bench_open(bench, connection);
        struct ArrowArrayStream stream;
        struct stream_content content;
        char query[QUERY_SIZE];
        (void)datagen_word(VOCABULARY / 2, query);
        must(inlay_bm25_search(table, "body", query, &options, &stream, NULL, &err), &err);
        bench_drain(&stream, &content);
        samples_add(&samples, (wall_seconds() - start) * 1e6);
        inlay_table_close(table);
        inlay_close(connection);
    }
    report_times(bench->engine, "open", "connect, open, search a rare term", &samples, "");
}

static void open_superfiles(const struct bench *bench, const struct superfile_place *place)
{
    static struct samples samples;
    size_t round;
    inlay_error err;
    inlay_error_init(&err);
    for (round = 0; round < OPEN_ROUNDS; round++) {
        struct byte_source *source;
        struct superfile *file;
        double start = wall_seconds();
        must(mmap_source_open(place->path, NULL, place->bytes, MMAP_RANDOM, NULL, &source, &err),
             &err);
        must(superfile_open(source, 0, &file, &err), &err);
        samples_add(&samples, (wall_seconds() - start) * 1e6);
        bench_check(superfile_rows(file) == place->rows, "the superfile has other rows");
        superfile_release(file);
        byte_source_release(source);
    }
    report_times(bench->engine, "open", "open a superfile, mapped", &samples, "");
}

/* As from an object store that knows where the hot region starts, which manifests say. */
static void count_cold_reads(const struct bench *bench, struct superfile_place *place)
{
    struct io_account account;
    struct provider *provider;
    struct byte_source *source;
    struct superfile *file;
    uint64_t hot_offset;
    char *name = strrchr(place->path, '/');
    inlay_error err;
    inlay_error_init(&err);
    must(mmap_source_open(place->path, NULL, place->bytes, MMAP_RANDOM, NULL, &source, &err), &err);
    must(superfile_open(source, 0, &file, &err), &err);
    hot_offset = superfile_hot_offset(file);
    superfile_release(file);
    byte_source_release(source);
    memset(&account, 0, sizeof(account));
    *name = '\0';
    must(provider_local_open(place->path, &provider, &err), &err);
    must(provider_source_open(provider, name + 1, place->bytes, NULL, &account, &source, &err),
         &err);
    must(superfile_open(source, hot_offset, &file, &err), &err);
    report_number(bench->engine, "open", "reads of a cold superfile", "reads",
                  (double)account.requests, "");
    report_number(bench->engine, "open", "bytes of a cold superfile", "KiB",
                  (double)account.bytes_read / 1024, "");
    superfile_release(file);
    byte_source_release(source);
    provider_close(provider);
}

void suite_open(struct bench *bench)
{
    inlay_connection *connection = bench_connect(bench);
    inlay_table *table = bench_open(bench, connection);
    struct superfile_place place = bench_superfile(bench, table);
    inlay_table_close(table);
    inlay_close(connection);
    open_tables(bench);
    first_searches(bench);
    open_superfiles(bench, &place);
    count_cold_reads(bench, &place);
}
