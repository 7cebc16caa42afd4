/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rows of decoded column vectors may satisfy a condition: the last and finest step of leaving
 * rows out (table_predicate.h has those before it). The engine would find the same out row by row
 * from vectors that were handed over first; here a comparison is a loop over plain values, and over
 * a dictionary it is made once per value.
 *
 * Comparisons of numbers, dates, times, decimals and texts are tested, LIKE where values come with
 * a dictionary; whatever else a condition has keeps its rows. A row test is used by one thread.
 */
#ifndef INLAY_TABLE_PREDICATE_ROW_TEST_H
#define INLAY_TABLE_PREDICATE_ROW_TEST_H

#include "columnar/colvec.h"
#include "table/predicate/predicate.h"

#define ROW_TEST_ROWS 2048 /* most rows of one call */

struct row_test;

/* Could a test with all columns of the condition hold of exactly the rows of which it is TRUE? */
bool row_test_decides(const struct predicate *predicate, const struct schema *schema);

/* For vectors of these columns of the file schema, in this order. *out is NULL when the condition
 * says nothing of them. `decides`: it is one that does, over all its columns, and every row is
 * tested, however dear. The condition is borrowed. */
inlay_status row_test_create(const struct predicate *predicate, const struct schema *schema,
                             const uint32_t *columns, size_t column_count, bool decides,
                             struct row_test **out, inlay_error *err);
void row_test_free(struct row_test *test); /* NULL-safe */

/* Numbers of the rows that are left, ascending, and how many. Vectors have `rows` values each. */
inlay_status row_test_pick(struct row_test *test, const struct colvec *vectors, uint64_t rows,
                           uint32_t picks[ROW_TEST_ROWS], uint64_t *count, inlay_error *err);

#endif
