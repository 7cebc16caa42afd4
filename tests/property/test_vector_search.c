/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vector and hybrid search through the public functions, against brute force in
 * this file: exact answers, distances, filters, deterministic order, and what
 * bad input is told.
 */
#include "tables/tables.h"

#include "columnar/builder.h"
#include "columnar/stream.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 1500, DIM = 24, K = 10, CENTERS = 12, QUERIES = 25, DUPLICATES = 20 };

struct corpus {
    float vectors[ROWS][DIM];
    bool null[ROWS];
    char bodies[ROWS][48];
};

struct hits {
    size_t count;
    int64_t keys[ROWS];
    float distances[ROWS];
    inlay_id ids[ROWS];
    uint64_t queries[ROWS];
};

static struct test_random random_numbers;

static double random_unit(void)
{
    return test_random_unit(&random_numbers);
}

static void *allocate(size_t size)
{
    void *memory = calloc(1, size);
    assert_non_null(memory);
    return memory;
}

static float random_near(float center, double spread)
{
    double sum = random_unit() + random_unit() + random_unit() - 1.5;
    return center + (float)(spread * sum);
}

static struct corpus *make_corpus(uint64_t seed)
{
    static const char *const words[] = {"whale", "sea", "fog", "harbour", "captain", "storm"};
    struct corpus *corpus = allocate(sizeof(*corpus));
    float centers[CENTERS][DIM];
    random_numbers = test_random_init(seed);
    for (size_t i = 0; i < CENTERS * DIM; i++) {
        centers[i / DIM][i % DIM] = random_near(0.3f, 2);
    }
    for (size_t row = 0; row < ROWS; row++) {
        size_t center = (size_t)(random_unit() * CENTERS);
        corpus->null[row] = row % 97 == 13;
        for (size_t d = 0; d < DIM; d++) {
            corpus->vectors[row][d] = row > 0 && row <= DUPLICATES
                                          ? corpus->vectors[0][d]
                                          : random_near(centers[center][d], 0.7);
        }
        (void)snprintf(corpus->bodies[row], sizeof(corpus->bodies[row]), "%s %s %s",
                       words[center % 6], words[(size_t)(random_unit() * 6)],
                       words[(size_t)(random_unit() * 6)]);
    }
    return corpus;
}

static void make_schema(struct schema *schema)
{
    struct field *field;
    memset(schema, 0, sizeof(*schema));
    (void)schema_add(schema, "key", COLUMN_INT64, false);
    (void)schema_add(schema, "body", COLUMN_UTF8, false);
    field = schema_add(schema, "embedding", COLUMN_FIXED_LIST, true);
    field->width = DIM;
    (void)field_add_child(field, "item", COLUMN_FLOAT32, true);
}

static void add_row(struct builder *builder, const struct corpus *corpus, size_t row,
                    inlay_error *err)
{
    struct builder *list = builder_child(builder, 2);
    assert_ok(builder_int(builder_child(builder, 0), (int64_t)row, err), *err);
    assert_ok(builder_bytes_value(builder_child(builder, 1), corpus->bodies[row],
                                  strlen(corpus->bodies[row]), err),
              *err);
    if (corpus->null[row]) {
        assert_ok(builder_null(list, err), *err);
    } else {
        for (size_t d = 0; d < DIM; d++) {
            assert_ok(builder_float(builder_child(list, 0), (double)corpus->vectors[row][d], err),
                      *err);
        }
        assert_ok(builder_close_row(list, err), *err);
    }
    assert_ok(builder_close_row(builder, err), *err);
}

static void make_stream(const struct corpus *corpus, size_t first, size_t count,
                        struct ArrowArrayStream *out)
{
    struct schema schema;
    struct builder *builder;
    struct ArrowArray array;
    struct batch batch;
    inlay_error err;
    inlay_error_init(&err);
    make_schema(&schema);
    assert_ok(builder_new_batch(&schema, UINT64_MAX, &builder, &err), err);
    for (size_t row = first; row < first + count; row++) {
        add_row(builder, corpus, row, &err);
    }
    assert_ok(builder_finish(builder, &array, &err), err);
    builder_free(builder);
    assert_ok(
        batch_from_array(&schema, &array, ARRAY_CHECK_FULL, INLAY_INVALID_ARGUMENT, &batch, &err),
        err);
    assert_ok(stream_of_batches(&schema, &batch, 1, out, &err), err);
    schema_free(&schema);
}

