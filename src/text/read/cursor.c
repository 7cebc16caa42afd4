/* SPDX-License-Identifier: Apache-2.0 */
#include "text/read/cursor.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

#define NO_CHUNK UINT32_MAX

static void finish(struct posting_cursor *cursor)
{
    cursor->row = CURSOR_END;
    cursor->at = 0;
    cursor->count = 0;
    cursor->block = cursor->blocks;
}

static void fail(struct posting_cursor *cursor, inlay_status status)
{
    cursor->status = status;
    finish(cursor);
}

static void enter_inline(struct posting_cursor *cursor)
{
    const struct text_term *term = &cursor->list->term;
    memset(cursor->rows, 0xff, 8 * sizeof(cursor->rows[0])); /* padding as in a decoded block */
    memcpy(cursor->rows, term->rows, term->df * sizeof(term->rows[0]));
    memcpy(cursor->tfs, term->tfs, sizeof(term->tfs));
    cursor->codes = term->codes;
    cursor->frequencies = true;
}

static bool enter_long(struct posting_cursor *cursor, uint32_t block)
{
    const struct posting_list *list = cursor->list;
    uint32_t chunk = block / CHUNK_BLOCKS;
    if (chunk != cursor->checked_chunk) {
        inlay_status status = list_touch_chunk(list, chunk, cursor->err);
        if (status != INLAY_OK) {
            fail(cursor, status);
            return false;
        }
        cursor->checked_chunk = chunk;
    }
    cursor->frequency_bytes = block_rows(list->postings + list_block_start(list, block),
                                         cursor->count, list_row_before(list, block), cursor->rows);
    return true;
}

void cursor_enter(struct posting_cursor *cursor, uint32_t block)
{
    const struct posting_list *list = cursor->list;
    if (block >= cursor->blocks) {
        finish(cursor);
        return;
    }
    cursor->block = block;
    cursor->at = 0;
    cursor->count = list_block_count(list, block);
    cursor->frequencies = false;
    if (list->term.df <= TEXT_INLINE_POSTINGS) {
        enter_inline(cursor);
    } else if (!list_is_long(list)) {
        cursor->frequency_bytes =
            block_rows(list->postings, cursor->count, UINT32_MAX, cursor->rows);
    } else if (!enter_long(cursor, block)) {
        return;
    }
    cursor->row = cursor->rows[0];
}

void cursor_init(struct posting_cursor *cursor, const struct posting_list *list, inlay_error *err)
{
    cursor->list = list;
    cursor->kernels = text_kernels();
    cursor->err = err;
    cursor->status = INLAY_OK;
    cursor->checked_chunk = NO_CHUNK;
    cursor->bound_block = 0;
    cursor->blocks = list->term.df != 0 ? list_blocks(list) : 0;
    cursor_enter(cursor, 0);
}

