/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams rows into the Parquet part of a file: what docs/format/parquet-profile.md describes.
 *
 *   parquet_writer_create → parquet_writer_append … → parquet_writer_finish_rows
 *     → (the caller may put other regions into the sink) → parquet_writer_write_footer
 *
 * Batches are encoded as they come, a page at a time; at most one row group of encoded pages is
 * held (options.row_group_bytes, a third more at worst, plus one page per column). The bytes depend
 * on the rows and the options only, not on how the rows were cut into batches.
 *
 * A writer is used by one thread at a time. After a failed call only parquet_writer_free is
 * allowed; the sink then holds a useless prefix.
 */
#ifndef INLAY_PARQUET_WRITER_H
#define INLAY_PARQUET_WRITER_H

#include "base/byte_sink.h"
#include "columnar/array_view.h"
#include "columnar/schema.h"
#include "inlay/arrow.h"
#include "inlay/error.h"
#include "parquet/metadata.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct parquet_column_options {
    /* Vectors: PLAIN, uncompressed, no dictionary, no statistics, so that the bytes of a row can be
     * addressed. For fixed-size lists of floats; allowed for every column. */
    bool raw;
    bool no_dictionary;
    bool bloom_filter;            /* one per row group; not for booleans */
    double bloom_false_positives; /* 0 = 0.01 */
};

struct parquet_writer_options {
    const struct parquet_column_options
        *columns;              /* one per column of the schema; NULL = defaults */
    size_t column_count;       /* items in `columns`, at most the schema's */
    uint64_t row_group_bytes;  /* target of encoded bytes; 24 MiB */
    uint32_t row_group_rows;   /* most rows of a row group; 131072 */
    uint32_t page_rows;        /* most rows of a page, and the common page border; 8192 */
    uint32_t page_bytes;       /* target of value bytes of a page; 65536 */
    uint32_t dictionary_bytes; /* a larger dictionary is given up; 1 MiB */
    enum parquet_codec codec;  /* of columns that compress: ZSTD, LZ4_RAW or UNCOMPRESSED */
    int level;                 /* of zstd; 1 */
    const char *created_by;    /* NULL = "inlay version <version>" */
    bool allow_empty;          /* a file without rows may be written; superfiles never are */
};

void parquet_writer_options_init(struct parquet_writer_options *options);

struct parquet_writer;

/* The schema is copied; options and their arrays are needed only during the call; the sink is
 * borrowed. Writes the magic, so the sink must stand at the file's start. */
inlay_status parquet_writer_create(const struct parquet_writer_options *options,
                                   const struct schema *schema, struct byte_sink *sink,
                                   struct parquet_writer **out, inlay_error *err);
void parquet_writer_free(struct parquet_writer *writer); /* NULL-safe, at any moment */

/* All rows of a batch: a view opened by array_view_open_batch with the writer's schema and a full
 * check, or rows [first, first + count) of it. The view is not needed afterwards. */
inlay_status parquet_writer_append(struct parquet_writer *writer, const struct array_view *batch,
                                   inlay_error *err);
inlay_status parquet_writer_append_rows(struct parquet_writer *writer,
                                        const struct array_view *batch, int64_t first,
                                        int64_t count, inlay_error *err);
/* Opens and checks the batch itself (errors as array_view_open_batch, INLAY_INVALID_ARGUMENT). The
 * batch stays the caller's. */
inlay_status parquet_writer_append_arrow(struct parquet_writer *writer,
                                         const struct ArrowArray *batch, inlay_error *err);

/* Writes the last row group and the page indexes. A file without rows is INLAY_INVALID_ARGUMENT,
 * unless the options allow it. */
inlay_status parquet_writer_finish_rows(struct parquet_writer *writer, inlay_error *err);

/* Writes footer, its length and the magic, wherever the sink stands now. Keys and values are UTF-8,
 * borrowed during the call; "ARROW:schema" is added by the writer. */
struct parquet_writer_key_value {
    const char *key;
    const char *value; /* NULL = a key without value */
};
inlay_status parquet_writer_write_footer(struct parquet_writer *writer,
                                         const struct parquet_writer_key_value *key_values,
                                         size_t count, inlay_error *err);
/* finish_rows, if not done yet, then write_footer. */
inlay_status parquet_writer_close(struct parquet_writer *writer,
                                  const struct parquet_writer_key_value *key_values, size_t count,
                                  inlay_error *err);

/* What was written, known exactly. Leaves are in file order, as in schema_map. */
struct parquet_leaf_summary {
    uint64_t value_count;     /* without nulls */
    uint64_t null_count;      /* entries without a value: nulls, null and empty lists */
    bool has_nan;             /* NaNs take no part in the bounds */
    struct parquet_bytes min; /* stored form (see value_order.h), full length; data NULL = none */
    struct parquet_bytes max;
    uint64_t encoded_bytes; /* pages with headers, dictionary pages included */
};

struct parquet_row_group_summary {
    uint64_t first_row;
    uint64_t num_rows;
    uint64_t offset; /* of the first page in the file */
    uint64_t length; /* of the pages; Bloom filters follow */
};

struct parquet_summary {
    uint64_t num_rows;
    struct parquet_leaf_summary *leaves;
    size_t leaf_count;
    struct parquet_row_group_summary *row_groups;
    size_t row_group_count;
    uint64_t rows_end;      /* offset behind the page indexes */
    uint64_t footer_offset; /* 0 before the footer is written */
    uint64_t footer_length; /* without length and magic */
};

/* Valid from finish_rows until the writer is freed. */
const struct parquet_summary *parquet_writer_summary(const struct parquet_writer *writer);

/* Rows appended so far. */
uint64_t parquet_writer_row_count(const struct parquet_writer *writer);

#endif
