/* SPDX-License-Identifier: Apache-2.0 */
#include "columnar/coerce.h"

#include "base/checked.h"
#include "base/error.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* ---- types ---- */

static bool is_float(enum column_type type)
{
    return type >= COLUMN_FLOAT16 && type <= COLUMN_FLOAT64;
}

static bool is_signed(enum column_type type)
{
    return type <= COLUMN_INT64;
}

static bool integer_to_integer(const struct field *from, const struct field *to)
{
    uint32_t from_width = column_type_width(from);
    uint32_t to_width = column_type_width(to);
    if (is_signed(from->type) == is_signed(to->type)) {
        return from_width <= to_width;
    }
    return is_signed(to->type) && from_width < to_width;
}

/* Integers that a float holds exactly: 11, 24 and 53 bits of precision. */
static bool integer_to_float(const struct field *from, const struct field *to)
{
    uint32_t width = column_type_width(from);
    return (to->type == COLUMN_FLOAT16 && width == 1) ||
           (to->type == COLUMN_FLOAT32 && width <= 2) || (to->type == COLUMN_FLOAT64 && width <= 4);
}

static bool integer_to_decimal(const struct field *from, const struct field *to)
{
    /* Decimal digits of the greatest value, by type: int8 .. uint64. */
    static const int digits[] = {3, 5, 10, 19, 3, 5, 10, 20};
    return to->precision - to->scale >= digits[from->type - COLUMN_INT8];
}

static bool from_integer(const struct field *from, const struct field *to)
{
    if (column_type_is_integer(to->type)) {
        return integer_to_integer(from, to);
    }
    if (is_float(to->type)) {
        return integer_to_float(from, to);
    }
    return to->type == COLUMN_DECIMAL128 && integer_to_decimal(from, to);
}

static bool is_list(enum column_type type)
{
    return type == COLUMN_LIST || type == COLUMN_LARGE_LIST || type == COLUMN_FIXED_LIST;
}

static bool is_number(enum column_type type)
{
    return column_type_is_integer(type) || is_float(type);
}

static bool is_vector(const struct field *field)
{
    return field->type == COLUMN_FIXED_LIST &&
           (is_float(field->children[0].type) || field->children[0].type == COLUMN_INT8);
}

static const struct field *find_child(const struct field *parent, const char *name, size_t *index)
{
    for (*index = 0; *index < parent->child_count; (*index)++) {
        if (strcmp(parent->children[*index].name, name) == 0) {
            return &parent->children[*index];
        }
    }
    return NULL;
}

static bool structs_match(const struct field *from, const struct field *to)
{
    size_t index;
    size_t i;
    size_t matched = 0;
    for (i = 0; i < to->child_count; i++) {
        const struct field *child = find_child(from, to->children[i].name, &index);
        if (child == NULL ? !to->children[i].nullable : !coerce_possible(child, &to->children[i])) {
            return false;
        }
        matched += child != NULL;
    }
    return matched == from->child_count;
}

static bool lists_match(const struct field *from, const struct field *to)
{
    if (from->type == COLUMN_FIXED_LIST && to->type == COLUMN_FIXED_LIST &&
        from->width != to->width) {
        return false;
    }
    if (is_vector(to) && is_number(from->children[0].type)) {
        return true;
    }
    return coerce_possible(&from->children[0], &to->children[0]);
}

static bool same_zone(const struct field *a, const struct field *b)
{
    return (a->timezone == NULL) == (b->timezone == NULL) &&
           (a->timezone == NULL || strcmp(a->timezone, b->timezone) == 0);
}

static bool from_time(const struct field *from, const struct field *to)
{
    switch (from->type) {
    case COLUMN_DATE32:
        return to->type == COLUMN_DATE64 || to->type == COLUMN_DATE32;
    case COLUMN_TIME32:
    case COLUMN_TIME64:
        return (to->type == COLUMN_TIME32 || to->type == COLUMN_TIME64) && from->unit <= to->unit;
    case COLUMN_TIMESTAMP:
        return to->type == from->type && from->unit <= to->unit && same_zone(from, to);
    case COLUMN_DURATION:
        return to->type == from->type && from->unit <= to->unit;
    default:
        return to->type == from->type;
    }
}

