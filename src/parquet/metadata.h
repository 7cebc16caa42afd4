/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parquet's metadata structures in memory (github.com/apache/parquet-format, parquet.thrift), and
 * their coding. Only what a reader or writer can use is kept; unknown fields are skipped.
 *
 * Reading is for untrusted bytes: success means that the structure is safe to use as each comment
 * says. Byte strings are borrowed from the input, which must outlive the structure. Memory is
 * proportional to the input (about 30 times it at worst). Errors: INLAY_CORRUPT with the offset,
 * INLAY_UNSUPPORTED (encryption, column data in another file), INLAY_NO_MEMORY. Outputs are zeroed
 * on failure. All functions are thread-safe on distinct objects.
 */
#ifndef INLAY_PARQUET_METADATA_H
#define INLAY_PARQUET_METADATA_H

#include "base/buffer.h"
#include "columnar/schema.h"
#include "inlay/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PARQUET_MAX_SCHEMA_DEPTH 24

enum parquet_type {
    PARQUET_BOOLEAN = 0,
    PARQUET_INT32 = 1,
    PARQUET_INT64 = 2,
    PARQUET_INT96 = 3,
    PARQUET_FLOAT = 4,
    PARQUET_DOUBLE = 5,
    PARQUET_BYTE_ARRAY = 6,
    PARQUET_FIXED = 7, /* FIXED_LEN_BYTE_ARRAY */
    PARQUET_GROUP = 8  /* ours: an inner node of the schema, without a physical type */
};

enum parquet_repetition { PARQUET_REQUIRED = 0, PARQUET_OPTIONAL = 1, PARQUET_REPEATED = 2 };

/* Read as int32_t: files may hold numbers that are not here; the reader of pages judges them. */
enum parquet_encoding {
    PARQUET_PLAIN = 0,
    PARQUET_PLAIN_DICTIONARY = 2,
    PARQUET_RLE = 3,
    PARQUET_BIT_PACKED = 4,
    PARQUET_DELTA_BINARY_PACKED = 5,
    PARQUET_DELTA_LENGTH_BYTE_ARRAY = 6,
    PARQUET_DELTA_BYTE_ARRAY = 7,
    PARQUET_RLE_DICTIONARY = 8,
    PARQUET_BYTE_STREAM_SPLIT = 9
};

enum parquet_codec {
    PARQUET_UNCOMPRESSED = 0,
    PARQUET_SNAPPY = 1,
    PARQUET_GZIP = 2,
    PARQUET_LZO = 3,
    PARQUET_BROTLI = 4,
    PARQUET_LZ4 = 5, /* Hadoop framing, deprecated */
    PARQUET_ZSTD = 6,
    PARQUET_LZ4_RAW = 7
};

/* The ConvertedType numbers of the format; absent is -1. */
enum parquet_converted {
    PARQUET_CONVERTED_NONE = -1,
    PARQUET_CONVERTED_UTF8 = 0,
    PARQUET_CONVERTED_MAP = 1,
    PARQUET_CONVERTED_MAP_KEY_VALUE = 2,
    PARQUET_CONVERTED_LIST = 3,
    PARQUET_CONVERTED_ENUM = 4,
    PARQUET_CONVERTED_DECIMAL = 5,
    PARQUET_CONVERTED_DATE = 6,
    PARQUET_CONVERTED_TIME_MILLIS = 7,
    PARQUET_CONVERTED_TIME_MICROS = 8,
    PARQUET_CONVERTED_TIMESTAMP_MILLIS = 9,
    PARQUET_CONVERTED_TIMESTAMP_MICROS = 10,
    PARQUET_CONVERTED_UINT_8 = 11,
    PARQUET_CONVERTED_UINT_16 = 12,
    PARQUET_CONVERTED_UINT_32 = 13,
    PARQUET_CONVERTED_UINT_64 = 14,
    PARQUET_CONVERTED_INT_8 = 15,
    PARQUET_CONVERTED_INT_16 = 16,
    PARQUET_CONVERTED_INT_32 = 17,
    PARQUET_CONVERTED_INT_64 = 18,
    PARQUET_CONVERTED_JSON = 19,
    PARQUET_CONVERTED_BSON = 20,
    PARQUET_CONVERTED_INTERVAL = 21
};

