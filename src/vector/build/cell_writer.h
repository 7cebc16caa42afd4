/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams the cells of a plan into the body, in order, a batch that fits the memory at a time:
 * gathers the rows of each cell, moves its centroid to their mean, encodes them, and shows them to
 * the probe laws. A cell that is kept takes its centroid and codes along and only its other rows
 * are encoded.
 */
#ifndef INLAY_VECTOR_BUILD_CELL_WRITER_H
#define INLAY_VECTOR_BUILD_CELL_WRITER_H

#include "vector/build/cell_plan.h"
#include "vector/build/laws.h"

#include "base/byte_sink.h"

/* The rows of one kept cell that stay. Borrowed until the next load. */
struct kept_rows {
    const float *centroid;
    struct coded_rows codes;
    const uint32_t *places; /* of the rows that stay, in `codes` */
    const uint32_t *rows;   /* their numbers in the new file, ascending */
    uint32_t count;
    float spread; /* of the whole cell */
};

/* Where a merge gets them from. */
struct kept_source {
    /* Makes the cells (numbers in the kept index) available, one wave of reads. */
    inlay_status (*load)(void *context, const uint32_t *cells, size_t count, inlay_error *err);
    /* Cell `i` of the last load. */
    void (*get)(void *context, size_t i, struct kept_rows *out);
    void *context;
};

struct cell_writer {
    const struct cell_plan *plan;
    const uint32_t *rows; /* row number of each row of the store, borrowed */
    enum vector_metric metric;
    unsigned code_bits;
    size_t memory;                  /* for a batch, unless one cell needs more */
    const struct kept_source *kept; /* NULL: the plan keeps none */
    struct law_meter *laws;
    struct progress *progress;
    /* Results, of each cell; the centroids are those of the plan's tree, moved. */
    float *centroids; /* owned by the caller, cells x width */
    float *spreads;   /* likewise, cells */
};

inlay_status cell_writer_run(const struct cell_writer *writer, struct byte_sink *body,
                             inlay_error *err);

#endif