bool coerce_possible(const struct field *from, const struct field *to)
{
    if (from->type == COLUMN_NULL) {
        return to->nullable;
    }
    if (column_type_is_integer(from->type)) {
        return from_integer(from, to);
    }
    if (is_float(from->type)) {
        return is_float(to->type) && from->type <= to->type;
    }
    if (column_type_is_utf8(from->type)) {
        return column_type_is_string(to->type);
    }
    if (column_type_is_string(from->type)) {
        return column_type_is_string(to->type) && !column_type_is_utf8(to->type);
    }
    if (is_list(from->type)) {
        return is_list(to->type) && lists_match(from, to);
    }
    switch (from->type) {
    case COLUMN_BOOL:
        return to->type == COLUMN_BOOL;
    case COLUMN_FIXED_BINARY:
        return (to->type == from->type && to->width == from->width) || to->type == COLUMN_BINARY ||
               to->type == COLUMN_LARGE_BINARY;
    case COLUMN_DECIMAL128:
        return to->type == from->type && to->scale >= from->scale &&
               to->precision - to->scale >= from->precision - from->scale;
    case COLUMN_STRUCT:
        return to->type == COLUMN_STRUCT && structs_match(from, to);
    default:
        return from_time(from, to);
    }
}

/* ---- values ---- */

static inlay_status append_value(struct builder *b, const struct array_view *v, int64_t row,
                                 bool vector_item, inlay_error *err);

static inlay_status misfit(const struct builder *b, const struct array_view *v, int64_t row,
                           const char *what, inlay_error *err)
{
    char from[96];
    char to[96];
    const char *name = builder_field(b)->name;
    inlay_status status;
    field_type_text(v->field, from, sizeof(from));
    field_type_text(builder_field(b), to, sizeof(to));
    status = error_set(err, INLAY_SCHEMA, "column \"%.200s\", row %lld: %s (%s to %s)", name,
                       (long long)row, what, from, to);
    error_key(err, name);
    error_row(err, row);
    error_expected(err, "%s", to);
    error_found(err, "%s", from);
    return status;
}

static void store_128(uint8_t *out, unsigned __int128 value)
{
    store_u64(out, (uint64_t)value);
    store_u64(out + 8, (uint64_t)(value >> 64));
}

/* Both scales are checked types: the product stays below 10^38. */
static inlay_status append_decimal(struct builder *b, unsigned __int128 value, int scale_up,
                                   inlay_error *err)
{
    uint8_t bytes[16];
    for (; scale_up > 0; scale_up--) {
        value *= 10;
    }
    store_128(bytes, value);
    return builder_fixed(b, bytes, err);
}

static inlay_status append_integer(struct builder *b, const struct array_view *v, int64_t row,
                                   inlay_error *err)
{
    const struct field *to = builder_field(b);
    int64_t value = array_view_int(v, row);
    bool unsigned_64 = v->field->type == COLUMN_UINT64;
    if (to->type == COLUMN_DECIMAL128) {
        __int128 wide = unsigned_64 ? (__int128)(uint64_t)value : (__int128)value;
        return append_decimal(b, (unsigned __int128)wide, to->scale, err);
    }
    if (is_float(to->type)) {
        return builder_float(b, (double)value, err);
    }
    return unsigned_64 ? builder_uint(b, (uint64_t)value, err) : builder_int(b, value, err);
}

/* The greatest finite value of a float type. */
static double greatest(enum column_type type)
{
    return type == COLUMN_FLOAT16 ? 65504 : type == COLUMN_FLOAT32 ? (double)FLT_MAX : DBL_MAX;
}

/* Items of vectors are rounded to what the type holds; NaN and infinity are left for whoever builds
 * the index to refuse. */
static inlay_status append_vector_item(struct builder *b, const struct array_view *v, int64_t row,
                                       inlay_error *err)
{
    enum column_type to = builder_field(b)->type;
    double value = is_float(v->field->type)          ? array_view_float(v, row)
                   : v->field->type == COLUMN_UINT64 ? (double)(uint64_t)array_view_int(v, row)
                                                     : (double)array_view_int(v, row);
    if (to == COLUMN_INT8) {
        return value >= INT8_MIN && value <= INT8_MAX && value == trunc(value)
                   ? builder_int(b, (int64_t)value, err)
                   : misfit(b, v, row, "the value is no whole number from -128 to 127", err);
    }
    if (isfinite(value) && fabs(value) > greatest(to)) {
        return misfit(b, v, row, "the value is too great", err);
    }
    return builder_float(b, value, err);
}

