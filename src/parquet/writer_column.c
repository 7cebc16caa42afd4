/* SPDX-License-Identifier: Apache-2.0 */
/* A staged page becomes an encoded one: bounds, levels, values, compression, header. */
#include "parquet/writer_column.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/error.h"
#include "parquet/bloom.h"
#include "parquet/encode.h"

#include <string.h>

#define SAMPLE_BYTES 1024  /* a page smaller than this says nothing about the codec */
#define DICTIONARY_SHARE 4 /* pages that the first page's entries are expected to serve */
#define CHUNK_CAP ((size_t)1 << 40)

void column_writer_init(struct column_writer *column, const struct schema_map *map, size_t leaf,
                        const struct column_context *context,
                        const struct parquet_column_options *options)
{
    const struct schema_leaf *l = &map->leaves[leaf];
    memset(column, 0, sizeof(*column));
    column->leaf = l;
    column->options = *options;
    column->order = options->raw ? VALUE_ORDER_NONE : value_order_of(l);
    column->is_text = l->field->type == COLUMN_UTF8 || l->field->type == COLUMN_LARGE_UTF8;
    leaf_stage_init(&column->stage, map, leaf, context->options.page_rows,
                    context->options.page_bytes);
    buffer_init(&column->pages, CHUNK_CAP);
    buffer_init(&column->bounds, CHUNK_CAP);
    buffer_init(&column->min.bytes, SIZE_MAX);
    buffer_init(&column->max.bytes, SIZE_MAX);
    buffer_init(&column->file_min.bytes, SIZE_MAX);
    buffer_init(&column->file_max.bytes, SIZE_MAX);
    writer_dictionary_init(&column->dictionary, column->stage.width);
    column_writer_reset(column);
}

void column_writer_free(struct column_writer *column)
{
    if (column != NULL) {
        leaf_stage_free(&column->stage);
        buffer_free(&column->pages);
        buffer_free(&column->bounds);
        buffer_free(&column->min.bytes);
        buffer_free(&column->max.bytes);
        buffer_free(&column->file_min.bytes);
        buffer_free(&column->file_max.bytes);
        writer_dictionary_free(&column->dictionary);
        mem_free(column->written);
        mem_free(column->hashes);
    }
}

void column_writer_reset(struct column_writer *column)
{
    bool raw = column->options.raw;
    buffer_clear(&column->pages);
    buffer_clear(&column->bounds);
    writer_dictionary_clear(&column->dictionary);
    column->written_count = 0;
    column->use_dictionary =
        raw || column->options.no_dictionary || column->leaf->type == PARQUET_BOOLEAN ? CHOICE_NO
                                                                                      : CHOICE_OPEN;
    column->use_delta = raw ? CHOICE_NO : CHOICE_OPEN;
    column->use_split = raw ? CHOICE_NO : CHOICE_OPEN;
    column->use_codec = raw ? CHOICE_NO : CHOICE_OPEN;
    column->rows = 0;
    column->entries = 0;
    column->value_count = 0;
    column->body_bytes = 0;
    column->encodings = 0;
    memset(column->pages_by_encoding, 0, sizeof(column->pages_by_encoding));
    column->min.present = false;
    column->max.present = false;
    column->has_nan = false;
    column->hash_count = 0;
}

uint64_t column_writer_size(const struct column_writer *column)
{
    return column->pages.len + leaf_stage_bytes(&column->stage) +
           (column->use_dictionary == CHOICE_YES ? writer_dictionary_size(&column->dictionary) : 0);
}

/* ---- bounds and hashes ---- */

static inlay_status keep(struct kept_value *kept, enum value_order order, int wanted,
                         struct parquet_bytes value, inlay_error *err)
{
    struct parquet_bytes old = {kept->bytes.data, kept->bytes.len};
    static const uint8_t nothing[1] = {0};
    old.data = old.data != NULL ? old.data : nothing;
    if (value.data == NULL || (kept->present && value_compare(order, value, old) != wanted)) {
        return INLAY_OK;
    }
    buffer_clear(&kept->bytes);
    buffer_append(&kept->bytes, value.data, value.length);
    kept->present = true;
    return buffer_status(&kept->bytes, err);
}

/* Appends a page bound, shortened; the full value where no shorter upper bound exists. */
static void put_page_bound(struct column_writer *column, struct parquet_bytes value, bool is_max,
                           size_t *offset, uint32_t *length)
{
    uint8_t shorter[BOUND_LIMIT];
    *offset = column->bounds.len;
    if (column->leaf->type == PARQUET_BYTE_ARRAY && value.length > BOUND_LIMIT) {
        if (!is_max) {
            value.length = value_truncate_min(value, BOUND_LIMIT, column->is_text);
        } else {
            size_t cut = value_truncate_max(value, BOUND_LIMIT, column->is_text, shorter);
            if (cut != 0) {
                value.data = shorter;
                value.length = cut;
            }
        }
    }
    *length = (uint32_t)value.length;
    buffer_append(&column->bounds, value.data, value.length);
}

