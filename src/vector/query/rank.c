/* SPDX-License-Identifier: Apache-2.0 */
#include "vector/query/rank.h"

#include "vector/query/select.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* How many more are sorted when an order is asked for. */
#define FIRST_PIECE 128

/* Standard deviations by which a first estimate may be wrong; a cell that is lost this way only
 * comes later in the order. */
#define GATE 2.6f

/* First estimates less their error of the cells [cell, end) of one block and group; `keys` and the
 * rest are those of the segment. */
static void bound_lanes(const struct vector_index *index, const struct query_code *code,
                        const struct vector_kernels *kernels, const uint32_t *sums, float base,
                        float reach, uint32_t cell, uint32_t end, float *lower)
{
    static const float zeros[SCAN_LANES];
    struct coded_block block = coded_rows_block(&index->centroids, cell / SCAN_LANES);
    bool inner = index->info.metric == VECTOR_INNER_PRODUCT;
    float half = inner ? 0.5f : 1; /* the codes are of squared L2: twice <q, r> */
    float lanes[SCAN_LANES];
    (void)kernels->bound(sums, inner ? zeros : block.add, block.scale, block.error, base,
                         half * code->step, half * code->offset, half * GATE * reach, 0, lanes);
    memcpy(lower + cell, lanes + cell % SCAN_LANES, (end - cell) * sizeof(*lower));
}

/* What is known of the cells of a segment before their full codes are read. */
static void scan_segment(struct cell_ranking *ranking, size_t segment)
{
    const struct vector_index *index = ranking->indexes[segment];
    const struct query_code *code = ranking->codes[segment];
    const struct vector_kernels *kernels = ranking->kernels;
    const struct vector_index_info *info = &index->info;
    float *lower = ranking->lower + ranking->first[segment];
    float *bases = ranking->bases + ranking->first_group[segment];
    uint32_t sums[SCAN_LANES];
    uint32_t group;
    for (group = 0; group < info->groups; group++) {
        const float *centroid = index->groups + (size_t)group * info->padded;
        uint32_t cell = index->first_cell[group];
        uint32_t end = index->first_cell[group + 1];
        float square = kernels->l2(code->rotated, centroid, info->padded);
        float base = info->metric == VECTOR_INNER_PRODUCT
                         ? -kernels->dot(code->rotated, centroid, info->padded)
                         : square;
        float reach = sqrtf(square);
        bases[group] = base;
        while (cell < end) { /* to the end of the block or of the group */
            uint32_t block = cell / SCAN_LANES;
            uint32_t stop = (block + 1) * SCAN_LANES < end ? (block + 1) * SCAN_LANES : end;
            if (cell % SCAN_LANES == 0) {
                kernels->scan(coded_rows_block(&index->centroids, block).signs, code->table,
                              info->padded / 4, sums);
            }
            bound_lanes(index, code, kernels, sums, base, reach, cell, stop, lower);
            cell = stop;
        }
    }
}

/* The last of `count` ascending firsts that is not above the item. */
static uint32_t part_of(const uint32_t *first, size_t count, uint32_t item)
{
    size_t low = 0;
    size_t high = count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (first[middle] <= item) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return (uint32_t)low;
}

static uint32_t segment_of(const struct cell_ranking *ranking, uint32_t item)
{
    return part_of(ranking->first, ranking->segments, item);
}

/* The keys [first, end) by the full codes. */
static void refine(struct cell_ranking *ranking, size_t first, size_t end)
{
    for (; first < end; first++) {
        uint32_t item = select_item(ranking->keys[first]);
        uint32_t segment = segment_of(ranking, item);
        uint32_t cell = item - ranking->first[segment];
        const struct query_code *code = ranking->codes[segment];
        const struct vector_index *index = ranking->indexes[segment];
        const struct coded_rows *rows = &index->centroids;
        const struct full_product *full = &code->full8;
        const uint32_t group = part_of(index->first_cell, index->info.groups, cell);
        const float base = ranking->bases[ranking->first_group[segment] + group];
        struct full_code row = coded_rows_full(rows, cell);
        int32_t digits = ranking->kernels->product8(code->digits, row.code, code->padded);
        float product = row.factors.scale * ((float)digits * full->step + full->offset);
        float distance;
        if (index->info.metric == VECTOR_INNER_PRODUCT) {
            distance = base - product / 2;
        } else {
            distance = base + row.factors.add - product;
            distance = distance > 0 ? distance : 0;
        }
        ranking->keys[first] = select_key(distance, item);
    }
}

/* Keys of the items whose bounds are in (above, most], behind those that there are; `above` NaN: up
 * to `most`. */
static void add_keys(struct cell_ranking *ranking, float above, float most)
{
    uint64_t *keys = ranking->keys;
    size_t filled = ranking->filled;
    size_t i;
    for (i = 0; i < ranking->count; i++) { /* without branches: most items are not among them */
        const float lower = ranking->lower[i];
        keys[filled] = i;
        filled += !(lower <= above) & (lower <= most);
    }
    for (i = ranking->filled; i < filled; i++) {
        keys[i] = select_key(ranking->lower[keys[i]], (uint32_t)keys[i]);
    }
    ranking->filled = filled;
}

