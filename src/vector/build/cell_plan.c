/* SPDX-License-Identifier: Apache-2.0 */
#include "vector/build/cell_plan.h"

#include "vector/kernels/kernels.h"

#include "base/alloc.h"
#include "base/error.h"

#include <math.h>
#include <string.h>

#define SPLIT_BYTES ((size_t)4 << 20) /* of one cell that are split together */

static size_t row_floats(const struct cell_plan *plan)
{
    return plan->store->width;
}

/* Room for `count` rows; new ones are in no cell yet. */
static inlay_status extend(struct cell_plan *plan, size_t count, inlay_error *err)
{
    uint32_t *grown = mem_realloc_array(plan->cell_of, count, sizeof(*grown));
    if (grown == NULL) {
        return error_no_memory(err);
    }
    plan->cell_of = grown;
    return INLAY_OK;
}

inlay_status cell_plan_init(struct cell_plan *plan, const struct row_store *store,
                            struct cell_tree *tree, const struct kept_cell *kept, size_t memory,
                            inlay_error *err)
{
    size_t cells = tree->cell_count;
    uint32_t i;
    memset(plan, 0, sizeof(*plan));
    plan->store = store;
    plan->tree = *tree;
    memset(tree, 0, sizeof(*tree));
    plan->memory = memory;
    plan->block_rows = memory / (store->width * sizeof(float)) + 1;
    plan->rows = mem_zalloc_array(cells, sizeof(uint32_t));
    if (kept != NULL) {
        plan->kept = mem_dup(kept, cells * sizeof(*kept));
    }
    if (plan->rows == NULL || (kept != NULL && plan->kept == NULL)) {
        cell_plan_free(plan);
        return error_no_memory(err);
    }
    for (i = 0; kept != NULL && i < cells; i++) {
        plan->rows[i] = kept[i].rows;
    }
    return INLAY_OK;
}

void cell_plan_free(struct cell_plan *plan)
{
    cell_tree_free(&plan->tree);
    mem_free(plan->cell_of);
    mem_free(plan->rows);
    mem_free(plan->kept);
    memset(plan, 0, sizeof(*plan));
}

/* A tree with room for these numbers of groups and cells. */
static inlay_status tree_alloc(struct cell_tree *tree, size_t dim, size_t groups, size_t cells,
                               inlay_error *err)
{
    memset(tree, 0, sizeof(*tree));
    tree->dim = dim;
    tree->groups = mem_alloc_array(groups, dim * sizeof(float));
    tree->cells = mem_alloc_array(cells, dim * sizeof(float));
    tree->first_cell = mem_zalloc_array(groups + 1, sizeof(uint32_t));
    tree->group_half_norms = mem_alloc_array(groups, sizeof(float));
    tree->cell_half_norms = mem_alloc_array(cells, sizeof(float));
    if (tree->groups == NULL || tree->cells == NULL || tree->first_cell == NULL ||
        tree->group_half_norms == NULL || tree->cell_half_norms == NULL) {
        cell_tree_free(tree);
        return error_no_memory(err);
    }
    return INLAY_OK;
}

/* Cells are appended to the last group that was appended. */
static void tree_add_group(struct cell_tree *tree, const float *centroid, float half_norm)
{
    memcpy(tree->groups + tree->group_count * tree->dim, centroid, tree->dim * sizeof(float));
    tree->group_half_norms[tree->group_count++] = half_norm;
    tree->first_cell[tree->group_count] = tree->cell_count;
}

static void tree_add_cell(struct cell_tree *tree, const float *centroid, float half_norm)
{
    memcpy(tree->cells + tree->cell_count * tree->dim, centroid, tree->dim * sizeof(float));
    tree->cell_half_norms[tree->cell_count++] = half_norm;
    tree->first_cell[tree->group_count] = tree->cell_count;
}

/*
 * A new tree in which the groups come in the order `groups`, and the cells of each in that of
 * `cells` (a permutation within groups; NULLs: the present order), without those whose `parts` is 0
 * (NULL: all stay) and without groups left empty. `renumber` gets each old cell's new number.
 */
