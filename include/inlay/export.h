/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of a statement into a file: Parquet, CSV, TSV, NDJSON or an Arrow IPC stream. Memory stays
 * bounded whatever the number of rows.
 *
 * Parquet and Arrow keep every type of the result. CSV and TSV have a header; a null is an empty
 * field and an empty string is "", values are quoted where they must be, lines end in LF. In them
 * and in NDJSON instants are RFC 3339, numbers exact; bytes are \x and hex digits in CSV and base64
 * in NDJSON, decimals strings in NDJSON, lists and structs JSON. NDJSON has no NaN and no infinity:
 * they become null.
 */
#ifndef INLAY_EXPORT_H
#define INLAY_EXPORT_H

#include "inlay/sql.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Takes all of the bytes and returns 0, or an errno value, which ends the export. */
typedef int (*inlay_write_callback)(void *context, const void *bytes, size_t length);

typedef struct inlay_export_options {
    size_t struct_size;
    const char *format;         /* "parquet", "csv", "tsv", "ndjson", "arrow"; NULL = by the ending:
                                   .parquet .csv .tsv .ndjson .jsonl .arrow .arrows */
    int32_t overwrite;          /* 1: replace a file that exists; default 0 */
    uint64_t row_group_bytes;   /* of Parquet, encoded; default 24 MiB */
    inlay_write_callback write; /* gets the bytes when there is no path; format must be named */
    void *write_context;
    inlay_progress_callback progress; /* phase "exporting"; bytes are those written */
    void *progress_context;
} inlay_export_options;

INLAY_API void inlay_export_options_init(inlay_export_options *options);

typedef struct inlay_export_result {
    size_t struct_size;
    uint64_t rows;
    uint64_t bytes; /* written */
    double seconds;
} inlay_export_result;

/*
 * Runs a statement as inlay_query_sql does and writes its rows to the file `path`, or to
 * options->write when `path` is NULL. The file is written under a hidden name in the same folder
 * and renamed when it is complete and synced; a failed export leaves nothing. `options` and
 * `result` may be NULL; `result` also tells how far a failed export came. Errors: those of the
 * statement; INLAY_ALREADY_EXISTS; INLAY_SCHEMA (two columns of one name, a type that the format
 * lacks); INLAY_IO (disk full), INLAY_PERMISSION, INLAY_CANCELLED.
 */
INLAY_API inlay_status inlay_export(inlay_connection *connection, const char *sql,
                                    const inlay_parameter *parameters, size_t parameter_count,
                                    const char *path, const inlay_export_options *options,
                                    inlay_export_result *result, inlay_cost *cost,
                                    inlay_error *err) INLAY_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
