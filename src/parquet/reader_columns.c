/* SPDX-License-Identifier: Apache-2.0 */
/* Builders and cursors for a list of columns, wired together. */
#include "base/alloc.h"
#include "base/error.h"
#include "parquet/reader_priv.h"

#include <string.h>

/* The builders that `leaf` fills: those on its way down whose first leaf it is. */
static inlay_status path_make(struct column_set *set, struct node_builder *top, size_t leaf,
                              struct node_builder ***path, size_t *length, inlay_error *err)
{
    struct node_builder *b = top;
    size_t depth = 1;
    size_t i;
    while (!b->is_leaf) {
        for (i = 0; i + 1 < b->child_count && b->children[i + 1].node->first_leaf <= leaf; i++) {
        }
        b = &b->children[i];
        depth++;
    }
    *path = arena_alloc_array(&set->arena, depth, sizeof(**path));
    *length = 0;
    if (*path == NULL) {
        return error_no_memory(err);
    }
    for (b = top;; b = &b->children[i]) {
        if (b->node->first_leaf == leaf) {
            (*path)[(*length)++] = b;
        }
        if (b->is_leaf) {
            return INLAY_OK;
        }
        for (i = 0; i + 1 < b->child_count && b->children[i + 1].node->first_leaf <= leaf; i++) {
        }
    }
}

static inlay_status column_open(struct column_set *set, uint32_t column,
                                struct node_builder *builder, enum parquet_dictionary_form form,
                                bool use_cache, inlay_error *err)
{
    const struct schema_node *node;
    size_t i;
    if (column >= set->reader->map.schema.count) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "there is no column number %u", column);
    }
    INLAY_TRY(parquet_reader_column_check(set->reader, column, err));
    node = &set->reader->map.nodes[column];
    INLAY_TRY(node_builder_init(builder, set->reader, node, 0, 0, err));
    for (i = node->first_leaf; i < node->first_leaf + node->leaf_count; i++) {
        struct node_builder **path;
        struct leaf_cursor *cursor = &set->cursors[set->leaf_count];
        size_t length;
        INLAY_TRY(path_make(set, builder, i, &path, &length, err));
        leaf_cursor_init(cursor, set->reader, i, set->decompressor, path, length);
        cursor->dictionary_form = form;
        cursor->use_cache = use_cache;
        set->leaves[set->leaf_count++] = i;
    }
    return INLAY_OK;
}

inlay_status column_set_open(struct column_set *set, struct parquet_reader *reader,
                             const uint32_t *columns, size_t column_count,
                             enum parquet_dictionary_form form, bool use_cache, inlay_error *err)
{
    size_t leaves = 0;
    size_t i;
    memset(set, 0, sizeof(*set));
    arena_init(&set->arena, SIZE_MAX);
    set->reader = reader;
    set->decompressor = atomic_exchange(&reader->idle_decompressor, NULL);
    if (set->decompressor == NULL) {
        INLAY_TRY(codec_decompressor_create(&set->decompressor, err));
    }
    for (i = 0; i < column_count; i++) {
        leaves +=
            columns[i] < reader->map.schema.count ? reader->map.nodes[columns[i]].leaf_count : 0;
    }
    set->builders = mem_zalloc_array(column_count, sizeof(*set->builders));
    set->leaves = mem_alloc_array(leaves, sizeof(*set->leaves));
    set->cursors = mem_alloc_array(leaves, sizeof(*set->cursors));
    if (set->builders == NULL || set->leaves == NULL || set->cursors == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < column_count; i++) {
        set->column_count++;
        INLAY_TRY(column_open(set, columns[i], &set->builders[i], form, use_cache, err));
    }
    return INLAY_OK;
}

void column_set_close(struct column_set *set)
{
    struct codec_decompressor *expected = NULL;
    size_t i;
    for (i = 0; i < set->leaf_count; i++) {
        leaf_cursor_free(&set->cursors[i]);
    }
    for (i = 0; i < set->column_count; i++) {
        node_builder_free(&set->builders[i]);
    }
    mem_free(set->cursors);
    mem_free(set->leaves);
    mem_free(set->builders);
    if (set->reader != NULL) {
        arena_free(&set->arena);
        /* A codec context is dear to make: the next fetch takes it over. */
        if (set->decompressor == NULL ||
            !atomic_compare_exchange_strong(&set->reader->idle_decompressor, &expected,
                                            set->decompressor)) {
            codec_decompressor_free(set->decompressor);
        }
    }
    memset(set, 0, sizeof(*set));
}

inlay_status column_set_begin(struct column_set *set, struct batch_memory *memory, uint64_t rows,
                              inlay_error *err)
{
    size_t i;
    for (i = 0; i < set->column_count; i++) {
        INLAY_TRY(node_builder_begin(&set->builders[i], memory, rows, err));
    }
    for (i = 0; i < set->leaf_count; i++) {
        /* Another batch may have stood at the same address before. */
        set->cursors[i].kept_page_for = NULL;
        set->cursors[i].kept_dictionary_for = NULL;
    }
    return INLAY_OK;
}

void column_set_start(struct column_set *set, const struct row_group_plan *plan)
{
    size_t i;
    for (i = 0; i < set->leaf_count; i++) {
        leaf_cursor_start(&set->cursors[i], &plan->chunks[i]);
    }
}

inlay_status column_set_read(struct column_set *set, const struct parquet_row_range *ranges,
                             size_t range_count, struct batch_memory *memory, inlay_error *err)
{
    size_t leaf;
    size_t i;
    for (leaf = 0; leaf < set->leaf_count; leaf++) {
        struct leaf_cursor *cursor = &set->cursors[leaf];
        for (i = 0; i < range_count; i++) {
            if (cursor->row != ranges[i].first ||
                cursor->row >= cursor->plan->segments[cursor->segment].end_row) {
                INLAY_TRY(leaf_cursor_seek(cursor, ranges[i].first, err));
            }
            INLAY_TRY(leaf_cursor_read(cursor, ranges[i].count, memory, err));
        }
    }
    return INLAY_OK;
}

inlay_status column_set_finish(struct column_set *set, struct batch_memory *memory, uint64_t rows,
                               struct parquet_batch *out, inlay_error *err)
{
    struct colvec *columns =
        arena_zalloc_array(&memory->arena, set->column_count, sizeof(*columns));
    size_t i;
    if (columns == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < set->column_count; i++) {
        INLAY_TRY(node_builder_finish(&set->builders[i], memory, rows, &columns[i], err));
    }
    for (i = 0; i < set->column_count; i++) {
        columns[i].owner = colvec_owner_retain(&memory->owner);
    }
    out->row_count = rows;
    out->columns = columns;
    out->column_count = set->column_count;
    out->owner = &memory->owner;
    return INLAY_OK;
}
