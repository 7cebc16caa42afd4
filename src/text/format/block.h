/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A block: 1 to 128 postings of one term. Rows come first in the smallest of three forms, then the
 * term frequencies, then one length code per posting:
 *
 *   gaps     a pack of row[i] - row[i-1] - 1
 *   bitset   byte 0x40, varint first gap, byte w, w little-endian 64-bit words from row first & ~63
 *   run      byte 0x41, varint first gap: consecutive rows
 *   tf       a pack of tf - 1
 *   codes    one byte each
 *
 * The row before the first is the `previous` of every function: the last row of the block before,
 * UINT32_MAX before the first block. Decoders are for blocks that block_check has accepted, and
 * load up to PACK_PADDING bytes behind the end.
 */
#ifndef INLAY_TEXT_FORMAT_BLOCK_H
#define INLAY_TEXT_FORMAT_BLOCK_H

#include "base/buffer.h"
#include "text/format/pack.h"

#include <stdint.h>

#define BLOCK_POSTINGS PACK_MAX
#define BLOCK_BITSET 0x40u
#define BLOCK_RUN 0x41u
#define BLOCK_ROOM (2 * PACK_ROOM + BLOCK_POSTINGS)

/* Writes a block, and scratch bytes behind it: `to` has BLOCK_ROOM bytes. Returns the block's end.
 */
uint8_t *block_write(const uint32_t *rows, const uint32_t *tfs, const uint8_t *codes, size_t count,
                     uint32_t previous, uint8_t *to);
/* The same, appended. */
void block_encode(const uint32_t *rows, const uint32_t *tfs, const uint8_t *codes, size_t count,
                  uint32_t previous, struct buffer *out);

/* The length of a well-formed block (rows ascending and below `row_count`), or 0. */
size_t block_check(const uint8_t *p, size_t left, size_t count, uint32_t previous,
                   uint64_t row_count, uint32_t *last_row);

/* Decodes the rows; returns where the frequencies begin. rows[count..] up to a multiple of 8 are
 * UINT32_MAX. */
const uint8_t *block_rows(const uint8_t *p, size_t count, uint32_t previous, uint32_t *rows);
/* Decodes the frequencies; returns the length codes. */
const uint8_t *block_frequencies(const uint8_t *p, size_t count, uint32_t *tfs);

/* Sets the bits of the block's rows in [lo, hi) in a window whose bit 0 is row `lo`, a multiple of
 * 64. */
void block_set_bits(const uint8_t *p, size_t count, uint32_t previous, uint64_t lo, uint64_t hi,
                    uint64_t *words);

#endif
