/* SPDX-License-Identifier: Apache-2.0 */
#include "vector/query/segment_filter.h"

#include "base/error.h"

#include <string.h>

inlay_status segment_filter_init(struct segment_filter *filter,
                                 const struct vector_segment *segment, struct arena *arena,
                                 inlay_error *err)
{
    const struct rowset *allowed = segment->allowed;
    const struct rowset *deleted = segment->deleted;
    uint64_t row_count = vector_index_info(segment->index)->row_count;
    uint64_t regions = row_count / SEGMENT_FILTER_REGION + 1;
    memset(filter, 0, sizeof(*filter));
    filter->row_count = row_count;
    filter->live = row_count;
    if (deleted != NULL && rowset_is_empty(deleted)) {
        deleted = NULL;
    }
    if (allowed == NULL && deleted == NULL) {
        return INLAY_OK;
    }
    if (allowed != NULL) {
        filter->live = rowset_count_range(allowed, 0, row_count);
    }
    if (deleted != NULL) {
        /* Members past the last row are never asked for; they only blur the count. */
        uint64_t gone = allowed != NULL ? rowset_and_count(allowed, deleted)
                                        : rowset_count_range(deleted, 0, row_count);
        filter->live = gone < filter->live ? filter->live - gone : 0;
    }
    filter->allowed = allowed;
    filter->deleted = deleted;
    if (allowed != NULL && deleted == NULL && segment->allowed_words != NULL) {
        filter->words = segment->allowed_words;
        return INLAY_OK;
    }
    filter->own = arena_alloc_array(arena, (size_t)(regions * SEGMENT_FILTER_REGION / 64),
                                    sizeof(*filter->own));
    filter->words = filter->own;
    filter->filled = arena_zalloc_array(arena, (size_t)(regions / 64 + 1), sizeof(uint64_t));
    filter->room = arena_alloc_array(arena, SEGMENT_FILTER_REGION / 64, sizeof(uint64_t));
    if (filter->words == NULL || filter->filled == NULL || filter->room == NULL) {
        return error_no_memory(err);
    }
    return INLAY_OK;
}

void segment_filter_fill(struct segment_filter *filter, uint32_t region)
{
    uint64_t low = (uint64_t)region * SEGMENT_FILTER_REGION;
    uint64_t high = low + SEGMENT_FILTER_REGION;
    uint64_t *words = filter->own + low / 64;
    size_t i;
    if (filter->allowed != NULL) {
        rowset_fill_words(filter->allowed, low, high, words);
    } else {
        memset(words, 0xff, SEGMENT_FILTER_REGION / 8);
    }
    if (filter->deleted != NULL) {
        rowset_fill_words(filter->deleted, low, high, filter->room);
        for (i = 0; i < SEGMENT_FILTER_REGION / 64; i++) {
            words[i] &= ~filter->room[i];
        }
    }
    filter->filled[region / 64] |= (uint64_t)1 << (region % 64);
}
