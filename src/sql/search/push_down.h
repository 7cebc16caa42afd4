/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pushing a statement's limit and condition into a ranking. Without k a search function is the
 * whole ranked relation, so that
 *
 *   SELECT _id, title FROM bm25_search('docs', 'body', 'whale') WHERE year > 1850
 *   ORDER BY score DESC LIMIT 10
 *
 * would rank every match and read the year of each. It is run as
 *
 *   SELECT _id, title FROM bm25_search('docs', 'body', 'whale', pushed_k := 10,
 *   pushed_filter := '("year" > 1850)') WHERE year > 1850 ORDER BY score DESC LIMIT 10
 *
 * which ranks ten among the rows with that year. The rest of the statement stays as it is, so the
 * rows are the same: a call may ignore what is pushed. Recognised in the engine's own parse tree: a
 * SELECT over one ranked call without k and offset, of plain expressions, ordered best first by the
 * score (and _id) or not at all, with a LIMIT, and a condition, if any, of comparisons over the
 * table's columns. Rankings of a hybrid search depend on all rows: of it only a limit without a
 * condition is pushed.
 */
#ifndef INLAY_SQL_SEARCH_PUSH_DOWN_H
#define INLAY_SQL_SEARCH_PUSH_DOWN_H

#include "sql/engine.h"
#include "sql/statement_priv.h"

/* The statement to run instead of `text` (mem_free), or NULL. The first `skip` bytes are no part of
 * the SELECT (EXPLAIN). Only lack of memory is an error. */
inlay_status search_push_down(struct statement *statement, const char *text, size_t skip,
                              const struct sql_parameter *parameters, size_t parameter_count,
                              char **out, inlay_error *err);

#endif
