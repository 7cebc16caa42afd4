/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a search costs in SQL above the same search called from C: both give _id and score of ten
 * rows, and both must find the same rows.
 */
#include "bench/bench.h"
#include "bench/statements.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SEARCHES = 3, VECTOR_SIZE = 16, SEARCH_ROUNDS = 1000, SEARCH_WARM_UPS = 20 };
#define SEARCH_SECONDS 2.0
static const char query_words[] = "term00001 term00050";
static const char *const id_only[] = {"_id"};

static const struct {
    const char *name;
    const char *sql; /* $1 is the vector */
} searches[SEARCHES] = {
    {"bm25", "SELECT _id, score FROM bm25_search('docs', 'title', 'term00001 term00050', k => 10)"},
    {"vector", "SELECT _id, score FROM vector_search('docs', 'emb', $1, k => 10)"},
    {"hybrid",
     "SELECT _id, score FROM hybrid_search('docs', 'title', 'term00001 term00050', 'emb', "
     "$1, k => 10)"},
};

struct search_run {
    inlay_connection *connection;
    inlay_table *table;
    float vector[VECTOR_SIZE];
};

/* The vector of row 7, as bench/sql/data.py makes it. */
static void make_vector(float out[VECTOR_SIZE])
{
    double length = 0;
    int d;
    for (d = 0; d < VECTOR_SIZE; d++) {
        out[d] = (float)((31 * 7 + 7 * d) % 97 + 1);
        length += (double)out[d] * (double)out[d];
    }
    for (d = 0; d < VECTOR_SIZE; d++) {
        out[d] = (float)((double)out[d] / sqrt(length));
    }
}

static void call_search(const struct search_run *run, int search, struct ArrowArrayStream *stream)
{
    inlay_search_options text;
    inlay_vector_options vector;
    inlay_hybrid_options hybrid;
    inlay_error err;
    inlay_error_init(&err);
    inlay_search_options_init(&text);
    inlay_vector_options_init(&vector);
    inlay_hybrid_options_init(&hybrid);
    text.columns = vector.columns = hybrid.columns = id_only;
    text.column_count = vector.column_count = hybrid.column_count = 1;
    if (search == 0) {
        must(inlay_bm25_search(run->table, "title", query_words, &text, stream, NULL, &err), &err);
    } else if (search == 1) {
        must(inlay_vector_search(run->table, "emb", run->vector, VECTOR_SIZE, &vector, stream, NULL,
                                 &err),
             &err);
    } else {
        must(inlay_hybrid_search(run->table, "title", query_words, "emb", run->vector, VECTOR_SIZE,
                                 &hybrid, stream, NULL, &err),
             &err);
    }
}

static void query_search(const struct search_run *run, int search, struct ArrowArrayStream *stream)
{
    inlay_parameter vector = {NULL, INLAY_PARAMETER_FLOATS, 0, 0, run->vector, VECTOR_SIZE};
    inlay_error err;
    inlay_error_init(&err);
    must(inlay_query_sql(run->connection, searches[search].sql, &vector, search != 0, NULL, stream,
                         NULL, &err),
         &err);
}

/* Reads the answer and releases it; adds up the rows' ids, which both ways must give alike. */
static double drain_ids(struct ArrowArrayStream *stream)
{
    struct ArrowSchema schema;
    struct ArrowArray batch;
    struct answer ids = {0};
    bench_check(stream->get_schema(stream, &schema) == 0, "a search gave no schema");
    while (stream->get_next(stream, &batch) == 0 && batch.release != NULL) {
        int64_t children = schema.n_children;
        schema.n_children = 1;
        answer_add(&ids, &schema, &batch);
        schema.n_children = children;
        batch.release(&batch);
    }
    schema.release(&schema);
    stream->release(stream);
    return ids.numbers;
}

static double time_search(const struct search_run *run, int search, const char *way,
                          void (*start_search)(const struct search_run *, int,
                                               struct ArrowArrayStream *))
{
    static struct samples samples;
    double begin = wall_seconds();
    double found = 0;
    int round;
    char name[64];
    char check[64];
    samples.count = 0;
    for (round = 0; round < SEARCH_ROUNDS &&
                    (round < 2 * SEARCH_WARM_UPS || wall_seconds() - begin < SEARCH_SECONDS);
         round++) {
        struct ArrowArrayStream stream;
        double start = wall_seconds();
        start_search(run, search, &stream);
        found = drain_ids(&stream);
        if (round >= SEARCH_WARM_UPS) {
            samples_add(&samples, (wall_seconds() - start) * 1e6);
        }
    }
    (void)snprintf(name, sizeof(name), "%s, %s", searches[search].name, way);
    (void)snprintf(check, sizeof(check), "%.12g", found);
    report_times("inlay", "sql", name, &samples, check);
    return found;
}

void suite_searches(struct bench *bench)
{
    struct search_run run = {.connection = bench_connect(bench)};
    int search;
    run.table = bench_open(bench, run.connection);
    make_vector(run.vector);
    for (search = 0; search < SEARCHES; search++) {
        double called = time_search(&run, search, "called from C", call_search);
        double queried = time_search(&run, search, "in SQL", query_search);
        bench_check(called == queried, "%s: SQL finds other rows than C", searches[search].name);
    }
    inlay_table_close(run.table);
    inlay_close(run.connection);
}
