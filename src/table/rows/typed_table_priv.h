/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INLAY_TABLE_ROWS_TYPED_TABLE_PRIV_H
#define INLAY_TABLE_ROWS_TYPED_TABLE_PRIV_H

#include "table/rows/extremes.h"
#include "table/rows/superfile_cache.h"
#include "table/rows/typed_table.h"
#include "table/rows/value_counts.h"

/* What views of one version share. */
struct view_core {
    _Atomic int64_t references;
    struct snapshot *snapshot; /* one reference */
    struct entry_list list;    /* in order of the first _id */
    size_t column_count;       /* of the file schema */
    /* Owned; per column what value_counts.c learnt, NULL = nothing yet. Set once, never changed. */
    _Atomic(struct value_counts *) *counts;
    _Atomic(struct extreme *) *extremes; /* the same, the least and the greatest of each column */
};

struct typed_table {
    _Atomic int64_t references;
    struct table *table;
    struct schema columns;
    struct schema file_schema;
    struct typed_text_index *texts;
    size_t text_count;
    struct typed_vector_index *vectors;
    size_t vector_count;
    struct exec_pool *pool;
    struct provider *provider;
    char *location;
    char *spill_folder;
    size_t build_memory;
    struct superfile_cache cache;
    pthread_mutex_t view_lock;   /* guards what follows; nothing is locked or read under it */
    struct view_core *last_view; /* one reference: the next view is mostly of the same version */
};

#endif