static inlay_status note_bounds(struct column_writer *column, struct written_page *page,
                                inlay_error *err)
{
    const struct leaf_stage *s = &column->stage;
    struct value_bounds b;
    if (column->order == VALUE_ORDER_NONE) {
        return INLAY_OK;
    }
    b = s->width == 0 ? value_bounds_bytes(s->lengths.data, s->values.data, s->value_count)
                      : value_bounds_fixed(column->order, s->values.data, s->value_count, s->width);
    column->has_nan = column->has_nan || b.has_nan;
    column->summary.has_nan = column->summary.has_nan || b.has_nan;
    if (b.min.data == NULL) {
        return INLAY_OK;
    }
    page->has_bounds = true;
    put_page_bound(column, b.min, false, &page->min_offset, &page->min_length);
    put_page_bound(column, b.max, true, &page->max_offset, &page->max_length);
    INLAY_TRY(keep(&column->min, column->order, -1, b.min, err));
    INLAY_TRY(keep(&column->max, column->order, 1, b.max, err));
    INLAY_TRY(keep(&column->file_min, column->order, -1, b.min, err));
    INLAY_TRY(keep(&column->file_max, column->order, 1, b.max, err));
    return buffer_status(&column->bounds, err);
}

static inlay_status note_hashes(struct column_writer *column, inlay_error *err)
{
    const struct leaf_stage *s = &column->stage;
    const uint8_t *value = s->values.data;
    void *hashes = column->hashes;
    size_t i;
    if (!column->options.bloom_filter || column->leaf->type == PARQUET_BOOLEAN) {
        return INLAY_OK;
    }
    if (!mem_grow(&hashes, &column->hash_capacity, column->hash_count + s->value_count,
                  sizeof(*column->hashes))) {
        return error_no_memory(err);
    }
    column->hashes = hashes;
    for (i = 0; i < s->value_count; i++) {
        size_t length = s->width != 0 ? s->width : load_u32(s->lengths.data + 4 * i);
        column->hashes[column->hash_count++] = bloom_hash(length != 0 ? value : NULL, length);
        if (length != 0) {
            value += length;
        }
    }
    return INLAY_OK;
}

/* ---- levels ---- */

static void put_level_run(const struct buffer *levels, uint16_t max, struct buffer *out)
{
    size_t start = out->len;
    if (max == 0) {
        return;
    }
    buffer_u32(out, 0);
    encode_hybrid_u8(levels->data, levels->len, encode_bit_width(max), out);
    buffer_patch_u32(out, start, (uint32_t)(out->len - start - 4));
}

/* ---- values ---- */

/* The encoding of `out` when no dictionary is used. */
static inlay_status put_integers(struct column_writer *column, struct buffer *out,
                                 enum parquet_encoding *encoding, inlay_error *err)
{
    const struct leaf_stage *s = &column->stage;
    size_t start = out->len;
    *encoding = PARQUET_PLAIN;
    if (column->use_delta != CHOICE_NO && s->value_count != 0) {
        encode_delta(s->values.data, s->value_count, s->width, out);
        if ((out->len - start) * 10 < s->values.len * 9) {
            *encoding = PARQUET_DELTA_BINARY_PACKED;
            return buffer_status(out, err);
        }
        INLAY_TRY(buffer_status(out, err));
        out->len = start;
        column->use_delta = CHOICE_NO;
    }
    buffer_append(out, s->values.data, s->values.len);
    return buffer_status(out, err);
}

static inlay_status compressed_size(struct column_context *context, const struct buffer *data,
                                    size_t start, size_t *size, inlay_error *err)
{
    buffer_clear(&context->packed);
    INLAY_TRY(codec_compress(context->compressor, context->options.codec, context->options.level,
                             data->data + start, data->len - start, &context->packed, err));
    *size = context->packed.len;
    return INLAY_OK;
}

static inlay_status put_floats(struct column_writer *column, struct column_context *context,
                               struct buffer *out, enum parquet_encoding *encoding,
                               inlay_error *err)
{
    const struct leaf_stage *s = &column->stage;
    size_t start = out->len;
    bool weigh = column->use_split == CHOICE_OPEN && s->values.len >= SAMPLE_BYTES &&
                 context->options.codec != PARQUET_UNCOMPRESSED;
    size_t plain = 0;
    size_t split = 0;
    *encoding = PARQUET_PLAIN;
    if (weigh) {
        INLAY_TRY(compressed_size(context, &s->values, 0, &plain, err));
    }
    if (weigh || column->use_split == CHOICE_YES) {
        encode_byte_stream_split(s->values.data, s->value_count, s->width, out);
        INLAY_TRY(buffer_status(out, err));
    }
    if (weigh) {
        INLAY_TRY(compressed_size(context, out, start, &split, err));
        column->use_split = split * 20 < plain * 19 ? CHOICE_YES : CHOICE_NO;
    }
    if (column->use_split == CHOICE_YES) {
        *encoding = PARQUET_BYTE_STREAM_SPLIT;
        return INLAY_OK;
    }
    out->len = start;
    buffer_append(out, s->values.data, s->values.len);
    return buffer_status(out, err);
}

