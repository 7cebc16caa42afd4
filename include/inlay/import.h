/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files into tables: CSV, JSON, NDJSON, Parquet, and folders of text or Markdown, which are split
 * into passages. Memory stays bounded whatever the size of the input.
 */
#ifndef INLAY_IMPORT_H
#define INLAY_IMPORT_H

#include "inlay/table.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct inlay_import_options {
    size_t struct_size;
    const char *format; /* "csv", "json", "ndjson", "parquet", "text"; NULL = by the name's ending;
                           a folder is "text" */
    /* When the table does not exist it is created from the input's schema, with a text index on
     * these columns; NULL = every utf8 column whose values are longer than 32 bytes on average in
     * the first batch ("text" input: title and body). */
    const inlay_text_index *text_indexes;
    size_t text_index_count;
    /* Of a table that is created: columns of lists of numbers that become vectors, of as many
     * float32 as the first one has (fixed-size lists keep their type), with a vector index. */
    const inlay_vector_index *vector_indexes;
    size_t vector_index_count;
    uint64_t commit_bytes;  /* input per commit: what a broken import keeps; default 256 MiB,
                               with vector indexes 1 GiB */
    uint64_t passage_bytes; /* of "text": the most per passage; default 1200 */
    int32_t resume;         /* 1 (default): skip what an earlier import of this source committed */
    const char *const *endings; /* of "text": file name endings to take, ended by NULL; NULL = .txt
                                   .md .rst .html .gz and names without one; gzip is unpacked */
    inlay_progress_callback progress;
    void *progress_context;
} inlay_import_options;

INLAY_API void inlay_import_options_init(inlay_import_options *options);

typedef struct inlay_import_result {
    size_t struct_size;
    uint64_t rows;         /* committed by this call */
    uint64_t rows_skipped; /* committed by an earlier call */
    uint64_t files;        /* read */
    uint64_t bytes;        /* of input text read */
    uint64_t commits;
    uint64_t superfiles;
    uint64_t bytes_written;
    uint64_t version; /* after the last commit */
    double seconds;
} inlay_import_result;

/*
 * Imports `source` (a file or folder) into the table of that name. What was committed before an
 * error stays; running the same import again goes on after it. Errors name the line, column or row:
 * INLAY_SCHEMA, INLAY_NOT_FOUND, INLAY_CORRUPT, INLAY_IO (disk full), INLAY_CANCELLED.
 */
INLAY_API inlay_status inlay_import(inlay_connection *connection, const char *table,
                                    const char *source, const inlay_import_options *options,
                                    inlay_import_result *result, inlay_error *err) INLAY_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
