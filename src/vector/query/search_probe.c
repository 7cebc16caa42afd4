/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Probing. Cells come in the order of the ranking, in waves: which cells a wave has is known before
 * any of them is read, so a wave costs one batch of reads per segment. What a search finds does
 * not depend on whether the file is resident.
 *
 * First come, of each segment, as many cells as its stop rule says. Then, if hits are missing or
 * where a filter lets few rows pass, the others in the same order, as long as they may hold
 * something. Either way a cell is passed over when its margin says that it holds nothing better
 * than the k-th best so far.
 */
#include "vector/query/probe.h"
#include "vector/query/search_priv.h"

#include "base/error.h"

#include <string.h>

#define WAVE_BYTES ((uint64_t)64 << 20) /* of the cells of one wave */
#define NEXT_WAVE 64                    /* cells; waves of the second round double */

struct prober {
    struct search *search;
    bool rest;                 /* the second round */
    size_t at;                 /* in the ranking */
    size_t open;               /* segments with cells to come in the first round */
    size_t reaching;           /* segments with cells to come within their reach */
    size_t most;               /* cells of the next wave */
    struct ranked_cell *order; /* of the wave; the arena's, as all of this */
    size_t count;
    size_t capacity;
    uint32_t *cells;        /* of the wave, by segment */
    size_t *next;           /* of each segment: the next in its set */
    struct cell_wave *sets; /* of each segment */
    uint32_t *seen;         /* of each segment: cells that came up in this round */
};

/* Whether a cell at `distance` may hold one of the k best, as far as is known now. */
static bool is_promising(const struct search *search, const struct ranked_cell *cell,
                         float distance)
{
    const struct segment_plan *plan = &search->plans[cell->segment];
    const struct vector_index *index = search->segments[cell->segment].index;
    const float margin = cell->rank < plan->near.cells ? plan->near.margin : plan->rule.margin;
    /* The nearest cell is always looked into: with a radius there is a threshold from the start. */
    return search->options->nprobe != 0 || search->cost.cells_probed == 0 ||
           stop_rule_margin(search->exact.metric, distance, index->spread[cell->cell],
                            plan->code->norm, search->candidates.tau) <= margin;
}

static bool misses_hits(const struct search *search)
{
    return search->candidates.count + search->hits.count < search->k;
}

/* Whether a cell of the second round is worth reading. */
static bool is_wanted(const struct search *search, const struct ranked_cell *cell, uint32_t rank)
{
    const struct segment_plan *plan = &search->plans[cell->segment];
    return misses_hits(search) ||
           (plan->filtered && rank < plan->reach && is_promising(search, cell, cell->distance));
}

/* Fewer rows pass around the query than this part of what pass on average: the filter follows the
 * space, and only the margin knows where the rows that pass lie. */
#define SPARSE 0.7

/* As many as on average, but for chance: the first round has been far enough. */
#define EVEN 0.95

/* Where one row in n passes, the k nearest that pass are among the n k nearest, in so many cells.
 */
static void set_reach(struct prober *p)
{
    const struct search *search = p->search;
    size_t i;
    p->reaching = 0;
    for (i = 0; i < search->count; i++) {
        struct segment_plan *plan = &search->plans[i];
        const struct vector_index *index = search->segments[i].index;
        double rate =
            plan->rate.rows != 0 ? (double)plan->rate.passing / (double)plan->rate.rows : 0;
        plan->reach = index->info.cells;
        if (plan->filtered && rate > EVEN * plan->passing) {
            plan->reach = plan->rule.cells;
        } else if (plan->filtered && rate > SPARSE * plan->passing) {
            plan->reach =
                stop_rule_make(index, search->options->recall, (double)search->k / rate).cells;
        }
        p->reaching += plan->filtered && plan->code != NULL && p->seen[i] < plan->reach;
    }
}

static bool round_is_over(const struct prober *p)
{
    const struct search *search = p->search;
    if (p->at >= search->ranking.count) {
        return true;
    }
    if (search->options->nprobe != 0) {
        return p->rest || p->at >= search->options->nprobe;
    }
    /* Ranking goes on with the asking: to ask for cells that nobody wants is not free. */
    return p->rest ? p->reaching == 0 && !misses_hits(search) : p->open == 0;
}

static inlay_status append(struct prober *p, struct ranked_cell cell)
{
    struct search *search = p->search;
    if (p->count == p->capacity) {
        size_t capacity = p->capacity != 0 ? 2 * p->capacity : 256;
        struct ranked_cell *order = arena_alloc_array(&search->arena, capacity, sizeof(*order));
        uint32_t *cells = arena_alloc_array(&search->arena, capacity, sizeof(*cells));
        if (order == NULL || cells == NULL) {
            return error_no_memory(search->err);
        }
        if (p->count != 0) {
            memcpy(order, p->order, p->count * sizeof(*order));
        }
        p->order = order;
        p->cells = cells;
        p->capacity = capacity;
    }
    p->order[p->count++] = cell;
    return INLAY_OK;
}

/* The next wave: cells within the segments' numbers of cells, or in the second round those beyond.
 */
