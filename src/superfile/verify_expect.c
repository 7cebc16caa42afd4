/* SPDX-License-Identifier: Apache-2.0 */
/* What indexes, Bloom filter and footer must say of a column chunk whose values are known. */
#include "superfile/verify_chunk.h"

#include "base/alloc.h"
#include "base/error.h"
#include "parquet/writer_column.h"

#include <string.h>

/* ---- page index ---- */

static inlay_status expect_offset_index(const struct chunk_facts *facts, struct buffer *out,
                                        inlay_error *err)
{
    struct parquet_offset_index index = {NULL, facts->page_count};
    size_t i;
    index.pages = mem_alloc_array(facts->page_count, sizeof(*index.pages));
    if (index.pages == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < facts->page_count; i++) {
        index.pages[i].offset = facts->pages[i].offset;
        index.pages[i].compressed_size = facts->pages[i].size;
        index.pages[i].first_row = facts->pages[i].first_row;
    }
    parquet_offset_index_write(&index, out);
    mem_free(index.pages);
    return buffer_status(out, err);
}

/* Are the bounds of the pages that have them sorted? `direction` 1: neither falls, -1: neither
 * rises. */
static bool is_sorted(enum value_order order, const struct parquet_column_index *index,
                      int direction)
{
    size_t last = SIZE_MAX;
    size_t i;
    for (i = 0; i < index->page_count; i++) {
        if (index->null_pages[i] != 0) {
            continue;
        }
        if (last != SIZE_MAX &&
            (value_compare(order, index->min_values[last], index->min_values[i]) == direction ||
             value_compare(order, index->max_values[last], index->max_values[i]) == direction)) {
            return false;
        }
        last = i;
    }
    return true;
}

static void fill_column_index(const struct chunk_input *in, const struct chunk_facts *facts,
                              struct parquet_column_index *index)
{
    static const uint8_t nothing[1] = {0};
    const uint8_t *bounds = facts->bounds.data != NULL ? facts->bounds.data : nothing;
    enum value_order order = value_order_of(in->leaf);
    size_t i;
    for (i = 0; i < index->page_count; i++) {
        const struct page_fact *page = &facts->pages[i];
        index->null_pages[i] = page->only_nulls;
        index->null_counts[i] = (int64_t)page->nulls;
        index->min_values[i] = (struct parquet_bytes){bounds + page->min_offset, page->min_length};
        index->max_values[i] = (struct parquet_bytes){bounds + page->max_offset, page->max_length};
    }
    index->order = is_sorted(order, index, 1)    ? PARQUET_ASCENDING
                   : is_sorted(order, index, -1) ? PARQUET_DESCENDING
                                                 : PARQUET_UNORDERED;
}

static inlay_status expect_column_index(const struct chunk_input *in,
                                        const struct chunk_facts *facts, struct buffer *out,
                                        inlay_error *err)
{
    struct parquet_column_index index = {0};
    size_t count = facts->page_count;
    inlay_status status;
    index.page_count = count;
    index.null_pages = mem_alloc_array(count, 1);
    index.null_counts = mem_alloc_array(count, sizeof(*index.null_counts));
    index.min_values = mem_alloc_array(count, sizeof(*index.min_values));
    index.max_values = mem_alloc_array(count, sizeof(*index.max_values));
    if (index.null_pages == NULL || index.null_counts == NULL || index.min_values == NULL ||
        index.max_values == NULL) {
        status = error_no_memory(err);
    } else {
        fill_column_index(in, facts, &index);
        parquet_column_index_write(&index, out);
        status = buffer_status(out, err);
    }
    parquet_column_index_free(&index);
    return status;
}

/* A column index is left out of raw columns, and when a page has values but no bounds. */
static bool has_column_index(const struct chunk_input *in, const struct chunk_facts *facts)
{
    size_t i;
    for (i = 0; i < facts->page_count; i++) {
        if (!facts->pages[i].only_nulls && !facts->pages[i].has_bounds) {
            return false;
        }
    }
    return in->chunk->has_statistics && value_order_of(in->leaf) != VALUE_ORDER_NONE;
}

static inlay_status compare_stored(const struct chunk_input *in, uint64_t offset, uint64_t length,
                                   const struct buffer *expected, const char *what,
                                   inlay_error *err)
{
    if (length != expected->len) {
        return verify_fail(in->source, offset, err,
                           "column '%s': %s has %llu bytes where its pages make %zu",
                           in->leaf->field->name, what, (unsigned long long)length, expected->len);
    }
    return verify_same_bytes(in->source, offset, expected, what, err);
}

