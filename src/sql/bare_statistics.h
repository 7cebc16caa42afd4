/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SELECT count(*), count(a), max(b) - min(b) FROM docs: what a snapshot knows without reading a
 * row. The engine cannot tell count(*) from a scan of the first column, so it would read a million
 * ids to count them.
 */
#ifndef INLAY_SQL_BARE_STATISTICS_H
#define INLAY_SQL_BARE_STATISTICS_H

#include "sql/statement_priv.h"
#include "sql/tree.h"

/* Where the whole SELECT, whose text is `text`, is made of such items over one table, and all of
 * them are known exactly, plan->prepared becomes a statement of their values, already bound, and
 * the prepared one plan->original. Otherwise the plan stays as it is. Only lack of memory is an
 * error. */
inlay_status bare_statistics_plan(struct statement *statement, const struct sql_tree *tree,
                                  const char *text, struct sql_plan *plan, inlay_error *err);

#endif
