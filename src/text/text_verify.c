/* SPDX-License-Identifier: Apache-2.0 */
#include "text/text_verify.h"

#include "text/format/filter.h"
#include "text/format/length_code.h"
#include "text/read/cursor.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/checked.h"
#include "base/crc32c.h"
#include "base/error.h"

#include <string.h>

struct walk {
    struct text_index *index;
    struct text_verify_counts *counts;
    struct byte_slice codes; /* the length code of every row */
    uint32_t *lengths;       /* of every row: the frequencies of its terms, added up */
    struct block_positions positions;
    uint8_t last[TOKEN_MAX_BYTES]; /* the term before */
    uint32_t last_length;
    uint64_t terms;
    uint64_t postings;
    uint64_t ends[TEXT_REGION_COUNT]; /* how far the regions are accounted for */
    uint64_t units;
    uint32_t last_row;
};

/* ---- the parts that stand alone ---- */

static inlay_status compare_crc(struct walk *w, const struct byte_slice *bytes, uint32_t expected,
                                uint64_t offset, const char *what, inlay_error *err)
{
    uint32_t found = crc32c(0, bytes->data, (size_t)bytes->length);
    if (found != expected) {
        (void)index_corrupt(w->index, offset, what, err);
        error_expected(err, "%08x", expected);
        error_found(err, "%08x", found);
        return INLAY_CORRUPT;
    }
    w->counts->checksums++;
    return INLAY_OK;
}

static inlay_status verify_codes(struct walk *w, inlay_error *err)
{
    const struct text_index *index = w->index;
    uint64_t start = index->region_offset[TEXT_CODES];
    uint64_t documents = 0;
    uint64_t total = 0;
    uint64_t row;
    INLAY_TRY(byte_source_slice(index->file, start, index->info.row_count, &w->codes, err));
    for (row = 0; row < index->info.row_count; row += TEXT_CODE_CHUNK) {
        uint64_t left = index->info.row_count - row;
        struct byte_slice chunk = {w->codes.data + row,
                                   left < TEXT_CODE_CHUNK ? left : TEXT_CODE_CHUNK, NULL};
        INLAY_TRY(compare_crc(w, &chunk,
                              load_u32(index->code_crcs + 4 * (size_t)(row / TEXT_CODE_CHUNK)),
                              start + row, "the checksum of length codes is wrong", err));
    }
    for (row = 0; row < index->info.row_count; row++) {
        documents += w->codes.data[row] != LENGTH_CODE_NULL;
        total += length_code_decode(w->codes.data[row]);
    }
    if (documents != index->info.documents || total != index->info.total_length) {
        return index_corrupt(index, start, "the length codes do not add up to the statistics", err);
    }
    return INLAY_OK;
}

/* The bytes between the regions, and behind the last one, are zero. */
static inlay_status verify_padding(const struct walk *w, uint64_t from, uint64_t to,
                                   inlay_error *err)
{
    struct byte_slice bytes;
    inlay_status status = INLAY_OK;
    uint64_t i;
    INLAY_TRY(byte_source_slice(w->index->file, from, to - from, &bytes, err));
    for (i = 0; i < bytes.length && status == INLAY_OK; i++) {
        if (bytes.data[i] != 0) {
            status = index_corrupt(w->index, from + i, "padding is not zero", err);
        }
    }
    byte_slice_free(&bytes);
    return status;
}

static inlay_status verify_paddings(const struct walk *w, uint64_t body_end, inlay_error *err)
{
    const struct text_index *index = w->index;
    uint64_t end = index->body_offset;
    size_t i;
    for (i = 0; i < TEXT_REGION_COUNT; i++) {
        INLAY_TRY(verify_padding(w, end, index->region_offset[i], err));
        end = index->region_offset[i] + index->region_length[i];
    }
    return verify_padding(w, end, body_end, err);
}

/* ---- lists ---- */

