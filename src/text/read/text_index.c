/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the hot part: every number in it is checked here, so that the rest may rely on it. */
#include "text/format/filter.h"
#include "text/format/length_code.h"
#include "text/format/pack.h"
#include "text/read/dictionary.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/checked.h"
#include "base/crc32c.h"
#include "base/error.h"
#include "base/reader.h"

#include <string.h>

/* A chunk has at least 129 postings of at least a byte: bounds what a file may claim. */
#define LEAST_UNIT_BYTES 64

struct hot_sizes {
    uint64_t filter_offset;
    uint64_t filter_length;
    uint32_t config_length;
    uint32_t first_terms_length;
};

inlay_status index_corrupt(const struct text_index *index, uint64_t offset, const char *what,
                           inlay_error *err)
{
    (void)error_set(err, INLAY_CORRUPT, "text index of %s: %s (byte %llu)", index->file->name, what,
                    (unsigned long long)offset);
    error_key(err, index->file->name);
    error_offset(err, offset);
    return INLAY_CORRUPT;
}

static inlay_status check_envelope(const uint8_t *hot, size_t length, inlay_error *err)
{
    uint32_t version;
    if (length < TEXT_HOT_FIXED + 4 || load_u32(hot) != TEXT_MAGIC) {
        return error_set(err, INLAY_CORRUPT, "the hot part of a text index does not begin as one");
    }
    version = load_u32(hot + 4);
    if (crc32c(0, hot, length - 4) != load_u32(hot + length - 4)) {
        return error_set(err, INLAY_CORRUPT,
                         "the hot part of a text index has a wrong checksum (%zu bytes)", length);
    }
    if (version != TEXT_VERSION || (load_u32(hot + 8) & ~TEXT_FLAG_POSITIONS) != 0) {
        return error_set(err, INLAY_UNSUPPORTED,
                         "text index format version %u with flags %u is newer than this library",
                         version, load_u32(hot + 8));
    }
    return INLAY_OK;
}

static void read_regions(struct text_index *index, struct reader *r, uint64_t *body_length)
{
    uint64_t end = 0;
    size_t i;
    for (i = 0; i < TEXT_REGION_COUNT; i++) {
        index->region_offset[i] = reader_u64(r);
        index->region_length[i] = reader_u64(r);
    }
    *body_length = reader_u64(r);
    for (i = 0; i < TEXT_REGION_COUNT; i++) {
        uint64_t offset = index->region_offset[i];
        uint64_t length = index->region_length[i];
        if (*body_length < PACK_PADDING || offset % TEXT_ALIGNMENT != 0 || offset < end ||
            !range_inside(offset, length, *body_length - PACK_PADDING)) {
            reader_fail(r, "a region lies outside the body");
            return;
        }
        end = offset + length;
        index->region_offset[i] += index->body_offset;
    }
}

static void read_fixed(struct text_index *index, struct reader *r, struct hot_sizes *sizes,
                       uint64_t expected_body)
{
    struct text_index_info *info = &index->info;
    uint64_t body_length;
    reader_skip(r, 8);
    info->positions = (reader_u32(r) & TEXT_FLAG_POSITIONS) != 0;
    index->blocks = reader_u32(r);
    info->row_count = reader_u64(r);
    info->documents = reader_u64(r);
    info->total_length = reader_u64(r);
    info->terms = reader_u64(r);
    info->postings = reader_u64(r);
    index->units = reader_u64(r);
    info->k1 = reader_f64(r);
    info->b = reader_f64(r);
    read_regions(index, r, &body_length);
    sizes->filter_offset = reader_u64(r);
    sizes->filter_length = reader_u64(r);
    sizes->config_length = reader_u32(r);
    sizes->first_terms_length = reader_u32(r);
    if (!reader_ok(r)) {
        return;
    }
    if (body_length != expected_body) {
        reader_fail(r, "the body has another length than expected");
    }
    if (info->row_count == 0 || info->row_count > UINT32_MAX || info->documents > info->row_count ||
        index->region_length[TEXT_CODES] != info->row_count) {
        reader_fail(r, "the row counts contradict each other");
    }
    if (!(info->k1 >= 0 && info->k1 <= 100) || !(info->b >= 0 && info->b <= 1)) {
        reader_fail(r, "k1 or b is out of range");
    }
    if (info->terms > (uint64_t)index->blocks * TEXT_DICTIONARY_TERMS ||
        info->terms + TEXT_DICTIONARY_TERMS <= (uint64_t)index->blocks * TEXT_DICTIONARY_TERMS) {
        reader_fail(r, "the number of terms does not fit the dictionary");
    }
    if (info->total_length > info->documents * (uint64_t)length_code_decode(LENGTH_CODE_MAX) ||
        index->units > body_length / LEAST_UNIT_BYTES) {
        reader_fail(r, "the statistics are impossible");
    }
}

