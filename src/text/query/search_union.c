/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disjunctions: block-max MaxScore (Turtle and Flood 1995; Chakrabarti, Chaudhuri, Ganti 2011; the
 * windowed form as in Lucene's and turbopuffer's engines). Rows are taken in windows. Bounds of the
 * blocks that a window touches decide whether it is skipped, and which terms are essential: a row
 * that only the others have cannot enter. Essential lists are decoded in bulk into an array of
 * scores; the others are probed for the rows that remain candidates, strongest first.
 */
#include "text/query/bound.h"
#include "text/query/search_priv.h"

#include "base/error.h"

#include <string.h>

#define WINDOW 2048u /* rows: their scores fill a quarter of a first-level cache */

struct union_term {
    struct posting_cursor cursor;
    struct term_bounds bounds;
    struct term_scorer *scorer;
    uint32_t window_bound;
};

struct union_search {
    struct execution *e;
    const struct text_segment *segment;
    const struct text_kernels *kernels;
    struct union_term **terms; /* by window bound, ascending */
    size_t count;
    bool masked;
    uint64_t live[WINDOW / 64];
    uint32_t lo;
    uint32_t hi;
    uint32_t scores[WINDOW];   /* by row - lo; all 0 between windows */
    uint32_t rows[WINDOW + 8]; /* candidates, as row - lo */
    uint32_t sums[WINDOW + 8];
    size_t candidates;
};

static inlay_status open_terms(struct union_search *u, struct arena *arena, uint32_t segment,
                               struct term_scorer *scorers, uint64_t *total)
{
    struct execution *e = u->e;
    size_t t;
    u->terms = arena_alloc_array(arena, e->plan.term_count, sizeof(struct union_term *));
    if (u->terms == NULL) {
        return error_no_memory(e->err);
    }
    *total = 0;
    for (t = 0; t < e->plan.term_count; t++) {
        struct union_term *term;
        if (e->lists[segment].lists[t].term.df == 0) {
            continue;
        }
        term = arena_alloc_aligned(arena, sizeof(*term), 64);
        if (term == NULL) {
            return error_no_memory(e->err);
        }
        cursor_init(&term->cursor, &e->lists[segment].lists[t], e->err);
        INLAY_TRY(term->cursor.status);
        term->scorer = &scorers[t];
        term_bounds_init(&term->bounds, &term->cursor, &scorers[t]);
        *total += term->bounds.list_bound;
        u->terms[u->count++] = term;
    }
    return INLAY_OK;
}

/* Live rows of the window as bits; false when there are none. */
static bool load_mask(struct union_search *u)
{
    uint64_t any = 0;
    size_t words = (u->hi - u->lo + 63) / 64;
    size_t i;
    if (u->segment->allowed != NULL) {
        rowset_fill_words(u->segment->allowed, u->lo, u->hi, u->live);
    } else {
        memset(u->live, 0xff, words * sizeof(uint64_t));
    }
    if (u->segment->deleted != NULL) {
        uint64_t deleted[WINDOW / 64];
        rowset_fill_words(u->segment->deleted, u->lo, u->hi, deleted);
        for (i = 0; i < words; i++) {
            u->live[i] &= ~deleted[i];
        }
    }
    for (i = 0; i < words; i++) {
        any |= u->live[i];
    }
    return any != 0;
}

/* Bounds of all terms within the window, sorted ascending; their sum. */
static uint64_t bound_window(struct union_search *u)
{
    uint64_t sum = 0;
    size_t i;
    for (i = 0; i < u->count; i++) {
        struct union_term *term = u->terms[i];
        size_t at = i;
        if (term->cursor.row >= u->hi) {
            term->window_bound = 0;
        } else {
            term->window_bound = term_bounds_range(&term->bounds, u->lo, u->hi);
        }
        sum += term->window_bound;
        for (; at > 0 && u->terms[at - 1]->window_bound > term->window_bound; at--) {
            u->terms[at] = u->terms[at - 1];
        }
        u->terms[at] = term;
    }
    return sum;
}

/* Ends the use of the cursor's block at posting `end`. */
static void leave_at(struct posting_cursor *cursor, uint32_t end)
{
    if (end < cursor->count) {
        cursor->at = end;
        cursor->row = cursor->rows[end];
    } else {
        cursor_enter(cursor, cursor->block + 1);
    }
}

static uint32_t postings_below(struct union_search *u, const struct posting_cursor *cursor)
{
    if (cursor->rows[cursor->count - 1] < u->hi) {
        return cursor->count;
    }
    return (uint32_t)u->kernels->count_less(cursor->rows, cursor->count, u->hi);
}

/* Adds a whole list's scores within the window. */
static void accumulate(struct union_search *u, struct union_term *term)
{
    struct posting_cursor *cursor = &term->cursor;
    (void)cursor_seek(cursor, u->lo);
    while (cursor->row < u->hi) {
        uint32_t end = postings_below(u, cursor);
        uint32_t i;
        (void)cursor_tf(cursor);
        for (i = cursor->at; i < end; i++) {
            u->scores[cursor->rows[i] - u->lo] +=
                term_score(term->scorer, cursor->tfs[i], cursor->codes[i]);
        }
        leave_at(cursor, end);
    }
}

static bool row_is_live(const struct union_search *u, uint32_t row)
{
    return !u->masked || (u->live[row / 64] >> (row % 64) & 1) != 0;
}