static inlay_status put_plainly(struct column_writer *column, struct column_context *context,
                                struct buffer *out, enum parquet_encoding *encoding,
                                inlay_error *err)
{
    const struct leaf_stage *s = &column->stage;
    *encoding = PARQUET_PLAIN;
    switch (column->leaf->type) {
    case PARQUET_BOOLEAN:
        encode_booleans(s->values.data, s->value_count, out);
        break;
    case PARQUET_INT32:
    case PARQUET_INT64:
        return put_integers(column, out, encoding, err);
    case PARQUET_FLOAT:
    case PARQUET_DOUBLE:
        return put_floats(column, context, out, encoding, err);
    case PARQUET_BYTE_ARRAY:
        if (!column->options.raw && s->value_count != 0) {
            *encoding = PARQUET_DELTA_LENGTH_BYTE_ARRAY;
            encode_delta_length(s->lengths.data, s->values.data, s->values.len, s->value_count,
                                out);
        } else {
            encode_plain_bytes(s->lengths.data, s->values.data, s->value_count, out);
        }
        break;
    default:
        buffer_append(out, s->values.data, s->values.len);
    }
    return buffer_status(out, err);
}

/* Codes of the page, and whether the dictionary may take them. */
static inlay_status look_up(struct column_writer *column, struct column_context *context,
                            bool *fits, inlay_error *err)
{
    const struct leaf_stage *s = &column->stage;
    uint32_t before = column->dictionary.count;
    void *codes = context->codes;
    if (!mem_grow(&codes, &context->code_capacity, s->value_count, sizeof(*context->codes))) {
        return error_no_memory(err);
    }
    context->codes = codes;
    INLAY_TRY(writer_dictionary_encode(&column->dictionary, s->lengths.data, s->values.data,
                                       s->value_count, context->options.dictionary_bytes,
                                       context->codes, fits, err));
    if (column->use_dictionary == CHOICE_YES && s->value_count >= 64 &&
        (column->dictionary.count - before) > s->value_count / 2) {
        *fits = false;
    }
    return INLAY_OK;
}

static void put_codes(struct column_writer *column, const uint32_t *codes, struct buffer *out)
{
    unsigned width = encode_bit_width(column->dictionary.count - 1);
    width = width != 0 ? width : 1; /* width 0 is legal, but not every reader knows it */
    buffer_u8(out, (uint8_t)width);
    encode_hybrid_u32(codes, column->stage.value_count, width, out);
}

/* Appends the codes to `out`, or nothing when the dictionary is not (or no longer) worth it. */
static inlay_status put_by_dictionary(struct column_writer *column, struct column_context *context,
                                      bool last, struct buffer *out, bool *done, inlay_error *err)
{
    uint32_t before = column->dictionary.count;
    size_t start = out->len;
    enum parquet_encoding unused;
    INLAY_TRY(look_up(column, context, done, err));
    if (*done) {
        put_codes(column, context->codes, out);
        INLAY_TRY(buffer_status(out, err));
    }
    if (*done && column->use_dictionary == CHOICE_OPEN) {
        size_t share = last ? 1 : DICTIONARY_SHARE;
        size_t cost = out->len - start + writer_dictionary_size(&column->dictionary) / share;
        buffer_clear(&context->other);
        INLAY_TRY(put_plainly(column, context, &context->other, &unused, err));
        *done = cost * 4 < context->other.len * 3;
    }
    column->use_dictionary = *done ? CHOICE_YES : CHOICE_NO;
    if (!*done) {
        out->len = start;
        writer_dictionary_truncate(&column->dictionary, before);
    }
    return INLAY_OK;
}

static inlay_status put_values(struct column_writer *column, struct column_context *context,
                               bool last, enum parquet_encoding *encoding, inlay_error *err)
{
    bool done = false;
    if (column->use_dictionary != CHOICE_NO && column->stage.value_count != 0) {
        INLAY_TRY(put_by_dictionary(column, context, last, &context->body, &done, err));
    }
    if (done) {
        *encoding = PARQUET_RLE_DICTIONARY;
        return INLAY_OK;
    }
    return put_plainly(column, context, &context->body, encoding, err);
}

/* ---- pages ---- */

/* Fills context->packed with what is stored for context->body, deciding about the codec if that is
 * still open. */
