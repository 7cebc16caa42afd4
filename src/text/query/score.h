/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BM25 (Robertson, Walker et al., TREC-3) in fixed point. In double arithmetic and this order:
 *
 *   average  = total_length / documents
 *   norm[c]  = k1 * ((1 - b) + b * decoded_length(c) / average)
 *   idf      = ln(1 + (documents - df + 0.5) / (df + 0.5))
 *   factor   = min(boost * idf * (k1 + 1) * 2^20, 2^30)
 *   score    = max(1, floor(factor * tf / (tf + norm[c]) + 0.5))
 *
 * documents, total_length and df are live and global. A row's score is the integer sum over its
 * terms, shown as (float)(sum / 2^20): it does not depend on the order of evaluation. A match is
 * worth at least one unit, so a score of 0 means "no match" inside the engine.
 */
#ifndef INLAY_TEXT_QUERY_SCORE_H
#define INLAY_TEXT_QUERY_SCORE_H

#include "base/arena.h"
#include "text/format/bounds.h"
#include "text/format/kernels.h"

#include <stdbool.h>
#include <stdint.h>

#define SCORE_ONE ((double)(1 << 20))
#define SCORE_TABLE_TF 16 /* frequencies up to this have a table row of 256 codes */

struct score_norms {
    double norm[256];
    double k1;
    bool table_bounds; /* the norms are large enough for table values to be exact bounds */
};

struct term_scorer {
    double factor;
    const struct score_norms *norms;
    struct arena *arena; /* of the table rows */
    const struct text_kernels *kernels;
    const uint32_t *rows[SCORE_TABLE_TF + 1];
    bool failed; /* no memory for a row */
};

void score_norms_init(struct score_norms *norms, double k1, double b, uint64_t documents,
                      uint64_t total_length);
double score_idf(uint64_t documents, uint64_t df);
void term_scorer_init(struct term_scorer *scorer, const struct score_norms *norms, double weight,
                      struct arena *arena);

const uint32_t *term_scorer_row(struct term_scorer *scorer, uint32_t tf); /* tf 1..SCORE_TABLE_TF */
uint32_t term_scorer_direct(const struct term_scorer *scorer, double tf, uint8_t code);

static inline uint32_t term_score(struct term_scorer *scorer, uint32_t tf, uint8_t code)
{
    if (tf <= SCORE_TABLE_TF) {
        const uint32_t *row = scorer->rows[tf];
        if (row == NULL) {
            row = term_scorer_row(scorer, tf);
        }
        return row[code];
    }
    return term_scorer_direct(scorer, tf, code);
}

/* At least the score of every posting that the pair (capped tf, code) dominates. */
uint32_t term_bound(struct term_scorer *scorer, uint8_t tf, uint8_t code);
uint32_t term_bound_pairs(struct term_scorer *scorer, const uint8_t *pairs, size_t count);
uint32_t term_bound_any(const struct term_scorer *scorer); /* of any posting */

#endif