static inlay_table *make_table(inlay_connection *connection, const char *name, const char *metric)
{
    inlay_text_index text;
    inlay_vector_index vector;
    inlay_table_options options;
    struct ArrowSchema arrow;
    struct schema schema;
    inlay_table *table = NULL;
    inlay_error err;
    inlay_error_init(&err);
    inlay_text_index_init(&text);
    inlay_vector_index_init(&vector);
    inlay_table_options_init(&options);
    text.column = "body";
    vector.column = "embedding";
    vector.metric = metric;
    options.text_indexes = &text;
    options.text_index_count = 1;
    options.vector_indexes = &vector;
    options.vector_index_count = 1;
    make_schema(&schema);
    assert_ok(schema_to_arrow(&schema, &arrow, &err), err);
    assert_ok(inlay_create_table(connection, name, &arrow, &options, &table, &err), err);
    arrow.release(&arrow);
    schema_free(&schema);
    return table;
}

/* The corpus in `commits` appends. */
static inlay_table *fill_table(inlay_connection *connection, const char *name, const char *metric,
                               const struct corpus *corpus, size_t commits)
{
    inlay_table *table = make_table(connection, name, metric);
    inlay_error err;
    inlay_error_init(&err);
    for (size_t i = 0; i < commits; i++) {
        struct ArrowArrayStream stream;
        size_t first = i * ROWS / commits;
        make_stream(corpus, first, (i + 1) * ROWS / commits - first, &stream);
        assert_ok(inlay_table_append(table, &stream, NULL, NULL, &err), err);
    }
    return table;
}

static inlay_connection *connect_memory(uint32_t threads)
{
    inlay_connect_options options;
    inlay_connection *connection = NULL;
    inlay_error err;
    inlay_error_init(&err);
    inlay_connect_options_init(&options);
    options.threads = threads;
    assert_ok(inlay_connect("memory://", &options, &connection, &err), err);
    return connection;
}

static double distance(const float *a, const float *b, const char *metric)
{
    double dot = 0;
    double aa = 0;
    double bb = 0;
    double l2 = 0;
    for (size_t d = 0; d < DIM; d++) {
        dot += (double)a[d] * (double)b[d];
        aa += (double)a[d] * (double)a[d];
        bb += (double)b[d] * (double)b[d];
        l2 += ((double)a[d] - (double)b[d]) * ((double)a[d] - (double)b[d]);
    }
    if (strcmp(metric, "l2") == 0) {
        return sqrt(l2);
    }
    return strcmp(metric, "cosine") == 0 ? 1 - dot / sqrt(aa * bb) : -dot;
}

struct ranked {
    double distance;
    size_t row;
};

static int by_distance(const void *a, const void *b)
{
    const struct ranked *x = a;
    const struct ranked *y = b;
    if (x->distance != y->distance) {
        return x->distance < y->distance ? -1 : 1;
    }
    return x->row < y->row ? -1 : x->row > y->row;
}

static size_t brute_force(const struct corpus *corpus, const float *query, const char *metric,
                          bool (*wanted)(size_t row), struct ranked *out)
{
    size_t count = 0;
    for (size_t row = 0; row < ROWS; row++) {
        if (!corpus->null[row] && (wanted == NULL || wanted(row))) {
            out[count].row = row;
            out[count++].distance = distance(query, corpus->vectors[row], metric);
        }
    }
    qsort(out, count, sizeof(*out), by_distance);
    return count;
}

static void take_hit(void *context, const struct array_view *batch, int64_t row)
{
    struct hits *hits = context;
    const uint8_t *id = array_view_fixed(&batch->children[0], row);
    memcpy(&hits->ids[hits->count].lo, id, 8);
    memcpy(&hits->ids[hits->count].hi, id + 8, 8);
    hits->keys[hits->count] = array_view_int(&batch->children[1], row);
    hits->distances[hits->count] = (float)array_view_float(&batch->children[2], row);
    hits->queries[hits->count] =
        batch->child_count > 3 ? (uint64_t)array_view_int(&batch->children[3], row) : 0;
    hits->count++;
}

static const char *const key_columns[] = {"_id", "key"};