struct tree_edit {
    const uint32_t *groups;
    const uint32_t *cells;
    const uint32_t *parts; /* how many cells come of each */
    const float *const *part_centroids;
    uint32_t *renumber;
};

static void edit_group(const struct cell_tree *from, const struct tree_edit *edit, uint32_t group,
                       struct cell_tree *to, const struct vector_kernels *kernels)
{
    size_t dim = from->dim;
    bool empty = true;
    uint32_t i;
    for (i = from->first_cell[group]; i < from->first_cell[group + 1]; i++) {
        uint32_t old = edit->cells != NULL ? edit->cells[i] : i;
        uint32_t parts = edit->parts != NULL ? edit->parts[old] : 1;
        uint32_t part;
        if (parts != 0 && empty) {
            tree_add_group(to, from->groups + group * dim, from->group_half_norms[group]);
            empty = false;
        }
        edit->renumber[old] = to->cell_count;
        if (parts == 1) {
            tree_add_cell(to, from->cells + old * dim, from->cell_half_norms[old]);
            continue;
        }
        for (part = 0; part < parts; part++) {
            const float *centroid = edit->part_centroids[old] + part * dim;
            tree_add_cell(to, centroid, kernels->dot(centroid, centroid, dim) / 2);
        }
    }
}

static inlay_status edit_tree(const struct cell_tree *from, const struct tree_edit *edit,
                              struct cell_tree *to, inlay_error *err)
{
    const struct vector_kernels *kernels = vector_kernels();
    size_t cells = 0;
    uint32_t i;
    for (i = 0; i < from->cell_count; i++) {
        cells += edit->parts != NULL ? edit->parts[i] : 1;
    }
    INLAY_TRY(tree_alloc(to, from->dim, from->group_count, cells, err));
    for (i = 0; i < from->group_count; i++) {
        edit_group(from, edit, edit->groups != NULL ? edit->groups[i] : i, to, kernels);
    }
    return INLAY_OK;
}

static void count_rows(struct cell_plan *plan)
{
    size_t i;
    for (i = 0; i < plan->tree.cell_count; i++) {
        plan->rows[i] = plan->kept != NULL ? plan->kept[i].rows : 0;
    }
    for (i = 0; i < plan->count; i++) {
        plan->rows[plan->cell_of[i]]++;
    }
}

/* Puts an edited tree in place; the rows have their new numbers already. Takes the tree over. */
static inlay_status adopt(struct cell_plan *plan, struct cell_tree *tree,
                          const struct tree_edit *edit, inlay_error *err)
{
    static const struct kept_cell none = {CELL_NOT_KEPT, 0};
    uint32_t *rows = mem_alloc_array(tree->cell_count, sizeof(*rows));
    struct kept_cell *kept = mem_alloc_array(tree->cell_count, sizeof(*kept));
    uint32_t i;
    if (rows == NULL || kept == NULL) {
        mem_free(rows);
        mem_free(kept);
        cell_tree_free(tree);
        return error_no_memory(err);
    }
    for (i = 0; i < tree->cell_count; i++) {
        kept[i] = none;
    }
    for (i = 0; i < plan->tree.cell_count; i++) {
        bool whole = edit->parts == NULL || edit->parts[i] == 1;
        if (plan->kept != NULL && whole) {
            kept[edit->renumber[i]] = plan->kept[i];
        }
    }
    mem_free(plan->rows);
    mem_free(plan->kept);
    cell_tree_free(&plan->tree);
    plan->rows = rows;
    plan->kept = kept;
    plan->tree = *tree;
    memset(tree, 0, sizeof(*tree));
    count_rows(plan);
    return INLAY_OK;
}

