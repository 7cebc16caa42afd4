/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Columns of a table for rows here and there, straight into the engine's vectors. Rows of one
 * superfile are read with one call; rows of several are put together by value and brought into
 * order by a selection. One thread.
 */
#ifndef INLAY_SQL_SEARCH_SEARCH_ROWS_H
#define INLAY_SQL_SEARCH_SEARCH_ROWS_H

#include "parquet/reader.h"
#include "table/rows/search.h"

#include <duckdb.h>

/* Zeroed = new. What the engine's vectors point into, until the next call. */
struct search_rows {
    struct parquet_batch lent;
};

/* Fills target i with column `columns[i]` (of the file schema, not _id) of the hits' rows, in the
 * order of the hits: at most RELATION_BATCH_ROWS. */
inlay_status search_rows_fill(struct search_rows *rows, struct table_view *view,
                              const struct table_hit *hits, size_t count, const uint32_t *columns,
                              size_t column_count, const duckdb_vector *targets, inlay_error *err);
void search_rows_free(struct search_rows *rows); /* what it owns */

#endif
