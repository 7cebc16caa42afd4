/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a Parquet file: what is in it (schema, row groups, statistics), scans that give batches
 * of column vectors, and (fetch.h) rows by number. The same reader serves files of our own and
 * foreign ones, which are untrusted: every claim is checked, and a wrong one is INLAY_CORRUPT.
 *
 * Nesting is read to any depth that the format allows (maps as list<struct<key, value>>). A column
 * that this version cannot give (INTERVAL, a codec it lacks) does not stop the file from being
 * opened: reading the column is INLAY_UNSUPPORTED with its name and the feature. Encrypted files
 * are INLAY_UNSUPPORTED at open.
 *
 * A reader is immutable after open (caches behind it are locked), so many scans and fetches may use
 * it at once, one thread each. It must outlive them and every vector that they gave: vectors borrow
 * its fields. Rows are numbered from 0 through the whole file.
 */
#ifndef INLAY_PARQUET_READER_H
#define INLAY_PARQUET_READER_H

#include "base/byte_source.h"
#include "base/rowset.h"
#include "columnar/colvec.h"
#include "columnar/schema.h"
#include "parquet/metadata.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct parquet_reader;

struct parquet_open_options {
    /* Bytes [resident_offset, resident_offset + resident_length) of the file, already in memory,
     * borrowed for the reader's life; length 0 = none. Whatever lies inside is never read again, so
     * with the file's tail here, an open costs no read at all. */
    const uint8_t *resident;
    uint64_t resident_offset;
    uint64_t resident_length;
    bool trusted_text;       /* strings are known to be UTF-8 (files that we wrote) */
    bool ignore_checksums;   /* page CRCs are not compared */
    uint64_t cache_bytes;    /* most bytes of pages kept for fetches; 0 = 64 MiB */
    uint64_t max_page_bytes; /* a page that claims more, uncompressed, is refused; 0 = 1 GiB */
};

/* NULL options: all zero. The reader retains the source. One read (of the last 64 KiB) when the
 * source has no view of its bytes, two when the footer is longer. */
inlay_status parquet_reader_open(struct byte_source *source,
                                 const struct parquet_open_options *options,
                                 struct parquet_reader **out, inlay_error *err);
void parquet_reader_close(struct parquet_reader *reader); /* NULL-safe */

const struct schema *parquet_reader_schema(const struct parquet_reader *reader);
const struct parquet_file_metadata *parquet_reader_metadata(const struct parquet_reader *reader);
uint64_t parquet_reader_rows(const struct parquet_reader *reader);
size_t parquet_reader_row_groups(const struct parquet_reader *reader);
/* Number of the first row of a row group; of the count of row groups: the file's row count. */
uint64_t parquet_reader_first_row(const struct parquet_reader *reader, size_t row_group);
/* INLAY_OK, or INLAY_UNSUPPORTED with the reason. `column` is an index of the schema's fields. */
inlay_status parquet_reader_column_check(const struct parquet_reader *reader, size_t column,
                                         inlay_error *err);
/* The value of a metadata key; false when it is absent. Borrowed from the reader. */
bool parquet_reader_key_value(const struct parquet_reader *reader, const char *key,
                              struct parquet_bytes *value);

/* ---- statistics, for pruning ---- */

enum parquet_stat_kind {
    PARQUET_STAT_NONE = 0,
    PARQUET_STAT_INT,     /* i64: bool, signed integers, dates, times, timestamps (column's unit) */
    PARQUET_STAT_UINT,    /* u64 */
    PARQUET_STAT_FLOAT,   /* f64: all float widths; never NaN */
    PARQUET_STAT_DECIMAL, /* i128 as 16 little-endian bytes, scale as the column's */
    PARQUET_STAT_BYTES    /* bytes: strings and binary, in unsigned byte order; borrowed */
};

struct parquet_stat_value {
    union {
        int64_t i64;
        uint64_t u64;
        double f64;
        uint8_t decimal[16];
        struct parquet_bytes bytes;
    } as;
};

/* Bounds of the values that are not null. A bound that is present always holds; one that the file
 * lacks, or whose order is unknown (the deprecated fields of unsigned types, INT96, NaN), is
 * absent. Floats: NaN values are outside the bounds, and a bound of zero stands for both zeros. */
