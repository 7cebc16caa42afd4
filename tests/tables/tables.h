/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of one shape for the tests of the whole library: a key (int64) and a text-indexed body
 * (utf8, may be null; analyzer "standard"). Functions return what the library returned, as the
 * tests of damage and of failing storage want to see it.
 */
#ifndef INLAY_TESTS_TABLES_TABLES_H
#define INLAY_TESTS_TABLES_TABLES_H

#include "support/test.h"

#include "base/env.h"
#include "columnar/array_view.h"
#include "inlay/inlay.h"
#include "storage/provider.h"

#include <stdbool.h>

struct table_row {
    int64_t key;
    const char *body; /* NULL = null */
};

/* A public connection over a provider, which is taken over; `env` NULL = the system's. Readers
 * check for a new version at every read. */
inlay_status tables_connect(struct provider *provider, const struct env *env,
                            inlay_connection **out, inlay_error *err);

inlay_status tables_create(inlay_connection *connection, const char *name, inlay_table **out,
                           inlay_error *err);

/* The rows in batches of `batch_rows` (0 = all in one). */
void tables_stream(const struct table_row *rows, size_t count, size_t batch_rows,
                   struct ArrowArrayStream *out);
/* `options` and `result` may be NULL. */
inlay_status tables_append(inlay_table *table, const struct table_row *rows, size_t count,
                           size_t batch_rows, const inlay_append_options *options,
                           inlay_append_result *result, inlay_error *err);

/* Calls `visit` for every row and releases the stream; gives the stream's own status. */
typedef void (*tables_visit)(void *context, const struct array_view *batch, int64_t row);
inlay_status tables_each_row(struct ArrowArrayStream *stream, tables_visit visit, void *context,
                             inlay_error *err);

struct table_hit_seen {
    inlay_id id;
    int64_t key;
    uint32_t score_bits;
};
/* Searches the body; `hits` has room for options->k (10 when NULL). */
inlay_status tables_search(inlay_table *table, const char *query,
                           const inlay_search_options *options, struct table_hit_seen *hits,
                           size_t *count, inlay_error *err);

/* The first row of a statement of bigint columns; values that are missing or null are INT64_MIN. */
inlay_status tables_sql(inlay_connection *connection, const char *sql, int64_t *values,
                        size_t count, inlay_error *err);

/* Rows read back, in the order they came. */
struct table_rows {
    struct table_row *rows; /* bodies are owned */
    inlay_id *ids;
    size_t count;
};
void table_rows_free(struct table_rows *rows);
/* "SELECT _id, key, body FROM name" with `tail` behind it. */
inlay_status tables_scan(inlay_connection *connection, const char *name, const char *tail,
                         struct table_rows *out, inlay_error *err);
inlay_status tables_get(inlay_table *table, const inlay_id *ids, size_t count,
                        struct table_rows *out, inlay_error *err);

/* INLAY_TEST_SCALE (default 1): how many times more rounds a test runs. */
uint64_t tables_scale(void);

#endif