uint32_t list_find_block(const struct posting_list *list, uint32_t from, uint32_t target)
{
    uint32_t blocks = list->layout.blocks;
    uint32_t step = 1;
    uint32_t low = from;
    uint32_t high = from;
    while (high < blocks && list_last_row(list, high) < target) {
        low = high + 1;
        high = blocks - high > step ? high + step : blocks;
        step *= 2;
    }
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (list_last_row(list, middle) < target) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void cursor_seek_slow(struct posting_cursor *cursor, uint32_t target)
{
    uint32_t start;
    if (cursor->count == 0) {
        return;
    }
    if (cursor->rows[cursor->count - 1] < target) {
        if (!list_is_long(cursor->list)) {
            finish(cursor);
            return;
        }
        cursor_enter(cursor, list_find_block(cursor->list, cursor->block + 1, target));
        if (cursor->count == 0) {
            return;
        }
    }
    start = cursor->at & ~7u;
    cursor->at = start + (uint32_t)cursor->kernels->count_less(cursor->rows + start,
                                                               cursor->count - start, target);
    cursor->row = cursor->rows[cursor->at];
}

void cursor_decode_frequencies(struct posting_cursor *cursor)
{
    if (cursor->count != 0) {
        cursor->codes = block_frequencies(cursor->frequency_bytes, cursor->count, cursor->tfs);
        cursor->frequencies = true;
    }
}

void block_positions_init(struct block_positions *positions)
{
    memset(positions, 0, sizeof(*positions));
    positions->block = UINT32_MAX;
}

void block_positions_free(struct block_positions *positions)
{
    mem_free(positions->values);
    block_positions_init(positions);
}

static uint32_t positions_end(const struct posting_list *list, uint32_t block)
{
    return load_u32(list->bounds + list->layout.positions_end + 4 * (uint64_t)block);
}

/* Where the packs of the present block lie. */
static inlay_status locate(struct posting_cursor *cursor, const uint8_t **p, size_t *length)
{
    const struct posting_list *list = cursor->list;
    uint32_t start;
    if (!list_is_long(list)) {
        *p = list->positions;
        *length = (size_t)list->positions_length;
        return INLAY_OK;
    }
    INLAY_TRY(list_touch_positions(list, cursor->block / CHUNK_BLOCKS, cursor->err));
    start = cursor->block != 0 ? positions_end(list, cursor->block - 1) : 0;
    *p = list->positions + start;
    *length = positions_end(list, cursor->block) - start;
    return INLAY_OK;
}

static bool decode_packs(const uint8_t *p, size_t length, size_t total, uint32_t *values)
{
    size_t done;
    for (done = 0; done < total; done += PACK_MAX) {
        size_t count = total - done < PACK_MAX ? total - done : PACK_MAX;
        size_t size = pack_check(p, length, count);
        if (size == 0) {
            return false;
        }
        (void)pack_decode(p, count, values + done);
        p += size;
        length -= size;
    }
    return length == 0;
}

static inlay_status load_block(struct posting_cursor *cursor, struct block_positions *positions)
{
    const uint8_t *p;
    size_t length;
    uint64_t total = 0;
    void *values = positions->values;
    uint32_t i;
    INLAY_TRY(locate(cursor, &p, &length));
    (void)cursor_tf(cursor);
    for (i = 0; i < cursor->count; i++) {
        positions->starts[i] = (uint32_t)total;
        total += cursor->tfs[i];
    }
    /* A pack of 128 equal values is 1 byte: bounds the claim before memory is taken for it. */
    if (total > (uint64_t)length * PACK_MAX || total > UINT32_MAX) {
        return index_corrupt(cursor->list->index, cursor->list->term.positions,
                             "positions are fewer than the frequencies say", cursor->err);
    }
    positions->starts[cursor->count] = (uint32_t)total;
    if (!mem_grow(&values, &positions->capacity, (size_t)total + 8, sizeof(uint32_t))) {
        return error_no_memory(cursor->err);
    }
    positions->values = values;
    if (!decode_packs(p, length, (size_t)total, positions->values)) {
        return index_corrupt(cursor->list->index, cursor->list->term.positions,
                             "a pack of positions is wrong", cursor->err);
    }
    memset(positions->summed, 0, sizeof(positions->summed));
    positions->block = cursor->block;
    return INLAY_OK;
}

const uint32_t *cursor_positions(struct posting_cursor *cursor, struct block_positions *positions)
{
    uint32_t *values;
    uint32_t i;
    if (positions->block != cursor->block) {
        inlay_status status = load_block(cursor, positions);
        if (status != INLAY_OK) {
            fail(cursor, status);
            return NULL;
        }
    }
    values = positions->values + positions->starts[cursor->at];
    if (!positions->summed[cursor->at]) {
        for (i = 1; i < cursor_tf(cursor); i++) {
            values[i] += values[i - 1];
        }
        positions->summed[cursor->at] = true;
    }
    return values;
}
