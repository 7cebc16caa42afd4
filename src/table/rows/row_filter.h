/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rows of a view may be hits: one row set per superfile, handed to every ranker, which
 * applies it while it ranks (k hits come back when k exist). Immutable once made; shared by
 * threads.
 */
#ifndef INLAY_TABLE_ROWS_ROW_FILTER_H
#define INLAY_TABLE_ROWS_ROW_FILTER_H

#include "base/rowset.h"
#include "table/rows/typed_table.h"

struct row_filter {
    struct rowset **allowed; /* owned; per entry of the view */
    size_t count;
};

/* Rows with one of the allowed ids (NULL: every row) and none of the excluded ones. Ids that no row
 * has are ignored. */
inlay_status row_filter_by_ids(struct table_view *view, const struct id128 *allowed,
                               size_t allowed_count, const struct id128 *excluded,
                               size_t excluded_count, struct row_filter *out, inlay_error *err);
void row_filter_free(struct row_filter *filter);          /* NULL-safe; what it owns */
void row_filter_release(const struct row_filter *filter); /* NULL-safe; of sql_filter_rows */

/* The set for an entry; NULL for a NULL filter: no restriction. */
const struct rowset *row_filter_entry(const struct row_filter *filter, size_t entry);

#endif
