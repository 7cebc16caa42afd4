/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parquet's RLE / bit-packed hybrid: dictionary codes, repetition and definition levels, booleans.
 * Grammar: https://parquet.apache.org/docs/file-format/data-pages/encodings/ (RLE = 3). The decoder
 * streams: any number of values at a time, skips in constant time per run. Bytes are borrowed.
 * A decoder never reads outside them and never gives more values than they hold.
 */
#ifndef INLAY_PARQUET_DECODE_RLE_H
#define INLAY_PARQUET_DECODE_RLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rle_decoder {
    const uint8_t *p; /* next run header */
    const uint8_t *end;
    unsigned width;       /* bits per value, 0..32 */
    uint32_t value;       /* of the present repeated run */
    uint64_t repeat_left; /* values left in it */
    const uint8_t *packed;
    size_t packed_size;
    uint64_t packed_next; /* next value of the present bit-packed run */
    uint64_t packed_end;
};

/* False when the width is not 0..32. Width 0 needs no bytes and gives zeros without end. */
bool rle_decoder_init(struct rle_decoder *decoder, const uint8_t *data, size_t size,
                      unsigned width);
/* Returns the values written; fewer than `count` only when the data ends or is malformed. */
size_t rle_decoder_read(struct rle_decoder *decoder, size_t count, uint32_t *out);
/* Returns the values skipped, like read. */
uint64_t rle_decoder_skip(struct rle_decoder *decoder, uint64_t count);
/* Width 1 only: writes values as bits from `position` on and counts the ones. */
uint64_t rle_decoder_read_bits(struct rle_decoder *decoder, uint64_t count, uint64_t *bitmap,
                               uint64_t position, uint64_t *ones);
/* Values left in the present run of one repeated value, with that value; 0 when the next values are
 * bit-packed (or there are none): then *packed_left tells how many. */
uint64_t rle_decoder_run(struct rle_decoder *decoder, uint32_t *value, uint64_t *packed_left);
/* Skips and counts how many of the skipped values equal `value`. */
uint64_t rle_decoder_count(struct rle_decoder *decoder, uint64_t count, uint32_t value,
                           uint64_t *equal);

#endif
