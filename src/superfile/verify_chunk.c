/* SPDX-License-Identifier: Apache-2.0 */
#include "superfile/verify_chunk.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/crc32c.h"
#include "base/error.h"
#include "parquet/bloom.h"
#include "parquet/decode_values.h"
#include "parquet/page.h"
#include "parquet/writer_column.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    BATCH = 512,             /* values decoded at a time */
    SCRATCH_BYTES = 1 << 16, /* of fixed-width values decoded at a time */
    WIDEST = 1 << 20,        /* values of more bytes (foreign) are not decoded */
    ARENA_CAP = 1 << 30      /* of strings that an encoding does not store whole */
};
#define PAGE_LIMIT ((uint64_t)1 << 30)

struct chunk_walk {
    const struct chunk_input *in;
    struct chunk_facts *out;
    struct byte_slice bytes;    /* of the chunk */
    struct colvec_owner keeper; /* of `bytes`, which outlive all pages */
    struct page_context context;
    enum value_order order;
    uint32_t width; /* 0: byte arrays */
    bool is_text;
    struct value_decoder decoder;
    struct arena arena;
    uint8_t *scratch;
    struct page *dictionary;    /* retained: its strings point into it */
    uint8_t *dictionary_values; /* width bytes, or a struct colvec_string, each */
    struct page_fact *page;     /* the present one, in out->pages */
    struct kept_bound page_min;
    struct kept_bound page_max;
};

/* ---- errors ---- */

inlay_status verify_fail(const struct byte_source *source, uint64_t offset, inlay_error *err,
                         const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    (void)error_set(err, INLAY_CORRUPT, "%s: %s (byte %llu)", source->name, text,
                    (unsigned long long)offset);
    error_key(err, source->name);
    error_offset(err, offset);
    return INLAY_CORRUPT;
}

inlay_status verify_same_bytes(struct byte_source *source, uint64_t offset,
                               const struct buffer *expected, const char *what, inlay_error *err)
{
    struct byte_slice stored;
    inlay_status status = INLAY_OK;
    size_t i = 0;
    INLAY_TRY(buffer_status(expected, err));
    INLAY_TRY(byte_source_slice(source, offset, expected->len, &stored, err));
    if (expected->len != 0 && memcmp(stored.data, expected->data, expected->len) != 0) {
        while (stored.data[i] == expected->data[i]) {
            i++;
        }
        status = verify_fail(source, offset + i, err, "%s differs from what the values say", what);
        error_expected(err, "%02x", expected->data[i]);
        error_found(err, "%02x", stored.data[i]);
    }
    byte_slice_free(&stored);
    return status;
}

/* Says where a decoder failed. A superfile uses nothing that this version lacks. */
static inlay_status at_page(const struct chunk_walk *w, uint64_t offset, inlay_status status,
                            inlay_error *err)
{
    const char *column = w->in->leaf->field->name;
    if (status == INLAY_UNSUPPORTED && w->in->strict) {
        return verify_fail(w->in->source, offset, err,
                           "column '%s': a page uses a feature that superfiles do not", column);
    }
    if (status == INLAY_CORRUPT) {
        (void)error_wrap(err, status, "%s: column '%s', page at byte %llu", w->in->source->name,
                         column, (unsigned long long)offset);
        error_key(err, w->in->source->name);
        error_offset(err, offset);
    }
    return status;
}

static inlay_status bad_page(const struct chunk_walk *w, uint64_t offset, const char *what,
                             inlay_error *err)
{
    return verify_fail(w->in->source, offset, err, "column '%s', page: %s",
                       w->in->leaf->field->name, what);
}

/* ---- bounds ---- */

/* Replaces the bound when `value` is beyond it: wanted -1 for a minimum, 1 for a maximum. */
static void keep_bound(struct kept_bound *kept, enum value_order order, int wanted,
                       struct parquet_bytes value)
{
    static const uint8_t nothing[1] = {0};
    struct parquet_bytes old = {kept->bytes.data, kept->bytes.len};
    old.data = old.data != NULL ? old.data : nothing;
    if (value.data == NULL || (kept->present && value_compare(order, value, old) != wanted)) {
        return;
    }
    buffer_clear(&kept->bytes);
    buffer_append(&kept->bytes, value.data, value.length);
    kept->present = true;
}

