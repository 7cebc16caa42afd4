/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection is a catalog of tables at a URI. All handles of one connection may be used from many
 * threads at once. Close tables and release streams before the connection.
 */
#ifndef INLAY_CONNECTION_H
#define INLAY_CONNECTION_H

#include "inlay/arrow.h"
#include "inlay/common.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct inlay_connection inlay_connection;
typedef struct inlay_table inlay_table;

typedef struct inlay_connect_options {
    size_t struct_size;
    uint32_t threads;         /* of queries and builds; 0 = all cores */
    uint64_t memory_limit;    /* bytes of SQL working memory; 0 = 80 % of the machine */
    const char *spill_folder; /* SQL and index builds spill here; NULL = the system's temporary
                                 folder for builds, no spilling for SQL */
    int32_t
        max_staleness_ms; /* a snapshot may be this old; 0 = check at every read; default 1000 */
    /* Further options of the backend, as name and value pairs ending with NULL. An unknown name is
     * an error that suggests the nearest known one. NULL = none. */
    const char *const *settings;
    /* What inlay_cost counts with, in US dollars. The defaults are S3 Standard's (us-east-1):
     * 0.0004 per 1,000 GET requests, nothing for bytes that stay inside the region. */
    double price_per_1000_requests;
    double price_per_gb; /* of 10^9 bytes */
} inlay_connect_options;

INLAY_API void inlay_connect_options_init(inlay_connect_options *options);

/*
 * Opens the catalog at `uri`: "memory://" (gone with the connection), "file:///path" or a plain
 * path; the folder is made when missing. `options` may be NULL. The caller closes *out. Errors:
 * INLAY_INVALID_ARGUMENT (URI, option), INLAY_PERMISSION, INLAY_IO.
 */
INLAY_API inlay_status inlay_connect(const char *uri, const inlay_connect_options *options,
                                     inlay_connection **out, inlay_error *err) INLAY_MUST_CHECK;
INLAY_API void inlay_close(inlay_connection *connection); /* NULL-safe */

/* Tables by name: columns name (utf8), rows, superfiles, bytes (uint64), version (uint64),
 * created (timestamp[ms, UTC]). Costs one listing and one read per table. */
INLAY_API inlay_status inlay_list_tables(inlay_connection *connection, struct ArrowArrayStream *out,
                                         inlay_error *err) INLAY_MUST_CHECK;

/* A full-text index on a utf8 column. */
typedef struct inlay_text_index {
    size_t struct_size;
    const char *column;
    const char
        *analyzer;       /* "standard", "ascii", "whitespace", "keyword", "code"; NULL = standard */
    const char *stemmer; /* Snowball language such as "english"; NULL = none */
    const char *stop_words; /* a built-in list such as "english"; NULL = none */
    int32_t ascii_folding;  /* 1: strip diacritics */
    int32_t positions;      /* 1 (default): phrases can be searched */
    double k1;              /* BM25, default 1.2 */
    double b;               /* BM25, default 0.75 */
} inlay_text_index;

INLAY_API void inlay_text_index_init(inlay_text_index *index);

/* A vector index on a column of fixed-size lists of 1 to 65,535 float32, float16, float64 or int8.
 */
typedef struct inlay_vector_index {
    size_t struct_size;
    const char *column;
    const char *metric; /* "cosine", "l2", "inner_product"; NULL = cosine */
    uint32_t code_bits; /* of a code per element: 4 (default) or 8, which is more
                            precise without reading vectors */
    uint32_t cell_rows; /* wanted rows per cell of the index; 0 (default) = chosen */
} inlay_vector_index;

INLAY_API void inlay_vector_index_init(inlay_vector_index *index);

typedef struct inlay_table_options {
    size_t struct_size;
    const inlay_text_index *text_indexes;
    size_t text_index_count;
    const inlay_vector_index *vector_indexes;
    size_t vector_index_count;
} inlay_table_options;

INLAY_API void inlay_table_options_init(inlay_table_options *options);

/*
 * Creates a table. `schema` is an Arrow struct schema of the columns, without _id, which the table
 * adds; it is borrowed, not released. Names of tables are [A-Za-z0-9_-]+ and do not begin with "_".
 * Column names "_id", "score" and "distance" are reserved. `options` may be NULL, `out` too.
 * Errors: INLAY_ALREADY_EXISTS, INLAY_SCHEMA (names the column), INLAY_INVALID_ARGUMENT.
 */
INLAY_API inlay_status inlay_create_table(inlay_connection *connection, const char *name,
                                          const struct ArrowSchema *schema,
                                          const inlay_table_options *options, inlay_table **out,
                                          inlay_error *err) INLAY_MUST_CHECK;

typedef struct inlay_open_options {
    size_t struct_size;
    uint64_t version;      /* a manifest version; 0 = not by version */
    int64_t as_of_unix_ms; /* the newest version not after this time; 0 = not by time */
} inlay_open_options;

INLAY_API void inlay_open_options_init(inlay_open_options *options);

/* Opens a table: the latest version, which then follows new commits, or a fixed one. NULL options =
 * latest. INLAY_NOT_FOUND: no such table or version. */
INLAY_API inlay_status inlay_open_table(inlay_connection *connection, const char *name,
                                        const inlay_open_options *options, inlay_table **out,
                                        inlay_error *err) INLAY_MUST_CHECK;
INLAY_API void inlay_table_close(inlay_table *table); /* NULL-safe */

/* Drops the name; open handles and snapshots keep working until garbage is collected. */
INLAY_API inlay_status inlay_drop_table(inlay_connection *connection, const char *name,
                                        inlay_error *err) INLAY_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
