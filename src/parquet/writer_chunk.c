/* SPDX-License-Identifier: Apache-2.0 */
/* A finished chunk goes to the sink: dictionary page, data pages, indexes, Bloom filter. */
#include "parquet/writer_column.h"

#include "base/alloc.h"
#include "base/crc32c.h"
#include "base/error.h"
#include "parquet/bloom.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_FALSE_POSITIVES 0.01

static enum parquet_codec chunk_codec(const struct column_writer *column,
                                      const struct column_context *context)
{
    return column->use_codec == CHOICE_YES ? context->options.codec : PARQUET_UNCOMPRESSED;
}

/* ---- dictionary page ---- */

static inlay_status write_dictionary(struct column_writer *column, struct column_context *context,
                                     struct byte_sink *sink, struct parquet_column_chunk *chunk,
                                     inlay_error *err)
{
    struct parquet_page_header header;
    struct buffer *head = &context->other;
    buffer_clear(&context->body);
    buffer_clear(&context->packed);
    buffer_clear(head);
    writer_dictionary_write(&column->dictionary, &context->body);
    INLAY_TRY(buffer_status(&context->body, err));
    INLAY_TRY(codec_compress(context->compressor, chunk_codec(column, context),
                             context->options.level, context->body.data, context->body.len,
                             &context->packed, err));
    memset(&header, 0, sizeof(header));
    header.type = PARQUET_DICTIONARY_PAGE;
    header.uncompressed_size = (uint32_t)context->body.len;
    header.compressed_size = (uint32_t)context->packed.len;
    header.has_crc = true;
    header.crc = crc32_ieee(0, context->packed.data, context->packed.len);
    header.num_values = column->dictionary.count;
    header.encoding = PARQUET_PLAIN;
    parquet_page_header_write(&header, head);
    INLAY_TRY(buffer_status(head, err));
    chunk->dictionary_page_offset = sink->offset;
    column->body_bytes += head->len + context->body.len;
    INLAY_TRY(byte_sink_write(sink, head->data, head->len, err));
    return byte_sink_write(sink, context->packed.data, context->packed.len, err);
}

/* ---- statistics ---- */

static struct parquet_bytes to_arena(struct arena *arena, const void *data, size_t length,
                                     bool *failed)
{
    struct parquet_bytes out = {arena_dup(arena, data, length), length};
    *failed = *failed || out.data == NULL;
    return out;
}

static inlay_status fill_statistics(const struct column_writer *column, struct arena *arena,
                                    struct parquet_statistics *out, inlay_error *err)
{
    static const uint8_t nothing[1] = {0};
    struct parquet_bytes min = {column->min.bytes.data, column->min.bytes.len};
    struct parquet_bytes max = {column->max.bytes.data, column->max.bytes.len};
    bool cuttable = column->leaf->type == PARQUET_BYTE_ARRAY;
    bool failed = false;
    uint8_t shorter[BOUND_LIMIT];
    out->null_count = (int64_t)(column->entries - column->value_count);
    out->distinct_count =
        column->use_dictionary == CHOICE_YES ? (int64_t)column->dictionary.count : -1;
    min.data = min.data != NULL ? min.data : nothing; /* an empty string keeps no bytes */
    max.data = max.data != NULL ? max.data : nothing;
    if (column->min.present) {
        size_t length =
            cuttable ? value_truncate_min(min, BOUND_LIMIT, column->is_text) : min.length;
        out->min_exact = length == min.length;
        out->min_value = to_arena(arena, min.data, length, &failed);
        out->max_exact = !cuttable || max.length <= BOUND_LIMIT;
        length = max.length;
        if (!out->max_exact) {
            length = value_truncate_max(max, BOUND_LIMIT, column->is_text, shorter);
            max.data = shorter;
        }
        if (out->max_exact || length != 0) { /* else there is no short upper bound */
            out->max_value = to_arena(arena, max.data, length, &failed);
        }
    }
    return failed ? error_no_memory(err) : INLAY_OK;
}

/* ---- page indexes ---- */

