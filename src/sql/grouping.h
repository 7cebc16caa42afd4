/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Grouping by codes. Where a SELECT groups one table by text columns of few values,
 *
 *   SELECT lang, count(*) FROM docs WHERE lang <> 'de' GROUP BY lang ORDER BY lang
 *
 * is run as
 *
 *   SELECT CAST("docs"."lang (code)" AS VARCHAR) AS "lang", count(*)
 *   FROM inlay_scan_coded('docs', ['lang']) AS "docs" WHERE lang <> 'de'
 *   GROUP BY "docs"."lang (code)" ORDER BY CAST("docs"."lang (code)" AS VARCHAR)
 *
 * which the engine groups by small numbers instead of hashing a text per row. The engine's own
 * parse tree (json_serialize_sql) says where names stand; only the text at those places is
 * exchanged, and only where it is the name that the tree says. Whatever is not understood is left
 * as it is: a statement may be slower for it, never wrong. docs/decisions/005-grouping-by-codes.md.
 */
#ifndef INLAY_SQL_GROUPING_H
#define INLAY_SQL_GROUPING_H

#include "sql/statement_priv.h"
#include "sql/tree.h"

#define CODED_COLUMNS_MAX 4
#define CODE_NAME_SIZE 256

/* The name of a text column's code column; false when it has none: no text, a name too long, or a
 * column that is called so. */
bool grouping_code_name(const struct schema *schema, size_t column, char name[CODE_NAME_SIZE]);

/* The statement to run instead of `text` (mem_free), or NULL. The first `skip` bytes are no part of
 * the SELECT (EXPLAIN), whose tree is `tree`. `text` has been prepared on the statement's
 * connection, so that its relations are pinned. *counted: a row of some table of the new statement
 * stands for several. Only lack of memory and damaged files are errors. */
inlay_status grouping_rewrite(struct statement *statement, const struct sql_tree *tree,
                              const char *text, size_t skip, char **out, bool *counted,
                              inlay_error *err);

#endif
