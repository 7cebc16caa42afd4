/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Training of a cell tree, in four steps:
 *
 * 1. the sample is divided into about sqrt(cells) groups;
 * 2. k-means within each group gives it cells in proportion to its distinct rows;
 * 3. Lloyd's iterations over all cells, with the search that cluster_assign uses, move cells
 *    across the borders that the groups drew;
 * 4. the cells themselves are grouped: these groups are the tree's.
 *
 * Step 4 also goes before each iteration of step 3. As a tree's groups divide its cells, not the
 * sample, the nearest groups of a row hold the nearest cells.
 */
#include "base/alloc.h"
#include "base/error.h"
#include "base/hash.h"
#include "vector/cluster/cluster_priv.h"

#include <math.h>
#include <string.h>

/* Measured: more of the first two gain nothing once the third follows. */
#define GROUP_ITERATIONS 8u
#define CELL_ITERATIONS 5u
#define REFINEMENTS 3u

/* A row that misses its nearest cell while cells still move changes their means but little. */
static const struct search_effort quick_effort = {.least = 3, .most = 8, .far = 1.1f};

struct trainer {
    const struct cluster_options *options;
    struct cluster_run run;
    struct row_view sample;
    uint8_t *fresh;       /* of each row: 1 for the first of its equals; owned */
    uint32_t distinct;    /* rows with fresh = 1 */
    uint32_t cells;       /* that can be had */
    struct kmeans groups; /* of step 1, owned */
    uint32_t *first;      /* of each group: its place among all cells; owned */
    uint32_t *found;      /* of each group: cells; owned */
    struct kmeans all;    /* the cells; owned */
    uint64_t reported;    /* rows told to progress */
};

static void report(struct trainer *trainer, uint64_t rows)
{
    trainer->reported += rows;
    progress_add(trainer->options->progress, rows);
}

static uint32_t group_number(uint32_t cells)
{
    return (uint32_t)lround(sqrt((double)cells));
}

/* Finds the first of each set of equal rows, by a hash table with open addressing. */
static inlay_status mark_fresh(struct trainer *trainer, inlay_error *err)
{
    const struct row_view *sample = &trainer->sample;
    size_t row_bytes = sample->dim * sizeof(float);
    size_t size = 64;
    size_t i;
    uint32_t *table;
    while (size < sample->count * 2) {
        size *= 2;
    }
    table = mem_zalloc_array(size, sizeof(uint32_t)); /* row + 1, or 0 */
    if (table == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < sample->count; i++) {
        const float *row = row_view_at(sample, i);
        size_t at = (size_t)hash_xxh3_64(row, row_bytes) & (size - 1);
        while (table[at] != 0 && memcmp(row_view_at(sample, table[at] - 1), row, row_bytes) != 0) {
            at = (at + 1) & (size - 1);
        }
        if (table[at] == 0) {
            table[at] = (uint32_t)i + 1;
            trainer->fresh[i] = 1;
            trainer->distinct++;
        }
    }
    mem_free(table);
    return INLAY_OK;
}

static inlay_status divide_sample(struct trainer *trainer, inlay_error *err)
{
    uint32_t wanted = group_number(trainer->cells);
    unsigned iterations = trainer->options->iterations;
    struct group_options options = {.groups = wanted,
                                    .limit = wanted * 2 < trainer->cells ? wanted * 2 : wanted,
                                    .iterations = iterations != 0 ? iterations : GROUP_ITERATIONS,
                                    .seed = trainer->options->seed,
                                    .fresh = trainer->fresh};
    return groups_train(&trainer->groups, &trainer->run, &trainer->sample, &options, err);
}

static uint32_t distinct_rows(const struct trainer *trainer, uint32_t group)
{
    const struct partition *rows = &trainer->groups.clusters;
    uint32_t count = 0;
    uint32_t i;
    for (i = rows->start[group]; i < rows->start[group + 1]; i++) {
        count += trainer->fresh[rows->order[i]];
    }
    return count;
}

/* Each group with rows gets one cell and its share, rounded down, of the rest; what is left goes to
 * the groups with the greatest fractions, in order of number among equals. Since there are no more
 * cells than distinct rows, no group gets more than it has. */
static inlay_status share_cells(struct trainer *trainer, inlay_error *err)
{
    uint32_t k = trainer->groups.k;
    uint64_t *fraction = mem_zalloc_array(k, sizeof(uint64_t));
    uint64_t spare_rows = trainer->distinct;
    uint64_t spare_cells = trainer->cells;
    uint32_t left = trainer->cells;
    uint32_t g;
    if (fraction == NULL) {
        return error_no_memory(err);
    }
    for (g = 0; g < k; g++) {
        trainer->found[g] = distinct_rows(trainer, g);
        spare_rows -= trainer->found[g] != 0;
        spare_cells -= trainer->found[g] != 0;
    }
    for (g = 0; g < k; g++) {
        if (trainer->found[g] != 0 && spare_rows != 0) {
            uint64_t share = (trainer->found[g] - 1) * spare_cells;
            trainer->found[g] = 1 + (uint32_t)(share / spare_rows);
            fraction[g] = share % spare_rows;
        }
        left -= trainer->found[g];
    }
    for (; left != 0; left--) {
        uint32_t most = 0;
        for (g = 1; g < k; g++) {
            most = fraction[g] > fraction[most] ? g : most;
        }
        trainer->found[most]++;
        fraction[most] = 0;
    }
    mem_free(fraction);
    return INLAY_OK;
}

