/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One column chunk, read page by page: every checksum compared, every value decoded, and what the
 * footer and the indexes must say about it worked out anew from the values. Used by verify.c.
 *
 * `strict` holds a chunk to docs/format/parquet-profile.md, under which all metadata follow from
 * the values, byte for byte; without it (foreign files) only what every Parquet file must obey
 * counts.
 */
#ifndef INLAY_SUPERFILE_VERIFY_CHUNK_H
#define INLAY_SUPERFILE_VERIFY_CHUNK_H

#include "base/buffer.h"
#include "base/byte_source.h"
#include "parquet/codec.h"
#include "parquet/metadata.h"
#include "parquet/schema_map.h"
#include "parquet/value_order.h"

#include <stdbool.h>

struct chunk_input {
    struct byte_source *source;
    const struct schema_leaf *leaf;
    const struct parquet_column_chunk *chunk;
    uint64_t rows; /* of the row group */
    bool strict;
    struct codec_decompressor *decompressor;
};

struct kept_bound { /* a copy of the least or the greatest value so far */
    struct buffer bytes;
    bool present;
};

struct page_fact {
    uint64_t offset; /* of the header, in the file */
    uint64_t first_row;
    uint64_t nulls;
    uint32_t size; /* header included */
    bool only_nulls;
    bool has_bounds;
    size_t min_offset; /* in chunk_facts.bounds */
    size_t min_length;
    size_t max_offset;
    size_t max_length;
};

struct chunk_facts {
    uint64_t checksums;
    uint64_t rows;
    uint64_t entries;
    uint64_t values;             /* not null */
    uint64_t uncompressed_bytes; /* headers included */
    uint64_t data_offset;        /* of the first data page */
    uint64_t dictionary_offset;  /* 0 = no dictionary page */
    uint32_t dictionary_count;
    uint32_t encodings; /* of the pages' values, and of levels */
    int32_t pages_by_encoding[10];
    bool decoded;            /* every page: else the file uses what this version cannot decode */
    bool all_coded;          /* every page with values is dictionary-coded */
    struct page_fact *pages; /* data pages; owned */
    size_t page_count;
    size_t page_capacity;
    struct buffer bounds; /* of the pages, as a column index would store them */
    struct kept_bound min;
    struct kept_bound max;
    struct buffer filter; /* the Bloom filter's bitset of the values; empty when there is none */
};

/* INLAY_CORRUPT with key and offset. `out` is freed by the caller also after a failure. */
inlay_status chunk_facts_collect(const struct chunk_input *in, struct chunk_facts *out,
                                 inlay_error *err);
void chunk_facts_free(struct chunk_facts *facts);

/* verify_expect.c: the indexes and the Bloom filter against the facts. */
inlay_status chunk_facts_compare(const struct chunk_input *in, const struct chunk_facts *facts,
                                 inlay_error *err);
/* strict: what the footer must say of the chunk. Bounds are borrowed from the facts and `room`,
 * which is the caller's and lives as long as *out. */
void chunk_facts_expected(const struct chunk_input *in, const struct chunk_facts *facts,
                          uint8_t room[128], struct parquet_column_chunk *out);

/* INLAY_CORRUPT with the source's name and the offset. */
inlay_status verify_fail(const struct byte_source *source, uint64_t offset, inlay_error *err,
                         const char *format, ...) INLAY_PRINTF(4, 5);
/* The bytes at `offset` are exactly the expected ones; `what` names them. */
inlay_status verify_same_bytes(struct byte_source *source, uint64_t offset,
                               const struct buffer *expected, const char *what, inlay_error *err);

#endif
