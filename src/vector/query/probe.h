/* SPDX-License-Identifier: Apache-2.0 */
/* One cell against one query: sign codes in blocks of 32 rows, the filter and the full codes only
 * for the rows that may still be among the best. */
#ifndef INLAY_VECTOR_QUERY_PROBE_H
#define INLAY_VECTOR_QUERY_PROBE_H

#include "vector/query/candidates.h"
#include "vector/query/query_code.h"
#include "vector/query/segment_filter.h"
#include "vector/read/cells.h"

/* How densely the rows that pass a filter lie in the cells looked at: all rows of their blocks, or
 * those of the first block of each cell. */
struct pass_rate {
    uint64_t rows;
    uint64_t passing;
};

struct probe {
    const struct vector_kernels *kernels;
    enum vector_metric metric;
    unsigned code_bits;
    const struct query_code *code;
    struct segment_filter *filter;
    bool filter_first;      /* few rows pass: ask before scanning a block */
    struct pass_rate *rate; /* NULL: nobody wants to know */
    uint32_t segment;
    struct candidates *candidates;
    struct vector_search_cost *cost;
};

/* A query against the exact centroid of a cell: what does not change between its blocks. */
struct cell_terms {
    float base;  /* |q - c|^2 or -<q, c> */
    float reach; /* |q - c| */
    float slack;
};

struct cell_terms probe_terms(const struct probe *probe, const float *centroid);
void probe_cell(const struct probe *probe, const struct vector_cell *cell,
                const struct cell_terms *terms);

#endif
