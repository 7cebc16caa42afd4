/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One ranking out of two: reciprocal rank fusion (Cormack, Clarke, Buettcher, SIGIR 2009), or
 * weighted scores after each list was normalised to 0..1. Ties are broken by id.
 */
#ifndef INLAY_TABLE_ROWS_FUSION_H
#define INLAY_TABLE_ROWS_FUSION_H

#include "table/rows/search.h"

enum fusion_kind {
    FUSION_RECIPROCAL_RANK = 0, /* weight / (rank_constant + rank), ranks from 1 */
    FUSION_NORMALIZED = 1       /* weight * (score - least) / (best - least) of the list; 1 when all
                                   are equal; divided by the sum of weights */
};

struct fusion_options {
    enum fusion_kind kind;
    double rank_constant; /* 60 */
    double text_weight;   /* 1 */
    double vector_weight; /* 1 */
};

struct fused_hit {
    struct row_place place;
    struct id128 id;
    double score;
    uint32_t text_rank; /* from 1; 0: not in that list */
    uint32_t vector_rank;
    float text_score;
    float vector_distance;
};

void fusion_options_init(struct fusion_options *options);

/* INLAY_INVALID_ARGUMENT: a weight that is negative or not finite, both zero, a constant below 0.
 */
inlay_status fusion_options_check(const struct fusion_options *options, inlay_error *err);

/* `texts` best first by score, `vectors` best first by distance (in their score field). *out is the
 * caller's (mem_free), best first, every row of either list once. */
inlay_status fusion_run(const struct table_hit *texts, size_t text_count,
                        const struct table_hit *vectors, size_t vector_count,
                        const struct fusion_options *options, struct fused_hit **out, size_t *count,
                        inlay_error *err);

#endif
