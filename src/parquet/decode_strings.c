/* SPDX-License-Identifier: Apache-2.0 */
/* The BYTE_ARRAY encodings: PLAIN, DELTA_LENGTH_BYTE_ARRAY, DELTA_BYTE_ARRAY. */
#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"
#include "columnar/utf8.h"
#include "parquet/decode_values.h"

#include <string.h>

#define CHUNK 256
#define SKIP_AHEAD 1024 /* bytes */

/* ASCII, by far the most frequent case, is recognised here eight bytes at a time; the last load
 * overlaps the one before. */
static inline bool text_valid(const uint8_t *text, size_t length)
{
    const uint64_t high = UINT64_C(0x8080808080808080);
    uint64_t seen = 0;
    size_t i = 0;
    if (length >= 8) {
        for (; i + 8 < length; i += 8) {
            seen |= load_u64(text + i);
        }
        seen |= load_u64(text + length - 8);
    } else {
        for (; i < length; i++) {
            seen |= (uint64_t)text[i];
        }
    }
    return (seen & high) == 0 || utf8_valid(text, length);
}

static inlay_status not_utf8(const struct value_decoder *decoder, inlay_error *err)
{
    return error_set(err, INLAY_CORRUPT, "value %llu of the page is not valid UTF-8",
                     (unsigned long long)decoder->value_number);
}

/* Writes a string whose bytes stand at `at`; `end` bounds the bytes that may be read. Short ones
 * are copied by one masked 16-byte load where that many bytes can be read. */
static inline void string_write(struct colvec_string *out, const uint8_t *at, uint32_t length,
                                const uint8_t *end)
{
    if (length <= 12) {
        uint64_t words[2] = {0, 0};
        if (end - at >= 16) {
            unsigned low = length < 8 ? length : 8;
            unsigned high = length - low;
            words[0] = load_u64(at) & (low == 8 ? UINT64_MAX : (UINT64_C(1) << (8 * low)) - 1);
            words[1] = load_u64(at + 8) & ((UINT64_C(1) << (8 * high)) - 1);
        } else if (length != 0) {
            memcpy(words, at, length);
        }
        out->length = length;
        memcpy(out->as.inlined, words, 12);
    } else {
        colvec_string_set(out, (const char *)at, length);
    }
}

inlay_status strings_read_plain(struct value_decoder *decoder, size_t count,
                                struct colvec_string *out, inlay_error *err)
{
    const uint8_t *p = decoder->p;
    const uint8_t *const end = decoder->end;
    const bool utf8 = decoder->utf8;
    size_t i;
    for (i = 0; i < count; i++) {
        uint32_t length;
        if (end - p < 4) {
            break;
        }
        length = load_u32(p);
        p += 4;
        if (length > (size_t)(end - p)) {
            break;
        }
        if (utf8 && !text_valid(p, length)) {
            decoder->value_number += i;
            return not_utf8(decoder, err);
        }
        string_write(&out[i], p, length, end);
        p += length;
    }
    decoder->value_number += i;
    if (i != count) {
        return value_decoder_truncated(decoder, err);
    }
    decoder->p = p;
    return INLAY_OK;
}

inlay_status strings_read_delta_length(struct value_decoder *decoder, size_t count,
                                       struct colvec_string *out, inlay_error *err)
{
    uint64_t lengths[CHUNK];
    while (count != 0) {
        size_t take = count < CHUNK ? count : CHUNK;
        size_t i;
        INLAY_TRY(delta_decoder_read(&decoder->delta, take, lengths, err));
        for (i = 0; i < take; i++) {
            /* A negative length is a huge one here. */
            if (lengths[i] > (size_t)(decoder->end - decoder->p) || lengths[i] > UINT32_MAX) {
                return value_decoder_truncated(decoder, err);
            }
            if (decoder->utf8 && !text_valid(decoder->p, (size_t)lengths[i])) {
                return not_utf8(decoder, err);
            }
            string_write(&out[i], decoder->p, (uint32_t)lengths[i], decoder->end);
            decoder->p += lengths[i];
            decoder->value_number++;
        }
        out += take;
        count -= take;
    }
    return INLAY_OK;
}

