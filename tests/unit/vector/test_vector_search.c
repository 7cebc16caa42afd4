/* SPDX-License-Identifier: Apache-2.0 */
/* Search against a brute force written here in doubles: elements, metrics, filters, ties, waves. */
#include "support/alloc_fault.h"
#include "support/test.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/byte_source.h"
#include "base/cpu.h"
#include "vector/query/rank.h"
#include "vector/vector_builder.h"
#include "vector/vector_recall.h"
#include "vector/vector_search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct table { /* one segment with its raw rows */
    size_t rows;
    uint32_t dim;
    enum vector_metric metric;
    enum vector_element element;
    uint8_t *raw;  /* as stored */
    float *floats; /* the same as floats */
    uint8_t *is_null;
    struct buffer hot;
    struct buffer body;
    struct byte_source *source;
    struct vector_index *index;
    bool resident;
    bool ids_descend;
    unsigned row_waves;
    size_t rows_read;
};

static float normal(struct test_random *random)
{
    double u = 1 - test_random_unit(random);
    return (float)(sqrt(-2 * log(u)) * cos(6.283185307179586 * test_random_unit(random)));
}

static size_t size_of(enum vector_element element)
{
    return element == VECTOR_F16 ? 2 : element == VECTOR_F64 ? 8 : 4;
}

/* Values that every element type holds exactly: eighths from -8 to 8, whole for int8. */
static float small_value(struct test_random *random, enum vector_element element)
{
    float value = rintf(16 * normal(random)) / 8;
    value = value > 8 ? 8 : value < -8 ? -8 : value;
    return element == VECTOR_I8 ? rintf(8 * value) : value;
}

static uint16_t half_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    if (value == 0) {
        return 0;
    }
    return (uint16_t)((bits >> 16 & 0x8000) | (((bits >> 23 & 255) - 112) << 10) |
                      (bits >> 13 & 0x3ff));
}

static void store(struct table *t, size_t at, float value)
{
    uint8_t *out = t->raw + at * size_of(t->element);
    double wide = value;
    int32_t whole = (int32_t)value;
    uint16_t half = half_of(value);
    t->floats[at] = value;
    switch (t->element) {
    case VECTOR_F32:
        memcpy(out, &value, 4);
        break;
    case VECTOR_F16:
        memcpy(out, &half, 2);
        break;
    case VECTOR_F64:
        memcpy(out, &wide, 8);
        break;
    case VECTOR_I8:
        memcpy(out, &whole, 4);
        break;
    }
}

static const void *view_row(void *context, uint32_t row)
{
    const struct table *t = context;
    assert_true(row < t->rows && !t->is_null[row]);
    return t->resident ? t->raw + row * t->dim * size_of(t->element) : NULL;
}

static inlay_status read_rows(void *context, const uint32_t *rows, size_t count, void *out,
                              inlay_error *err)
{
    struct table *t = context;
    size_t size = t->dim * size_of(t->element);
    size_t i;
    (void)err;
    t->row_waves++;
    t->rows_read += count;
    for (i = 0; i < count; i++) {
        assert_true(rows[i] < t->rows && !t->is_null[rows[i]] && (i == 0 || rows[i] > rows[i - 1]));
        memcpy((uint8_t *)out + i * size, t->raw + rows[i] * size, size);
    }
    return INLAY_OK;
}

static inlay_status mark_nulls(void *context, uint32_t first, uint32_t count, uint64_t *words,
                               inlay_error *err)
{
    const struct table *t = context;
    uint32_t i;
    (void)err;
    for (i = 0; i < count; i++) {
        words[i / 64] |= (uint64_t)t->is_null[first + i] << (i % 64);
    }
    return INLAY_OK;
}

static struct id128 id_of_row(void *context, uint32_t row)
{
    const struct table *t = context;
    return (struct id128){7, t->ids_descend ? t->rows - row : row};
}

static struct vector_segment segment_of(struct table *t)
{
    struct vector_segment segment = {0};
    segment.index = t->index;
    segment.rows.view = view_row;
    segment.rows.read = read_rows;
    segment.rows.nulls = mark_nulls;
    segment.rows.context = t;
    segment.row_id = id_of_row;
    segment.context = t;
    return segment;
}

