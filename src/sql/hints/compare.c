/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A column against a constant, as the engine compares them: both are cast to a common type first.
 *
 *   numbers of whole and decimal types     exactly, whatever the types
 *   those with a DOUBLE                    the column becomes DOUBLE: bounds are widened where that
 *                                          rounds
 *   FLOAT, DOUBLE columns                  the constant is rounded; with a DOUBLE, FLOAT columns
 *                                          are compared as DOUBLE
 *   a text constant                        becomes a value of the column's type
 *   dates and timestamps without a zone    exactly, in the finer unit
 *   with a zone                            bounds are widened by two days, since the zone in which
 *                                          the engine reads a constant is its own affair
 */
#include "sql/hints/hints_priv.h"

#include <math.h>
#include <string.h>

#define NANOS_PER_DAY ((hint_wide)86400 * 1000000000)
#define EXACT_DOUBLE 9007199254740992.0 /* 2^53: whole numbers up to here are exact */

/* A constant in units of the column: low <= constant <= high. They are the same when it is exact,
 * and high = low + 1 when it lies between two values of the column. Anything else is vague. */
struct range {
    hint_wide low;
    hint_wide high;
    bool vague;
};

static hint_wide floor_division(hint_wide number, hint_wide by)
{
    hint_wide quotient = number / by;
    return quotient * by > number ? quotient - 1 : quotient;
}

static hint_wide nanos_of(enum time_unit unit)
{
    static const int64_t nanos[] = {1000000000, 1000000, 1000, 1};
    return nanos[unit];
}

/* ---- constants in the column's units ---- */

static bool exact_range(hint_wide number, hint_wide by, struct range *out)
{
    out->low = floor_division(number, by);
    out->high = out->low * by == number ? out->low : out->low + 1;
    out->vague = false;
    return true;
}

static bool power_of_ten(unsigned exponent, hint_wide *out)
{
    *out = 1;
    for (; exponent != 0; exponent--) {
        if (__builtin_mul_overflow(*out, 10, out)) {
            return false;
        }
    }
    return true;
}

/* number / 10^scale for a column of `column_scale` digits behind the point. */
static bool decimal_range(hint_wide number, unsigned scale, unsigned column_scale,
                          struct range *out)
{
    hint_wide factor;
    if (scale > column_scale) {
        return power_of_ten(scale - column_scale, &factor) && exact_range(number, factor, out);
    }
    return power_of_ten(column_scale - scale, &factor) &&
           !__builtin_mul_overflow(number, factor, &number) && exact_range(number, 1, out);
}

/* The column is cast to DOUBLE, which rounds whole numbers above 2^53 and decimals. */
static bool double_range(double real, unsigned column_scale, struct range *out)
{
    double scaled = real * pow(10, column_scale);
    double slack = fabs(scaled) * 0x1p-45 + 1;
    if (!(fabs(scaled) < 1e36)) {
        return false;
    }
    out->vague = column_scale != 0 || !(fabs(real) < EXACT_DOUBLE);
    out->low = (hint_wide)floor(out->vague ? scaled - slack : scaled);
    out->high = (hint_wide)ceil(out->vague ? scaled + slack : scaled);
    return true;
}

/* [+-]digits[.digits], with at most `column_scale` digits behind the point. */
static bool decimal_text_range(const struct hint_literal *literal, unsigned column_scale,
                               struct range *out)
{
    hint_wide number = 0;
    size_t i = literal->length != 0 && literal->bytes[0] == '-';
    const bool negative = i != 0;
    unsigned digits = 0;
    unsigned scale = 0;
    bool point = false;
    for (; i < literal->length; i++) {
        char c = literal->bytes[i];
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9' || ++digits > 38) {
            return false;
        }
        scale += point;
        number = number * 10 + (c - '0');
    }
    return digits != 0 && scale <= column_scale &&
           decimal_range(negative ? -number : number, scale, column_scale, out);
}

static bool is_a(duckdb_value value, duckdb_type type)
{
    return duckdb_get_type_id(duckdb_get_value_type(value)) == type;
}

/* A text as a value of a column's type that is held as a whole number. */
static bool cast_whole(duckdb_value value, const struct field *field, hint_wide *out)
{
    switch (field->type) {
    case COLUMN_BOOL:
        *out = duckdb_get_bool(value);
        return is_a(value, DUCKDB_TYPE_BOOLEAN);
    case COLUMN_UINT8:
    case COLUMN_UINT16:
    case COLUMN_UINT32:
    case COLUMN_UINT64:
        *out = duckdb_get_uint64(value);
        return is_a(value, DUCKDB_TYPE_UBIGINT);
    case COLUMN_INT8:
    case COLUMN_INT16:
    case COLUMN_INT32:
    case COLUMN_INT64:
    case COLUMN_DURATION:
        *out = duckdb_get_int64(value);
        return is_a(value, DUCKDB_TYPE_BIGINT);
    default:
        return false;
    }
}

