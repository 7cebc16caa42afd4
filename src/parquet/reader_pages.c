/* SPDX-License-Identifier: Apache-2.0 */
/* The page half of a leaf cursor: finding, loading, caching and skipping pages. */
#include "base/alloc.h"
#include "base/error.h"
#include "parquet/reader_priv.h"

#include <string.h>

static unsigned level_width(unsigned max_level)
{
    return max_level == 0 ? 0 : 32 - (unsigned)__builtin_clz(max_level);
}

static inlay_status at_page(const struct leaf_cursor *cursor, uint64_t offset, inlay_status status,
                            inlay_error *err)
{
    return reader_wrap(cursor->reader, cursor->plan->leaf, offset, status, err);
}

static void page_drop(struct leaf_cursor *cursor)
{
    if (cursor->page != NULL && cursor->spare == NULL && page_unshared(cursor->page)) {
        cursor->spare = cursor->page;
    } else if (cursor->page != NULL) {
        colvec_owner_release(&cursor->page->owner);
    }
    cursor->page = NULL;
    cursor->kept_page_for = NULL;
    cursor->entries_left = 0;
    cursor->level_next = 0;
    cursor->level_count = 0;
}

/* Loads the page at `position` of a segment, through the cache if the cursor uses it. */
static inlay_status page_get(struct leaf_cursor *cursor, const struct chunk_segment *segment,
                             uint64_t position, const struct parquet_page_header *header,
                             size_t header_size, struct page **out, inlay_error *err)
{
    struct page *spare = cursor->spare;
    cursor->spare = NULL;
    return page_load(&cursor->context, header, header_size, segment->data + position,
                     (size_t)(segment->length - position), segment->offset + position,
                     segment->backing, spare, out, err);
}

static inlay_status header_read(const struct chunk_segment *segment, uint64_t position,
                                struct parquet_page_header *header, size_t *header_size,
                                inlay_error *err)
{
    uint64_t left = segment->length - position;
    INLAY_TRY(parquet_page_header_read(segment->data + position, (size_t)left,
                                       segment->offset + position, header, header_size, err));
    if (header->compressed_size > left - *header_size) {
        return error_set(err, INLAY_CORRUPT,
                         "a page of %u bytes passes the end of its column chunk",
                         header->compressed_size);
    }
    return INLAY_OK;
}

static inlay_status dictionary_load(struct leaf_cursor *cursor, const struct chunk_segment *segment,
                                    uint64_t position, const struct parquet_page_header *header,
                                    size_t header_size, inlay_error *err)
{
    struct page_cache_key key = {segment->offset + position, 1};
    struct page *page = NULL;
    if (cursor->dictionary != NULL) {
        return error_set(err, INLAY_CORRUPT, "a second dictionary page");
    }
    INLAY_TRY(page_get(cursor, segment, position, header, header_size, &page, err));
    INLAY_TRY(leaf_cursor_dictionary(cursor, page, err));
    if (cursor->use_cache) {
        page_cache_put(cursor->reader->cache, key, &cursor->dictionary->owner,
                       (uint64_t)cursor->dictionary->count * cursor->convert->out_width +
                           header->uncompressed_size + sizeof(struct dictionary));
    }
    return INLAY_OK;
}

inlay_status leaf_cursor_dictionary_ensure(struct leaf_cursor *cursor, inlay_error *err)
{
    const struct chunk_segment *segment = &cursor->plan->dictionary;
    struct parquet_page_header header;
    size_t header_size;
    if (cursor->dictionary != NULL) {
        return INLAY_OK;
    }
    if (segment->length == 0) {
        return error_set(err, INLAY_CORRUPT, "dictionary codes without a dictionary page");
    }
    if (cursor->use_cache) {
        struct page_cache_key key = {segment->offset, 1};
        cursor->dictionary = (struct dictionary *)page_cache_get(cursor->reader->cache, key);
        if (cursor->dictionary != NULL) {
            return INLAY_OK;
        }
    }
    INLAY_TRY(header_read(segment, 0, &header, &header_size, err));
    if (header.type != PARQUET_DICTIONARY_PAGE) {
        return error_set(err, INLAY_CORRUPT, "no dictionary page where one should be");
    }
    return dictionary_load(cursor, segment, 0, &header, header_size, err);
}

