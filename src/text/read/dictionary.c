/* SPDX-License-Identifier: Apache-2.0 */
#include "text/read/dictionary.h"

#include "text/format/bounds.h"
#include "text/format/filter.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/checked.h"
#include "base/crc32c.h"
#include "base/error.h"

#include <string.h>

/* The bytes of one dictionary block are a view, or a copy in the lookup's memory. */
struct block_bytes {
    uint32_t block;
    const uint8_t *data;
    uint64_t offset; /* in the file */
    size_t length;
};

#define NO_BLOCK UINT32_MAX

static int compare_text(const uint8_t *a, size_t a_length, const uint8_t *b, size_t b_length)
{
    int order = memcmp(a, b, a_length < b_length ? a_length : b_length);
    return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

static uint32_t first_term_start(const struct text_index *index, uint32_t block)
{
    return block != 0 ? load_u32(index->first_term_ends + 4 * (size_t)(block - 1)) : 0;
}

uint32_t dictionary_blocks_before(const struct text_index *index, const uint8_t *text,
                                  uint32_t length)
{
    uint32_t low = 0;
    uint32_t count = index->blocks;
    while (count > 0) {
        uint32_t half = count / 2;
        uint32_t block = low + half;
        uint32_t start = first_term_start(index, block);
        uint32_t end = load_u32(index->first_term_ends + 4 * (size_t)block);
        if (compare_text(index->first_terms + start, end - start, text, length) <= 0) {
            low = block + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return low;
}

/* The only block that may hold the term, or NO_BLOCK. */
static uint32_t block_of_term(const struct text_index *index, const struct dictionary_key *key)
{
    uint32_t before;
    if (index->blocks == 0 || key->length == 0 || key->length > TOKEN_MAX_BYTES ||
        compare_text(key->text, key->length, index->max_term, index->max_term_length) > 0 ||
        !filter_may_contain(index->filter, index->filter_length,
                            filter_hash(key->text, key->length))) {
        return NO_BLOCK;
    }
    before = dictionary_blocks_before(index, key->text, key->length);
    return before != 0 ? before - 1 : NO_BLOCK;
}

static uint64_t take_varint(struct dictionary_scan *scan, bool *ok)
{
    uint64_t value = 0;
    unsigned shift;
    for (shift = 0; shift < 63 && scan->p < scan->end; shift += 7) {
        uint8_t byte = *scan->p++;
        value |= (uint64_t)(byte & 0x7fu) << shift;
        if (byte < 0x80) {
            return value;
        }
    }
    *ok = false;
    return 0;
}

static uint32_t take_u32(struct dictionary_scan *scan, bool *ok)
{
    uint32_t value;
    if (scan->end - scan->p < 4) {
        *ok = false;
        return 0;
    }
    value = load_u32(scan->p);
    scan->p += 4;
    return value;
}

static bool in_region(const struct text_index *index, enum text_region region, uint64_t offset,
                      uint64_t length)
{
    return range_inside(offset, length, index->region_length[region]);
}

static inlay_status bad_block(const struct dictionary_scan *scan, const char *what,
                              inlay_error *err)
{
    uint64_t offset = scan->index->region_offset[TEXT_DICTIONARY];
    if (scan->term.block != 0) {
        offset += load_u64(scan->index->block_ends + 8 * (size_t)(scan->term.block - 1));
    }
    return index_corrupt(scan->index, offset, what, err);
}

inlay_status dictionary_scan_start(struct dictionary_scan *scan, const struct text_index *index,
                                   uint32_t block, const uint8_t *bytes, size_t length,
                                   inlay_error *err)
{
    uint64_t lists_length;
    bool ok = length != 0;
    memset(scan, 0, sizeof(*scan));
    scan->index = index;
    scan->term.block = block;
    scan->p = bytes;
    scan->end = bytes + length;
    scan->left = ok ? *scan->p++ : 0;
    scan->next_unit = take_varint(scan, &ok);
    scan->next_bounds = take_varint(scan, &ok);
    scan->next_list = take_varint(scan, &ok);
    lists_length = take_varint(scan, &ok);
    ok = ok && in_region(index, TEXT_POSTINGS, scan->next_list, lists_length);
    scan->short_unit = scan->next_list + lists_length;
    scan->short_length = take_varint(scan, &ok);
    scan->short_crc = take_u32(scan, &ok);
    ok = ok && in_region(index, TEXT_POSTINGS, scan->short_unit, scan->short_length);
    if (index->info.positions) {
        scan->next_positions = take_varint(scan, &ok);
        lists_length = take_varint(scan, &ok);
        ok = ok && in_region(index, TEXT_POSITIONS, scan->next_positions, lists_length);
        scan->short_positions = scan->next_positions + lists_length;
        scan->short_positions_length = take_varint(scan, &ok);
        scan->short_positions_crc = take_u32(scan, &ok);
        ok = ok &&
             in_region(index, TEXT_POSITIONS, scan->short_positions, scan->short_positions_length);
    }
    if (!ok || scan->left == 0 || scan->left > TEXT_DICTIONARY_TERMS) {
        return bad_block(scan, "the head of a dictionary block is wrong", err);
    }
    return INLAY_OK;
}

static bool take_text(struct dictionary_scan *scan)
{
    uint32_t shared;
    uint32_t rest;
    if (scan->end - scan->p < 2) {
        return false;
    }
    shared = scan->p[0];
    rest = scan->p[1];
    scan->p += 2;
    if (shared > scan->length || shared + rest > TOKEN_MAX_BYTES || rest == 0 ||
        (size_t)(scan->end - scan->p) < rest) {
        return false;
    }
    memcpy(scan->text + shared, scan->p, rest);
    scan->p += rest;
    scan->length = shared + rest;
    return true;
}

static bool take_inline(struct dictionary_scan *scan)
{
    struct text_term *term = &scan->term;
    uint64_t row = UINT64_MAX;
    bool ok = true;
    uint32_t i;
    for (i = 0; i < term->df && ok; i++) {
        uint64_t gap = take_varint(scan, &ok);
        uint64_t tf = take_varint(scan, &ok);
        ok = ok && gap < scan->index->info.row_count && tf >= 1 && tf <= UINT32_MAX &&
             scan->p < scan->end && *scan->p != 0xff;
        row += gap + 1;
        if (!ok || row >= scan->index->info.row_count) {
            return false;
        }
        term->rows[i] = (uint32_t)row;
        term->tfs[i] = (uint32_t)tf;
        term->codes[i] = *scan->p++;
    }
    return ok;
}

static bool take_short(struct dictionary_scan *scan)
{
    struct text_term *term = &scan->term;
    bool ok = true;
    term->postings = scan->index->region_offset[TEXT_POSTINGS] + scan->short_unit;
    term->postings_length = scan->short_length;
    term->postings_crc = scan->short_crc;
    term->positions = scan->index->region_offset[TEXT_POSITIONS] + scan->short_positions;
    term->positions_length = scan->short_positions_length;
    term->positions_crc = scan->short_positions_crc;
    if (term->df <= TEXT_INLINE_POSTINGS) {
        ok = take_inline(scan);
    } else {
        term->part = scan->next_part;
        term->part_length = take_varint(scan, &ok);
        ok = ok && range_inside(term->part, term->part_length, scan->short_length);
        scan->next_part += term->part_length;
    }
    if (ok && scan->index->info.positions) {
        term->positions_part = scan->next_positions_part;
        term->positions_part_length = take_varint(scan, &ok);
        ok = ok && range_inside(term->positions_part, term->positions_part_length,
                                scan->short_positions_length);
        scan->next_positions_part += term->positions_part_length;
    }
    return ok;
}

static bool take_long(struct dictionary_scan *scan)
{
    const struct text_index *index = scan->index;
    struct text_term *term = &scan->term;
    struct bounds_layout layout;
    bool ok = true;
    bounds_layout(term->df, index->info.positions, &layout);
    term->postings_length = take_varint(scan, &ok);
    term->postings = index->region_offset[TEXT_POSTINGS] + scan->next_list;
    ok = ok && range_inside(scan->next_list, term->postings_length, scan->short_unit);
    scan->next_list += term->postings_length;
    if (ok && index->info.positions) {
        term->positions_length = take_varint(scan, &ok);
        term->positions = index->region_offset[TEXT_POSITIONS] + scan->next_positions;
        ok =
            ok && range_inside(scan->next_positions, term->positions_length, scan->short_positions);
        scan->next_positions += term->positions_length;
    }
    term->bounds = index->region_offset[TEXT_BOUNDS] + scan->next_bounds;
    ok = ok && in_region(index, TEXT_BOUNDS, scan->next_bounds, layout.size);
    scan->next_bounds += layout.size;
    term->unit = scan->next_unit;
    scan->next_unit += (uint64_t)layout.chunks + 1;
    return ok && scan->next_unit <= index->units && term->unit < scan->next_unit;
}

inlay_status dictionary_scan_next(struct dictionary_scan *scan, inlay_error *err)
{
    uint64_t df;
    bool ok;
    if (scan->left == 0) {
        return INLAY_NOT_FOUND;
    }
    scan->left--;
    ok = take_text(scan);
    df = ok ? take_varint(scan, &ok) : 0;
    if (!ok || df == 0 || df > scan->index->info.documents) {
        return bad_block(scan, "a dictionary entry is wrong", err);
    }
    scan->term.df = (uint32_t)df;
    ok = df <= TEXT_SHORT_POSTINGS ? take_short(scan) : take_long(scan);
    return ok ? INLAY_OK : bad_block(scan, "a dictionary entry points outside its region", err);
}

static inlay_status find_in_block(const struct text_index *index, const struct block_bytes *block,
                                  const struct dictionary_key *key, struct text_term *term,
                                  inlay_error *err)
{
    struct dictionary_scan scan;
    INLAY_TRY(dictionary_scan_start(&scan, index, block->block, block->data, block->length, err));
    for (;;) {
        inlay_status status = dictionary_scan_next(&scan, err);
        int order;
        if (status != INLAY_OK) {
            return status == INLAY_NOT_FOUND ? INLAY_OK : status;
        }
        order = compare_text(scan.text, scan.length, key->text, key->length);
        if (order == 0) {
            *term = scan.term;
        }
        if (order >= 0) {
            return INLAY_OK;
        }
    }
}

inlay_status dictionary_block_check(const struct text_index *index, uint32_t block,
                                    const uint8_t *bytes, size_t length, bool resident,
                                    inlay_error *err)
{
    uint64_t unit = unit_dictionary(index, block);
    if (resident && unit_is_checked(index, unit)) {
        return INLAY_OK;
    }
    if (crc32c(0, bytes, length) != load_u32(index->block_crcs + 4 * (size_t)block)) {
        uint64_t start = block != 0 ? load_u64(index->block_ends + 8 * (size_t)(block - 1)) : 0;
        return index_corrupt(index, index->region_offset[TEXT_DICTIONARY] + start,
                             "a dictionary block's checksum is wrong", err);
    }
    if (resident) {
        unit_set_checked(index, unit);
    }
    return INLAY_OK;
}

/* Where a block is, and a view of it when there is one. */
static void place_block(const struct text_index *index, uint32_t block, struct block_bytes *out)
{
    uint64_t start = block != 0 ? load_u64(index->block_ends + 8 * (size_t)(block - 1)) : 0;
    out->block = block;
    out->offset = index->region_offset[TEXT_DICTIONARY] + start;
    out->length = (size_t)(load_u64(index->block_ends + 8 * (size_t)block) - start);
    out->data = byte_source_view(index->file, out->offset, out->length);
}

/* Places each needed block: a view, or a range to read into `copies`. */
static void place_blocks(const struct text_index *index, const struct dictionary_key *keys,
                         size_t count, struct block_bytes *blocks, uint64_t *missing)
{
    size_t i;
    *missing = 0;
    for (i = 0; i < count; i++) {
        uint32_t block = block_of_term(index, &keys[i]);
        blocks[i].block = block;
        if (block != NO_BLOCK) {
            place_block(index, block, &blocks[i]);
            *missing += blocks[i].data == NULL ? blocks[i].length : 0;
        }
    }
}

static inlay_status read_blocks(const struct text_index *index, struct block_bytes *blocks,
                                size_t count, uint64_t missing, uint8_t **copies, inlay_error *err)
{
    struct byte_range *ranges = mem_alloc_array(count, sizeof(*ranges));
    inlay_status status;
    size_t used = 0;
    size_t i;
    uint8_t *to;
    *copies = mem_alloc((size_t)missing);
    to = *copies;
    if (ranges == NULL || to == NULL) {
        mem_free(ranges);
        return error_no_memory(err);
    }
    for (i = 0; i < count; i++) {
        if (blocks[i].block != NO_BLOCK && blocks[i].data == NULL) {
            ranges[used++] = (struct byte_range){blocks[i].offset, blocks[i].length, to};
            blocks[i].data = to;
            to += blocks[i].length;
        }
    }
    status = byte_source_read(index->file, ranges, used, err);
    mem_free(ranges);
    return status;
}

inlay_status dictionary_lookup(const struct text_index *index, const struct dictionary_key *keys,
                               size_t count, struct text_term *terms, inlay_error *err)
{
    struct block_bytes *blocks = mem_zalloc_array(count, sizeof(*blocks));
    uint8_t *copies = NULL;
    uint64_t missing;
    inlay_status status = INLAY_OK;
    size_t i;
    if (blocks == NULL) {
        return error_no_memory(err);
    }
    if (count != 0) {
        memset(terms, 0, count * sizeof(*terms));
    }
    place_blocks(index, keys, count, blocks, &missing);
    if (missing != 0) {
        status = read_blocks(index, blocks, count, missing, &copies, err);
    }
    for (i = 0; i < count && status == INLAY_OK; i++) {
        if (blocks[i].block == NO_BLOCK) {
            continue;
        }
        status = dictionary_block_check(index, blocks[i].block, blocks[i].data, blocks[i].length,
                                        missing == 0, err);
        if (status == INLAY_OK) {
            status = find_in_block(index, &blocks[i], &keys[i], &terms[i], err);
        }
    }
    mem_free(copies);
    mem_free(blocks);
    return status;
}

/* Blocks that a prefix reads in one wave. */
#define PREFIX_WAVE 256

struct prefix_search {
    const struct text_index *index;
    const uint8_t *prefix;
    uint32_t length;
    bool (*each)(void *context, const uint8_t *text, uint32_t length);
    void *context;
    bool ended;
};

static inlay_status prefix_block(struct prefix_search *search, const struct block_bytes *block,
                                 inlay_error *err)
{
    struct dictionary_scan scan;
    INLAY_TRY(
        dictionary_scan_start(&scan, search->index, block->block, block->data, block->length, err));
    while (!search->ended) {
        inlay_status status = dictionary_scan_next(&scan, err);
        if (status != INLAY_OK) {
            return status == INLAY_NOT_FOUND ? INLAY_OK : status;
        }
        if (scan.length >= search->length &&
            memcmp(scan.text, search->prefix, search->length) == 0) {
            search->ended = !search->each(search->context, scan.text, scan.length);
        } else if (compare_text(scan.text, scan.length, search->prefix, search->length) > 0) {
            search->ended = true;
        }
    }
    return INLAY_OK;
}

static inlay_status prefix_wave(struct prefix_search *search, uint32_t first, uint32_t count,
                                struct block_bytes *blocks, inlay_error *err)
{
    uint8_t *copies = NULL;
    uint64_t missing = 0;
    inlay_status status = INLAY_OK;
    uint32_t i;
    for (i = 0; i < count; i++) {
        place_block(search->index, first + i, &blocks[i]);
        missing += blocks[i].data == NULL ? blocks[i].length : 0;
    }
    if (missing != 0) {
        status = read_blocks(search->index, blocks, count, missing, &copies, err);
    }
    for (i = 0; i < count && status == INLAY_OK && !search->ended; i++) {
        status = dictionary_block_check(search->index, blocks[i].block, blocks[i].data,
                                        blocks[i].length, missing == 0, err);
        if (status == INLAY_OK) {
            status = prefix_block(search, &blocks[i], err);
        }
    }
    mem_free(copies);
    return status;
}

/* The first block whose first term lies behind every term with the prefix. */
static uint32_t prefix_end(const struct text_index *index, const uint8_t *prefix, uint32_t length)
{
    uint8_t last[TOKEN_MAX_BYTES];
    /* No byte of UTF-8 is 0xff, and terms are no longer than this. */
    memset(last, 0xff, sizeof(last));
    memcpy(last, prefix, length);
    return dictionary_blocks_before(index, last, sizeof(last));
}

inlay_status dictionary_prefix(const struct text_index *index, const uint8_t *prefix,
                               uint32_t length,
                               bool (*each)(void *context, const uint8_t *text, uint32_t length),
                               void *context, inlay_error *err)
{
    struct prefix_search search = {index, prefix, length, each, context, false};
    struct block_bytes *blocks;
    inlay_status status = INLAY_OK;
    uint32_t first;
    uint32_t end;
    if (length == 0 || length > TOKEN_MAX_BYTES || index->blocks == 0) {
        return INLAY_OK;
    }
    first = dictionary_blocks_before(index, prefix, length);
    first -= first != 0;
    end = prefix_end(index, prefix, length);
    blocks = mem_zalloc_array(PREFIX_WAVE, sizeof(*blocks));
    if (blocks == NULL) {
        return error_no_memory(err);
    }
    for (; first < end && status == INLAY_OK && !search.ended; first += PREFIX_WAVE) {
        uint32_t count = end - first < PREFIX_WAVE ? end - first : PREFIX_WAVE;
        status = prefix_wave(&search, first, count, blocks, err);
    }
    mem_free(blocks);
    return status;
}
