/* SPDX-License-Identifier: Apache-2.0 */
#include "superfile/layout.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"
#include "parquet/reader.h"
#include "superfile/superfile.h"
#include "superfile/verify_chunk.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAGIC = 4, TRAILER = 8, PADDING_MAX = 64, BLOOM_HEADER_MAX = 64, DETAIL_MAX = 320 };

struct survey {
    struct byte_source *source;
    struct layout *out;
    struct parquet_reader *reader;
    const struct parquet_file_metadata *metadata;
    struct superfile *file; /* NULL for a foreign file */
    const char **columns;   /* path of each leaf, in the arena */
};

const char *region_kind_name(enum region_kind kind)
{
    static const char *const names[] = {"magic",        "row group",  "column chunk", "page index",
                                        "bloom filter", "text index", "vector index", "id index",
                                        "hot region",   "footer",     "padding",      "unknown"};
    return names[kind];
}

/* ---- building the list ---- */

/* Appends a region without a detail; NULL: no memory. */
static struct region *add_region(struct layout *out, enum region_kind kind, uint64_t offset,
                                 uint64_t length)
{
    void *regions = out->regions;
    struct region *region;
    if (!mem_grow(&regions, &out->capacity, out->count + 1, sizeof(*out->regions))) {
        return NULL;
    }
    out->regions = regions;
    region = &out->regions[out->count++];
    memset(region, 0, sizeof(*region));
    region->kind = kind;
    region->row_group = -1;
    region->offset = offset;
    region->length = length;
    region->detail = "";
    return region;
}

static inlay_status describe(struct survey *s, struct region *region, inlay_error *err,
                             const char *format, ...) INLAY_PRINTF(4, 5);

static inlay_status describe(struct survey *s, struct region *region, inlay_error *err,
                             const char *format, ...)
{
    char text[DETAIL_MAX];
    va_list arguments;
    if (region == NULL) {
        return error_no_memory(err);
    }
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    region->detail = arena_strdup(&s->out->texts, text);
    return region->detail != NULL ? INLAY_OK : error_no_memory(err);
}

/* ---- leaves ---- */

static void append_name(char *path, size_t size, struct parquet_bytes name)
{
    size_t used = strlen(path);
    int length = name.length < size ? (int)name.length : (int)size;
    (void)snprintf(path + used, size - used, "%s%.*s", used != 0 ? "." : "", length,
                   (const char *)name.data);
}

/* The path of every leaf: its own name behind those of the groups around it. */
static inlay_status name_columns(struct survey *s, inlay_error *err)
{
    const struct parquet_schema_element *schema = s->metadata->schema;
    size_t group[PARQUET_MAX_SCHEMA_DEPTH + 1];
    uint32_t left[PARQUET_MAX_SCHEMA_DEPTH + 1];
    size_t depth = 0;
    size_t leaf = 0;
    size_t i;
    s->columns = arena_zalloc_array(&s->out->texts, s->metadata->leaf_count, sizeof(char *));
    if (s->columns == NULL) {
        return error_no_memory(err);
    }
    for (i = 1; i < s->metadata->schema_count; i++) {
        char path[512] = "";
        size_t g;
        for (; depth > 0 && left[depth - 1] == 0; depth--) {
        }
        if (depth > 0) {
            left[depth - 1]--;
        }
        if (schema[i].type ==
            PARQUET_GROUP) { /* no deeper than the limit: the reader has checked */
            group[depth] = i;
            left[depth++] = schema[i].child_count;
            continue;
        }
        for (g = 0; g < depth; g++) {
            append_name(path, sizeof(path), schema[group[g]].name);
        }
        append_name(path, sizeof(path), schema[i].name);
        s->columns[leaf] = arena_strdup(&s->out->texts, path);
        if (s->columns[leaf++] == NULL) {
            return error_no_memory(err);
        }
    }
    return INLAY_OK;
}

/* ---- column chunks ---- */

static const char *codec_name(int32_t codec)
{
    static const char *const names[] = {"uncompressed", "snappy", "gzip", "lzo",
                                        "brotli",       "lz4",    "zstd", "lz4_raw"};
    return codec >= 0 && codec < 8 ? names[codec] : "unknown codec";
}

