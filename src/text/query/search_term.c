/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One term. The bounds of all blocks are computed first; the blocks with the k greatest bounds are
 * decoded before the others, which raises the threshold to where nearly every other block is
 * skipped.
 */
#include "text/query/bound.h"
#include "text/query/search_priv.h"

#include "base/error.h"

static void offer_block(struct execution *e, const struct text_segment *segment,
                        struct posting_cursor *cursor, struct term_scorer *scorer)
{
    uint32_t i;
    if (cursor->count == 0) {
        return;
    }
    (void)cursor_tf(cursor);
    for (i = 0; i < cursor->count; i++) {
        uint32_t score = term_score(scorer, cursor->tfs[i], cursor->codes[i]);
        if (score >= e->top.threshold && segment_is_live(segment, cursor->rows[i])) {
            topk_offer(&e->top, cursor->rows[i], score);
        }
    }
}

static void push_down(uint32_t *heap, size_t count)
{
    uint32_t item = heap[0];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < count && heap[child + 1] < heap[child]) {
            child++;
        }
        if (child >= count || heap[child] >= item) {
            break;
        }
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = item;
}

/* The k-th greatest of the values (the least one when there are fewer), by a heap of k. */
static uint32_t kth_greatest(const uint32_t *values, size_t count, size_t k, uint32_t *heap)
{
    size_t held = count < k ? count : k;
    size_t i;
    for (i = 0; i < held; i++) { /* sift up */
        size_t at = i;
        while (at > 0 && values[i] < heap[(at - 1) / 2]) {
            heap[at] = heap[(at - 1) / 2];
            at = (at - 1) / 2;
        }
        heap[at] = values[i];
    }
    for (; i < count; i++) {
        if (values[i] > heap[0]) {
            heap[0] = values[i];
            push_down(heap, held);
        }
    }
    return heap[0];
}

/* Decodes the blocks whose bound is in [least, most] and may still matter. */
static inlay_status offer_blocks(struct execution *e, const struct text_segment *segment,
                                 struct posting_cursor *cursor, struct term_scorer *scorer,
                                 const uint32_t *bounds, uint32_t least, uint32_t most)
{
    uint32_t block;
    for (block = 0; block < cursor->blocks; block++) {
        uint32_t first = list_row_before(cursor->list, block) + 1;
        if (bounds[block] < least || bounds[block] > most ||
            !topk_may_enter(&e->top, bounds[block], first)) {
            continue;
        }
        cursor_enter(cursor, block);
        INLAY_TRY(cursor->status);
        offer_block(e, segment, cursor, scorer);
    }
    return INLAY_OK;
}

static inlay_status search_blocks(struct execution *e, const struct text_segment *segment,
                                  struct posting_cursor *cursor, struct term_scorer *scorer)
{
    struct arena arena;
    const uint8_t *pairs = cursor->list->bounds + cursor->list->layout.pairs;
    uint32_t blocks = cursor->blocks;
    inlay_status status;
    uint32_t *bounds;
    uint32_t *heap;
    uint32_t least;
    uint32_t i;
    arena_init(&arena, SIZE_MAX);
    bounds = arena_alloc_array(&arena, blocks, sizeof(*bounds));
    heap = arena_alloc_array(&arena, e->top.k < blocks ? e->top.k : blocks, sizeof(*heap));
    if (bounds == NULL || heap == NULL) {
        arena_free(&arena);
        return error_no_memory(e->err);
    }
    for (i = 0; i < blocks; i++) {
        bounds[i] = term_bound_pairs(scorer, pairs + 2 * BLOCK_PAIRS * (size_t)i, BLOCK_PAIRS);
    }
    least = kth_greatest(bounds, blocks, e->top.k, heap);
    status = offer_blocks(e, segment, cursor, scorer, bounds, least, UINT32_MAX);
    if (status == INLAY_OK && least > 0) {
        status = offer_blocks(e, segment, cursor, scorer, bounds, 0, least - 1);
    }
    arena_free(&arena);
    return status;
}

inlay_status search_term(struct execution *e, uint32_t segment, struct term_scorer *scorer)
{
    const struct posting_list *list = &e->lists[segment].lists[0];
    struct posting_cursor cursor;
    cursor_init(&cursor, list, e->err);
    if (cursor.row == CURSOR_END) {
        return cursor.status;
    }
    if (list_is_long(list)) {
        return search_blocks(e, &e->segments[segment], &cursor, scorer);
    }
    offer_block(e, &e->segments[segment], &cursor, scorer);
    return INLAY_OK;
}