/* Rebuilds the next value in decoder->last from its shared prefix and its own suffix. */
static inlay_status delta_bytes_next(struct value_decoder *decoder, uint64_t prefix,
                                     uint64_t suffix, inlay_error *err)
{
    size_t length;
    if (prefix > decoder->last_length || suffix > (size_t)(decoder->end - decoder->p)) {
        return value_decoder_truncated(decoder, err);
    }
    length = (size_t)(prefix + suffix); /* both are sizes of memory */
    if (length > UINT32_MAX) {
        return error_set(err, INLAY_OVER_BUDGET, "a string of %zu bytes", length);
    }
    if (!mem_grow((void **)&decoder->last, &decoder->last_capacity, length, 1)) {
        return error_no_memory(err);
    }
    if (suffix != 0) {
        memcpy(decoder->last + prefix, decoder->p, (size_t)suffix);
    }
    decoder->last_length = length;
    decoder->p += suffix;
    return INLAY_OK;
}

static inlay_status rebuilt_string(struct value_decoder *decoder, struct colvec_string *out,
                                   struct arena *arena, inlay_error *err)
{
    size_t length = decoder->last_length;
    char *copy = NULL;
    if (decoder->utf8 && !text_valid(decoder->last, length)) {
        return not_utf8(decoder, err);
    }
    if (length > 12) {
        copy = arena_alloc_aligned(arena, length, 1);
        if (copy == NULL) {
            return error_set(err, INLAY_OVER_BUDGET,
                             "the strings of one batch pass its memory limit");
        }
        memcpy(copy, decoder->last, length);
    }
    colvec_string_set(out, copy != NULL ? copy : (const char *)decoder->last, (uint32_t)length);
    return INLAY_OK;
}

inlay_status strings_read_delta_bytes(struct value_decoder *decoder, size_t count,
                                      struct colvec_string *out, struct arena *arena,
                                      uint8_t *fixed, inlay_error *err)
{
    uint64_t prefixes[CHUNK];
    uint64_t suffixes[CHUNK];
    while (count != 0) {
        size_t take = count < CHUNK ? count : CHUNK;
        size_t i;
        INLAY_TRY(delta_decoder_read(&decoder->prefix, take, prefixes, err));
        INLAY_TRY(delta_decoder_read(&decoder->delta, take, suffixes, err));
        for (i = 0; i < take; i++) {
            INLAY_TRY(delta_bytes_next(decoder, prefixes[i], suffixes[i], err));
            if (out != NULL) {
                INLAY_TRY(rebuilt_string(decoder, &out[i], arena, err));
            } else if (fixed != NULL) {
                if (decoder->last_length != decoder->width) {
                    return error_set(err, INLAY_CORRUPT, "a value of %zu bytes, expected %u",
                                     decoder->last_length, decoder->width);
                }
                memcpy(fixed, decoder->last, decoder->width);
                fixed += decoder->width;
            }
            decoder->value_number++;
        }
        out = out != NULL ? out + take : NULL;
        count -= take;
    }
    return INLAY_OK;
}

static inlay_status plain_skip(struct value_decoder *decoder, uint64_t count, inlay_error *err)
{
    const uint8_t *p = decoder->p;
    uint64_t i;
    for (i = 0; i < count; i++) {
        uint32_t length;
        /* Each length tells where the next stands, so the misses of a cold page would come one
         * after the other; a load far ahead lets them overlap. */
        __builtin_prefetch(p + SKIP_AHEAD);
        if (decoder->end - p < 4) {
            return value_decoder_truncated(decoder, err);
        }
        length = load_u32(p);
        p += 4;
        if (length > (size_t)(decoder->end - p)) {
            return value_decoder_truncated(decoder, err);
        }
        p += length;
    }
    decoder->p = p;
    decoder->value_number += count;
    return INLAY_OK;
}

static inlay_status delta_length_skip(struct value_decoder *decoder, uint64_t count,
                                      inlay_error *err)
{
    uint64_t lengths[CHUNK];
    while (count != 0) {
        size_t take = count < CHUNK ? (size_t)count : CHUNK;
        size_t i;
        INLAY_TRY(delta_decoder_read(&decoder->delta, take, lengths, err));
        for (i = 0; i < take; i++) {
            if (lengths[i] > (size_t)(decoder->end - decoder->p)) {
                return value_decoder_truncated(decoder, err);
            }
            decoder->p += lengths[i];
        }
        decoder->value_number += take;
        count -= take;
    }
    return INLAY_OK;
}

inlay_status strings_skip(struct value_decoder *decoder, uint64_t count, inlay_error *err)
{
    switch (decoder->form) {
    case VALUES_PLAIN:
        return plain_skip(decoder, count, err);
    case VALUES_DELTA_LENGTH:
        return delta_length_skip(decoder, count, err);
    default:
        return strings_read_delta_bytes(decoder, (size_t)count, NULL, NULL, NULL, err);
    }
}
