/* SPDX-License-Identifier: Apache-2.0 */
/* How good the answers of a table's vector indexes are: stored rows serve as queries, and the hits
 * of a search are compared with those of the exact scan. */
#ifndef INLAY_VECTOR_VECTOR_RECALL_H
#define INLAY_VECTOR_VECTOR_RECALL_H

#include "vector/vector_search.h"

struct vector_recall {
    size_t samples;   /* queries run: fewer than asked for when there are fewer rows */
    double mean;      /* recall@k: hits no farther than the k-th of the exact scan, of its hits */
    double least;     /* of one query */
    double cells;     /* mean probed */
    double rows;      /* mean reranked */
    double search_us; /* mean time of a search */
    double exact_us;
};

/*
 * Rows are drawn by a generator from `seed`; null and deleted ones are passed over. `options` are
 * those of a search (exact is ignored; `allowed` of a segment holds for both). The row that asks
 * is left out of both answers. INLAY_OK with samples 0 when there is no row. Times are of this
 * process and moment.
 */
inlay_status vector_measure_recall(const struct vector_segment *segments, size_t count,
                                   size_t samples, const struct vector_search_options *options,
                                   uint64_t seed, struct vector_recall *out, inlay_error *err);

#endif