/* In nanoseconds. */
static bool cast_time(duckdb_value value, const struct field *field, hint_wide *out)
{
    switch (field->type) {
    case COLUMN_DATE32:
        *out = (hint_wide)duckdb_get_date(value).days * NANOS_PER_DAY;
        return is_a(value, DUCKDB_TYPE_DATE);
    case COLUMN_DATE64:
        *out = (hint_wide)duckdb_get_timestamp_ms(value).millis * nanos_of(UNIT_MILLI);
        return is_a(value, DUCKDB_TYPE_TIMESTAMP_MS);
    case COLUMN_TIME32:
    case COLUMN_TIME64:
        if (field->unit == UNIT_NANO) {
            *out = duckdb_get_time_ns(value).nanos;
            return is_a(value, DUCKDB_TYPE_TIME_NS);
        }
        *out = (hint_wide)duckdb_get_time(value).micros * nanos_of(UNIT_MICRO);
        return is_a(value, DUCKDB_TYPE_TIME);
    default:
        break;
    }
    if (field->timezone != NULL) {
        *out = (hint_wide)duckdb_get_timestamp_tz(value).micros * nanos_of(UNIT_MICRO);
        return is_a(value, DUCKDB_TYPE_TIMESTAMP_TZ);
    }
    switch (field->unit) {
    case UNIT_SECOND:
        *out = (hint_wide)duckdb_get_timestamp_s(value).seconds * nanos_of(UNIT_SECOND);
        return is_a(value, DUCKDB_TYPE_TIMESTAMP_S);
    case UNIT_MILLI:
        *out = (hint_wide)duckdb_get_timestamp_ms(value).millis * nanos_of(UNIT_MILLI);
        return is_a(value, DUCKDB_TYPE_TIMESTAMP_MS);
    case UNIT_MICRO:
        *out = (hint_wide)duckdb_get_timestamp(value).micros * nanos_of(UNIT_MICRO);
        return is_a(value, DUCKDB_TYPE_TIMESTAMP);
    case UNIT_NANO:
        *out = duckdb_get_timestamp_ns(value).nanos;
        return is_a(value, DUCKDB_TYPE_TIMESTAMP_NS);
    }
    return false;
}

static bool whole_range(const struct field *field, const struct hint_literal *literal,
                        struct range *out)
{
    const unsigned scale = field->type == COLUMN_DECIMAL128 ? (unsigned)field->scale : 0;
    duckdb_value value;
    hint_wide number;
    bool fits;
    switch (literal->kind) {
    case HINT_LITERAL_INTEGER:
    case HINT_LITERAL_DECIMAL:
        return decimal_range(literal->number, literal->scale, scale, out);
    case HINT_LITERAL_DOUBLE:
        return double_range(literal->real, scale, out);
    case HINT_LITERAL_BOOL:
        return field->type == COLUMN_BOOL && exact_range(literal->number, 1, out);
    case HINT_LITERAL_TEXT:
        if (field->type == COLUMN_DECIMAL128) {
            return !literal->parameter && decimal_text_range(literal, scale, out);
        }
        value = duckdb_create_varchar_length(literal->bytes, literal->length);
        fits = value != NULL && cast_whole(value, field, &number);
        duckdb_destroy_value(&value);
        return fits && exact_range(number, 1, out);
    default:
        return false;
    }
}

static bool is_clock(const struct field *field)
{
    return field->type == COLUMN_TIME32 || field->type == COLUMN_TIME64;
}

/* The constant in nanoseconds, since 1970 or midnight. */
static bool time_of(const struct field *field, const struct hint_literal *literal, hint_wide *out)
{
    duckdb_value value;
    bool fits;
    switch (literal->kind) {
    case HINT_LITERAL_DATE:
        *out = literal->number * NANOS_PER_DAY;
        return !is_clock(field);
    case HINT_LITERAL_TIMESTAMP:
        *out = literal->number * nanos_of(literal->unit);
        return !is_clock(field) && literal->number < INT64_MAX && literal->number > -INT64_MAX;
    case HINT_LITERAL_ZONED:
        *out = literal->number * nanos_of(UNIT_MICRO);
        return field->timezone != NULL && literal->number < INT64_MAX &&
               literal->number > -INT64_MAX;
    case HINT_LITERAL_TIME:
        *out = literal->number * nanos_of(literal->unit);
        return is_clock(field);
    case HINT_LITERAL_TEXT:
        value = duckdb_create_varchar_length(literal->bytes, literal->length);
        fits = value != NULL && cast_time(value, field, out);
        duckdb_destroy_value(&value);
        return fits;
    default:
        return false;
    }
}

