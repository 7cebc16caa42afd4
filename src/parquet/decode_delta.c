/* SPDX-License-Identifier: Apache-2.0 */
#include "parquet/decode_delta.h"

#include "base/error.h"
#include "parquet/decode_bits.h"

#include <string.h>

static uint64_t zigzag(uint64_t v)
{
    return (v >> 1) ^ (0 - (v & 1));
}

inlay_status delta_decoder_init(struct delta_decoder *decoder, const uint8_t *data, size_t size,
                                inlay_error *err)
{
    uint64_t block;
    memset(decoder, 0, sizeof(*decoder));
    reader_init(&decoder->in, data, size, 0);
    block = reader_varint_max(&decoder->in, INT32_MAX);
    decoder->mini_count = reader_varint_max(&decoder->in, INT32_MAX);
    decoder->left = reader_varint_max(&decoder->in, INT32_MAX);
    decoder->value = zigzag(reader_varint(&decoder->in));
    if (reader_ok(&decoder->in)) {
        /* The sizes are also what makes eight packed values end on a byte. */
        if (decoder->mini_count == 0 || block % decoder->mini_count != 0 ||
            block / decoder->mini_count == 0 || block / decoder->mini_count % 8 != 0) {
            reader_fail(&decoder->in, "block of deltas does not divide into miniblocks");
        } else {
            decoder->mini_size = block / decoder->mini_count;
        }
    }
    return reader_status(&decoder->in, "delta encoding", err);
}

/* Makes the next non-empty miniblock the present one. */
static void mini_begin(struct delta_decoder *decoder)
{
    unsigned width;
    uint64_t values;
    uint64_t bytes;
    if (decoder->widths == NULL || decoder->mini_next == decoder->mini_count) {
        decoder->min_delta = zigzag(reader_varint(&decoder->in));
        decoder->widths = reader_bytes(&decoder->in, (size_t)decoder->mini_count);
        decoder->mini_next = 0;
    }
    if (!reader_ok(&decoder->in)) {
        return;
    }
    width = decoder->widths[decoder->mini_next++];
    if (width > 64) {
        reader_fail(&decoder->in, "bit width of deltas is above 64");
        return;
    }
    values = decoder->left < decoder->mini_size ? decoder->left : decoder->mini_size;
    bytes = decoder->mini_size / 8 * width;
    /* Some writers cut the padding of the very last miniblock. */
    if (bytes > reader_left(&decoder->in) && values == decoder->left) {
        bytes = (values * width + 7) / 8;
        bytes = bytes > reader_left(&decoder->in) ? bytes : reader_left(&decoder->in);
    }
    decoder->packed = reader_bytes(&decoder->in, (size_t)bytes);
    /* What follows in the page may be read along, which lets the last values go by groups too. */
    decoder->packed_size = (size_t)bytes + (size_t)reader_left(&decoder->in);
    decoder->packed_width = width;
    decoder->packed_next = 0;
    decoder->packed_end = reader_ok(&decoder->in) ? values : 0;
}

#define DELTA_CHUNK 128

/* Turns up to DELTA_CHUNK deltas of the present miniblock into values. */
static size_t chunk_read(struct delta_decoder *decoder, size_t count, uint64_t *out)
{
    uint64_t held = decoder->packed_end - decoder->packed_next;
    size_t take = count < DELTA_CHUNK ? count : DELTA_CHUNK;
    uint64_t value = decoder->value;
    const uint64_t min_delta = decoder->min_delta;
    uint64_t scratch[DELTA_CHUNK];
    size_t i;
    take = held < take ? (size_t)held : take;
    out = out != NULL ? out : scratch;
    if (decoder->packed_width <= BITS_AVX2_MAX_WIDTH) {
        uint32_t deltas[DELTA_CHUNK];
        bits_unpack32(decoder->packed, decoder->packed_size, decoder->packed_width,
                      decoder->packed_next, take, deltas);
        for (i = 0; i < take; i++) {
            value += min_delta + deltas[i];
            out[i] = value;
        }
    } else {
        bits_unpack64(decoder->packed, decoder->packed_size, decoder->packed_width,
                      decoder->packed_next, take, out);
        for (i = 0; i < take; i++) {
            value += min_delta + out[i];
            out[i] = value;
        }
    }
    decoder->value = value;
    decoder->packed_next += take;
    return take;
}

inlay_status delta_decoder_read(struct delta_decoder *decoder, size_t count, uint64_t *out,
                                inlay_error *err)
{
    size_t done = 0;
    if (count > decoder->left) {
        return error_set(err, INLAY_CORRUPT, "delta encoding holds %llu more values, %zu expected",
                         (unsigned long long)decoder->left, count);
    }
    if (count != 0 && !decoder->first_given) {
        decoder->first_given = 1;
        decoder->left--;
        done = 1;
        if (out != NULL) {
            out[0] = decoder->value;
        }
    }
    while (done < count) {
        size_t take;
        if (decoder->packed_next == decoder->packed_end) {
            mini_begin(decoder);
            if (!reader_ok(&decoder->in)) {
                return reader_status(&decoder->in, "delta encoding", err);
            }
        }
        take = chunk_read(decoder, count - done, out != NULL ? out + done : NULL);
        decoder->left -= take;
        done += take;
    }
    return INLAY_OK;
}

inlay_status delta_sequence_size(const uint8_t *data, size_t size, uint64_t *count, size_t *bytes,
                                 inlay_error *err)
{
    struct delta_decoder walk;
    *count = 0;
    *bytes = 0;
    INLAY_TRY(delta_decoder_init(&walk, data, size, err));
    *count = walk.left;
    walk.left -= walk.left != 0 ? 1 : 0;
    while (walk.left != 0) {
        mini_begin(&walk);
        if (!reader_ok(&walk.in)) {
            return reader_status(&walk.in, "delta encoding", err);
        }
        walk.left -= walk.packed_end;
    }
    /* The widths of miniblocks past the last value stand there, but no bytes of theirs do. */
    *bytes = (size_t)reader_offset(&walk.in);
    return INLAY_OK;
}
