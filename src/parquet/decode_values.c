/* SPDX-License-Identifier: Apache-2.0 */
#include "parquet/decode_values.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"
#include "parquet/decode_bits.h"

#include <string.h>

uint32_t parquet_type_width(enum parquet_type type, int32_t type_length)
{
    switch (type) {
    case PARQUET_BOOLEAN:
        return 1;
    case PARQUET_INT32:
    case PARQUET_FLOAT:
        return 4;
    case PARQUET_INT64:
    case PARQUET_DOUBLE:
        return 8;
    case PARQUET_INT96:
        return 12;
    case PARQUET_FIXED:
        return (uint32_t)type_length;
    default:
        return 0;
    }
}

inlay_status value_decoder_truncated(const struct value_decoder *decoder, inlay_error *err)
{
    return error_set(err, INLAY_CORRUPT, "the page ends inside or before value %llu",
                     (unsigned long long)decoder->value_number);
}

void value_decoder_free(struct value_decoder *decoder)
{
    mem_free(decoder->last);
    decoder->last = NULL;
    decoder->last_length = 0;
    decoder->last_capacity = 0;
}

static inlay_status codes_init(struct value_decoder *decoder, const uint8_t *data, size_t size,
                               inlay_error *err)
{
    decoder->form = VALUES_CODES;
    if (size == 0) { /* a page of nulls only */
        (void)rle_decoder_init(&decoder->rle, data, 0, 1);
        return INLAY_OK;
    }
    if (!rle_decoder_init(&decoder->rle, data + 1, size - 1, data[0])) {
        return error_set(err, INLAY_CORRUPT, "dictionary codes of %u bits", data[0]);
    }
    return INLAY_OK;
}

/* RLE booleans: the bytes' length first, as for levels. */
static inlay_status rle_booleans_init(struct value_decoder *decoder, const uint8_t *data,
                                      size_t size, inlay_error *err)
{
    decoder->form = VALUES_RLE;
    if (size == 0) {
        (void)rle_decoder_init(&decoder->rle, data, 0, 1);
        return INLAY_OK;
    }
    if (size < 4 || load_u32(data) > size - 4) {
        return error_set(err, INLAY_CORRUPT, "RLE booleans pass the end of their page");
    }
    (void)rle_decoder_init(&decoder->rle, data + 4, load_u32(data), 1);
    return INLAY_OK;
}

static inlay_status delta_bytes_init(struct value_decoder *decoder, const uint8_t *data,
                                     size_t size, inlay_error *err)
{
    uint64_t prefixes;
    uint64_t suffixes;
    size_t bytes;
    decoder->form = VALUES_DELTA_BYTES;
    INLAY_TRY(delta_sequence_size(data, size, &prefixes, &bytes, err));
    INLAY_TRY(delta_decoder_init(&decoder->prefix, data, bytes, err));
    data += bytes;
    size -= bytes;
    INLAY_TRY(delta_sequence_size(data, size, &suffixes, &bytes, err));
    INLAY_TRY(delta_decoder_init(&decoder->delta, data, bytes, err));
    decoder->p = data + bytes;
    if (prefixes != suffixes) {
        return error_set(err, INLAY_CORRUPT, "delta byte array of %llu prefixes and %llu suffixes",
                         (unsigned long long)prefixes, (unsigned long long)suffixes);
    }
    return INLAY_OK;
}

static inlay_status delta_length_init(struct value_decoder *decoder, const uint8_t *data,
                                      size_t size, inlay_error *err)
{
    uint64_t count;
    size_t bytes;
    decoder->form = VALUES_DELTA_LENGTH;
    INLAY_TRY(delta_sequence_size(data, size, &count, &bytes, err));
    decoder->p = data + bytes;
    return delta_decoder_init(&decoder->delta, data, bytes, err);
}

static inlay_status does_not_fit(int32_t encoding, enum parquet_type type, inlay_error *err)
{
    static const char *const names[] = {"BOOLEAN", "INT32",  "INT64",      "INT96",
                                        "FLOAT",   "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"};
    return error_set(err, INLAY_UNSUPPORTED, "encoding %d of %s values is not supported", encoding,
                     names[type]);
}