inlay_status cell_plan_assign(struct cell_plan *plan, inlay_error *err)
{
    size_t rows = plan->store->count - plan->count;
    size_t block = plan->block_rows < rows ? plan->block_rows : rows;
    float *vectors = mem_alloc_array(block, row_floats(plan) * sizeof(float));
    inlay_status status;
    if (vectors == NULL) {
        return error_no_memory(err);
    }
    INLAY_TRY_GOTO(status, extend(plan, plan->store->count, err), cleanup);
    while (plan->count < plan->store->count) {
        size_t count = plan->store->count - plan->count;
        uint32_t *cells = plan->cell_of + plan->count;
        size_t i;
        count = count < block ? count : block;
        INLAY_TRY_GOTO(status, row_store_read(plan->store, plan->count, count, vectors, err),
                       cleanup);
        INLAY_TRY_GOTO(
            status,
            cluster_assign(&plan->tree, vectors, count, plan->pool, plan->cancel, cells, err),
            cleanup);
        for (i = 0; i < count; i++) {
            plan->rows[cells[i]]++;
        }
        plan->count += count;
        progress_add(plan->progress, count);
    }
cleanup:
    mem_free(vectors);
    return status;
}

inlay_status cell_plan_release(struct cell_plan *plan, uint32_t cell, inlay_error *err)
{
    size_t count = plan->store->count;
    INLAY_TRY(extend(plan, count, err));
    for (; plan->count < count; plan->count++) {
        plan->cell_of[plan->count] = cell;
    }
    plan->kept[cell].cell = CELL_NOT_KEPT;
    plan->kept[cell].rows = 0;
    return INLAY_OK;
}

/* What a dissolving needs: rows are collected and assigned to the new tree by blocks. */
struct movers {
    const struct cell_tree *tree;
    uint32_t *rows; /* numbers in the store */
    uint32_t *cells;
    float *vectors;
    size_t count;
};

static inlay_status move_rows(struct cell_plan *plan, struct movers *movers, inlay_error *err)
{
    size_t i;
    INLAY_TRY(row_store_gather(plan->store, movers->rows, movers->count, movers->vectors, err));
    INLAY_TRY(cluster_assign(movers->tree, movers->vectors, movers->count, plan->pool, plan->cancel,
                             movers->cells, err));
    for (i = 0; i < movers->count; i++) {
        plan->cell_of[movers->rows[i]] = movers->cells[i];
    }
    movers->count = 0;
    return INLAY_OK;
}