static inlay_status make_offset_index(const struct column_writer *column, uint64_t data_start,
                                      struct chunk_index *out, inlay_error *err)
{
    struct parquet_offset_index index = {NULL, column->written_count};
    struct buffer bytes;
    inlay_status status;
    size_t i;
    buffer_init(&bytes, INT32_MAX);
    index.pages = mem_alloc_array(index.page_count, sizeof(*index.pages));
    if (index.pages == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < index.page_count; i++) {
        index.pages[i].offset = data_start + column->written[i].offset;
        index.pages[i].compressed_size = column->written[i].size;
        index.pages[i].first_row = column->written[i].first_row;
    }
    parquet_offset_index_write(&index, &bytes);
    mem_free(index.pages);
    status = buffer_status(&bytes, err);
    if (status != INLAY_OK) {
        buffer_free(&bytes);
        return status;
    }
    out->offset_index = buffer_take(&bytes, &out->offset_index_size);
    return INLAY_OK;
}

/* Are the bounds of the pages that have them sorted? `direction` 1: neither falls, -1: neither
 * rises. */
static bool bounds_sorted(const struct column_writer *column,
                          const struct parquet_column_index *index, int direction)
{
    const struct parquet_bytes *last_min = NULL;
    const struct parquet_bytes *last_max = NULL;
    size_t i;
    for (i = 0; i < index->page_count; i++) {
        if (index->null_pages[i]) {
            continue;
        }
        if (last_min != NULL &&
            (value_compare(column->order, *last_min, index->min_values[i]) == direction ||
             value_compare(column->order, *last_max, index->max_values[i]) == direction)) {
            return false;
        }
        last_min = &index->min_values[i];
        last_max = &index->max_values[i];
    }
    return true;
}

static bool can_index(const struct column_writer *column)
{
    size_t i;
    for (i = 0; i < column->written_count; i++) {
        if (!column->written[i].only_nulls && !column->written[i].has_bounds) {
            return false; /* only NaNs, or no order: the format then wants no index at all */
        }
    }
    return column->order != VALUE_ORDER_NONE;
}

static void fill_column_index(const struct column_writer *column,
                              struct parquet_column_index *index)
{
    static const uint8_t nothing[1] = {0};
    const uint8_t *bounds = column->bounds.data != NULL ? column->bounds.data : nothing;
    size_t i;
    for (i = 0; i < index->page_count; i++) {
        const struct written_page *page = &column->written[i];
        index->null_pages[i] = page->only_nulls;
        index->null_counts[i] = page->null_count;
        index->min_values[i].data = bounds + page->min_offset;
        index->min_values[i].length = page->min_length;
        index->max_values[i].data = bounds + page->max_offset;
        index->max_values[i].length = page->max_length;
    }
    index->order = bounds_sorted(column, index, 1)    ? PARQUET_ASCENDING
                   : bounds_sorted(column, index, -1) ? PARQUET_DESCENDING
                                                      : PARQUET_UNORDERED;
}

