/* SPDX-License-Identifier: Apache-2.0 */
#include "parquet/page.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/error.h"

#include <string.h>

static void page_destroy(struct colvec_owner *owner)
{
    struct page *page = (struct page *)owner;
    colvec_owner_release(page->backing);
    mem_free(page->buffer);
    mem_free(page);
}

bool page_unshared(struct page *page)
{
    /* Acquire: whoever dropped the other references has finished reading. */
    return atomic_load_explicit(&page->owner.references, memory_order_acquire) == 1;
}

static inlay_status page_blank(struct page *spare, struct page **out, inlay_error *err)
{
    if (spare != NULL) {
        uint8_t *buffer = spare->buffer;
        size_t capacity = spare->capacity;
        colvec_owner_release(spare->backing);
        memset(spare, 0, sizeof(*spare));
        spare->buffer = buffer;
        spare->capacity = capacity;
    } else {
        spare = mem_zalloc(sizeof(*spare));
        if (spare == NULL) {
            return error_no_memory(err);
        }
    }
    colvec_owner_init(&spare->owner, page_destroy);
    *out = spare;
    return INLAY_OK;
}

static inlay_status page_reserve(struct page *page, size_t size, inlay_error *err)
{
    if (page->capacity < size || page->buffer == NULL) {
        mem_free(page->buffer);
        page->capacity = 0;
        page->buffer = mem_alloc(size);
        if (page->buffer == NULL) {
            return error_no_memory(err);
        }
        page->capacity = size;
    }
    return INLAY_OK;
}

/* Uncompresses `size` bytes at `data` to page->buffer + at, which ends up holding `total`. */
static inlay_status body_uncompress(const struct page_context *context, struct page *page,
                                    const uint8_t *data, size_t size, size_t at, size_t total,
                                    inlay_error *err)
{
    INLAY_TRY(codec_decompress_check(context->codec, data, size, total - at, err));
    INLAY_TRY(page_reserve(page, total, err));
    return codec_decompress(context->decompressor, context->codec, data, size, page->buffer + at,
                            total - at, err);
}

static inlay_status v1_levels(const uint8_t **p, size_t *left, int32_t encoding,
                              const uint8_t **levels, size_t *size, const char *what,
                              inlay_error *err)
{
    uint32_t length;
    if (encoding != PARQUET_RLE) {
        return error_set(err, INLAY_UNSUPPORTED, "%s levels in encoding %d are not supported", what,
                         encoding);
    }
    if (*left < 4 || load_u32(*p) > *left - 4) {
        return error_set(err, INLAY_CORRUPT, "%s levels pass the end of their page", what);
    }
    length = load_u32(*p);
    *levels = *p + 4;
    *size = length;
    *p += 4 + (size_t)length;
    *left -= 4 + (size_t)length;
    return INLAY_OK;
}

static inlay_status v1_load(const struct page_context *context, struct page *page,
                            const uint8_t *data, size_t size, inlay_error *err)
{
    size_t left = page->header.uncompressed_size;
    if (context->codec != PARQUET_UNCOMPRESSED && left != 0) {
        INLAY_TRY(body_uncompress(context, page, data, size, 0, left, err));
        data = page->buffer;
    } else if (left > size) {
        return error_set(err, INLAY_CORRUPT, "page of %zu bytes stored in %zu", left, size);
    }
    if (page->header.type == PARQUET_DATA_PAGE) {
        if (context->max_repetition > 0) {
            INLAY_TRY(v1_levels(&data, &left, page->header.repetition_encoding, &page->repetition,
                                &page->repetition_size, "repetition", err));
        }
        if (context->max_definition > 0) {
            INLAY_TRY(v1_levels(&data, &left, page->header.definition_encoding, &page->definition,
                                &page->definition_size, "definition", err));
        }
    }
    page->values = data;
    page->values_size = left;
    return INLAY_OK;
}

/* Version 2: the levels come first and are never compressed. */
static inlay_status v2_load(const struct page_context *context, struct page *page,
                            const uint8_t *data, size_t size, inlay_error *err)
{
    const struct parquet_page_header *header = &page->header;
    size_t levels = (size_t)header->repetition_length + header->definition_length;
    size_t plain = header->uncompressed_size;
    if (levels > size || levels > plain) {
        return error_set(err, INLAY_CORRUPT, "levels pass the end of their page");
    }
    if (header->is_compressed && context->codec != PARQUET_UNCOMPRESSED && plain != levels) {
        INLAY_TRY(body_uncompress(context, page, data + levels, size - levels, levels, plain, err));
        memcpy(page->buffer, data, levels); /* no pointer into the compressed bytes stays */
        data = page->buffer;
    } else if (plain > size) {
        return error_set(err, INLAY_CORRUPT, "page of %zu bytes stored in %zu", plain, size);
    }
    page->repetition = context->max_repetition > 0 ? data : NULL;
    page->repetition_size = context->max_repetition > 0 ? header->repetition_length : 0;
    page->definition = context->max_definition > 0 ? data + header->repetition_length : NULL;
    page->definition_size = context->max_definition > 0 ? header->definition_length : 0;
    page->values = data + levels;
    page->values_size = plain - levels;
    return INLAY_OK;
}

static inlay_status crc_check(const struct page *page, const uint8_t *data, size_t size,
                              inlay_error *err)
{
    uint32_t crc = crc32_ieee(0, data, size);
    if (crc == page->header.crc) {
        return INLAY_OK;
    }
    error_set(err, INLAY_CORRUPT, "page checksum is wrong");
    error_expected(err, "%08x", page->header.crc);
    error_found(err, "%08x", crc);
    return INLAY_CORRUPT;
}

inlay_status page_load(const struct page_context *context, const struct parquet_page_header *header,
                       size_t header_size, const uint8_t *data, size_t size, uint64_t file_offset,
                       struct colvec_owner *backing, struct page *spare, struct page **out,
                       inlay_error *err)
{
    struct page *page = NULL;
    inlay_status status;
    *out = NULL;
    INLAY_TRY_GOTO(status, page_blank(spare, &page, err), cleanup);
    page->header = *header;
    page->header_size = (uint32_t)header_size;
    page->file_offset = file_offset;
    page->backing = colvec_owner_retain(backing);
    /* Statistics point into the header's bytes and are of no use from here on. */
    page->header.has_statistics = false;
    memset(&page->header.statistics, 0, sizeof(page->header.statistics));
    if (header_size > size || header->compressed_size > size - header_size) {
        status = error_set(err, INLAY_CORRUPT, "page passes the end of its column chunk");
        goto cleanup;
    }
    if (header->uncompressed_size > context->max_page_bytes) {
        status = error_set(err, INLAY_OVER_BUDGET, "page of %u bytes, the limit is %llu",
                           header->uncompressed_size, (unsigned long long)context->max_page_bytes);
        goto cleanup;
    }
    data += header_size;
    size = header->compressed_size;
    if (header->has_crc && context->verify_crc) {
        INLAY_TRY_GOTO(status, crc_check(page, data, size, err), cleanup);
    }
    status = header->type == PARQUET_DATA_PAGE_V2 ? v2_load(context, page, data, size, err)
                                                  : v1_load(context, page, data, size, err);
    if (status == INLAY_OK) {
        *out = page;
        page = NULL;
    }
cleanup:
    if (page != NULL) {
        colvec_owner_release(&page->owner);
    }
    return status;
}