/* k-means within one group, by one thread. */
static inlay_status train_group(void *context, size_t g, unsigned slot, inlay_error *err)
{
    struct trainer *trainer = context;
    struct cluster_run run = {trainer->run.kernels, NULL, trainer->run.cancel};
    const struct partition *rows = &trainer->groups.clusters;
    size_t dim = trainer->sample.dim;
    struct row_view view = {trainer->sample.rows, dim, rows->order + rows->start[g],
                            rows->start[g + 1] - rows->start[g]};
    unsigned iterations = trainer->options->iterations;
    struct kmeans kmeans = {0};
    inlay_status status = INLAY_OK;
    (void)slot;
    if (view.count == 0) {
        return INLAY_OK;
    }
    INLAY_TRY_GOTO(status, kmeans_init(&kmeans, &run, &view, trainer->found[g], err), cleanup);
    INLAY_TRY_GOTO(
        status, kmeans_seed(&kmeans, trainer->found[g], ~trainer->options->seed + g, err), cleanup);
    INLAY_TRY_GOTO(status,
                   kmeans_lloyd(&kmeans, iterations != 0 ? iterations : CELL_ITERATIONS, err),
                   cleanup);
    trainer->found[g] = kmeans.k;
    memcpy(trainer->all.centroids + trainer->first[g] * dim, kmeans.centroids,
           kmeans.k * dim * sizeof(float));
    memcpy(trainer->all.half_norms + trainer->first[g], kmeans.half_norms,
           kmeans.k * sizeof(float));

cleanup:
    kmeans_free(&kmeans);
    return status;
}

/* Moves the cells of all groups together where a group has found fewer than were planned. */
static void close_gaps(struct trainer *trainer)
{
    struct kmeans *all = &trainer->all;
    size_t dim = all->view.dim;
    uint32_t g;
    all->k = 0;
    for (g = 0; g < trainer->groups.k; g++) {
        memmove(all->centroids + all->k * dim, all->centroids + trainer->first[g] * dim,
                trainer->found[g] * dim * sizeof(float));
        memmove(all->half_norms + all->k, all->half_norms + trainer->first[g],
                trainer->found[g] * sizeof(float));
        all->k += trainer->found[g];
    }
}

static inlay_status train_cells(struct trainer *trainer, inlay_error *err)
{
    uint32_t k = trainer->groups.k;
    uint32_t g;
    trainer->first = mem_alloc_array((size_t)k + 1, sizeof(uint32_t));
    trainer->found = mem_alloc_array(k, sizeof(uint32_t));
    if (trainer->first == NULL || trainer->found == NULL) {
        return error_no_memory(err);
    }
    INLAY_TRY(share_cells(trainer, err));
    trainer->first[0] = 0;
    for (g = 0; g < k; g++) {
        trainer->first[g + 1] = trainer->first[g] + trainer->found[g];
    }
    INLAY_TRY(exec_pool_run(trainer->run.pool, train_group, trainer, k, trainer->run.cancel, err));
    close_gaps(trainer);
    return INLAY_OK;
}

static inlay_status tree_init(struct cell_tree *tree, size_t dim, uint32_t cells, uint32_t groups,
                              inlay_error *err)
{
    tree->dim = dim;
    tree->groups = cluster_floats(groups, dim);
    tree->cells = cluster_floats(cells, dim);
    tree->first_cell = mem_alloc_array((size_t)groups + 1, sizeof(uint32_t));
    tree->group_half_norms = mem_alloc_array(groups, sizeof(float));
    tree->cell_half_norms = mem_alloc_array(cells, sizeof(float));
    if (tree->groups == NULL || tree->cells == NULL || tree->first_cell == NULL ||
        tree->group_half_norms == NULL || tree->cell_half_norms == NULL) {
        return error_no_memory(err);
    }
    return INLAY_OK;
}

static uint32_t tree_group_limit(uint32_t cells)
{
    uint32_t groups = group_number(cells);
    return groups * 2 < cells ? groups * 2 : groups;
}