static inlay_status make_column_index(const struct column_writer *column, struct chunk_index *out,
                                      inlay_error *err)
{
    struct parquet_column_index index = {0};
    struct buffer bytes;
    inlay_status status = INLAY_OK;
    if (!can_index(column)) {
        return INLAY_OK;
    }
    buffer_init(&bytes, INT32_MAX);
    index.page_count = column->written_count;
    index.null_pages = mem_alloc_array(index.page_count, 1);
    index.null_counts = mem_alloc_array(index.page_count, sizeof(*index.null_counts));
    index.min_values = mem_alloc_array(index.page_count, sizeof(*index.min_values));
    index.max_values = mem_alloc_array(index.page_count, sizeof(*index.max_values));
    if (index.null_pages == NULL || index.null_counts == NULL || index.min_values == NULL ||
        index.max_values == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    fill_column_index(column, &index);
    parquet_column_index_write(&index, &bytes);
    INLAY_TRY_GOTO(status, buffer_status(&bytes, err), cleanup);
    out->column_index = buffer_take(&bytes, &out->column_index_size);
cleanup:
    buffer_free(&bytes);
    parquet_column_index_free(&index);
    return status;
}

/* ---- chunk ---- */

static void fill_encoding_stats(const struct column_writer *column, bool has_dictionary,
                                struct parquet_column_chunk *chunk)
{
    uint32_t n = 0;
    int32_t i;
    if (has_dictionary) {
        struct parquet_encoding_stat stat = {PARQUET_DICTIONARY_PAGE, PARQUET_PLAIN, 1};
        chunk->encoding_stats[n++] = stat;
    }
    for (i = 0; i <= PARQUET_BYTE_STREAM_SPLIT && n < PARQUET_MAX_ENCODING_STATS; i++) {
        if (column->pages_by_encoding[i] != 0) {
            struct parquet_encoding_stat stat = {PARQUET_DATA_PAGE, i,
                                                 column->pages_by_encoding[i]};
            chunk->encoding_stats[n++] = stat;
        }
    }
    chunk->encoding_stat_count = n;
}

inlay_status column_writer_write_chunk(struct column_writer *column, struct column_context *context,
                                       struct byte_sink *sink, struct arena *arena,
                                       struct parquet_column_chunk *chunk,
                                       struct chunk_index *index, inlay_error *err)
{
    bool has_dictionary = column->pages_by_encoding[PARQUET_RLE_DICTIONARY] != 0;
    memset(chunk, 0, sizeof(*chunk));
    chunk->type = column->leaf->type;
    chunk->codec = chunk_codec(column, context);
    chunk->start = sink->offset;
    if (has_dictionary) {
        INLAY_TRY(write_dictionary(column, context, sink, chunk, err));
        column->encodings |= 1u << PARQUET_PLAIN;
    }
    chunk->data_page_offset = sink->offset;
    INLAY_TRY(byte_sink_write(sink, column->pages.data, column->pages.len, err));
    chunk->encodings = column->encodings;
    chunk->num_values = column->entries;
    chunk->uncompressed_size = column->body_bytes;
    chunk->compressed_size = sink->offset - chunk->start;
    column->summary.encoded_bytes += chunk->compressed_size;
    fill_encoding_stats(column, has_dictionary, chunk);
    if (!column->options.raw) {
        chunk->has_statistics = true;
        INLAY_TRY(fill_statistics(column, arena, &chunk->statistics, err));
    }
    INLAY_TRY(make_offset_index(column, chunk->data_page_offset, index, err));
    return make_column_index(column, index, err);
}

/* ---- Bloom filter ---- */

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static size_t count_distinct(uint64_t *hashes, size_t count)
{
    size_t distinct = count != 0;
    size_t i;
    qsort(hashes, count, sizeof(*hashes), compare_u64);
    for (i = 1; i < count; i++) {
        distinct += hashes[i] != hashes[i - 1];
    }
    return distinct;
}

inlay_status column_writer_write_bloom(struct column_writer *column, struct byte_sink *sink,
                                       struct parquet_column_chunk *chunk, inlay_error *err)
{
    double fpp = column->options.bloom_false_positives > 0 ? column->options.bloom_false_positives
                                                           : DEFAULT_FALSE_POSITIVES;
    struct parquet_bloom_header header;
    struct buffer bytes;
    inlay_status status;
    uint8_t *bits;
    size_t i;
    if (!column->options.bloom_filter || column->leaf->type == PARQUET_BOOLEAN) {
        return INLAY_OK;
    }
    buffer_init(&bytes, INT32_MAX);
    header.num_bytes = bloom_size(count_distinct(column->hashes, column->hash_count), fpp);
    parquet_bloom_header_write(&header, &bytes);
    bits = buffer_extend(&bytes, header.num_bytes);
    if (bits != NULL) {
        memset(bits, 0, header.num_bytes);
        for (i = 0; i < column->hash_count; i++) {
            bloom_insert(bits, header.num_bytes, column->hashes[i]);
        }
    }
    chunk->bloom_filter_offset = sink->offset;
    chunk->bloom_filter_length = (uint32_t)bytes.len;
    status = buffer_status(&bytes, err);
    if (status == INLAY_OK) {
        status = byte_sink_write(sink, bytes.data, bytes.len, err);
    }
    buffer_free(&bytes);
    return status;
}
