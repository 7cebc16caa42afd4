/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pack: up to 128 unsigned 32-bit integers, bit-packed with patched outliers (PFOR: Zukowski et
 * al., "Super-Scalar RAM-CPU Cache Compression", ICDE 2006). Layout in docs/format/text-index.md:
 *
 *   header    bit 7: patched; bits 5..0: width w, 0..32
 *   payload   the low w bits of each value, least significant bit first, value after value
 *   patches   only when patched: count c, width h, c ascending value numbers (a byte each), and the
 *             c high parts (value >> w) packed with h bits
 *
 * Decoders may load, but never interpret, PACK_PADDING bytes behind the end, and write results in
 * groups of 8, so outputs hold PACK_MAX values.
 */
#ifndef INLAY_TEXT_FORMAT_PACK_H
#define INLAY_TEXT_FORMAT_PACK_H

#include "base/buffer.h"

#include <stddef.h>
#include <stdint.h>

#define PACK_MAX 128
#define PACK_PADDING 32
#define PACK_ROOM 528 /* of the longest pack and 8 bytes of scratch */
#define PACK_PATCHED 0x80u
#define PACK_WIDTH_MASK 0x3fu

/* Writes the smallest pack of the values, and scratch bytes behind it: `to` has PACK_ROOM bytes.
 * Returns the end of the pack. */
uint8_t *pack_write(const uint32_t *values, size_t count, uint8_t *to);
/* The same, appended. Returns the length, 0 when `out` has failed. */
size_t pack_encode(const uint32_t *values, size_t count, struct buffer *out);

/* Length of a well-formed pack of `count` values at `p`, or 0 when its bytes are wrong or pass
 * `left`. After this the decoder is safe. */
size_t pack_check(const uint8_t *p, size_t left, size_t count);

/* Decodes a checked pack; returns the first byte behind it. */
const uint8_t *pack_decode(const uint8_t *p, size_t count, uint32_t *values);
const uint8_t *pack_skip(const uint8_t *p, size_t count);

#endif