/* The field ids of the LogicalType union; absent is 0. */
enum parquet_logical_kind {
    PARQUET_LOGICAL_NONE = 0,
    PARQUET_LOGICAL_STRING = 1,
    PARQUET_LOGICAL_MAP = 2,
    PARQUET_LOGICAL_LIST = 3,
    PARQUET_LOGICAL_ENUM = 4,
    PARQUET_LOGICAL_DECIMAL = 5,   /* scale, precision */
    PARQUET_LOGICAL_DATE = 6,      /* */
    PARQUET_LOGICAL_TIME = 7,      /* unit, utc */
    PARQUET_LOGICAL_TIMESTAMP = 8, /* unit, utc */
    PARQUET_LOGICAL_INTEGER = 10,  /* bit_width, is_signed */
    PARQUET_LOGICAL_UNKNOWN = 11,  /* always null */
    PARQUET_LOGICAL_JSON = 12,
    PARQUET_LOGICAL_BSON = 13,
    PARQUET_LOGICAL_UUID = 14,
    PARQUET_LOGICAL_FLOAT16 = 15,
    PARQUET_LOGICAL_OTHER = 99 /* ours: present, but a kind that this version does not know */
};

enum parquet_page_type {
    PARQUET_DATA_PAGE = 0,
    PARQUET_INDEX_PAGE = 1,
    PARQUET_DICTIONARY_PAGE = 2,
    PARQUET_DATA_PAGE_V2 = 3
};

enum parquet_boundary_order {
    PARQUET_UNORDERED = 0,
    PARQUET_ASCENDING = 1,
    PARQUET_DESCENDING = 2
};

/* Borrowed bytes. data == NULL: absent. */
struct parquet_bytes {
    const uint8_t *data;
    size_t length;
};

struct parquet_logical {
    enum parquet_logical_kind kind;
    enum time_unit unit;
    bool utc; /* isAdjustedToUTC */
    bool is_signed;
    int32_t bit_width; /* 8, 16, 32 or 64 */
    int32_t scale;
    int32_t precision;
};

struct parquet_schema_element {
    struct parquet_bytes name;
    enum parquet_type type;
    enum parquet_repetition repetition; /* of the root: required */
    int32_t type_length;                /* PARQUET_FIXED: bytes, at least 1 */
    uint32_t child_count;               /* 0 for leaves */
    int32_t converted;                  /* enum parquet_converted, or a number not listed there */
    int32_t scale;
    int32_t precision;
    int32_t field_id; /* INT32_MIN = absent */
    struct parquet_logical logical;
};

struct parquet_statistics {
    struct parquet_bytes min_value; /* ordered as the column's type says */
    struct parquet_bytes max_value;
    struct parquet_bytes old_min; /* the deprecated pair: signed byte order, of unknown use */
    struct parquet_bytes old_max;
    int64_t null_count;     /* -1 = absent */
    int64_t distinct_count; /* -1 = absent */
    bool min_exact;         /* true only when the file says so */
    bool max_exact;
};

struct parquet_encoding_stat {
    int32_t page_type;
    int32_t encoding;
    int32_t count; /* pages */
};

#define PARQUET_MAX_ENCODING_STATS 6

/* ColumnChunk and its ColumnMetaData. Offsets and lengths that are present lie inside the file. */
struct parquet_column_chunk {
    enum parquet_type type;     /* equals the schema leaf's */
    int32_t codec;              /* enum parquet_codec, or a number not listed there */
    uint32_t encodings;         /* bit i set: encoding i is used; numbers above 31 are not kept */
    uint64_t num_values;        /* level entries, nulls included */
    uint64_t uncompressed_size; /* headers included */
    uint64_t compressed_size;   /* bytes from `start`, headers included */
    uint64_t start;             /* first page: the dictionary's if there is one */
    uint64_t data_page_offset;
    uint64_t dictionary_page_offset; /* 0 = no dictionary page */
    uint64_t offset_index_offset;    /* 0 = absent */
    uint64_t column_index_offset;    /* 0 = absent */
    uint64_t bloom_filter_offset;    /* 0 = absent */
    uint32_t offset_index_length;
    uint32_t column_index_length;
    uint32_t bloom_filter_length; /* header and bitset; 0 = not stated */
    struct parquet_encoding_stat encoding_stats[PARQUET_MAX_ENCODING_STATS];
    uint32_t encoding_stat_count; /* 0 = absent, or more than fit */
    bool has_statistics;
    struct parquet_statistics statistics;
};

struct parquet_row_group {
    struct parquet_column_chunk *columns; /* one per schema leaf, in order */
    size_t column_count;
    uint64_t num_rows;
    uint64_t total_byte_size;       /* uncompressed */
    uint64_t total_compressed_size; /* 0 = not stated */
    uint64_t file_offset;           /* 0 = not stated; informative only */
};

struct parquet_key_value {
    struct parquet_bytes key;
    struct parquet_bytes value; /* may be absent */
};

