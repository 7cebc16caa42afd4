/* SPDX-License-Identifier: Apache-2.0 */
/* Exact distances to raw stored vectors, in the metric's own unit (vector_search.h). */
#ifndef INLAY_VECTOR_QUERY_EXACT_H
#define INLAY_VECTOR_QUERY_EXACT_H

#include "inlay/error.h"
#include "vector/vector_search.h"

struct exact_query {
    const float *query; /* in the space of the column; normalised for cosine */
    uint32_t dim;
    enum vector_metric metric;
    enum vector_element element;
    float norm; /* 0 or 1 for cosine */
    const struct vector_kernels *kernels;
};

/* Bytes of a stored vector. */
size_t exact_row_size(const struct exact_query *query);

/* Room that a distance needs: one per thread. */
struct exact_scratch {
    float *floats; /* owned; dim */
    void *aligned; /* owned; one raw vector */
};

inlay_status exact_scratch_init(struct exact_scratch *scratch, const struct exact_query *query,
                                inlay_error *err);
void exact_scratch_free(struct exact_scratch *scratch);

/* A stored vector as floats: in place, or in the scratch. `raw` needs no alignment. */
const void *exact_floats(const struct exact_query *query, const void *raw,
                         const struct exact_scratch *scratch);

/* Brings a raw vector nearer that will be compared soon. */
void exact_prefetch(const struct exact_query *query, const void *raw);

float exact_distance(const struct exact_query *query, const void *raw,
                     const struct exact_scratch *scratch);

/* Between distances and the keys of candidates.h; both monotonic. */
float exact_key_of_distance(enum vector_metric metric, float distance);
float exact_distance_of_key(enum vector_metric metric, float key);

#endif
