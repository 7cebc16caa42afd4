/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of stored values that Parquet's statistics use (parquet.thrift, ColumnOrder), and
 * bounds of runs of values. "Stored" is the PLAIN form without a length: little-endian numbers,
 * big-endian two's complement for fixed-length decimals. Pure functions.
 */
#ifndef INLAY_PARQUET_VALUE_ORDER_H
#define INLAY_PARQUET_VALUE_ORDER_H

#include "parquet/schema_map.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_order {
    VALUE_ORDER_NONE, /* no statistics: INT96, INTERVAL, null columns */
    VALUE_ORDER_BOOL, /* one byte, 0 or 1 */
    VALUE_ORDER_INT32,
    VALUE_ORDER_UINT32,
    VALUE_ORDER_INT64,
    VALUE_ORDER_UINT64,
    VALUE_ORDER_HALF,
    VALUE_ORDER_FLOAT,
    VALUE_ORDER_DOUBLE,
    VALUE_ORDER_BYTES,  /* unsigned bytes, the shorter first */
    VALUE_ORDER_DECIMAL /* big-endian two's complement of one length */
};

enum value_order value_order_of(const struct schema_leaf *leaf);

/* -1, 0, 1. Numbers must have their type's size; neither may be NaN. */
int value_compare(enum value_order order, struct parquet_bytes a, struct parquet_bytes b);

/* Bounds of a run; the bytes are borrowed from the values. */
struct value_bounds {
    struct parquet_bytes min; /* data NULL: there is no value that has an order */
    struct parquet_bytes max;
    bool has_nan; /* NaNs take no part in the bounds */
};

/* `count` values of `width` bytes each. */
struct value_bounds value_bounds_fixed(enum value_order order, const uint8_t *values, size_t count,
                                       unsigned width);
/* `count` byte arrays: 4-byte lengths, and the bytes one after the other. */
struct value_bounds value_bounds_bytes(const uint8_t *lengths, const uint8_t *data, size_t count);

/* A lower bound of at most `limit` bytes: a prefix, cut between characters when the value is UTF-8
 * (`text`). Returns its length; the value's own length means exact. */
size_t value_truncate_min(struct parquet_bytes value, size_t limit, bool text);
/* An upper bound of at most `limit` bytes in `out` (limit bytes): the cut prefix with its last
 * character or byte increased. Returns its length, or 0 when there is none. `value` is longer than
 * the limit. */
size_t value_truncate_max(struct parquet_bytes value, size_t limit, bool text, uint8_t *out);

#endif
