/* SPDX-License-Identifier: Apache-2.0 */
#include "table/manifest/stat_value.h"

#include "table/manifest/decode.h"

#include <math.h>
#include <string.h>

enum stat_kind stat_kind_of_type(enum column_type type)
{
    switch (type) {
    case COLUMN_BOOL:
    case COLUMN_INT8:
    case COLUMN_INT16:
    case COLUMN_INT32:
    case COLUMN_INT64:
    case COLUMN_DATE32:
    case COLUMN_DATE64:
    case COLUMN_TIME32:
    case COLUMN_TIME64:
    case COLUMN_TIMESTAMP:
    case COLUMN_DURATION:
        return STAT_INT;
    case COLUMN_UINT8:
    case COLUMN_UINT16:
    case COLUMN_UINT32:
    case COLUMN_UINT64:
        return STAT_UINT;
    case COLUMN_FLOAT16:
    case COLUMN_FLOAT32:
    case COLUMN_FLOAT64:
        return STAT_FLOAT;
    case COLUMN_UTF8:
    case COLUMN_LARGE_UTF8:
    case COLUMN_BINARY:
    case COLUMN_LARGE_BINARY:
    case COLUMN_FIXED_BINARY:
        return STAT_BYTES;
    case COLUMN_DECIMAL128:
        return STAT_INT128;
    default:
        return STAT_NONE;
    }
}

struct stat_value stat_int(int64_t value)
{
    struct stat_value v = {.kind = STAT_INT, .as.i = value};
    return v;
}

struct stat_value stat_uint(uint64_t value)
{
    struct stat_value v = {.kind = STAT_UINT, .as.u = value};
    return v;
}

struct stat_value stat_float(double value)
{
    struct stat_value v = {.kind = STAT_FLOAT, .as.f = value};
    return v;
}

struct stat_value stat_bytes(const void *data, uint32_t length)
{
    struct stat_value v = {.kind = STAT_BYTES, .as.bytes = {data, length}};
    return v;
}

struct stat_value stat_int128(int64_t hi, uint64_t lo)
{
    struct stat_value v = {.kind = STAT_INT128, .as.wide = {hi, lo}};
    return v;
}

static bool is_integer(const struct stat_value *v)
{
    return v->kind == STAT_INT || v->kind == STAT_UINT;
}

bool stat_comparable(const struct stat_value *a, const struct stat_value *b)
{
    if (a->kind == STAT_NONE || (a->kind == STAT_FLOAT && isnan(a->as.f)) ||
        (b->kind == STAT_FLOAT && isnan(b->as.f))) {
        return false;
    }
    return a->kind == b->kind || (is_integer(a) && is_integer(b));
}

static int compare_integers(const struct stat_value *a, const struct stat_value *b)
{
    bool a_negative = a->kind == STAT_INT && a->as.i < 0;
    bool b_negative = b->kind == STAT_INT && b->as.i < 0;
    uint64_t x = a->kind == STAT_INT ? (uint64_t)a->as.i : a->as.u;
    uint64_t y = b->kind == STAT_INT ? (uint64_t)b->as.i : b->as.u;
    if (a_negative != b_negative) {
        return a_negative ? -1 : 1;
    }
    return x < y ? -1 : x > y; /* two's complement keeps the order among negatives */
}

static int compare_bytes(const struct stat_value *a, const struct stat_value *b)
{
    uint32_t x = a->as.bytes.length;
    uint32_t y = b->as.bytes.length;
    uint32_t common = x < y ? x : y;
    int order = common == 0 ? 0 : memcmp(a->as.bytes.data, b->as.bytes.data, common);
    return order != 0 ? order : (x < y ? -1 : x > y);
}

int stat_compare(const struct stat_value *a, const struct stat_value *b)
{
    switch (a->kind) {
    case STAT_FLOAT:
        return a->as.f < b->as.f ? -1 : a->as.f > b->as.f;
    case STAT_BYTES:
        return compare_bytes(a, b);
    case STAT_INT128:
        if (a->as.wide.hi != b->as.wide.hi) {
            return a->as.wide.hi < b->as.wide.hi ? -1 : 1;
        }
        return a->as.wide.lo < b->as.wide.lo ? -1 : a->as.wide.lo > b->as.wide.lo;
    default:
        return compare_integers(a, b);
    }
}

