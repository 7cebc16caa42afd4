/* SPDX-License-Identifier: Apache-2.0 */
/* SQL over the tables of a connection: one reading statement at a time, DuckDB's dialect. */
#ifndef INLAY_SQL_H
#define INLAY_SQL_H

#include "inlay/connection.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum inlay_parameter_kind {
    INLAY_PARAMETER_NULL = 0,
    INLAY_PARAMETER_BOOL = 1,   /* integer, 0 or 1 */
    INLAY_PARAMETER_INT64 = 2,  /* integer */
    INLAY_PARAMETER_DOUBLE = 3, /* number */
    INLAY_PARAMETER_TEXT = 4,   /* bytes, length in bytes, UTF-8 */
    INLAY_PARAMETER_BLOB = 5,   /* bytes, length in bytes */
    INLAY_PARAMETER_FLOATS = 6  /* bytes point to float32 values, length in values */
} inlay_parameter_kind;

typedef struct inlay_parameter {
    const char *name; /* of $name, without the sign; NULL = the next ? or $1, $2, ... */
    int32_t kind;     /* inlay_parameter_kind */
    int64_t integer;
    double number;
    const void *bytes; /* borrowed during the call */
    uint64_t length;
} inlay_parameter;

/*
 * Runs SELECT, WITH, VALUES, EXPLAIN, DESCRIBE or SHOW TABLES. Everything that writes, attaches,
 * installs or reads files is refused. All references to a table in one statement see one snapshot
 * of it. Rows are produced as they are asked for; the caller releases the stream. Errors:
 * INLAY_QUERY (offset = position in the text, when known), INLAY_OVER_BUDGET, ...
 */
INLAY_API inlay_status inlay_query_sql(inlay_connection *connection, const char *sql,
                                       const inlay_parameter *parameters, size_t parameter_count,
                                       struct ArrowArrayStream *out, inlay_cost *cost,
                                       inlay_error *err) INLAY_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