/* Every ninth row is null. Values by `value`, which sees the row's number. */
static struct table *table_make(size_t rows, uint32_t dim, enum vector_metric metric,
                                enum vector_element element, struct test_random *random,
                                size_t clusters, uint32_t cell_rows)
{
    struct table *t = calloc(1, sizeof(*t));
    struct vector_options options;
    struct vector_builder *builder;
    struct vector_index_summary summary;
    struct byte_sink sink;
    inlay_error err;
    float *centres = malloc((clusters + 1) * dim * sizeof(float));
    size_t i;
    size_t j;
    inlay_error_init(&err);
    t->rows = rows;
    t->dim = dim;
    t->metric = metric;
    t->element = element;
    t->resident = true;
    t->raw = malloc(rows * dim * size_of(element) + 1);
    t->floats = malloc(rows * dim * sizeof(float));
    t->is_null = calloc(rows, 1);
    for (i = 0; i < clusters * dim; i++) {
        centres[i] = small_value(random, element);
    }
    for (i = 0; i < rows; i++) {
        size_t c = clusters != 0 ? test_random_below(random, clusters) : 0;
        t->is_null[i] = i % 9 == 4;
        for (j = 0; j < dim; j++) {
            float value = small_value(random, element);
            value = clusters != 0 ? centres[c * dim + j] + rintf(2 * value) / 4 : value;
            store(t, i * dim + j, element == VECTOR_I8 ? rintf(value) : value);
        }
    }
    vector_options_init(&options);
    options.dim = dim;
    options.metric = metric;
    options.element = element;
    options.cell_rows = cell_rows;
    options.code_bits = dim % 2 ? 8 : 4;
    buffer_init(&t->hot, SIZE_MAX);
    buffer_init(&t->body, SIZE_MAX);
    byte_sink_to_buffer(&sink, &t->body);
    assert_ok(vector_builder_create(&options, &builder, &err), err);
    for (i = 0; i < rows; i++) {
        if (!t->is_null[i]) {
            assert_ok(vector_builder_add(builder, (uint32_t)i, t->floats + i * dim, &err), err);
        }
    }
    assert_ok(vector_builder_finish(builder, rows, &sink, &t->hot, &summary, &err), err);
    vector_builder_free(builder);
    assert_ok(byte_source_from_memory(t->body.data, t->body.len, 0, "body", &t->source, &err), err);
    assert_ok(
        vector_index_open(t->hot.data, t->hot.len, t->source, 0, t->body.len, &t->index, &err),
        err);
    free(centres);
    return t;
}

static void table_free(struct table *t)
{
    vector_index_close(t->index);
    byte_source_release(t->source);
    buffer_free(&t->hot);
    buffer_free(&t->body);
    free(t->raw);
    free(t->floats);
    free(t->is_null);
    free(t);
}

