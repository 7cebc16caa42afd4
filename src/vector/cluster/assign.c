/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nearest cell of each row, looked for in the nearest groups. Rows are taken in blocks; within
 * a block the pairs (row, group to look at) are sorted by group, so that the rows of one group meet
 * its cells as one matrix product.
 */
#include "base/alloc.h"
#include "base/error.h"
#include "vector/cluster/cluster_priv.h"

#include <math.h>
#include <string.h>

/* Finds the true nearest cell of 99 % of the rows and more on embeddings, SIFT and made blobs, with
 * 6 to 7.5 groups a row (bench/micro/bench_cluster.c); 8 groups for every row find fewer. */
static const struct search_effort full_effort = {.least = 6, .most = 16, .far = 1.16f};

#define BLOCK_LEAST 256u
#define BLOCK_MOST 4096u
#define BLOCK_PER_GROUP 16u /* rows; times the probes is how many meet the cells of a group */
#define SCORE_ROWS 16u      /* rows that meet the groups at a time: they stay in the first cache */

/* Scratch of one thread. Owned. */
struct search_slot {
    float *scores;    /* group_count x SCORE_ROWS */
    uint32_t *probes; /* block x probes: groups to look at, nearest first; group_count = none */
    struct partition pairs; /* the same by group */
    float *best;            /* of each row of the block: the score of its cell so far */
    float *panel;
    uint32_t *panel_cell;
    float *panel_score;
};

struct search {
    const struct cluster_run *run;
    const struct cell_tree *tree;
    const float *rows;
    size_t count;
    uint32_t *cells;
    struct search_effort effort;
    uint32_t probes; /* the most of one row */
    size_t block;
    struct search_slot *slots; /* owned */
    unsigned slot_count;
};

static inlay_status slot_init(struct search_slot *slot, const struct search *search,
                              inlay_error *err)
{
    size_t dim = search->tree->dim;
    size_t pairs = search->block * search->probes;
    slot->scores = cluster_floats(search->tree->group_count, SCORE_ROWS);
    slot->probes = mem_alloc_array(pairs, sizeof(uint32_t));
    slot->best = mem_alloc_array(search->block, sizeof(float));
    slot->panel = cluster_floats(panel_rows(dim), dim);
    slot->panel_cell = mem_alloc_array(panel_rows(dim), sizeof(uint32_t));
    slot->panel_score = mem_alloc_array(panel_rows(dim), sizeof(float));
    if (slot->scores == NULL || slot->probes == NULL || slot->best == NULL || slot->panel == NULL ||
        slot->panel_cell == NULL || slot->panel_score == NULL) {
        return error_no_memory(err);
    }
    return partition_init(&slot->pairs, pairs, search->tree->group_count + 1, err);
}

static void slot_free(struct search_slot *slot)
{
    mem_free(slot->scores);
    mem_free(slot->probes);
    mem_free(slot->best);
    mem_free(slot->panel);
    mem_free(slot->panel_cell);
    mem_free(slot->panel_score);
    partition_free(&slot->pairs);
}

/* The groups of the `wanted` greatest scores into `out`, best first; equal ones by number. The
 * score of group g is scores[g * SCORE_ROWS]. */
static void choose_groups(const float *scores, uint32_t count, uint32_t wanted, uint32_t *out)
{
    uint32_t held = 0;
    uint32_t g;
    for (g = 0; g < count; g++) {
        float score = scores[g * SCORE_ROWS];
        uint32_t at = held;
        if (held == wanted && !(score > scores[out[held - 1] * SCORE_ROWS])) {
            continue;
        }
        at = held == wanted ? held - 1 : held++;
        while (at > 0 && score > scores[out[at - 1] * SCORE_ROWS]) {
            out[at] = out[at - 1];
            at--;
        }
        out[at] = g;
    }
}

/* Takes out the probes that are too far. A score is half of (norm - squared distance). */
static void drop_far(const struct search *search, const float *scores, float norm, uint32_t *probes)
{
    float limit = (norm - 2 * scores[probes[0] * SCORE_ROWS]) * search->effort.far;
    uint32_t i;
    for (i = search->effort.least; i < search->probes; i++) {
        if (norm - 2 * scores[probes[i] * SCORE_ROWS] >= limit) {
            probes[i] = search->tree->group_count;
        }
    }
}

/* Chooses the groups of at most SCORE_ROWS rows. */
static void probe_rows(const struct search *search, struct search_slot *slot, const float *rows,
                       size_t count, uint32_t *probes)
{
    const struct cell_tree *tree = search->tree;
    const struct vector_kernels *kernels = search->run->kernels;
    uint32_t only[SCORE_ROWS];
    uint32_t g;
    size_t i;
    for (g = 0; g < tree->group_count; g++) {
        kernels->nearest(rows, count, tree->groups + g * tree->dim, tree->group_half_norms + g, 1,
                         tree->dim, only, slot->scores + (size_t)g * SCORE_ROWS);
    }
    for (i = 0; i < count; i++) {
        const float *row = rows + i * tree->dim;
        uint32_t *chosen = probes + i * search->probes;
        choose_groups(slot->scores + i, tree->group_count, search->probes, chosen);
        drop_far(search, slot->scores + i, kernels->dot(row, row, tree->dim), chosen);
    }
}

