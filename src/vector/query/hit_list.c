/* SPDX-License-Identifier: Apache-2.0 */
#include "vector/query/hit_list.h"

#include "vector/query/candidates.h"

#include "base/alloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_ROOM 256 /* beyond k, so that cuts are rare */

void hit_list_init(struct hit_list *list, size_t k, float most,
                   const struct vector_segment *segments)
{
    memset(list, 0, sizeof(*list));
    list->k = k;
    k_least_init(&list->least, k);
    list->limit = most;
    list->segments = segments;
}

void hit_list_free(struct hit_list *list)
{
    mem_free(list->hits);
    memset(list, 0, sizeof(*list));
}

static int compare_hits(const void *a, const void *b)
{
    const struct vector_hit *x = a;
    const struct vector_hit *y = b;
    int order = id_compare(x->id, y->id);
    if (x->distance != y->distance) {
        return x->distance < y->distance ? -1 : 1;
    }
    if (order != 0 || x->segment != y->segment) {
        return order != 0 ? order : x->segment < y->segment ? -1 : 1;
    }
    return x->row < y->row ? -1 : x->row > y->row;
}

void hit_list_settle(struct hit_list *list)
{
    size_t i;
    if (list->settled == list->count) {
        return;
    }
    for (i = list->settled; i < list->count; i++) {
        list->hits[i].id = vector_row_id(list->segments, list->hits[i].segment, list->hits[i].row);
    }
    qsort(list->hits, list->count, sizeof(*list->hits), compare_hits);
    if (list->count >= list->k) {
        list->count = list->k;
        list->limit = list->hits[list->k - 1].distance;
    }
    list->settled = list->count;
}

void hit_list_add(struct hit_list *list, uint32_t segment, uint32_t row, float distance)
{
    if (!(distance <= list->limit) || list->status != INLAY_OK) {
        return;
    }
    if (list->count == list->capacity) {
        void *hits = list->hits;
        if (list->count >= list->k + (list->k > LEAST_ROOM ? list->k : LEAST_ROOM)) {
            hit_list_settle(list);
        } else if (!mem_grow(&hits, &list->capacity, list->count + 1, sizeof(*list->hits))) {
            list->status = INLAY_NO_MEMORY;
            return;
        }
        list->hits = hits;
        if (!(distance <= list->limit)) {
            return;
        }
    }
    list->hits[list->count++] = (struct vector_hit){segment, row, {0, 0}, distance};
    k_least_add(&list->least, distance);
    list->limit = fminf(list->limit, k_least_worst(&list->least));
}

void hit_list_merge(struct hit_list *list, const struct hit_list *other)
{
    size_t i;
    if (other->status != INLAY_OK) {
        list->status = other->status;
    }
    for (i = 0; i < other->count; i++) {
        hit_list_add(list, other->hits[i].segment, other->hits[i].row, other->hits[i].distance);
    }
}
