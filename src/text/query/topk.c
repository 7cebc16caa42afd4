/* SPDX-License-Identifier: Apache-2.0 */
#include "text/query/topk.h"

#include "text/query/score.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

void topk_init(struct topk *top, size_t k)
{
    memset(top, 0, sizeof(*top));
    top->k = k;
}

void topk_free(struct topk *top)
{
    mem_free(top->hits);
    top->hits = NULL;
}

void topk_segment(struct topk *top, const struct text_segment *segment, uint32_t number)
{
    top->segment = segment;
    top->segment_number = number;
}

struct id128 segment_row_id(const struct text_segment *segment, uint32_t number, uint32_t row)
{
    if (segment->row_id != NULL) {
        return segment->row_id(segment->context, row);
    }
    return (struct id128){number, row};
}

/* Negative: a ranks before b. */
static int compare(const struct text_hit *a, const struct text_hit *b)
{
    int order;
    if (a->score_sum != b->score_sum) {
        return a->score_sum > b->score_sum ? -1 : 1;
    }
    order = id_compare(a->id, b->id);
    if (order != 0) {
        return order;
    }
    if (a->segment != b->segment) {
        return a->segment < b->segment ? -1 : 1;
    }
    return a->row < b->row ? -1 : a->row > b->row;
}

static void sift_down(struct topk *top)
{
    struct text_hit item = top->hits[0];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= top->count) {
            break;
        }
        if (child + 1 < top->count && compare(&top->hits[child + 1], &top->hits[child]) > 0) {
            child++;
        }
        if (compare(&top->hits[child], &item) <= 0) {
            break;
        }
        top->hits[at] = top->hits[child];
        at = child;
    }
    top->hits[at] = item;
}

static void sift_up(struct topk *top, size_t at)
{
    struct text_hit item = top->hits[at];
    while (at > 0 && compare(&item, &top->hits[(at - 1) / 2]) > 0) {
        top->hits[at] = top->hits[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    top->hits[at] = item;
}

void topk_offer(struct topk *top, uint32_t row, uint64_t score)
{
    struct text_hit hit = {top->segment_number, row, {0, 0}, score, 0};
    void *hits = top->hits;
    if (top->k == 0 || top->status != INLAY_OK || score < top->threshold) {
        return;
    }
    hit.id = segment_row_id(top->segment, top->segment_number, row);
    if (top->count == top->k) {
        if (compare(&hit, &top->hits[0]) < 0) {
            top->hits[0] = hit;
            sift_down(top);
        }
    } else {
        if (!mem_grow(&hits, &top->capacity, top->count + 1, sizeof(hit))) {
            top->status = INLAY_NO_MEMORY;
            return;
        }
        top->hits = hits;
        top->hits[top->count] = hit;
        sift_up(top, top->count++);
    }
    top->threshold = top->count == top->k ? top->hits[0].score_sum : 0;
}

bool topk_may_enter(const struct topk *top, uint64_t bound, uint32_t first)
{
    if (bound != top->threshold || top->count < top->k) {
        return bound >= top->threshold;
    }
    if (top->segment->row_id != NULL && !top->segment->ids_ascend) {
        return true;
    }
    return id_compare(segment_row_id(top->segment, top->segment_number, first), top->hits[0].id) <=
           0;
}

static int compare_items(const void *a, const void *b)
{
    return compare(a, b);
}

struct text_hit *topk_take(struct topk *top, size_t *count)
{
    struct text_hit *hits = top->hits;
    size_t i;
    *count = top->count;
    if (top->count > 1) {
        qsort(hits, top->count, sizeof(*hits), compare_items);
    }
    for (i = 0; i < top->count; i++) {
        hits[i].score = (float)((double)hits[i].score_sum / SCORE_ONE);
    }
    top->hits = NULL;
    top->count = 0;
    return hits;
}