static bool time_range(const struct field *field, const struct hint_literal *literal,
                       struct range *out)
{
    hint_wide unit = nanos_of(field->unit);
    hint_wide nanos;
    if (field->type == COLUMN_DATE32) {
        unit = NANOS_PER_DAY;
    } else if (field->type == COLUMN_DATE64) {
        unit = nanos_of(UNIT_MILLI);
    }
    if (!time_of(field, literal, &nanos)) {
        return false;
    }
    if (field->timezone == NULL) {
        return exact_range(nanos, unit, out);
    }
    out->low = floor_division(nanos - 2 * NANOS_PER_DAY, unit);
    out->high = floor_division(nanos + 2 * NANOS_PER_DAY, unit) + 1;
    out->vague = true;
    return true;
}

/* Infinity is the largest number of its type, in whatever unit. */
static bool range_is_finite(const struct range *range)
{
    return range->low > -(hint_wide)INT64_MAX && range->high < (hint_wide)INT64_MAX;
}

/* ---- tests ---- */

static hint_wide wide_max(void)
{
    return (hint_wide)(~(unsigned __int128)0 >> 1);
}

static void kind_limits(enum stat_kind kind, hint_wide *least, hint_wide *most)
{
    *least = kind == STAT_INT ? (hint_wide)INT64_MIN : 0;
    *most = kind == STAT_INT ? (hint_wide)INT64_MAX : (hint_wide)UINT64_MAX;
    if (kind == STAT_INT128) {
        *most = wide_max();
        *least = -*most - 1;
    }
}

static struct stat_value value_of(enum stat_kind kind, hint_wide number)
{
    switch (kind) {
    case STAT_INT:
        return stat_int((int64_t)number);
    case STAT_UINT:
        return stat_uint((uint64_t)number);
    default:
        return stat_int128((int64_t)(number >> 64), (uint64_t)number);
    }
}

/* One side: column <= bound, or column >= bound. */
static const struct predicate *bounded(struct hint_reader *reader, uint32_t column,
                                       enum predicate_test test, hint_wide bound)
{
    enum stat_kind kind = stat_kind_of_type(reader->target->schema->fields[column].type);
    struct stat_value value;
    hint_wide least;
    hint_wide most;
    bool beyond;
    kind_limits(kind, &least, &most);
    beyond = test == PREDICATE_LE ? bound > most : bound < least;
    if (beyond) {
        return hint_test(reader, PREDICATE_NOT_NULL, column, NULL, 0);
    }
    if (bound < least || bound > most) {
        return hint_never(reader);
    }
    value = value_of(kind, bound);
    return hint_test(reader, test, column, &value, 1);
}

static const struct predicate *between(struct hint_reader *reader, uint32_t column,
                                       const struct range *range)
{
    const struct predicate *sides[2] = {bounded(reader, column, PREDICATE_GE, range->low),
                                        bounded(reader, column, PREDICATE_LE, range->high)};
    return hint_and(reader, sides, 2);
}

/* Equal, or with NE not equal, to a constant. */
static const struct predicate *equal_to(struct hint_reader *reader, uint32_t column,
                                        enum predicate_test test, const struct range *range)
{
    enum stat_kind kind = stat_kind_of_type(reader->target->schema->fields[column].type);
    struct stat_value value;
    hint_wide least;
    hint_wide most;
    kind_limits(kind, &least, &most);
    reader->vague |= range->vague;
    if (range->vague) {
        return test == PREDICATE_EQ ? between(reader, column, range)
                                    : hint_test(reader, PREDICATE_NOT_NULL, column, NULL, 0);
    }
    if (range->low != range->high || range->low < least || range->low > most) {
        return test == PREDICATE_EQ ? hint_never(reader)
                                    : hint_test(reader, PREDICATE_NOT_NULL, column, NULL, 0);
    }
    value = value_of(kind, range->low);
    return hint_test(reader, test, column, &value, 1);
}