struct stat_bound stat_bytes_lower(const void *data, uint32_t length, struct arena *arena)
{
    struct stat_bound bound = {.state = BOUND_EXACT, .value = stat_bytes(data, length)};
    if (length > STAT_BYTES_MAX) {
        const void *prefix = arena_dup(arena, data, STAT_BYTES_MAX);
        bound.state = prefix != NULL ? BOUND_INEXACT : BOUND_UNKNOWN;
        bound.value = stat_bytes(prefix, STAT_BYTES_MAX);
    }
    return bound;
}

struct stat_bound stat_bytes_upper(const void *data, uint32_t length, struct arena *arena)
{
    struct stat_bound bound = {.state = BOUND_EXACT, .value = stat_bytes(data, length)};
    uint32_t keep = STAT_BYTES_MAX;
    uint8_t *prefix;
    if (length <= STAT_BYTES_MAX) {
        return bound;
    }
    bound.state = BOUND_UNKNOWN;
    while (keep > 0 && ((const uint8_t *)data)[keep - 1] == 0xff) {
        keep--; /* cannot be increased in place: a shorter prefix must */
    }
    prefix = keep > 0 ? arena_dup(arena, data, keep) : NULL;
    if (prefix != NULL) {
        prefix[keep - 1]++;
        bound.state = BOUND_INEXACT;
        bound.value = stat_bytes(prefix, keep);
    }
    return bound;
}

void stat_value_write(const struct stat_value *value, struct buffer *out)
{
    switch (value->kind) {
    case STAT_INT: /* zigzag */
        buffer_varint(out, ((uint64_t)value->as.i << 1) ^ (uint64_t)(value->as.i >> 63));
        break;
    case STAT_UINT:
        buffer_varint(out, value->as.u);
        break;
    case STAT_FLOAT:
        buffer_f64(out, value->as.f);
        break;
    case STAT_BYTES:
        buffer_varint(out, value->as.bytes.length);
        buffer_append(out, value->as.bytes.data, value->as.bytes.length);
        break;
    case STAT_INT128:
        buffer_u64(out, value->as.wide.lo);
        buffer_u64(out, (uint64_t)value->as.wide.hi);
        break;
    case STAT_NONE:
        break;
    }
}

static void bytes_read(struct reader *in, struct arena *arena, struct stat_value *out)
{
    uint32_t length = (uint32_t)reader_varint_max(in, STAT_BYTES_MAX);
    const uint8_t *data = reader_bytes(in, length);
    if (data != NULL) {
        out->as.bytes.length = length;
        out->as.bytes.data = arena_dup(arena, data, length);
        if (out->as.bytes.data == NULL) {
            decode_no_memory(in);
        }
    }
}

void stat_value_read(struct reader *in, enum stat_kind kind, struct arena *arena,
                     struct stat_value *out)
{
    uint64_t raw;
    memset(out, 0, sizeof(*out));
    out->kind = kind;
    switch (kind) {
    case STAT_INT:
        raw = reader_varint(in);
        out->as.i = (int64_t)((raw >> 1) ^ (0 - (raw & 1)));
        break;
    case STAT_UINT:
        out->as.u = reader_varint(in);
        break;
    case STAT_FLOAT:
        out->as.f = reader_f64(in);
        if (isnan(out->as.f)) {
            reader_fail(in, "a bound is NaN");
        }
        break;
    case STAT_BYTES:
        bytes_read(in, arena, out);
        break;
    case STAT_INT128:
        out->as.wide.lo = reader_u64(in);
        out->as.wide.hi = (int64_t)reader_u64(in);
        break;
    case STAT_NONE:
        reader_fail(in, "a bound without a type");
        break;
    }
}
