/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of a text, as its analyzer and the query language see it; NULL of NULL:
 *
 *   tokenize(text, analyzer := 'standard')                       VARCHAR[], the tokens in order
 *   match(text, query, analyzer := 'standard')                   BOOLEAN
 *   highlight(text, query, open := '<b>', close := '</b>', analyzer := 'standard')
 *   snippet(text, query, bytes := 160, open := '<b>', close := '</b>', analyzer := 'standard')
 *
 * Arguments with a default may be given by place or by name. An analyzer is 'standard', 'ascii',
 * 'whitespace', 'keyword', 'code', or a Snowball language ('english'): standard with that stemmer.
 * The answers do not depend on any table: where a column is indexed with another analyzer, name it.
 */
#ifndef INLAY_SQL_SEARCH_TEXT_FUNCTIONS_H
#define INLAY_SQL_SEARCH_TEXT_FUNCTIONS_H

#include "inlay/error.h"

#include <duckdb.h>

inlay_status text_functions_register(duckdb_connection connection, inlay_error *err);

#endif