static void note_filter(struct chunk_walk *w, const void *value, size_t length)
{
    if (w->out->filter.len != 0) {
        bloom_insert(w->out->filter.data, (uint32_t)w->out->filter.len,
                     bloom_hash(length != 0 ? value : NULL, length));
    }
}

static void note_fixed(struct chunk_walk *w, const uint8_t *values, size_t count)
{
    size_t i;
    for (i = 0; w->out->filter.len != 0 && i < count; i++) {
        note_filter(w, values + i * w->width, w->width);
    }
    if (w->order != VALUE_ORDER_NONE) {
        struct value_bounds bounds = value_bounds_fixed(w->order, values, count, w->width);
        keep_bound(&w->page_min, w->order, -1, bounds.min);
        keep_bound(&w->page_max, w->order, 1, bounds.max);
    }
}

static void note_string(struct chunk_walk *w, const struct colvec_string *string)
{
    struct parquet_bytes value = {(const uint8_t *)colvec_string_data(string), string->length};
    note_filter(w, value.data, value.length);
    if (w->order != VALUE_ORDER_NONE) {
        keep_bound(&w->page_min, w->order, -1, value);
        keep_bound(&w->page_max, w->order, 1, value);
    }
}

static struct parquet_bytes kept_bytes(const struct kept_bound *kept)
{
    static const uint8_t nothing[1] = {0};
    struct parquet_bytes value = {kept->bytes.data != NULL ? kept->bytes.data : nothing,
                                  kept->bytes.len};
    return value;
}

/* A page's bound as the column index stores it: cut, or whole where no short upper bound exists. */
static void put_bound(struct chunk_walk *w, const struct kept_bound *kept, bool is_max,
                      size_t *offset, size_t *length)
{
    struct parquet_bytes value = kept_bytes(kept);
    uint8_t shorter[BOUND_LIMIT];
    if (w->width == 0 && value.length > BOUND_LIMIT) {
        size_t cut = is_max ? value_truncate_max(value, BOUND_LIMIT, w->is_text, shorter)
                            : value_truncate_min(value, BOUND_LIMIT, w->is_text);
        value.data = is_max && cut != 0 ? shorter : value.data;
        value.length = cut != 0 || !is_max ? cut : value.length;
    }
    *offset = w->out->bounds.len;
    *length = value.length;
    buffer_append(&w->out->bounds, value.data, value.length);
}

static void end_bounds(struct chunk_walk *w)
{
    if (w->page_min.present) {
        w->page->has_bounds = true;
        put_bound(w, &w->page_min, false, &w->page->min_offset, &w->page->min_length);
        put_bound(w, &w->page_max, true, &w->page->max_offset, &w->page->max_length);
        keep_bound(&w->out->min, w->order, -1, kept_bytes(&w->page_min));
        keep_bound(&w->out->max, w->order, 1, kept_bytes(&w->page_max));
    }
    w->page_min.present = false;
    w->page_max.present = false;
}

/* ---- values ---- */

static size_t batch_of(const struct chunk_walk *w, uint64_t left)
{
    size_t most = w->width > SCRATCH_BYTES / BATCH ? SCRATCH_BYTES / w->width : BATCH;
    most = most != 0 ? most : 1;
    return left < most ? (size_t)left : most;
}

/* The next values of a run-length stream: a run of one value as that value, so that a run costs the
 * same however long a file says it is, or up to BATCH packed ones. Returns how many entries they
 * stand for; 0 at the end of the data. */
static uint64_t next_run(struct rle_decoder *decoder, uint64_t left, uint32_t values[BATCH],
                         size_t *count)
{
    uint64_t packed;
    uint64_t run = rle_decoder_run(decoder, &values[0], &packed);
    if (run != 0) {
        *count = 1;
        return rle_decoder_skip(decoder, run < left ? run : left);
    }
    packed = packed < left ? packed : left;
    *count = rle_decoder_read(decoder, packed < BATCH ? (size_t)packed : BATCH, values);
    return *count;
}

