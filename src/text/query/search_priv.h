/* SPDX-License-Identifier: Apache-2.0 */
/* What the engines share: an execution with its terms looked up and its scorers ready. */
#ifndef INLAY_TEXT_QUERY_SEARCH_PRIV_H
#define INLAY_TEXT_QUERY_SEARCH_PRIV_H

#include "text/query/plan.h"
#include "text/query/score.h"
#include "text/query/topk.h"
#include "text/read/cursor.h"

/* Rows that an engine goes through between two looks at the token. */
#define CANCEL_INTERVAL 256

struct execution {
    const struct text_segment *segments;
    size_t segment_count;
    const struct text_search_options *options;
    struct plan plan;
    struct arena arena;
    struct list_set *lists; /* per segment, by term number */
    struct text_statistics statistics;
    uint64_t *df; /* live, by term number */
    struct score_norms norms;
    struct topk top;
    inlay_error *err;
};

/* The best hits of one segment, into execution->top. */
inlay_status search_tree(struct execution *e, uint32_t segment);
inlay_status search_term(struct execution *e, uint32_t segment, struct term_scorer *scorer);
inlay_status search_phrase(struct execution *e, uint32_t segment);
inlay_status search_union(struct execution *e, uint32_t segment, struct term_scorer *scorers);
inlay_status search_intersection(struct execution *e, uint32_t segment,
                                 struct term_scorer *scorers);

/* All matching live rows of one segment, in order. */
inlay_status match_tree(struct execution *e, uint32_t segment,
                        void (*visit)(void *context, uint32_t row), void *context);
/* Unions and intersections of terms without scores, window by window. `rows` may be NULL. */
inlay_status match_windows(struct execution *e, uint32_t segment, bool all, struct rowset *rows,
                           uint64_t *count);

/* Whether to go on; reads a clock where there is a deadline: once per block of work. */
static inline inlay_status search_check(const struct execution *e)
{
    return e->options != NULL ? cancel_check(e->options->cancel, e->err) : INLAY_OK;
}

#endif
