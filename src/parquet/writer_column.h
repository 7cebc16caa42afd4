/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One leaf of the writer: turns staged pages into encoded pages and keeps a row group's worth of
 * them, with what the indexes and the footer need. Not thread-safe.
 *
 * Choices are made from data already seen, so they do not depend on batch borders:
 *   dictionary  at the first page with values: kept when codes and a share of the entries are
 * smaller than three quarters of the other encoding; given up for the rest of the chunk when it
 * passes its limit or when half of a page's values are new delta       integers, per page, until it
 * once saves less than a tenth split       floats (BYTE_STREAM_SPLIT), at the first page with
 * values, when it compresses better codec       at the chunk's first page of some size: none when
 * compression saves under 5 %
 */
#ifndef INLAY_PARQUET_WRITER_COLUMN_H
#define INLAY_PARQUET_WRITER_COLUMN_H

#include "base/arena.h"
#include "base/byte_sink.h"
#include "parquet/codec.h"
#include "parquet/value_order.h"
#include "parquet/writer.h"
#include "parquet/writer_dictionary.h"
#include "parquet/writer_stage.h"

/* Bytes of a byte array's bound in statistics and page indexes. */
#define BOUND_LIMIT 64

/* What the leaves of one writer share. */
struct column_context {
    struct parquet_writer_options options;
    struct codec_compressor *compressor;
    struct buffer body;   /* scratch: a page before compression */
    struct buffer packed; /* scratch: after it */
    struct buffer other;  /* scratch: an encoding that is being weighed */
    uint32_t *codes;      /* scratch: dictionary codes of a page */
    size_t code_capacity;
};

enum choice { CHOICE_OPEN, CHOICE_YES, CHOICE_NO };

struct written_page {
    size_t offset; /* in column_writer.pages */
    uint32_t size; /* with header */
    uint32_t null_count;
    uint64_t first_row; /* in the row group */
    bool only_nulls;
    bool has_bounds;
    size_t min_offset; /* in column_writer.bounds */
    size_t max_offset;
    uint32_t min_length;
    uint32_t max_length;
};

struct kept_value { /* a bound that outlives its page; owned bytes */
    struct buffer bytes;
    bool present;
};

struct column_writer {
    const struct schema_leaf *leaf;
    enum value_order order;
    bool is_text;
    struct parquet_column_options options;
    struct leaf_stage stage;
    /* The chunk. */
    struct buffer pages; /* encoded data pages, headers included */
    struct written_page *written;
    size_t written_count;
    size_t written_capacity;
    struct buffer bounds; /* truncated bounds of the pages */
    struct writer_dictionary dictionary;
    enum choice use_dictionary;
    enum choice use_delta;
    enum choice use_split;
    enum choice use_codec;
    uint64_t rows;
    uint64_t entries;
    uint64_t value_count;
    uint64_t body_bytes; /* uncompressed, headers included */
    uint32_t encodings;
    int32_t pages_by_encoding[PARQUET_BYTE_STREAM_SPLIT + 1];
    struct kept_value min;
    struct kept_value max;
    uint64_t *hashes; /* for the Bloom filter */
    size_t hash_count;
    size_t hash_capacity;
    /* The file. */
    struct kept_value file_min;
    struct kept_value file_max;
    struct parquet_leaf_summary summary; /* bounds are filled in at the end */
};

void column_writer_init(struct column_writer *column, const struct schema_map *map, size_t leaf,
                        const struct column_context *context,
                        const struct parquet_column_options *options);
void column_writer_free(struct column_writer *column); /* NULL-safe */

/* Rows of the top-level column; pages that become full are encoded. */
inlay_status column_writer_append(struct column_writer *column, struct column_context *context,
                                  const struct array_view *view, int64_t first, int64_t count,
                                  uint64_t first_row, inlay_error *err);
/* Encodes what is staged, if anything. `last`: the chunk ends here. */
inlay_status column_writer_flush_page(struct column_writer *column, struct column_context *context,
                                      bool last, inlay_error *err);
/* Bytes that the chunk would take now: encoded pages, dictionary, staged values. */
uint64_t column_writer_size(const struct column_writer *column);

/* Page indexes of one chunk, serialised: they go behind all row groups. */
struct chunk_index {
    uint8_t *column_index; /* owned, NULL = none */
    size_t column_index_size;
    uint8_t *offset_index; /* owned */
    size_t offset_index_size;
};

/* Writes the chunk, whose pages are all flushed, fills its metadata (bounds live in the arena) and
 * indexes, and then its Bloom filter is still to be written by column_writer_write_bloom. */
inlay_status column_writer_write_chunk(struct column_writer *column, struct column_context *context,
                                       struct byte_sink *sink, struct arena *arena,
                                       struct parquet_column_chunk *chunk,
                                       struct chunk_index *index, inlay_error *err);
inlay_status column_writer_write_bloom(struct column_writer *column, struct byte_sink *sink,
                                       struct parquet_column_chunk *chunk, inlay_error *err);
/* Forgets the chunk, keeps the file's summary. */
void column_writer_reset(struct column_writer *column);

#endif
