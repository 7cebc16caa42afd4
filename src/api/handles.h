/* SPDX-License-Identifier: Apache-2.0 */
/* What is behind the public handles, and what the public functions share. */
#ifndef INLAY_API_HANDLES_H
#define INLAY_API_HANDLES_H

#include "base/io_account.h"
#include "catalog/catalog.h"
#include "columnar/batch.h"
#include "columnar/builder.h"
#include "exec/pool.h"
#include "inlay/inlay.h"
#include "sql/engine.h"
#include "table/rows/typed_table.h"

#include <pthread.h>

/* A table that the connection has open: shared by all handles, so that appends of many threads
 * queue in one place and own writes are seen. */
struct open_table {
    char *name;
    char *location;
    char etag[ETAG_SIZE]; /* of its record */
    int64_t created_at_ms;
    struct typed_table *typed; /* one reference */
};

struct inlay_connection {
    struct connection *connection;
    struct io_account account;
    struct io_prices prices;
    uint32_t threads;
    struct exec_pool *pool; /* for builds and batches; NULL with one thread */
    uint64_t memory_limit;
    char *spill_folder;
    pthread_mutex_t lock; /* guards what follows; held while a table or the engine is opened */
    struct open_table *tables;
    size_t table_count;
    size_t table_capacity;
    struct sql_engine *engine; /* NULL until the first statement */
};

struct inlay_table {
    struct inlay_connection *connection; /* borrowed: closed after its tables */
    char *name;                          /* that it was opened with */
    struct typed_table *typed;           /* one reference */
    struct snapshot *pinned;             /* one reference; NULL: follows the newest version */
};

/* A public connection over a catalog's, which is taken over, also on failure. */
inlay_status connection_wrap(struct connection *inner, const inlay_connect_options *options,
                             inlay_connection **out, inlay_error *err);
/* The table of that name as it is in the catalog now; one reference for the caller. */
inlay_status connection_typed_table(struct inlay_connection *connection, const char *name,
                                    struct typed_table **out, int64_t *created_at_ms,
                                    inlay_error *err);
/* A handle over a typed table and a snapshot; one reference of each is taken over, also on failure.
 */
inlay_status table_handle_create(struct inlay_connection *connection, const char *name,
                                 struct typed_table *typed, struct snapshot *pinned,
                                 inlay_table **out, inlay_error *err);
/* The version that this handle reads now. */
inlay_status table_handle_view(inlay_table *table, struct table_view **out, inlay_error *err);

inlay_status connection_engine(struct inlay_connection *connection, struct sql_engine **out,
                               inlay_error *err);

/* Measures a call: start before, finish after. `cost` may be NULL. */
struct cost_meter {
    inlay_cost *cost;
    struct io_account *account;
    const struct io_prices *prices;
    uint64_t start_ns;
    uint64_t requests;
    uint64_t round_trips;
    uint64_t bytes_read;
    uint64_t cache_hits;
    uint64_t wait_ns;
};
struct cost_meter cost_start(struct inlay_connection *connection, inlay_cost *cost);
/* `view` is what was searched; NULL = not known. */
void cost_finish(const struct cost_meter *meter, const struct table_view *view);
/* The same for a statement, whose stream is still there (NULL: there was none). */
void cost_finish_sql(const struct cost_meter *meter, const struct ArrowArrayStream *stream);

/* inlay_query_sql without the cost. */
inlay_status connection_query(struct inlay_connection *connection, const char *sql,
                              const inlay_parameter *parameters, size_t parameter_count,
                              const struct sql_limits *limits, struct ArrowArrayStream *out,
                              inlay_error *err);

/* A result that is made row by row: one batch behind a stream. */
struct result_rows {
    struct schema schema;
    struct builder *builder;
};
/* The schema is taken over, also on failure. */
inlay_status result_begin(struct result_rows *rows, struct schema *schema, inlay_error *err);
inlay_status result_finish(struct result_rows *rows, struct ArrowArrayStream *out,
                           inlay_error *err); /* frees `rows` in any case */
void result_free(struct result_rows *rows);
inlay_status result_text(struct result_rows *rows, size_t column, const char *text,
                         inlay_error *err); /* NULL = null */
inlay_status result_uint(struct result_rows *rows, size_t column, uint64_t value, inlay_error *err);
inlay_status result_id(struct result_rows *rows, size_t column, struct id128 id, inlay_error *err);

/* Names to indexes of the file schema: NULL = all columns, an empty list = _id. *out is the
 * caller's. */
inlay_status resolve_columns(const struct typed_table *table, const char *const *columns,
                             size_t count, uint32_t **out, size_t *out_count, inlay_error *err);

/* Public parameters as the engine takes them; *out is the caller's (mem_free) and borrows. */
inlay_status take_parameters(const inlay_parameter *parameters, size_t count,
                             struct sql_parameter **out, inlay_error *err);

/* An argument that must not be NULL. */
inlay_status check_argument(const void *value, const char *what, inlay_error *err);

#endif
