/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks the postings of one list in row order, block by block, decoding only what is asked for:
 * rows when a block is entered, frequencies and positions when they are first needed. A failure
 * (corrupt bytes) ends the walk and stays in `status`. One thread.
 */
#ifndef INLAY_TEXT_READ_CURSOR_H
#define INLAY_TEXT_READ_CURSOR_H

#include "text/format/block.h"
#include "text/format/kernels.h"
#include "text/read/list.h"

#include "base/bytes.h"

#define CURSOR_END UINT32_MAX /* never a row */

struct posting_cursor {
    const struct posting_list *list;
    const struct text_kernels *kernels;
    uint32_t row;   /* the present posting's, CURSOR_END behind the last one */
    uint32_t at;    /* its number in the block */
    uint32_t count; /* postings in the block */
    uint32_t block;
    uint32_t blocks;
    uint32_t checked_chunk; /* last chunk known to be good */
    uint32_t bound_block;   /* where cursor_shallow stands; not behind `block` */
    bool frequencies;       /* tfs and codes are decoded */
    const uint8_t *frequency_bytes;
    const uint8_t *codes;
    uint32_t rows[BLOCK_POSTINGS + 8];
    uint32_t tfs[BLOCK_POSTINGS + 8];
    inlay_status status;
    inlay_error *err;
};

/* Stands on the first posting. `err` is borrowed for the cursor's life. */
void cursor_init(struct posting_cursor *cursor, const struct posting_list *list, inlay_error *err);

/* Steps to block `block` and its first posting. */
void cursor_enter(struct posting_cursor *cursor, uint32_t block);
void cursor_seek_slow(struct posting_cursor *cursor, uint32_t target);
void cursor_decode_frequencies(struct posting_cursor *cursor);

static inline uint32_t cursor_next(struct posting_cursor *cursor)
{
    if (++cursor->at < cursor->count) {
        cursor->row = cursor->rows[cursor->at];
    } else {
        cursor_enter(cursor, cursor->block + 1);
    }
    return cursor->row;
}

/* The first posting whose row is `target` or greater; never steps back. */
static inline uint32_t cursor_seek(struct posting_cursor *cursor, uint32_t target)
{
    if (cursor->row < target) {
        cursor_seek_slow(cursor, target);
    }
    return cursor->row;
}

static inline uint32_t cursor_tf(struct posting_cursor *cursor)
{
    if (!cursor->frequencies) {
        cursor_decode_frequencies(cursor);
    }
    return cursor->tfs[cursor->at];
}

static inline uint8_t cursor_code(struct posting_cursor *cursor)
{
    if (!cursor->frequencies) {
        cursor_decode_frequencies(cursor);
    }
    return cursor->codes[cursor->at];
}

/* Last row of a block of the list, without decoding. Only for long lists. */
static inline uint32_t list_last_row(const struct posting_list *list, uint32_t block)
{
    return load_u32(list->bounds + 4 * (uint64_t)block);
}
static inline uint32_t list_block_end(const struct posting_list *list, uint32_t block)
{
    return load_u32(list->bounds + list->layout.block_end + 4 * (uint64_t)block);
}
static inline uint32_t list_block_start(const struct posting_list *list, uint32_t block)
{
    return block != 0 ? list_block_end(list, block - 1) : 0;
}
static inline uint32_t list_row_before(const struct posting_list *list, uint32_t block)
{
    return block != 0 ? list_last_row(list, block - 1) : UINT32_MAX;
}
static inline uint32_t list_block_count(const struct posting_list *list, uint32_t block)
{
    uint32_t left = list->term.df - block * BLOCK_POSTINGS;
    return left < BLOCK_POSTINGS ? left : BLOCK_POSTINGS;
}
/* The first block from `from` on whose last row is `target` or greater; `blocks` when none is. */
uint32_t list_find_block(const struct posting_list *list, uint32_t from, uint32_t target);

/* Word positions of the postings of one block. */
struct block_positions {
    uint32_t block;   /* whose positions are held; UINT32_MAX = none */
    uint32_t *values; /* owned; distances, absolute positions once a posting was asked for */
    bool summed[BLOCK_POSTINGS];
    size_t capacity;
    uint32_t starts[BLOCK_POSTINGS + 1];
};
void block_positions_init(struct block_positions *positions);
void block_positions_free(struct block_positions *positions);
/* The positions of the present posting: `cursor_tf` of them, ascending. NULL after a failure. */
const uint32_t *cursor_positions(struct posting_cursor *cursor, struct block_positions *positions);

#endif
