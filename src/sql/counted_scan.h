/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inlay_scan_counted('docs', 'phrase'): a text column as rows that each stand for several rows of
 * the relation, the value and how many they are (COUNTS_ROWS, BIGINT), null among the values. A
 * value comes about once per dictionary, which is per row group, so that the engine hashes a text
 * once where it hashed one per row. Statements that count rows by that column alone are led to it
 * when its values are too many to be counted in advance (grouping_counts.c).
 */
#ifndef INLAY_SQL_COUNTED_SCAN_H
#define INLAY_SQL_COUNTED_SCAN_H

#include "sql/statement_priv.h"

inlay_status counted_scan_register(struct sql_engine *engine, inlay_error *err);

#endif
