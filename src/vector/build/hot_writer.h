/* SPDX-License-Identifier: Apache-2.0 */
/* The hot part of a vector index (docs/format/vector-index.md "Hot part"). */
#ifndef INLAY_VECTOR_BUILD_HOT_WRITER_H
#define INLAY_VECTOR_BUILD_HOT_WRITER_H

#include "vector/format/layout.h"

#include "base/buffer.h"

struct hot_part {
    uint32_t dim;
    enum vector_metric metric;
    enum vector_element element;
    unsigned code_bits;
    uint64_t row_count;
    uint64_t vectors;
    uint64_t body_length;
    uint32_t groups;
    uint32_t cells;
    const uint32_t *first_cell; /* groups + 1 */
    const float *centroids;     /* of the cells, cells x padded; groups get the means of theirs */
    const float *spreads;
    const uint32_t *rows; /* of each cell */
    const struct probe_law *laws;
    uint32_t law_count;
};

/* Appends it to `hot`. */
inlay_status hot_part_write(const struct hot_part *part, struct buffer *hot, inlay_error *err);

#endif
