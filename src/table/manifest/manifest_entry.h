/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A manifest entry: everything a table knows about one superfile without reading it. The same
 * struct goes in (a writer fills it) and comes out (a scan hands out shallow copies). All pointers
 * are borrowed; copies that outlive their source live in an entry_block. "Unknown" and "none" are
 * different everywhere: what is unknown never prunes.
 *
 * Entries are plain data: reading one from many threads is safe.
 */
#ifndef INLAY_TABLE_MANIFEST_MANIFEST_ENTRY_H
#define INLAY_TABLE_MANIFEST_MANIFEST_ENTRY_H

#include "base/env.h"
#include "base/id.h"
#include "table/manifest/stat_value.h"

#define ENTRY_BLOB_INLINE_MAX 65536u  /* bytes of a filter or centroid summary inside an entry */
#define ENTRY_BITMAP_INLINE_MAX 1024u /* bytes of a deletion bitmap inside an entry */
#define ENTRY_TERM_MAX 255u           /* bytes of a first or last term */
#define ENTRY_KEY_MAX 1024u           /* bytes of a superfile's key */
#define ENTRY_ROWS_MAX UINT32_MAX     /* rows of one superfile: positions are 32 bits */

/* Where a summary's bytes are: nowhere, in the entry, or a range of the superfile itself. */
enum blob_place { BLOB_NONE = 0, BLOB_INLINE = 1, BLOB_SUPERFILE = 2 };

struct blob_ref {
    enum blob_place place;
    uint64_t offset; /* BLOB_SUPERFILE only */
    uint64_t length;
    const uint8_t *data; /* BLOB_INLINE only */
};

/* Statistics of one orderable column. A value beyond a known bound does not occur; NULLs are no
 * values. When may_have_nan is set the bounds speak of the other values only. */
struct entry_column {
    const char *column;
    enum stat_kind kind;
    struct stat_bound min;
    struct stat_bound max;
    bool nulls_known;
    bool may_have_nan;
    uint64_t null_count;
};

/* Of the live rows of one indexed text column. */
struct entry_text {
    const char *column;
    uint64_t live_docs;
    uint64_t live_length; /* sum of decoded length codes */
    uint64_t distinct_terms;
    bool terms_known; /* min_term and max_term are the first and last term; both empty: no terms */
    const uint8_t *min_term;
    const uint8_t *max_term;
    uint32_t min_term_length;
    uint32_t max_term_length;
    struct blob_ref filter; /* of its terms, text/format/filter.h: whole FILTER_BLOCKs */
};

struct entry_vector {
    const char *column;
    uint64_t count; /* vectors, dead rows included */
    struct blob_ref centroids;
};

struct entry_tombstones {
    uint64_t deleted;         /* rows */
    const struct id128 *wals; /* mutations whose deltas apply, in order of publication */
    size_t wal_count;
    const uint8_t *bitmap; /* all deleted rows, portable Roaring; NULL = in the sidecar */
    uint32_t bitmap_length;
};

#define ENTRY_HAS_TEXTS 1u   /* `texts` is what the table knows, not "not loaded" */
#define ENTRY_HAS_VECTORS 2u /* the same for `vectors` */

struct manifest_entry {
    struct id128 superfile_id; /* a version 4 UUID */
    const char *key;           /* relative to the table's location; NULL = superfile_key's */
    uint64_t size;
    uint64_t rows; /* 1..ENTRY_ROWS_MAX, dead ones included */
    struct id128 id_min;
    struct id128 id_max;
    uint32_t row_groups;
    uint64_t hot_offset; /* the hot region: what opening the file reads; length 0 = unknown */
    uint64_t hot_length;
    struct id128 wal_id; /* the mutation that created it; zero = none */
    uint64_t revision;   /* manifest id that last wrote this entry; set by the commit */
    struct entry_tombstones tombstones;
    const struct entry_column *columns; /* in ascending order of name */
    size_t column_count;
    const struct entry_text *texts; /* in ascending order of name */
    size_t text_count;
    const struct entry_vector *vectors; /* in ascending order of name */
    size_t vector_count;
    unsigned loaded; /* ENTRY_HAS_* */
};

/* Zeroed, with `loaded` complete: what a writer starts from. */
void manifest_entry_init(struct manifest_entry *entry);
/* Every rule above: INLAY_INVALID_ARGUMENT names the superfile and what is wrong. */
inlay_status manifest_entry_check(const struct manifest_entry *entry, inlay_error *err);
/* NULL, or what is wrong with column statistics over so many rows; static text. */
const char *column_stats_wrong(const struct entry_column *columns, size_t count, uint64_t rows);
uint64_t manifest_entry_live_rows(const struct manifest_entry *entry);

/* NULL when there is none. */
const struct entry_column *manifest_entry_column(const struct manifest_entry *entry,
                                                 const char *column);
const struct entry_text *manifest_entry_text(const struct manifest_entry *entry,
                                             const char *column);
const struct entry_vector *manifest_entry_vector(const struct manifest_entry *entry,
                                                 const char *column);

/* A random UUID, and its customary text. */
inlay_status superfile_id_mint(const struct env *env, struct id128 *out, inlay_error *err);
void superfile_id_text(struct id128 id, char text[UUID_TEXT_SIZE]);
/* "data/<uuid>.parquet" and "superfiles/<uuid>.tombstones", relative to the table's location. */
#define SUPERFILE_KEY_SIZE 80
void superfile_key(struct id128 id, char key[SUPERFILE_KEY_SIZE]);
void superfile_tombstones_key(struct id128 id, char key[SUPERFILE_KEY_SIZE]);
/* The entry's own key, or the customary one written to `scratch`. */
const char *manifest_entry_key(const struct manifest_entry *entry,
                               char scratch[SUPERFILE_KEY_SIZE]);

static inline bool id_is_zero(struct id128 id)
{
    return id.hi == 0 && id.lo == 0;
}

/* Entries in memory of their own, immutable, shared by snapshots and parts. */
struct entry_block {
    _Atomic int64_t references;
    struct arena arena;
    struct manifest_entry *entries;
    size_t count;
};

/* A deep copy, checked; the caller owns one reference. */
inlay_status entry_block_copy(const struct manifest_entry *entries, size_t count,
                              struct entry_block **out, inlay_error *err);
/* An empty block with one reference, for decoders. */
inlay_status entry_block_create(struct entry_block **out, inlay_error *err);
struct entry_block *entry_block_retain(struct entry_block *block);
void entry_block_release(struct entry_block *block); /* NULL-safe */

#endif
