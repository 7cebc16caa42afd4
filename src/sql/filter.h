/* SPDX-License-Identifier: Apache-2.0 */
/* Which rows of a table satisfy a SQL condition. */
#ifndef INLAY_SQL_FILTER_H
#define INLAY_SQL_FILTER_H

#include "sql/engine.h"
#include "table/rows/row_filter.h"

/* The rows of the view, that of table `name`, for which the condition is TRUE. INLAY_QUERY when it
 * is no condition over the table's columns. The caller releases *out with row_filter_release. */
inlay_status sql_filter_rows(struct sql_engine *engine, const char *name, struct table_view *view,
                             const char *condition, const struct sql_parameter *parameters,
                             size_t parameter_count, const struct row_filter **out,
                             inlay_error *err);

#endif
