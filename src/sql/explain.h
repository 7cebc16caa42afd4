/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What EXPLAIN tells beyond the engine's plan, as further rows (explain_key 'inlay',
 * explain_value): for each table its version, superfiles and rows, and the condition that its scans
 * were given; with ANALYZE also what the scans passed over and read, what the store was asked for,
 * and its price.
 */
#ifndef INLAY_SQL_EXPLAIN_H
#define INLAY_SQL_EXPLAIN_H

#include "sql/statement_priv.h"

/* Remembers what the engine's I/O account has now. */
void explain_begin(struct statement *statement);

/* Is EXPLAIN followed by ANALYZE? `explained` is the statement behind it, in `text`. */
bool explain_analyzes(const char *text, const char *explained);

/* Counts scans from here on. */
void explain_forget_scans(struct statement *statement);

/* One batch of the rows; the caller releases it. */
inlay_status explain_rows(struct statement *statement, bool analyzes, struct ArrowArray *out,
                          inlay_error *err);

#endif
