/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows by number: what a search does with its hits. With a page index only the pages that hold the
 * rows are read, all of them (over all columns and row groups) with one call of the source, and
 * inside a page decoding skips to the row. Pages and dictionaries stay in the reader's cache.
 */
#ifndef INLAY_PARQUET_FETCH_H
#define INLAY_PARQUET_FETCH_H

#include "parquet/reader.h"

/* `rows`: numbers of the file in any order, repeats allowed; the batch has one row for each, in
 * that order, in flat vectors. `columns` as in parquet_scan_options (NULL: all). Release the batch
 * with parquet_batch_release. INLAY_INVALID_ARGUMENT names a row that the file does not have. */
inlay_status parquet_fetch_rows(struct parquet_reader *reader, const uint32_t *columns,
                                size_t column_count, const uint64_t *rows, size_t row_count,
                                struct parquet_batch *out, inlay_error *err);

#endif
