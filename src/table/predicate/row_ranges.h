/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rows of a row group can satisfy a condition, by the statistics of pages. Pages of several
 * columns need not have the same borders: their rows are joined and cut as ranges.
 */
#ifndef INLAY_TABLE_PREDICATE_ROW_RANGES_H
#define INLAY_TABLE_PREDICATE_ROW_RANGES_H

#include "parquet/reader.h"

/* Ascending, none empty, none touching the next. */
struct row_ranges {
    struct parquet_row_range *items; /* owned */
    size_t count;
    size_t capacity;
};

void row_ranges_free(struct row_ranges *ranges); /* leaves none */
/* Behind the last one, or going on where it ends. */
inlay_status row_ranges_add(struct row_ranges *ranges, uint64_t first, uint64_t count,
                            inlay_error *err);
uint64_t row_ranges_rows(const struct row_ranges *ranges);
/* `into` becomes the rows of both, or of either. */
inlay_status row_ranges_intersect(struct row_ranges *into, const struct row_ranges *other,
                                  inlay_error *err);
inlay_status row_ranges_unite(struct row_ranges *into, const struct row_ranges *other,
                              inlay_error *err);
bool row_ranges_touch(const struct row_ranges *ranges, uint64_t first, uint64_t count);

#endif