static inlay_status bad_list(const struct posting_list *list, const char *what, inlay_error *err)
{
    uint64_t offset = list->term.df > TEXT_INLINE_POSTINGS
                          ? list->term.postings + list->term.part
                          : list->index->region_offset[TEXT_DICTIONARY];
    return index_corrupt(list->index, offset, what, err);
}

/* Does a stored pair bound the posting: a frequency as great in a document as short? */
static bool is_bounded(const uint8_t *pairs, size_t count, uint32_t tf, uint8_t code)
{
    uint32_t capped = tf < BOUND_TF_MAX ? tf : BOUND_TF_MAX;
    size_t i;
    for (i = 0; i < count; i++) {
        if (pairs[2 * i] >= capped && pairs[2 * i + 1] <= code) {
            return true;
        }
    }
    return false;
}

static bool within_bounds(const struct posting_cursor *cursor, uint32_t tf, uint8_t code)
{
    const struct posting_list *list = cursor->list;
    uint64_t block = cursor->block;
    uint64_t chunk = cursor->block / CHUNK_BLOCKS;
    return is_bounded(list->bounds + list->layout.pairs + 2 * BLOCK_PAIRS * block, BLOCK_PAIRS, tf,
                      code) &&
           is_bounded(list->bounds + list->layout.chunk_pairs + 2 * CHUNK_PAIRS * chunk,
                      CHUNK_PAIRS, tf, code);
}

static inlay_status verify_positions(struct walk *w, struct posting_cursor *cursor, uint32_t tf,
                                     inlay_error *err)
{
    const uint32_t *positions = cursor_positions(cursor, &w->positions);
    uint32_t i;
    if (positions == NULL) {
        return cursor->status;
    }
    for (i = 1; i < tf; i++) {
        if (positions[i] < positions[i - 1]) {
            return bad_list(cursor->list, "positions do not ascend", err);
        }
    }
    return INLAY_OK;
}

static inlay_status verify_posting(struct walk *w, struct posting_cursor *cursor, inlay_error *err)
{
    const struct posting_list *list = cursor->list;
    uint32_t row = cursor->row;
    uint32_t tf = cursor_tf(cursor);
    uint8_t code = cursor_code(cursor);
    if (row >= w->index->info.row_count || (w->last_row != CURSOR_END && row <= w->last_row)) {
        return bad_list(list, "rows do not ascend below the row count", err);
    }
    if (tf == 0 || tf > UINT32_MAX - w->lengths[row]) {
        return bad_list(list, "a term frequency is impossible", err);
    }
    if (code != w->codes.data[row]) {
        return bad_list(list, "a posting has another length code than its row", err);
    }
    if (list_is_long(list) && !within_bounds(cursor, tf, code)) {
        return bad_list(list, "a posting passes the bounds of its block", err);
    }
    if (w->index->info.positions) {
        INLAY_TRY(verify_positions(w, cursor, tf, err));
    }
    w->lengths[row] += tf;
    w->last_row = row;
    return INLAY_OK;
}

static inlay_status verify_list(struct walk *w, const struct text_term *term, inlay_error *err)
{
    struct posting_cursor cursor;
    struct list_set set;
    inlay_status status;
    uint64_t count = 0;
    bool positions = w->index->info.positions;
    INLAY_TRY(list_set_fetch(w->index, term, &positions, 1, &set, err));
    w->positions.block = UINT32_MAX;
    w->last_row = CURSOR_END;
    cursor_init(&cursor, &set.lists[0], err);
    status = cursor.status;
    while (cursor.row != CURSOR_END && status == INLAY_OK) {
        status = verify_posting(w, &cursor, err);
        count++;
        if (status == INLAY_OK) {
            (void)cursor_next(&cursor);
            status = cursor.status;
        }
    }
    if (status == INLAY_OK && count != term->df) {
        status = bad_list(&set.lists[0], "a list has another number of postings than its df", err);
    }
    if (status == INLAY_OK && list_is_long(&set.lists[0])) {
        /* The bounds record, and one or two checksums per chunk. */
        w->counts->checksums += 1 + (uint64_t)set.lists[0].layout.chunks * (positions ? 2 : 1);
    }
    list_set_free(&set);
    w->postings += count;
    return status;
}