static inlay_status decode_codes(struct chunk_walk *w, uint64_t left, inlay_error *err)
{
    uint32_t codes[BATCH];
    while (left != 0) {
        size_t count;
        size_t i;
        uint64_t taken = next_run(&w->decoder.rle, left, codes, &count);
        if (taken == 0) {
            return error_set(err, INLAY_CORRUPT, "a page has fewer codes than values");
        }
        for (i = 0; i < count; i++) {
            if (codes[i] >= w->out->dictionary_count) {
                return error_set(err, INLAY_CORRUPT, "code %u of a dictionary of %u values",
                                 codes[i], w->out->dictionary_count);
            }
            if (i != 0 && codes[i] == codes[i - 1]) {
                continue;
            }
            if (w->width != 0) {
                note_fixed(w, w->dictionary_values + (size_t)codes[i] * w->width, 1);
            } else {
                note_string(w, (const struct colvec_string *)(const void *)w->dictionary_values +
                                   codes[i]);
            }
        }
        left -= taken;
    }
    return INLAY_OK;
}

static inlay_status decode_plainly(struct chunk_walk *w, uint64_t count, inlay_error *err)
{
    while (count != 0) {
        size_t take = batch_of(w, count);
        if (w->width != 0) {
            INLAY_TRY(value_decoder_fixed(&w->decoder, take, w->scratch, err));
            note_fixed(w, w->scratch, take);
        } else {
            struct colvec_string strings[BATCH];
            size_t i;
            INLAY_TRY(value_decoder_strings(&w->decoder, take, strings, &w->arena, err));
            for (i = 0; i < take; i++) {
                note_string(w, &strings[i]);
            }
        }
        count -= take;
    }
    return INLAY_OK;
}

static inlay_status decode_values(struct chunk_walk *w, const struct page *page, uint64_t count,
                                  inlay_error *err)
{
    int32_t encoding = page->header.encoding;
    bool coded = encoding == PARQUET_RLE_DICTIONARY || encoding == PARQUET_PLAIN_DICTIONARY;
    inlay_status status;
    INLAY_TRY(value_decoder_init(&w->decoder, w->in->leaf->type, w->in->leaf->type_length,
                                 w->is_text, encoding, page->values, page->values_size, err));
    w->out->all_coded = w->out->all_coded && (coded || count == 0);
    if (coded && count != 0 && w->dictionary == NULL) {
        return error_set(err, INLAY_CORRUPT, "dictionary codes without a dictionary page");
    }
    status = coded ? decode_codes(w, count, err) : decode_plainly(w, count, err);
    arena_reset(&w->arena);
    return status;
}

/* ---- levels ---- */

static unsigned level_width(unsigned max_level)
{
    return max_level == 0 ? 0 : 32 - (unsigned)__builtin_clz(max_level);
}

/* Counts the levels that equal `wanted`. */
static inlay_status count_levels(const uint8_t *data, size_t size, unsigned max, uint64_t entries,
                                 uint32_t wanted, uint64_t *equal, inlay_error *err)
{
    struct rle_decoder decoder;
    uint32_t levels[BATCH];
    *equal = 0;
    (void)rle_decoder_init(&decoder, data, size, level_width(max));
    while (entries != 0) {
        size_t count;
        size_t i;
        uint64_t taken = next_run(&decoder, entries, levels, &count);
        if (taken == 0) {
            return error_set(err, INLAY_CORRUPT, "a page has fewer levels than values");
        }
        for (i = 0; i < count; i++) {
            if (levels[i] > max) {
                return error_set(err, INLAY_CORRUPT, "a level is greater than the schema allows");
            }
            *equal += levels[i] == wanted ? taken / count : 0;
        }
        entries -= taken;
    }
    return INLAY_OK;
}

static inlay_status decode_page(struct chunk_walk *w, const struct page *page, inlay_error *err)
{
    const struct schema_leaf *leaf = w->in->leaf;
    const struct parquet_page_header *header = &page->header;
    uint64_t entries = header->num_values;
    uint64_t rows = entries;
    uint64_t values = entries;
    if (leaf->max_repetition != 0) {
        INLAY_TRY(count_levels(page->repetition, page->repetition_size, leaf->max_repetition,
                               entries, 0, &rows, err));
    }
    if (leaf->max_definition != 0) {
        INLAY_TRY(count_levels(page->definition, page->definition_size, leaf->max_definition,
                               entries, leaf->max_definition, &values, err));
    }
    if (header->type == PARQUET_DATA_PAGE_V2 &&
        (header->num_rows != rows ||
         (leaf->max_repetition == 0 && header->num_nulls != entries - values))) {
        return error_set(err, INLAY_CORRUPT, "a page has other rows or nulls than its header says");
    }
    w->page->nulls = entries - values;
    w->page->only_nulls = values == 0;
    INLAY_TRY(decode_values(w, page, values, err));
    end_bounds(w);
    w->out->rows += rows;
    w->out->values += values;
    return INLAY_OK;
}

