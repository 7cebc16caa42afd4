/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the tests of building and merging: indexes in memory, made of vectors in memory. */
#ifndef INLAY_TESTS_UNIT_VECTOR_BUILT_H
#define INLAY_TESTS_UNIT_VECTOR_BUILT_H

#include "support/test.h"

#include "base/alloc.h"
#include "base/byte_source.h"
#include "vector/vector_builder.h"
#include "vector/vector_search.h"

#include <math.h>
#include <stdlib.h>

/* An index in memory, and the vectors that it came from. */
struct built {
    struct buffer hot;
    struct buffer body;
    struct vector_index_summary summary;
    struct vector_index *index;
    const float *vectors;
    uint32_t dim;
};

static inline const void *view_row(void *context, uint32_t row)
{
    const struct built *b = context;
    return b->vectors + (size_t)row * b->dim;
}

static inline inlay_status read_rows(void *context, const uint32_t *rows, size_t count, void *out,
                                     inlay_error *err)
{
    const struct built *b = context;
    size_t i;
    (void)err;
    for (i = 0; i < count; i++) {
        memcpy((float *)out + i * b->dim, view_row(context, rows[i]), b->dim * sizeof(float));
    }
    return INLAY_OK;
}

static inline inlay_status no_nulls(void *context, uint32_t first, uint32_t count, uint64_t *words,
                                    inlay_error *err)
{
    (void)context;
    (void)first;
    (void)err;
    memset(words, 0, (count + 63) / 64 * 8);
    return INLAY_OK;
}

static inline struct vector_segment segment_of(struct built *b)
{
    struct vector_segment segment = {0};
    segment.index = b->index;
    segment.rows.view = view_row;
    segment.rows.read = read_rows;
    segment.rows.nulls = no_nulls;
    segment.rows.context = b;
    return segment;
}

static inline inlay_status build_rows(const struct vector_options *options, const float *vectors,
                                      size_t rows, struct built *out, inlay_error *err)
{
    struct vector_builder *builder = NULL;
    struct byte_sink sink;
    inlay_status status;
    size_t i;
    memset(out, 0, sizeof(*out));
    buffer_init(&out->hot, SIZE_MAX);
    buffer_init(&out->body, SIZE_MAX);
    byte_sink_to_buffer(&sink, &out->body);
    out->vectors = vectors;
    out->dim = options->dim;
    status = vector_builder_create(options, &builder, err);
    for (i = 0; i < rows && status == INLAY_OK; i++) {
        status = vector_builder_add(builder, (uint32_t)i, vectors + i * options->dim, err);
    }
    if (status == INLAY_OK) {
        status = vector_builder_finish(builder, rows, &sink, &out->hot, &out->summary, err);
    }
    vector_builder_free(builder);
    return status;
}

static inline void built_free(struct built *b)
{
    vector_index_close(b->index);
    buffer_free(&b->hot);
    buffer_free(&b->body);
}

static inline void built_open(struct built *b)
{
    struct byte_source *source;
    inlay_error err;
    uint64_t checksums = 0;
    inlay_error_init(&err);
    assert_int_equal(b->body.len, b->summary.body_length);
    assert_ok(byte_source_from_memory(b->body.data, b->body.len, 0, "body", &source, &err), err);
    assert_ok(vector_index_open(b->hot.data, b->hot.len, source, 0, b->body.len, &b->index, &err),
              err);
    byte_source_release(source);
    assert_ok(vector_index_verify(b->index, &checksums, &err), err);
    assert_true(checksums >= b->summary.cells);
}

static inline struct built build(const struct vector_options *options, const float *vectors,
                                 size_t rows)
{
    struct built b;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(build_rows(options, vectors, rows, &b, &err), err);
    assert_int_equal(b.summary.vectors, rows);
    built_open(&b);
    return b;
}

static inline struct vector_options options_of(uint32_t dim, enum vector_metric metric)
{
    struct vector_options options;
    vector_options_init(&options);
    options.dim = dim;
    options.metric = metric;
    return options;
}

static inline float normal(struct test_random *random)
{
    double u = 1 - test_random_unit(random);
    return (float)(sqrt(-2 * log(u)) * cos(2 * M_PI * test_random_unit(random)));
}

/* Rows around 50 centres, more in some than in others. */
static inline float *clustered(size_t rows, uint32_t dim, uint64_t seed)
{
    struct test_random random = {seed};
    float *centres = malloc((size_t)50 * dim * sizeof(float));
    float *out = malloc(rows * dim * sizeof(float));
    size_t i;
    uint32_t j;
    for (i = 0; i < (size_t)50 * dim; i++) {
        centres[i] = normal(&random);
    }
    for (i = 0; i < rows; i++) {
        double u = test_random_unit(&random);
        size_t c = (size_t)(50 * u * u);
        for (j = 0; j < dim; j++) {
            out[i * dim + j] = centres[c * dim + j] + 0.5f * normal(&random);
        }
    }
    free(centres);
    return out;
}

#define assert_recall(expression, least)                                                           \
    do {                                                                                           \
        double assert_recall_ = (expression);                                                      \
        if (assert_recall_ < (least)) {                                                            \
            fail_msg("%s is %.4f, below %.4f", #expression, assert_recall_, (double)(least));      \
        }                                                                                          \
    } while (0)

/* The share of the true k nearest (by the exact scan) that the search finds; ties count. */
static inline double recall_of(struct built *b, const float *queries, size_t count, size_t k,
                               uint32_t nprobe)
{
    struct vector_segment segment = segment_of(b);
    struct vector_search_options options;
    inlay_error err;
    size_t found = 0;
    size_t wanted = 0;
    size_t q;
    inlay_error_init(&err);
    for (q = 0; q < count; q++) {
        struct vector_hit *hits;
        struct vector_hit *truth;
        size_t hit_count;
        size_t truth_count;
        size_t i;
        vector_search_options_init(&options);
        options.k = k;
        options.nprobe = nprobe;
        assert_ok(vector_search(queries + q * b->dim, &segment, 1, &options, &hits, &hit_count,
                                NULL, &err),
                  err);
        options.exact = true;
        assert_ok(vector_search(queries + q * b->dim, &segment, 1, &options, &truth, &truth_count,
                                NULL, &err),
                  err);
        assert_int_equal(hit_count, truth_count);
        for (i = 0; i < hit_count; i++) {
            float last = truth[truth_count - 1].distance;
            found += hits[i].distance <= last + 1e-6f * fabsf(last) + 1e-6f;
        }
        wanted += truth_count;
        mem_free(hits);
        mem_free(truth);
    }
    return (double)found / (double)wanted;
}

#endif