static inlay_status choose_cells(struct prober *p)
{
    struct search *search = p->search;
    uint64_t bytes = 0;
    p->count = 0;
    set_reach(p);
    for (; !round_is_over(p) && p->count < p->most && bytes < WAVE_BYTES; p->at++) {
        struct ranked_cell cell = cell_ranking_at(&search->ranking, p->at);
        const struct segment_plan *plan = &search->plans[cell.segment];
        uint32_t rank = p->seen[cell.segment]++;
        cell.rank = rank;
        bool within = search->options->nprobe != 0 || rank < plan->rule.cells;
        p->open -= rank + 1 == plan->rule.cells;
        p->reaching -= plan->filtered && rank + 1 == plan->reach;
        if (within == p->rest || (p->rest && !is_wanted(search, &cell, rank))) {
            continue;
        }
        bytes += cell_size(search->segments[cell.segment].index, cell.cell);
        INLAY_TRY(append(p, cell));
    }
    return INLAY_OK;
}

/* The stored vectors that will be read once the cells of a segment were; NULL: none. */
static const struct vector_rows *rows_after(const struct search *search, size_t segment)
{
    return search->options->rerank == VECTOR_RERANK_EXACT ? &search->segments[segment].rows : NULL;
}

/* Lists the wave's cells by segment and reads those that are not resident. */
static inlay_status load_cells(struct prober *p)
{
    struct search *search = p->search;
    size_t first = 0;
    size_t segment;
    size_t i;
    memset(p->next, 0, search->count * sizeof(*p->next));
    for (i = 0; i < p->count; i++) {
        p->next[p->order[i].segment]++;
    }
    for (segment = 0; segment < search->count; segment++) {
        size_t count = p->next[segment];
        p->next[segment] = first;
        first += count;
    }
    for (i = 0; i < p->count; i++) {
        p->cells[p->next[p->order[i].segment]++] = p->order[i].cell;
    }
    first = 0;
    for (segment = 0; segment < search->count; segment++) {
        size_t end = p->next[segment];
        if (end != first) {
            INLAY_TRY(cell_wave_load(&p->sets[segment], search->segments[segment].index,
                                     p->cells + first, end - first, rows_after(search, segment),
                                     search->err));
        }
        first = end;
        p->next[segment] = 0;
    }
    return INLAY_OK;
}

static inlay_status probe_wave(struct prober *p)
{
    struct search *search = p->search;
    size_t i;
    for (i = 0; i < p->count; i++) {
        const struct ranked_cell *ranked = &p->order[i];
        struct segment_plan *plan = &search->plans[ranked->segment];
        struct probe probe = {search->kernels,
                              search->exact.metric,
                              vector_index_info(search->segments[ranked->segment].index)->code_bits,
                              plan->code,
                              &plan->filter,
                              plan->filter_first,
                              plan->filtered ? &plan->rate : NULL,
                              ranked->segment,
                              &search->candidates,
                              &search->cost};
        size_t place = p->next[ranked->segment]++;
        struct vector_cell cell;
        if (i + 1 < p->count) {
            const struct ranked_cell *coming = ranked + 1;
            cell_prefetch(search->segments[coming->segment].index, coming->cell);
        }
        struct cell_terms terms;
        INLAY_TRY(cell_wave_open(&p->sets[ranked->segment], place, &cell, search->err));
        terms = probe_terms(&probe, cell.centroid);
        /* The cells of a tight cluster far from its group's centre differ by less than the error of
         * the distances that ranked them. */
        if (!is_promising(search, ranked, terms.base) && !(p->rest && misses_hits(search))) {
            continue;
        }
        probe_cell(&probe, &cell, &terms);
    }
    return INLAY_OK;
}

static inlay_status probe_round(struct prober *p)
{
    struct search *search = p->search;
    size_t i;
    p->at = 0;
    p->open = 0;
    memset(p->seen, 0, search->count * sizeof(*p->seen));
    for (i = 0; i < search->count; i++) {
        p->open += search->plans[i].code != NULL;
    }
    set_reach(p);
    while (!round_is_over(p)) {
        INLAY_TRY(cancel_check(search->options->cancel, search->err));
        INLAY_TRY(choose_cells(p));
        INLAY_TRY(load_cells(p));
        INLAY_TRY(probe_wave(p));
        p->most = p->rest ? 2 * p->most : p->most;
    }
    return INLAY_OK;
}

/* The second round has nothing to do where every segment gave all the cells that it has or may. */
static bool needs_rest(const struct search *search)
{
    size_t i;
    for (i = 0; i < search->count; i++) {
        const struct segment_plan *plan = &search->plans[i];
        uint32_t most = misses_hits(search) ? vector_index_info(search->segments[i].index)->cells
                        : plan->filtered    ? plan->reach
                                            : 0;
        if (plan->code != NULL && plan->rule.cells < most) {
            return search->options->nprobe == 0;
        }
    }
    return false;
}

inlay_status search_probe(struct search *search)
{
    struct prober p = {.search = search, .most = SIZE_MAX};
    inlay_status status;
    size_t i;
    p.next = arena_zalloc_array(&search->arena, search->count, sizeof(*p.next));
    p.seen = arena_zalloc_array(&search->arena, search->count, sizeof(*p.seen));
    p.sets = arena_zalloc_array(&search->arena, search->count, sizeof(*p.sets));
    if (p.next == NULL || p.seen == NULL || p.sets == NULL) {
        return error_no_memory(search->err);
    }
    status = probe_round(&p);
    set_reach(&p);
    if (status == INLAY_OK && needs_rest(search)) {
        p.rest = true;
        p.most = NEXT_WAVE;
        status = probe_round(&p);
    }
    for (i = 0; i < search->count; i++) {
        cell_wave_free(&p.sets[i]);
    }
    return status;
}