/* ---- pages ---- */

static inlay_status decode_dictionary(struct chunk_walk *w, const struct page *page,
                                      inlay_error *err)
{
    uint32_t count = page->header.num_values;
    size_t least = w->width != 0 ? w->width : 4;
    size_t slot = w->width != 0 ? w->width : sizeof(struct colvec_string);
    if (page->header.encoding != PARQUET_PLAIN &&
        page->header.encoding != PARQUET_PLAIN_DICTIONARY) {
        return error_set(err, INLAY_UNSUPPORTED, "dictionary page in encoding %d",
                         page->header.encoding);
    }
    if (w->in->leaf->type == PARQUET_BOOLEAN || count > page->values_size / least) {
        return error_set(err, INLAY_CORRUPT, "dictionary of %u values in %zu bytes", count,
                         page->values_size);
    }
    w->dictionary_values = mem_alloc_array(count, slot);
    if (w->dictionary_values == NULL) {
        return error_no_memory(err);
    }
    INLAY_TRY(value_decoder_init(&w->decoder, w->in->leaf->type, w->in->leaf->type_length,
                                 w->is_text, PARQUET_PLAIN, page->values, page->values_size, err));
    w->out->dictionary_count = count;
    if (w->width != 0) {
        return value_decoder_fixed(&w->decoder, count, w->dictionary_values, err);
    }
    return value_decoder_strings(
        &w->decoder, count, (struct colvec_string *)(void *)w->dictionary_values, &w->arena, err);
}

static struct page_fact *add_page(struct chunk_facts *out)
{
    void *pages = out->pages;
    struct page_fact *page;
    if (!mem_grow(&pages, &out->page_capacity, out->page_count + 1, sizeof(*out->pages))) {
        return NULL;
    }
    out->pages = pages;
    page = &out->pages[out->page_count++];
    memset(page, 0, sizeof(*page));
    return page;
}

static inlay_status note_page(struct chunk_walk *w, const struct parquet_page_header *header,
                              size_t header_size, uint64_t offset, inlay_error *err)
{
    struct chunk_facts *out = w->out;
    w->page = add_page(out);
    if (w->page == NULL) {
        return error_no_memory(err);
    }
    w->page->offset = offset;
    w->page->size = (uint32_t)header_size + header->compressed_size;
    w->page->first_row = out->rows;
    out->data_offset = out->data_offset != 0 ? out->data_offset : offset;
    out->entries += header->num_values;
    if (header->encoding >= 0 && header->encoding <= PARQUET_BYTE_STREAM_SPLIT) {
        out->encodings |= 1u << header->encoding;
        out->pages_by_encoding[header->encoding]++;
    }
    out->encodings |= w->in->leaf->max_definition != 0 ? 1u << PARQUET_RLE : 0;
    return INLAY_OK;
}

/* What the profile fixes of a page. */
static inlay_status check_header(const struct chunk_walk *w,
                                 const struct parquet_page_header *header, uint64_t offset,
                                 inlay_error *err)
{
    struct buffer expected;
    inlay_status status;
    if (!header->has_crc || header->has_statistics || header->is_sorted ||
        (header->type != PARQUET_DATA_PAGE && header->type != PARQUET_DICTIONARY_PAGE) ||
        (header->type == PARQUET_DATA_PAGE && (header->definition_encoding != PARQUET_RLE ||
                                               header->repetition_encoding != PARQUET_RLE)) ||
        (header->type == PARQUET_DICTIONARY_PAGE && header->encoding != PARQUET_PLAIN) ||
        (w->in->chunk->codec == PARQUET_UNCOMPRESSED &&
         header->compressed_size != header->uncompressed_size)) {
        return bad_page(w, offset, "the header is not one that Inlay writes", err);
    }
    buffer_init(&expected, SIZE_MAX);
    parquet_page_header_write(header, &expected);
    status = verify_same_bytes(w->in->source, offset, &expected, "a page header", err);
    buffer_free(&expected);
    return status;
}

