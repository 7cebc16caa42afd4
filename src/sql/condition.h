/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A condition is the text of one boolean SQL expression over the columns of one table: what may
 * stand in its WHERE. It is checked twice before the engine runs it between brackets: by tokens, so
 * that no text leaves those brackets, and by the engine's parse tree, for what a condition must not
 * use. Errors carry the position within the condition in offset.
 */
#ifndef INLAY_SQL_CONDITION_H
#define INLAY_SQL_CONDITION_H

#include "columnar/schema.h"
#include "sql/engine.h"
#include "sql/statement_priv.h"

#include <stdbool.h>

#define CONDITION_BYTES_MAX (64u << 10)
#define CONDITION_DEPTH_MAX 100 /* of brackets in brackets */

struct condition {
    const char *text;  /* borrowed */
    const char *table; /* its name; borrowed */
    bool repeatable;   /* the same rows give the same answer at any time: no now(), no random() */
    bool has_subquery;
};

/* Fills *out; INLAY_QUERY or INLAY_OVER_BUDGET with one sentence. */
inlay_status condition_check(struct statement *statement, const char *table, const char *text,
                             struct condition *out, inlay_error *err);

/* Prepares what reads the places (SCAN_PLACE_PART, SCAN_PLACE_ROW) of the rows for which the
 * condition is TRUE, and gives its scans their hints; the parameters are bound by the caller.
 * INLAY_QUERY: it is no boolean expression, names unknown columns, ... */
inlay_status condition_prepare(struct statement *statement, const struct condition *condition,
                               const struct schema *schema, const struct sql_parameter *parameters,
                               size_t count, duckdb_prepared_statement *out, inlay_error *err);

/* Names of functions that may answer differently for the same rows, ascending. */
extern const char *const condition_changing_names[];
extern const size_t condition_changing_count;

#endif
