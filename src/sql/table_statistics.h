/* SPDX-License-Identifier: Apache-2.0 */
/* What statistics tell of a table's columns, as relation_ops asks it. */
#ifndef INLAY_SQL_TABLE_STATISTICS_H
#define INLAY_SQL_TABLE_STATISTICS_H

#include "sql/relation.h"
#include "table/rows/typed_table.h"

/* See relation_ops; `column` is of the table's file schema. Values are the view's. */
bool table_statistics_top_bound(const struct table_view *view, size_t column, bool descending,
                                uint64_t rows, struct stat_value *out);
bool table_statistics_top_guess(const struct table_view *view, const struct predicate *predicate,
                                size_t column, bool descending, uint64_t share,
                                struct stat_value *out, uint64_t *rows);
/* Opens the superfiles that the manifest does not exclude where those are few; where they are many,
 * all their rows are counted. */
inlay_status table_statistics_rows_left(struct table_view *view, const struct predicate *predicate,
                                        uint64_t most, uint64_t *out, inlay_error *err);
void table_statistics_summary(const struct table_view *view, size_t column,
                              struct relation_column_summary *out);

#endif
