/* SPDX-License-Identifier: Apache-2.0 */
#include "text/query/bound.h"

#define NO_BLOCK UINT32_MAX

static uint32_t bound_of_chunks(const struct posting_list *list, struct term_scorer *scorer)
{
    return term_bound_pairs(scorer, list->bounds + list->layout.chunk_pairs,
                            (size_t)list->layout.chunks * CHUNK_PAIRS);
}

static uint32_t bound_of_postings(struct posting_cursor *cursor, struct term_scorer *scorer)
{
    uint32_t best = 0;
    uint32_t i;
    (void)cursor_tf(cursor);
    for (i = 0; i < cursor->count; i++) {
        uint32_t score = term_score(scorer, cursor->tfs[i], cursor->codes[i]);
        best = score > best ? score : best;
    }
    return best;
}

void term_bounds_init(struct term_bounds *bounds, struct posting_cursor *cursor,
                      struct term_scorer *scorer)
{
    const struct posting_list *list = cursor->list;
    bounds->list = list;
    bounds->scorer = scorer;
    bounds->next_block = 0;
    bounds->known_block = NO_BLOCK;
    bounds->known_bound = 0;
    if (cursor->row == CURSOR_END) {
        bounds->list_bound = 0;
    } else {
        bounds->list_bound =
            list_is_long(list) ? bound_of_chunks(list, scorer) : bound_of_postings(cursor, scorer);
    }
}

uint32_t term_bounds_block(struct term_bounds *bounds, uint32_t block)
{
    if (bounds->known_block != block) {
        const uint8_t *pairs = bounds->list->bounds + bounds->list->layout.pairs;
        bounds->known_bound =
            term_bound_pairs(bounds->scorer, pairs + 2 * BLOCK_PAIRS * (size_t)block, BLOCK_PAIRS);
        bounds->known_block = block;
    }
    return bounds->known_bound;
}

uint32_t term_bounds_range(struct term_bounds *bounds, uint32_t lo, uint32_t hi)
{
    const struct posting_list *list = bounds->list;
    uint32_t best = 0;
    uint32_t block;
    if (!list_is_long(list)) {
        return bounds->list_bound;
    }
    block = list_find_block(list, bounds->next_block, lo);
    bounds->next_block = block;
    for (; block < list->layout.blocks && list_row_before(list, block) + 1 < hi; block++) {
        uint32_t bound = term_bounds_block(bounds, block);
        best = bound > best ? bound : best;
    }
    return best;
}
