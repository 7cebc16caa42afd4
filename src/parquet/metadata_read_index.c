/* SPDX-License-Identifier: Apache-2.0 */
/* Column index, offset index and Bloom filter header from untrusted bytes. */
#include "parquet/metadata.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "base/error.h"
#include "parquet/thrift.h"

#include <string.h>

/* Arrays here hold plain items, so a claimed count (at most one item per byte of input) may be
 * allocated at once: at most 24 bytes a byte. */
static void *list_alloc(struct reader *r, uint32_t count, size_t item_size)
{
    void *items;
    if (!reader_ok(r)) {
        return NULL;
    }
    items = mem_zalloc_array(count, item_size);
    if (items == NULL) {
        reader_fail(r, "out of memory");
        r->status = INLAY_NO_MEMORY;
    }
    return items;
}

static inlay_status finish(const struct reader *r, const char *context, inlay_error *err)
{
    if (r->status == INLAY_NO_MEMORY) {
        return error_no_memory(err);
    }
    return reader_status(r, context, err);
}

/* ---- offset index ---- */

static void read_page_location(struct reader *r, struct parquet_page_location *out)
{
    struct thrift_field f = {0, THRIFT_STOP};
    int64_t offset = -1;
    int64_t first_row = -1;
    int32_t size = -1;
    while (thrift_next_field(r, &f)) {
        if (f.id == 1) {
            offset = thrift_field_i64(r, &f);
        } else if (f.id == 2) {
            size = thrift_field_i32(r, &f);
        } else if (f.id == 3) {
            first_row = thrift_field_i64(r, &f);
        } else {
            thrift_skip_field(r, &f);
        }
    }
    if (offset < 0 || first_row < 0 || size < 0) {
        reader_fail(r, "page location lacks a field or has a negative one");
        return;
    }
    out->offset = (uint64_t)offset;
    out->compressed_size = (uint32_t)size;
    out->first_row = (uint64_t)first_row;
}

static void check_page_locations(struct reader *r, const struct parquet_offset_index *index,
                                 uint64_t file_size, uint64_t row_count)
{
    size_t i;
    for (i = 0; i < index->page_count; i++) {
        const struct parquet_page_location *page = &index->pages[i];
        if (!range_inside(page->offset, page->compressed_size, file_size)) {
            reader_fail(r, "a page lies outside the file");
        } else if (i == 0 ? page->first_row != 0 : page->first_row <= page[-1].first_row) {
            reader_fail(r, "page rows do not rise from 0");
        } else if (page->first_row >= row_count) {
            reader_fail(r, "a page starts after the row group's last row");
        } else if (i != 0 && page->offset < page[-1].offset + page[-1].compressed_size) {
            reader_fail(r, "pages overlap");
        }
    }
    if (index->page_count == 0 && row_count != 0) {
        reader_fail(r, "no pages");
    }
}

inlay_status parquet_offset_index_read(const uint8_t *data, size_t size, uint64_t base_offset,
                                       uint64_t file_size, uint64_t row_count,
                                       struct parquet_offset_index *out, inlay_error *err)
{
    struct thrift_field f = {0, THRIFT_STOP};
    struct reader r;
    memset(out, 0, sizeof(*out));
    reader_init(&r, data, size, base_offset);
    while (thrift_next_field(&r, &f)) {
        if (f.id == 1 && out->pages == NULL) {
            uint32_t count = thrift_field_list(&r, &f, THRIFT_STRUCT);
            uint32_t i;
            out->pages = list_alloc(&r, count, sizeof(*out->pages));
            for (i = 0; i < count && reader_ok(&r); i++) {
                read_page_location(&r, &out->pages[i]);
            }
            out->page_count = count;
        } else {
            thrift_skip_field(&r, &f);
        }
    }
    if (reader_ok(&r)) {
        check_page_locations(&r, out, file_size, row_count);
    }
    if (!reader_ok(&r)) {
        parquet_offset_index_free(out);
    }
    return finish(&r, "Parquet offset index", err);
}

void parquet_offset_index_free(struct parquet_offset_index *index)
{
    if (index != NULL) {
        mem_free(index->pages);
        memset(index, 0, sizeof(*index));
    }
}

/* ---- column index ---- */

static uint8_t *read_bool_list(struct reader *r, const struct thrift_field *f, uint32_t *count)
{
    uint32_t n = thrift_field_list(r, f, THRIFT_TRUE);
    uint8_t *items = list_alloc(r, n, 1);
    uint32_t i;
    for (i = 0; i < n && reader_ok(r); i++) {
        items[i] = thrift_element_bool(r);
    }
    *count = n;
    return items;
}