static double true_distance(const struct table *t, const float *q, size_t row)
{
    const float *x = t->floats + row * t->dim;
    double dot = 0;
    double qq = 0;
    double xx = 0;
    double l2 = 0;
    size_t i;
    for (i = 0; i < t->dim; i++) {
        double d = (double)q[i] - (double)x[i];
        dot += (double)q[i] * (double)x[i];
        qq += (double)q[i] * (double)q[i];
        xx += (double)x[i] * (double)x[i];
        l2 += d * d;
    }
    switch (t->metric) {
    case VECTOR_L2:
        return sqrt(l2);
    case VECTOR_INNER_PRODUCT:
        return -dot;
    case VECTOR_COSINE:
        break;
    }
    return qq > 0 && xx > 0 ? 1 - dot / sqrt(qq * xx) : 1;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static bool is_live(const struct table *t, const struct vector_segment *segment, size_t row)
{
    return !t->is_null[row] &&
           (segment->deleted == NULL || !rowset_contains(segment->deleted, (uint32_t)row)) &&
           (segment->allowed == NULL || rowset_contains(segment->allowed, (uint32_t)row));
}

/* All distances of live rows, ascending; free(). */
static double *truth_of(const struct table *t, const struct vector_segment *segment, const float *q,
                        size_t *count)
{
    double *out = malloc((t->rows + 1) * sizeof(*out));
    size_t i;
    *count = 0;
    for (i = 0; i < t->rows; i++) {
        if (is_live(t, segment, i)) {
            out[(*count)++] = true_distance(t, q, i);
        }
    }
    qsort(out, *count, sizeof(*out), ascending);
    return out;
}

struct answer {
    struct vector_hit *hits;
    size_t count;
    struct vector_search_cost cost;
};

static struct answer search(const float *q, const struct vector_segment *segments, size_t count,
                            const struct vector_search_options *options)
{
    struct answer out;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(vector_search(q, segments, count, options, &out.hits, &out.count, &out.cost, &err),
              err);
    return out;
}

/* How many hits are among the k nearest; checks everything about the hits that must hold. */
static size_t check_hits(const struct table *t, const struct vector_segment *segment,
                         const float *q, size_t k, const struct answer *answer)
{
    size_t live;
    double *truth = truth_of(t, segment, q, &live);
    size_t wanted = k < live ? k : live;
    double slack;
    size_t found = 0;
    size_t i;
    assert_int_equal(answer->count, wanted);
    for (i = 0; i < answer->count; i++) {
        const struct vector_hit *hit = &answer->hits[i];
        double distance = true_distance(t, q, hit->row);
        assert_true(is_live(t, segment, hit->row));
        assert_true(fabs((double)hit->distance - distance) <= 1e-5 * (1 + fabs(distance)));
        if (i != 0) {
            assert_true(hit[-1].distance < hit->distance ||
                        (hit[-1].distance == hit->distance && id_compare(hit[-1].id, hit->id) < 0));
        }
        slack = 1e-5 * (1 + fabs(truth[wanted - 1]));
        found += distance <= truth[wanted - 1] + slack;
    }
    free(truth);
    return found;
}

static void fill_query(const struct table *t, struct test_random *random, float *q)
{
    size_t row = test_random_below(random, t->rows);
    size_t i;
    for (i = 0; i < t->dim; i++) {
        q[i] = t->floats[row * t->dim + i] + 0.5f * normal(random);
    }
}

static void answers_match_brute_force(void **state)
{
    static const uint32_t dims[] = {1, 2, 3, 63, 64, 65, 100, 128, 384, 1000};
    struct test_random random = test_random_init(31);
    size_t found = 0;
    size_t wanted = 0;
    unsigned d;
    unsigned m;
    unsigned i;
    (void)state;
    for (d = 0; d < sizeof(dims) / sizeof(dims[0]); d++) {
        for (m = VECTOR_COSINE; m <= VECTOR_INNER_PRODUCT; m++) {
            struct table *t = table_make(dims[d] > 128 ? 150 : 400, dims[d], (enum vector_metric)m,
                                         (enum vector_element)(1 + (d + m) % 4), &random, 8, 16);
            struct vector_segment segment = segment_of(t);
            struct vector_search_options options;
            float *q = malloc(t->dim * sizeof(float));
            vector_search_options_init(&options);
            for (i = 0; i < 8; i++) {
                struct answer answer;
                fill_query(t, &random, q);
                options.nprobe = 0;
                options.exact = true;
                answer = search(q, &segment, 1, &options);
                assert_int_equal(check_hits(t, &segment, q, options.k, &answer), options.k);
                mem_free(answer.hits);
                options.exact = false;
                options.nprobe = UINT32_MAX;
                t->resident = i % 2 != 0;
                answer = search(q, &segment, 1, &options);
                assert_int_equal(answer.cost.cells_probed, vector_index_info(t->index)->cells);
                found += check_hits(t, &segment, q, options.k, &answer);
                wanted += options.k;
                mem_free(answer.hits);
            }
            free(q);
            table_free(t);
        }
    }
    assert_true(found >= 0.995 * wanted);
}

static struct rowset *every(size_t rows, struct test_random *random, double share)
{
    struct rowset *set;
    size_t i;
    assert_int_equal(rowset_create(&set, NULL), INLAY_OK);
    for (i = 0; i < rows; i++) {
        if (test_random_unit(random) < share) {
            rowset_add(set, (uint32_t)i);
        }
    }
    return set;
}

static void filters_and_deletes(void **state)
{
    static const double shares[] = {0, 0.002, 0.02, 0.1, 0.5, 0.95, 1};
    struct test_random random = test_random_init(32);
    unsigned m;
    (void)state;
    for (m = VECTOR_COSINE; m <= VECTOR_INNER_PRODUCT; m++) {
        struct table *t = table_make(6000, 24, (enum vector_metric)m, VECTOR_F32, &random, 20, 32);
        float q[24];
        unsigned f;
        for (f = 0; f < 7 * 3; f++) {
            struct rowset *allowed = every(t->rows, &random, shares[f % 7]);
            struct rowset *deleted = every(t->rows, &random, f / 7 == 1 ? 0.3 : 0);
            struct vector_segment segment = segment_of(t);
            struct vector_search_options options;
            size_t found = 0;
            size_t wanted = 0;
            unsigned i;
            vector_search_options_init(&options);
            segment.allowed = f / 7 == 2 ? NULL : allowed;
            segment.deleted = f / 7 == 0 ? NULL : f / 7 == 1 ? deleted : allowed;
            for (i = 0; i < 10; i++) {
                struct answer answer;
                fill_query(t, &random, q);
                t->resident = i % 2 == 0;
                answer = search(q, &segment, 1, &options);
                found += check_hits(t, &segment, q, options.k, &answer);
                wanted += answer.count;
                mem_free(answer.hits);
            }
            if (found < 0.96 * wanted) {
                fail_msg("metric %u, share %g, kind %u: %zu of %zu", m, shares[f % 7], f / 7, found,
                         wanted);
            }
            rowset_free(allowed);
            rowset_free(deleted);
        }
        table_free(t);
    }
}

/* Allowed rows that lie far from the query. */
static void filters_that_follow_the_space(void **state)
{
    struct test_random random = test_random_init(33);
    struct table *t = table_make(5000, 16, VECTOR_L2, VECTOR_F32, &random, 10, 32);
    struct vector_segment segment = segment_of(t);
    struct vector_search_options options;
    struct rowset *allowed;
    double *truth;
    size_t count;
    size_t found = 0;
    unsigned i;
    (void)state;
    vector_search_options_init(&options);
    for (i = 0; i < 20; i++) {
        float q[16];
        struct answer answer;
        size_t row;
        fill_query(t, &random, q);
        segment.allowed = NULL;
        truth = truth_of(t, &segment, q, &count);
        assert_int_equal(rowset_create(&allowed, NULL), INLAY_OK);
        for (row = 0; row < t->rows; row++) {
            if (true_distance(t, q, row) > truth[count / 2]) {
                rowset_add(allowed, (uint32_t)row);
            }
        }
        segment.allowed = allowed;
        answer = search(q, &segment, 1, &options);
        found += check_hits(t, &segment, q, options.k, &answer);
        mem_free(answer.hits);
        rowset_free(allowed);
        free(truth);
    }
    assert_true(found >= 0.95 * 200);
    table_free(t);
}

static void ties_go_to_the_least_ids(void **state)
{
    struct test_random random = test_random_init(34);
    unsigned m;
    (void)state;
    for (m = VECTOR_COSINE; m <= VECTOR_INNER_PRODUCT; m++) {
        struct table *t = table_make(10, 8, (enum vector_metric)m, VECTOR_F32, &random, 0, 16);
        struct vector_search_options options;
        struct vector_segment segment;
        struct vector_builder *builder;
        struct vector_index_summary summary;
        struct vector_options building;
        struct byte_sink sink;
        struct answer answer;
        inlay_error err;
        size_t i;
        inlay_error_init(&err);
        /* The same row 3,000 times. */
        vector_index_close(t->index);
        byte_source_release(t->source);
        buffer_clear(&t->hot);
        buffer_clear(&t->body);
        free(t->raw);
        free(t->is_null);
        t->rows = 3000;
        t->ids_descend = true;
        t->raw = malloc(3000 * 8 * 4);
        t->is_null = calloc(3000, 1);
        vector_options_init(&building);
        building.dim = 8;
        building.metric = t->metric;
        building.element = VECTOR_F32;
        building.cell_rows = 64;
        byte_sink_to_buffer(&sink, &t->body);
        assert_ok(vector_builder_create(&building, &builder, &err), err);
        for (i = 0; i < 3000; i++) {
            memcpy(t->raw + i * 32, t->floats, 32);
            assert_ok(vector_builder_add(builder, (uint32_t)i, t->floats, &err), err);
        }
        assert_ok(vector_builder_finish(builder, 3000, &sink, &t->hot, &summary, &err), err);
        vector_builder_free(builder);
        assert_ok(byte_source_from_memory(t->body.data, t->body.len, 0, "b", &t->source, &err),
                  err);
        assert_ok(
            vector_index_open(t->hot.data, t->hot.len, t->source, 0, t->body.len, &t->index, &err),
            err);
        segment = segment_of(t);
        vector_search_options_init(&options);
        options.nprobe = UINT32_MAX;
        answer = search(t->floats, &segment, 1, &options);
        assert_int_equal(answer.count, 10);
        for (i = 0; i < 10; i++) {
            assert_int_equal(answer.hits[i].row, 2999 - i);
        }
        mem_free(answer.hits);
        options.exact = true;
        answer = search(t->floats, &segment, 1, &options);
        for (i = 0; i < 10; i++) {
            assert_int_equal(answer.hits[i].row, 2999 - i);
        }
        mem_free(answer.hits);
        table_free(t);
    }
}

static void radius_and_large_k(void **state)
{
    struct test_random random = test_random_init(35);
    unsigned m;
    (void)state;
    for (m = VECTOR_COSINE; m <= VECTOR_INNER_PRODUCT; m++) {
        struct table *t = table_make(900, 12, (enum vector_metric)m, VECTOR_F32, &random, 6, 16);
        struct vector_segment segment = segment_of(t);
        struct vector_search_options options;
        struct answer all;
        struct answer some;
        float q[12];
        size_t i;
        fill_query(t, &random, q);
        vector_search_options_init(&options);
        options.k = 5000;
        all = search(q, &segment, 1, &options);
        assert_int_equal(check_hits(t, &segment, q, options.k, &all), 800);
        options.has_max_distance = true;
        options.max_distance = all.hits[20].distance;
        some = search(q, &segment, 1, &options);
        for (i = 21; all.hits[i].distance == all.hits[20].distance; i++) {
        }
        if (some.count > i || some.count + 2 < i) {
            fail_msg("metric %u: %zu of %zu within the distance", m, some.count, i);
        }
        assert_true(some.hits[some.count - 1].distance <= options.max_distance);
        mem_free(some.hits);
        options.max_distance = all.hits[0].distance - 1;
        some = search(q, &segment, 1, &options);
        assert_int_equal(some.count, 0);
        mem_free(some.hits);
        mem_free(all.hits);
        table_free(t);
    }
}

static void zero_queries_under_cosine(void **state)
{
    struct test_random random = test_random_init(36);
    struct table *t = table_make(300, 12, VECTOR_COSINE, VECTOR_F32, &random, 4, 16);
    struct vector_segment segment = segment_of(t);
    struct vector_search_options options;
    struct answer answer;
    float q[12] = {0};
    size_t i;
    (void)state;
    vector_search_options_init(&options);
    answer = search(q, &segment, 1, &options);
    assert_int_equal(answer.count, 10);
    for (i = 0; i < 10; i++) {
        assert_true(answer.hits[i].distance == 1);
        assert_int_equal(answer.hits[i].row, i < 4 ? i : i + 1); /* 4 is null */
    }
    mem_free(answer.hits);
    table_free(t);
}

static void assert_same(const struct answer *a, const struct answer *b)
{
    size_t i;
    assert_int_equal(a->count, b->count);
    for (i = 0; i < a->count; i++) {
        assert_int_equal(a->hits[i].segment, b->hits[i].segment);
        assert_int_equal(a->hits[i].row, b->hits[i].row);
        assert_memory_equal(&a->hits[i].distance, &b->hits[i].distance, sizeof(float));
    }
}

static void levels_pools_and_batches_agree(void **state)
{
    struct test_random random = test_random_init(37);
    struct exec_pool *pool;
    unsigned m;
    (void)state;
    assert_int_equal(exec_pool_create(3, &pool, NULL), INLAY_OK);
    for (m = VECTOR_COSINE; m <= VECTOR_INNER_PRODUCT; m++) {
        struct table *t[2];
        struct vector_segment segments[2];
        struct vector_search_options options;
        struct vector_hit *batch[6];
        size_t counts[6];
        float q[6 * 40];
        unsigned i;
        for (i = 0; i < 2; i++) {
            t[i] = table_make(1500, 40, (enum vector_metric)m, VECTOR_F32, &random, 9, 32);
            segments[i] = segment_of(t[i]);
        }
        for (i = 0; i < 6; i++) {
            fill_query(t[i % 2], &random, q + (size_t)40 * i);
        }
        vector_search_options_init(&options);
        options.pool = pool;
        options.exact = m == VECTOR_L2;
        options.rerank = m == VECTOR_COSINE ? VECTOR_RERANK_CODES : VECTOR_RERANK_EXACT;
        assert_int_equal(vector_search_batch(q, 6, segments, 2, &options, batch, counts, NULL),
                         INLAY_OK);
        for (i = 0; i < 6; i++) {
            struct answer expected = {batch[i], counts[i], {0}};
            int level;
            assert_int_equal(counts[i], 10);
            for (level = CPU_SCALAR; level <= (int)cpu_best_level(); level++) {
                struct answer answer;
                (void)cpu_force_level((enum cpu_level)level);
                options.pool = level % 2 ? pool : NULL;
                answer = search(q + (size_t)40 * i, segments, 2, &options);
                assert_same(&answer, &expected);
                mem_free(answer.hits);
            }
            mem_free(batch[i]);
        }
        table_free(t[0]);
        table_free(t[1]);
    }
    exec_pool_destroy(pool);
}

/* A source that is not resident and counts its reads. */
struct counted {
    struct byte_source source;
    const struct buffer *bytes;
    unsigned waves;
    size_t ranges;
};

static inlay_status counted_read(struct byte_source *source, const struct byte_range *ranges,
                                 size_t count, inlay_error *err)
{
    struct counted *counted = (struct counted *)source;
    size_t i;
    (void)err;
    counted->waves++;
    counted->ranges += count;
    for (i = 0; i < count; i++) {
        memcpy(ranges[i].into, counted->bytes->data + ranges[i].offset, (size_t)ranges[i].length);
    }
    return INLAY_OK;
}

static void counted_destroy(struct byte_source *source)
{
    (void)source;
}

static void cold_searches_take_one_wave(void **state)
{
    static const struct byte_source_ops ops = {counted_read, NULL, counted_destroy};
    struct test_random random = test_random_init(38);
    struct table *t = table_make(8000, 32, VECTOR_L2, VECTOR_F32, &random, 40, 32);
    struct vector_segment segment = segment_of(t);
    struct counted counted = {.bytes = &t->body};
    struct vector_index *cold;
    struct vector_search_options options;
    inlay_error err;
    unsigned i;
    (void)state;
    inlay_error_init(&err);
    vector_search_options_init(&options);
    byte_source_init(&counted.source, &ops, t->body.len, "cold", NULL);
    assert_ok(
        vector_index_open(t->hot.data, t->hot.len, &counted.source, 0, t->body.len, &cold, &err),
        err);
    assert_int_equal(counted.waves, 0);
    for (i = 0; i < 20; i++) {
        struct answer warm;
        struct answer answer;
        float q[32];
        fill_query(t, &random, q);
        t->resident = true;
        segment.index = t->index;
        options.rerank = i % 4 == 3 ? VECTOR_RERANK_CODES : VECTOR_RERANK_EXACT;
        warm = search(q, &segment, 1, &options);
        t->resident = false;
        t->row_waves = 0;
        t->rows_read = 0;
        counted.waves = 0;
        segment.index = cold;
        answer = search(q, &segment, 1, &options);
        assert_same(&answer, &warm);
        assert_int_equal(counted.waves, 1);
        assert_int_equal(t->row_waves, i % 4 == 3 ? 0 : 1);
        assert_true(t->rows_read <= 40);
        assert_int_equal(answer.cost.rows_refined, warm.cost.rows_refined);
        mem_free(warm.hits);
        mem_free(answer.hits);
    }
    vector_index_close(cold);
    table_free(t);
}

static void recall_is_measured(void **state)
{
    struct test_random random = test_random_init(39);
    struct table *t = table_make(4000, 48, VECTOR_COSINE, VECTOR_F32, &random, 30, 32);
    struct vector_segment segment = segment_of(t);
    struct vector_search_options options;
    struct vector_recall recall;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    vector_search_options_init(&options);
    assert_ok(vector_measure_recall(&segment, 1, 100, &options, 1, &recall, &err), err);
    assert_int_equal(recall.samples, 100);
    assert_true(recall.mean >= 0.97 && recall.mean <= 1 && recall.least <= recall.mean);
    assert_true(recall.cells >= 1 && recall.cells < vector_index_info(t->index)->cells);
    options.nprobe = 1;
    assert_ok(vector_measure_recall(&segment, 1, 100, &options, 1, &recall, &err), err);
    assert_true(recall.mean < 0.99 && recall.cells == 1);
    assert_ok(vector_measure_recall(&segment, 0, 100, &options, 1, &recall, &err), err);
    assert_int_equal(recall.samples, 0);
    table_free(t);
}

static void bad_arguments_and_cancel(void **state)
{
    struct test_random random = test_random_init(40);
    struct table *t = table_make(300, 4, VECTOR_L2, VECTOR_F32, &random, 4, 16);
    struct vector_segment segment = segment_of(t);
    struct vector_search_options options;
    struct cancel_token token;
    struct vector_hit *hits;
    size_t count;
    float q[4] = {0, 1, 2, 3};
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    vector_search_options_init(&options);
    q[2] = NAN;
    assert_status(vector_search(q, &segment, 1, &options, &hits, &count, NULL, &err),
                  INLAY_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "element 2"));
    q[2] = 1e30f;
    assert_status(vector_search(q, &segment, 1, &options, &hits, &count, NULL, &err),
                  INLAY_INVALID_ARGUMENT);
    q[2] = 1;
    options.recall = 0.5;
    assert_status(vector_search(q, &segment, 1, &options, &hits, &count, NULL, &err),
                  INLAY_INVALID_ARGUMENT);
    options.recall = 0.9;
    options.k = 0;
    assert_status(vector_search(q, &segment, 1, &options, &hits, &count, NULL, &err), INLAY_OK);
    assert_int_equal(count, 0);
    options.k = 3;
    assert_status(vector_search(q, &segment, 0, &options, &hits, &count, NULL, &err), INLAY_OK);
    assert_int_equal(count, 0);
    cancel_token_init(&token, env_system(), CANCEL_NO_TIMEOUT, NULL);
    cancel_token_cancel(&token);
    options.cancel = &token;
    assert_status(vector_search(q, &segment, 1, &options, &hits, &count, NULL, &err),
                  INLAY_CANCELLED);
    assert_null(hits);
    table_free(t);
}

