/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any importable input as batches of rows: CSV, JSON, NDJSON and Parquet files, folders of such
 * files, text files and folders of them. One thread at a time, but for the figures, which any
 * thread may read.
 */
#ifndef INLAY_INGEST_SOURCE_H
#define INLAY_INGEST_SOURCE_H

#include "columnar/batch.h"
#include "ingest/folder.h"
#include "inlay/error.h"

#include <stdbool.h>
#include <stdint.h>

struct ingest_options {
    /* Of CSV and JSON: columns whose type is settled by the table they go to; see
     * file_reader_options. NULL: none. Borrowed during the opening. */
    const struct schema *types;
    struct folder_options text; /* of "text" */
};

struct ingest_source;

/*
 * `format`: "csv", "json", "ndjson", "parquet", "text"; NULL: told by the name's ending, a folder
 * is "text". A folder with another format gives the files below it with that format's endings (.csv
 * .tsv, .json, .ndjson .jsonl, .parquet; .gz behind them, but for Parquet) in the order of walk.h,
 * columns matched by name.
 *
 * INLAY_INVALID_ARGUMENT: a format that does not exist or cannot be told; INLAY_NOT_FOUND: nothing
 * there, or no file of that format in the folder; else what file_reader_open and folder_source_open
 * give. Packed files are unpacked once to see that they are whole: INLAY_CORRUPT.
 */
inlay_status ingest_open(const char *path, const char *format, const struct ingest_options *options,
                         struct ingest_source **out, inlay_error *err);
void ingest_close(struct ingest_source *source); /* NULL-safe */

const struct schema *ingest_schema(const struct ingest_source *source); /* borrowed */
const char *ingest_format(const struct ingest_source *source);          /* static text */

/*
 * What a resumed import knows the source by, "<format>:<hash>": the absolute path and the format;
 * for folders and text also names, sizes and times of the files and the size of passages.
 *
 * Size and time of a single CSV, JSON, NDJSON or Parquet file are left out on purpose, so that a
 * file that only grows (a log) goes on where the last import stopped: rows already taken are
 * counted and passed over. A file whose first rows were changed must be imported without resuming.
 * In a folder a new or changed file shifts the rows behind it, so a changed folder is another
 * source.
 */
const char *ingest_fingerprint(const struct ingest_source *source);

/* Leaves out the first rows, before the first ingest_next. True from ingest_skips_cheaply: without
 * reading them (one Parquet file); else they are read and dropped. Skipping beyond the end is no
 * error: there are no rows then. */
inlay_status ingest_skip_rows(struct ingest_source *source, uint64_t rows, inlay_error *err);
bool ingest_skips_cheaply(const struct ingest_source *source);

/* The next batch, at most 2,048 rows; *end and an empty batch after the last. Errors: see
 * file_reader_next. After a failure there is nothing more to read. */
inlay_status ingest_next(struct ingest_source *source, struct batch *out, bool *end,
                         inlay_error *err);
/* The same as an Arrow stream. It borrows the source, which must outlive it. */
inlay_status ingest_stream(struct ingest_source *source, struct ArrowArrayStream *out,
                           inlay_error *err);

/* Figures: bytes on disk, of everything and read so far (an estimate for files that the SQL engine
 * reads); files read. */
uint64_t ingest_total_bytes(const struct ingest_source *source);
uint64_t ingest_bytes(const struct ingest_source *source);
uint64_t ingest_files(const struct ingest_source *source);
/* Files that "text" passed over; NULL for other formats. Not while another thread reads. */
const struct folder_skipped *ingest_skipped(const struct ingest_source *source);

#endif
