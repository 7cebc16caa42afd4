/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the reader: what reader.c, scans and fetches share. Roles:
 *   parquet_reader   immutable knowledge of one file, and its caches (locked)
 *   row_group_plan   which bytes of a row group are wanted, read in one batch   (reader_plan.c)
 *   leaf_cursor      walks the pages of one column chunk and decodes them       (reader_cursor.c)
 *   node_builder     grows one vector of a batch, a tree like the schema        (reader_builder.c)
 *   batch_memory     owns what the vectors of a batch point to
 */
#ifndef INLAY_PARQUET_READER_PRIV_H
#define INLAY_PARQUET_READER_PRIV_H

#include "base/arena.h"
#include "parquet/codec.h"
#include "parquet/decode_convert.h"
#include "parquet/decode_values.h"
#include "parquet/page.h"
#include "parquet/reader.h"
#include "parquet/schema_map.h"

#include <pthread.h>
#include <stdatomic.h>

/* ---- the reader ---- */

/* Parsed page index of one column chunk; made at the first use, then immutable. */
struct chunk_index {
    struct parquet_offset_index offsets; /* page_count 0: the file has none */
    struct parquet_column_index bounds;  /* page_count 0: none */
    struct byte_slice bounds_bytes;      /* what `bounds` borrows from */
};

struct page_cache;
struct batch_memory;
struct leaf_cursor;
struct node_builder;
struct row_group_plan;

struct parquet_reader {
    struct byte_source *source;
    struct parquet_open_options options;
    struct byte_slice tail; /* what the metadata borrows from, unless it is resident */
    struct parquet_file_metadata metadata;
    struct schema_map map;
    struct value_convert *converts;         /* one per leaf */
    uint64_t *first_rows;                   /* one per row group, and the total */
    _Atomic(struct chunk_index *) *indexes; /* [row group * leaves + leaf]; NULL = not read yet */
    struct colvec_owner *file_bytes;        /* retained by pages that point into resident bytes */
    struct page_cache *cache;
    _Atomic(struct codec_decompressor *) idle_decompressor; /* kept between fetches; may be NULL */
};

/* Bytes of the file without a copy, when they are resident or the source has a view. */
const uint8_t *reader_bytes_view(const struct parquet_reader *reader, uint64_t offset,
                                 uint64_t length);
/* The page indexes of a chunk (offsets, and bounds if wanted). Borrowed from the reader. */
inlay_status reader_chunk_index(struct parquet_reader *reader, size_t row_group, size_t leaf,
                                const struct chunk_index **out, inlay_error *err);
void chunk_index_free(struct chunk_index *index);
/* Puts "<file>, column <name>, ..." in front of an error that is already set. */
inlay_status reader_wrap(const struct parquet_reader *reader, size_t leaf, uint64_t offset,
                         inlay_status status, inlay_error *err);

/* A set of decoders for some columns: what scans and fetches have in common. */
struct column_set {
    struct parquet_reader *reader;
    size_t column_count;
    struct node_builder *builders; /* one per column */
    size_t leaf_count;
    size_t *leaves;              /* of all columns */
    struct leaf_cursor *cursors; /* one per leaf */
    struct codec_decompressor *decompressor;
    struct arena arena; /* paths */
};

/* Checks that the columns can be read. `use_cache`: pages go through the reader's cache. */
inlay_status column_set_open(struct column_set *set, struct parquet_reader *reader,
                             const uint32_t *columns, size_t column_count,
                             enum parquet_dictionary_form form, bool use_cache, inlay_error *err);
void column_set_close(struct column_set *set); /* also of a set that failed to open; zeroes */
/* Begins a batch of at most `rows` rows. */
inlay_status column_set_begin(struct column_set *set, struct batch_memory *memory, uint64_t rows,
                              inlay_error *err);
/* Stands the cursors at the start of a plan that is for exactly the set's leaves. */
void column_set_start(struct column_set *set, const struct row_group_plan *plan);
/* Appends rows (within the row group, ascending) of the started plan to the batch. */
inlay_status column_set_read(struct column_set *set, const struct parquet_row_range *ranges,
                             size_t range_count, struct batch_memory *memory, inlay_error *err);
/* Makes the vectors; out->columns come from the batch's memory, each with a reference to it. */
inlay_status column_set_finish(struct column_set *set, struct batch_memory *memory, uint64_t rows,
                               struct parquet_batch *out, inlay_error *err);

