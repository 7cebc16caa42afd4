/* SPDX-License-Identifier: Apache-2.0 */
/* Which rows have one, or all, of several terms, without scores: windows of bits, filled block by
 * block. */
#include "text/query/search_priv.h"

#include "base/error.h"

#include <string.h>

#define WINDOW 65536u
#define WORDS (WINDOW / 64)

struct window {
    uint64_t lo;
    uint64_t hi;
    uint64_t words[WORDS]; /* the result */
    uint64_t other[WORDS];
};

static void set_row(const struct window *w, uint32_t row, uint64_t *words)
{
    if (row >= w->lo && row < w->hi) {
        words[(row - w->lo) / 64] |= (uint64_t)1 << (row % 64);
    }
}

static inlay_status set_list(const struct window *w, const struct posting_list *list,
                             uint32_t *from, uint64_t *words, inlay_error *err)
{
    uint64_t hi = (w->hi + 63) & ~(uint64_t)63; /* whole words; no list has rows behind the last */
    uint32_t block;
    uint32_t i;
    if (list->term.df <= TEXT_INLINE_POSTINGS) {
        for (i = 0; i < list->term.df; i++) {
            set_row(w, list->term.rows[i], words);
        }
        return INLAY_OK;
    }
    if (!list_is_long(list)) {
        block_set_bits(list->postings, list->term.df, UINT32_MAX, w->lo, hi, words);
        return INLAY_OK;
    }
    *from = list_find_block(list, *from, (uint32_t)w->lo);
    for (block = *from; block < list->layout.blocks && list_row_before(list, block) + 1 < w->hi;
         block++) {
        INLAY_TRY(list_touch_chunk(list, block / CHUNK_BLOCKS, err));
        block_set_bits(list->postings + list_block_start(list, block),
                       list_block_count(list, block), list_row_before(list, block), w->lo, hi,
                       words);
    }
    return INLAY_OK;
}

static void mask_window(struct window *w, const struct text_segment *segment)
{
    size_t i;
    memset(w->other, 0, sizeof(w->other));
    if (segment->allowed != NULL) {
        rowset_fill_words(segment->allowed, w->lo, w->hi, w->other);
        for (i = 0; i < WORDS; i++) {
            w->words[i] &= w->other[i];
        }
    }
    if (segment->deleted != NULL) {
        rowset_fill_words(segment->deleted, w->lo, w->hi, w->other);
        for (i = 0; i < WORDS; i++) {
            w->words[i] &= ~w->other[i];
        }
    }
}

static uint64_t emit_window(const struct window *w, struct rowset *rows)
{
    uint64_t count = 0;
    size_t i;
    for (i = 0; i < WORDS; i++) {
        uint64_t word = w->words[i];
        count += (uint64_t)__builtin_popcountll(word);
        for (; rows != NULL && word != 0; word &= word - 1) {
            rowset_add(rows, (uint32_t)(w->lo + i * 64 + (uint64_t)__builtin_ctzll(word)));
        }
    }
    return count;
}

/* Sets the window's words: rows with any term, or with all of them. */
static inlay_status fill_window(struct window *w, const struct list_set *lists, uint32_t *from,
                                bool all, inlay_error *err)
{
    size_t t;
    size_t i;
    memset(w->words, 0, sizeof(w->words));
    for (t = 0; t < lists->count; t++) {
        uint64_t *words = all && t != 0 ? w->other : w->words;
        if (words == w->other) {
            memset(w->other, 0, sizeof(w->other));
        }
        INLAY_TRY(set_list(w, &lists->lists[t], &from[t], words, err));
        for (i = 0; words == w->other && i < WORDS; i++) {
            w->words[i] &= w->other[i];
        }
    }
    return INLAY_OK;
}

inlay_status match_windows(struct execution *e, uint32_t segment, bool all, struct rowset *rows,
                           uint64_t *count)
{
    const struct text_segment *s = &e->segments[segment];
    uint64_t row_count = text_index_info(s->index)->row_count;
    struct arena arena;
    struct window *w;
    uint32_t *from;
    inlay_status status = INLAY_OK;
    uint64_t lo;
    arena_init(&arena, SIZE_MAX);
    w = arena_zalloc(&arena, sizeof(*w));
    from = arena_zalloc_array(&arena, e->plan.term_count, sizeof(*from));
    if (w == NULL || from == NULL) {
        arena_free(&arena);
        return error_no_memory(e->err);
    }
    for (lo = 0; lo < row_count && status == INLAY_OK; lo += WINDOW) {
        w->lo = lo;
        w->hi = row_count - lo > WINDOW ? lo + WINDOW : row_count;
        status = fill_window(w, &e->lists[segment], from, all, e->err);
        mask_window(w, s);
        *count += status == INLAY_OK ? emit_window(w, rows) : 0;
    }
    arena_free(&arena);
    return status;
}