struct parquet_value_stats {
    enum parquet_stat_kind kind; /* NONE: no bound at all */
    bool has_min;
    bool has_max;
    bool min_exact; /* the bound is a value that occurs, if the file can be believed */
    bool max_exact;
    bool all_null; /* known to have no value but null */
    struct parquet_stat_value min;
    struct parquet_stat_value max;
    int64_t null_count;   /* -1 = unknown */
    uint64_t value_count; /* rows of a flat column, entries of a list column */
};

/* Of one column chunk; never fails: what cannot be used is absent. Only flat columns have bounds;
 * for a struct or list everything is absent. */
void parquet_reader_chunk_stats(const struct parquet_reader *reader, size_t row_group,
                                size_t column, struct parquet_value_stats *out);

struct parquet_page_stats {
    uint64_t first_row; /* of the file */
    uint64_t row_count;
    struct parquet_value_stats stats;
};

/* Statistics of the pages of a flat column in a row group, from the page index, in row order.
 * *pages is owned by the caller (mem_free) and borrows bounds from the reader; NULL and 0 when the
 * file has no page index for it. Read once per reader and kept. */
inlay_status parquet_reader_page_stats(struct parquet_reader *reader, size_t row_group,
                                       size_t column, struct parquet_page_stats **pages,
                                       size_t *count, inlay_error *err);

/* Every value that a column chunk can have, when its footer says that all its pages are coded by
 * one dictionary of at most `most` values: then *known is set and `out` is a flat vector of them
 * (colvec_release), empty when all rows are null. Only of a top-level column without children whose
 * bytes are resident or viewed: nothing is requested from the source for it. Values may repeat, and
 * may be missing in the rows.
 */
inlay_status parquet_reader_dictionary(struct parquet_reader *reader, size_t row_group,
                                       size_t column, uint64_t most, struct colvec *out,
                                       bool *known, inlay_error *err);

/* ---- scans ---- */

struct parquet_row_range {
    uint64_t first;
    uint64_t count;
};

enum parquet_dictionary_form {
    PARQUET_DICTIONARY_TEXT = 0, /* strings and binary as codes, the rest expanded */
    PARQUET_DICTIONARY_ALL = 1,
    PARQUET_DICTIONARY_NONE = 2 /* every vector is flat */
};

struct parquet_scan_options {
    const uint32_t *columns; /* indexes of schema fields, in the order wanted; borrowed */
    size_t column_count;     /* 0 with NULL columns: all; 0 otherwise: none, only row counts */
    size_t first_row_group;
    size_t row_group_count; /* 0 = all from the first one */
    /* At most one selection: row numbers of the file, ascending. Borrowed while the scan lives. */
    const struct rowset *rowset;            /* members past the last row are ignored */
    const struct parquet_row_range *ranges; /* not overlapping, each inside the file */
    size_t range_count;
    bool use_ranges;     /* the ranges count, also when there are none */
    uint32_t batch_rows; /* most rows of a batch; 0 = 2048 */
    enum parquet_dictionary_form dictionary;
    uint64_t batch_bytes; /* most memory of one batch, pages not counted; 0 = 1 GiB */
};

struct parquet_scan;

inlay_status parquet_scan_open(struct parquet_reader *reader,
                               const struct parquet_scan_options *options,
                               struct parquet_scan **out, inlay_error *err);
void parquet_scan_close(struct parquet_scan *scan); /* NULL-safe; batches stay valid */

struct parquet_batch {
    uint64_t row_count; /* 0: the scan is at its end */
    uint64_t first_row;
    const uint64_t *rows;   /* row numbers when there is a selection; NULL: first_row, +1, ... */
    struct colvec *columns; /* as projected; each holds its own reference to the memory */
    size_t column_count;
    struct colvec_owner *owner;
};

/* The next rows, all of one row group. Reading a row group asks the source for all bytes it needs
 * in one batch. A batch is independent of the scan and of other batches; release it, from any
 * thread, with the next function. After an error only close is allowed. */
inlay_status parquet_scan_next(struct parquet_scan *scan, struct parquet_batch *out,
                               inlay_error *err);
void parquet_batch_release(struct parquet_batch *batch); /* NULL-safe; zeroes */

#endif