/* ---- batches and builders ---- */

struct batch_memory {
    struct colvec_owner owner; /* first */
    struct arena arena;
    struct colvec_owner **kept; /* pages and dictionaries that vectors point into; retained */
    size_t kept_count;
    size_t kept_capacity;
};

inlay_status batch_memory_create(uint64_t limit, struct batch_memory **out, inlay_error *err);
/* Retains `owner` until the batch dies. */
inlay_status batch_memory_keep(struct batch_memory *memory, struct colvec_owner *owner,
                               inlay_error *err);

/* The decoded dictionary of a column chunk. */
struct dictionary {
    struct colvec_owner owner; /* first */
    struct colvec vector;      /* flat; holds no reference to its owner */
    uint32_t count;
    uint8_t *values;   /* owned, out_width bytes each */
    struct page *page; /* retained; strings point into it */
};

enum leaf_form { LEAF_EMPTY, LEAF_FLAT, LEAF_CODES, LEAF_VIEW };

struct node_builder {
    const struct schema_node *node;
    unsigned depth; /* repetition level of the innermost list around this node */
    unsigned slot;  /* definition level at which the vector has a slot for it (below a null struct
                     * too, unlike node->parent_definition) */
    bool is_leaf;
    bool nullable; /* can be null below an existing parent */
    struct node_builder *children;
    size_t child_count;
    /* Of the present batch. */
    uint64_t count;
    uint64_t null_count;
    uint64_t capacity;
    uint64_t *validity; /* when nullable */
    uint64_t *offsets;  /* lists: [capacity + 1] */
    /* Leaves. */
    enum leaf_form form;
    uint32_t width; /* of a flat value */
    uint8_t *values;
    uint32_t *codes;
    const uint8_t *view;
    struct dictionary *dictionary; /* LEAF_CODES; kept by the batch */
};

inlay_status node_builder_init(struct node_builder *builder, const struct parquet_reader *reader,
                               const struct schema_node *node, unsigned depth, unsigned slot,
                               inlay_error *err);
void node_builder_free(struct node_builder *builder);
/* Forgets the last batch and makes room for `rows` rows in the new one. */
inlay_status node_builder_begin(struct node_builder *builder, struct batch_memory *memory,
                                uint64_t rows, inlay_error *err);
inlay_status node_builder_grow(struct node_builder *builder, struct batch_memory *memory,
                               uint64_t capacity, inlay_error *err);
/* Room for flat values or codes at the builder's capacity; flat converts the first `filled` slots,
 * the ones whose values are there already (the count may be ahead of them). */
inlay_status node_builder_flat(struct node_builder *builder, struct batch_memory *memory,
                               uint64_t filled, inlay_error *err);
inlay_status node_builder_codes(struct node_builder *builder, struct batch_memory *memory,
                                struct dictionary *dictionary, inlay_error *err);
/* Checks that the parts agree and describes them as a vector. Children come from the arena. */
inlay_status node_builder_finish(struct node_builder *builder, struct batch_memory *memory,
                                 uint64_t rows, struct colvec *out, inlay_error *err);

/* ---- bytes wanted of a row group ---- */

struct chunk_segment { /* pages that follow each other */
    const uint8_t *data;
    uint64_t offset; /* in the file */
    uint64_t length;
    uint64_t first_row; /* within the row group */
    uint64_t end_row;
    bool whole_rows;              /* every page starts a new row (known from the page index) */
    struct colvec_owner *backing; /* borrowed from the plan */
};

struct chunk_plan {
    size_t leaf;
    const struct parquet_column_chunk *chunk;
    struct chunk_segment dictionary; /* length 0: inside the first segment, or none */
    struct chunk_segment *segments;  /* owned */
    size_t segment_count;
};

struct row_group_plan {
    size_t row_group;
    struct chunk_plan *chunks; /* owned */
    size_t chunk_count;
    struct colvec_owner *backing; /* keeper of the bytes of its segments */
};

/* Plans the bytes of `leaves` for rows `ranges` (within the row group, ascending; NULL = all of
 * it). Page indexes are read if they are needed and were not yet. */
inlay_status row_group_plan_make(struct parquet_reader *reader, size_t row_group,
                                 const size_t *leaves, size_t leaf_count,
                                 const struct parquet_row_range *ranges, size_t range_count,
                                 struct row_group_plan *out, inlay_error *err);
