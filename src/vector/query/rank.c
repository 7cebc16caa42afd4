/* SPDX-License-Identifier: Apache-2.0 */
#include "vector/query/rank.h"

#include "vector/query/select.h"

#include "base/error.h"

/* How many more are sorted when an order is asked for. */
#define FIRST_PIECE 128

/* Cells [first, end) lie around one group, at `base` from the query. */
static void rank_lanes(const struct vector_index *index, const struct query_code *code,
                       const struct vector_kernels *kernels, const uint32_t *sums, float base,
                       uint32_t cell, uint32_t end, uint64_t *keys, uint32_t item)
{
    const struct coded_rows *rows = &index->centroids;
    const struct full_product *full = &code->full8;
    bool inner = index->info.metric == VECTOR_INNER_PRODUCT;
    for (; cell < end; cell++) {
        int32_t digits = kernels->extra8(code->digits, coded_rows_extra(rows, cell), code->padded);
        float product = rows->full_scale[cell] * ((float)sums[cell % SCAN_LANES] * full->sign_step +
                                                  (float)digits * full->digit_step + full->offset);
        float distance;
        if (inner) { /* full_scale is that of squared L2: twice <q, r> */
            distance = base - product / 2;
        } else {
            distance = base + rows->full_add[cell] - product;
            distance = distance > 0 ? distance : 0;
        }
        keys[cell] = select_key(distance, item + cell);
    }
}

static void rank_segment(const struct vector_index *index, const struct query_code *code,
                         const struct vector_kernels *kernels, uint64_t *keys, uint32_t item)
{
    const struct vector_index_info *info = &index->info;
    uint32_t sums[SCAN_LANES];
    uint32_t group;
    for (group = 0; group < info->groups; group++) {
        const float *centroid = index->groups + (size_t)group * info->padded;
        uint32_t cell = index->first_cell[group];
        uint32_t end = index->first_cell[group + 1];
        float base = info->metric == VECTOR_INNER_PRODUCT
                         ? -kernels->dot(code->rotated, centroid, info->padded)
                         : kernels->l2(code->rotated, centroid, info->padded);
        while (cell < end) { /* to the end of the block or of the group */
            uint32_t block = cell / SCAN_LANES;
            uint32_t stop = (block + 1) * SCAN_LANES < end ? (block + 1) * SCAN_LANES : end;
            if (cell % SCAN_LANES == 0 || cell == 0) {
                kernels->scan(coded_rows_block(&index->centroids, block).signs, code->table,
                              info->padded / 4, sums);
            }
            rank_lanes(index, code, kernels, sums, base, cell, stop, keys, item);
            cell = stop;
        }
    }
}

inlay_status cell_ranking_make(struct vector_index *const *indexes,
                               const struct query_code *const *codes, size_t segments,
                               const struct vector_kernels *kernels, struct arena *arena,
                               struct cell_ranking *out, inlay_error *err)
{
    uint32_t *first = arena_alloc_array(arena, segments + 1, sizeof(*first));
    uint64_t total = 0;
    size_t i;
    if (first == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < segments; i++) {
        first[i] = (uint32_t)total;
        total += codes[i] != NULL ? indexes[i]->info.cells : 0;
        if (total > UINT32_MAX) {
            return error_set(
                err, INLAY_OVER_BUDGET,
                "a vector search spans more than 2^32 cells; merge or split the table");
        }
    }
    first[segments] = (uint32_t)total;
    out->keys = arena_alloc_array(arena, (size_t)total, sizeof(*out->keys));
    if (out->keys == NULL) {
        return error_no_memory(err);
    }
    out->count = (size_t)total;
    out->sorted = 0;
    out->first = first;
    out->segments = segments;
    for (i = 0; i < segments; i++) {
        if (codes[i] != NULL) {
            rank_segment(indexes[i], codes[i], kernels, out->keys + first[i], first[i]);
        }
    }
    return INLAY_OK;
}

/* The segment that an item is of: the last whose first is not above it. */
static uint32_t segment_of(const struct cell_ranking *ranking, uint32_t item)
{
    size_t low = 0;
    size_t high = ranking->segments;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (ranking->first[middle] <= item) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return (uint32_t)low;
}

struct ranked_cell cell_ranking_at(struct cell_ranking *ranking, size_t i)
{
    struct ranked_cell out;
    uint32_t item;
    while (i >= ranking->sorted) {
        uint64_t *rest = ranking->keys + ranking->sorted;
        size_t left = ranking->count - ranking->sorted;
        size_t piece = ranking->sorted + FIRST_PIECE; /* doubles what is sorted */
        piece = piece < left ? piece : left;
        select_smallest(rest, left, piece);
        select_sort(rest, piece);
        ranking->sorted += piece;
    }
    item = select_item(ranking->keys[i]);
    out.distance = select_value(ranking->keys[i]);
    out.segment = segment_of(ranking, item);
    out.cell = item - ranking->first[out.segment];
    return out;
}