static inlay_status pack_page(struct column_writer *column, struct column_context *context,
                              bool last, inlay_error *err)
{
    size_t size = context->body.len;
    bool compress =
        column->use_codec != CHOICE_NO && context->options.codec != PARQUET_UNCOMPRESSED;
    buffer_clear(&context->packed);
    if (compress) {
        INLAY_TRY(codec_compress(context->compressor, context->options.codec,
                                 context->options.level, context->body.data, size, &context->packed,
                                 err));
    }
    if (column->use_codec == CHOICE_OPEN) {
        bool saves = compress && context->packed.len * 20 < size * 19;
        bool unknown = compress && size < SAMPLE_BYTES && !last;
        column->use_codec = saves || unknown ? CHOICE_YES : CHOICE_NO;
    }
    if (column->use_codec == CHOICE_NO) {
        buffer_clear(&context->packed);
        buffer_append(&context->packed, context->body.data, size);
    }
    return buffer_status(&context->packed, err);
}

static inlay_status put_page(struct column_writer *column, const struct column_context *context,
                             enum parquet_encoding encoding, struct written_page *page,
                             inlay_error *err)
{
    struct parquet_page_header header;
    size_t header_size;
    memset(&header, 0, sizeof(header));
    header.type = PARQUET_DATA_PAGE;
    header.uncompressed_size = (uint32_t)context->body.len;
    header.compressed_size = (uint32_t)context->packed.len;
    header.has_crc = true;
    header.crc = crc32_ieee(0, context->packed.data, context->packed.len);
    header.num_values = (uint32_t)column->stage.entries;
    header.encoding = encoding;
    header.definition_encoding = PARQUET_RLE;
    header.repetition_encoding = PARQUET_RLE;
    page->offset = column->pages.len;
    parquet_page_header_write(&header, &column->pages);
    header_size = column->pages.len - page->offset;
    buffer_append(&column->pages, context->packed.data, context->packed.len);
    page->size = (uint32_t)(column->pages.len - page->offset);
    column->body_bytes += header_size + context->body.len;
    return buffer_status(&column->pages, err);
}

static struct written_page *add_written(struct column_writer *column)
{
    void *written = column->written;
    struct written_page *page;
    if (!mem_grow(&written, &column->written_capacity, column->written_count + 1,
                  sizeof(*column->written))) {
        return NULL;
    }
    column->written = written;
    page = &column->written[column->written_count++];
    memset(page, 0, sizeof(*page));
    return page;
}

static void count_page(struct column_writer *column, enum parquet_encoding encoding)
{
    const struct leaf_stage *s = &column->stage;
    column->encodings |= 1u << encoding;
    column->encodings |= s->leaf->max_definition != 0 ? 1u << PARQUET_RLE : 0;
    column->pages_by_encoding[encoding] += 1;
    column->rows += s->rows;
    column->entries += s->entries;
    column->value_count += s->value_count;
    column->summary.value_count += s->value_count;
    column->summary.null_count += s->entries - s->value_count;
}

inlay_status column_writer_flush_page(struct column_writer *column, struct column_context *context,
                                      bool last, inlay_error *err)
{
    struct leaf_stage *s = &column->stage;
    enum parquet_encoding encoding = PARQUET_PLAIN;
    struct written_page *page;
    if (s->rows == 0) {
        return INLAY_OK;
    }
    page = add_written(column);
    if (page == NULL) {
        return error_no_memory(err);
    }
    page->first_row = column->rows;
    page->null_count = (uint32_t)(s->entries - s->value_count);
    page->only_nulls = s->value_count == 0;
    INLAY_TRY(note_bounds(column, page, err));
    INLAY_TRY(note_hashes(column, err));
    buffer_clear(&context->body);
    put_level_run(&s->repetition, s->leaf->max_repetition, &context->body);
    put_level_run(&s->definition, s->leaf->max_definition, &context->body);
    INLAY_TRY(buffer_status(&context->body, err));
    INLAY_TRY(put_values(column, context, last, &encoding, err));
    INLAY_TRY(pack_page(column, context, last, err));
    INLAY_TRY(put_page(column, context, encoding, page, err));
    count_page(column, encoding);
    leaf_stage_clear(s);
    return INLAY_OK;
}

inlay_status column_writer_append(struct column_writer *column, struct column_context *context,
                                  const struct array_view *view, int64_t first, int64_t count,
                                  uint64_t first_row, inlay_error *err)
{
    while (count > 0) {
        int64_t taken;
        INLAY_TRY(leaf_stage_fill(&column->stage, view, first, count, first_row, &taken, err));
        first += taken;
        first_row += (uint64_t)taken;
        count -= taken;
        if (leaf_stage_full(&column->stage)) {
            INLAY_TRY(column_writer_flush_page(column, context, false, err));
        }
    }
    return INLAY_OK;
}