/* Fills the tree with the cells, group by group; empty groups are left out. */
static void tree_fill(struct cell_tree *tree, const struct kmeans *all, const struct kmeans *groups)
{
    size_t dim = tree->dim;
    uint32_t g;
    uint32_t i;
    tree->group_count = 0;
    tree->cell_count = 0;
    for (g = 0; g < groups->k; g++) {
        if (groups->clusters.start[g] == groups->clusters.start[g + 1]) {
            continue;
        }
        memcpy(tree->groups + tree->group_count * dim, groups->centroids + g * dim,
               dim * sizeof(float));
        tree->group_half_norms[tree->group_count] = groups->half_norms[g];
        tree->first_cell[tree->group_count++] = tree->cell_count;
        for (i = groups->clusters.start[g]; i < groups->clusters.start[g + 1]; i++) {
            uint32_t cell = groups->clusters.order[i];
            memcpy(tree->cells + tree->cell_count * dim, all->centroids + cell * dim,
                   dim * sizeof(float));
            tree->cell_half_norms[tree->cell_count++] = all->half_norms[cell];
        }
    }
    tree->first_cell[tree->group_count] = tree->cell_count;
}

/* Groups the cells, and puts them into that order in `all` too. */
static inlay_status group_cells(struct trainer *trainer, struct cell_tree *tree, inlay_error *err)
{
    struct kmeans *all = &trainer->all;
    struct row_view cells = {all->centroids, all->view.dim, NULL, all->k};
    struct group_options options = {.groups = group_number(all->k),
                                    .limit = tree_group_limit(all->k),
                                    .iterations = GROUP_ITERATIONS,
                                    .seed = trainer->options->seed};
    struct kmeans groups;
    inlay_status status = groups_train(&groups, &trainer->run, &cells, &options, err);
    if (status == INLAY_OK) {
        tree_fill(tree, all, &groups);
        memcpy(all->centroids, tree->cells, all->k * all->view.dim * sizeof(float));
        memcpy(all->half_norms, tree->cell_half_norms, all->k * sizeof(float));
    }
    kmeans_free(&groups);
    return status;
}

/* In the last iteration cells without rows are dropped, before that they get some. */
static inlay_status refine(struct trainer *trainer, struct cell_tree *tree, inlay_error *err)
{
    struct kmeans *all = &trainer->all;
    unsigned i;
    INLAY_TRY(group_cells(trainer, tree, err));
    for (i = 0; i < REFINEMENTS; i++) {
        INLAY_TRY(cell_search(&trainer->run, tree, &quick_effort, trainer->sample.rows,
                              trainer->sample.count, all->label, err));
        INLAY_TRY(kmeans_update(all, i + 1 < REFINEMENTS, err));
        if (i + 1 == REFINEMENTS) {
            kmeans_drop_empty(all);
        }
        INLAY_TRY(group_cells(trainer, tree, err));
        report(trainer, trainer->sample.count / (2 * REFINEMENTS));
    }
    return INLAY_OK;
}

static inlay_status check_arguments(size_t rows, size_t dim, const struct cluster_options *options,
                                    inlay_error *err)
{
    if (rows == 0 || rows >= UINT32_MAX || dim == 0 || dim % 16 != 0 || options->cells == 0) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "cannot cluster %zu rows of %zu elements into %u cells: expected 1 to "
                         "4294967294 rows, a multiple of 16 elements and at least 1 cell",
                         rows, dim, options->cells);
    }
    return INLAY_OK;
}

static inlay_status train(struct trainer *trainer, struct cell_tree *tree, inlay_error *err)
{
    const struct row_view *sample = &trainer->sample;
    trainer->fresh = mem_zalloc(sample->count);
    if (trainer->fresh == NULL) {
        return error_no_memory(err);
    }
    INLAY_TRY(mark_fresh(trainer, err));
    trainer->cells =
        trainer->options->cells < trainer->distinct ? trainer->options->cells : trainer->distinct;
    INLAY_TRY(tree_init(tree, sample->dim, trainer->cells, tree_group_limit(trainer->cells), err));
    INLAY_TRY(kmeans_init(&trainer->all, &trainer->run, sample, trainer->cells, err));
    INLAY_TRY(divide_sample(trainer, err));
    report(trainer, sample->count / 8);
    INLAY_TRY(train_cells(trainer, err));
    report(trainer, sample->count / 4);
    return refine(trainer, tree, err);
}

inlay_status cluster_train(const float *sample, size_t rows, size_t dim,
                           const struct cluster_options *options, struct cell_tree *out,
                           inlay_error *err)
{
    struct trainer trainer = {.options = options,
                              .run = {vector_kernels(), options->pool, options->cancel},
                              .sample = {sample, dim, NULL, rows}};
    inlay_status status;
    memset(out, 0, sizeof(*out));
    INLAY_TRY(check_arguments(rows, dim, options, err));
    status = train(&trainer, out, err);
    if (status == INLAY_OK) {
        report(&trainer, rows - trainer.reported);
    } else {
        cell_tree_free(out);
    }
    kmeans_free(&trainer.groups);
    kmeans_free(&trainer.all);
    mem_free(trainer.fresh);
    mem_free(trainer.first);
    mem_free(trainer.found);
    return status;
}

void cell_tree_free(struct cell_tree *tree)
{
    if (tree != NULL) {
        mem_free(tree->groups);
        mem_free(tree->cells);
        mem_free(tree->first_cell);
        mem_free(tree->group_half_norms);
        mem_free(tree->cell_half_norms);
        memset(tree, 0, sizeof(*tree));
    }
}
