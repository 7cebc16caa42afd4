/* SPDX-License-Identifier: Apache-2.0 */
#include "vector/query/probe.h"

#include <math.h>

/*
 * A bound is the estimate less so many standard deviations. Measured on 20,000 clustered rows of 64
 * and 384 dimensions, k = 10: of the true neighbours in the cells probed, 1.6 loses 0.3 %, 2.0
 * loses 0.05 %, 2.6 none; 3.2 costs a tenth of the time for nothing.
 */
#define GATE 2.6f

/* error / scale of a sign code is about sqrt(1 - 2 / pi); its inverse turns the table's deviation,
 * which is in units of the scale, into units of the error. */
#define SCALE_TO_ERROR 1.66f

struct cell_terms probe_terms(const struct probe *probe, const float *centroid)
{
    const struct query_code *code = probe->code;
    float square = probe->kernels->l2(code->rotated, centroid, code->padded);
    float table = SCALE_TO_ERROR * code->deviation;
    struct cell_terms terms;
    terms.base = probe->metric == VECTOR_INNER_PRODUCT
                     ? -probe->kernels->dot(code->rotated, centroid, code->padded)
                     : square;
    terms.reach = sqrtf(square);
    terms.slack = GATE * sqrtf(square + table * table);
    return terms;
}

/* The lanes of a block whose rows pass the filter. */
static uint32_t passing_lanes(struct segment_filter *filter, const uint32_t *rows, uint32_t count)
{
    uint32_t mask = 0;
    uint32_t i;
    for (i = 0; i < count; i++) {
        mask |= (uint32_t)segment_filter_passes(filter, rows[i]) << i;
    }
    return mask;
}

static void refine(const struct probe *probe, const struct vector_cell *cell,
                   const struct cell_terms *terms, uint32_t i, uint32_t sum)
{
    const struct coded_rows *rows = &cell->codes;
    const struct query_code *code = probe->code;
    const struct full_product *full = probe->extra_bits == 8 ? &code->full8 : &code->full4;
    const uint8_t *extra = coded_rows_extra(rows, i);
    int32_t digits = probe->extra_bits == 8
                         ? probe->kernels->extra8(code->digits, extra, code->padded)
                         : probe->kernels->extra4(code->digits, extra, code->padded);
    float product = (float)sum * full->sign_step + (float)digits * full->digit_step + full->offset;
    float by_code = rows->full_error[i] * terms->reach;
    float by_query = rows->full_scale[i] * full->deviation;
    struct candidate candidate;
    candidate.key = terms->base + rows->full_add[i] - rows->full_scale[i] * product;
    candidate.error = GATE * sqrtf(by_code * by_code + by_query * by_query);
    candidate.segment = probe->segment;
    candidate.row = cell->rows[i];
    probe->cost->rows_refined++;
    if (candidate.key - candidate.error < probe->candidates->limit) {
        candidates_add(probe->candidates, &candidate);
    }
}

void probe_cell(const struct probe *probe, const struct vector_cell *cell,
                const struct cell_terms *terms)
{
    const struct query_code *code = probe->code;
    uint32_t sums[SCAN_LANES];
    float lower[SCAN_LANES];
    uint32_t count = cell->codes.layout.rows;
    uint32_t first;
    for (first = 0; first < count; first += SCAN_LANES) {
        struct coded_block block = coded_rows_block(&cell->codes, first / SCAN_LANES);
        uint32_t rows = count - first < SCAN_LANES ? count - first : SCAN_LANES;
        uint32_t lanes = rows < SCAN_LANES ? ((uint32_t)1 << rows) - 1 : UINT32_MAX;
        if (probe->filter_first) {
            lanes = passing_lanes(probe->filter, cell->rows + first, rows);
        }
        if (probe->rate != NULL && (probe->filter_first || first == 0)) {
            uint32_t passing = probe->filter_first
                                   ? lanes
                                   : passing_lanes(probe->filter, cell->rows + first, rows);
            probe->rate->passing += (uint32_t)__builtin_popcount(passing);
            probe->rate->rows += rows;
        }
        if (lanes == 0) {
            continue;
        }
        probe->kernels->scan(block.signs, code->table, code->padded / 4, sums);
        lanes &= probe->kernels->bound(sums, block.add, block.scale, block.error, terms->base,
                                       code->step, code->offset, terms->slack,
                                       probe->candidates->limit, lower);
        probe->cost->rows_scanned += rows;
        for (; lanes != 0; lanes &= lanes - 1) {
            uint32_t lane = (uint32_t)__builtin_ctz(lanes);
            if (lower[lane] < probe->candidates->limit &&
                (probe->filter_first ||
                 segment_filter_passes(probe->filter, cell->rows[first + lane]))) {
                refine(probe, cell, terms, first + lane, sums[lane]);
            }
        }
    }
    probe->cost->cells_probed++;
    candidates_end_cell(probe->candidates);
}