static void read_arrays(struct text_index *index, struct reader *r, const struct hot_sizes *sizes)
{
    size_t chunks = (size_t)((index->info.row_count + TEXT_CODE_CHUNK - 1) / TEXT_CODE_CHUNK);
    index->block_ends = reader_bytes(r, 8 * (size_t)index->blocks);
    index->code_crcs = reader_bytes(r, 4 * chunks);
    index->block_crcs = reader_bytes(r, 4 * (size_t)index->blocks);
    index->first_term_ends = reader_bytes(r, 4 * (size_t)index->blocks);
    index->first_terms = reader_bytes(r, sizes->first_terms_length);
    index->max_term_length = reader_u8(r);
    index->max_term = reader_bytes(r, index->max_term_length);
}

static void check_arrays(struct text_index *index, struct reader *r, const struct hot_sizes *sizes)
{
    uint64_t block_end = 0;
    uint32_t term_end = 0;
    uint32_t before_length = 0;
    uint32_t i;
    for (i = 0; i < index->blocks; i++) {
        uint64_t end = load_u64(index->block_ends + 8 * (size_t)i);
        uint32_t next = load_u32(index->first_term_ends + 4 * (size_t)i);
        const uint8_t *term = index->first_terms + term_end;
        uint32_t length = next - term_end;
        uint32_t common = length < before_length ? length : before_length;
        if (end <= block_end || end > index->region_length[TEXT_DICTIONARY] || next <= term_end ||
            next > sizes->first_terms_length || length > TOKEN_MAX_BYTES) {
            reader_fail(r, "the sparse term index is wrong");
            return;
        }
        if (i != 0) {
            int order = memcmp(term - before_length, term, common);
            if (order > 0 || (order == 0 && before_length >= length)) {
                reader_fail(r, "the sparse term index is not sorted");
                return;
            }
        }
        before_length = length;
        block_end = end;
        term_end = next;
    }
    if (block_end != index->region_length[TEXT_DICTIONARY] ||
        term_end != sizes->first_terms_length) {
        reader_fail(r, "the sparse term index does not end with the dictionary");
    }
}

static void place_filter(struct text_index *index, struct reader *r, const struct hot_sizes *sizes,
                         const uint8_t *hot, size_t length)
{
    uint64_t end = reader_offset(r);
    if (sizes->filter_length == 0 || sizes->filter_length % FILTER_BLOCK != 0 ||
        sizes->filter_length / FILTER_BLOCK > UINT32_MAX || sizes->filter_offset < end ||
        sizes->filter_offset - end >= FILTER_BLOCK ||
        !range_inside(sizes->filter_offset, sizes->filter_length, length - 4) ||
        sizes->filter_offset + sizes->filter_length != length - 4) {
        reader_fail(r, "the term filter is misplaced");
        return;
    }
    index->filter = hot + sizes->filter_offset;
    index->filter_length = (size_t)sizes->filter_length;
}

static inlay_status read_hot(struct text_index *index, const uint8_t *hot, size_t length,
                             uint64_t body_length, inlay_error *err)
{
    struct reader r;
    struct reader config;
    struct hot_sizes sizes;
    inlay_status status;
    reader_init(&r, hot, length - 4, 0);
    read_fixed(index, &r, &sizes, body_length);
    INLAY_TRY(reader_status(&r, "text index", err));
    read_arrays(index, &r, &sizes);
    INLAY_TRY(reader_status(&r, "text index", err));
    check_arrays(index, &r, &sizes);
    config = reader_sub(&r, sizes.config_length);
    place_filter(index, &r, &sizes, hot, length);
    INLAY_TRY(reader_status(&r, "text index", err));
    status = analyzer_config_read(&config, &index->config, &index->stamp, err);
    if (status != INLAY_OK) {
        return status;
    }
    reader_expect_end(&config, "bytes behind the analyzer's configuration");
    return reader_status(&config, "text index", err);
}