static void list_encodings(uint32_t encodings, char *text, size_t size)
{
    static const char *const names[] = {"PLAIN",
                                        "?",
                                        "PLAIN_DICTIONARY",
                                        "RLE",
                                        "BIT_PACKED",
                                        "DELTA_BINARY_PACKED",
                                        "DELTA_LENGTH_BYTE_ARRAY",
                                        "DELTA_BYTE_ARRAY",
                                        "RLE_DICTIONARY",
                                        "BYTE_STREAM_SPLIT"};
    size_t used = 0;
    size_t i;
    text[0] = '\0';
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if ((encodings >> i & 1) != 0 && used < size) {
            used +=
                (size_t)snprintf(text + used, size - used, "%s%s", used != 0 ? " " : "", names[i]);
        }
    }
}

struct page_count {
    uint64_t data;
    uint64_t dictionary;
    uint64_t checksums;
};

static inlay_status count_pages(const struct survey *s, const struct parquet_column_chunk *chunk,
                                struct page_count *out, inlay_error *err)
{
    struct byte_slice bytes;
    inlay_status status = INLAY_OK;
    uint64_t position = 0;
    memset(out, 0, sizeof(*out));
    INLAY_TRY(byte_source_slice(s->source, chunk->start, chunk->compressed_size, &bytes, err));
    while (position < bytes.length && status == INLAY_OK) {
        size_t left = (size_t)(bytes.length - position);
        struct parquet_page_header header;
        size_t header_size;
        status = parquet_page_header_read(bytes.data + position, left, chunk->start + position,
                                          &header, &header_size, err);
        if (status == INLAY_OK && header.compressed_size > left - header_size) {
            status = verify_fail(s->source, chunk->start + position, err,
                                 "a page passes the end of its column chunk");
        }
        if (status == INLAY_OK) {
            out->dictionary += header.type == PARQUET_DICTIONARY_PAGE;
            out->data += header.type == PARQUET_DATA_PAGE || header.type == PARQUET_DATA_PAGE_V2;
            out->checksums += header.has_crc;
            position += header_size + header.compressed_size;
        }
    }
    byte_slice_free(&bytes);
    return status;
}

static inlay_status add_chunk(struct survey *s, size_t group, size_t leaf, inlay_error *err)
{
    const struct parquet_column_chunk *chunk = &s->metadata->row_groups[group].columns[leaf];
    struct region *region;
    struct page_count pages;
    char encodings[160];
    char nulls[40] = "";
    INLAY_TRY(count_pages(s, chunk, &pages, err));
    list_encodings(chunk->encodings, encodings, sizeof(encodings));
    if (chunk->has_statistics && chunk->statistics.null_count >= 0) {
        (void)snprintf(nulls, sizeof(nulls), "%" PRId64 " null, ", chunk->statistics.null_count);
    }
    region = add_region(s->out, REGION_COLUMN_CHUNK, chunk->start, chunk->compressed_size);
    INLAY_TRY(describe(s, region, err,
                       "%s, %s, %" PRIu64 " values, %s%" PRIu64 " page%s%s%s, %" PRIu64
                       " bytes uncompressed",
                       codec_name(chunk->codec), encodings, chunk->num_values, nulls, pages.data,
                       pages.data == 1 ? "" : "s", pages.dictionary != 0 ? " and a dictionary" : "",
                       pages.checksums != 0 ? "" : " without checksums", chunk->uncompressed_size));
    region->column = s->columns[leaf];
    region->row_group = (int64_t)group;
    return INLAY_OK;
}

/* ---- indexes and filters of chunks ---- */

static inlay_status add_index(struct survey *s, size_t group, size_t leaf, bool offsets,
                              inlay_error *err)
{
    const struct parquet_column_chunk *chunk = &s->metadata->row_groups[group].columns[leaf];
    struct region *region =
        add_region(s->out, REGION_PAGE_INDEX,
                   offsets ? chunk->offset_index_offset : chunk->column_index_offset,
                   offsets ? chunk->offset_index_length : chunk->column_index_length);
    INLAY_TRY(describe(s, region, err, offsets ? "places of pages" : "bounds of pages"));
    region->column = s->columns[leaf];
    region->row_group = (int64_t)group;
    return INLAY_OK;
}

