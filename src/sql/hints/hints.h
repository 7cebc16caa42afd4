/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a statement asks of the rows of each table, taken from its parse tree: the conditions of
 * WHERE and ON that concern one table alone become the predicate of its scans.
 *
 *   SELECT * FROM a LEFT JOIN b ON a.k = b.k AND b.x > 5 WHERE a.y IN (1, 2) AND b.z = 3
 *
 * gives y IN (1, 2) to the scans of a, and x > 5 AND z = 3 to those of b. A hint belongs to a
 * relation: where a statement names it several times, its hint is true of the rows that any of the
 * references wants. The engine checks every condition again, so a hint may keep too much and must
 * never keep too little: what is not understood gives no condition.
 */
#ifndef INLAY_SQL_HINTS_HINTS_H
#define INLAY_SQL_HINTS_HINTS_H

#include "sql/engine.h"
#include "sql/tree.h"

/* Gives the statement its hints and its guess. It was prepared, so that its relations are pinned,
 * and does not run yet. Only lack of memory is an error. */
inlay_status hints_set(struct statement *statement, const struct sql_tree *tree,
                       const struct sql_parameter *parameters, size_t count, inlay_error *err);

#endif