inlay_status text_index_open(const uint8_t *hot, size_t hot_length, struct byte_source *file,
                             uint64_t body_offset, uint64_t body_length, struct text_index **out,
                             inlay_error *err)
{
    struct text_index *index;
    inlay_status status;
    uint64_t chunks;
    *out = NULL;
    INLAY_TRY(check_envelope(hot, hot_length, err));
    if (!range_inside(body_offset, body_length, file->size)) {
        return error_set(err, INLAY_CORRUPT, "the body of a text index lies outside %s",
                         file->name);
    }
    index = mem_zalloc(sizeof(*index));
    if (index == NULL) {
        return error_no_memory(err);
    }
    analyzer_config_init(&index->config);
    index->file = byte_source_retain(file);
    index->body_offset = body_offset;
    INLAY_TRY_GOTO(status, read_hot(index, hot, hot_length, body_length, err), failed);
    chunks = (index->info.row_count + TEXT_CODE_CHUNK - 1) / TEXT_CODE_CHUNK;
    index->checked =
        mem_zalloc_array((size_t)(unit_codes(index, chunks) / 64 + 1), sizeof(*index->checked));
    if (index->checked == NULL) {
        status = error_no_memory(err);
        goto failed;
    }
    *out = index;
    return INLAY_OK;
failed:
    text_index_close(index);
    return status;
}

void text_index_close(struct text_index *index)
{
    if (index == NULL) {
        return;
    }
    analyzer_config_free(&index->config);
    mem_free(index->checked);
    byte_source_release(index->file);
    mem_free(index);
}

const struct text_index_info *text_index_info(const struct text_index *index)
{
    return &index->info;
}

const struct analyzer_config *text_index_analyzer(const struct text_index *index)
{
    return &index->config;
}

struct analyzer_stamp text_index_analyzer_stamp(const struct text_index *index)
{
    return index->stamp;
}

bool text_index_may_contain(const struct text_index *index, const uint8_t *term, size_t length)
{
    return filter_may_contain(index->filter, index->filter_length, filter_hash(term, length));
}

inlay_status text_index_lookup(struct text_index *index, struct text_lookup *lookups, size_t count,
                               inlay_error *err)
{
    struct dictionary_key *keys = mem_alloc_array(count, sizeof(*keys));
    struct text_term *terms = mem_alloc_array(count, sizeof(*terms));
    inlay_status status = INLAY_OK;
    size_t i;
    if (keys == NULL || terms == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    for (i = 0; i < count; i++) {
        keys[i] = (struct dictionary_key){lookups[i].term, lookups[i].length};
    }
    status = dictionary_lookup(index, keys, count, terms, err);
    for (i = 0; i < count; i++) {
        lookups[i].df = status == INLAY_OK ? terms[i].df : 0;
    }
cleanup:
    mem_free(keys);
    mem_free(terms);
    return status;
}

inlay_status text_index_prefix(struct text_index *index, const uint8_t *prefix, uint32_t length,
                               bool (*each)(void *context, const uint8_t *text, uint32_t length),
                               void *context, inlay_error *err)
{
    return dictionary_prefix(index, prefix, length, each, context, err);
}

/* One chunk of length codes, checked; a view or a copy. */
static inlay_status code_chunk(const struct text_index *index, uint64_t chunk,
                               struct byte_slice *out, inlay_error *err)
{
    uint64_t start = chunk * TEXT_CODE_CHUNK;
    uint64_t left = index->info.row_count - start;
    uint64_t offset = index->region_offset[TEXT_CODES] + start;
    uint64_t unit = unit_codes(index, chunk);
    INLAY_TRY(byte_source_slice(index->file, offset,
                                left < TEXT_CODE_CHUNK ? left : TEXT_CODE_CHUNK, out, err));
    if (out->owned == NULL && unit_is_checked(index, unit)) {
        return INLAY_OK;
    }
    if (crc32c(0, out->data, (size_t)out->length) !=
        load_u32(index->code_crcs + 4 * (size_t)chunk)) {
        byte_slice_free(out);
        return index_corrupt(index, offset, "the checksum of length codes is wrong", err);
    }
    if (out->owned == NULL) {
        unit_set_checked(index, unit);
    }
    return INLAY_OK;
}

inlay_status text_index_lengths(struct text_index *index, const uint32_t *rows, size_t count,
                                uint32_t *lengths, bool *present, inlay_error *err)
{
    struct byte_slice slice = {NULL, 0, NULL};
    uint64_t held = UINT64_MAX;
    size_t i;
    for (i = 0; i < count; i++) {
        uint64_t chunk = rows[i] / TEXT_CODE_CHUNK;
        uint8_t code;
        if (rows[i] >= index->info.row_count) {
            byte_slice_free(&slice);
            return error_set(err, INLAY_INVALID_ARGUMENT, "row %u is past the end of the index",
                             rows[i]);
        }
        if (chunk != held) {
            byte_slice_free(&slice);
            INLAY_TRY(code_chunk(index, chunk, &slice, err));
            held = chunk;
        }
        code = slice.data[rows[i] % TEXT_CODE_CHUNK];
        lengths[i] = length_code_decode(code);
        if (present != NULL) {
            present[i] = code != LENGTH_CODE_NULL;
        }
    }
    byte_slice_free(&slice);
    return INLAY_OK;
}