/* Decodes one page. What this version cannot decode (foreign files) is left at its checksum. */
static inlay_status open_page(struct chunk_walk *w, const struct parquet_page_header *header,
                              size_t header_size, const uint8_t *data, size_t size, uint64_t offset,
                              inlay_error *err)
{
    struct page *page = NULL;
    inlay_status status;
    bool dictionary = header->type == PARQUET_DICTIONARY_PAGE;
    if (!w->out->decoded) {
        return INLAY_OK;
    }
    status = page_load(&w->context, header, header_size, data, size, offset, &w->keeper, NULL,
                       &page, err);
    if (status == INLAY_OK) {
        status = dictionary ? decode_dictionary(w, page, err) : decode_page(w, page, err);
    }
    if (page != NULL && dictionary && status == INLAY_OK) {
        w->dictionary = page;
    } else if (page != NULL) {
        colvec_owner_release(&page->owner);
    }
    if ((status == INLAY_UNSUPPORTED || status == INLAY_OVER_BUDGET) && !w->in->strict) {
        w->out->decoded = false;
        return INLAY_OK;
    }
    return status;
}

static inlay_status verify_page(struct chunk_walk *w, uint64_t position, uint64_t *next,
                                inlay_error *err)
{
    const uint8_t *data = w->bytes.data + position;
    size_t left = (size_t)(w->bytes.length - position);
    uint64_t offset = w->in->chunk->start + position;
    struct parquet_page_header header;
    size_t header_size;
    INLAY_TRY(parquet_page_header_read(data, left, offset, &header, &header_size, err));
    if (header.compressed_size > left - header_size) {
        return error_set(err, INLAY_CORRUPT, "the page passes the end of its column chunk");
    }
    if (header.has_crc) {
        uint32_t crc = crc32_ieee(0, data + header_size, header.compressed_size);
        if (crc != header.crc) {
            return error_set(err, INLAY_CORRUPT, "the checksum is %08x, not %08x as stated", crc,
                             header.crc);
        }
        w->out->checksums++;
    }
    if (w->in->strict) {
        INLAY_TRY(check_header(w, &header, offset, err));
    }
    *next = position + header_size + header.compressed_size;
    w->out->uncompressed_bytes += header_size + header.uncompressed_size;
    if (header.type == PARQUET_INDEX_PAGE) {
        return INLAY_OK;
    }
    if (header.type == PARQUET_DICTIONARY_PAGE) {
        if (w->out->dictionary_offset != 0 || w->out->page_count != 0) {
            return error_set(err, INLAY_CORRUPT, "a dictionary page where none may be");
        }
        w->out->dictionary_offset = offset;
    } else {
        INLAY_TRY(note_page(w, &header, header_size, offset, err));
    }
    return open_page(w, &header, header_size, data, left, offset, err);
}

static inlay_status check_totals(const struct chunk_walk *w, inlay_error *err)
{
    const struct parquet_column_chunk *chunk = w->in->chunk;
    const struct chunk_facts *out = w->out;
    if (out->entries != chunk->num_values) {
        return verify_fail(w->in->source, chunk->start, err,
                           "column '%s' has %llu values, the footer says %llu",
                           w->in->leaf->field->name, (unsigned long long)out->entries,
                           (unsigned long long)chunk->num_values);
    }
    if (out->decoded && out->rows != w->in->rows) {
        return verify_fail(w->in->source, chunk->start, err,
                           "column '%s' has %llu rows, its row group %llu",
                           w->in->leaf->field->name, (unsigned long long)out->rows,
                           (unsigned long long)w->in->rows);
    }
    return INLAY_OK;
}

/* Room for the Bloom filter of the values, as large as the stored one. */
static inlay_status start_filter(struct chunk_walk *w, inlay_error *err)
{
    const struct parquet_column_chunk *chunk = w->in->chunk;
    struct parquet_bloom_header header;
    struct byte_slice bytes;
    size_t header_size;
    uint64_t left;
    inlay_status status;
    if (chunk->bloom_filter_offset == 0) {
        return INLAY_OK;
    }
    left = w->in->source->size - chunk->bloom_filter_offset;
    INLAY_TRY(byte_source_slice(w->in->source, chunk->bloom_filter_offset, left < 64 ? left : 64,
                                &bytes, err));
    status = parquet_bloom_header_read(bytes.data, (size_t)bytes.length, chunk->bloom_filter_offset,
                                       &header, &header_size, err);
    byte_slice_free(&bytes);
    if (status == INLAY_UNSUPPORTED && !w->in->strict) {
        return INLAY_OK;
    }
    INLAY_TRY(status);
    if (header.num_bytes > left - header_size || header.num_bytes > BLOOM_MAX_BYTES) {
        return verify_fail(w->in->source, chunk->bloom_filter_offset, err,
                           "a Bloom filter passes the end of the file");
    }
    buffer_fill(&w->out->filter, 0, header.num_bytes);
    return buffer_status(&w->out->filter, err);
}

