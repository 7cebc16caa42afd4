/* SPDX-License-Identifier: Apache-2.0 */
#include "vector/vector_recall.h"

#include "vector/query/exact.h"

#include "base/alloc.h"
#include "base/env.h"
#include "base/error.h"

#include <math.h>
#include <string.h>

/* A row drawn may be null or deleted; so many draws per sample before there is taken to be none. */
#define DRAWS 64

struct drawing {
    const struct vector_segment *segments;
    size_t count;
    uint64_t rows; /* of all segments */
    uint64_t state;
    struct exact_query exact; /* for sizes and conversion only */
    struct exact_scratch scratch;
    void *raw;
    uint32_t segment; /* of the row that asks */
    uint32_t row;
};

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t draw(struct drawing *d)
{
    uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* A stored row as a query; *found is false when it is null or deleted. */
static inlay_status take_row(struct drawing *d, uint64_t row, float *query, bool *found,
                             inlay_error *err)
{
    const struct vector_segment *segment = d->segments;
    uint64_t null = 0;
    uint32_t in_segment;
    while (row >= vector_index_info(segment->index)->row_count) {
        row -= vector_index_info(segment->index)->row_count;
        segment++;
    }
    in_segment = (uint32_t)row;
    *found = segment->deleted == NULL || !rowset_contains(segment->deleted, in_segment);
    if (*found && segment->rows.nulls != NULL) {
        INLAY_TRY(segment->rows.nulls(segment->rows.context, in_segment, 1, &null, err));
        *found = (null & 1) == 0;
    }
    if (!*found) {
        return INLAY_OK;
    }
    d->segment = (uint32_t)(segment - d->segments);
    d->row = in_segment;
    INLAY_TRY(segment->rows.read(segment->rows.context, &in_segment, 1, d->raw, err));
    memcpy(query, exact_floats(&d->exact, d->raw, &d->scratch), d->exact.dim * sizeof(*query));
    return INLAY_OK;
}

static inlay_status draw_query(struct drawing *d, float *query, bool *found, inlay_error *err)
{
    unsigned i;
    *found = false;
    for (i = 0; i < DRAWS && !*found; i++) {
        INLAY_TRY(take_row(d, draw(d) % d->rows, query, found, err));
    }
    return INLAY_OK;
}

static double elapsed_us(uint64_t since)
{
    return (double)(env_system()->monotonic_ns(env_system()->context) - since) / 1000;
}

/* The row that asks would find itself in any case: it is left out of both answers. */
static size_t drop_own(const struct drawing *d, struct vector_hit *hits, size_t count, size_t k)
{
    size_t kept = 0;
    size_t i;
    for (i = 0; i < count; i++) {
        if (hits[i].segment != d->segment || hits[i].row != d->row) {
            hits[kept++] = hits[i];
        }
    }
    return kept < k ? kept : k;
}

static inlay_status compare(const struct drawing *d, const struct vector_search_options *options,
                            const float *query, struct vector_recall *out, inlay_error *err)
{
    struct vector_search_options exact = *options;
    struct vector_search_options search = *options;
    struct vector_search_cost cost;
    struct vector_hit *hits = NULL;
    struct vector_hit *truth = NULL;
    size_t hit_count = 0;
    size_t truth_count = 0;
    size_t found = 0;
    double recall;
    uint64_t start;
    inlay_status status;
    size_t i;
    exact.exact = true;
    search.exact = false;
    exact.k = options->k + 1;
    search.k = options->k + 1;
    start = env_system()->monotonic_ns(env_system()->context);
    INLAY_TRY_GOTO(
        status, vector_search(query, d->segments, d->count, &search, &hits, &hit_count, &cost, err),
        cleanup);
    out->search_us += elapsed_us(start);
    start = env_system()->monotonic_ns(env_system()->context);
    INLAY_TRY_GOTO(
        status,
        vector_search(query, d->segments, d->count, &exact, &truth, &truth_count, NULL, err),
        cleanup);
    out->exact_us += elapsed_us(start);
    hit_count = drop_own(d, hits, hit_count, options->k);
    truth_count = drop_own(d, truth, truth_count, options->k);
    for (i = 0; i < hit_count && truth_count != 0; i++) {
        float last = truth[truth_count - 1].distance;
        found += hits[i].distance <= last + 1e-6f * fabsf(last);
    }
    recall = truth_count != 0 ? (double)found / (double)truth_count : 1;
    recall = recall < 1 ? recall : 1;
    out->mean += recall;
    out->least = recall < out->least ? recall : out->least;
    out->cells += (double)cost.cells_probed;
    out->rows += (double)cost.rows_reranked;
    out->samples++;
cleanup:
    mem_free(hits);
    mem_free(truth);
    return status;
}

static void average(struct vector_recall *out)
{
    double n = (double)out->samples;
    if (out->samples == 0) {
        memset(out, 0, sizeof(*out));
        return;
    }
    out->mean /= n;
    out->cells /= n;
    out->rows /= n;
    out->search_us /= n;
    out->exact_us /= n;
}

inlay_status vector_measure_recall(const struct vector_segment *segments, size_t count,
                                   size_t samples, const struct vector_search_options *options,
                                   uint64_t seed, struct vector_recall *out, inlay_error *err)
{
    struct drawing d = {.segments = segments, .count = count, .state = seed};
    const struct vector_index_info *info;
    inlay_status status = INLAY_OK;
    float *query = NULL;
    bool found = true;
    size_t i;
    memset(out, 0, sizeof(*out));
    for (i = 0; i < count; i++) {
        d.rows += vector_index_info(segments[i].index)->row_count;
    }
    if (d.rows == 0) {
        return INLAY_OK;
    }
    info = vector_index_info(segments[0].index);
    d.exact =
        (struct exact_query){NULL, info->dim, info->metric, info->element, 1, vector_kernels()};
    INLAY_TRY(exact_scratch_init(&d.scratch, &d.exact, err));
    query = mem_alloc_array(info->dim, sizeof(*query));
    d.raw = mem_alloc(exact_row_size(&d.exact));
    if (query == NULL || d.raw == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    samples = samples < d.rows ? samples : (size_t)d.rows;
    out->least = 1;
    for (i = 0; i < samples && found; i++) {
        INLAY_TRY_GOTO(status, draw_query(&d, query, &found, err), cleanup);
        if (found) {
            INLAY_TRY_GOTO(status, compare(&d, options, query, out, err), cleanup);
        }
    }
cleanup:
    average(out);
    exact_scratch_free(&d.scratch);
    mem_free(d.raw);
    mem_free(query);
    return status;
}
