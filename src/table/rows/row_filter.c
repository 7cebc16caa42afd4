/* SPDX-License-Identifier: Apache-2.0 */
#include "table/rows/row_filter.h"

#include "base/alloc.h"
#include "base/error.h"
#include "table/rows/fetch.h"

#include <stdatomic.h>

inlay_status row_filter_create(const struct table_view *view, bool full, struct row_filter **out,
                               inlay_error *err)
{
    struct row_filter *filter = mem_zalloc(sizeof(*filter));
    inlay_status status = INLAY_OK;
    size_t i;
    *out = NULL;
    if (filter == NULL) {
        return error_no_memory(err);
    }
    atomic_init(&filter->references, 1);
    filter->allowed = mem_zalloc_array(view->list.count, sizeof(struct rowset *));
    filter->rows = mem_zalloc_array(view->list.count, sizeof(*filter->rows));
    filter->words = mem_zalloc_array(view->list.count, sizeof(*filter->words));
    if (filter->allowed == NULL || filter->rows == NULL || filter->words == NULL) {
        status = error_no_memory(err);
    } else {
        filter->count = view->list.count;
    }
    for (i = 0; i < filter->count && status == INLAY_OK; i++) {
        filter->rows[i] = view->list.entries[i].rows;
        status = rowset_create(&filter->allowed[i], err);
        if (status == INLAY_OK && full) {
            rowset_add_range(filter->allowed[i], 0, view->list.entries[i].rows);
        }
    }
    if (status != INLAY_OK) {
        row_filter_release(filter);
        return status;
    }
    *out = filter;
    return INLAY_OK;
}

static inlay_status mark(struct table_view *view, const struct id128 *ids, size_t count, bool add,
                         struct row_filter *filter, inlay_error *err)
{
    size_t i;
    for (i = 0; i < count; i++) {
        struct row_place place;
        bool found;
        INLAY_TRY(table_find(view, ids[i], &place, &found, err));
        if (found && add) {
            rowset_add(filter->allowed[place.entry], place.row);
        } else if (found) {
            rowset_remove(filter->allowed[place.entry], place.row);
        }
    }
    return INLAY_OK;
}

inlay_status row_filter_by_ids(struct table_view *view, const struct id128 *allowed,
                               size_t allowed_count, const struct id128 *excluded,
                               size_t excluded_count, struct row_filter **out, inlay_error *err)
{
    struct row_filter *filter = NULL;
    inlay_status status;
    *out = NULL;
    status = row_filter_create(view, allowed == NULL, &filter, err);
    if (status == INLAY_OK && allowed != NULL) {
        status = mark(view, allowed, allowed_count, true, filter, err);
    }
    if (status == INLAY_OK) {
        status = mark(view, excluded, excluded_count, false, filter, err);
    }
    if (status != INLAY_OK) {
        row_filter_release(filter);
        return status;
    }
    *out = filter;
    return INLAY_OK;
}

void row_filter_intersect(struct row_filter *filter, const struct row_filter *other)
{
    size_t i;
    for (i = 0; i < filter->count; i++) {
        rowset_and(filter->allowed[i], other->allowed[i]);
    }
}

/* Counting references is all that changes in a shared filter. */
static struct row_filter *counted(const struct row_filter *filter)
{
    return (struct row_filter *)(uintptr_t)filter;
}

const struct row_filter *row_filter_retain(const struct row_filter *filter)
{
    atomic_fetch_add_explicit(&counted(filter)->references, 1, memory_order_relaxed);
    return filter;
}

void row_filter_release(const struct row_filter *filter)
{
    size_t i;
    if (filter == NULL ||
        atomic_fetch_sub_explicit(&counted(filter)->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (i = 0; i < filter->count; i++) {
        rowset_free(filter->allowed[i]);
        mem_free(atomic_load_explicit(&filter->words[i], memory_order_relaxed));
    }
    mem_free(filter->allowed);
    mem_free(filter->rows);
    mem_free(filter->words);
    mem_free(counted(filter));
}

uint64_t row_filter_rows(const struct row_filter *filter)
{
    uint64_t rows = 0;
    size_t i;
    for (i = 0; i < filter->count; i++) {
        rows += rowset_cardinality(filter->allowed[i]);
    }
    return rows;
}

/* Of a set besides its containers: handles, keys, allocator headers. */
#define SET_OVERHEAD 160

uint64_t row_filter_bytes(const struct row_filter *filter)
{
    uint64_t bytes = sizeof(*filter);
    size_t i;
    for (i = 0; i < filter->count; i++) {
        bytes += SET_OVERHEAD + rowset_serialized_size(filter->allowed[i]) + filter->rows[i] / 8;
    }
    return bytes;
}

const struct rowset *row_filter_entry(const struct row_filter *filter, size_t entry)
{
    return filter != NULL ? filter->allowed[entry] : NULL;
}

const uint64_t *row_filter_words(const struct row_filter *filter, size_t entry)
{
    uint64_t *expected = NULL;
    uint64_t *words;
    if (filter == NULL) {
        return NULL;
    }
    words = atomic_load_explicit(&filter->words[entry], memory_order_acquire);
    if (words != NULL) {
        return words;
    }
    words = mem_alloc_array((size_t)(filter->rows[entry] + 63) / 64, sizeof(*words));
    if (words == NULL) {
        return NULL;
    }
    rowset_fill_words(filter->allowed[entry], 0, filter->rows[entry], words);
    /* Threads may make them at the same time; one of them stays. */
    if (!atomic_compare_exchange_strong_explicit(&filter->words[entry], &expected, words,
                                                 memory_order_acq_rel, memory_order_acquire)) {
        mem_free(words);
        return expected;
    }
    return words;
}
