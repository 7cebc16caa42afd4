/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rows of a table's version satisfy a SQL condition (condition.h): the row sets that rankings
 * are restricted to. Rows for which it is NULL do not. Thread-safe.
 */
#ifndef INLAY_SQL_FILTER_H
#define INLAY_SQL_FILTER_H

#include "exec/cancel.h"
#include "sql/engine.h"
#include "sql/filter_cache.h"
#include "table/rows/row_filter.h"

/*
 * The rows of `view`, one version of the table `name`, for which the condition is TRUE; *out is one
 * reference. Subqueries may read other tables, and `name` itself as it is in the view. Kept per
 * version, condition and parameters when it gives the same rows at any time: not with subqueries
 * over other tables, now(), random() and the like. INLAY_QUERY: what is wrong with the condition,
 * its place in offset.
 */
inlay_status sql_filter_rows(struct sql_engine *engine, const char *name, struct table_view *view,
                             const char *condition, const struct sql_parameter *parameters,
                             size_t parameter_count, const struct row_filter **out,
                             inlay_error *err);
/* The same, ended by a token (may be NULL). */
inlay_status sql_filter_rows_until(struct sql_engine *engine, const char *name,
                                   struct table_view *view, const char *condition,
                                   const struct sql_parameter *parameters, size_t parameter_count,
                                   const struct cancel_token *cancel, const struct row_filter **out,
                                   inlay_error *err);

/* What the engine keeps of them. */
void sql_filter_counts(struct sql_engine *engine, struct filter_cache_counts *counts);

struct resolved_row {
    struct id128 id;
    uint32_t superfile; /* of the view */
    uint32_t row;
};

/* The rows that a mutation with this condition concerns, in ascending order of _id; *rows is the
 * caller's (mem_free). INLAY_OVER_BUDGET when they are more than `limit`, before memory is taken
 * for them: 24 bytes each. */
inlay_status sql_resolve_rows(struct sql_engine *engine, const char *name, struct table_view *view,
                              const char *condition, const struct sql_parameter *parameters,
                              size_t parameter_count, uint64_t limit, struct resolved_row **rows,
                              uint64_t *count, inlay_error *err);

#endif
