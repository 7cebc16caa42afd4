/* SPDX-License-Identifier: Apache-2.0 */
#include "table/predicate/row_test_values.h"

#include "base/bytes.h"
#include "base/find_bytes.h"
#include "columnar/colvec.h"

#include <math.h>
#include <string.h>

/* ---- making ranges ---- */

/* The least and the greatest number of a column of `width` bytes, as signed or unsigned numbers. */
static int64_t least_of(uint32_t width)
{
    return width == 8 ? INT64_MIN : -(INT64_C(1) << (8 * width - 1));
}

static uint64_t most_of(uint32_t width, bool is_signed)
{
    const uint64_t all = width == 8 ? UINT64_MAX : (UINT64_C(1) << (8 * width)) - 1;
    return is_signed ? all >> 1 : all;
}

/* Numbers of up to 64 bits, signed or not, in one wider type. */
static row_wide wide_of(const struct stat_value *value)
{
    switch (value->kind) {
    case STAT_INT:
        return value->as.i;
    case STAT_UINT:
        return value->as.u;
    default:
        return (row_wide)(((unsigned __int128)(uint64_t)value->as.wide.hi << 64) |
                          value->as.wide.lo);
    }
}

static row_wide wide_least(const struct row_values *test)
{
    const row_wide lowest = (row_wide)((unsigned __int128)1 << 127);
    return test->kind == STAT_INT128 ? lowest : test->kind == STAT_INT ? least_of(test->width) : 0;
}

static row_wide wide_most(const struct row_values *test)
{
    const row_wide highest = (row_wide)(~(unsigned __int128)0 >> 1);
    return test->kind == STAT_INT128 ? highest
                                     : (row_wide)most_of(test->width, test->kind == STAT_INT);
}

/* The part of [low, high] that a value of the column can be in. */
static void add_numbers(struct row_values *test, row_wide low, row_wide high)
{
    struct row_range *range = &test->ranges[test->range_count];
    low = low < wide_least(test) ? wide_least(test) : low;
    high = high > wide_most(test) ? wide_most(test) : high;
    if (low > high) {
        return;
    }
    if (test->kind == STAT_INT128) {
        range->as.wide.low = low;
        range->as.wide.high = high;
    } else {
        range->as.number.low = (uint64_t)low;
        range->as.number.span = (uint64_t)high - (uint64_t)low;
    }
    test->range_count++;
}

static void number_range(struct row_values *test, enum predicate_test op,
                         const struct stat_value *value)
{
    const row_wide v = wide_of(value);
    switch (op) {
    case PREDICATE_LT:
        if (v > wide_least(test)) {
            add_numbers(test, wide_least(test), v - 1);
        }
        break;
    case PREDICATE_LE:
        add_numbers(test, wide_least(test), v);
        break;
    case PREDICATE_GT:
        if (v < wide_most(test)) {
            add_numbers(test, v + 1, wide_most(test));
        }
        break;
    case PREDICATE_GE:
        add_numbers(test, v, wide_most(test));
        break;
    default:
        add_numbers(test, v, v);
        break;
    }
}

/* NaN is above every number: what it belongs to is said by what it does not. */
static void real_range(struct row_values *test, enum predicate_test op,
                       const struct stat_value *value)
{
    struct row_range *range = &test->ranges[test->range_count++];
    const double v = value->as.f;
    range->as.real.low = -INFINITY;
    range->as.real.high = v;
    switch (op) {
    case PREDICATE_LT:
    case PREDICATE_GE:
        test->outside = op == PREDICATE_GE;
        range->as.real.high = nextafter(v, -INFINITY);
        test->range_count -= v == -INFINITY;
        break;
    case PREDICATE_LE:
    case PREDICATE_GT:
        test->outside = op == PREDICATE_GT;
        break;
    default:
        range->as.real.low = v;
        break;
    }
}

static void text_range(struct row_values *test, enum predicate_test op,
                       const struct stat_value *value)
{
    struct row_range *range = &test->ranges[test->range_count++];
    memset(range, 0, sizeof(*range));
    switch (op) {
    case PREDICATE_LT:
    case PREDICATE_GE:
        test->outside = op == PREDICATE_GE;
        range->as.text.high = value;
        range->as.text.below = true;
        break;
    case PREDICATE_LE:
    case PREDICATE_GT:
        test->outside = op == PREDICATE_GT;
        range->as.text.high = value;
        break;
    default:
        range->as.text.low = value;
        range->as.text.high = value;
        break;
    }
}

static bool add_range(struct row_values *test, enum predicate_test op,
                      const struct stat_value *value)
{
    if (value->kind != test->kind || (value->kind == STAT_FLOAT && isnan(value->as.f))) {
        return false;
    }
    if (test->kind == STAT_BYTES) {
        text_range(test, op, value);
    } else if (test->kind == STAT_FLOAT) {
        real_range(test, op, value);
    } else {
        number_range(test, op, value);
    }
    return true;
}

