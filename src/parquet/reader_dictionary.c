/* SPDX-License-Identifier: Apache-2.0 */
/* The values of a column chunk without its rows. */
#include "base/error.h"
#include "parquet/reader_priv.h"

#include <string.h>

/* Whether the footer says that every data page of the chunk holds dictionary codes. */
static bool pages_are_coded(const struct parquet_column_chunk *chunk)
{
    uint32_t i;
    for (i = 0; i < chunk->encoding_stat_count; i++) {
        const struct parquet_encoding_stat *stat = &chunk->encoding_stats[i];
        bool data = stat->page_type == PARQUET_DATA_PAGE || stat->page_type == PARQUET_DATA_PAGE_V2;
        bool coded =
            stat->encoding == PARQUET_RLE_DICTIONARY || stat->encoding == PARQUET_PLAIN_DICTIONARY;
        if (data && stat->count != 0 && !coded) {
            return false;
        }
    }
    /* Without a page index the dictionary cannot be read apart from the data. */
    return chunk->encoding_stat_count != 0 && chunk->offset_index_offset != 0;
}

static bool all_null(const struct parquet_column_chunk *chunk)
{
    return chunk->has_statistics && chunk->statistics.null_count >= 0 &&
           (uint64_t)chunk->statistics.null_count == chunk->num_values;
}

/* A decompressor is dear to make: one waits in the reader between fetches. */
static inlay_status decompressor_take(struct parquet_reader *reader,
                                      struct codec_decompressor **out, inlay_error *err)
{
    *out = atomic_exchange(&reader->idle_decompressor, NULL);
    return *out != NULL ? INLAY_OK : codec_decompressor_create(out, err);
}

static void decompressor_give_back(struct parquet_reader *reader, struct codec_decompressor *one)
{
    struct codec_decompressor *none = NULL;
    if (!atomic_compare_exchange_strong(&reader->idle_decompressor, &none, one)) {
        codec_decompressor_free(one);
    }
}

static inlay_status dictionary_decode(struct parquet_reader *reader, const struct chunk_plan *plan,
                                      struct dictionary **out, inlay_error *err)
{
    struct codec_decompressor *decompressor;
    struct leaf_cursor cursor;
    inlay_status status;
    INLAY_TRY(decompressor_take(reader, &decompressor, err));
    leaf_cursor_init(&cursor, reader, plan->leaf, decompressor, NULL, 0);
    cursor.use_cache = true;
    leaf_cursor_start(&cursor, plan);
    status = leaf_cursor_dictionary_ensure(&cursor, err);
    *out = cursor.dictionary;
    cursor.dictionary = NULL; /* its reference is ours now */
    leaf_cursor_free(&cursor);
    decompressor_give_back(reader, decompressor);
    return status;
}

/* *out is NULL when there are more values than wanted. */
static inlay_status dictionary_read(struct parquet_reader *reader, const struct chunk_plan *plan,
                                    uint64_t most, struct dictionary **out, inlay_error *err)
{
    const struct chunk_segment *segment = &plan->dictionary;
    struct page_cache_key key = {segment->offset, 1};
    struct parquet_page_header header;
    size_t header_size;
    *out = (struct dictionary *)page_cache_get(reader->cache, key);
    if (*out == NULL) {
        INLAY_TRY(parquet_page_header_read(segment->data, (size_t)segment->length, segment->offset,
                                           &header, &header_size, err));
        return header.num_values <= most ? dictionary_decode(reader, plan, out, err) : INLAY_OK;
    }
    if ((*out)->count > most) {
        colvec_owner_release(&(*out)->owner);
        *out = NULL;
    }
    return INLAY_OK;
}

inlay_status parquet_reader_dictionary(struct parquet_reader *reader, size_t row_group,
                                       size_t column, uint64_t most, struct colvec *out,
                                       bool *known, inlay_error *err)
{
    const struct schema_node *node = &reader->map.nodes[column];
    const struct parquet_column_chunk *chunk;
    const struct parquet_row_range nothing = {0, 0};
    struct dictionary *dictionary = NULL;
    struct row_group_plan plan;
    inlay_status status;
    memset(out, 0, sizeof(*out));
    *known = false;
    if (node->child_count != 0 || node->leaf_count != 1 ||
        reader->map.leaves[node->first_leaf].max_repetition != 0) {
        return INLAY_OK;
    }
    chunk = &reader->metadata.row_groups[row_group].columns[node->first_leaf];
    if (all_null(chunk)) {
        *known = true;
        return INLAY_OK;
    }
    if (!pages_are_coded(chunk) ||
        reader_bytes_view(reader, chunk->start, chunk->compressed_size) == NULL) {
        return INLAY_OK;
    }
    INLAY_TRY(
        row_group_plan_make(reader, row_group, &node->first_leaf, 1, &nothing, 0, &plan, err));
    status = row_group_plans_read(reader, &plan, 1, err);
    if (status == INLAY_OK && plan.chunks[0].dictionary.length != 0) {
        status = dictionary_read(reader, &plan.chunks[0], most, &dictionary, err);
    }
    if (status != INLAY_OK) {
        status = reader_wrap(reader, node->first_leaf, chunk->start, status, err);
    } else if (dictionary != NULL) {
        *out = dictionary->vector;
        out->owner = &dictionary->owner;
        *known = true;
    }
    row_group_plan_free(&plan);
    return status;
}
