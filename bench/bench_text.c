/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Full-text search through the public functions: the ten best _id and scores, and counts. A few
 * queries of every kind are also run through the exhaustive engine, which must give the same hits.
 */
#include "base/alloc.h"
#include "bench/bench.h"
#include "cache/mmap_source.h"
#include "superfile/superfile.h"
#include "text/text_search.h"

#include <stdio.h>
#include <string.h>

#define PASSES 3
#define EXHAUSTIVE_QUERIES 3

static const char *const operator_names[] = {"or", "and", "phrase"};

void suite_queries(struct bench *bench)
{
    char title[TITLE_SIZE];
    unsigned kind;
    unsigned i;
    (void)datagen_title(bench->rows / 2, title);
    (void)printf("point lookup\tsql\ttitle\t%s\n", title);
    for (kind = 0; kind < QUERY_KINDS; kind++) {
        for (i = 0; i < QUERIES_PER_KIND; i++) {
            char words[QUERY_SIZE];
            datagen_query(&query_kinds[kind], i, bench->rows, words);
            (void)printf("%s\t%s\t%s\t%s\n", query_kinds[kind].name,
                         query_kinds[kind].action == QUERY_TOP ? "top" : "count",
                         operator_names[query_kinds[kind].operation], words);
        }
    }
}

static void query_text(const struct query_kind *kind, unsigned index, uint64_t rows,
                       char out[QUERY_SIZE + 2])
{
    char words[QUERY_SIZE];
    datagen_query(kind, index, rows, words);
    (void)snprintf(out, QUERY_SIZE + 2, kind->operation == QUERY_PHRASE ? "\"%s\"" : "%s", words);
}

static uint64_t run_query(inlay_table *table, const struct query_kind *kind, const char *text,
                          const inlay_search_options *options)
{
    struct ArrowArrayStream stream;
    struct stream_content content;
    uint64_t count;
    inlay_error err;
    inlay_error_init(&err);
    if (kind->action == QUERY_COUNT) {
        must(inlay_bm25_count(table, "body", text, options, &count, NULL, &err), &err);
        return count;
    }
    must(inlay_bm25_search(table, "body", text, options, &stream, NULL, &err), &err);
    bench_drain(&stream, &content);
    return content.rows;
}

/* `check` is the sum over all queries of rows found, or counted. */
static void time_kind(const struct bench *bench, inlay_table *table, const struct query_kind *kind,
                      inlay_search_options *options, const char *suffix)
{
    static struct samples samples;
    char name[64];
    char check[32];
    uint64_t found = 0;
    unsigned pass;
    unsigned i;
    samples.count = 0;
    options->match_all = kind->operation == QUERY_AND;
    for (pass = 0; pass < PASSES; pass++) { /* the first pass warms up */
        found = 0;
        for (i = 0; i < QUERIES_PER_KIND; i++) {
            char text[QUERY_SIZE + 2];
            double start;
            query_text(kind, i, bench->rows, text);
            start = wall_seconds();
            found += run_query(table, kind, text, options);
            if (pass != 0) {
                samples_add(&samples, (wall_seconds() - start) * 1e6);
            }
        }
    }
    (void)snprintf(name, sizeof(name), "%s%s", kind->name, suffix);
    (void)snprintf(check, sizeof(check), "%llu", (unsigned long long)found);
    report_times(bench->engine, "text", name, &samples, check);
}

static void compare_hits(const struct query_kind *kind, const struct text_query *query,
                         const struct text_segment *segment)
{
    struct text_search_options options;
    struct text_hit *fast = NULL;
    struct text_hit *slow = NULL;
    size_t fast_count;
    size_t slow_count;
    size_t i;
    inlay_error err;
    inlay_error_init(&err);
    text_search_options_init(&options);
    must(text_search(query, segment, 1, &options, &fast, &fast_count, &err), &err);
    options.exhaustive = true;
    must(text_search(query, segment, 1, &options, &slow, &slow_count, &err), &err);
    bench_check(fast_count == slow_count, "%s: other hits than the exhaustive engine's",
                kind->name);
    for (i = 0; i < fast_count; i++) {
        bench_check(fast[i].row == slow[i].row && fast[i].score_sum == slow[i].score_sum,
                    "%s: hit %zu is not the exhaustive engine's", kind->name, i + 1);
    }
    mem_free(fast);
    mem_free(slow);
}

static void check_exhaustively(const struct bench *bench, const struct superfile_place *place)
{
    struct analyzer_config config;
    struct analyzer *analyzer;
    struct byte_source *source;
    struct superfile *file;
    struct text_segment segment = {.index = NULL};
    unsigned kind;
    unsigned i;
    inlay_error err;
    inlay_error_init(&err);
    analyzer_config_init(&config);
    must(analyzer_create(&config, &analyzer, &err), &err);
    must(mmap_source_open(place->path, NULL, place->bytes, MMAP_RANDOM, NULL, &source, &err), &err);
    must(superfile_open(source, 0, &file, &err), &err);
    segment.index = superfile_text(file, "body");
    for (kind = 0; kind < QUERY_KINDS; kind++) {
        for (i = 0; i < EXHAUSTIVE_QUERIES; i++) {
            struct text_query_options options = {0};
            struct text_query *query;
            char text[QUERY_SIZE + 2];
            query_text(&query_kinds[kind], i, bench->rows, text);
            options.require_all = query_kinds[kind].operation == QUERY_AND;
            must(text_query_parse(analyzer, text, strlen(text), &options, &query, &err), &err);
            compare_hits(&query_kinds[kind], query, &segment);
            text_query_free(query);
        }
    }
    superfile_release(file);
    byte_source_release(source);
    analyzer_free(analyzer);
}

void suite_text(struct bench *bench)
{
    inlay_connection *connection = bench_connect(bench);
    inlay_table *table = bench_open(bench, connection);
    struct superfile_place place = bench_superfile(bench, table);
    const char *columns[] = {"n", "title"};
    inlay_search_options options;
    unsigned kind;
    check_exhaustively(bench, &place);
    inlay_search_options_init(&options);
    options.columns = columns;
    options.column_count = 0; /* _id only */
    for (kind = 0; kind < QUERY_KINDS; kind++) {
        time_kind(bench, table, &query_kinds[kind], &options, "");
    }
    options.column_count = 2;
    time_kind(bench, table, &query_kinds[1], &options, ", with n and title");
    inlay_table_close(table);
    inlay_close(connection);
}