static void probe_groups(const struct search *search, struct search_slot *slot, const float *rows,
                         size_t count)
{
    size_t i;
    for (i = 0; i < count; i += SCORE_ROWS) {
        probe_rows(search, slot, rows + i * search->tree->dim,
                   count - i < SCORE_ROWS ? count - i : SCORE_ROWS,
                   slot->probes + i * search->probes);
    }
    partition_fill(&slot->pairs, slot->probes, count * search->probes,
                   search->tree->group_count + 1);
}

/* Meets `count` rows, by their pairs, with the cells of one group. */
static void search_group(const struct search *search, struct search_slot *slot, const float *rows,
                         const uint32_t *pairs, size_t count, uint32_t group, uint32_t *cells)
{
    const struct cell_tree *tree = search->tree;
    uint32_t first = tree->first_cell[group];
    size_t i;
    for (i = 0; i < count; i++) {
        memcpy(slot->panel + i * tree->dim, rows + pairs[i] / search->probes * tree->dim,
               tree->dim * sizeof(float));
    }
    search->run->kernels->nearest(
        slot->panel, count, tree->cells + first * tree->dim, tree->cell_half_norms + first,
        tree->first_cell[group + 1] - first, tree->dim, slot->panel_cell, slot->panel_score);
    for (i = 0; i < count; i++) {
        uint32_t row = pairs[i] / search->probes;
        if (slot->panel_score[i] > slot->best[row]) {
            slot->best[row] = slot->panel_score[i];
            cells[row] = first + slot->panel_cell[i];
        }
    }
}

/* Groups are met in order of number, and a later cell must be nearer: equal ones go to the first.
 */
static inlay_status search_block(void *context, size_t block, unsigned slot_number,
                                 inlay_error *err)
{
    const struct search *search = context;
    struct search_slot *slot = &search->slots[slot_number];
    size_t first = block * search->block;
    size_t count = search->count - first < search->block ? search->count - first : search->block;
    const float *rows = search->rows + first * search->tree->dim;
    uint32_t *cells = search->cells + first;
    size_t panel = panel_rows(search->tree->dim);
    size_t i;
    uint32_t g;
    (void)err;
    probe_groups(search, slot, rows, count);
    for (i = 0; i < count; i++) {
        slot->best[i] = -INFINITY;
        cells[i] = search->tree->first_cell[slot->probes[i * search->probes]];
    }
    for (g = 0; g < search->tree->group_count; g++) {
        size_t at = slot->pairs.start[g];
        size_t end = slot->pairs.start[g + 1];
        for (; at < end; at += panel) {
            search_group(search, slot, rows, slot->pairs.order + at,
                         end - at < panel ? end - at : panel, g, cells);
        }
    }
    return INLAY_OK;
}

static size_t block_rows(uint32_t groups)
{
    size_t rows = (size_t)groups * BLOCK_PER_GROUP;
    if (rows > BLOCK_MOST) {
        return BLOCK_MOST;
    }
    return rows > BLOCK_LEAST ? rows : BLOCK_LEAST;
}

inlay_status cell_search(const struct cluster_run *run, const struct cell_tree *tree,
                         const struct search_effort *effort, const float *rows, size_t count,
                         uint32_t *cells, inlay_error *err)
{
    struct search search = {
        .run = run, .tree = tree, .rows = rows, .count = count, .cells = cells, .effort = *effort};
    inlay_status status = INLAY_OK;
    unsigned i;
    search.probes = tree->group_count < effort->most ? tree->group_count : effort->most;
    search.block = block_rows(tree->group_count);
    search.slot_count = exec_pool_slots(run->pool);
    search.slots = mem_zalloc_array(search.slot_count, sizeof(*search.slots));
    if (search.slots == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < search.slot_count; i++) {
        INLAY_TRY_GOTO(status, slot_init(&search.slots[i], &search, err), cleanup);
    }
    status = exec_pool_run(run->pool, search_block, &search,
                           (count + search.block - 1) / search.block, run->cancel, err);

cleanup:
    for (i = 0; i < search.slot_count; i++) {
        slot_free(&search.slots[i]);
    }
    mem_free(search.slots);
    return status;
}

inlay_status cluster_assign(const struct cell_tree *tree, const float *rows, size_t count,
                            struct exec_pool *pool, const struct cancel_token *cancel,
                            uint32_t *cells, inlay_error *err)
{
    struct cluster_run run = {vector_kernels(), pool, cancel};
    return cell_search(&run, tree, &full_effort, rows, count, cells, err);
}
