/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Searches for each row of a list of literals beside them:
 *
 *   SELECT q.word, s.title
 *   FROM (VALUES ('whale'), ('sea')) q(word), bm25_search('docs', 'body', q.word) s
 *
 * The engine gives table functions values, never columns, and refuses the statement. Then the list,
 * which reads no table, is read on its own (literal_list.h), and the statement is run with another
 * text in the place of the call:
 *
 *   (SELECT "inlay rows".* EXCLUDE ("inlay n")
 *    FROM (SELECT CASE WHEN q.word IS NOT DISTINCT FROM 'whale' THEN 1
 *                      WHEN q.word IS NOT DISTINCT FROM 'sea' THEN 2
 *                      ELSE error(...) END AS "inlay pick") AS "inlay pick"
 *    JOIN (SELECT 1 AS "inlay n", * FROM bm25_search('docs', 'body', 'whale') UNION ALL
 *          SELECT 2, * FROM bm25_search('docs', 'body', 'sea')) AS "inlay rows"
 *    ON "inlay n" = "inlay pick") s
 *
 * Each different set of arguments is searched for once, whatever rows have it; the list, all names,
 * kinds of joins and numbers of rows are the engine's business as they were written. The pick has
 * no FROM of its own, so that a column of the table cannot be taken for one of the list. A call may
 * depend on several lists: it is run for their combinations. The places in messages are those of
 * the statement as it was written.
 */
#ifndef INLAY_SQL_SEARCH_LATERAL_H
#define INLAY_SQL_SEARCH_LATERAL_H

#include "base/arena.h"
#include "sql/engine.h"
#include "sql/statement_priv.h"
#include "sql/version_names.h"

#define LATERAL_CALLS_MAX 32
#define LATERAL_COLUMNS_MAX 64

/* A column in a call's arguments that no list gives. */
struct lateral_column {
    const char *function;
    const char *name; /* as the tree has it: "d.title" */
    size_t at;        /* in the numbered text */
};

struct lateral_text {
    char *text;                    /* to run instead; NULL: no call depends on a list. Owned */
    struct version_names numbered; /* the written text with its parameters numbered */
    struct version_edit edits[LATERAL_CALLS_MAX]; /* of that */
    size_t edit_count;
    struct lateral_column columns[LATERAL_COLUMNS_MAX];
    size_t column_count;
    struct arena arena;
};

/* Is it the engine's complaint that a search has a column for an argument? */
bool search_lateral_refused(const inlay_error *failure);

/* The first `skip` bytes of the text are no part of the SELECT (EXPLAIN). A call that cannot be
 * run for each row of its list is INLAY_QUERY with its place. lateral_text_free in any case. */
inlay_status search_lateral_rewrite(struct statement *statement, const char *text, size_t skip,
                                    const struct sql_parameter *parameters, size_t parameter_count,
                                    struct lateral_text *out, inlay_error *err);
void lateral_text_free(struct lateral_text *lateral);

/* Says a failure of the rewritten statement (or of the written one, when there is no other) about
 * the statement as it was written. */
void search_lateral_explain(const struct lateral_text *lateral, inlay_error *err);

#endif
