/* SPDX-License-Identifier: Apache-2.0 */
#include "table/predicate/row_ranges.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

void row_ranges_free(struct row_ranges *ranges)
{
    mem_free(ranges->items);
    memset(ranges, 0, sizeof(*ranges));
}

static uint64_t end_of(const struct parquet_row_range *range)
{
    return range->first + range->count;
}

inlay_status row_ranges_add(struct row_ranges *ranges, uint64_t first, uint64_t count,
                            inlay_error *err)
{
    struct parquet_row_range *last = ranges->count != 0 ? &ranges->items[ranges->count - 1] : NULL;
    if (count == 0) {
        return INLAY_OK;
    }
    if (last != NULL && end_of(last) >= first) {
        uint64_t end = first + count;
        last->count = (end > end_of(last) ? end : end_of(last)) - last->first;
        return INLAY_OK;
    }
    if (!mem_grow((void **)&ranges->items, &ranges->capacity, ranges->count + 1,
                  sizeof(*ranges->items))) {
        return error_no_memory(err);
    }
    ranges->items[ranges->count].first = first;
    ranges->items[ranges->count++].count = count;
    return INLAY_OK;
}

uint64_t row_ranges_rows(const struct row_ranges *ranges)
{
    uint64_t rows = 0;
    size_t i;
    for (i = 0; i < ranges->count; i++) {
        rows += ranges->items[i].count;
    }
    return rows;
}

static inlay_status replace(struct row_ranges *into, struct row_ranges *by, inlay_status status)
{
    if (status == INLAY_OK) {
        row_ranges_free(into);
        *into = *by;
    } else {
        row_ranges_free(by);
    }
    return status;
}

inlay_status row_ranges_intersect(struct row_ranges *into, const struct row_ranges *other,
                                  inlay_error *err)
{
    struct row_ranges both = {0};
    inlay_status status = INLAY_OK;
    size_t a = 0;
    size_t b = 0;
    while (a < into->count && b < other->count && status == INLAY_OK) {
        const struct parquet_row_range *x = &into->items[a];
        const struct parquet_row_range *y = &other->items[b];
        uint64_t first = x->first > y->first ? x->first : y->first;
        uint64_t end = end_of(x) < end_of(y) ? end_of(x) : end_of(y);
        if (first < end) {
            status = row_ranges_add(&both, first, end - first, err);
        }
        if (end_of(x) == end) {
            a++;
        } else {
            b++;
        }
    }
    return replace(into, &both, status);
}

inlay_status row_ranges_unite(struct row_ranges *into, const struct row_ranges *other,
                              inlay_error *err)
{
    struct row_ranges either = {0};
    inlay_status status = INLAY_OK;
    size_t a = 0;
    size_t b = 0;
    while ((a < into->count || b < other->count) && status == INLAY_OK) {
        bool left =
            b == other->count || (a < into->count && into->items[a].first <= other->items[b].first);
        const struct parquet_row_range *next = left ? &into->items[a++] : &other->items[b++];
        status = row_ranges_add(&either, next->first, next->count, err);
    }
    return replace(into, &either, status);
}

bool row_ranges_touch(const struct row_ranges *ranges, uint64_t first, uint64_t count)
{
    size_t low = 0;
    size_t high = ranges->count;
    while (low < high) { /* the first range that ends behind `first` */
        size_t middle = low + (high - low) / 2;
        if (end_of(&ranges->items[middle]) <= first) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < ranges->count && ranges->items[low].first < first + count;
}