/* The items that have no keys yet: those above the last bound, and what is no number. */
static void add_rest(struct cell_ranking *ranking)
{
    size_t i;
    for (i = 0; i < ranking->count && ranking->filled < ranking->count; i++) {
        if (!(ranking->lower[i] <= ranking->known)) {
            ranking->keys[ranking->filled++] = select_key(ranking->lower[i], (uint32_t)i);
        }
    }
    ranking->known = INFINITY;
}

#define SAMPLE 512

/* A bound that about `wanted` items are within, rather more than fewer. */
static float likely_bound(const struct cell_ranking *ranking, size_t wanted)
{
    const size_t step = ranking->count / SAMPLE;
    uint64_t sample[SAMPLE];
    size_t place = (wanted + wanted / 2) * SAMPLE / ranking->count + 8;
    size_t i;
    if (place >= SAMPLE) {
        return INFINITY;
    }
    for (i = 0; i < SAMPLE; i++) {
        sample[i] = select_key(ranking->lower[i * step], 0);
    }
    select_smallest(sample, SAMPLE, place);
    for (i = 1; i < place; i++) {
        sample[0] = sample[i] > sample[0] ? sample[i] : sample[0];
    }
    return select_value(sample[0]);
}

/* Keys of at least the `wanted` items with the least bounds. */
static void add_nearest(struct cell_ranking *ranking, size_t wanted)
{
    if (ranking->count >= SAMPLE) {
        ranking->known = likely_bound(ranking, wanted);
        add_keys(ranking, NAN, ranking->known);
    }
    if (ranking->filled < wanted) {
        add_rest(ranking);
    }
}

/* Puts the `wanted` nearest first: twice as many by their bounds, then every other one whose bound
 * is below the last of them. */
static void find_nearest(struct cell_ranking *ranking, size_t wanted)
{
    uint64_t *keys = ranking->keys;
    uint64_t last = 0;
    float bound;
    size_t i;
    if (wanted >= ranking->count / 2) {
        add_rest(ranking);
        refine(ranking, 0, ranking->count);
        ranking->refined = ranking->ready = ranking->count;
        return;
    }
    add_nearest(ranking, 2 * wanted);
    select_smallest(keys, ranking->filled, 2 * wanted);
    refine(ranking, 0, 2 * wanted);
    select_smallest(keys, 2 * wanted, wanted);
    for (i = 0; i < wanted; i++) {
        last = keys[i] > last ? keys[i] : last;
    }
    bound = select_value(last);
    if (wanted != 0 && bound > ranking->known) {
        add_keys(ranking, ranking->known, bound);
        ranking->known = bound;
    }
    ranking->refined = 2 * wanted;
    for (i = 2 * wanted; i < ranking->filled; i++) {
        if (keys[i] < last) {
            uint64_t swap = keys[ranking->refined];
            keys[ranking->refined] = keys[i];
            keys[i] = swap;
            refine(ranking, ranking->refined, ranking->refined + 1);
            ranking->refined++;
        }
    }
    select_smallest(keys, ranking->refined, wanted);
    ranking->ready = wanted;
}

inlay_status cell_ranking_make(struct vector_index *const *indexes,
                               const struct query_code *const *codes, size_t segments,
                               size_t wanted, const struct vector_kernels *kernels,
                               struct arena *arena, struct cell_ranking *out, inlay_error *err)
{
    uint32_t *first = arena_alloc_array(arena, segments + 1, sizeof(*first));
    size_t *first_group = arena_alloc_array(arena, segments + 1, sizeof(*first_group));
    uint64_t total = 0;
    size_t groups = 0;
    size_t i;
    if (first == NULL || first_group == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < segments; i++) {
        first[i] = (uint32_t)total;
        first_group[i] = groups;
        groups += codes[i] != NULL ? indexes[i]->info.groups : 0;
        total += codes[i] != NULL ? indexes[i]->info.cells : 0;
        if (total > UINT32_MAX) {
            return error_set(
                err, INLAY_OVER_BUDGET,
                "a vector search spans more than 2^32 cells; merge or split the table");
        }
    }
    first[segments] = (uint32_t)total;
    *out = (struct cell_ranking){.count = (size_t)total,
                                 .first = first,
                                 .first_group = first_group,
                                 .known = NAN,
                                 .segments = segments,
                                 .indexes = indexes,
                                 .codes = codes,
                                 .kernels = kernels};
    out->keys = arena_alloc_array(arena, (size_t)total + 1, sizeof(*out->keys));
    out->bases = arena_alloc_array(arena, groups, sizeof(*out->bases));
    out->lower = arena_alloc_array(arena, (size_t)total, sizeof(*out->lower));
    if (out->keys == NULL || out->bases == NULL || out->lower == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < segments; i++) {
        if (codes[i] != NULL) {
            scan_segment(out, i);
        }
    }
    find_nearest(out, wanted);
    return INLAY_OK;
}

struct ranked_cell cell_ranking_at(struct cell_ranking *ranking, size_t i)
{
    struct ranked_cell out;
    uint32_t item;
    if (i >= ranking->ready) {
        add_rest(ranking);
        refine(ranking, ranking->refined, ranking->count);
        ranking->refined = ranking->ready = ranking->count;
    }
    while (i >= ranking->sorted) {
        uint64_t *rest = ranking->keys + ranking->sorted;
        size_t left = ranking->ready - ranking->sorted;
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
    out.rank = 0;
    return out;
}
