/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least or the greatest value of a text or binary column. Statistics keep only the beginning of
 * long values, so they bound it; the value itself is found by reading pages in the order of their
 * bounds, until no page that is left can hold a better one: one page where values differ early.
 */
#ifndef INLAY_TABLE_ROWS_EXTREMES_H
#define INLAY_TABLE_ROWS_EXTREMES_H

#include "exec/cancel.h"
#include "table/manifest/stat_value.h"

struct table_view;
struct extreme;

/* Of a column of the file schema. *out is borrowed from the view, found once per version; NULL when
 * the column is of another type or has no value. `cancel` may be NULL. Thread-safe. */
inlay_status table_view_extreme(struct table_view *view, size_t column, bool greatest,
                                const struct cancel_token *cancel, const struct stat_value **out,
                                inlay_error *err);
void extreme_free(struct extreme *extreme); /* NULL-safe */

#endif
