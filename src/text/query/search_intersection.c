/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conjunctions of terms: the rarest list leads, the others are sought, rarest first. Blocks of the
 * leader are skipped when their bound and the others' bounds over the block's rows cannot reach
 * the threshold.
 */
#include "text/query/bound.h"
#include "text/query/search_priv.h"

#include "base/error.h"

struct both_term {
    struct posting_cursor cursor;
    struct term_bounds bounds;
    struct term_scorer *scorer;
};

struct intersection {
    struct execution *e;
    const struct text_segment *segment;
    struct both_term **terms; /* by document frequency, ascending */
    size_t count;
    uint64_t others_bound; /* of all but the leader, anywhere */
};

static inlay_status open_terms(struct intersection *x, struct arena *arena, uint32_t segment,
                               struct term_scorer *scorers)
{
    struct execution *e = x->e;
    size_t t;
    x->terms = arena_alloc_array(arena, e->plan.term_count, sizeof(struct both_term *));
    for (t = 0; t < e->plan.term_count && x->terms != NULL; t++) {
        struct both_term *term = arena_alloc_aligned(arena, sizeof(*term), 64);
        size_t at = x->count;
        if (term == NULL) {
            return error_no_memory(e->err);
        }
        cursor_init(&term->cursor, &e->lists[segment].lists[t], e->err);
        INLAY_TRY(term->cursor.status);
        term->scorer = &scorers[t];
        term_bounds_init(&term->bounds, &term->cursor, &scorers[t]);
        for (; at > 0 && x->terms[at - 1]->cursor.list->term.df > term->cursor.list->term.df;
             at--) {
            x->terms[at] = x->terms[at - 1];
        }
        x->terms[at] = term;
        x->count++;
    }
    return x->terms != NULL ? INLAY_OK : error_no_memory(e->err);
}

/* What the others may add to a row of the leader's present block; false: too little. */
static bool block_may_enter(struct intersection *x, uint64_t *rest)
{
    struct both_term *leader = x->terms[0];
    const struct posting_cursor *cursor = &leader->cursor;
    uint64_t bound = list_is_long(cursor->list) ? term_bounds_block(&leader->bounds, cursor->block)
                                                : leader->bounds.list_bound;
    uint32_t last = cursor->rows[cursor->count - 1];
    size_t i;
    *rest = x->others_bound;
    if (x->e->top.threshold == 0) {
        return true;
    }
    if (!topk_may_enter(&x->e->top, bound + *rest, cursor->row)) {
        return false;
    }
    *rest = 0;
    for (i = 1; i < x->count; i++) {
        *rest += term_bounds_range(&x->terms[i]->bounds, cursor->row, last + 1);
    }
    return topk_may_enter(&x->e->top, bound + *rest, cursor->row);
}

/* Seeks all others to the leader's row: that row, or the least greater one that is possible. */
static uint32_t seek_others(struct intersection *x, uint32_t row)
{
    size_t i;
    for (i = 1; i < x->count; i++) {
        uint32_t other = cursor_seek(&x->terms[i]->cursor, row);
        if (other != row) {
            return other;
        }
    }
    return row;
}

static void offer_row(struct intersection *x, uint32_t row, uint64_t sum)
{
    size_t i;
    if (!segment_is_live(x->segment, row)) {
        return;
    }
    for (i = 1; i < x->count; i++) {
        struct posting_cursor *cursor = &x->terms[i]->cursor;
        sum += term_score(x->terms[i]->scorer, cursor_tf(cursor), cursor_code(cursor));
    }
    topk_offer(&x->e->top, row, sum);
}

/* The leader's present block: only its postings that score enough are sought in the others.
 * Returns the first row behind the block that can still match. */
static uint32_t search_block(struct intersection *x, uint64_t rest)
{
    struct both_term *leader = x->terms[0];
    struct posting_cursor *cursor = &leader->cursor;
    uint32_t next = cursor->row;
    uint32_t i;
    (void)cursor_tf(cursor);
    for (i = cursor->at; i < cursor->count; i++) {
        uint32_t row = cursor->rows[i];
        uint64_t score = term_score(leader->scorer, cursor->tfs[i], cursor->codes[i]);
        if (score + rest < x->e->top.threshold || row < next) {
            continue;
        }
        next = seek_others(x, row);
        if (next == row) {
            offer_row(x, row, score);
            next++;
        }
    }
    return next > cursor->rows[cursor->count - 1] ? next : cursor->rows[cursor->count - 1] + 1;
}

static inlay_status search_rows(struct intersection *x)
{
    struct posting_cursor *leader = &x->terms[0]->cursor;
    size_t i;
    while (leader->row != CURSOR_END) {
        uint64_t rest;
        INLAY_TRY(search_check(x->e));
        if (block_may_enter(x, &rest)) {
            (void)cursor_seek(leader, search_block(x, rest));
        } else {
            cursor_enter(leader, leader->block + 1);
        }
    }
    for (i = 0; i < x->count; i++) {
        INLAY_TRY(x->terms[i]->cursor.status);
    }
    return INLAY_OK;
}

inlay_status search_intersection(struct execution *e, uint32_t segment, struct term_scorer *scorers)
{
    struct intersection x = {e, &e->segments[segment], NULL, 0, 0};
    struct arena arena;
    inlay_status status;
    size_t i;
    for (i = 0; i < e->plan.term_count; i++) {
        if (e->lists[segment].lists[i].term.df == 0) {
            return INLAY_OK;
        }
    }
    arena_init(&arena, SIZE_MAX);
    status = open_terms(&x, &arena, segment, scorers);
    for (i = 1; i < x.count; i++) {
        x.others_bound += x.terms[i]->bounds.list_bound;
    }
    if (status == INLAY_OK) {
        status = search_rows(&x);
    }
    arena_free(&arena);
    return status;
}
