/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a query over the segments (superfiles) of a snapshot. Statistics are global over all
 * segments and exclude deleted rows, scores are integers, and the order is total (score descending,
 * id ascending): the same rows give the same ids, order and score bits however they are dealt out
 * to segments. Deleted and filtered rows never take a place: k hits come back when k exist.
 *
 * Calls are independent; any number of threads may search the same indexes.
 */
#ifndef INLAY_TEXT_TEXT_SEARCH_H
#define INLAY_TEXT_TEXT_SEARCH_H

#include "base/id.h"
#include "base/rowset.h"
#include "exec/cancel.h"
#include "text/text_index.h"
#include "text/text_query.h"

struct text_segment {
    struct text_index *index;     /* all segments have the same k1 and b */
    const struct rowset *deleted; /* borrowed, may be NULL */
    const struct rowset *allowed; /* rows that may be hits; NULL: all. Does not change scores. */
    /* The id of a row, for breaking ties. NULL: (number of the segment, row). Called by the
     * searching thread. */
    struct id128 (*row_id)(void *context, uint32_t row);
    void *context;
    bool ids_ascend; /* a later row has a greater id: lets ties be pruned */
};

/* Live statistics of all segments; independent of the query, worth caching per snapshot. */
struct text_statistics {
    uint64_t documents;
    uint64_t total_length;
};

struct text_hit {
    uint32_t segment;
    uint32_t row;
    struct id128 id;
    uint64_t score_sum; /* fixed point, 2^-20 */
    float score;
};

struct text_search_options {
    size_t k;                                 /* default 10 */
    const struct text_statistics *statistics; /* borrowed; NULL: collected */
    const struct cancel_token *cancel;        /* NULL, or looked at while running */
    bool exhaustive;                          /* score every match: for tests and measurements */
};

void text_search_options_init(struct text_search_options *options);

inlay_status text_statistics_collect(const struct text_segment *segments, size_t count,
                                     struct text_statistics *out, inlay_error *err);

/*
 * The best hits, at most options->k. *hits is owned by the caller (mem_free). INLAY_UNSUPPORTED
 * when a phrase meets a column without positions, INLAY_INVALID_ARGUMENT when segments differ in k1
 * or b or the tree is deeper than QUERY_MAX_DEPTH, INLAY_CANCELLED, INLAY_TIMEOUT, INLAY_CORRUPT,
 * and whatever reading gives.
 */
inlay_status text_search(const struct text_query *query, const struct text_segment *segments,
                         size_t count, const struct text_search_options *options,
                         struct text_hit **hits, size_t *hit_count, inlay_error *err);

/* How many live, allowed rows match; nothing is scored. */
inlay_status text_count(const struct text_query *query, const struct text_segment *segments,
                        size_t count, uint64_t *matches, inlay_error *err);

/* All live, allowed rows of one segment that match, into a set of the caller (rows are added). */
inlay_status text_match(const struct text_query *query, const struct text_segment *segment,
                        struct rowset *rows, inlay_error *err);

#endif
