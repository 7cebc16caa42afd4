/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What values a text column has, and how many rows have each, where there are few: what a statement
 * that only counts them needs to know. Learnt from dictionaries and codes of resident columns, once
 * per version of the table.
 */
#ifndef INLAY_TABLE_ROWS_VALUE_COUNTS_H
#define INLAY_TABLE_ROWS_VALUE_COUNTS_H

#include "columnar/text_values.h"
#include "exec/cancel.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_view;

struct value_counts {
    struct text_values *values; /* owned; dictionaries may have more than the rows */
    uint64_t *rows;             /* owned; per value, 0 included */
    uint64_t nulls;
};

/* Every value that a column of the file schema can have: the union of the dictionaries of all
 * column chunks. *out is the caller's (text_values_free), NULL when they are many or not known. */
inlay_status table_view_text_values(struct table_view *view, size_t column,
                                    struct text_values **out, inlay_error *err);

/* Has the first row group at most one value for every `share` rows? False: not, or not known
 * without asking a store. */
inlay_status table_view_repeats(struct table_view *view, size_t column, uint64_t share, bool *out,
                                inlay_error *err);

/* *out is borrowed from the view, NULL when the counts cannot be known, or have not been made and
 * `make` is false. Making reads the column; `cancel` (may be NULL) ends it. Thread-safe. */
inlay_status table_view_value_counts(struct table_view *view, size_t column, bool make,
                                     const struct cancel_token *cancel,
                                     const struct value_counts **out, inlay_error *err);
void value_counts_free(struct value_counts *counts); /* NULL-safe */

#endif
