/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the file reader: statement text, and the translation of the engine's errors. */
#ifndef INLAY_SQL_FILE_READER_PRIV_H
#define INLAY_SQL_FILE_READER_PRIV_H

#include "base/buffer.h"
#include "sql/file_reader.h"

#include <duckdb.h>
#include <stdbool.h>

struct file_reader {
    duckdb_database database;
    duckdb_connection connection;
    duckdb_prepared_statement prepared;
    duckdb_result result;
    duckdb_arrow_options arrow;
    bool running; /* `result` is there */
    bool ended;
    enum file_format format;
    char **paths; /* absolute, owned */
    size_t path_count;
    struct schema types;
    struct schema schema;
    char *arguments;    /* behind the list of files: ", format = 'auto'" */
    char *columns;      /* the select list */
    uint64_t skip;      /* rows still to drop */
    uint64_t row_floor; /* rows that the engine passes over itself: one Parquet file */
    double fraction;
};

/* ---- file_reader_text.c ---- */

void file_text_literal(struct buffer *out, const char *text);    /* 'it''s' */
void file_text_identifier(struct buffer *out, const char *name); /* "a ""b""" */
void file_text_path(struct buffer *out, const char *path); /* a literal without glob characters */

/* FROM read_csv(['a', 'b'], ...) WHERE ... of the reader's present state. */
void file_text_from(const struct file_reader *reader, struct buffer *out);

/* Appends the type that a column of `type` is cast to, and sets *changed when that is another one.
 * False: no table has such a type; *bad names it. */
bool file_text_type(duckdb_logical_type type, struct buffer *out, bool *changed, const char **bad);

/* The type in which text for a column of this type is read; false: none, keep the detected one. */
bool file_text_wanted_type(const struct field *field, struct buffer *out);

/* ---- file_reader_error.c ---- */

/* Translates the engine's message; `text` is borrowed. */
inlay_status file_reader_error(const struct file_reader *reader, const char *text,
                               inlay_error *err);

/* A CSV file in which every line became one text column, although its first line looks like
 * several: finds the line that does not have as many values. INLAY_OK when there is none. */
inlay_status file_reader_check_ragged(const char *path, inlay_error *err);

/* ---- file_reader_lines.c: numbers of lines, from 1; 0 = not found or not readable ---- */

/* The line where record `record` (from 1) starts when newlines between quotes do not count. */
uint64_t csv_line_of_record(const char *path, uint64_t record, char quote);
/* The first line with another number of values than the first line. */
uint64_t csv_ragged_line(const char *path, char delimiter, uint64_t *expected, uint64_t *found);
/* The delimiter that is most frequent in the first line; 0 = none of them. */
char csv_likely_delimiter(const char *path);
/* The line of the `ordinal`-th line (from 1) that is not blank. With `malformed`, the nearest line
 * at or before it that is not a JSON object. */
uint64_t ndjson_line(const char *path, uint64_t ordinal, bool malformed);

#endif
