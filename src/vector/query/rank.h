/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order in which cells are probed: all cells of all segments by their estimated distance to the
 * query (squared; for inner product -<q, c>), from the codes of their centroids in the hot parts.
 * Sorted piece by piece, as far as a search asks.
 */
#ifndef INLAY_VECTOR_QUERY_RANK_H
#define INLAY_VECTOR_QUERY_RANK_H

#include "vector/query/query_code.h"
#include "vector/read/index_priv.h"

struct cell_ranking {
    uint64_t *keys; /* select.h; the item is segment's first + cell. The arena's. */
    size_t count;
    size_t sorted;         /* the first so many are in their final places */
    const uint32_t *first; /* of each segment, ascending; segments + 1 */
    size_t segments;
};

struct ranked_cell {
    float distance;
    uint32_t segment;
    uint32_t cell;
};

/* `codes[i]` is the query for segment i, or NULL to leave the segment out. INLAY_OVER_BUDGET for
 * 2^32 cells or more. */
inlay_status cell_ranking_make(struct vector_index *const *indexes,
                               const struct query_code *const *codes, size_t segments,
                               const struct vector_kernels *kernels, struct arena *arena,
                               struct cell_ranking *out, inlay_error *err);

/* The i-th in the order, i < count. */
struct ranked_cell cell_ranking_at(struct cell_ranking *ranking, size_t i);

#endif
