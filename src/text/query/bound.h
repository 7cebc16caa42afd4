/* SPDX-License-Identifier: Apache-2.0 */
/* Upper bounds of one term's scores over a list, a block or a range of rows, without decoding
 * (long lists) or from the decoded list (short ones). One thread, one segment. */
#ifndef INLAY_TEXT_QUERY_BOUND_H
#define INLAY_TEXT_QUERY_BOUND_H

#include "text/query/score.h"
#include "text/read/cursor.h"

struct term_bounds {
    const struct posting_list *list;
    struct term_scorer *scorer;
    uint32_t list_bound;  /* of any posting of the list */
    uint32_t next_block;  /* ranges ascend: no earlier block matters any more */
    uint32_t known_block; /* block whose bound is known */
    uint32_t known_bound;
};

/* `cursor` stands at the start of the same list and does not move. */
void term_bounds_init(struct term_bounds *bounds, struct posting_cursor *cursor,
                      struct term_scorer *scorer);
/* Of one block of a long list. */
uint32_t term_bounds_block(struct term_bounds *bounds, uint32_t block);
/* Of the rows [lo, hi); `lo` never steps back. 0: the list has no such row. */
uint32_t term_bounds_range(struct term_bounds *bounds, uint32_t lo, uint32_t hi);

#endif
