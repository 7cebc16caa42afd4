/* SPDX-License-Identifier: Apache-2.0 */
#include "parquet/value_order.h"

#include "base/bytes.h"
#include "columnar/array_view.h"
#include "columnar/utf8.h"

#include <math.h>
#include <string.h>

enum value_order value_order_of(const struct schema_leaf *leaf)
{
    static const enum value_order by_type[] = {
        VALUE_ORDER_BOOL,  VALUE_ORDER_INT32,  VALUE_ORDER_INT64, VALUE_ORDER_NONE,
        VALUE_ORDER_FLOAT, VALUE_ORDER_DOUBLE, VALUE_ORDER_BYTES, VALUE_ORDER_BYTES,
    };
    switch (leaf->field->type) {
    case COLUMN_NULL:
    case COLUMN_INTERVAL:
        return VALUE_ORDER_NONE;
    case COLUMN_UINT8:
    case COLUMN_UINT16:
    case COLUMN_UINT32:
        return VALUE_ORDER_UINT32;
    case COLUMN_UINT64:
        return VALUE_ORDER_UINT64;
    case COLUMN_FLOAT16:
        return VALUE_ORDER_HALF;
    case COLUMN_DECIMAL128:
        if (leaf->type == PARQUET_BYTE_ARRAY) {
            return VALUE_ORDER_NONE; /* foreign files only; of varying length */
        }
        return leaf->type == PARQUET_FIXED ? VALUE_ORDER_DECIMAL : by_type[leaf->type];
    default:
        return by_type[leaf->type];
    }
}