static inlay_status add_filter(struct survey *s, size_t group, size_t leaf, inlay_error *err)
{
    const struct parquet_column_chunk *chunk = &s->metadata->row_groups[group].columns[leaf];
    uint64_t left = s->source->size - chunk->bloom_filter_offset;
    struct parquet_bloom_header header = {0};
    struct byte_slice bytes;
    struct region *region;
    size_t header_size = 0;
    uint64_t length;
    inlay_status status;
    INLAY_TRY(byte_source_slice(s->source, chunk->bloom_filter_offset,
                                left < BLOOM_HEADER_MAX ? left : BLOOM_HEADER_MAX, &bytes, err));
    status = parquet_bloom_header_read(bytes.data, (size_t)bytes.length, chunk->bloom_filter_offset,
                                       &header, &header_size, err);
    byte_slice_free(&bytes);
    if (status != INLAY_UNSUPPORTED) {
        INLAY_TRY(status);
    }
    length = chunk->bloom_filter_length != 0 ? chunk->bloom_filter_length
                                             : header_size + header.num_bytes;
    if (length > left) {
        return verify_fail(s->source, chunk->bloom_filter_offset, err,
                           "a Bloom filter passes the end of the file");
    }
    region = add_region(s->out, REGION_BLOOM_FILTER, chunk->bloom_filter_offset, length);
    INLAY_TRY(describe(s, region, err, "%u bytes of bits", header.num_bytes));
    region->column = s->columns[leaf];
    region->row_group = (int64_t)group;
    return INLAY_OK;
}

static inlay_status add_group(struct survey *s, size_t group, inlay_error *err)
{
    const struct parquet_row_group *stored = &s->metadata->row_groups[group];
    uint64_t start = UINT64_MAX;
    uint64_t end = 0;
    struct region *region;
    size_t i;
    for (i = 0; i < stored->column_count; i++) {
        const struct parquet_column_chunk *chunk = &stored->columns[i];
        if (chunk->compressed_size != 0 && chunk->num_values != 0) { /* else it may be anywhere */
            uint64_t chunk_end = chunk->start + chunk->compressed_size;
            start = chunk->start < start ? chunk->start : start;
            end = chunk_end > end ? chunk_end : end;
            INLAY_TRY(add_chunk(s, group, i, err));
        }
        if (chunk->column_index_length != 0) {
            INLAY_TRY(add_index(s, group, i, false, err));
        }
        if (chunk->offset_index_length != 0) {
            INLAY_TRY(add_index(s, group, i, true, err));
        }
        if (chunk->bloom_filter_offset != 0) {
            INLAY_TRY(add_filter(s, group, i, err));
        }
    }
    if (start < end) {
        region = add_region(s->out, REGION_ROW_GROUP, start, end - start);
        INLAY_TRY(describe(s, region, err,
                           "%" PRIu64 " rows, %zu column chunks, %" PRIu64 " bytes uncompressed",
                           stored->num_rows, stored->column_count, stored->total_byte_size));
        region->row_group = (int64_t)group;
    }
    return INLAY_OK;
}

/* ---- superfiles ---- */

static inlay_status add_text(struct survey *s, const struct section *section, inlay_error *err)
{
    struct text_index *index = superfile_text(s->file, section->column);
    uint64_t hot = superfile_hot_offset(s->file) + section->hot_offset;
    struct region *region;
    const char *column = arena_strdup(&s->out->texts, section->column);
    const struct text_index_info *info;
    if (column == NULL) {
        return error_no_memory(err);
    }
    info = text_index_info(index);
    region = add_region(s->out, REGION_TEXT_INDEX, section->body_offset, section->body_length);
    INLAY_TRY(
        describe(s, region, err,
                 "%" PRIu64 " documents, %" PRIu64 " terms, %" PRIu64 " postings, positions %s",
                 info->documents, info->terms, info->postings, info->positions ? "on" : "off"));
    region->column = column;
    region = add_region(s->out, REGION_TEXT_INDEX, hot, section->hot_length);
    INLAY_TRY(describe(s, region, err, "sparse term index, term filter, checksums"));
    region->column = column;
    return INLAY_OK;
}

static const char *metric_name(enum vector_metric metric)
{
    static const char *const names[] = {"?", "cosine", "l2", "inner product"};
    return names[metric];
}

static inlay_status add_vector(struct survey *s, const struct section *section, inlay_error *err)
{
    struct vector_index *index = superfile_vector(s->file, section->column);
    uint64_t hot = superfile_hot_offset(s->file) + section->hot_offset;
    struct region *region;
    const char *column = arena_strdup(&s->out->texts, section->column);
    const struct vector_index_info *info;
    if (column == NULL) {
        return error_no_memory(err);
    }
    info = vector_index_info(index);
    if (section->body_length != 0) { /* an index of no vectors has none */
        region =
            add_region(s->out, REGION_VECTOR_INDEX, section->body_offset, section->body_length);
        INLAY_TRY(describe(
            s, region, err, "%" PRIu64 " vectors of %u dimensions, %s, %u cells, 1 + %u bits",
            info->vectors, info->dim, metric_name(info->metric), info->cells, info->code_bits));
        region->column = column;
    }
    region = add_region(s->out, REGION_VECTOR_INDEX, hot, section->hot_length);
    INLAY_TRY(describe(s, region, err, "%u groups, centroids and sizes of %u cells", info->groups,
                       info->cells));
    region->column = column;
    return INLAY_OK;
}