static inlay_status append_decimal_value(struct builder *b, const struct array_view *v, int64_t row,
                                         inlay_error *err)
{
    const uint8_t *p = array_view_fixed(v, row);
    unsigned __int128 value = ((unsigned __int128)load_u64(p + 8) << 64) | load_u64(p);
    return append_decimal(b, value, builder_field(b)->scale - v->field->scale, err);
}

static inlay_status append_time(struct builder *b, const struct array_view *v, int64_t row,
                                inlay_error *err)
{
    static const int64_t per_step[] = {1, 1000, 1000000, 1000000000};
    const struct field *to = builder_field(b);
    int64_t value = array_view_int(v, row);
    int64_t factor = v->field->type == COLUMN_DATE32
                         ? (to->type == COLUMN_DATE64 ? INT64_C(86400000) : 1)
                         : per_step[to->unit - v->field->unit];
    if (!i64_mul(value, factor, &value)) {
        return misfit(b, v, row, "the time does not fit the finer unit", err);
    }
    return builder_int(b, value, err);
}

static inlay_status append_list(struct builder *b, const struct array_view *v, int64_t row,
                                inlay_error *err)
{
    const struct field *to = builder_field(b);
    int64_t begin;
    int64_t end;
    array_view_list(v, row, &begin, &end);
    if (to->type == COLUMN_FIXED_LIST && end - begin != to->width) {
        inlay_status status = misfit(b, v, row, "the list has a wrong number of items", err);
        error_expected(err, "%d items", (int)to->width);
        error_found(err, "%lld items", (long long)(end - begin));
        return status;
    }
    for (; begin < end; begin++) {
        INLAY_TRY(append_value(builder_child(b, 0), &v->children[0], begin, is_vector(to), err));
    }
    return builder_close_row(b, err);
}

static inlay_status append_struct(struct builder *b, const struct array_view *v, int64_t row,
                                  inlay_error *err)
{
    const struct field *to = builder_field(b);
    size_t i;
    for (i = 0; i < to->child_count; i++) {
        size_t index;
        if (find_child(v->field, to->children[i].name, &index) == NULL) {
            INLAY_TRY(builder_null(builder_child(b, i), err));
        } else {
            INLAY_TRY(append_value(builder_child(b, i), &v->children[index], row, false, err));
        }
    }
    return builder_close_row(b, err);
}

static inlay_status append_bytes(struct builder *b, const struct array_view *v, int64_t row,
                                 inlay_error *err)
{
    struct byte_view bytes = array_view_bytes(v, row);
    if (builder_field(b)->type == COLUMN_FIXED_BINARY) {
        return builder_fixed(b, bytes.data, err);
    }
    return builder_bytes_value(b, bytes.data, bytes.length, err);
}

static inlay_status append_value(struct builder *b, const struct array_view *v, int64_t row,
                                 bool vector_item, inlay_error *err)
{
    enum column_type from = v->field->type;
    if (array_view_is_null(v, row)) {
        return builder_null(b, err);
    }
    if (vector_item) {
        return append_vector_item(b, v, row, err);
    }
    if (column_type_is_integer(from)) {
        return append_integer(b, v, row, err);
    }
    if (is_float(from)) {
        return builder_float(b, array_view_float(v, row), err);
    }
    if (column_type_is_string(from) || from == COLUMN_FIXED_BINARY) {
        return append_bytes(b, v, row, err);
    }
    if (is_list(from)) {
        return append_list(b, v, row, err);
    }
    switch (from) {
    case COLUMN_BOOL:
        return builder_bool(b, array_view_bool(v, row), err);
    case COLUMN_DECIMAL128:
        return append_decimal_value(b, v, row, err);
    case COLUMN_STRUCT:
        return append_struct(b, v, row, err);
    default:
        return append_time(b, v, row, err);
    }
}

inlay_status coerce_append(struct builder *b, const struct array_view *v, inlay_error *err)
{
    int64_t row;
    for (row = 0; row < v->length; row++) {
        inlay_status status = append_value(b, v, row, false, err);
        if (status != INLAY_OK) {
            error_row(err, row); /* nested values know only their own number */
            return status;
        }
    }
    return INLAY_OK;
}