static inlay_status renumber_rows(struct cell_plan *plan, const struct tree_edit *edit,
                                  const struct cell_tree *tree, inlay_error *err)
{
    struct movers movers = {0};
    inlay_status status = INLAY_OK;
    size_t capacity = plan->block_rows;
    size_t i;
    movers.tree = tree;
    movers.rows = mem_alloc_array(capacity, sizeof(uint32_t));
    movers.cells = mem_alloc_array(capacity, sizeof(uint32_t));
    movers.vectors = mem_alloc_array(capacity, row_floats(plan) * sizeof(float));
    if (movers.rows == NULL || movers.cells == NULL || movers.vectors == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    for (i = 0; i < plan->count; i++) {
        uint32_t cell = plan->cell_of[i];
        if (edit->parts[cell] != 0) {
            plan->cell_of[i] = edit->renumber[cell];
            continue;
        }
        movers.rows[movers.count++] = (uint32_t)i;
        if (movers.count == capacity) {
            INLAY_TRY_GOTO(status, move_rows(plan, &movers, err), cleanup);
        }
    }
    status = move_rows(plan, &movers, err);
cleanup:
    mem_free(movers.rows);
    mem_free(movers.cells);
    mem_free(movers.vectors);
    return status;
}

/* Marks in `stays` (1 or 0) which cells are large enough; returns whether all are. */
static bool mark_large(const struct cell_plan *plan, uint32_t least, uint32_t *stays)
{
    uint32_t largest = 0;
    bool all = true;
    uint32_t i;
    for (i = 0; i < plan->tree.cell_count; i++) {
        bool kept = plan->kept != NULL && plan->kept[i].cell != CELL_NOT_KEPT;
        stays[i] = kept || plan->rows[i] >= least ? 1 : 0;
        all = all && stays[i] != 0;
        largest = plan->rows[i] > plan->rows[largest] ? i : largest;
    }
    stays[largest] = 1;
    return all;
}

inlay_status cell_plan_dissolve(struct cell_plan *plan, uint32_t least, inlay_error *err)
{
    uint32_t cells = plan->tree.cell_count;
    struct tree_edit edit = {0};
    struct cell_tree tree = {0};
    uint32_t *stays = mem_alloc_array(cells, sizeof(*stays));
    uint32_t *renumber = mem_alloc_array(cells, sizeof(*renumber));
    inlay_status status = INLAY_OK;
    if (stays == NULL || renumber == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    if (mark_large(plan, least, stays)) {
        goto cleanup;
    }
    edit.parts = stays;
    edit.renumber = renumber;
    INLAY_TRY_GOTO(status, edit_tree(&plan->tree, &edit, &tree, err), cleanup);
    INLAY_TRY_GOTO(status, renumber_rows(plan, &edit, &tree, err), cleanup);
    status = adopt(plan, &tree, &edit, err);
cleanup:
    cell_tree_free(&tree);
    mem_free(stays);
    mem_free(renumber);
    return status;
}

inlay_status cell_plan_members(const struct cell_plan *plan, uint32_t **members, uint32_t **begin,
                               inlay_error *err)
{
    size_t cells = plan->tree.cell_count;
    uint32_t *at = mem_zalloc_array(cells + 2, sizeof(*at));
    uint32_t *list = mem_alloc_array(plan->count, sizeof(*list));
    size_t i;
    *members = NULL;
    *begin = NULL;
    if (at == NULL || list == NULL) {
        mem_free(at);
        mem_free(list);
        return error_no_memory(err);
    }
    /* at[c + 1] runs from the begin of cell c to its end, which is the begin of the next. */
    for (i = 0; i < plan->count; i++) {
        at[plan->cell_of[i] + 2]++;
    }
    for (i = 2; i < cells + 2; i++) {
        at[i] += at[i - 1];
    }
    for (i = 0; i < plan->count; i++) {
        list[at[plan->cell_of[i] + 1]++] = (uint32_t)i;
    }
    *members = list;
    *begin = at;
    return INLAY_OK;
}

struct splitter {
    struct cell_plan *plan;
    const uint32_t *large; /* cells to split */
    const uint32_t *parts; /* of each cell */
    const uint32_t *members;
    const uint32_t *begin;
    uint32_t *part;    /* of each member, in their order */
    float **centroids; /* of each cell: of its parts, or NULL */
    size_t at_once;    /* rows; at least twice the target */
};

/* One cell. Rows beyond what is read at a time are split on their own, each such run into its share
 * of the parts: cells that large are rare (many equal rows) and their order is kept. */
static inlay_status split_cell(void *context, size_t index, unsigned slot, inlay_error *err)
{
    struct splitter *s = context;
    const struct cell_plan *plan = s->plan;
    uint32_t cell = s->large[index];
    uint32_t rows = s->begin[cell + 1] - s->begin[cell];
    uint32_t parts = s->parts[cell];
    size_t dim = row_floats(plan);
    size_t at_once = s->at_once < rows ? s->at_once : rows;
    uint32_t runs = (uint32_t)((rows + at_once - 1) / at_once); /* at most `parts` */
    uint32_t run;
    inlay_status status = INLAY_OK;
    float *vectors = mem_alloc_array(at_once, dim * sizeof(float));
    (void)slot;
    if (vectors == NULL) {
        return error_no_memory(err);
    }
    for (run = 0; run < runs && status == INLAY_OK; run++) {
        uint32_t from = s->begin[cell] + (uint32_t)((uint64_t)rows * run / runs);
        uint32_t to = s->begin[cell] + (uint32_t)((uint64_t)rows * (run + 1) / runs);
        uint32_t first_part = (uint32_t)((uint64_t)parts * run / runs);
        uint32_t run_parts = (uint32_t)((uint64_t)parts * (run + 1) / runs) - first_part;
        uint32_t i;
        INLAY_TRY_GOTO(status,
                       row_store_gather(plan->store, s->members + from, to - from, vectors, err),
                       cleanup);
        INLAY_TRY_GOTO(status,
                       cluster_split(vectors, to - from, dim, run_parts, s->part + from,
                                     s->centroids[cell] + first_part * dim, err),
                       cleanup);
        for (i = from; i < to; i++) {
            s->part[i] += first_part;
        }
    }
cleanup:
    mem_free(vectors);
    return status;
}

/* The number of parts of every cell; *large gets those that are split, most rows in one first. */
static uint32_t plan_split(const struct cell_plan *plan, uint32_t target, uint32_t most,
                           uint32_t *parts, uint32_t *large, uint32_t *most_rows)
{
    uint32_t count = 0;
    uint32_t i;
    *most_rows = 0;
    for (i = 0; i < plan->tree.cell_count; i++) {
        uint32_t rows = plan->rows[i];
        bool kept = plan->kept != NULL && plan->kept[i].cell != CELL_NOT_KEPT;
        parts[i] = 1;
        if (rows > most && !kept) {
            parts[i] = (uint32_t)(((uint64_t)rows + target / 2) / target);
            large[count++] = i;
            *most_rows = rows > *most_rows ? rows : *most_rows;
        }
    }
    return count;
}

static inlay_status split_planned(struct cell_plan *plan, struct splitter *s, size_t count,
                                  uint32_t most_rows, inlay_error *err)
{
    size_t dim = row_floats(plan);
    size_t bytes = (most_rows < s->at_once ? most_rows : s->at_once) * dim * sizeof(float);
    struct exec_pool *pool = plan->pool;
    size_t i;
    for (i = 0; i < count; i++) {
        uint32_t cell = s->large[i];
        s->centroids[cell] = mem_alloc_array(s->parts[cell], dim * sizeof(float));
        if (s->centroids[cell] == NULL) {
            return error_no_memory(err);
        }
    }
    if (2 * bytes * exec_pool_slots(pool) > plan->memory) { /* rows, and as much to sort them */
        pool = NULL;
    }
    return exec_pool_run(pool, split_cell, s, count, plan->cancel, err);
}

static inlay_status adopt_parts(struct cell_plan *plan, const struct splitter *s,
                                uint32_t *renumber, inlay_error *err)
{
    struct tree_edit edit = {0};
    struct cell_tree tree;
    uint32_t cells = plan->tree.cell_count;
    uint32_t i;
    uint32_t m;
    edit.parts = s->parts;
    edit.part_centroids = (const float *const *)s->centroids;
    edit.renumber = renumber;
    INLAY_TRY(edit_tree(&plan->tree, &edit, &tree, err));
    for (i = 0; i < cells; i++) {
        for (m = s->begin[i]; m < s->begin[i + 1]; m++) {
            uint32_t part = s->parts[i] > 1 ? s->part[m] : 0;
            plan->cell_of[s->members[m]] = renumber[i] + part;
        }
    }
    return adopt(plan, &tree, &edit, err);
}

inlay_status cell_plan_split(struct cell_plan *plan, uint32_t target, uint32_t most,
                             inlay_error *err)
{
    uint32_t cells = plan->tree.cell_count;
    size_t fit = SPLIT_BYTES / (row_floats(plan) * sizeof(float));
    struct splitter s = {0};
    uint32_t *parts = mem_alloc_array(cells, sizeof(*parts));
    uint32_t *large = mem_alloc_array(cells, sizeof(*large));
    uint32_t *renumber = mem_alloc_array(cells, sizeof(*renumber));
    uint32_t *members = NULL;
    uint32_t *begin = NULL;
    uint32_t most_rows;
    uint32_t count;
    uint32_t i;
    inlay_status status = INLAY_OK;
    if (parts == NULL || large == NULL || renumber == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    count = plan_split(plan, target, most, parts, large, &most_rows);
    if (count == 0) {
        goto cleanup;
    }
    INLAY_TRY_GOTO(status, cell_plan_members(plan, &members, &begin, err), cleanup);
    s.plan = plan;
    s.large = large;
    s.parts = parts;
    s.members = members;
    s.begin = begin;
    s.at_once = fit > 2 * (size_t)target ? fit : 2 * (size_t)target;
    s.part = mem_alloc_array(plan->count, sizeof(*s.part));
    s.centroids = mem_zalloc_array(cells, sizeof(*s.centroids));
    if (s.part == NULL || s.centroids == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    INLAY_TRY_GOTO(status, split_planned(plan, &s, count, most_rows, err), cleanup);
    status = adopt_parts(plan, &s, renumber, err);
cleanup:
    for (i = 0; s.centroids != NULL && i < cells; i++) {
        mem_free(s.centroids[i]);
    }
    mem_free(s.centroids);
    mem_free(s.part);
    mem_free(members);
    mem_free(begin);
    mem_free(parts);
    mem_free(large);
    mem_free(renumber);
    return status;
}

/* Greedy chain: order[0] is the point nearest to `from` (NULL: the first), each next one the
 * nearest to the one before. Numbers are first + index. */
static void chain(const float *points, size_t count, size_t dim, const float *from, uint32_t first,
                  uint32_t *order)
{
    const struct vector_kernels *kernels = vector_kernels();
    size_t done;
    size_t i;
    for (i = 0; i < count; i++) {
        order[i] = first + (uint32_t)i;
    }
    for (done = 0; done < count; done++) {
        size_t best = done;
        float best_distance = INFINITY;
        uint32_t swap = order[done];
        for (i = done; i < count && from != NULL; i++) {
            float distance = kernels->l2(from, points + (order[i] - first) * dim, dim);
            if (distance < best_distance) {
                best_distance = distance;
                best = i;
            }
        }
        order[done] = order[best];
        order[best] = swap;
        from = points + (order[done] - first) * dim;
    }
}

struct ordering {
    const struct cell_tree *tree;
    const uint32_t *groups;
    uint32_t *cells;
};

/* The cells of the index-th group in the new order begin near the group before. */
static inlay_status order_group(void *context, size_t index, unsigned slot, inlay_error *err)
{
    const struct ordering *o = context;
    const struct cell_tree *tree = o->tree;
    uint32_t group = o->groups[index];
    uint32_t first = tree->first_cell[group];
    const float *before = index != 0 ? tree->groups + o->groups[index - 1] * tree->dim : NULL;
    (void)slot;
    (void)err;
    chain(tree->cells + first * tree->dim, tree->first_cell[group + 1] - first, tree->dim, before,
          first, o->cells + first);
    return INLAY_OK;
}

inlay_status cell_plan_order(struct cell_plan *plan, inlay_error *err)
{
    const struct cell_tree *old = &plan->tree;
    uint32_t *groups = mem_alloc_array(old->group_count, sizeof(*groups));
    uint32_t *cells = mem_alloc_array(old->cell_count, sizeof(*cells));
    uint32_t *renumber = mem_alloc_array(old->cell_count, sizeof(*renumber));
    struct ordering ordering = {old, groups, cells};
    struct tree_edit edit = {0};
    struct cell_tree tree = {0};
    inlay_status status;
    size_t i;
    if (groups == NULL || cells == NULL || renumber == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    chain(old->groups, old->group_count, old->dim, NULL, 0, groups);
    INLAY_TRY_GOTO(
        status,
        exec_pool_run(plan->pool, order_group, &ordering, old->group_count, plan->cancel, err),
        cleanup);
    edit.groups = groups;
    edit.cells = cells;
    edit.renumber = renumber;
    INLAY_TRY_GOTO(status, edit_tree(old, &edit, &tree, err), cleanup);
    for (i = 0; i < plan->count; i++) {
        plan->cell_of[i] = renumber[plan->cell_of[i]];
    }
    status = adopt(plan, &tree, &edit, err);
cleanup:
    mem_free(groups);
    mem_free(cells);
    mem_free(renumber);
    return status;
}
