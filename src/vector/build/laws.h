/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Probe laws (docs/format/vector-index.md): how far a search has to look. Some rows of the index
 * serve as queries; while the cells pass by on their way into the file, each query keeps its
 * nearest rows, itself left out. At the end the cells of those neighbours, seen from the query, say
 * which margin and how many cells would have found which fraction of them.
 */
#ifndef INLAY_VECTOR_BUILD_LAWS_H
#define INLAY_VECTOR_BUILD_LAWS_H

#include "vector/format/layout.h"

#include "exec/pool.h"

enum {
    LAW_QUERIES = 256, /* at most */
    LAW_COUNT = 27     /* 9 recalls for each of three k */
};

struct law_neighbour {
    float distance; /* squared L2 or -<q, x> */
    uint32_t row;
    uint32_t cell;
};

struct law_meter {
    size_t width;
    enum vector_metric metric;
    size_t count;                /* queries */
    float *queries;              /* count x width, owned */
    uint32_t *own;               /* row number of each, owned */
    float *norms;                /* |q|^2, owned */
    struct law_neighbour *found; /* count heaps, worst first, owned */
    uint32_t *found_count;       /* owned */
    uint32_t *own_cell;          /* where each query itself lies; UINT32_MAX: not met; owned */
};

/* How many queries for so many rows of `width` floats. */
size_t law_query_count(uint64_t rows, size_t width);

/* The caller fills `queries` and `own`, then calls law_meter_begin. Free it on failure too. */
inlay_status law_meter_init(struct law_meter *meter, size_t width, enum vector_metric metric,
                            size_t queries, inlay_error *err);
void law_meter_begin(struct law_meter *meter);
void law_meter_free(struct law_meter *meter);

/* The rows of one cell. half_norms[i] = |x|^2 / 2. */
struct law_cell {
    uint32_t cell;
    uint32_t count;
    const uint32_t *rows;
    const float *vectors;
    const float *half_norms;
};

/* Shows all queries the next cells; parallel over queries. What is found does not depend on how the
 * cells are batched. */
inlay_status law_meter_see(struct law_meter *meter, const struct law_cell *cells, size_t count,
                           struct exec_pool *pool, const struct cancel_token *cancel,
                           inlay_error *err);

/* Fits the laws when all cells have been seen; `rows` is their number in each cell. *law_count is
 * LAW_COUNT, or 0 when there is nothing to learn from. */
inlay_status law_meter_fit(const struct law_meter *meter, const float *centroids,
                           const float *spreads, const uint32_t *rows, uint32_t cells,
                           struct exec_pool *pool, const struct cancel_token *cancel,
                           struct probe_law laws[LAW_COUNT], uint32_t *law_count, inlay_error *err);

#endif
