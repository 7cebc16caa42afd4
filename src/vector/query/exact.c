/* SPDX-License-Identifier: Apache-2.0 */
#include "vector/query/exact.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/prefetch.h"

#include <math.h>
#include <string.h>

/* Between them |x|^2 is exact enough in floats. */
#define LEAST_SQUARE 1e-25f
#define MOST_SQUARE 1e36f

static size_t element_size(enum vector_element element)
{
    switch (element) {
    case VECTOR_F16:
        return 2;
    case VECTOR_F64:
        return 8;
    default:
        return 4; /* int8 stands as INT32 */
    }
}

size_t exact_row_size(const struct exact_query *query)
{
    return query->dim * element_size(query->element);
}

inlay_status exact_scratch_init(struct exact_scratch *scratch, const struct exact_query *query,
                                inlay_error *err)
{
    scratch->floats = mem_alloc_array(query->dim, sizeof(float));
    scratch->aligned = mem_alloc(exact_row_size(query));
    if (scratch->floats == NULL || scratch->aligned == NULL) {
        exact_scratch_free(scratch);
        return error_no_memory(err);
    }
    return INLAY_OK;
}

void exact_scratch_free(struct exact_scratch *scratch)
{
    mem_free(scratch->floats);
    mem_free(scratch->aligned);
    memset(scratch, 0, sizeof(*scratch));
}

const void *exact_floats(const struct exact_query *query, const void *raw,
                         const struct exact_scratch *scratch)
{
    if (query->element != VECTOR_F32 && (uintptr_t)raw % element_size(query->element) != 0) {
        memcpy(scratch->aligned, raw, exact_row_size(query));
        raw = scratch->aligned;
    }
    switch (query->element) {
    case VECTOR_F16:
        query->kernels->from_f16(raw, query->dim, scratch->floats);
        return scratch->floats;
    case VECTOR_F64:
        query->kernels->from_f64(raw, query->dim, scratch->floats);
        return scratch->floats;
    case VECTOR_I8:
        query->kernels->from_i32(raw, query->dim, scratch->floats);
        return scratch->floats;
    case VECTOR_F32:
        break;
    }
    return raw;
}

#define PREFETCH_MOST 4096 /* the processor follows by itself then */

void exact_prefetch(const struct exact_query *query, const void *raw)
{
    size_t size = exact_row_size(query);
    prefetch_range(raw, size < PREFETCH_MOST ? size : PREFETCH_MOST);
}

/* <q, x> / |x| where |x|^2 leaves the range of a float; a zero vector gives 0. */
static float extreme_cosine(const struct exact_query *query, const uint8_t *x)
{
    double dot = 0;
    double square = 0;
    uint32_t i;
    for (i = 0; i < query->dim; i++) {
        double element = (double)load_f32(x + i * sizeof(float));
        dot += (double)query->query[i] * element;
        square += element * element;
    }
    return square > 0 ? (float)(dot / sqrt(square)) : 0;
}

float exact_distance(const struct exact_query *query, const void *raw,
                     const struct exact_scratch *scratch)
{
    const void *x = exact_floats(query, raw, scratch);
    float dot;
    float square;
    float cosine;
    if (query->metric == VECTOR_L2) {
        return sqrtf(query->kernels->l2(query->query, x, query->dim));
    }
    if (query->metric == VECTOR_INNER_PRODUCT) {
        return 0 - query->kernels->dot(query->query, x, query->dim);
    }
    query->kernels->dot_norm(query->query, x, query->dim, &dot, &square);
    cosine = square > LEAST_SQUARE && square < MOST_SQUARE ? dot / sqrtf(square)
                                                           : extreme_cosine(query, x);
    cosine = query->norm > 0 ? cosine : 0;
    cosine = cosine > 1 ? 1 : cosine < -1 ? -1 : cosine;
    return 1 - cosine;
}

float exact_key_of_distance(enum vector_metric metric, float distance)
{
    switch (metric) {
    case VECTOR_COSINE:
        return 2 * distance;
    case VECTOR_L2:
        return distance > 0 ? distance * distance : distance;
    case VECTOR_INNER_PRODUCT:
        break;
    }
    return distance;
}

float exact_distance_of_key(enum vector_metric metric, float key)
{
    switch (metric) {
    case VECTOR_COSINE:
        return key > 4 ? 2 : key > 0 ? key / 2 : 0;
    case VECTOR_L2:
        return key > 0 ? sqrtf(key) : 0;
    case VECTOR_INNER_PRODUCT:
        break;
    }
    return key;
}
