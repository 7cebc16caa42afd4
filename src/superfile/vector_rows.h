/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stored vectors of a superfile's column by row number, for exact distances: implements struct
 * vector_rows (vector/vector_search.h) over a raw column. Vectors stand as they are stored,
 * little-endian and at any byte address: readers must not expect alignment.
 *
 * What it costs: the first use of a column reads its offset indexes (about 12 bytes per page of 64
 * KiB) in a wave of its own, unless a search read them along with its cells (`prepare`). A view
 * then is a lookup, and each page is compared with its checksum when it is first touched. Without a
 * resident source a read is one wave of the rows' own bytes, neighbours together; in a row group
 * that has nulls it reads whole pages the first time that it touches them. Rows that are read alone
 * have no checksum to be compared with.
 */
#ifndef INLAY_SUPERFILE_VECTOR_ROWS_H
#define INLAY_SUPERFILE_VECTOR_ROWS_H

#include "superfile/raw_column.h"
#include "vector/vector_search.h"

/* The column is borrowed and must outlive *out. `view` gives NULL also for a null row, and where a
 * page is damaged: `read` then says what is wrong. `nulls` sets bit i of the words for row first +
 * i and clears the others. */
void vector_rows_over(struct raw_column *column, struct vector_rows *out);

#endif
