/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table as rows: the handle of table/table.h together with its schema and text indexes. Appends
 * make superfiles and commit them; views pin a snapshot for reading. Thread-safe.
 */
#ifndef INLAY_TABLE_ROWS_TYPED_TABLE_H
#define INLAY_TABLE_ROWS_TYPED_TABLE_H

#include "columnar/schema.h"
#include "inlay/arrow.h"
#include "superfile/superfile.h"
#include "table/scan.h"
#include "table/table.h"

struct typed_text_index {
    char *column;                  /* owned */
    struct analyzer_config config; /* borrowed from the analyzer once created */
    struct analyzer *analyzer;     /* owned */
    bool positions;
    double k1;
    double b;
};

struct typed_vector_index {
    char *column; /* owned by the table */
    enum vector_metric metric;
    unsigned code_bits; /* 4 or 8; 0 = 4 */
    uint32_t cell_rows; /* wanted rows per cell; 0 = the builder's choice */
};

struct typed_table_options {
    struct provider *provider;  /* the same as the table's; borrowed */
    const char *location;       /* of the table in the provider; copied */
    struct io_account *account; /* counts what reading costs; borrowed, may be NULL */
    const char *spill_folder;   /* copied; NULL = the system's temporary folder */
    size_t build_memory;        /* bytes for the index builders of one append; 0 = 128 MiB */
    size_t open_superfiles;     /* most kept open; 0 = 1024 */
    const struct typed_vector_index *vectors; /* copied */
    size_t vector_count;
    struct exec_pool *pool; /* builds vector indexes; borrowed, may be NULL */
};

struct typed_table;

/* Takes `table`, the schema (without _id) and the text indexes over, also on failure: they are
 * closed and freed with the typed table. INLAY_SCHEMA when a text index names no utf8 column or a
 * vector index no vector column. */
inlay_status typed_table_create(struct table *table, struct schema *columns,
                                struct typed_text_index *texts, size_t text_count,
                                const struct typed_table_options *options, struct typed_table **out,
                                inlay_error *err);
struct typed_table *typed_table_retain(struct typed_table *table);
void typed_table_release(struct typed_table *table);       /* NULL-safe */
void typed_text_index_free(struct typed_text_index *text); /* what it owns */

struct table *typed_table_handle(struct typed_table *table);
const struct schema *typed_table_columns(const struct typed_table *table);     /* without _id */
const struct schema *typed_table_file_schema(const struct typed_table *table); /* _id first */
const char *typed_table_location(const struct typed_table *table);             /* in its provider */
/* NULL: no such index. */
const struct typed_text_index *typed_table_text(const struct typed_table *table,
                                                const char *column);
const struct typed_text_index *typed_table_texts(const struct typed_table *table, size_t *count);
const struct typed_vector_index *typed_table_vector(const struct typed_table *table,
                                                    const char *column);
const struct typed_vector_index *typed_table_vectors(const struct typed_table *table,
                                                     size_t *count);

/* ---- appending (append.c) ---- */

struct typed_append_options {
    uint64_t target_bytes; /* of input per superfile; 0 = 256 MiB, or 1 GiB with vector indexes */
    /* Called between batches; anything but INLAY_OK ends the append. May be NULL. */
    inlay_status (*progress)(void *context, uint64_t rows, uint64_t bytes, inlay_error *err);
    void *context;
    /* May add to the commit's change, once per append, before it is published. May be NULL. */
    inlay_status (*decorate)(void *context, struct change *change, inlay_error *err);
    /* Of the building of vector indexes, which begins when a superfile is full. May be NULL. */
    const struct cancel_token *cancel;
    struct progress *index_progress;
    uint32_t row_group_rows; /* most rows of a row group and of a page; 0 = the writer's choice */
    uint32_t page_rows;
};

struct typed_append_result {
    uint64_t rows;
    uint64_t superfiles;
    uint64_t bytes_in;
    uint64_t bytes_written;
    uint64_t version; /* 0: nothing was appended */
    struct id128 first_id;
    struct id128 last_id;
};

/* Appends a stream (released in any case) in one commit. Rows become visible all or none. */
inlay_status typed_table_append(struct typed_table *table, struct ArrowArrayStream *rows,
                                const struct typed_append_options *options,
                                struct typed_append_result *result, inlay_error *err);

/* ---- reading ---- */

/* One pinned version: its superfiles in order of their first _id. Reference counted, immutable. */
struct table_view {
    _Atomic int64_t references;
    struct typed_table *table; /* one reference */
    struct view_core *core;    /* one reference; views of one version share it */
    struct snapshot *snapshot; /* the core's, as is the list */
    struct entry_list list;
};

/* Of the version that the handle's consistency gives (NULL), or of a snapshot (borrowed). */
inlay_status table_view_open(struct typed_table *table, struct snapshot *snapshot,
                             struct table_view **out, inlay_error *err);
struct table_view *table_view_retain(struct table_view *view);
void table_view_release(struct table_view *view); /* NULL-safe */
uint64_t table_view_rows(const struct table_view *view);
/* The open superfile of the view's i-th entry; the caller releases it. */
inlay_status table_view_superfile(struct table_view *view, size_t index, struct superfile **out,
                                  inlay_error *err);
/* Its bytes, unopened: for looking at files that may be damaged. The caller releases the source. */
inlay_status table_view_source(struct table_view *view, size_t index, struct byte_source **out,
                               inlay_error *err);

#endif