struct parquet_file_metadata {
    int32_t version;
    /* Depth-first; element 0 is the root group. Well-formed: child counts add up, leaves have a
     * type, depth is at most PARQUET_MAX_SCHEMA_DEPTH. */
    struct parquet_schema_element *schema;
    size_t schema_count;
    size_t leaf_count;
    uint64_t num_rows; /* the sum over the row groups */
    struct parquet_row_group *row_groups;
    size_t row_group_count;
    struct parquet_key_value *key_values;
    size_t key_value_count;
    struct parquet_bytes created_by;
    bool has_column_orders; /* min_value and max_value may be trusted */
};

struct parquet_page_header {
    enum parquet_page_type type;
    uint32_t uncompressed_size; /* of the page without this header */
    uint32_t compressed_size;
    bool has_crc;
    uint32_t crc; /* CRC-32 (IEEE) of the compressed page bytes */
    /* Data and dictionary pages. */
    uint32_t num_values; /* nulls included */
    int32_t encoding;
    /* Data pages v1. */
    int32_t definition_encoding;
    int32_t repetition_encoding;
    /* Data pages v2. */
    uint32_t num_nulls;
    uint32_t num_rows;
    uint32_t definition_length; /* with the next: at most both page sizes */
    uint32_t repetition_length;
    bool is_compressed;
    /* Dictionary pages. */
    bool is_sorted;
    /* Data pages. */
    bool has_statistics;
    struct parquet_statistics statistics;
};

struct parquet_page_location {
    uint64_t offset;          /* of the page header, in the file */
    uint32_t compressed_size; /* header included */
    uint64_t first_row;       /* within the row group */
};

struct parquet_offset_index {
    /* Offsets and first rows rise; the first page starts at row 0; ranges lie inside the file. */
    struct parquet_page_location *pages; /* owned */
    size_t page_count;
};

struct parquet_column_index {
    size_t page_count;
    uint8_t *null_pages; /* owned; 1 = the page has only nulls, its min and max mean nothing */
    struct parquet_bytes *min_values; /* owned */
    struct parquet_bytes *max_values; /* owned */
    int64_t *null_counts;             /* owned; NULL = absent */
    enum parquet_boundary_order order;
};

struct parquet_bloom_header {
    uint32_t num_bytes; /* of the bitset; a multiple of 32, at least 32 */
};

/* `size` is the footer's length, `base_offset` where it stands, `file_size` the whole file's. */
inlay_status parquet_file_metadata_read(const uint8_t *data, size_t size, uint64_t base_offset,
                                        uint64_t file_size, struct parquet_file_metadata *out,
                                        inlay_error *err);
void parquet_file_metadata_free(struct parquet_file_metadata *metadata); /* NULL-safe; zeroes */

/* `data` holds at least the header; *header_size says how much of it was used. A header that does
 * not end within `size` bytes is INLAY_CORRUPT ("unexpected end of data"). */
inlay_status parquet_page_header_read(const uint8_t *data, size_t size, uint64_t base_offset,
                                      struct parquet_page_header *out, size_t *header_size,
                                      inlay_error *err);

/* `row_count` is the row group's. */
inlay_status parquet_offset_index_read(const uint8_t *data, size_t size, uint64_t base_offset,
                                       uint64_t file_size, uint64_t row_count,
                                       struct parquet_offset_index *out, inlay_error *err);
void parquet_offset_index_free(struct parquet_offset_index *index); /* NULL-safe; zeroes */
inlay_status parquet_column_index_read(const uint8_t *data, size_t size, uint64_t base_offset,
                                       struct parquet_column_index *out, inlay_error *err);
void parquet_column_index_free(struct parquet_column_index *index); /* NULL-safe; zeroes */
inlay_status parquet_bloom_header_read(const uint8_t *data, size_t size, uint64_t base_offset,
                                       struct parquet_bloom_header *out, size_t *header_size,
                                       inlay_error *err);

/* Writing appends to `out`, whose sticky status the caller looks at. */
void parquet_file_metadata_write(const struct parquet_file_metadata *metadata, struct buffer *out);
void parquet_page_header_write(const struct parquet_page_header *header, struct buffer *out);
void parquet_offset_index_write(const struct parquet_offset_index *index, struct buffer *out);
void parquet_column_index_write(const struct parquet_column_index *index, struct buffer *out);
void parquet_bloom_header_write(const struct parquet_bloom_header *header, struct buffer *out);

/* The value of a key, or NULL. `key` is NUL terminated. */
const struct parquet_key_value *parquet_key_value_find(const struct parquet_file_metadata *metadata,
                                                       const char *key);

#endif
