/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The values of one page: a stream of non-null values in one of Parquet's value encodings. Values
 * come dense (nulls are the business of levels), any number at a time, in physical form:
 *   BOOLEAN one byte 0/1; INT32, INT64, INT96, FLOAT, DOUBLE, FIXED little-endian bytes of 4, 8,
 *   12, 4, 8, type_length; BYTE_ARRAY as struct colvec_string.
 * The page's bytes are borrowed, and strings point into them (or into the given arena where an
 * encoding does not store them whole), so the caller keeps the page alive. Errors are INLAY_CORRUPT
 * (also when values run out), INLAY_UNSUPPORTED for an encoding that does not fit the type,
 * INLAY_OVER_BUDGET when the arena's cap is reached. One thread at a time.
 */
#ifndef INLAY_PARQUET_DECODE_VALUES_H
#define INLAY_PARQUET_DECODE_VALUES_H

#include "base/arena.h"
#include "columnar/colvec.h"
#include "parquet/decode_delta.h"
#include "parquet/decode_rle.h"
#include "parquet/metadata.h"

enum value_form {
    VALUES_PLAIN,
    VALUES_BITS,         /* PLAIN booleans */
    VALUES_RLE,          /* RLE booleans */
    VALUES_CODES,        /* into the dictionary */
    VALUES_DELTA,        /* DELTA_BINARY_PACKED */
    VALUES_DELTA_LENGTH, /* DELTA_LENGTH_BYTE_ARRAY */
    VALUES_DELTA_BYTES,  /* DELTA_BYTE_ARRAY */
    VALUES_SPLIT         /* BYTE_STREAM_SPLIT */
};

struct value_decoder {
    enum value_form form;
    enum parquet_type type;
    uint32_t width; /* bytes of one physical value; 0 for BYTE_ARRAY */
    bool utf8;      /* strings are checked to be UTF-8 */
    const uint8_t *start;
    const uint8_t *p;
    const uint8_t *end;
    uint64_t next;               /* VALUES_BITS, VALUES_SPLIT: index of the next value */
    uint64_t count;              /* VALUES_BITS, VALUES_SPLIT: values that the bytes hold */
    struct rle_decoder rle;      /* VALUES_RLE, VALUES_CODES */
    struct delta_decoder delta;  /* VALUES_DELTA; lengths, or suffix lengths */
    struct delta_decoder prefix; /* VALUES_DELTA_BYTES */
    uint8_t *last;               /* VALUES_DELTA_BYTES: the previous value; owned */
    size_t last_length;
    size_t last_capacity;
    uint64_t value_number; /* of the page, for messages */
};

/* Bytes of one physical value; 0 for BYTE_ARRAY. */
uint32_t parquet_type_width(enum parquet_type type, int32_t type_length);

/* A zeroed decoder may be freed. init frees what the last page left. */
inlay_status value_decoder_init(struct value_decoder *decoder, enum parquet_type type,
                                int32_t type_length, bool utf8, int32_t encoding,
                                const uint8_t *data, size_t size, inlay_error *err);
void value_decoder_free(struct value_decoder *decoder);

/* Exactly `count` values or an error. fixed: not BYTE_ARRAY and not VALUES_CODES. */
inlay_status value_decoder_fixed(struct value_decoder *decoder, size_t count, uint8_t *out,
                                 inlay_error *err);
/* PLAIN only: the next `count` values where they stand in the page; NULL when not PLAIN. */
const uint8_t *value_decoder_view(struct value_decoder *decoder, size_t count);
inlay_status value_decoder_strings(struct value_decoder *decoder, size_t count,
                                   struct colvec_string *out, struct arena *arena,
                                   inlay_error *err);
/* Codes are below `dictionary_size`. */
inlay_status value_decoder_codes(struct value_decoder *decoder, size_t count,
                                 uint32_t dictionary_size, uint32_t *out, inlay_error *err);
inlay_status value_decoder_skip(struct value_decoder *decoder, uint64_t count, inlay_error *err);

/* One string value of a page, checked. Internal to the decoders. */
inlay_status value_decoder_truncated(const struct value_decoder *decoder, inlay_error *err);

/* decode_strings.c: the BYTE_ARRAY half; FIXED in DELTA_BYTE_ARRAY goes through it too. */
inlay_status strings_read_plain(struct value_decoder *decoder, size_t count,
                                struct colvec_string *out, inlay_error *err);
inlay_status strings_read_delta_length(struct value_decoder *decoder, size_t count,
                                       struct colvec_string *out, inlay_error *err);
/* NULL out and arena: skip. `fixed` (may be NULL) receives values of exactly `width` bytes. */
inlay_status strings_read_delta_bytes(struct value_decoder *decoder, size_t count,
                                      struct colvec_string *out, struct arena *arena,
                                      uint8_t *fixed, inlay_error *err);
inlay_status strings_skip(struct value_decoder *decoder, uint64_t count, inlay_error *err);

#endif
