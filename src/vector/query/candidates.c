/* SPDX-License-Identifier: Apache-2.0 */
#include "vector/query/candidates.h"

#include "vector/query/select.h"

#include "base/checked.h"
#include "base/error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_ROOM 64 /* beyond what is kept, so that cuts are rare */

/* The limit lies this part above the k-th upper bound: equal rows must not fall to a rounding. */
#define LIMIT_SLACK 1e-6f

static float above(const struct candidates *c, float value)
{
    return nextafterf(value + LIMIT_SLACK * (fabsf(value) + c->scale), INFINITY);
}

struct id128 vector_row_id(const struct vector_segment *segments, uint32_t segment, uint32_t row)
{
    if (segments[segment].row_id != NULL) {
        return segments[segment].row_id(segments[segment].context, row);
    }
    return (struct id128){segment, row};
}

inlay_status candidates_init(struct candidates *c, size_t k, size_t keep, float ceiling,
                             float scale, const struct vector_segment *segments,
                             struct arena *arena, inlay_error *err)
{
    memset(c, 0, sizeof(*c));
    if (!size_add(keep, keep > LEAST_ROOM ? keep : LEAST_ROOM, &c->capacity) ||
        c->capacity > UINT32_MAX) {
        return error_no_memory(err);
    }
    c->items = arena_alloc_array(arena, c->capacity, sizeof(*c->items));
    c->spare = arena_alloc_array(arena, c->capacity, sizeof(*c->spare));
    c->keys = arena_alloc_array(arena, c->capacity, sizeof(*c->keys));
    c->ties = arena_alloc_array(arena, c->capacity, sizeof(*c->ties));
    if (c->items == NULL || c->spare == NULL || c->keys == NULL || c->ties == NULL) {
        return error_no_memory(err);
    }
    k_least_init(&c->keys_least, k);
    k_least_init(&c->bounds_least, k);
    c->k = k;
    c->keep = keep;
    c->ceiling = ceiling;
    c->scale = scale;
    c->limit = above(c, ceiling);
    c->tau = ceiling;
    c->segments = segments;
    return INLAY_OK;
}

static int compare_ties(const void *a, const void *b)
{
    const struct candidate_tie *x = a;
    const struct candidate_tie *y = b;
    int order = id_compare(x->id, y->id);
    return order != 0 ? order : x->slot < y->slot ? -1 : x->slot > y->slot;
}

/* keys[first, end) are sorted; equal values among them get the order of their ids. */
static void order_ties(struct candidates *c, size_t first, size_t end)
{
    while (first < end) {
        size_t stop = first + 1;
        size_t i;
        while (stop < end && c->keys[stop] >> 32 == c->keys[first] >> 32) {
            stop++;
        }
        for (i = first; stop - first > 1 && i < stop; i++) {
            const struct candidate *item = &c->items[select_item(c->keys[i])];
            c->ties[i].slot = select_item(c->keys[i]);
            c->ties[i].id = vector_row_id(c->segments, item->segment, item->row);
        }
        if (stop - first > 1) {
            qsort(c->ties + first, stop - first, sizeof(*c->ties), compare_ties);
            for (i = first; i < stop; i++) {
                c->keys[i] = (c->keys[i] >> 32 << 32) | c->ties[i].slot;
            }
        }
        first = stop;
    }
}

/* Whether one of keys[wanted, count) equals one of those selected before it. */
static bool cuts_a_tie(const uint64_t *keys, size_t count, size_t wanted)
{
    uint64_t worst = 0;
    size_t i;
    for (i = 0; i < wanted; i++) {
        worst = keys[i] > worst ? keys[i] : worst;
    }
    for (i = wanted; i < count && keys[i] >> 32 != worst >> 32; i++) {
    }
    return i < count;
}

static void keep_in_order(struct candidates *c, size_t wanted)
{
    struct candidate *swap = c->items;
    size_t i;
    for (i = 0; i < wanted; i++) {
        c->spare[i] = c->items[select_item(c->keys[i])];
    }
    c->items = c->spare;
    c->spare = swap;
    c->count = wanted;
}

static void make_keys(struct candidates *c, bool upper)
{
    size_t i;
    for (i = 0; i < c->count; i++) {
        const struct candidate *item = &c->items[i];
        c->keys[i] = select_key(upper ? item->key + item->error : item->key, (uint32_t)i);
    }
}

static void cut(struct candidates *c)
{
    make_keys(c, false);
    select_smallest(c->keys, c->count, c->keep);
    if (cuts_a_tie(c->keys, c->count, c->keep)) {
        select_sort(c->keys, c->count);
        order_ties(c, 0, c->count);
    }
    keep_in_order(c, c->keep);
}

/* The k-th smallest of the keys. */
static float kth(struct candidates *c)
{
    uint64_t worst = 0;
    size_t i;
    select_smallest(c->keys, c->count, c->k);
    for (i = 0; i < c->k; i++) {
        worst = c->keys[i] > worst ? c->keys[i] : worst;
    }
    return select_value(worst);
}

static void select_thresholds(struct candidates *c)
{
    float value;
    make_keys(c, false);
    value = kth(c);
    c->tau = value < c->tau ? value : c->tau;
    make_keys(c, true);
    value = above(c, kth(c));
    c->limit = value < c->limit ? value : c->limit;
}

void candidates_settle(struct candidates *c)
{
    if (!c->fresh || c->count < c->k) {
        return;
    }
    c->fresh = false;
    if (c->count > c->keep) {
        cut(c);
    }
    if (!k_least_is_kept(&c->keys_least)) {
        select_thresholds(c);
    }
}

static void insert_thresholds(struct candidates *c, const struct candidate *candidate)
{
    float tau;
    float limit;
    k_least_add(&c->keys_least, candidate->key);
    k_least_add(&c->bounds_least, candidate->key + candidate->error);
    tau = k_least_worst(&c->keys_least);
    limit = above(c, k_least_worst(&c->bounds_least));
    c->tau = tau < c->tau ? tau : c->tau;
    c->limit = limit < c->limit ? limit : c->limit;
}

void candidates_add(struct candidates *c, const struct candidate *candidate)
{
    c->fresh = true;
    c->items[c->count++] = *candidate;
    if (k_least_is_kept(&c->keys_least)) {
        insert_thresholds(c, candidate);
    }
    if (c->count == c->capacity) {
        candidates_settle(c);
    }
}

/* Of a great k the thresholds wait until enough came to select among. */
void candidates_end_cell(struct candidates *c)
{
    if (!k_least_is_kept(&c->keys_least)) {
        candidates_settle(c);
    }
}

void candidates_sort(struct candidates *c)
{
    candidates_settle(c);
    make_keys(c, false);
    select_sort(c->keys, c->count);
    order_ties(c, 0, c->count);
    keep_in_order(c, c->count);
}