static inlay_status walk_pages(struct chunk_walk *w, inlay_error *err)
{
    const struct parquet_column_chunk *chunk = w->in->chunk;
    uint64_t position = 0;
    INLAY_TRY(start_filter(w, err));
    INLAY_TRY(
        byte_source_slice(w->in->source, chunk->start, chunk->compressed_size, &w->bytes, err));
    w->scratch =
        mem_alloc(w->width > SCRATCH_BYTES && w->width <= WIDEST ? w->width : SCRATCH_BYTES);
    if (w->scratch == NULL) {
        return error_no_memory(err);
    }
    while (position < w->bytes.length) {
        uint64_t next = position;
        inlay_status status = verify_page(w, position, &next, err);
        if (status != INLAY_OK) {
            return at_page(w, chunk->start + position, status, err);
        }
        position = next;
    }
    INLAY_TRY(buffer_status(&w->out->bounds, err));
    INLAY_TRY(buffer_status(&w->out->min.bytes, err));
    INLAY_TRY(buffer_status(&w->out->max.bytes, err));
    return check_totals(w, err);
}

/* The walk owns the bytes itself. */
static void keep_nothing(struct colvec_owner *owner)
{
    (void)owner;
}

inlay_status chunk_facts_collect(const struct chunk_input *in, struct chunk_facts *out,
                                 inlay_error *err)
{
    const struct schema_leaf *leaf = in->leaf;
    struct chunk_walk w;
    inlay_status status;
    bool raw = !in->chunk->has_statistics;
    memset(out, 0, sizeof(*out));
    buffer_init(&out->bounds, SIZE_MAX);
    buffer_init(&out->min.bytes, SIZE_MAX);
    buffer_init(&out->max.bytes, SIZE_MAX);
    buffer_init(&out->filter, SIZE_MAX);
    out->all_coded = true;
    memset(&w, 0, sizeof(w));
    w.in = in;
    w.out = out;
    w.order = raw || !in->strict ? VALUE_ORDER_NONE : value_order_of(leaf);
    w.width = parquet_type_width(leaf->type, leaf->type_length);
    w.is_text = leaf->field->type == COLUMN_UTF8 || leaf->field->type == COLUMN_LARGE_UTF8;
    out->decoded = codec_can_decompress(in->chunk->codec) != 0 && w.width <= WIDEST;
    w.context.decompressor = in->decompressor;
    w.context.codec = in->chunk->codec;
    w.context.max_definition = leaf->max_definition;
    w.context.max_repetition = leaf->max_repetition;
    w.context.max_page_bytes = PAGE_LIMIT;
    arena_init(&w.arena, ARENA_CAP);
    colvec_owner_init(&w.keeper, keep_nothing);
    buffer_init(&w.page_min.bytes, SIZE_MAX);
    buffer_init(&w.page_max.bytes, SIZE_MAX);
    status = out->decoded || !in->strict
                 ? walk_pages(&w, err)
                 : verify_fail(in->source, in->chunk->start, err,
                               "column '%s' is in codec %d, which superfiles do not use",
                               leaf->field->name, in->chunk->codec);
    if (w.dictionary != NULL) {
        colvec_owner_release(&w.dictionary->owner);
    }
    value_decoder_free(&w.decoder);
    arena_free(&w.arena);
    mem_free(w.dictionary_values);
    mem_free(w.scratch);
    buffer_free(&w.page_min.bytes);
    buffer_free(&w.page_max.bytes);
    byte_slice_free(&w.bytes);
    return status;
}

void chunk_facts_free(struct chunk_facts *facts)
{
    mem_free(facts->pages);
    buffer_free(&facts->bounds);
    buffer_free(&facts->min.bytes);
    buffer_free(&facts->max.bytes);
    buffer_free(&facts->filter);
    memset(facts, 0, sizeof(*facts));
}
