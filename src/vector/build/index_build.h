/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What building an index and merging several share: rows in a store, then cells, then the file.
 */
#ifndef INLAY_VECTOR_BUILD_INDEX_BUILD_H
#define INLAY_VECTOR_BUILD_INDEX_BUILD_H

#include "vector/build/cell_writer.h"
#include "vector/kernels/rotation.h"
#include "vector/vector_builder.h"

/* Cells of more than so many times the wanted rows are split; those of less than one part in so
 * many are dissolved. */
enum { CELL_GROWTH = 2, CELL_SHRINKAGE = 8 };

struct index_build {
    struct vector_options options; /* resolved: no zeros that stand for defaults */
    struct rotation *rotation;     /* owned */
    struct row_store store;        /* rotated rows; owned */
    uint32_t *rows;                /* row number of each row of the store, owned */
    size_t row_capacity;
    float *scratch; /* dim floats, owned */
    struct cell_plan plan;
    struct law_meter laws;
};

/* INLAY_INVALID_ARGUMENT when an option is out of range. Free it on failure too. */
inlay_status index_build_init(struct index_build *build, const struct vector_options *options,
                              inlay_error *err);
void index_build_free(struct index_build *build);

/* Normalises (cosine), pads and rotates into `out`; INLAY_INVALID_ARGUMENT naming the row when the
 * vector cannot be indexed. */
inlay_status index_build_rotate(struct index_build *build, uint32_t row, const float *vector,
                                float *out, inlay_error *err);
/* The same into the store. */
inlay_status index_build_add(struct index_build *build, uint32_t row, const float *vector,
                             inlay_error *err);

/* Bytes that a step may take for copies of rows. */
size_t index_build_step_memory(const struct index_build *build);

/* A plan of the cells of `tree` (taken over, also on failure), in which no row of the store is yet.
 * `kept` is copied and may be NULL. */
inlay_status index_build_begin_plan(struct index_build *build, struct cell_tree *tree,
                                    const struct kept_cell *kept, inlay_error *err);

/* Fills the plan from the rows of the store, at least one: training, assignment, sizes. */
inlay_status index_build_cluster(struct index_build *build, inlay_error *err);

/* Vectors in the cells of the plan. */
uint64_t index_build_rows(const struct index_build *build);

/* Brings the sizes of the plan's cells near the wanted one, and puts the cells in order. */
inlay_status index_build_balance(struct index_build *build, inlay_error *err);

/* Chooses the queries of the laws from the store, whose rows are all there are. */
inlay_status index_build_choose_queries(struct index_build *build, inlay_error *err);

/* The queries from `first` on, when the laws know how many there are. */
inlay_status index_build_pick_queries(struct index_build *build, size_t first, inlay_error *err);

/* Writes the cells of the plan (none when it is empty) and the hot part. The laws' queries must be
 * there. */
inlay_status index_build_write(struct index_build *build, const struct kept_source *kept,
                               uint64_t row_count, struct byte_sink *body, struct buffer *hot,
                               struct vector_index_summary *summary, inlay_error *err);

#endif