static void search(inlay_table *table, const float *query, const inlay_vector_options *options,
                   struct hits *hits)
{
    inlay_vector_options narrow = *options;
    struct ArrowArrayStream stream;
    inlay_error err;
    inlay_error_init(&err);
    narrow.columns = key_columns;
    narrow.column_count = 2;
    hits->count = 0;
    assert_ok(inlay_vector_search(table, "embedding", query, DIM, &narrow, &stream, NULL, &err),
              err);
    assert_ok(tables_each_row(&stream, take_hit, hits, &err), err);
}

static void make_query(const struct corpus *corpus, size_t number, float *query)
{
    for (size_t d = 0; d < DIM; d++) {
        query[d] = random_near(corpus->vectors[(number * 61 + 30) % ROWS][d], 0.5);
    }
}

/* The same rows as brute force, but for rows whose distances f32 cannot tell
 * apart. */
static void assert_exact(const struct hits *hits, const struct ranked *truth, size_t count,
                         const struct corpus *corpus, const float *query, const char *metric)
{
    assert_int_equal(hits->count, count);
    for (size_t i = 0; i < count; i++) {
        double own = distance(query, corpus->vectors[hits->keys[i]], metric);
        assert_true(fabs(own - truth[i].distance) < 1e-4);
        assert_true(fabs((double)hits->distances[i] - own) < 1e-4);
    }
}

static void exact_search_is_brute_force(void **state)
{
    static const char *const metrics[] = {"cosine", "l2", "inner_product"};
    struct corpus *corpus = make_corpus(1);
    struct ranked *truth = allocate(ROWS * sizeof(*truth));
    struct hits *hits = allocate(sizeof(*hits));
    (void)state;
    for (size_t m = 0; m < 3; m++) {
        inlay_connection *connection = connect_memory(2);
        inlay_table *table = fill_table(connection, "t", metrics[m], corpus, 3);
        inlay_vector_options options;
        inlay_vector_options_init(&options);
        options.exact = 1;
        for (size_t q = 0; q < QUERIES; q++) {
            float query[DIM];
            make_query(corpus, q, query);
            (void)brute_force(corpus, query, metrics[m], NULL, truth);
            options.k = q % 3 == 0 ? 100 : K;
            search(table, query, &options, hits);
            assert_exact(hits, truth, (size_t)options.k, corpus, query, metrics[m]);
        }
        inlay_table_close(table);
        inlay_close(connection);
    }
    free(corpus);
    free(truth);
    free(hits);
}

/* The default recall is kept whatever number of superfiles the rows are in, for one hit and for
 * many. Stored rows and others ask. */
static void the_index_finds_what_was_asked_for(void **state)
{
    static const char *const metrics[] = {"cosine", "l2", "inner_product"};
    static const size_t commits[] = {1, 2, 8};
    struct corpus *corpus = make_corpus(2);
    struct hits *exact = allocate(sizeof(*exact));
    struct hits *found = allocate(sizeof(*found));
    (void)state;
    for (size_t m = 0; m < 9; m++) {
        const char *metric = metrics[m % 3];
        inlay_connection *connection = connect_memory(1);
        inlay_table *table = fill_table(connection, "t", metric, corpus, commits[m / 3]);
        inlay_vector_options options;
        size_t agreed = 0;
        size_t asked = 0;
        inlay_vector_options_init(&options);
        for (size_t q = 0; q < 2 * QUERIES; q++) {
            float query[DIM];
            make_query(corpus, q, query);
            if (q % 2 == 0) {
                memcpy(query, corpus->vectors[(q * 37 + 25) % ROWS], sizeof(query));
            }
            options.k = q % 3 == 0 ? 1 : K;
            options.exact = 1;
            search(table, query, &options, exact);
            options.exact = 0;
            search(table, query, &options, found);
            assert_int_equal(found->count, options.k);
            asked += found->count;
            for (size_t i = 0; i < found->count; i++) {
                assert_true(found->distances[i] >= exact->distances[i]);
                agreed += found->distances[i] <= exact->distances[exact->count - 1];
            }
        }
        if (agreed < asked * 97 / 100) {
            fail_msg("%s in %zu superfiles: %zu of %zu found", metric, commits[m / 3], agreed,
                     asked);
        }
        inlay_table_close(table);
        inlay_close(connection);
    }
    free(corpus);
    free(exact);
    free(found);
}

static bool is_third(size_t row)
{
    return row % 3 == 0;
}

static bool is_rare(size_t row)
{
    return row % 211 == 5;
}

/* Fewer than k allowed rows come back whole; more give exactly k; excluded ones
 * never come. */