/* Reads what the plans want and no view gives, with one call of the source. */
inlay_status row_group_plans_read(struct parquet_reader *reader, struct row_group_plan *plans,
                                  size_t count, inlay_error *err);
void row_group_plan_free(struct row_group_plan *plan); /* zeroes */

/* ---- walking a column chunk ---- */

#define CURSOR_LEVELS 512

struct leaf_cursor {
    struct parquet_reader *reader;
    const struct chunk_plan *plan;
    const struct schema_leaf *leaf;
    const struct value_convert *convert;
    struct page_context context;
    enum parquet_dictionary_form dictionary_form;
    bool use_cache;
    struct node_builder **path; /* builders that this leaf fills, outermost first; borrowed */
    size_t path_length;
    struct node_builder *target; /* the leaf's own builder, last of the path */
    uint64_t row;                /* next row, within the row group */
    size_t segment;
    uint64_t position; /* of the next page in the segment */
    struct page *page;
    struct page *spare;
    uint64_t entries_left; /* of the page, those in the level buffer included */
    uint64_t page_end_row; /* first row after the page; UINT64_MAX = unknown */
    bool coded;            /* the page's values are dictionary codes */
    struct rle_decoder repetition;
    struct rle_decoder definition;
    size_t level_next;
    size_t level_count;
    uint32_t repetitions[CURSOR_LEVELS];
    uint32_t definitions[CURSOR_LEVELS];
    struct value_decoder values;
    struct dictionary *dictionary;
    uint8_t *scratch; /* owned */
    size_t scratch_capacity;
    const struct batch_memory *kept_page_for; /* this batch already keeps the page */
    const struct batch_memory *kept_dictionary_for;
};

/* `path` as described above; NULL for a cursor that only skips. */
void leaf_cursor_init(struct leaf_cursor *cursor, struct parquet_reader *reader, size_t leaf,
                      struct codec_decompressor *decompressor, struct node_builder **path,
                      size_t path_length);
void leaf_cursor_free(struct leaf_cursor *cursor);
/* Starts at the first row of a loaded plan, which must live as long as it is used. */
void leaf_cursor_start(struct leaf_cursor *cursor, const struct chunk_plan *plan);
/* Forward to a row of the row group. */
inlay_status leaf_cursor_seek(struct leaf_cursor *cursor, uint64_t row, inlay_error *err);
/* Appends the next `rows` rows to the builders. */
inlay_status leaf_cursor_read(struct leaf_cursor *cursor, uint64_t rows,
                              struct batch_memory *memory, inlay_error *err);
/* The first part of read: makes the next page with entries the present one (reader_pages.c). */
inlay_status leaf_cursor_next_page(struct leaf_cursor *cursor, inlay_error *err);
/* Loads the dictionary of a plan whose segments do not begin with it, unless it is there. */
inlay_status leaf_cursor_dictionary_ensure(struct leaf_cursor *cursor, inlay_error *err);
/* Skips whole pages that lie before `row` without loading them. */
inlay_status leaf_cursor_skip_pages(struct leaf_cursor *cursor, uint64_t row, inlay_error *err);
/* Appends `valid` values of the page into slots [first, first + slots) (reader_values.c). */
inlay_status leaf_cursor_values(struct leaf_cursor *cursor, uint64_t first, uint64_t slots,
                                uint64_t valid, struct batch_memory *memory, inlay_error *err);
/* Decodes a dictionary page, whose reference it takes, into cursor->dictionary. */
inlay_status leaf_cursor_dictionary(struct leaf_cursor *cursor, struct page *page,
                                    inlay_error *err);

/* ---- page cache (page_cache.c) ---- */

struct page_cache_key {
    uint64_t offset; /* of the page header in the file */
    uint32_t kind;   /* 0 page, 1 dictionary */
};

inlay_status page_cache_create(uint64_t limit, struct page_cache **out, inlay_error *err);
void page_cache_free(struct page_cache *cache);
/* The owner (page or dictionary) with a new reference, or NULL. */
struct colvec_owner *page_cache_get(struct page_cache *cache, struct page_cache_key key);
/* Offers an object of about `bytes` bytes; the cache takes its own reference, or does not. */
void page_cache_put(struct page_cache *cache, struct page_cache_key key, struct colvec_owner *owner,
                    uint64_t bytes);

#endif
