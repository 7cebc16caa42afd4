/* SPDX-License-Identifier: Apache-2.0 */
/* How column types appear in SQL. The mapping is written in docs/architecture.md, "SQL types". */
#ifndef INLAY_SQL_TYPES_H
#define INLAY_SQL_TYPES_H

#include "columnar/schema.h"
#include "inlay/error.h"

#include <duckdb.h>

/* The engine's type of a column; the caller destroys it. INLAY_UNSUPPORTED names the column. */
inlay_status sql_type_of(const struct field *field, duckdb_logical_type *out, inlay_error *err);

#endif
