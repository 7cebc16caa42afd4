/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of a condition that indexes can answer: rows of a superfile by _id, by the words that a
 * text must have, by fragments of its words. A condition's bound is a set of rows outside which it
 * is not TRUE. Immutable once made; shared by threads.
 *
 * Larger sets than ROW_BOUNDS_FEW, or one row in ROW_BOUNDS_SHARE, are not handed out, and work for
 * them ends as soon as document frequencies say so: reading the rows in order is faster then, see
 * docs/decisions/007-index-rows.md for what was measured.
 */
#ifndef INLAY_TABLE_PREDICATE_ROW_BOUNDS_H
#define INLAY_TABLE_PREDICATE_ROW_BOUNDS_H

#include "table/predicate/predicate.h"
#include "table/rows/typed_table.h"

#define ROW_BOUNDS_SHARE 200
#define ROW_BOUNDS_FEW 64 /* of however small a superfile */

struct row_bounds;

/* *out is NULL when no index helps. The predicate and the table are borrowed. */
inlay_status row_bounds_create(const struct predicate *predicate, const struct typed_table *table,
                               struct row_bounds **out, inlay_error *err);
void row_bounds_free(struct row_bounds *bounds); /* NULL-safe */

/* Are the terms of this index the texts themselves, but for those that were cut? Then it decides
 * LIKE alone. */
bool row_bounds_terms_are_texts(const struct typed_text_index *text);

/* *rows is owned by the caller; NULL: indexes do not say which rows, or they are many. *exact: the
 * condition is TRUE of each of them. */
inlay_status row_bounds_rows(const struct row_bounds *bounds, struct superfile *file,
                             struct rowset **rows, bool *exact, inlay_error *err);

#endif
