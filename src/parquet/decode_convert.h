/* SPDX-License-Identifier: Apache-2.0 */
/* From the stored (physical) values of a leaf to the values of its field, as colvec.h lays them
 * out. Pure functions over dense values. */
#ifndef INLAY_PARQUET_DECODE_CONVERT_H
#define INLAY_PARQUET_DECODE_CONVERT_H

#include "columnar/colvec.h"
#include "parquet/schema_map.h"

#include <stdbool.h>

enum convert_kind {
    CONVERT_UNSUPPORTED = 0,
    CONVERT_SAME,          /* stored form is the vector's form */
    CONVERT_STRING,        /* BYTE_ARRAY to struct colvec_string */
    CONVERT_INTEGER,       /* another width, perhaps scaled; decimals of INT32 and INT64 */
    CONVERT_DECIMAL_FIXED, /* big-endian two's complement of in_width bytes */
    CONVERT_DECIMAL_BYTES, /* the same in a BYTE_ARRAY */
    CONVERT_INT96,         /* Julian day and nanoseconds to timestamp[ns] */
    CONVERT_NULL           /* no values, only nulls */
};

struct value_convert {
    enum convert_kind kind;
    uint32_t in_width;  /* bytes of a stored value; 0 for BYTE_ARRAY */
    uint32_t out_width; /* bytes of a vector's value */
    bool is_signed;     /* CONVERT_INTEGER: how to widen */
    int64_t multiply;   /* CONVERT_INTEGER: unit change, one of both is 1 */
    int64_t divide;
};

struct value_convert value_convert_find(const struct schema_leaf *leaf);

/* `in` has count * in_width bytes. False: a value does not fit its field (it then reads as
 * wrapped). Not for CONVERT_STRING and CONVERT_DECIMAL_BYTES. */
bool value_convert_run(const struct value_convert *convert, const uint8_t *in, size_t count,
                       uint8_t *out);
/* CONVERT_DECIMAL_BYTES. False: a value of more than 128 bits. */
bool value_convert_decimals(const struct colvec_string *in, size_t count, uint8_t *out);

/* Big-endian two's complement of `size` bytes to 16 little-endian bytes; false when it does not
 * fit. */
bool decimal_from_big_endian(const uint8_t *in, size_t size, uint8_t out[16]);
/* Nanoseconds since 1970 of an INT96, wrapping outside 1677..2262. */
int64_t int96_to_nanoseconds(const uint8_t in[12]);

#endif