static inlay_status compare_exactly(const struct chunk_input *in, const struct chunk_facts *facts,
                                    inlay_error *err)
{
    const struct parquet_column_chunk *chunk = in->chunk;
    struct buffer expected;
    inlay_status status;
    buffer_init(&expected, SIZE_MAX);
    status = expect_offset_index(facts, &expected, err);
    if (status == INLAY_OK) {
        status = compare_stored(in, chunk->offset_index_offset, chunk->offset_index_length,
                                &expected, "the offset index", err);
    }
    buffer_clear(&expected);
    if (status == INLAY_OK && has_column_index(in, facts)) {
        status = expect_column_index(in, facts, &expected, err);
    }
    if (status == INLAY_OK) {
        status = compare_stored(in, chunk->column_index_offset, chunk->column_index_length,
                                &expected, "the column index", err);
    }
    buffer_free(&expected);
    return status;
}

/* ---- foreign files ---- */

static inlay_status compare_offset_index(const struct chunk_input *in,
                                         const struct chunk_facts *facts, size_t *pages,
                                         inlay_error *err)
{
    const struct parquet_column_chunk *chunk = in->chunk;
    struct parquet_offset_index index;
    struct byte_slice bytes;
    inlay_status status;
    size_t i;
    INLAY_TRY(byte_source_slice(in->source, chunk->offset_index_offset, chunk->offset_index_length,
                                &bytes, err));
    status = parquet_offset_index_read(bytes.data, (size_t)bytes.length, chunk->offset_index_offset,
                                       in->source->size, in->rows, &index, err);
    byte_slice_free(&bytes);
    if (status == INLAY_CORRUPT) {
        error_key(err, in->source->name);
    }
    INLAY_TRY(status);
    *pages = index.page_count;
    if (index.page_count != facts->page_count) {
        status = verify_fail(in->source, chunk->offset_index_offset, err,
                             "column '%s' has %zu pages, its offset index %zu",
                             in->leaf->field->name, facts->page_count, index.page_count);
    }
    for (i = 0; i < index.page_count && status == INLAY_OK; i++) {
        const struct page_fact *page = &facts->pages[i];
        const struct parquet_page_location *stored = &index.pages[i];
        if (stored->offset != page->offset || stored->compressed_size != page->size ||
            (facts->decoded && stored->first_row != page->first_row)) {
            status = verify_fail(in->source, chunk->offset_index_offset, err,
                                 "column '%s': the offset index has page %zu elsewhere",
                                 in->leaf->field->name, i);
        }
    }
    parquet_offset_index_free(&index);
    return status;
}

/* Bounds only spare work, and readers ignore malformed ones that old writers left; what can be
 * read must fit the pages. */
static inlay_status compare_column_index(const struct chunk_input *in,
                                         const struct chunk_facts *facts, inlay_error *err)
{
    const struct parquet_column_chunk *chunk = in->chunk;
    struct parquet_column_index index;
    struct byte_slice bytes;
    inlay_status status;
    size_t i;
    INLAY_TRY(byte_source_slice(in->source, chunk->column_index_offset, chunk->column_index_length,
                                &bytes, err));
    status = parquet_column_index_read(bytes.data, (size_t)bytes.length, chunk->column_index_offset,
                                       &index, NULL);
    if (status != INLAY_OK) {
        byte_slice_free(&bytes);
        return status == INLAY_NO_MEMORY ? error_no_memory(err) : INLAY_OK;
    }
    for (i = 0; i < index.page_count && status == INLAY_OK; i++) {
        if (index.page_count != facts->page_count ||
            (facts->decoded && index.null_pages[i] != 0 && !facts->pages[i].only_nulls)) {
            status = verify_fail(in->source, chunk->column_index_offset, err,
                                 "column '%s': the column index does not fit the pages",
                                 in->leaf->field->name);
        }
    }
    parquet_column_index_free(&index);
    byte_slice_free(&bytes);
    return status;
}

/* ---- Bloom filter ---- */

