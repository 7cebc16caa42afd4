/* SPDX-License-Identifier: Apache-2.0 */
/* From candidates to hits. All raw rows that may be needed are fetched in one wave per segment;
 * they are compared in the order of their estimates, piece by piece, and the rest is dropped as
 * soon as none of it can be better than the k-th best. */
#include "vector/query/search_priv.h"

#include "vector/query/select.h"

#include "base/alloc.h"
#include "base/error.h"

#include <math.h>
#include <string.h>

#define AHEAD 2  /* rows that arrive while those before them are compared */
#define PIECE 16 /* candidates between two looks at the k-th best, at least */

struct rerank {
    struct search *search;
    struct exact_scratch scratch;
    const void **raw; /* of each candidate; the arena's */
    uint64_t *order;  /* the candidates of one segment by row: row, number */
    uint32_t *rows;
};

/* Copies of the rows of one segment's candidates, listed in `order`. */
static inlay_status read_segment(struct rerank *r, uint32_t segment, size_t count)
{
    struct search *search = r->search;
    const struct vector_rows *source = &search->segments[segment].rows;
    size_t size = exact_row_size(&search->exact);
    uint8_t *copies = arena_alloc_array(&search->arena, count, size);
    size_t i;
    if (copies == NULL) {
        return error_no_memory(search->err);
    }
    select_sort(r->order, count);
    for (i = 0; i < count; i++) {
        r->rows[i] = (uint32_t)(r->order[i] >> 32);
        r->raw[select_item(r->order[i])] = copies + i * size;
    }
    return source->read(source->context, r->rows, count, copies, search->err);
}

/* raw[i] for every candidate: a view, or a copy of the segment's one read. */
static inlay_status fetch_rows(struct rerank *r)
{
    const struct candidates *c = &r->search->candidates;
    uint32_t segment;
    size_t i;
    for (i = 0; i < c->count; i++) {
        const struct vector_rows *rows = &r->search->segments[c->items[i].segment].rows;
        r->raw[i] = rows->view != NULL ? rows->view(rows->context, c->items[i].row) : NULL;
    }
    for (segment = 0; segment < r->search->count; segment++) {
        size_t count = 0;
        for (i = 0; i < c->count; i++) {
            if (c->items[i].segment == segment && r->raw[i] == NULL) {
                r->order[count++] = (uint64_t)c->items[i].row << 32 | i;
            }
        }
        if (count != 0) {
            INLAY_TRY(read_segment(r, segment, count));
        }
    }
    return INLAY_OK;
}

static void compare(struct rerank *r)
{
    struct search *search = r->search;
    const struct candidates *c = &search->candidates;
    size_t piece = search->k > PIECE ? search->k : PIECE;
    size_t i;
    for (i = 0; i < c->count; i++) {
        const struct candidate *item = &c->items[i];
        if (item->key - item->error >
            exact_key_of_distance(search->exact.metric, search->hits.limit)) {
            continue;
        }
        if (i + AHEAD < c->count) {
            exact_prefetch(&search->exact, r->raw[i + AHEAD]);
        }
        hit_list_add(&search->hits, item->segment, item->row,
                     exact_distance(&search->exact, r->raw[i], &r->scratch));
        search->cost.rows_reranked++;
        if ((i + 1) % piece == 0) {
            hit_list_settle(&search->hits);
        }
    }
}

static void take_estimates(struct search *search)
{
    const struct candidates *c = &search->candidates;
    size_t i;
    for (i = 0; i < c->count; i++) {
        hit_list_add(&search->hits, c->items[i].segment, c->items[i].row,
                     exact_distance_of_key(search->exact.metric, c->items[i].key));
    }
}

/* Leaves the candidates that can still be hits, in the order of their estimates. */
static void drop_hopeless(struct candidates *c)
{
    size_t kept = 0;
    size_t i;
    candidates_sort(c);
    for (i = 0; i < c->count && kept < c->keep; i++) {
        if (c->items[i].key - c->items[i].error < c->limit) {
            c->items[kept++] = c->items[i];
        }
    }
    c->count = kept;
}

inlay_status search_rerank(struct search *search)
{
    struct candidates *c = &search->candidates;
    struct rerank r = {.search = search};
    inlay_status status;
    drop_hopeless(c);
    if (search->options->rerank == VECTOR_RERANK_CODES) {
        take_estimates(search);
        return search->hits.status == INLAY_OK ? INLAY_OK : error_no_memory(search->err);
    }
    r.raw = arena_alloc_array(&search->arena, c->count, sizeof(*r.raw));
    r.order = arena_alloc_array(&search->arena, c->count, sizeof(*r.order));
    r.rows = arena_alloc_array(&search->arena, c->count, sizeof(*r.rows));
    if (r.raw == NULL || r.order == NULL || r.rows == NULL) {
        return error_no_memory(search->err);
    }
    INLAY_TRY(exact_scratch_init(&r.scratch, &search->exact, search->err));
    status = fetch_rows(&r);
    if (status == INLAY_OK) {
        compare(&r);
        status = search->hits.status == INLAY_OK ? INLAY_OK : error_no_memory(search->err);
    }
    exact_scratch_free(&r.scratch);
    return status;
}
