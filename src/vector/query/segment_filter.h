/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rows of a segment may be hits: allowed and not deleted. The sets are unpacked into bits,
 * 65,536 rows at a time, when the first row of such a region is asked for. One thread.
 */
#ifndef INLAY_VECTOR_QUERY_SEGMENT_FILTER_H
#define INLAY_VECTOR_QUERY_SEGMENT_FILTER_H

#include "base/arena.h"
#include "base/rowset.h"
#include "inlay/error.h"
#include "vector/vector_search.h"

struct segment_filter {
    const struct rowset *allowed; /* may be NULL */
    const struct rowset *deleted; /* may be NULL */
    uint64_t row_count;
    uint64_t live;         /* rows that pass, null ones among them */
    const uint64_t *words; /* the caller's or `own`; NULL when all rows pass */
    uint64_t *own;         /* the arena's */
    uint64_t *filled;      /* a bit per region of `own`; NULL: the words are whole */
    uint64_t *room;        /* of one region */
};

inlay_status segment_filter_init(struct segment_filter *filter,
                                 const struct vector_segment *segment, struct arena *arena,
                                 inlay_error *err);

void segment_filter_fill(struct segment_filter *filter, uint32_t region);

#define SEGMENT_FILTER_REGION 65536

/* Fills what is not filled yet of the regions of rows [first, last]: `words` may be read there. */
static inline void segment_filter_fill_range(struct segment_filter *filter, uint32_t first,
                                             uint32_t last)
{
    uint32_t region;
    for (region = first / SEGMENT_FILTER_REGION;
         filter->filled != NULL && region <= last / SEGMENT_FILTER_REGION; region++) {
        if ((filter->filled[region / 64] >> (region % 64) & 1) == 0) {
            segment_filter_fill(filter, region);
        }
    }
}

/* `row` is below row_count. */
static inline bool segment_filter_passes(struct segment_filter *filter, uint32_t row)
{
    uint32_t region = row / SEGMENT_FILTER_REGION;
    if (filter->words == NULL) {
        return true;
    }
    if (filter->filled != NULL && (filter->filled[region / 64] >> (region % 64) & 1) == 0) {
        segment_filter_fill(filter, region);
    }
    return (filter->words[row / 64] >> (row % 64) & 1) != 0;
}

#endif