inlay_status value_decoder_init(struct value_decoder *decoder, enum parquet_type type,
                                int32_t type_length, bool utf8, int32_t encoding,
                                const uint8_t *data, size_t size, inlay_error *err)
{
    value_decoder_free(decoder);
    memset(decoder, 0, sizeof(*decoder));
    decoder->type = type;
    decoder->width = parquet_type_width(type, type_length);
    decoder->utf8 = utf8;
    decoder->start = data;
    decoder->p = data;
    decoder->end = data + size;
    switch (encoding) {
    case PARQUET_PLAIN:
        decoder->form = type == PARQUET_BOOLEAN ? VALUES_BITS : VALUES_PLAIN;
        decoder->count = (uint64_t)size * 8;
        return INLAY_OK;
    case PARQUET_PLAIN_DICTIONARY:
    case PARQUET_RLE_DICTIONARY:
        return codes_init(decoder, data, size, err);
    case PARQUET_RLE:
        return type == PARQUET_BOOLEAN ? rle_booleans_init(decoder, data, size, err)
                                       : does_not_fit(encoding, type, err);
    case PARQUET_DELTA_BINARY_PACKED:
        if (type != PARQUET_INT32 && type != PARQUET_INT64) {
            return does_not_fit(encoding, type, err);
        }
        decoder->form = VALUES_DELTA;
        return size != 0 ? delta_decoder_init(&decoder->delta, data, size, err) : INLAY_OK;
    case PARQUET_DELTA_LENGTH_BYTE_ARRAY:
        if (type != PARQUET_BYTE_ARRAY) {
            return does_not_fit(encoding, type, err);
        }
        decoder->form = VALUES_DELTA_LENGTH;
        return size != 0 ? delta_length_init(decoder, data, size, err) : INLAY_OK;
    case PARQUET_DELTA_BYTE_ARRAY:
        if (type != PARQUET_BYTE_ARRAY && type != PARQUET_FIXED) {
            return does_not_fit(encoding, type, err);
        }
        decoder->form = VALUES_DELTA_BYTES;
        return size != 0 ? delta_bytes_init(decoder, data, size, err) : INLAY_OK;
    case PARQUET_BYTE_STREAM_SPLIT:
        if (decoder->width == 0 || type == PARQUET_BOOLEAN || type == PARQUET_INT96) {
            return does_not_fit(encoding, type, err);
        }
        decoder->form = VALUES_SPLIT;
        decoder->count = size / decoder->width;
        return INLAY_OK;
    default:
        return does_not_fit(encoding, type, err);
    }
}

const uint8_t *value_decoder_view(struct value_decoder *decoder, size_t count)
{
    const uint8_t *at = decoder->p;
    if (decoder->form != VALUES_PLAIN || decoder->width == 0 ||
        count > (size_t)(decoder->end - at) / decoder->width) {
        return NULL;
    }
    decoder->p += count * decoder->width;
    decoder->value_number += count;
    return at;
}

static inlay_status bits_read(struct value_decoder *decoder, size_t count, uint8_t *out)
{
    size_t i;
    if (count > decoder->count - decoder->next) {
        return INLAY_CORRUPT;
    }
    for (i = 0; i < count; i++) {
        uint64_t bit = decoder->next + i;
        out[i] = (uint8_t)((decoder->start[bit >> 3] >> (bit & 7)) & 1);
    }
    decoder->next += count;
    return INLAY_OK;
}

#define CHUNK 512

static inlay_status rle_booleans_read(struct value_decoder *decoder, size_t count, uint8_t *out)
{
    uint32_t chunk[CHUNK];
    while (count != 0) {
        size_t take = count < CHUNK ? count : CHUNK;
        size_t i;
        if (rle_decoder_read(&decoder->rle, take, chunk) != take) {
            return INLAY_CORRUPT;
        }
        for (i = 0; i < take; i++) {
            out[i] = (uint8_t)chunk[i];
        }
        out += take;
        count -= take;
    }
    return INLAY_OK;
}

static inlay_status delta_read(struct value_decoder *decoder, size_t count, uint8_t *out,
                               inlay_error *err)
{
    uint64_t chunk[CHUNK];
    while (count != 0) {
        size_t take = count < CHUNK ? count : CHUNK;
        size_t i;
        INLAY_TRY(delta_decoder_read(&decoder->delta, take, chunk, err));
        if (decoder->width == 8) {
            for (i = 0; i < take; i++) {
                store_u64(out + 8 * i, chunk[i]);
            }
        } else {
            for (i = 0; i < take; i++) {
                store_u32(out + 4 * i, (uint32_t)chunk[i]);
            }
        }
        out += take * decoder->width;
        count -= take;
    }
    return INLAY_OK;
}