/* Of many numbers only where they lie is asked. */
static bool add_span(struct row_values *test)
{
    const struct predicate *p = test->predicate;
    const struct stat_value *low = &p->values[0];
    const struct stat_value *high = &p->values[0];
    size_t i;
    if (test->kind != STAT_INT && test->kind != STAT_UINT && test->kind != STAT_INT128) {
        return false;
    }
    for (i = 0; i < p->value_count; i++) {
        if (p->values[i].kind != test->kind) {
            return false;
        }
        low = stat_compare(&p->values[i], low) < 0 ? &p->values[i] : low;
        high = stat_compare(&p->values[i], high) > 0 ? &p->values[i] : high;
    }
    add_numbers(test, wide_of(low), wide_of(high));
    return true;
}

static bool all_are_bytes(const struct predicate *p)
{
    size_t i;
    for (i = 0; i < p->value_count && p->values[i].kind == STAT_BYTES; i++) {
    }
    return i == p->value_count;
}

static bool make_in(struct row_values *test)
{
    const struct predicate *p = test->predicate;
    size_t i;
    if (p->value_count > ROW_RANGES_MAX && test->kind == STAT_BYTES) {
        test->any_of = true;
        test->only_of_dictionaries = true;
        return all_are_bytes(p);
    }
    if (p->value_count > ROW_RANGES_MAX) {
        return add_span(test);
    }
    for (i = 0; i < p->value_count; i++) {
        if (!add_range(test, PREDICATE_EQ, &p->values[i])) {
            return false;
        }
    }
    return true;
}

static bool make_like(struct row_values *test)
{
    const struct predicate *p = test->predicate;
    test->only_of_dictionaries = true;
    return test->kind == STAT_BYTES && !p->fold_case && p->value_count != 0 && all_are_bytes(p);
}

bool row_values_make(const struct predicate *test, const struct field *field,
                     struct row_values *out)
{
    memset(out, 0, sizeof(*out));
    out->test = test->test;
    out->predicate = test;
    out->kind = stat_kind_of_type(field->type);
    out->width = column_type_width(field);
    if (out->kind == STAT_NONE || field->type == COLUMN_FLOAT16 ||
        field->type == COLUMN_FIXED_BINARY) {
        return false;
    }
    switch (test->test) {
    case PREDICATE_IS_NULL:
    case PREDICATE_NOT_NULL:
        return true;
    case PREDICATE_IN:
        return make_in(out);
    case PREDICATE_LIKE:
        return make_like(out);
    default:
        out->outside = test->test == PREDICATE_NE;
        return test->value_count == 1 && add_range(out, test->test, &test->values[0]);
    }
}

bool row_values_exact(const struct row_values *test)
{
    return test->test != PREDICATE_IN || test->predicate->value_count <= ROW_RANGES_MAX ||
           (test->any_of && test->predicate->value_count <= ROW_TEXTS_MAX);
}

/* ---- testing ---- */

/* Sets the bit of every value x, loaded as `type`, of which the expression is true. From the last
 * value to the first, so that a bit costs one addition with carry. */
#define TEST_VALUES(type, expression)                                                              \
    do {                                                                                           \
        uint64_t word;                                                                             \
        for (word = 0; 64 * word < rows; word++) {                                                 \
            const uint64_t left = rows - 64 * word;                                                \
            const unsigned count = left < 64 ? (unsigned)left : 64;                                \
            uint64_t found = 0;                                                                    \
            unsigned i = count;                                                                    \
            while (i-- > 0) {                                                                      \
                type x;                                                                            \
                memcpy(&x, values + (64 * word + i) * sizeof(x), sizeof(x));                       \
                found = found + found + (expression);                                              \
            }                                                                                      \
            bits[word] |= found;                                                                   \
        }                                                                                          \
    } while (0)

#define TEST_NUMBERS(name, type)                                                                   \
    static void name(const struct row_range *range, const uint8_t *values, uint64_t rows,          \
                     uint64_t *bits)                                                               \
    {                                                                                              \
        const type low = (type)range->as.number.low;                                               \
        const type span = (type)range->as.number.span;                                             \
        TEST_VALUES(type, (type)(x - low) <= span);                                                \
    }

TEST_NUMBERS(test_numbers_1, uint8_t)
TEST_NUMBERS(test_numbers_2, uint16_t)
TEST_NUMBERS(test_numbers_4, uint32_t)
TEST_NUMBERS(test_numbers_8, uint64_t)

static void test_reals_4(const struct row_range *range, const uint8_t *values, uint64_t rows,
                         uint64_t *bits)
{
    const double low = range->as.real.low;
    const double high = range->as.real.high;
    TEST_VALUES(float, (double)x >= low && (double)x <= high);
}

static void test_reals_8(const struct row_range *range, const uint8_t *values, uint64_t rows,
                         uint64_t *bits)
{
    const double low = range->as.real.low;
    const double high = range->as.real.high;
    TEST_VALUES(double, x >= low && x <= high);
}

static void test_wide(const struct row_range *range, const uint8_t *values, uint64_t rows,
                      uint64_t *bits)
{
    const row_wide low = range->as.wide.low;
    const row_wide high = range->as.wide.high;
    TEST_VALUES(row_wide, x >= low && x <= high);
}

