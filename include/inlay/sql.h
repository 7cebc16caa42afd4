/* SPDX-License-Identifier: Apache-2.0 */
/* SQL over the tables of a connection: one reading statement at a time, DuckDB's dialect. */
#ifndef INLAY_SQL_H
#define INLAY_SQL_H

#include "inlay/connection.h"
#include "inlay/parameter.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The memory limit is the connection's (inlay_connect_options): all its statements share it. */
typedef struct inlay_query_options {
    size_t struct_size;
    uint64_t timeout_ms; /* from the call to the last row; 0 = none. Ends it with INLAY_TIMEOUT */
    const inlay_cancel *cancel; /* NULL = cannot be cancelled; outlives the stream */
} inlay_query_options;

INLAY_API void inlay_query_options_init(inlay_query_options *options);

/*
 * Runs SELECT, WITH, VALUES, EXPLAIN, DESCRIBE or SHOW TABLES. Everything that writes, attaches,
 * installs or reads files is refused. All references to a table in one statement see one snapshot
 * of it. Rows are produced as they are asked for; the caller releases the stream. `options` and
 * `cost` may be NULL. Errors: INLAY_QUERY (offset = position in the text, when known),
 * INLAY_OVER_BUDGET, INLAY_TIMEOUT, INLAY_CANCELLED, ...; the connection stays usable.
 */
INLAY_API inlay_status inlay_query_sql(inlay_connection *connection, const char *sql,
                                       const inlay_parameter *parameters, size_t parameter_count,
                                       const inlay_query_options *options,
                                       struct ArrowArrayStream *out, inlay_cost *cost,
                                       inlay_error *err) INLAY_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