static inlay_status split_read(struct value_decoder *decoder, size_t count, uint8_t *out)
{
    const uint8_t *stream = decoder->start + decoder->next;
    const size_t width = decoder->width;
    size_t i;
    size_t byte;
    if (count > decoder->count - decoder->next) {
        return INLAY_CORRUPT;
    }
    if (width == 4) {
        const uint64_t n = decoder->count;
        for (i = 0; i < count; i++) {
            store_u32(out + 4 * i, (uint32_t)stream[i] | (uint32_t)stream[n + i] << 8 |
                                       (uint32_t)stream[2 * n + i] << 16 |
                                       (uint32_t)stream[3 * n + i] << 24);
        }
    } else {
        for (byte = 0; byte < width; byte++, stream += decoder->count) {
            for (i = 0; i < count; i++) {
                out[i * width + byte] = stream[i];
            }
        }
    }
    decoder->next += count;
    return INLAY_OK;
}

static inlay_status plain_read(struct value_decoder *decoder, size_t count, uint8_t *out)
{
    size_t bytes = count * decoder->width;
    if (count > (size_t)(decoder->end - decoder->p) / decoder->width) {
        return INLAY_CORRUPT;
    }
    memcpy(out, decoder->p, bytes);
    decoder->p += bytes;
    return INLAY_OK;
}

inlay_status value_decoder_fixed(struct value_decoder *decoder, size_t count, uint8_t *out,
                                 inlay_error *err)
{
    inlay_status status;
    if (count == 0) {
        return INLAY_OK;
    }
    switch (decoder->form) {
    case VALUES_PLAIN:
        status = plain_read(decoder, count, out);
        break;
    case VALUES_BITS:
        status = bits_read(decoder, count, out);
        break;
    case VALUES_RLE:
        status = rle_booleans_read(decoder, count, out);
        break;
    case VALUES_SPLIT:
        status = split_read(decoder, count, out);
        break;
    case VALUES_DELTA:
        INLAY_TRY(delta_read(decoder, count, out, err));
        status = INLAY_OK;
        break;
    case VALUES_DELTA_BYTES:
        INLAY_TRY(strings_read_delta_bytes(decoder, count, NULL, NULL, out, err));
        return INLAY_OK;
    default:
        return error_set(err, INLAY_INTERNAL, "values are not of fixed width");
    }
    if (status != INLAY_OK) {
        return value_decoder_truncated(decoder, err);
    }
    decoder->value_number += count;
    return INLAY_OK;
}

inlay_status value_decoder_strings(struct value_decoder *decoder, size_t count,
                                   struct colvec_string *out, struct arena *arena, inlay_error *err)
{
    switch (decoder->form) {
    case VALUES_PLAIN:
        return strings_read_plain(decoder, count, out, err);
    case VALUES_DELTA_LENGTH:
        return strings_read_delta_length(decoder, count, out, err);
    case VALUES_DELTA_BYTES:
        return strings_read_delta_bytes(decoder, count, out, arena, NULL, err);
    default:
        return error_set(err, INLAY_INTERNAL, "values are not strings");
    }
}

inlay_status value_decoder_codes(struct value_decoder *decoder, size_t count,
                                 uint32_t dictionary_size, uint32_t *out, inlay_error *err)
{
    uint32_t wrong = 0;
    size_t i;
    if (rle_decoder_read(&decoder->rle, count, out) != count) {
        return value_decoder_truncated(decoder, err);
    }
    for (i = 0; i < count; i++) {
        wrong |= out[i] >= dictionary_size;
    }
    if (wrong) {
        return error_set(err, INLAY_CORRUPT, "dictionary code outside a dictionary of %u values",
                         dictionary_size);
    }
    decoder->value_number += count;
    return INLAY_OK;
}

inlay_status value_decoder_skip(struct value_decoder *decoder, uint64_t count, inlay_error *err)
{
    bool there = true;
    switch (decoder->form) {
    case VALUES_PLAIN:
        if (decoder->width == 0) {
            return strings_skip(decoder, count, err);
        }
        there = count <= (size_t)(decoder->end - decoder->p) / decoder->width;
        decoder->p += there ? (size_t)count * decoder->width : 0;
        break;
    case VALUES_BITS:
    case VALUES_SPLIT:
        there = count <= decoder->count - decoder->next;
        decoder->next += there ? count : 0;
        break;
    case VALUES_RLE:
    case VALUES_CODES:
        there = rle_decoder_skip(&decoder->rle, count) == count;
        break;
    case VALUES_DELTA:
        INLAY_TRY(delta_decoder_read(&decoder->delta, (size_t)count, NULL, err));
        break;
    default:
        return strings_skip(decoder, count, err);
    }
    if (!there) {
        return value_decoder_truncated(decoder, err);
    }
    decoder->value_number += count;
    return INLAY_OK;
}