static void filters_apply_before_ranking(void **state)
{
    struct corpus *corpus = make_corpus(3);
    inlay_connection *connection = connect_memory(1);
    inlay_table *table = fill_table(connection, "t", "l2", corpus, 4);
    struct hits *all = allocate(sizeof(*all));
    struct hits *found = allocate(sizeof(*found));
    struct ranked *truth = allocate(ROWS * sizeof(*truth));
    inlay_id *ids = allocate(ROWS * sizeof(*ids));
    bool (*const wanted[])(size_t) = {is_third, is_rare};
    inlay_vector_options options;
    inlay_filter filter;
    float query[DIM];
    (void)state;
    make_query(corpus, 5, query);
    inlay_vector_options_init(&options);
    options.exact = 1;
    options.k = ROWS;
    search(table, query, &options, all);
    options.filter = &filter;
    for (size_t w = 0; w < 4; w++) {
        size_t expected = brute_force(corpus, query, "l2", wanted[w / 2], truth);
        inlay_filter_init(&filter);
        for (size_t i = 0; i < all->count; i++) {
            if (wanted[w / 2]((size_t)all->keys[i])) {
                ids[filter.allowed_count++] = all->ids[i];
            }
        }
        filter.allowed = ids;
        filter.excluded = ids;
        filter.excluded_count = 2; /* the nearest two */
        options.k = 20;
        options.exact = w % 2 == 0;
        search(table, query, &options, found);
        expected = expected - 2 < 20 ? expected - 2 : 20;
        assert_int_equal(found->count, expected);
        for (size_t i = 0; i < found->count; i++) {
            assert_true(wanted[w / 2]((size_t)found->keys[i]));
        }
        if (options.exact) {
            assert_exact(found, truth + 2, expected, corpus, query, "l2");
        }
    }
    filter.allowed_count = 0;
    search(table, query, &options, found);
    assert_int_equal(found->count, 0);
    free(ids);
    free(truth);
    free(found);
    free(all);
    inlay_table_close(table);
    inlay_close(connection);
    free(corpus);
}

static void offsets_radii_and_batches_agree(void **state)
{
    struct corpus *corpus = make_corpus(4);
    inlay_connection *connection = connect_memory(2);
    inlay_table *table = fill_table(connection, "t", "cosine", corpus, 2);
    struct hits *whole = allocate(sizeof(*whole));
    struct hits *part = allocate(sizeof(*part));
    float queries[QUERIES][DIM];
    struct ArrowArrayStream stream;
    inlay_vector_options options;
    inlay_error err;
    size_t at = 0;
    (void)state;
    inlay_error_init(&err);
    inlay_vector_options_init(&options);
    for (size_t q = 0; q < QUERIES; q++) {
        make_query(corpus, q, queries[q]);
    }
    options.k = 30;
    options.exact = 1;
    search(table, queries[0], &options, whole);
    options.within = 1;
    options.max_distance = whole->distances[7]; /* inclusive */
    search(table, queries[0], &options, part);
    assert_int_equal(part->count, 8);
    options.exact = 0;
    search(table, queries[0], &options, part);
    assert_true(part->count >= 6 && part->count <= 8);
    assert_true(part->distances[part->count - 1] <= options.max_distance);
    options.within = 0;
    options.exact = 1;
    options.k = 10;
    options.offset = 20;
    search(table, queries[0], &options, part);
    assert_int_equal(part->count, 10);
    assert_memory_equal(part->keys, whole->keys + 20, 10 * sizeof(*part->keys));
    options.exact = 0;
    options.offset = 0;
    options.columns = key_columns;
    options.column_count = 2;
    whole->count = 0;
    assert_ok(inlay_vector_search_batch(table, "embedding", queries[0], QUERIES, DIM, &options,
                                        &stream, NULL, &err),
              err);
    assert_ok(tables_each_row(&stream, take_hit, whole, &err), err);
    assert_int_equal(whole->count, QUERIES * K);
    for (size_t q = 0; q < QUERIES; q++) {
        search(table, queries[q], &options, part);
        for (size_t i = 0; i < K; i++, at++) {
            assert_int_equal(whole->queries[at], q);
            assert_int_equal(whole->keys[at], part->keys[i]);
            assert_true(whole->distances[at] == part->distances[i]);
        }
    }
    free(whole);
    free(part);
    inlay_table_close(table);
    inlay_close(connection);
    free(corpus);
}