/* As memcmp orders, shorter first. */
static int compare_text(const struct colvec_string *text, const struct stat_value *value)
{
    const uint32_t length = value->as.bytes.length;
    const uint32_t common = text->length < length ? text->length : length;
    const int order =
        common != 0 ? memcmp(colvec_string_data(text), value->as.bytes.data, common) : 0;
    return order != 0 ? order : (text->length > length) - (text->length < length);
}

/* Most texts differ in their length or head. */
static bool is_text(const struct colvec_string *text, const struct stat_value *value)
{
    const uint32_t length = value->as.bytes.length;
    return text->length == length &&
           (length == 0 ||
            memcmp(text->as.inlined, value->as.bytes.data, length < 4 ? length : 4) == 0) &&
           compare_text(text, value) == 0;
}

static bool text_in(const struct row_range *range, const struct colvec_string *text)
{
    const struct stat_value *high = range->as.text.high;
    int order;
    if (range->as.text.low == high) {
        return is_text(text, high);
    }
    order = compare_text(text, high);
    return order < 0 || (order == 0 && !range->as.text.below);
}

static void test_texts(const struct row_range *range, const uint8_t *values, uint64_t rows,
                       uint64_t *bits)
{
    TEST_VALUES(struct colvec_string, text_in(range, &x));
}

static bool is_any_of(const struct predicate *p, const struct colvec_string *text)
{
    size_t i;
    for (i = 0; i < p->value_count && !is_text(text, &p->values[i]); i++) {
    }
    return i < p->value_count;
}

static void test_any_of(const struct predicate *p, const uint8_t *values, uint64_t rows,
                        uint64_t *bits)
{
    TEST_VALUES(struct colvec_string, is_any_of(p, &x));
}

/* The pieces one after the other, the first and the last where they are anchored. The leftmost
 * place of each piece is as good as any, but for an anchored last one. */
static bool is_like(const struct predicate *p, find_bytes_function find,
                    const struct colvec_string *text)
{
    const char *at = colvec_string_data(text);
    size_t left = text->length;
    size_t i;
    for (i = 0; i < p->value_count; i++) {
        const char *piece = (const char *)p->values[i].as.bytes.data;
        const size_t length = p->values[i].as.bytes.length;
        const bool first = i == 0 && p->anchored_start;
        const bool last = i + 1 == p->value_count && p->anchored_end;
        const char *found;
        if (length > left || (first && last && length != left)) {
            return false;
        }
        if (first || last) {
            found = last ? at + (left - length) : at;
            found = memcmp(found, piece, length) == 0 ? found : NULL;
        } else {
            found = find(at, left, piece, length);
        }
        if (found == NULL) {
            return false;
        }
        left -= (size_t)(found - at) + length;
        at = found + length;
    }
    return true;
}

bool row_values_like(const struct predicate *like, const void *text, uint32_t length)
{
    struct colvec_string string;
    colvec_string_set(&string, text, length);
    return is_like(like, find_bytes(), &string);
}

static void test_like(const struct predicate *p, const uint8_t *values, uint64_t rows,
                      uint64_t *bits)
{
    const find_bytes_function find = find_bytes();
    TEST_VALUES(struct colvec_string, is_like(p, find, &x));
}

static void test_range(const struct row_values *test, const struct row_range *range,
                       const uint8_t *values, uint64_t rows, uint64_t *bits)
{
    if (test->kind == STAT_BYTES) {
        test_texts(range, values, rows, bits);
    } else if (test->kind == STAT_INT128) {
        test_wide(range, values, rows, bits);
    } else if (test->kind == STAT_FLOAT) {
        (test->width == 4 ? test_reals_4 : test_reals_8)(range, values, rows, bits);
    } else {
        static void (*const of_width[])(const struct row_range *, const uint8_t *, uint64_t,
                                        uint64_t *) = {NULL, test_numbers_1, test_numbers_2,
                                                       NULL, test_numbers_4, NULL,
                                                       NULL, NULL,           test_numbers_8};
        of_width[test->width](range, values, rows, bits);
    }
}

void row_values_test(const struct row_values *test, const void *values, uint64_t first,
                     uint64_t rows, uint64_t bits[ROW_TEST_WORDS])
{
    const uint32_t width =
        test->kind == STAT_BYTES ? (uint32_t)sizeof(struct colvec_string) : test->width;
    const uint8_t *at = (const uint8_t *)values + first * width;
    size_t i;
    memset(bits, 0, ROW_TEST_WORDS * sizeof(*bits));
    if (test->test == PREDICATE_LIKE) {
        test_like(test->predicate, at, rows, bits);
        return;
    }
    if (test->any_of) {
        test_any_of(test->predicate, at, rows, bits);
        return;
    }
    for (i = 0; i < test->range_count; i++) {
        test_range(test, &test->ranges[i], at, rows, bits);
    }
    for (i = 0; test->outside && 64 * i < rows; i++) {
        const uint64_t left = rows - 64 * i;
        bits[i] = ~bits[i] & (left < 64 ? (UINT64_C(1) << left) - 1 : UINT64_MAX);
    }
}
