/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DELTA_BINARY_PACKED (Parquet encoding 5; after Lemire & Boytsov's FOR with deltas): a header
 * <block size, miniblocks per block, total count, first value>, then blocks of <min delta, bit
 * widths, packed miniblocks>. Streams any number of values at a time without a buffer as large as a
 * block, whatever sizes the header claims. Arithmetic wraps, as the format says. Bytes are
 * borrowed.
 */
#ifndef INLAY_PARQUET_DECODE_DELTA_H
#define INLAY_PARQUET_DECODE_DELTA_H

#include "base/reader.h"
#include "inlay/error.h"

#include <stddef.h>
#include <stdint.h>

struct delta_decoder {
    struct reader in;
    uint64_t mini_size; /* values per miniblock */
    uint64_t mini_count;
    uint64_t left;        /* values not yet given */
    uint64_t value;       /* the last one, as two's complement */
    uint64_t first_given; /* 0 until the header's first value was given */
    uint64_t min_delta;
    const uint8_t *widths; /* of the present block */
    uint64_t mini_next;    /* next miniblock of the present block */
    const uint8_t *packed; /* present miniblock */
    size_t packed_size;
    unsigned packed_width;
    uint64_t packed_next; /* next delta in it */
    uint64_t packed_end;
};

inlay_status delta_decoder_init(struct delta_decoder *decoder, const uint8_t *data, size_t size,
                                inlay_error *err);
/* Gives exactly `count` values (two's complement in 64 bits) or fails. NULL `out` skips. */
inlay_status delta_decoder_read(struct delta_decoder *decoder, size_t count, uint64_t *out,
                                inlay_error *err);
/* Bytes of the whole encoded sequence, found by walking its blocks without decoding them: what
 * follows a delta sequence inside a page starts there. Any decoder state, not changed. */
inlay_status delta_sequence_size(const uint8_t *data, size_t size, uint64_t *count, size_t *bytes,
                                 inlay_error *err);

#endif
