/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the rows of a store are divided into cells, between training and encoding. The steps bring
 * the sizes near the wanted one and the cells into the order of the file; each leaves every row in
 * exactly one cell. What they do depends on rows and target only, not on threads or memory.
 *
 * A merge keeps cells that come with rows of their own ("kept": already coded, not in the store);
 * those rows count for the sizes, and such a cell is never dissolved.
 */
#ifndef INLAY_VECTOR_BUILD_CELL_PLAN_H
#define INLAY_VECTOR_BUILD_CELL_PLAN_H

#include "vector/build/row_store.h"
#include "vector/cluster/cluster.h"

#include <stdbool.h>

#define CELL_NOT_KEPT UINT32_MAX

struct kept_cell {
    uint32_t cell; /* in the kept index; CELL_NOT_KEPT: all rows are in the store */
    uint32_t rows; /* that stay as they are coded */
};

struct cell_plan {
    const struct row_store *store;
    struct cell_tree tree;
    size_t count;           /* rows of the store that are in a cell */
    uint32_t *cell_of;      /* of each such row, owned */
    uint32_t *rows;         /* of each cell, with kept rows; owned */
    struct kept_cell *kept; /* of each cell; owned; NULL: none is kept */
    size_t block_rows;      /* rows read at a time */
    size_t memory;          /* bytes for copies of rows */
    struct exec_pool *pool;
    const struct cancel_token *cancel;
    struct progress *progress;
};

/* Takes the tree over, also on failure. `kept` is copied and may be NULL. `memory` is what a step
 * may take for copies of rows; the result does not depend on it. */
inlay_status cell_plan_init(struct cell_plan *plan, const struct row_store *store,
                            struct cell_tree *tree, const struct kept_cell *kept, size_t memory,
                            inlay_error *err);
void cell_plan_free(struct cell_plan *plan);

/* Puts the rows of the store that are in no cell yet into the nearest. */
inlay_status cell_plan_assign(struct cell_plan *plan, inlay_error *err);

/* The rows that came to the store since the last call are those of a kept cell, which is no longer
 * kept. */
inlay_status cell_plan_release(struct cell_plan *plan, uint32_t cell, inlay_error *err);

/* Moves the rows of cells smaller than `least` into the nearest of the others and drops what is
 * empty then; the largest cell always stays. */
inlay_status cell_plan_dissolve(struct cell_plan *plan, uint32_t least, inlay_error *err);

/* Splits cells of more than `most` rows into parts of about `target`. Their rows must all be in the
 * store. */
inlay_status cell_plan_split(struct cell_plan *plan, uint32_t target, uint32_t most,
                             inlay_error *err);

/* Groups, and the cells within each, in an order in which neighbours are near each other. */
inlay_status cell_plan_order(struct cell_plan *plan, inlay_error *err);

/* The rows of the store by cell: those of cell i are members[begin[i]] to members[begin[i + 1]],
 * ascending. Both are the caller's. */
inlay_status cell_plan_members(const struct cell_plan *plan, uint32_t **members, uint32_t **begin,
                               inlay_error *err);

#endif