/* Takes over the reference to `page` and points the decoders at its parts. */
static inlay_status page_enter(struct leaf_cursor *cursor, struct page *page, inlay_error *err)
{
    const struct chunk_segment *segment = &cursor->plan->segments[cursor->segment];
    const struct schema_leaf *leaf = cursor->leaf;
    const int32_t encoding = page->header.encoding;
    cursor->page = page;
    cursor->coded = encoding == PARQUET_RLE_DICTIONARY || encoding == PARQUET_PLAIN_DICTIONARY;
    cursor->page_end_row = UINT64_MAX;
    if (leaf->max_repetition == 0) {
        cursor->page_end_row = cursor->row + page->header.num_values;
    } else if (page->header.type == PARQUET_DATA_PAGE_V2) {
        cursor->page_end_row = cursor->row + page->header.num_rows;
    }
    if (cursor->page_end_row != UINT64_MAX && cursor->page_end_row > segment->end_row) {
        return error_set(err, INLAY_CORRUPT, "a page ends at row %llu where rows end at %llu",
                         (unsigned long long)cursor->page_end_row,
                         (unsigned long long)segment->end_row);
    }
    (void)rle_decoder_init(&cursor->repetition, page->repetition, page->repetition_size,
                           level_width(leaf->max_repetition));
    (void)rle_decoder_init(&cursor->definition, page->definition, page->definition_size,
                           level_width(leaf->max_definition));
    INLAY_TRY(value_decoder_init(&cursor->values, leaf->type, leaf->type_length,
                                 cursor->values.utf8, encoding, page->values, page->values_size,
                                 err));
    if (cursor->coded && page->values_size != 0) {
        INLAY_TRY(leaf_cursor_dictionary_ensure(cursor, err));
    } else {
        cursor->coded = cursor->coded && cursor->dictionary != NULL;
    }
    cursor->entries_left = page->header.num_values;
    return INLAY_OK;
}

static bool page_is_data(const struct parquet_page_header *header)
{
    return header->type == PARQUET_DATA_PAGE || header->type == PARQUET_DATA_PAGE_V2;
}

static bool cached_page_enter(struct leaf_cursor *cursor, const struct chunk_segment *segment,
                              inlay_status *status, inlay_error *err)
{
    struct page_cache_key key = {segment->offset + cursor->position, 0};
    struct page *page = (struct page *)page_cache_get(cursor->reader->cache, key);
    if (page == NULL) {
        return false;
    }
    cursor->position += (uint64_t)page->header_size + page->header.compressed_size;
    *status = page_enter(cursor, page, err);
    return true;
}

static inlay_status data_page_enter(struct leaf_cursor *cursor, const struct chunk_segment *segment,
                                    const struct parquet_page_header *header, size_t header_size,
                                    inlay_error *err)
{
    struct page *page = NULL;
    INLAY_TRY(page_get(cursor, segment, cursor->position, header, header_size, &page, err));
    if (cursor->use_cache) {
        struct page_cache_key key = {segment->offset + cursor->position, 0};
        page_cache_put(cursor->reader->cache, key, &page->owner, page->capacity + sizeof(*page));
    }
    cursor->position += header_size + header->compressed_size;
    return page_enter(cursor, page, err);
}

/* Handles whatever stands at the present position that is not a data page. */
static inlay_status other_page(struct leaf_cursor *cursor, const struct chunk_segment *segment,
                               const struct parquet_page_header *header, size_t header_size,
                               inlay_error *err)
{
    if (header->type == PARQUET_DICTIONARY_PAGE) {
        INLAY_TRY(dictionary_load(cursor, segment, cursor->position, header, header_size, err));
    }
    cursor->position += header_size + header->compressed_size;
    return INLAY_OK;
}