struct sweep {
    const struct vector_segment *segments;
    const float *query;
    struct vector_search_options options;
};

static inlay_status search_once(void *context, inlay_error *err)
{
    const struct sweep *sweep = context;
    struct vector_hit *hits;
    size_t count;
    inlay_status status =
        vector_search(sweep->query, sweep->segments, 2, &sweep->options, &hits, &count, NULL, err);
    mem_free(hits);
    return status;
}

static void failing_allocations(void **state)
{
    struct test_random random = test_random_init(41);
    struct table *t = table_make(500, 20, VECTOR_COSINE, VECTOR_F64, &random, 4, 16);
    struct rowset *few = every(t->rows, &random, 0.01);
    struct rowset *half = every(t->rows, &random, 0.5);
    struct vector_segment segments[2] = {segment_of(t), segment_of(t)};
    struct sweep sweep = {segments, t->floats, {0}};
    unsigned i;
    (void)state;
    segments[0].allowed = few;
    segments[1].deleted = half;
    vector_search_options_init(&sweep.options);
    for (i = 0; i < 4; i++) {
        t->resident = i % 2 != 0;
        sweep.options.exact = i / 2 != 0;
        assert_true(alloc_fault_sweep(search_once, &sweep) > 3);
    }
    rowset_free(few);
    rowset_free(half);
    table_free(t);
}

