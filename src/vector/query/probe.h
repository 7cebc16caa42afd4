/* SPDX-License-Identifier: Apache-2.0 */
/* One cell against one query: sign codes in blocks of 32 rows, the filter and the full codes only
 * for the rows that may still be among the best. */
#ifndef INLAY_VECTOR_QUERY_PROBE_H
#define INLAY_VECTOR_QUERY_PROBE_H

#include "vector/query/candidates.h"
#include "vector/query/query_code.h"
#include "vector/query/row_filter.h"
#include "vector/read/cells.h"

struct probe {
    const struct vector_kernels *kernels;
    enum vector_metric metric;
    unsigned extra_bits;
    const struct query_code *code;
    struct row_filter *filter;
    bool filter_first; /* few rows pass: ask before scanning a block */
    uint32_t segment;
    struct candidates *candidates;
    struct vector_search_cost *cost;
};

void probe_cell(const struct probe *probe, const struct vector_cell *cell);

#endif