static const struct predicate *compare_range(struct hint_reader *reader, uint32_t column,
                                             enum predicate_test test, const struct range *range)
{
    const bool exact = !range->vague && range->low == range->high;
    struct stat_value value;
    hint_wide least;
    hint_wide most;
    reader->vague |= range->vague;
    if (test == PREDICATE_EQ || test == PREDICATE_NE) {
        return equal_to(reader, column, test, range);
    }
    if (exact) {
        kind_limits(stat_kind_of_type(reader->target->schema->fields[column].type), &least, &most);
        if (range->low >= least && range->low <= most) {
            value = value_of(stat_kind_of_type(reader->target->schema->fields[column].type),
                             range->low);
            return hint_test(reader, test, column, &value, 1);
        }
    }
    if (test == PREDICATE_LT || test == PREDICATE_LE) {
        return bounded(reader, column, PREDICATE_LE,
                       range->vague || exact ? range->high : range->low);
    }
    return bounded(reader, column, PREDICATE_GE, range->vague || exact ? range->low : range->high);
}

/* ---- floats, texts, bytes ---- */

static duckdb_value number_value(const struct hint_literal *literal)
{
    duckdb_hugeint wide = {(uint64_t)literal->number, (int64_t)(literal->number >> 64)};
    duckdb_decimal decimal = {literal->width, literal->scale, wide};
    switch (literal->kind) {
    case HINT_LITERAL_INTEGER:
        return literal->number >= INT64_MIN && literal->number <= INT64_MAX
                   ? duckdb_create_int64((int64_t)literal->number)
                   : duckdb_create_hugeint(wide);
    case HINT_LITERAL_DECIMAL:
        return duckdb_create_decimal(decimal);
    case HINT_LITERAL_TEXT:
        return duckdb_create_varchar_length(literal->bytes, literal->length);
    default:
        return NULL;
    }
}

static bool real_of(const struct field *field, const struct hint_literal *literal, bool as_double,
                    double *out)
{
    duckdb_value value;
    bool fits;
    if (literal->kind == HINT_LITERAL_DOUBLE) {
        *out = literal->real;
        return !isnan(*out);
    }
    value = number_value(literal);
    if (value == NULL) {
        return false;
    }
    if (field->type == COLUMN_FLOAT64 || as_double) {
        *out = duckdb_get_double(value);
        fits = is_a(value, DUCKDB_TYPE_DOUBLE);
    } else {
        *out = (double)duckdb_get_float(value);
        fits = is_a(value, DUCKDB_TYPE_FLOAT);
    }
    duckdb_destroy_value(&value);
    return fits && !isnan(*out);
}

static const struct predicate *compare_bytes(struct hint_reader *reader, uint32_t column,
                                             enum predicate_test test,
                                             const struct hint_literal *literal)
{
    const struct field *field = &reader->target->schema->fields[column];
    const bool text = column_type_is_utf8(field->type);
    struct hint_literal cast;
    struct stat_value value;
    if (text ? literal->kind == HINT_LITERAL_TEXT : literal->kind == HINT_LITERAL_BLOB) {
        value = stat_bytes(literal->bytes, (uint32_t)literal->length);
        return hint_test(reader, test, column, &value, 1);
    }
    if (text || literal->kind != HINT_LITERAL_TEXT || literal->parameter ||
        !hint_blob_of_text(reader, literal, &cast)) {
        return NULL;
    }
    value = stat_bytes(cast.bytes, (uint32_t)cast.length);
    return hint_test(reader, test, column, &value, 1);
}

const struct predicate *hint_compare(struct hint_reader *reader, uint32_t column,
                                     enum predicate_test test, const struct hint_literal *literal,
                                     bool as_double)
{
    const struct field *field = &reader->target->schema->fields[column];
    struct stat_value value;
    struct range range;
    double real;
    if (literal->kind == HINT_LITERAL_NULL) {
        return hint_never(reader);
    }
    switch (field->type) {
    case COLUMN_DATE32:
    case COLUMN_DATE64:
    case COLUMN_TIME32:
    case COLUMN_TIME64:
    case COLUMN_TIMESTAMP:
        return time_range(field, literal, &range) && range_is_finite(&range)
                   ? compare_range(reader, column, test, &range)
                   : NULL;
    default:
        break;
    }
    switch (stat_kind_of_type(field->type)) {
    case STAT_INT:
    case STAT_UINT:
    case STAT_INT128:
        return whole_range(field, literal, &range) ? compare_range(reader, column, test, &range)
                                                   : NULL;
    case STAT_FLOAT:
        if (!real_of(field, literal, as_double, &real)) {
            return NULL;
        }
        value = stat_float(real);
        return hint_test(reader, test, column, &value, 1);
    case STAT_BYTES:
        return compare_bytes(reader, column, test, literal);
    case STAT_NONE:
        break;
    }
    return NULL;
}
