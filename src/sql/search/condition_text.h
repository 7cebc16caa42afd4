/* SPDX-License-Identifier: Apache-2.0 */
/* A condition of the engine's parse tree as text again, where it is simple enough to be evaluated
 * apart from its statement. */
#ifndef INLAY_SQL_SEARCH_CONDITION_TEXT_H
#define INLAY_SQL_SEARCH_CONDITION_TEXT_H

#include "base/buffer.h"
#include "base/json.h"
#include "columnar/schema.h"
#include "sql/engine.h"

struct condition_scope {
    const struct schema *schema; /* columns that the condition may name */
    const char *qualifier;       /* what they may be qualified with */
    const struct sql_parameter *parameters;
    size_t parameter_count;
};

/* Appends the condition, its parameters as literals. False: it is not simple (functions that are
 * not known to give the same for the same, subqueries, other columns); then `out` has rubbish. */
bool condition_text(const struct condition_scope *scope, const struct json *condition,
                    struct buffer *out);

/* The value of an integer constant or parameter that is not negative. */
bool condition_count(const struct condition_scope *scope, const struct json *value, uint64_t *out);
/* The column of the schema that a reference names; -1: none. */
ptrdiff_t condition_column(const struct condition_scope *scope, const struct json *reference);
/* The name that a reference has, without the scope's qualifier; NULL: it is no such reference. */
const char *condition_reference(const struct condition_scope *scope, const struct json *reference);
/* The parameter that a tree's node stands for; NULL: none. */
const struct sql_parameter *condition_parameter(const struct condition_scope *scope,
                                                const struct json *node);

#endif
