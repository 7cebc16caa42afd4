/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One ranking of several columns. Each column is searched to the depth of the whole: a row among
 * the best n by its greatest score is among the best n of the column that gave it that score,
 * because whatever is ahead of it there is ahead of it in the whole. So the best n of the merged
 * lists are exact, and so are their scores.
 */
#include "base/alloc.h"
#include "base/error.h"
#include "table/rows/search.h"

#include <stdlib.h>
#include <string.h>

static int by_row(const void *a, const void *b)
{
    const struct table_hit *x = a;
    const struct table_hit *y = b;
    if (x->place.entry != y->place.entry) {
        return x->place.entry < y->place.entry ? -1 : 1;
    }
    if (x->place.row != y->place.row) {
        return x->place.row < y->place.row ? -1 : 1;
    }
    return (x->score < y->score) - (x->score > y->score);
}

static int best_first(const void *a, const void *b)
{
    const struct table_hit *x = a;
    const struct table_hit *y = b;
    if (x->score != y->score) {
        return x->score > y->score ? -1 : 1;
    }
    return id_compare(x->id, y->id);
}

static size_t keep_best_of_row(struct table_hit *hits, size_t count)
{
    size_t kept = 0;
    size_t i;
    for (i = 0; i < count; i++) {
        if (kept == 0 || hits[kept - 1].place.entry != hits[i].place.entry ||
            hits[kept - 1].place.row != hits[i].place.row) {
            hits[kept++] = hits[i];
        }
    }
    return kept;
}

static inlay_status add_hits(struct table_hit **all, size_t *capacity, size_t *count,
                             const struct table_hit *found, size_t found_count, inlay_error *err)
{
    void *items = *all;
    if (!mem_grow(&items, capacity, *count + found_count + 1, sizeof(**all))) {
        return error_no_memory(err);
    }
    *all = items;
    if (found_count != 0) {
        memcpy(*all + *count, found, found_count * sizeof(**all));
    }
    *count += found_count;
    return INLAY_OK;
}

inlay_status table_search_columns(struct table_view *view, const struct text_target *targets,
                                  size_t target_count, const struct row_filter *filter,
                                  uint64_t offset, uint64_t k, struct table_hit **hits,
                                  size_t *count, inlay_error *err)
{
    const uint64_t depth = k == SEARCH_ALL ? SEARCH_ALL : k + offset;
    struct table_hit *all = NULL;
    size_t capacity = 0;
    size_t total = 0;
    inlay_status status = INLAY_OK;
    size_t first;
    size_t i;
    *hits = NULL;
    *count = 0;
    if (k != SEARCH_ALL) {
        INLAY_TRY(search_depth_check(k, offset, err));
    }
    if (target_count == 1) {
        return table_search(view, targets[0].column, targets[0].query, filter, offset, k, NULL,
                            hits, count, err);
    }
    for (i = 0; i < target_count && status == INLAY_OK; i++) {
        struct table_hit *found = NULL;
        size_t found_count = 0;
        status = table_search(view, targets[i].column, targets[i].query, filter, 0, depth, NULL,
                              &found, &found_count, err);
        if (status == INLAY_OK) {
            status = add_hits(&all, &capacity, &total, found, found_count, err);
        }
        mem_free(found);
    }
    if (status != INLAY_OK) {
        mem_free(all);
        return status;
    }
    if (total != 0) {
        qsort(all, total, sizeof(*all), by_row);
        total = keep_best_of_row(all, total);
        qsort(all, total, sizeof(*all), best_first);
    }
    first = offset < total ? (size_t)offset : total;
    *count = k < total - first ? (size_t)k : total - first;
    if (all != NULL) {
        memmove(all, all + first, *count * sizeof(*all));
    }
    *hits = all;
    return INLAY_OK;
}