static inlay_status add_section(struct survey *s, const struct section *section, inlay_error *err)
{
    uint64_t hot = superfile_hot_offset(s->file) + section->hot_offset;
    if ((section->type == SECTION_TEXT || section->type == SECTION_VECTOR) &&
        section->column == NULL) {
        return verify_fail(s->source, hot, err, "an index belongs to no column");
    }
    if (section->type == SECTION_TEXT) {
        return add_text(s, section, err);
    }
    if (section->type == SECTION_VECTOR) {
        return add_vector(s, section, err);
    }
    if (section->type == SECTION_ID_INDEX) {
        struct region *region = add_region(s->out, REGION_ID_INDEX, hot, section->hot_length);
        /* encoding u32 (1 = spans), rows u32, count u32; open has checked that they are there */
        uint8_t head[12];
        INLAY_TRY(byte_source_read_one(s->source, hot, sizeof(head), head, err));
        return describe(s, region, err, "%u rows as %u %s", load_u32(head + 4), load_u32(head + 8),
                        load_u32(head) == 1 ? "spans of consecutive ids" : "plain ids");
    }
    if (section->body_length != 0) {
        INLAY_TRY(describe(
            s, add_region(s->out, REGION_UNKNOWN, section->body_offset, section->body_length), err,
            "body of a section of type %u", section->type));
    }
    return describe(s, add_region(s->out, REGION_UNKNOWN, hot, section->hot_length), err,
                    "hot piece of a section of type %u", section->type);
}

static inlay_status add_superfile(struct survey *s, uint64_t footer, inlay_error *err)
{
    const struct hot_directory *directory = superfile_directory(s->file);
    uint64_t hot = superfile_hot_offset(s->file);
    size_t i;
    if (hot >= footer) {
        return verify_fail(s->source, footer, err, "the hot region lies behind the footer");
    }
    INLAY_TRY(describe(s, add_region(s->out, REGION_HOT, hot, footer - hot), err, "%zu sections",
                       directory->count));
    for (i = 0; i < directory->count; i++) {
        INLAY_TRY(add_section(s, &directory->sections[i], err));
    }
    return INLAY_OK;
}

/* ---- putting the list in order ---- */

static int by_place(const void *a, const void *b)
{
    const struct region *x = a;
    const struct region *y = b;
    if (x->offset != y->offset) {
        return x->offset < y->offset ? -1 : 1;
    }
    if (x->length != y->length) { /* what contains another comes first */
        return x->length > y->length ? -1 : 1;
    }
    return (x->kind > y->kind) - (x->kind < y->kind);
}

static inlay_status add_gap(struct survey *s, uint64_t from, uint64_t to, bool is_part,
                            inlay_error *err)
{
    struct byte_slice bytes;
    struct region *region;
    enum region_kind kind = REGION_UNKNOWN;
    if (from == to) {
        return INLAY_OK;
    }
    if (to - from < PADDING_MAX) {
        static const uint8_t zeros[PADDING_MAX] = {0};
        INLAY_TRY(byte_source_slice(s->source, from, to - from, &bytes, err));
        kind = memcmp(bytes.data, zeros, (size_t)bytes.length) == 0 ? REGION_PADDING : kind;
        byte_slice_free(&bytes);
    }
    region = add_region(s->out, kind, from, to - from);
    if (region == NULL) {
        return error_no_memory(err);
    }
    region->is_part = is_part;
    return INLAY_OK;
}

/* Where the region last placed on each level ends. */
struct placing {
    uint64_t outer;
    uint64_t part;
    bool fills; /* the outer region consists of its parts */
};

static inlay_status end_outer(struct survey *s, const struct placing *at, inlay_error *err)
{
    return at->fills ? add_gap(s, at->part, at->outer, true, err) : INLAY_OK;
}

static inlay_status place(struct survey *s, const struct region *from, struct placing *at,
                          inlay_error *err)
{
    struct region copy = *from;
    struct region *placed;
    uint64_t end = copy.offset + copy.length;
    copy.is_part = copy.offset < at->outer;
    if (copy.is_part && (copy.offset < at->part || end > at->outer)) {
        return verify_fail(s->source, copy.offset, err, "a %s overlaps what stands before it",
                           region_kind_name(copy.kind));
    }
    if (copy.is_part) {
        INLAY_TRY(at->fills ? add_gap(s, at->part, copy.offset, true, err) : INLAY_OK);
        at->part = end;
    } else {
        INLAY_TRY(end_outer(s, at, err));
        INLAY_TRY(add_gap(s, at->outer, copy.offset, false, err));
        at->outer = end;
        at->part = copy.offset;
        at->fills = copy.kind == REGION_ROW_GROUP;
    }
    placed = add_region(s->out, copy.kind, copy.offset, copy.length);
    if (placed == NULL) {
        return error_no_memory(err);
    }
    *placed = copy;
    return INLAY_OK;
}

