/* SPDX-License-Identifier: Apache-2.0 */
#include "parquet/decode_rle.h"

#include "parquet/decode_bits.h"

#include <string.h>

bool rle_decoder_init(struct rle_decoder *decoder, const uint8_t *data, size_t size, unsigned width)
{
    static const uint8_t nothing[1] = {0};
    memset(decoder, 0, sizeof(*decoder));
    decoder->p = data != NULL ? data : nothing;
    decoder->end = decoder->p + size;
    decoder->width = width;
    if (width == 0) {
        decoder->repeat_left = UINT64_MAX;
    }
    return width <= 32;
}

/* Run header: LEB128, low bit 1 = groups of eight packed values, 0 = a repeated value. */
static bool header_read(struct rle_decoder *decoder, uint64_t *header)
{
    unsigned shift = 0;
    *header = 0;
    while (decoder->p < decoder->end && shift < 63) {
        uint8_t byte = *decoder->p++;
        *header |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            return true;
        }
        shift += 7;
    }
    return false;
}

static bool run_begin(struct rle_decoder *decoder)
{
    uint64_t header;
    size_t left;
    if (decoder->width == 0 || !header_read(decoder, &header)) {
        return false;
    }
    left = (size_t)(decoder->end - decoder->p);
    if ((header & 1) == 0) {
        size_t bytes = (decoder->width + 7) / 8;
        size_t i;
        if (left < bytes) {
            return false;
        }
        decoder->value = 0;
        for (i = 0; i < bytes; i++) {
            decoder->value |= (uint32_t)decoder->p[i] << (8 * i);
        }
        if (decoder->width < 32 && decoder->value >> decoder->width != 0) {
            return false;
        }
        decoder->p += bytes;
        decoder->repeat_left = header >> 1;
    } else {
        /* Some writers cut the padding of the last group: take the values that are there. */
        uint64_t groups = header >> 1;
        size_t bytes = groups > left / decoder->width ? left : (size_t)groups * decoder->width;
        uint64_t held = (uint64_t)bytes * 8 / decoder->width;
        decoder->packed = decoder->p;
        decoder->packed_size = bytes;
        decoder->packed_next = 0;
        decoder->packed_end = held < groups * 8 ? held : groups * 8;
        decoder->p += bytes;
    }
    return true;
}

/* Makes one of the runs non-empty. Every turn consumes a byte, so it ends. */
static bool run_ensure(struct rle_decoder *decoder)
{
    while (decoder->repeat_left == 0 && decoder->packed_next == decoder->packed_end) {
        if (!run_begin(decoder)) {
            return false;
        }
    }
    return true;
}

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* From the packed values on: what follows them may be loaded along with the last ones. */
static size_t readable(const struct rle_decoder *decoder)
{
    return (size_t)(decoder->end - decoder->packed);
}

size_t rle_decoder_read(struct rle_decoder *decoder, size_t count, uint32_t *out)
{
    size_t done = 0;
    while (done < count && run_ensure(decoder)) {
        size_t left = count - done;
        size_t take;
        size_t i;
        if (decoder->repeat_left != 0) {
            take = (size_t)min_u64(left, decoder->repeat_left);
            for (i = 0; i < take; i++) {
                out[done + i] = decoder->value;
            }
            decoder->repeat_left -= decoder->width != 0 ? take : 0;
        } else {
            take = (size_t)min_u64(left, decoder->packed_end - decoder->packed_next);
            bits_unpack32(decoder->packed, readable(decoder), decoder->width, decoder->packed_next,
                          take, out + done);
            decoder->packed_next += take;
        }
        done += take;
    }
    return done;
}

uint64_t rle_decoder_skip(struct rle_decoder *decoder, uint64_t count)
{
    uint64_t done = 0;
    while (done < count && run_ensure(decoder)) {
        uint64_t take;
        if (decoder->repeat_left != 0) {
            take = min_u64(count - done, decoder->repeat_left);
            decoder->repeat_left -= decoder->width != 0 ? take : 0;
        } else {
            take = min_u64(count - done, decoder->packed_end - decoder->packed_next);
            decoder->packed_next += take;
        }
        done += take;
    }
    return done;
}

uint64_t rle_decoder_read_bits(struct rle_decoder *decoder, uint64_t count, uint64_t *bitmap,
                               uint64_t position, uint64_t *ones)
{
    uint64_t done = 0;
    *ones = 0;
    while (done < count && run_ensure(decoder)) {
        uint64_t take;
        if (decoder->repeat_left != 0) {
            take = min_u64(count - done, decoder->repeat_left);
            bitmap_fill(bitmap, position + done, take, decoder->value != 0);
            *ones += decoder->value != 0 ? take : 0;
            decoder->repeat_left -= decoder->width != 0 ? take : 0;
        } else {
            take = min_u64(count - done, decoder->packed_end - decoder->packed_next);
            *ones += bitmap_copy(bitmap, position + done, decoder->packed, decoder->packed_size,
                                 decoder->packed_next, take);
            decoder->packed_next += take;
        }
        done += take;
    }
    return done;
}

uint64_t rle_decoder_run(struct rle_decoder *decoder, uint32_t *value, uint64_t *packed_left)
{
    *value = 0;
    *packed_left = 0;
    if (!run_ensure(decoder)) {
        return 0;
    }
    *value = decoder->value;
    *packed_left = decoder->repeat_left != 0 ? 0 : decoder->packed_end - decoder->packed_next;
    return decoder->repeat_left;
}

uint64_t rle_decoder_count(struct rle_decoder *decoder, uint64_t count, uint32_t value,
                           uint64_t *equal)
{
    uint32_t chunk[256];
    uint64_t done = 0;
    *equal = 0;
    while (done < count && run_ensure(decoder)) {
        uint64_t take;
        if (decoder->repeat_left != 0) {
            take = min_u64(count - done, decoder->repeat_left);
            *equal += decoder->value == value ? take : 0;
            decoder->repeat_left -= decoder->width != 0 ? take : 0;
        } else {
            size_t i;
            take = min_u64(count - done, decoder->packed_end - decoder->packed_next);
            take = min_u64(take, sizeof(chunk) / sizeof(chunk[0]));
            bits_unpack32(decoder->packed, readable(decoder), decoder->width, decoder->packed_next,
                          (size_t)take, chunk);
            for (i = 0; i < take; i++) {
                *equal += chunk[i] == value;
            }
            decoder->packed_next += take;
        }
        done += take;
    }
    return done;
}