static struct parquet_bytes *read_binary_list(struct reader *r, const struct thrift_field *f,
                                              uint32_t *count)
{
    uint32_t n = thrift_field_list(r, f, THRIFT_BINARY);
    struct parquet_bytes *items = list_alloc(r, n, sizeof(*items));
    uint32_t i;
    for (i = 0; i < n && reader_ok(r); i++) {
        items[i].data = thrift_element_binary(r, &items[i].length);
    }
    *count = n;
    return items;
}

static int64_t *read_count_list(struct reader *r, const struct thrift_field *f, uint32_t *count)
{
    uint32_t n = thrift_field_list(r, f, THRIFT_I64);
    int64_t *items = list_alloc(r, n, sizeof(*items));
    uint32_t i;
    for (i = 0; i < n && reader_ok(r); i++) {
        items[i] = thrift_element_i64(r);
        if (items[i] < 0) {
            reader_fail(r, "negative null count");
        }
    }
    *count = n;
    return items;
}

static void read_column_index_fields(struct reader *r, struct parquet_column_index *out)
{
    struct thrift_field f = {0, THRIFT_STOP};
    uint32_t pages = 0;
    uint32_t mins = 0;
    uint32_t maxs = 0;
    uint32_t nulls = 0;
    while (thrift_next_field(r, &f)) {
        if (f.id == 1 && out->null_pages == NULL) {
            out->null_pages = read_bool_list(r, &f, &pages);
        } else if (f.id == 2 && out->min_values == NULL) {
            out->min_values = read_binary_list(r, &f, &mins);
        } else if (f.id == 3 && out->max_values == NULL) {
            out->max_values = read_binary_list(r, &f, &maxs);
        } else if (f.id == 4) {
            int32_t order = thrift_field_i32(r, &f);
            if (order < PARQUET_UNORDERED || order > PARQUET_DESCENDING) {
                reader_fail(r, "unknown boundary order");
            }
            out->order = (enum parquet_boundary_order)order;
        } else if (f.id == 5 && out->null_counts == NULL) {
            out->null_counts = read_count_list(r, &f, &nulls);
        } else {
            thrift_skip_field(r, &f);
        }
    }
    out->page_count = pages;
    if (out->null_pages == NULL || out->min_values == NULL || out->max_values == NULL ||
        mins != pages || maxs != pages || (out->null_counts != NULL && nulls != pages)) {
        reader_fail(r, "the lists are missing or differ in length");
    }
}

inlay_status parquet_column_index_read(const uint8_t *data, size_t size, uint64_t base_offset,
                                       struct parquet_column_index *out, inlay_error *err)
{
    struct reader r;
    memset(out, 0, sizeof(*out));
    reader_init(&r, data, size, base_offset);
    read_column_index_fields(&r, out);
    if (!reader_ok(&r)) {
        parquet_column_index_free(out);
    }
    return finish(&r, "Parquet column index", err);
}

void parquet_column_index_free(struct parquet_column_index *index)
{
    if (index != NULL) {
        mem_free(index->null_pages);
        mem_free(index->min_values);
        mem_free(index->max_values);
        mem_free(index->null_counts);
        memset(index, 0, sizeof(*index));
    }
}

/* ---- Bloom filter header ---- */

/* The union's first member is the only one that the format defines so far. */
static void expect_first_member(struct reader *r, const struct thrift_field *field)
{
    struct thrift_field f = {0, THRIFT_STOP};
    bool known = false;
    thrift_field_struct(r, field);
    while (thrift_next_field(r, &f)) {
        known = f.id == 1;
        thrift_skip_field(r, &f);
    }
    if (!known && reader_ok(r)) {
        reader_fail(r, "unknown algorithm, hash or compression");
        r->status = INLAY_UNSUPPORTED;
    }
}

inlay_status parquet_bloom_header_read(const uint8_t *data, size_t size, uint64_t base_offset,
                                       struct parquet_bloom_header *out, size_t *header_size,
                                       inlay_error *err)
{
    struct thrift_field f = {0, THRIFT_STOP};
    struct reader r;
    int32_t bytes = 0;
    memset(out, 0, sizeof(*out));
    *header_size = 0;
    reader_init(&r, data, size, base_offset);
    while (thrift_next_field(&r, &f)) {
        if (f.id == 1) {
            bytes = thrift_field_i32(&r, &f);
        } else if (f.id >= 2 && f.id <= 4) {
            expect_first_member(&r, &f);
        } else {
            thrift_skip_field(&r, &f);
        }
    }
    if (bytes < 32 || bytes % 32 != 0) {
        reader_fail(&r, "bitset size is not a positive multiple of 32");
    }
    if (reader_ok(&r)) {
        out->num_bytes = (uint32_t)bytes;
        *header_size = (size_t)(r.p - r.start);
    }
    return finish(&r, "Parquet Bloom filter", err);
}