/* Every cell of every segment has one place; the wanted ones come in the order of their distances
 * and are those that a ranking of all cells begins with, but for one in a hundred, whose first
 * estimate was too far off; so do the others among themselves. */
static void check_ranking(struct table *const *tables, size_t segments, size_t wanted,
                          struct test_random *random, size_t *missed)
{
    struct vector_index *indexes[4];
    const struct query_code *codes[4] = {NULL};
    struct query_code made[4];
    struct cell_ranking some;
    struct cell_ranking all;
    const struct vector_kernels *kernels = vector_kernels();
    float query[64];
    bool *seen;
    struct arena arena;
    size_t i;
    inlay_error err;
    inlay_error_init(&err);
    arena_init(&arena, SIZE_MAX);
    for (i = 0; i < tables[0]->dim; i++) {
        query[i] = small_value(random, VECTOR_F32);
    }
    for (i = 0; i < segments; i++) {
        indexes[i] = tables[i]->index;
        if (segments == 1 || i != 1) { /* a segment may be left out */
            assert_ok(query_code_make(query, indexes[i]->info.padded, indexes[i]->rotation, kernels,
                                      &arena, &made[i], &err),
                      err);
            codes[i] = &made[i];
        }
    }
    assert_ok(cell_ranking_make(indexes, codes, segments, wanted, kernels, &arena, &some, &err),
              err);
    assert_ok(cell_ranking_make(indexes, codes, segments, SIZE_MAX, kernels, &arena, &all, &err),
              err);
    assert_int_equal(some.count, all.count);
    seen = calloc(some.count + 1, sizeof(*seen));
    for (i = 0; i < some.count; i++) {
        const struct ranked_cell cell = cell_ranking_at(&some, i);
        const struct ranked_cell best = cell_ranking_at(&all, i);
        const size_t item = some.first[cell.segment] + cell.cell;
        assert_non_null(codes[cell.segment]);
        assert_true(item < some.count && !seen[item]);
        seen[item] = true;
        if (i < wanted) {
            *missed += cell.segment != best.segment || cell.cell != best.cell;
        }
        if (i != 0 && i != wanted) {
            assert_true(cell.distance >= cell_ranking_at(&some, i - 1).distance);
        }
    }
    free(seen);
    arena_free(&arena);
}

