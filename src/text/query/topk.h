/* SPDX-License-Identifier: Apache-2.0 */
/* The best k hits seen so far, in a total order: score descending, id ascending, then segment and
 * row. A binary heap whose root is the worst of them. One thread. */
#ifndef INLAY_TEXT_QUERY_TOPK_H
#define INLAY_TEXT_QUERY_TOPK_H

#include "text/text_search.h"

struct topk {
    struct text_hit *hits; /* owned */
    size_t count;
    size_t capacity;
    size_t k;
    const struct text_segment *segment; /* the one being searched */
    uint32_t segment_number;
    uint64_t threshold; /* score of the worst hit when k are held, else 0: less cannot enter */
    inlay_status status;
};

void topk_init(struct topk *top, size_t k);
void topk_free(struct topk *top);
void topk_segment(struct topk *top, const struct text_segment *segment, uint32_t number);

/* Offers a live row with a score of at least the threshold. */
void topk_offer(struct topk *top, uint32_t row, uint64_t score);

/* Whether rows from `first` on of this segment, with scores of at most `bound`, could still enter.
 */
bool topk_may_enter(const struct topk *top, uint64_t bound, uint32_t first);

/* Sorts the hits, best first, and hands them over. */
struct text_hit *topk_take(struct topk *top, size_t *count);

struct id128 segment_row_id(const struct text_segment *segment, uint32_t number, uint32_t row);

static inline bool segment_is_live(const struct text_segment *segment, uint32_t row)
{
    return (segment->deleted == NULL || !rowset_contains(segment->deleted, row)) &&
           (segment->allowed == NULL || rowset_contains(segment->allowed, row));
}

#endif