/* Rows with equal vectors stand in order of _id, whatever number of threads
 * made and asked. */
static void order_is_total(void **state)
{
    struct corpus *corpus = make_corpus(5);
    struct hits *seen[2];
    (void)state;
    for (uint32_t t = 0; t < 2; t++) {
        inlay_connection *connection = connect_memory(t + 1);
        inlay_table *table = fill_table(connection, "t", "cosine", corpus, 2);
        inlay_vector_options options;
        inlay_vector_options_init(&options);
        options.k = 40;
        seen[t] = allocate(sizeof(*seen[t]));
        search(table, corpus->vectors[0], &options, seen[t]);
        for (size_t i = 0; i <= DUPLICATES - 1; i++) { /* row 13 has no vector */
            assert_int_equal(seen[t]->keys[i], i < 13 ? i : i + 1);
        }
        inlay_table_close(table);
        inlay_close(connection);
    }
    assert_memory_equal(seen[0]->keys, seen[1]->keys, 40 * sizeof(int64_t));
    assert_memory_equal(seen[0]->distances, seen[1]->distances, 40 * sizeof(float));
    free(seen[0]);
    free(seen[1]);
    free(corpus);
}

struct fused_rows {
    size_t count;
    int64_t keys[64];
    double scores[64];
    int64_t text_ranks[64]; /* 0 = null */
    int64_t vector_ranks[64];
};

static void take_fused(void *context, const struct array_view *batch, int64_t row)
{
    struct fused_rows *rows = context;
    const struct array_view *columns = batch->children;
    rows->keys[rows->count] = array_view_int(&columns[1], row);
    rows->scores[rows->count] = array_view_float(&columns[2], row);
    rows->text_ranks[rows->count] =
        array_view_is_null(&columns[3], row) ? 0 : array_view_int(&columns[3], row);
    assert_int_equal(array_view_is_null(&columns[4], row), rows->text_ranks[rows->count] == 0);
    rows->vector_ranks[rows->count] =
        array_view_is_null(&columns[5], row) ? 0 : array_view_int(&columns[5], row);
    assert_int_equal(array_view_is_null(&columns[6], row), rows->vector_ranks[rows->count] == 0);
    rows->count++;
}

static void hybrid_fuses_both_rankings(void **state)
{
    struct corpus *corpus = make_corpus(6);
    inlay_connection *connection = connect_memory(1);
    inlay_table *table = fill_table(connection, "t", "cosine", corpus, 3);
    struct hits *vectors = allocate(sizeof(*vectors));
    struct table_hit_seen texts[100];
    size_t text_count;
    struct fused_rows rows = {0};
    struct ArrowArrayStream stream;
    inlay_search_options text_options;
    inlay_vector_options vector_options;
    inlay_hybrid_options options;
    inlay_error err;
    float query[DIM];
    (void)state;
    inlay_error_init(&err);
    make_query(corpus, 9, query);
    inlay_search_options_init(&text_options);
    text_options.k = 100;
    assert_ok(tables_search(table, "whale storm", &text_options, texts, &text_count, &err), err);
    inlay_vector_options_init(&vector_options);
    vector_options.k = 100;
    search(table, query, &vector_options, vectors);
    inlay_hybrid_options_init(&options);
    options.k = 40;
    options.depth = 100;
    options.columns = key_columns;
    options.column_count = 2;
    assert_ok(inlay_hybrid_search(table, "body", "whale storm", "embedding", query, DIM, &options,
                                  &stream, NULL, &err),
              err);
    assert_ok(tables_each_row(&stream, take_fused, &rows, &err), err);
    assert_int_equal(rows.count, 40);
    for (size_t i = 0; i < rows.count; i++) {
        double score = 0;
        if (rows.text_ranks[i] != 0) {
            assert_int_equal(texts[rows.text_ranks[i] - 1].key, rows.keys[i]);
            score += 1.0 / (60.0 + (double)rows.text_ranks[i]);
        }
        if (rows.vector_ranks[i] != 0) {
            assert_int_equal(vectors->keys[rows.vector_ranks[i] - 1], rows.keys[i]);
            score += 1.0 / (60.0 + (double)rows.vector_ranks[i]);
        }
        assert_true(fabs(rows.scores[i] - score) < 1e-12);
        assert_true(i == 0 || rows.scores[i] <= rows.scores[i - 1]);
    }
    assert_true(rows.text_ranks[0] != 0 || rows.vector_ranks[0] != 0);
    free(vectors);
    inlay_table_close(table);
    inlay_close(connection);
    free(corpus);
}

