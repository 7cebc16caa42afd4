/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of local CSV, JSON, NDJSON and Parquet files as Arrow arrays, in file order, in bounded
 * memory whatever the files' size: a private engine of FILE_READER_MEMORY bytes that can reach
 * these files and nothing else. One thread at a time.
 */
#ifndef INLAY_SQL_FILE_READER_H
#define INLAY_SQL_FILE_READER_H

#include "columnar/schema.h"
#include "inlay/error.h"

#include <stddef.h>
#include <stdint.h>

#define FILE_READER_MEMORY (256u << 20) /* bytes: the engine's own limit */
#define FILE_READER_THREADS 2u

enum file_format {
    FILE_CSV,    /* dialect, header and types are detected from the first 20,480 rows */
    FILE_JSON,   /* an array of objects, or objects one after the other */
    FILE_NDJSON, /* an object per line; blank lines are passed over */
    FILE_PARQUET
};

struct file_reader_options {
    enum file_format format;
    /* Read one after the other; columns are matched by name. Names are taken literally: no globs,
     * no URLs. CSV and JSON files that end in .gz are unpacked. */
    const char *const *paths;
    size_t path_count;
    /* Columns whose type is already settled, for example by the table that they go to: CSV and JSON
     * values are read as these types instead of detected ones. Other names do not matter. NULL:
     * none. */
    const struct schema *types;
};

struct file_reader;

/*
 * Opens the files and settles the schema; all columns may be null. Values keep their meaning:
 * enums and UUIDs become utf8, 128-bit integers decimal(38, 0) (a value beyond is an error), JSON
 * values of mixed type the JSON text. A Parquet column "_id" of decimal(38, 0) is left out: Inlay
 * and infino number rows with it.
 *
 * INLAY_NOT_FOUND, INLAY_PERMISSION, INLAY_IO; INLAY_UNSUPPORTED names a column whose type no table
 * has (interval, map, union, bit string, time with zone); INLAY_SCHEMA: no columns, or rows of
 * different length; INLAY_CORRUPT: a file that is not what its format says.
 */
inlay_status file_reader_open(const struct file_reader_options *options, struct file_reader **out,
                              inlay_error *err);
void file_reader_close(struct file_reader *reader); /* NULL-safe */

/* Borrowed. It describes every array of the reader exactly. */
const struct schema *file_reader_schema(const struct file_reader *reader);

/* Leaves out the first `rows` rows. Before the first file_reader_next. A single Parquet
 * file passes over row groups unread; everything else is parsed and dropped. */
inlay_status file_reader_skip(struct file_reader *reader, uint64_t rows, inlay_error *err);

/*
 * The next rows (at most 2,048), owned by the caller; a zeroed *out (release NULL) is the end.
 * A bad value or line is INLAY_SCHEMA, a line that cannot be parsed INLAY_CORRUPT: err->row is the
 * 1-based line (in files that are not compressed), err->key the column where known. INLAY_CORRUPT
 * for damaged Parquet, INLAY_OVER_BUDGET for a row that does not fit in memory.
 */
inlay_status file_reader_next(struct file_reader *reader, struct ArrowArray *out, inlay_error *err);

/* How much of the input has been read, 0 to 1; an estimate. */
double file_reader_fraction(struct file_reader *reader);

#endif