/* Sorts, nests, and fills the gaps. */
static inlay_status arrange(struct survey *s, inlay_error *err)
{
    struct placing at = {0, 0, false};
    struct region *found = s->out->regions;
    size_t count = s->out->count;
    inlay_status status = INLAY_OK;
    size_t i;
    qsort(found, count, sizeof(*found), by_place);
    s->out->regions = NULL;
    s->out->count = 0;
    s->out->capacity = 0;
    for (i = 0; i < count && status == INLAY_OK; i++) {
        if (found[i].length != 0) {
            status = place(s, &found[i], &at, err);
        }
    }
    mem_free(found);
    INLAY_TRY(status);
    INLAY_TRY(end_outer(s, &at, err));
    return add_gap(s, at.outer, s->source->size, false, err);
}

/* ---- all of it ---- */

static inlay_status open_file(struct survey *s, inlay_error *err)
{
    struct parquet_bytes hot;
    INLAY_TRY(parquet_reader_open(s->source, NULL, &s->reader, err));
    s->metadata = parquet_reader_metadata(s->reader);
    if (parquet_reader_key_value(s->reader, "inlay.hot", &hot)) {
        INLAY_TRY(superfile_open(s->source, 0, &s->file, err));
    }
    s->out->is_superfile = s->file != NULL;
    s->out->rows = parquet_reader_rows(s->reader);
    return INLAY_OK;
}

static inlay_status add_frame(struct survey *s, uint64_t *footer, inlay_error *err)
{
    uint64_t size = s->source->size;
    uint8_t start[MAGIC];
    uint8_t trailer[TRAILER];
    *footer = 0;
    INLAY_TRY(byte_source_read_one(s->source, 0, MAGIC, start, err));
    INLAY_TRY(byte_source_read_one(s->source, size - TRAILER, TRAILER, trailer, err));
    if (memcmp(start, "PAR1", MAGIC) != 0) {
        return verify_fail(s->source, 0, err, "the file does not begin with PAR1");
    }
    *footer = size - TRAILER - load_u32(trailer);
    INLAY_TRY(describe(s, add_region(s->out, REGION_MAGIC, 0, MAGIC), err, "PAR1"));
    return describe(
        s, add_region(s->out, REGION_FOOTER, *footer, size - *footer), err,
        "%zu columns, %zu row groups, %zu keys, written by %.*s", s->metadata->leaf_count,
        s->metadata->row_group_count, s->metadata->key_value_count,
        s->metadata->created_by.length < 80 ? (int)s->metadata->created_by.length : 80,
        s->metadata->created_by.data != NULL ? (const char *)s->metadata->created_by.data : "");
}

static inlay_status survey_file(struct survey *s, inlay_error *err)
{
    uint64_t footer;
    size_t group;
    INLAY_TRY(open_file(s, err));
    INLAY_TRY(name_columns(s, err));
    INLAY_TRY(add_frame(s, &footer, err));
    for (group = 0; group < s->metadata->row_group_count; group++) {
        INLAY_TRY(add_group(s, group, err));
    }
    if (s->file != NULL) {
        INLAY_TRY(add_superfile(s, footer, err));
    }
    return arrange(s, err);
}

inlay_status superfile_layout(struct byte_source *source, struct layout *out, inlay_error *err)
{
    struct survey s;
    inlay_status status;
    memset(&s, 0, sizeof(s));
    memset(out, 0, sizeof(*out));
    arena_init(&out->texts, SIZE_MAX);
    s.source = source;
    s.out = out;
    status = survey_file(&s, err);
    if (status == INLAY_CORRUPT && err != NULL && err->key[0] == '\0') {
        error_key(err, source->name);
    }
    superfile_release(s.file);
    parquet_reader_close(s.reader);
    if (status != INLAY_OK) {
        layout_free(out);
    }
    return status;
}

void layout_free(struct layout *layout)
{
    if (layout != NULL) {
        mem_free(layout->regions);
        arena_free(&layout->texts);
        memset(layout, 0, sizeof(*layout));
    }
}
