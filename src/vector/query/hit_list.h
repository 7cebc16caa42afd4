/* SPDX-License-Identifier: Apache-2.0 */
/* The best k hits by exact distance, then id, then segment and row: whatever the order in which
 * they come. Rows are collected flat and cut now and then. One thread. */
#ifndef INLAY_VECTOR_QUERY_HIT_LIST_H
#define INLAY_VECTOR_QUERY_HIT_LIST_H

#include "vector/query/k_least.h"
#include "vector/vector_search.h"

struct hit_list {
    struct vector_hit *hits; /* owned */
    size_t count;
    size_t capacity;
    size_t settled; /* the first so many are in order and have their ids */
    size_t k;
    struct k_least least; /* distances, so that the limit is known without settling */
    float limit;          /* inclusive: nothing above it can be among the best k */
    const struct vector_segment *segments;
    inlay_status status; /* sticky: INLAY_NO_MEMORY */
};

/* `most` is the greatest distance wanted, or infinity. k >= 1. */
void hit_list_init(struct hit_list *list, size_t k, float most,
                   const struct vector_segment *segments);
void hit_list_free(struct hit_list *list);

void hit_list_add(struct hit_list *list, uint32_t segment, uint32_t row, float distance);

/* Puts the list in order and cuts it to k. */
void hit_list_settle(struct hit_list *list);

/* Adds the hits of another list of the same search. */
void hit_list_merge(struct hit_list *list, const struct hit_list *other);

#endif