/* Every value is in the stored filter; in a superfile nothing else is. */
static inlay_status compare_filter(const struct chunk_input *in, const struct chunk_facts *facts,
                                   inlay_error *err)
{
    const struct parquet_column_chunk *chunk = in->chunk;
    struct parquet_bloom_header header = {(uint32_t)facts->filter.len};
    uint64_t left = in->source->size - chunk->bloom_filter_offset;
    struct byte_slice stored = {NULL, 0, NULL};
    struct byte_slice head;
    struct buffer expected;
    size_t header_size;
    size_t i;
    inlay_status status;
    buffer_init(&expected, SIZE_MAX);
    if (in->strict) {
        parquet_bloom_header_write(&header, &expected);
        buffer_append(&expected, facts->filter.data, facts->filter.len);
        status = compare_stored(in, chunk->bloom_filter_offset, chunk->bloom_filter_length,
                                &expected, "the Bloom filter", err);
        buffer_free(&expected);
        return status;
    }
    INLAY_TRY(byte_source_slice(in->source, chunk->bloom_filter_offset, left < 64 ? left : 64,
                                &head, err));
    status = parquet_bloom_header_read(head.data, (size_t)head.length, chunk->bloom_filter_offset,
                                       &header, &header_size, err);
    byte_slice_free(&head);
    INLAY_TRY(status);
    INLAY_TRY(byte_source_slice(in->source, chunk->bloom_filter_offset + header_size,
                                facts->filter.len, &stored, err));
    for (i = 0; i < facts->filter.len && status == INLAY_OK; i++) {
        if ((facts->filter.data[i] & ~stored.data[i]) != 0) {
            status = verify_fail(in->source, chunk->bloom_filter_offset + header_size + i, err,
                                 "column '%s': a value is missing in the Bloom filter",
                                 in->leaf->field->name);
        }
    }
    byte_slice_free(&stored);
    return status;
}

inlay_status chunk_facts_compare(const struct chunk_input *in, const struct chunk_facts *facts,
                                 inlay_error *err)
{
    const struct parquet_column_chunk *chunk = in->chunk;
    size_t pages = facts->page_count;
    if (in->strict) {
        INLAY_TRY(compare_exactly(in, facts, err));
    } else {
        if (chunk->offset_index_offset != 0) {
            INLAY_TRY(compare_offset_index(in, facts, &pages, err));
        }
        if (chunk->column_index_offset != 0) {
            INLAY_TRY(compare_column_index(in, facts, err));
        }
    }
    return facts->decoded && facts->filter.len != 0 ? compare_filter(in, facts, err) : INLAY_OK;
}

/* ---- footer ---- */

static void expect_encodings(const struct chunk_facts *facts, struct parquet_column_chunk *out)
{
    uint32_t n = 0;
    int32_t i;
    out->encodings = facts->encodings;
    if (facts->dictionary_offset != 0) {
        out->encodings |= 1u << PARQUET_PLAIN;
        out->encoding_stats[n++] =
            (struct parquet_encoding_stat){PARQUET_DICTIONARY_PAGE, PARQUET_PLAIN, 1};
    }
    for (i = 0; i <= PARQUET_BYTE_STREAM_SPLIT && n < PARQUET_MAX_ENCODING_STATS; i++) {
        if (facts->pages_by_encoding[i] != 0) {
            out->encoding_stats[n++] =
                (struct parquet_encoding_stat){PARQUET_DATA_PAGE, i, facts->pages_by_encoding[i]};
        }
    }
    out->encoding_stat_count = n;
}

static void expect_statistics(const struct chunk_input *in, const struct chunk_facts *facts,
                              uint8_t room[128], struct parquet_statistics *out)
{
    static const uint8_t nothing[1] = {0};
    const struct schema_leaf *leaf = in->leaf;
    bool is_text = leaf->field->type == COLUMN_UTF8 || leaf->field->type == COLUMN_LARGE_UTF8;
    bool cuttable = leaf->type == PARQUET_BYTE_ARRAY;
    struct parquet_bytes min = {facts->min.bytes.data, facts->min.bytes.len};
    struct parquet_bytes max = {facts->max.bytes.data, facts->max.bytes.len};
    memset(out, 0, sizeof(*out));
    out->null_count = (int64_t)(facts->entries - facts->values);
    out->distinct_count =
        facts->dictionary_offset != 0 && facts->all_coded ? (int64_t)facts->dictionary_count : -1;
    if (!facts->min.present) {
        return;
    }
    min.data = min.data != NULL ? min.data : nothing;
    max.data = max.data != NULL ? max.data : nothing;
    out->min_value = min;
    out->min_value.length = cuttable ? value_truncate_min(min, BOUND_LIMIT, is_text) : min.length;
    out->min_exact = out->min_value.length == min.length;
    out->max_exact = !cuttable || max.length <= BOUND_LIMIT;
    if (!out->max_exact) {
        max.length = value_truncate_max(max, BOUND_LIMIT, is_text, room);
        max.data = max.length != 0 ? room : NULL; /* there may be no short upper bound */
    }
    out->max_value = max;
}

void chunk_facts_expected(const struct chunk_input *in, const struct chunk_facts *facts,
                          uint8_t room[128], struct parquet_column_chunk *out)
{
    *out = *in->chunk;
    out->num_values = facts->entries;
    out->uncompressed_size = facts->uncompressed_bytes;
    out->data_page_offset = facts->data_offset;
    out->dictionary_page_offset = facts->dictionary_offset;
    expect_encodings(facts, out);
    if (out->has_statistics) {
        expect_statistics(in, facts, room, &out->statistics);
    }
}
