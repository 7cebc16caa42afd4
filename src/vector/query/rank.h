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
    uint64_t *keys; /* select.h; the item is segment's first + cell. The arena's, like the rest */
    size_t count;
    size_t filled;  /* so many items have keys: all whose bounds are up to `known` */
    float known;    /* NaN: none has */
    size_t ready;   /* the first so many keys are the nearest cells, by their full codes */
    size_t refined; /* of the first so many the full codes were read; the others have bounds */
    size_t sorted;  /* the first so many are in their final places */
    float *bases;   /* of each group of the segments: its distance */
    float *lower;   /* of each item: first estimate less its error */
    const uint32_t *first; /* of each segment, ascending; segments + 1 */
    const size_t *first_group;
    size_t segments;
    struct vector_index *const *indexes;
    const struct query_code *const *codes;
    const struct vector_kernels *kernels;
};

struct ranked_cell {
    float distance;
    uint32_t segment;
    uint32_t cell;
    uint32_t rank; /* among the cells of its segment; set where they are taken from the ranking */
};

/* `codes[i]` is the query for segment i, or NULL to leave the segment out. `wanted` cells are found
 * at once, the others only when they are asked for. The arrays and the kernels are borrowed.
 * INLAY_OVER_BUDGET for 2^32 cells or more. */
inlay_status cell_ranking_make(struct vector_index *const *indexes,
                               const struct query_code *const *codes, size_t segments,
                               size_t wanted, const struct vector_kernels *kernels,
                               struct arena *arena, struct cell_ranking *out, inlay_error *err);

/* The i-th in the order, i < count. */
struct ranked_cell cell_ranking_at(struct cell_ranking *ranking, size_t i);

#endif