static void every_cell_has_its_place(void **state)
{
    static const enum vector_metric metrics[] = {VECTOR_COSINE, VECTOR_L2, VECTOR_INNER_PRODUCT};
    struct test_random random = test_random_init(77);
    size_t missed = 0;
    size_t ranked = 0;
    size_t m;
    size_t i;
    (void)state;
    for (m = 0; m < 3; m++) {
        struct table *tables[4];
        for (i = 0; i < 4; i++) {
            tables[i] = table_make(i == 0 ? 9000 : 400, 24, metrics[m], VECTOR_F32, &random, 40, 8);
        }
        for (i = 0; i < 40; i++) {
            const size_t wanted = (size_t)test_random_below(&random, 120);
            check_ranking(tables, i % 2 != 0 ? 4 : 1, wanted, &random, &missed);
            ranked += wanted;
        }
        for (i = 0; i < 4; i++) {
            table_free(tables[i]);
        }
    }
    print_message("%zu of %zu places differ\n", missed, ranked);
    assert_true(missed < ranked / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_match_brute_force),
        cmocka_unit_test(filters_and_deletes),
        cmocka_unit_test(filters_that_follow_the_space),
        cmocka_unit_test(ties_go_to_the_least_ids),
        cmocka_unit_test(radius_and_large_k),
        cmocka_unit_test(zero_queries_under_cosine),
        cmocka_unit_test(levels_pools_and_batches_agree),
        cmocka_unit_test(cold_searches_take_one_wave),
        cmocka_unit_test(recall_is_measured),
        cmocka_unit_test(bad_arguments_and_cancel),
        cmocka_unit_test(failing_allocations),
        cmocka_unit_test(every_cell_has_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