/* One essential list: its postings are the candidates, and its weak blocks are skipped whole. */
static void take_single(struct union_search *u, struct union_term *term, uint64_t rest)
{
    struct posting_cursor *cursor = &term->cursor;
    uint64_t threshold = u->e->top.threshold;
    bool is_long = list_is_long(cursor->list);
    size_t found = 0;
    (void)cursor_seek(cursor, u->lo);
    while (cursor->row < u->hi) {
        uint32_t end = postings_below(u, cursor);
        uint32_t i;
        if (!is_long || term_bounds_block(&term->bounds, cursor->block) + rest >= threshold) {
            (void)cursor_tf(cursor);
            for (i = cursor->at; i < end; i++) {
                uint32_t score = term_score(term->scorer, cursor->tfs[i], cursor->codes[i]);
                uint32_t row = cursor->rows[i] - u->lo;
                u->rows[found] = row;
                u->sums[found] = score;
                found += score + rest >= threshold && row_is_live(u, row);
            }
        }
        leave_at(cursor, end);
    }
    u->candidates = found;
}

/* Several essential lists: select the rows whose sum may suffice, and clear the window. */
static void take_selected(struct union_search *u, uint64_t rest)
{
    uint64_t threshold = u->e->top.threshold;
    uint64_t least = threshold > rest ? threshold - rest : 1;
    size_t width = (u->hi - u->lo + 7) & ~(size_t)7;
    size_t selected = 0;
    size_t found = 0;
    size_t i;
    if (least <= UINT32_MAX) {
        selected = u->kernels->select_scores(u->scores, width, (uint32_t)least, u->rows);
    }
    for (i = 0; i < selected; i++) {
        uint32_t row = u->rows[i];
        u->rows[found] = row;
        u->sums[found] = u->scores[row];
        found += row_is_live(u, row);
    }
    u->candidates = found;
    memset(u->scores, 0, width * sizeof(u->scores[0]));
}

/* Adds a non-essential list to the candidates; `rest` is what the lists after it may still give. */
static void probe(struct union_search *u, struct union_term *term, uint64_t rest)
{
    struct posting_cursor *cursor = &term->cursor;
    uint64_t threshold = u->e->top.threshold;
    size_t found = 0;
    size_t i;
    for (i = 0; i < u->candidates; i++) {
        uint32_t row = u->lo + u->rows[i];
        uint32_t sum = u->sums[i];
        if (sum + (uint64_t)term->window_bound + rest < threshold) {
            continue;
        }
        if (cursor_seek(cursor, row) == row) {
            sum += term_score(term->scorer, cursor_tf(cursor), cursor_code(cursor));
        }
        u->rows[found] = u->rows[i];
        u->sums[found] = sum;
        found += sum + rest >= threshold;
    }
    u->candidates = found;
}

static void search_window(struct union_search *u)
{
    struct topk *top = &u->e->top;
    size_t essential = 0;
    uint64_t rest = 0;
    size_t i;
    while (essential < u->count && rest + u->terms[essential]->window_bound < top->threshold) {
        rest += u->terms[essential++]->window_bound;
    }
    if (essential == u->count) {
        return;
    }
    if (essential + 1 == u->count) {
        take_single(u, u->terms[essential], rest);
    } else {
        for (i = essential; i < u->count; i++) {
            if (u->terms[i]->window_bound != 0) {
                accumulate(u, u->terms[i]);
            }
        }
        take_selected(u, rest);
    }
    for (i = essential; i-- > 0;) {
        rest -= u->terms[i]->window_bound;
        if (u->terms[i]->window_bound != 0) {
            probe(u, u->terms[i], rest);
        }
    }
    for (i = 0; i < u->candidates; i++) {
        topk_offer(top, u->lo + u->rows[i], u->sums[i]);
    }
}

/* Where the next window begins: at the next posting of a term that is essential by its list's
 * bound. CURSOR_END when none is left. */
static uint32_t next_window(struct union_search *u, uint32_t from)
{
    uint32_t next = CURSOR_END;
    size_t i;
    for (i = 0; i < u->count; i++) {
        uint32_t row = u->terms[i]->cursor.row;
        row = row > from ? row : row != CURSOR_END ? from : row;
        next = row < next ? row : next;
    }
    return next;
}

static inlay_status search_windows(struct union_search *u)
{
    struct execution *e = u->e;
    uint32_t row_count = (uint32_t)text_index_info(u->segment->index)->row_count;
    uint32_t row = 0;
    size_t i;
    while ((row = next_window(u, row)) < row_count) {
        u->lo = row & ~(WINDOW - 1);
        u->hi = row_count - u->lo > WINDOW ? u->lo + WINDOW : row_count;
        if (topk_may_enter(&e->top, bound_window(u), u->lo) && (!u->masked || load_mask(u))) {
            search_window(u);
        }
        INLAY_TRY(search_check(e));
        row = u->hi;
    }
    for (i = 0; i < u->count; i++) {
        INLAY_TRY(u->terms[i]->cursor.status);
    }
    return INLAY_OK;
}

inlay_status search_union(struct execution *e, uint32_t segment, struct term_scorer *scorers)
{
    struct union_search *u;
    struct arena arena;
    inlay_status status;
    uint64_t total = 0;
    arena_init(&arena, SIZE_MAX);
    u = arena_alloc_aligned(&arena, sizeof(*u), 64);
    if (u == NULL) {
        return error_no_memory(e->err);
    }
    u->e = e;
    u->segment = &e->segments[segment];
    u->kernels = text_kernels();
    u->count = 0;
    u->masked = u->segment->allowed != NULL || u->segment->deleted != NULL;
    memset(u->scores, 0, sizeof(u->scores));
    status = open_terms(u, &arena, segment, scorers, &total);
    if (status == INLAY_OK && total > UINT32_MAX) {
        status = search_tree(e, segment); /* sums may pass 32 bits */
    } else if (status == INLAY_OK) {
        status = search_windows(u);
    }
    arena_free(&arena);
    return status;
}
