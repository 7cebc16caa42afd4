/* SPDX-License-Identifier: Apache-2.0 */
#include "table/rows/row_filter.h"

#include "base/alloc.h"
#include "base/error.h"
#include "table/rows/fetch.h"

static inlay_status create_sets(const struct table_view *view, bool full, struct row_filter *out,
                                inlay_error *err)
{
    size_t i;
    out->count = view->list.count;
    out->allowed = mem_zalloc_array(out->count, sizeof(struct rowset *));
    if (out->allowed == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < out->count; i++) {
        INLAY_TRY(rowset_create(&out->allowed[i], err));
        if (full) {
            rowset_add_range(out->allowed[i], 0, view->list.entries[i].rows);
        }
    }
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
                               size_t excluded_count, struct row_filter *out, inlay_error *err)
{
    inlay_status status;
    out->allowed = NULL;
    out->count = 0;
    status = create_sets(view, allowed == NULL, out, err);
    if (status == INLAY_OK && allowed != NULL) {
        status = mark(view, allowed, allowed_count, true, out, err);
    }
    if (status == INLAY_OK) {
        status = mark(view, excluded, excluded_count, false, out, err);
    }
    if (status != INLAY_OK) {
        row_filter_free(out);
    }
    return status;
}

void row_filter_free(struct row_filter *filter)
{
    size_t i;
    if (filter == NULL) {
        return;
    }
    for (i = 0; filter->allowed != NULL && i < filter->count; i++) {
        rowset_free(filter->allowed[i]);
    }
    mem_free(filter->allowed);
    filter->allowed = NULL;
    filter->count = 0;
}

void row_filter_release(const struct row_filter *filter)
{
    struct row_filter *owned = (struct row_filter *)(uintptr_t)filter;
    row_filter_free(owned);
    mem_free(owned);
}

const struct rowset *row_filter_entry(const struct row_filter *filter, size_t entry)
{
    return filter != NULL ? filter->allowed[entry] : NULL;
}