static void recall_is_measured(void **state)
{
    struct corpus *corpus = make_corpus(7);
    inlay_connection *connection = connect_memory(2);
    inlay_table *table = fill_table(connection, "t", "cosine", corpus, 1);
    inlay_vector_options options;
    inlay_recall_result all;
    inlay_recall_result one;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    inlay_vector_options_init(&options);
    assert_ok(inlay_measure_recall(table, "embedding", &options, 50, &all, &err), err);
    assert_int_equal(all.queries, 50);
    assert_true(all.recall > 0.95 && all.recall <= 1);
    assert_true(all.least_recall <= all.recall);
    options.nprobe = 1;
    assert_ok(inlay_measure_recall(table, "embedding", &options, 50, &one, &err), err);
    assert_true(one.cells_probed == 1);
    assert_true(one.recall < all.recall);
    inlay_table_close(table);
    inlay_close(connection);
    free(corpus);
}

/* Many small appends, as a stream of documents makes them: each superfile knows of few rows only,
 * and the recall that is asked for is of all of them. */
static void many_small_superfiles_find_as_much(void **state)
{
    static const char *const metrics[] = {"cosine", "l2", "inner_product"};
    static const size_t commits[] = {12, 150};
    struct corpus *corpus = make_corpus(9);
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        inlay_connection *connection = connect_memory(2);
        inlay_table *table = fill_table(connection, "t", metrics[i % 3], corpus, commits[i / 3]);
        for (size_t k = 1; k <= 10; k += 9) {
            inlay_vector_options options;
            inlay_recall_result recall;
            inlay_error err;
            inlay_error_init(&err);
            inlay_vector_options_init(&options);
            options.k = k;
            assert_ok(inlay_measure_recall(table, "embedding", &options, 300, &recall, &err), err);
            if (recall.recall < 0.99) {
                fail_msg("%s, %zu superfiles: recall@%zu is %g", metrics[i % 3], commits[i / 3], k,
                         recall.recall);
            }
        }
        inlay_table_close(table);
        inlay_close(connection);
    }
    free(corpus);
}

static void mistakes_are_named(void **state)
{
    struct corpus *corpus = make_corpus(8);
    inlay_connection *connection = connect_memory(1);
    inlay_table *table = make_table(connection, "t", NULL);
    struct ArrowArrayStream stream;
    inlay_vector_options options;
    struct hits *hits = allocate(sizeof(*hits));
    float query[DIM] = {1};
    uint64_t rows;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    inlay_vector_options_init(&options);
    search(table, query, &options, hits); /* a table without rows */
    assert_int_equal(hits->count, 0);
    corpus->vectors[700][3] = (float)NAN;
    make_stream(corpus, 0, ROWS, &stream);
    assert_status(inlay_table_append(table, &stream, NULL, NULL, &err), INLAY_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "embedding"));
    assert_int_equal(err.row, 700);
    assert_ok(inlay_table_count(table, &rows, &err), err);
    assert_int_equal(rows, 0);
    assert_status(inlay_vector_search(table, "body", query, DIM, NULL, &stream, NULL, &err),
                  INLAY_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "\"embedding\""));
    assert_status(inlay_vector_search(table, "embedding", query, 3, NULL, &stream, NULL, &err),
                  INLAY_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "24"));
    query[5] = (float)INFINITY;
    assert_status(inlay_vector_search(table, "embedding", query, DIM, NULL, &stream, NULL, &err),
                  INLAY_INVALID_ARGUMENT);
    query[5] = 0;
    options.recall = 2;
    assert_status(
        inlay_vector_search(table, "embedding", query, DIM, &options, &stream, NULL, &err),
        INLAY_INVALID_ARGUMENT);
    free(hits);
    inlay_table_close(table);
    inlay_close(connection);
    free(corpus);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_search_is_brute_force),
        cmocka_unit_test(the_index_finds_what_was_asked_for),
        cmocka_unit_test(filters_apply_before_ranking),
        cmocka_unit_test(offsets_radii_and_batches_agree),
        cmocka_unit_test(order_is_total),
        cmocka_unit_test(hybrid_fuses_both_rankings),
        cmocka_unit_test(recall_is_measured),
        cmocka_unit_test(many_small_superfiles_find_as_much),
        cmocka_unit_test(mistakes_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
