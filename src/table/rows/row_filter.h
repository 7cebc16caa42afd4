/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rows of a view may be hits: one row set per superfile, handed to every ranker, which
 * applies it while it ranks (k hits come back when k exist). Reference counted; immutable once
 * made, so shared by threads and kept in caches.
 */
#ifndef INLAY_TABLE_ROWS_ROW_FILTER_H
#define INLAY_TABLE_ROWS_ROW_FILTER_H

#include "base/rowset.h"
#include "table/rows/typed_table.h"

struct row_filter {
    _Atomic int64_t references;
    struct rowset **allowed;    /* owned; per entry of the view */
    uint64_t *rows;             /* owned; of each entry */
    _Atomic(uint64_t *) *words; /* owned, as what they point to; made when first asked for */
    size_t count;
};

/* One reference, to be filled by its maker before it is shared: no row, or every row of the view.
 */
inlay_status row_filter_create(const struct table_view *view, bool full, struct row_filter **out,
                               inlay_error *err);
/* Rows with one of the allowed ids (NULL: every row) and none of the excluded ones. Ids that no row
 * has are ignored. */
inlay_status row_filter_by_ids(struct table_view *view, const struct id128 *allowed,
                               size_t allowed_count, const struct id128 *excluded,
                               size_t excluded_count, struct row_filter **out, inlay_error *err);
/* Keeps the rows that `other`, of the same view, has too. `filter` is not shared yet. */
void row_filter_intersect(struct row_filter *filter, const struct row_filter *other);

const struct row_filter *row_filter_retain(const struct row_filter *filter);
void row_filter_release(const struct row_filter *filter); /* NULL-safe */

uint64_t row_filter_rows(const struct row_filter *filter);  /* how many it lets through */
uint64_t row_filter_bytes(const struct row_filter *filter); /* of memory, about, bits included */

/* The set for an entry; NULL for a NULL filter: no restriction. */
const struct rowset *row_filter_entry(const struct row_filter *filter, size_t entry);
/* The same set as bits by row, borrowed from the filter; NULL for a NULL filter, or for want of
 * memory: the set must do then. */
const uint64_t *row_filter_words(const struct row_filter *filter, size_t entry);

#endif