/* ---- the dictionary ---- */

static int compare_text(const uint8_t *a, size_t a_length, const uint8_t *b, size_t b_length)
{
    int order = memcmp(a, b, a_length < b_length ? a_length : b_length);
    return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

static inlay_status verify_term(struct walk *w, const struct dictionary_scan *scan, bool first,
                                uint64_t offset, inlay_error *err)
{
    const struct text_index *index = w->index;
    uint32_t block = scan->term.block;
    if (w->terms != 0 && compare_text(scan->text, scan->length, w->last, w->last_length) <= 0) {
        return index_corrupt(index, offset, "terms do not ascend", err);
    }
    if (first) {
        uint32_t start =
            block != 0 ? load_u32(index->first_term_ends + 4 * (size_t)(block - 1)) : 0;
        uint32_t end = load_u32(index->first_term_ends + 4 * (size_t)block);
        if (compare_text(scan->text, scan->length, index->first_terms + start, end - start) != 0) {
            return index_corrupt(index, offset, "a block begins with another term than stated",
                                 err);
        }
    }
    if (!text_index_may_contain(index, scan->text, scan->length)) {
        return index_corrupt(index, offset, "a term is missing in the filter", err);
    }
    memcpy(w->last, scan->text, scan->length);
    w->last_length = scan->length;
    w->terms++;
    return verify_list(w, &scan->term, err);
}

/* What the block before used ends where this one's lists begin: nothing is skipped, nothing used
 * twice. */
static bool follows(const struct walk *w, const struct dictionary_scan *scan)
{
    return scan->next_list == w->ends[TEXT_POSTINGS] && scan->next_bounds == w->ends[TEXT_BOUNDS] &&
           scan->next_unit == w->units &&
           (!w->index->info.positions || scan->next_positions == w->ends[TEXT_POSITIONS]);
}

/* The long lists end where the short unit begins, and its parts fill it. */
static bool ends_well(const struct dictionary_scan *scan)
{
    return scan->p == scan->end && scan->next_list == scan->short_unit &&
           scan->next_part == scan->short_length && scan->next_positions == scan->short_positions &&
           scan->next_positions_part == scan->short_positions_length;
}

static inlay_status verify_block(struct walk *w, uint32_t block, const struct byte_slice *bytes,
                                 uint64_t offset, inlay_error *err)
{
    struct dictionary_scan scan;
    inlay_status status;
    bool first = true;
    INLAY_TRY(compare_crc(w, bytes, load_u32(w->index->block_crcs + 4 * (size_t)block), offset,
                          "a dictionary block's checksum is wrong", err));
    INLAY_TRY(
        dictionary_scan_start(&scan, w->index, block, bytes->data, (size_t)bytes->length, err));
    if (!follows(w, &scan)) {
        return index_corrupt(w->index, offset, "a dictionary block leaves a gap", err);
    }
    while ((status = dictionary_scan_next(&scan, err)) == INLAY_OK) {
        INLAY_TRY(verify_term(w, &scan, first, offset, err));
        first = false;
    }
    if (status != INLAY_NOT_FOUND) {
        return status;
    }
    if (!ends_well(&scan)) {
        return index_corrupt(w->index, offset, "a dictionary block does not end with its lists",
                             err);
    }
    w->counts->checksums += (scan.short_length != 0) + (scan.short_positions_length != 0);
    w->ends[TEXT_POSTINGS] = scan.short_unit + scan.short_length;
    w->ends[TEXT_POSITIONS] = scan.short_positions + scan.short_positions_length;
    w->ends[TEXT_BOUNDS] = scan.next_bounds;
    w->units = scan.next_unit;
    return INLAY_OK;
}

static inlay_status verify_dictionary(struct walk *w, inlay_error *err)
{
    const struct text_index *index = w->index;
    uint64_t start = 0;
    uint32_t block;
    for (block = 0; block < index->blocks; block++) {
        uint64_t end = load_u64(index->block_ends + 8 * (size_t)block);
        uint64_t offset = index->region_offset[TEXT_DICTIONARY] + start;
        struct byte_slice bytes;
        inlay_status status;
        INLAY_TRY(byte_source_slice(index->file, offset, end - start, &bytes, err));
        status = verify_block(w, block, &bytes, offset, err);
        byte_slice_free(&bytes);
        INLAY_TRY(status);
        start = end;
    }
    return INLAY_OK;
}

/* ---- totals ---- */

static inlay_status verify_totals(const struct walk *w, inlay_error *err)
{
    const struct text_index *index = w->index;
    const struct text_index_info *info = &index->info;
    uint64_t row;
    if (w->terms != info->terms || w->postings != info->postings || w->units != index->units ||
        compare_text(w->last, w->last_length, index->max_term, index->max_term_length) != 0) {
        return index_corrupt(index, index->region_offset[TEXT_DICTIONARY],
                             "the dictionary does not add up to the statistics", err);
    }
    if (w->ends[TEXT_POSTINGS] != index->region_length[TEXT_POSTINGS] ||
        w->ends[TEXT_POSITIONS] != index->region_length[TEXT_POSITIONS] ||
        w->ends[TEXT_BOUNDS] != index->region_length[TEXT_BOUNDS]) {
        return index_corrupt(index, index->body_offset, "a region has bytes that no term uses",
                             err);
    }
    for (row = 0; row < info->row_count; row++) {
        uint8_t code = w->codes.data[row];
        if (code != LENGTH_CODE_NULL ? length_code_encode(w->lengths[row]) != code
                                     : w->lengths[row] != 0) {
            return index_corrupt(index, index->region_offset[TEXT_CODES] + row,
                                 "a row has another number of tokens than its length code says",
                                 err);
        }
    }
    return INLAY_OK;
}

/* The bits spare a second comparison of a unit; here each is compared again. */
static void forget_checked(const struct text_index *index)
{
    uint64_t chunks = (index->info.row_count + TEXT_CODE_CHUNK - 1) / TEXT_CODE_CHUNK;
    uint64_t i;
    for (i = 0; i <= unit_codes(index, chunks) / 64; i++) {
        atomic_store_explicit(&index->checked[i], 0, memory_order_relaxed);
    }
}

inlay_status text_index_verify(struct text_index *index, struct text_verify_counts *counts,
                               inlay_error *err)
{
    struct walk w;
    inlay_status status;
    uint64_t codes_end = index->region_offset[TEXT_CODES] + index->region_length[TEXT_CODES];
    uint64_t body_length =
        align_up(codes_end - index->body_offset + TEXT_ALIGNMENT, TEXT_ALIGNMENT);
    memset(counts, 0, sizeof(*counts));
    memset(&w, 0, sizeof(w));
    w.index = index;
    w.counts = counts;
    block_positions_init(&w.positions);
    forget_checked(index);
    w.lengths = mem_zalloc_array((size_t)index->info.row_count, sizeof(*w.lengths));
    if (w.lengths == NULL) {
        return error_no_memory(err);
    }
    INLAY_TRY_GOTO(status, verify_paddings(&w, index->body_offset + body_length, err), cleanup);
    INLAY_TRY_GOTO(status, verify_codes(&w, err), cleanup);
    INLAY_TRY_GOTO(status, verify_dictionary(&w, err), cleanup);
    INLAY_TRY_GOTO(status, verify_totals(&w, err), cleanup);
    counts->bytes = body_length;
cleanup:
    block_positions_free(&w.positions);
    byte_slice_free(&w.codes);
    mem_free(w.lengths);
    if (status != INLAY_OK) {
        memset(counts, 0, sizeof(*counts));
    }
    return status;
}
