/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two-level balanced k-means: groups, and cells within groups. Training sees a bounded sample;
 * assignment looks at the cells of the few nearest groups. Squared L2 throughout (vectors of a
 * cosine column are normalised before). Deterministic for every thread count and CPU level.
 */
#ifndef INLAY_VECTOR_CLUSTER_CLUSTER_H
#define INLAY_VECTOR_CLUSTER_CLUSTER_H

#include "exec/pool.h"
#include "exec/progress.h"
#include "inlay/error.h"

#include <stddef.h>
#include <stdint.h>

struct cluster_options {
    uint32_t cells; /* wanted, at least 1; fewer come out when the sample has fewer distinct rows */
    unsigned iterations; /* Lloyd steps per level; 0 = chosen */
    uint64_t seed;
    struct exec_pool *pool;            /* may be NULL */
    const struct cancel_token *cancel; /* may be NULL */
    struct progress *progress;         /* may be NULL; adds rows */
};

/* Cells of a group are consecutive: group g has [first_cell[g], first_cell[g + 1]). */
struct cell_tree {
    size_t dim; /* multiple of 16 */
    uint32_t group_count;
    uint32_t cell_count;
    float *groups;           /* group_count x dim, owned */
    float *cells;            /* cell_count x dim, owned */
    uint32_t *first_cell;    /* group_count + 1, owned */
    float *group_half_norms; /* owned */
    float *cell_half_norms;  /* owned */
};

/* `sample` is rows x dim, row-major. rows >= 1. */
inlay_status cluster_train(const float *sample, size_t rows, size_t dim,
                           const struct cluster_options *options, struct cell_tree *out,
                           inlay_error *err);
void cell_tree_free(struct cell_tree *tree); /* NULL-safe */

/* The nearest cell of each row, among those of the nearest groups. Parallel over rows. */
inlay_status cluster_assign(const struct cell_tree *tree, const float *rows, size_t count,
                            struct exec_pool *pool, const struct cancel_token *cancel,
                            uint32_t *cells, inlay_error *err);

/*
 * Divides the rows of one cell that is too large into `parts` of nearly equal size (sizes differ by
 * a quarter at most), nearest first; identical rows are dealt out in row order. `part` gets 0 to
 * parts - 1 for each row, `centroids` parts x dim means.
 */
inlay_status cluster_split(const float *rows, size_t count, size_t dim, uint32_t parts,
                           uint32_t *part, float *centroids, inlay_error *err);

#endif
