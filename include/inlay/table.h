/* SPDX-License-Identifier: Apache-2.0 */
/* Rows in and out of a table, its versions, its condition. */
#ifndef INLAY_TABLE_H
#define INLAY_TABLE_H

#include "inlay/connection.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The schema, _id first, as an Arrow struct schema; the caller releases it. */
INLAY_API inlay_status inlay_table_schema(inlay_table *table, struct ArrowSchema *out,
                                          inlay_error *err) INLAY_MUST_CHECK;

/* The indexes: column, kind ("text", "vector"), detail (what it was made with, for people), all
 * utf8. */
INLAY_API inlay_status inlay_table_indexes(inlay_table *table, struct ArrowArrayStream *out,
                                           inlay_error *err) INLAY_MUST_CHECK;

typedef struct inlay_append_result {
    size_t struct_size;
    uint64_t rows;
    uint64_t superfiles; /* written */
    uint64_t bytes;      /* written */
    uint64_t version;    /* the version that shows the rows; 0 = nothing was appended */
    inlay_id first_id;
    inlay_id last_id;
} inlay_append_result;

typedef struct inlay_append_options {
    size_t struct_size;
    uint64_t target_superfile_bytes; /* of input; a larger append becomes several files; default 256
                                        MiB */
    inlay_progress_callback progress;
    void *progress_context;
} inlay_append_options;

INLAY_API void inlay_append_options_init(inlay_append_options *options);

/*
 * Appends every batch of the stream in one commit: all rows become visible together, indexed, or
 * none does. Columns are matched by name; a type is converted only where nothing can be lost; a
 * missing nullable column is null. The stream is consumed and released in any case. Memory stays
 * bounded whatever the stream's length. `options` and `result` may be NULL. Errors: INLAY_SCHEMA
 * (column, row), INLAY_CONFLICT (retryable), INLAY_IO, ...
 */
INLAY_API inlay_status inlay_table_append(inlay_table *table, struct ArrowArrayStream *rows,
                                          const inlay_append_options *options,
                                          inlay_append_result *result,
                                          inlay_error *err) INLAY_MUST_CHECK;

/* Rows of a snapshot of the table; exact. */
INLAY_API inlay_status inlay_table_count(inlay_table *table, uint64_t *rows,
                                         inlay_error *err) INLAY_MUST_CHECK;

/*
 * Rows by _id, in the order of `ids`; ids without a row are left out. `columns` names what to
 * return (NULL = all, _id included). `cost` may be NULL.
 */
INLAY_API inlay_status inlay_table_get(inlay_table *table, const inlay_id *ids, size_t id_count,
                                       const char *const *columns, size_t column_count,
                                       struct ArrowArrayStream *out, inlay_cost *cost,
                                       inlay_error *err) INLAY_MUST_CHECK;

/* A handle on the version that is current now; it never changes. The caller closes it. */
INLAY_API inlay_status inlay_table_snapshot(inlay_table *table, inlay_table **out,
                                            inlay_error *err) INLAY_MUST_CHECK;

/* Newest first: version (uint64), time (timestamp[ms, UTC]), operation (utf8). `limit` 0 = all. */
INLAY_API inlay_status inlay_table_versions(inlay_table *table, uint64_t limit,
                                            struct ArrowArrayStream *out,
                                            inlay_error *err) INLAY_MUST_CHECK;

/* One row per superfile: key (utf8), rows, bytes, row_groups, hot_bytes (uint64), first_id, last_id
 * (decimal128). */
INLAY_API inlay_status inlay_table_superfiles(inlay_table *table, struct ArrowArrayStream *out,
                                              inlay_error *err) INLAY_MUST_CHECK;

typedef struct inlay_verify_result {
    size_t struct_size;
    uint64_t superfiles;
    uint64_t bytes;
    uint64_t checksums; /* compared */
} inlay_verify_result;

/* Reads everything that the current version names and compares every checksum. The first difference
 * is INLAY_CORRUPT with key and offset. `progress` may be NULL. */
INLAY_API inlay_status inlay_table_verify(inlay_table *table, inlay_progress_callback progress,
                                          void *progress_context, inlay_verify_result *result,
                                          inlay_error *err) INLAY_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
