/* SPDX-License-Identifier: Apache-2.0 */
/* One phrase: the terms' bounds, read as bounds of the phrase, skip blocks and rows before any
 * position is decoded. */
#include "text/query/phrase.h"
#include "text/query/search_priv.h"

#include "base/error.h"

/* The least score that a row from `first` on needs. */
static uint64_t floor_from(const struct topk *top, uint32_t first)
{
    return topk_may_enter(top, top->threshold, first) ? top->threshold : top->threshold + 1;
}

static inlay_status search_rows(struct execution *e, const struct text_segment *segment,
                                struct phrase_matcher *matcher, struct term_scorer *scorer)
{
    uint64_t row_count = text_index_info(segment->index)->row_count;
    uint32_t row;
    unsigned steps = 0;
    phrase_matcher_bound(matcher, scorer);
    for (row = 0; row < row_count; row++) {
        row = phrase_matcher_seek_best(matcher, row, floor_from(&e->top, row));
        if (row == CURSOR_END) {
            break;
        }
        if (++steps % CANCEL_INTERVAL == 0) {
            INLAY_TRY(search_check(e));
        }
        if (segment_is_live(segment, row)) {
            topk_offer(&e->top, row,
                       term_score(scorer, phrase_matcher_frequency(matcher),
                                  phrase_matcher_code(matcher)));
        }
    }
    return phrase_matcher_status(matcher);
}

inlay_status search_phrase(struct execution *e, uint32_t segment)
{
    const struct plan_node *plan = e->plan.root;
    struct phrase_matcher *matcher;
    struct term_scorer scorer;
    struct arena arena;
    inlay_status status;
    double idf = 0;
    uint32_t i;
    for (i = 0; i < plan->term_count; i++) {
        idf += score_idf(e->statistics.documents, e->df[plan->terms[i]]);
    }
    arena_init(&arena, SIZE_MAX);
    term_scorer_init(&scorer, &e->norms, plan->boost * idf, &arena);
    status = phrase_matcher_create(plan, e->lists[segment].lists, &arena, &matcher, e->err);
    if (status == INLAY_OK) {
        status = search_rows(e, &e->segments[segment], matcher, &scorer);
    }
    if (status == INLAY_OK && scorer.failed) {
        status = error_no_memory(e->err);
    }
    phrase_matcher_free(matcher);
    arena_free(&arena);
    return status;
}
