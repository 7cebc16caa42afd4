/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Merges the vector indexes of several superfiles into that of a new one. The index with the most
 * vectors that stay lends its cells: their rows keep their codes, the rows of the other inputs join
 * the nearest cells, encoded from their raw vectors. Cells that have become too small are given up,
 * those that have become too large are split, both from raw vectors. Where the largest input has
 * less than two thirds of what stays, has lost half of its own rows, or is coded differently, all
 * cells are made anew, as vector_builder does. Probe laws are measured anew in either case.
 *
 * The same inputs and options give the same bytes, for every thread count and CPU level.
 */
#ifndef INLAY_VECTOR_VECTOR_MERGE_H
#define INLAY_VECTOR_VECTOR_MERGE_H

#include "vector/vector_builder.h"
#include "vector/vector_search.h"

#define VECTOR_MERGE_DROPPED UINT32_MAX

struct vector_merge_input {
    struct vector_index *index;
    struct vector_rows rows; /* raw vectors; `view` may be NULL */
    /* For each row of the superfile its number in the new one, or VECTOR_MERGE_DROPPED. Ascending
     * within an input; no number twice. */
    const uint32_t *new_rows;
};

/* `row_count` is that of the new superfile; body, hot, summary and options as for
 * vector_builder_finish. INLAY_INVALID_ARGUMENT when an input differs from the options in
 * dimension, metric or element. At least one input. */
inlay_status vector_merge(const struct vector_merge_input *inputs, size_t count,
                          const struct vector_options *options, uint64_t row_count,
                          struct byte_sink *body, struct buffer *hot,
                          struct vector_index_summary *summary, inlay_error *err);

#endif
