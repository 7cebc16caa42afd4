/* SPDX-License-Identifier: Apache-2.0 */
#include "text/query/score.h"

#include "text/format/length_code.h"

#include <math.h>
#include <string.h>

#define LARGEST_FACTOR ((double)(1 << 30))
/* factor * tf / (tf + norm) grows with tf, but its rounding may not: bounds get this slack. With
 * norms of 0.001 and more, and few occurrences, the growth is far larger than any rounding. */
#define ROUNDING_SLACK (1 + 0x1p-50)
#define LEAST_TABLE_NORM 1e-3

void score_norms_init(struct score_norms *norms, double k1, double b, uint64_t documents,
                      uint64_t total_length)
{
    double average = documents != 0 ? (double)total_length / (double)documents : 0;
    unsigned code;
    for (code = 0; code < 256; code++) {
        double length = length_code_decode((uint8_t)code);
        double relative = average > 0 ? length / average : 1;
        norms->norm[code] = k1 * ((1 - b) + b * relative);
    }
    norms->k1 = k1;
    norms->table_bounds = norms->norm[0] >= LEAST_TABLE_NORM;
}

double score_idf(uint64_t documents, uint64_t df)
{
    double rest = (double)documents - (double)df + 0.5;
    return log(1 + rest / ((double)df + 0.5));
}

void term_scorer_init(struct term_scorer *scorer, const struct score_norms *norms, double weight,
                      struct arena *arena)
{
    memset(scorer, 0, sizeof(*scorer));
    scorer->factor = weight * (norms->k1 + 1) * SCORE_ONE;
    if (scorer->factor > LARGEST_FACTOR) {
        scorer->factor = LARGEST_FACTOR;
    }
    scorer->norms = norms;
    scorer->arena = arena;
    scorer->kernels = text_kernels();
}

const uint32_t *term_scorer_row(struct term_scorer *scorer, uint32_t tf)
{
    static const uint32_t nothing[256] = {0}; /* stands in after a failed allocation */
    if (scorer->rows[tf] == NULL) {
        uint32_t *row = arena_alloc_aligned(scorer->arena, 256 * sizeof(*row), 64);
        if (row == NULL) {
            scorer->failed = true;
            return nothing;
        }
        scorer->kernels->score_row(scorer->factor, tf, scorer->norms->norm, row);
        scorer->rows[tf] = row;
    }
    return scorer->rows[tf];
}

uint32_t term_scorer_direct(const struct term_scorer *scorer, double tf, uint8_t code)
{
    double numerator = scorer->factor * tf;
    uint32_t score = (uint32_t)(numerator / (tf + scorer->norms->norm[code]) + 0.5);
    return score != 0 ? score : 1;
}

uint32_t term_bound_any(const struct term_scorer *scorer)
{
    uint32_t score = (uint32_t)(scorer->factor * ROUNDING_SLACK + 0.5);
    return score != 0 ? score : 1;
}

uint32_t term_bound(struct term_scorer *scorer, uint8_t tf, uint8_t code)
{
    double value;
    uint32_t score;
    if (tf == BOUND_TF_MAX) {
        return term_bound_any(scorer);
    }
    if (tf <= SCORE_TABLE_TF && tf != 0 && scorer->norms->table_bounds) {
        return term_score(scorer, tf, code);
    }
    value = scorer->factor * tf / (tf + scorer->norms->norm[code]);
    score = (uint32_t)(value * ROUNDING_SLACK + 0.5);
    return score != 0 ? score : 1;
}

uint32_t term_bound_pairs(struct term_scorer *scorer, const uint8_t *pairs, size_t count)
{
    uint32_t best = 0;
    size_t i;
    for (i = 0; i < count; i++) {
        uint32_t bound = term_bound(scorer, pairs[2 * i], pairs[2 * i + 1]);
        best = bound > best ? bound : best;
    }
    return best;
}