static double load_double(const uint8_t *p)
{
    uint64_t bits = load_u64(p);
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static float load_float(const uint8_t *p)
{
    uint32_t bits = load_u32(p);
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

#define THREE_WAY(a, b) (((a) > (b)) - ((a) < (b)))

static int compare_bytes(struct parquet_bytes a, struct parquet_bytes b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    int c = shorter != 0 ? memcmp(a.data, b.data, shorter) : 0;
    return c != 0 ? THREE_WAY(c, 0) : THREE_WAY(a.length, b.length);
}

/* Flipping the sign bit of the first byte turns two's complement into unsigned order. */
static int compare_decimals(struct parquet_bytes a, struct parquet_bytes b)
{
    int high_a = a.data[0] ^ 0x80;
    int high_b = b.data[0] ^ 0x80;
    return high_a != high_b ? THREE_WAY(high_a, high_b) : compare_bytes(a, b);
}

int value_compare(enum value_order order, struct parquet_bytes a, struct parquet_bytes b)
{
    switch (order) {
    case VALUE_ORDER_BOOL:
        return THREE_WAY(a.data[0], b.data[0]);
    case VALUE_ORDER_INT32:
        return THREE_WAY((int32_t)load_u32(a.data), (int32_t)load_u32(b.data));
    case VALUE_ORDER_UINT32:
        return THREE_WAY(load_u32(a.data), load_u32(b.data));
    case VALUE_ORDER_INT64:
        return THREE_WAY((int64_t)load_u64(a.data), (int64_t)load_u64(b.data));
    case VALUE_ORDER_UINT64:
        return THREE_WAY(load_u64(a.data), load_u64(b.data));
    case VALUE_ORDER_HALF: {
        float x = float16_to_float(load_u16(a.data));
        float y = float16_to_float(load_u16(b.data));
        return THREE_WAY(x, y);
    }
    case VALUE_ORDER_FLOAT:
        return THREE_WAY(load_float(a.data), load_float(b.data));
    case VALUE_ORDER_DOUBLE:
        return THREE_WAY(load_double(a.data), load_double(b.data));
    case VALUE_ORDER_BYTES:
        return compare_bytes(a, b);
    case VALUE_ORDER_DECIMAL:
        return compare_decimals(a, b);
    case VALUE_ORDER_NONE:
        break;
    }
    return 0;
}

/* Index of the least and greatest of `count` numbers; the body is a plain scan that compilers turn
 * into vector code where they can. */
#define SCAN(type, load)                                                                           \
    do {                                                                                           \
        type low = (type)(load(values));                                                           \
        type high = low;                                                                           \
        for (i = 1; i < count; i++) {                                                              \
            type v = (type)(load(values + i * width));                                             \
            if (v < low) {                                                                         \
                low = v;                                                                           \
                min = i;                                                                           \
            }                                                                                      \
            if (v > high) {                                                                        \
                high = v;                                                                          \
                max = i;                                                                           \
            }                                                                                      \
        }                                                                                          \
    } while (0)

static struct value_bounds bounds_at(const uint8_t *values, unsigned width, size_t min, size_t max)
{
    struct value_bounds b = {{values + min * width, width}, {values + max * width, width}, false};
    return b;
}

static bool is_nan(enum value_order order, const uint8_t *p)
{
    switch (order) {
    case VALUE_ORDER_HALF:
        return (load_u16(p) & 0x7fff) > 0x7c00;
    case VALUE_ORDER_FLOAT:
        return (load_u32(p) & 0x7fffffffu) > 0x7f800000u;
    default:
        return (load_u64(p) & INT64_MAX) > UINT64_C(0x7ff0000000000000);
    }
}

/* A zero of either sign: all bits but the highest are clear. */
static bool is_zero(const uint8_t *p, unsigned width)
{
    unsigned i;
    for (i = 0; i + 1 < width; i++) {
        if (p[i] != 0) {
            return false;
        }
    }
    return (p[width - 1] & 0x7f) == 0;
}

/* Zeros of either sign are one value, so a bound that is zero takes the outer sign (the format's
 * rule). */
static void widen_zeros(struct value_bounds *b, unsigned width)
{
    static const uint8_t positive[8] = {0};
    static const uint8_t negative[3][8] = {{0, 0x80}, {0, 0, 0, 0x80}, {0, 0, 0, 0, 0, 0, 0, 0x80}};
    if (b->min.data != NULL && is_zero(b->min.data, width)) {
        b->min.data = negative[width == 2 ? 0 : width == 4 ? 1 : 2];
    }
    if (b->max.data != NULL && is_zero(b->max.data, width)) {
        b->max.data = positive;
    }
}

static struct value_bounds bounds_of_floats(enum value_order order, const uint8_t *values,
                                            size_t count, unsigned width)
{
    struct value_bounds b = {{NULL, 0}, {NULL, 0}, false};
    double low = INFINITY;
    double high = -INFINITY;
    size_t i;
    for (i = 0; i < count; i++) {
        const uint8_t *p = values + i * width;
        double v;
        if (is_nan(order, p)) {
            b.has_nan = true;
            continue;
        }
        v = order == VALUE_ORDER_DOUBLE  ? load_double(p)
            : order == VALUE_ORDER_FLOAT ? (double)load_float(p)
                                         : (double)float16_to_float(load_u16(p));
        if (b.min.data == NULL || v < low) {
            low = v;
            b.min.data = p;
        }
        if (b.max.data == NULL || v > high) {
            high = v;
            b.max.data = p;
        }
    }
    b.min.length = b.min.data != NULL ? width : 0;
    b.max.length = b.min.length;
    widen_zeros(&b, width);
    return b;
}

static struct value_bounds bounds_by_compare(enum value_order order, const uint8_t *values,
                                             size_t count, unsigned width)
{
    struct value_bounds b = bounds_at(values, width, 0, 0);
    size_t i;
    for (i = 1; i < count; i++) {
        struct parquet_bytes v = {values + i * width, width};
        if (value_compare(order, v, b.min) < 0) {
            b.min = v;
        } else if (value_compare(order, v, b.max) > 0) {
            b.max = v;
        }
    }
    return b;
}

struct value_bounds value_bounds_fixed(enum value_order order, const uint8_t *values, size_t count,
                                       unsigned width)
{
    struct value_bounds none = {{NULL, 0}, {NULL, 0}, false};
    size_t min = 0;
    size_t max = 0;
    size_t i;
    if (count == 0) {
        return none;
    }
    switch (order) {
    case VALUE_ORDER_NONE:
        return none;
    case VALUE_ORDER_INT32:
        SCAN(int32_t, load_u32);
        break;
    case VALUE_ORDER_UINT32:
        SCAN(uint32_t, load_u32);
        break;
    case VALUE_ORDER_INT64:
        SCAN(int64_t, load_u64);
        break;
    case VALUE_ORDER_UINT64:
        SCAN(uint64_t, load_u64);
        break;
    case VALUE_ORDER_HALF:
    case VALUE_ORDER_FLOAT:
    case VALUE_ORDER_DOUBLE:
        return bounds_of_floats(order, values, count, width);
    default:
        return bounds_by_compare(order, values, count, width);
    }
    return bounds_at(values, width, min, max);
}

/* The first eight bytes as a number whose order is that of the bytes: settles most comparisons. */
static uint64_t prefix_of(struct parquet_bytes v)
{
    uint8_t bytes[8] = {0};
    memcpy(bytes, v.data, v.length < 8 ? v.length : 8);
    return __builtin_bswap64(load_u64(bytes));
}

struct value_bounds value_bounds_bytes(const uint8_t *lengths, const uint8_t *data, size_t count)
{
    struct value_bounds b = {{NULL, 0}, {NULL, 0}, false};
    static const uint8_t nothing[1] = {0};
    uint64_t low = 0;
    uint64_t high = 0;
    size_t i;
    if (data == NULL) { /* only empty values */
        data = nothing;
    }
    for (i = 0; i < count; i++) {
        struct parquet_bytes v = {data, load_u32(lengths + 4 * i)};
        uint64_t prefix = prefix_of(v);
        data += v.length;
        if (b.min.data == NULL || prefix < low || (prefix == low && compare_bytes(v, b.min) < 0)) {
            b.min = v;
            low = prefix;
        }
        if (b.max.data == NULL || prefix > high ||
            (prefix == high && compare_bytes(v, b.max) > 0)) {
            b.max = v;
            high = prefix;
        }
    }
    return b;
}

/* ---- truncation ---- */

/* The longest prefix of at most `limit` bytes that ends between characters. */
static size_t cut(struct parquet_bytes value, size_t limit, bool text)
{
    size_t length = limit;
    while (text && length > 0 && !utf8_starts_character(value.data[length])) {
        length--;
    }
    return length;
}

size_t value_truncate_min(struct parquet_bytes value, size_t limit, bool text)
{
    return value.length <= limit ? value.length : cut(value, limit, text);
}

static uint32_t decode_character(const uint8_t *p, size_t length)
{
    static const uint8_t mask[5] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c = p[0] & mask[length];
    size_t i;
    for (i = 1; i < length; i++) {
        c = c << 6 | (p[i] & 0x3f);
    }
    return c;
}

static size_t encode_character(uint32_t c, uint8_t *p)
{
    size_t length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t i;
    for (i = length; i > 1; i--) {
        p[i - 1] = (uint8_t)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    p[0] = (uint8_t)(lead[length] | c);
    return length;
}

/* UTF-8's byte order is that of its code points, so the next code point gives a greater string. */
static size_t increase_text(uint8_t *out, size_t length, size_t limit)
{
    while (length > 0) {
        size_t start = length - 1;
        uint32_t next;
        uint8_t character[4];
        size_t size;
        while (start > 0 && !utf8_starts_character(out[start])) {
            start--;
        }
        next = decode_character(out + start, length - start) + 1;
        next = next == 0xd800 ? 0xe000 : next; /* no surrogates */
        size = encode_character(next, character);
        if (next <= 0x10ffff && start + size <= limit) {
            memcpy(out + start, character, size);
            return start + size;
        }
        length = start;
    }
    return 0;
}

size_t value_truncate_max(struct parquet_bytes value, size_t limit, bool text, uint8_t *out)
{
    size_t length = cut(value, limit, text);
    memcpy(out, value.data, length);
    if (text) {
        return increase_text(out, length, limit);
    }
    for (; length > 0; length--) {
        if (out[length - 1] != 0xff) {
            out[length - 1]++;
            return length;
        }
    }
    return 0;
}