inlay_status leaf_cursor_next_page(struct leaf_cursor *cursor, inlay_error *err)
{
    const struct chunk_segment *segment = &cursor->plan->segments[cursor->segment];
    page_drop(cursor);
    while (cursor->entries_left == 0 && cursor->position < segment->length) {
        const uint64_t offset = segment->offset + cursor->position;
        struct parquet_page_header header;
        size_t header_size;
        inlay_status status;
        page_drop(cursor);
        if (cursor->use_cache && cached_page_enter(cursor, segment, &status, err)) {
            if (status != INLAY_OK) {
                return at_page(cursor, offset, status, err);
            }
            continue;
        }
        status = header_read(segment, cursor->position, &header, &header_size, err);
        if (status == INLAY_OK) {
            status = page_is_data(&header)
                         ? data_page_enter(cursor, segment, &header, header_size, err)
                         : other_page(cursor, segment, &header, header_size, err);
        }
        if (status != INLAY_OK) {
            return at_page(cursor, offset, status, err);
        }
    }
    return INLAY_OK;
}

inlay_status leaf_cursor_skip_pages(struct leaf_cursor *cursor, uint64_t row, inlay_error *err)
{
    const struct chunk_segment *segment = &cursor->plan->segments[cursor->segment];
    while (cursor->entries_left == 0 && cursor->position < segment->length && cursor->row < row) {
        const uint64_t offset = segment->offset + cursor->position;
        struct parquet_page_header header;
        size_t header_size;
        inlay_status status = header_read(segment, cursor->position, &header, &header_size, err);
        if (status == INLAY_OK && !page_is_data(&header)) {
            status = other_page(cursor, segment, &header, header_size, err);
        } else if (status == INLAY_OK) {
            bool known = cursor->leaf->max_repetition == 0 || header.type == PARQUET_DATA_PAGE_V2;
            uint64_t rows = cursor->leaf->max_repetition == 0 ? header.num_values : header.num_rows;
            if (!known || rows > row - cursor->row) {
                return INLAY_OK;
            }
            cursor->position += header_size + header.compressed_size;
            cursor->row += rows;
        }
        if (status != INLAY_OK) {
            return at_page(cursor, offset, status, err);
        }
    }
    return INLAY_OK;
}

void leaf_cursor_start(struct leaf_cursor *cursor, const struct chunk_plan *plan)
{
    page_drop(cursor);
    if (cursor->dictionary != NULL) {
        colvec_owner_release(&cursor->dictionary->owner);
        cursor->dictionary = NULL;
    }
    cursor->kept_dictionary_for = NULL;
    cursor->plan = plan;
    cursor->context.codec = plan->chunk->codec;
    cursor->segment = 0;
    cursor->position = 0;
    cursor->row = plan->segment_count != 0 ? plan->segments[0].first_row : 0;
}

void leaf_cursor_init(struct leaf_cursor *cursor, struct parquet_reader *reader, size_t leaf,
                      struct codec_decompressor *decompressor, struct node_builder **path,
                      size_t path_length)
{
    memset(cursor, 0, sizeof(*cursor));
    cursor->reader = reader;
    cursor->leaf = &reader->map.leaves[leaf];
    cursor->convert = &reader->converts[leaf];
    cursor->context.decompressor = decompressor;
    cursor->context.max_definition = cursor->leaf->max_definition;
    cursor->context.max_repetition = cursor->leaf->max_repetition;
    cursor->context.verify_crc = !reader->options.ignore_checksums;
    cursor->context.max_page_bytes = reader->options.max_page_bytes;
    cursor->values.utf8 =
        !reader->options.trusted_text && (cursor->leaf->field->type == COLUMN_UTF8 ||
                                          cursor->leaf->field->type == COLUMN_LARGE_UTF8);
    cursor->path = path;
    cursor->path_length = path_length;
    cursor->target = path_length != 0 ? path[path_length - 1] : NULL;
}

void leaf_cursor_free(struct leaf_cursor *cursor)
{
    page_drop(cursor);
    if (cursor->spare != NULL) {
        colvec_owner_release(&cursor->spare->owner);
        cursor->spare = NULL;
    }
    if (cursor->dictionary != NULL) {
        colvec_owner_release(&cursor->dictionary->owner);
        cursor->dictionary = NULL;
    }
    value_decoder_free(&cursor->values);
    mem_free(cursor->scratch);
    cursor->scratch = NULL;
}
