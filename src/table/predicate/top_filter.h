/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rows of decoded vectors can still be among the first n of an order, while rows come: those
 * that are not behind the n-th best of the ones that came before. The values that came are kept in
 * a buffer of a few n, which is cut to its n best when it is full, so that a row costs a comparison
 * and seldom more.
 *
 * Whole numbers of up to 64 bits, booleans, dates and times. Nulls are never left out. A filter is
 * used by one thread.
 */
#ifndef INLAY_TABLE_PREDICATE_TOP_FILTER_H
#define INLAY_TABLE_PREDICATE_TOP_FILTER_H

#include "columnar/colvec.h"
#include "inlay/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOP_FILTER_ROWS_MAX 10000 /* largest n */

struct top_filter;

bool top_filter_takes(const struct field *field);

/* `rows`: 1 to TOP_FILTER_ROWS_MAX. Equal values are all kept. */
inlay_status top_filter_create(const struct field *field, bool descending, uint64_t rows,
                               struct top_filter **out, inlay_error *err);
void top_filter_free(struct top_filter *filter); /* NULL-safe */

/* Of the `count` rows at picks[0], picks[1], ..., with `all` of the first `count` rows, which all
 * have a claim to be among the first, the ones that can be are put in `picks`; returns how many.
 * The vector is flat. */
uint64_t top_filter_pick(struct top_filter *filter, const struct colvec *vector, uint32_t *picks,
                         uint64_t count, bool all);

#endif
