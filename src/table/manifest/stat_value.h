/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Typed values of column statistics, and safe bounds for long strings. Pure functions.
 *
 * Which kind a column has follows from its type, see stat_kind_of_type: signed integers, booleans,
 * dates, times and timestamps are INT in the column's own unit; unsigned integers UINT; all floats
 * FLOAT; strings and binaries BYTES in unsigned byte order; decimals INT128, the unscaled value.
 */
#ifndef INLAY_TABLE_MANIFEST_STAT_VALUE_H
#define INLAY_TABLE_MANIFEST_STAT_VALUE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/reader.h"
#include "columnar/schema.h"

#include <stdbool.h>
#include <stdint.h>

enum stat_kind { /* numbers are stored and never change */
                 STAT_NONE = 0,
                 STAT_INT = 1,
                 STAT_UINT = 2,
                 STAT_FLOAT = 3,
                 STAT_BYTES = 4,
                 STAT_INT128 = 5
};

struct stat_value {
    enum stat_kind kind;
    union {
        int64_t i;
        uint64_t u;
        double f; /* never NaN in a bound */
        struct {
            int64_t hi;
            uint64_t lo;
        } wide; /* two's complement */
        struct {
            const uint8_t *data; /* borrowed */
            uint32_t length;
        } bytes;
    } as;
};

#define STAT_BYTES_MAX 64 /* longer strings become inexact bounds */

/* STAT_NONE: the type has no order that we keep statistics for. */
enum stat_kind stat_kind_of_type(enum column_type type);

struct stat_value stat_int(int64_t value);
struct stat_value stat_uint(uint64_t value);
struct stat_value stat_float(double value);
struct stat_value stat_bytes(const void *data, uint32_t length);
struct stat_value stat_int128(int64_t hi, uint64_t lo);

/* True when the two can be ordered: equal kinds, or INT and UINT. NaN cannot. */
bool stat_comparable(const struct stat_value *a, const struct stat_value *b);
/* <0, 0, >0; only for comparable values. */
int stat_compare(const struct stat_value *a, const struct stat_value *b);

enum stat_bound_state { /* stored in two bits */
                        BOUND_UNKNOWN = 0,
                        BOUND_EXACT = 1,  /* some row has this value */
                        BOUND_INEXACT = 2 /* no row lies beyond it */
};

struct stat_bound {
    enum stat_bound_state state;
    struct stat_value value;
};

/* A lower or upper bound for a string: exact when it is short, else a prefix, for the upper bound
 * the next greater prefix. An upper bound of only 0xFF bytes is unknown. The bytes are the caller's
 * for a short value, else in the arena; no memory gives an unknown bound. */
struct stat_bound stat_bytes_lower(const void *data, uint32_t length, struct arena *arena);
struct stat_bound stat_bytes_upper(const void *data, uint32_t length, struct arena *arena);

/* A value whose kind the context stores. Reading copies bytes into the arena. */
void stat_value_write(const struct stat_value *value, struct buffer *out);
void stat_value_read(struct reader *in, enum stat_kind kind, struct arena *arena,
                     struct stat_value *out);

#endif
