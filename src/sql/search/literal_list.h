/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A relation in FROM that reads no table - VALUES, unnest([...]), generate_series, a subquery or a
 * WITH of such - as rows of texts that are known before the statement runs. Its text is made from
 * the statement's parse tree by the engine (json_deserialize_sql) and run with the statement's
 * parameters.
 */
#ifndef INLAY_SQL_SEARCH_LITERAL_LIST_H
#define INLAY_SQL_SEARCH_LITERAL_LIST_H

#include "base/arena.h"
#include "base/json.h"
#include "sql/engine.h"
#include "sql/statement_priv.h"

#define LITERAL_ROWS_MAX 256

struct literal {
    const char *text; /* NULL: it is NULL */
    size_t length;
};

struct literal_rows {
    size_t columns;
    size_t rows; /* LITERAL_ROWS_MAX + 1: there are more */
    const char **names;
    const char **types;     /* as SQL writes them; only where there are rows */
    struct literal *values; /* row by row */
};

/* Where it stands. */
struct literal_source {
    const char *text;        /* the statement */
    const char *pointer;     /* JSON pointer of the FROM element, or of the query of a WITH */
    const struct json *from; /* the FROM element */
    const struct json *with; /* what the name of the FROM element stands for; NULL: itself */
    const struct sql_parameter *parameters;
    size_t parameter_count;
};

/* Could it be one? `value` is a FROM element or a query. */
bool literal_list_possible(const struct json *value);

/* *out is NULL when it cannot be read on its own (it names columns beside it). INLAY_QUERY: its
 * values cannot be computed. The rows are the arena's. */
inlay_status literal_list_read(struct statement *statement, struct arena *arena,
                               const struct literal_source *source, struct literal_rows **out,
                               inlay_error *err);

/* The column of that name; -1: none. */
ptrdiff_t literal_list_column(const struct literal_rows *rows, const char *name);

#endif
