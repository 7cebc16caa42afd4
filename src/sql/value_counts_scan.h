/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inlay_value_counts('docs', 'lang'): a text column of few values as a relation of two columns, the
 * value and in how many rows it is (COUNTS_ROWS, BIGINT), null among the values. Statements that
 * count rows by that column alone are led to it (grouping_counts.c).
 */
#ifndef INLAY_SQL_VALUE_COUNTS_SCAN_H
#define INLAY_SQL_VALUE_COUNTS_SCAN_H

#include "sql/statement_priv.h"

#define COUNTS_ROWS "inlay rows"

/* The counts of a pinned relation's column, NULL when they are not to be had cheaply. */
inlay_status value_counts_of(struct statement *statement, struct relation *relation, size_t column,
                             bool make, const struct value_counts **out, inlay_error *err);

inlay_status value_counts_register(struct sql_engine *engine, inlay_error *err);

#endif
