/* SPDX-License-Identifier: Apache-2.0 */
#include "parquet/decode_convert.h"

#include "base/bytes.h"
#include "parquet/decode_values.h"

#include <string.h>

#define MS_PER_DAY INT64_C(86400000)
#define NS_PER_DAY UINT64_C(86400000000000)
#define JULIAN_DAY_OF_1970 2440588

static struct value_convert integer(struct value_convert convert, uint32_t out_width,
                                    bool is_signed)
{
    convert.kind = convert.in_width == out_width && convert.multiply == 1 && convert.divide == 1
                       ? CONVERT_SAME
                       : CONVERT_INTEGER;
    convert.out_width = out_width;
    convert.is_signed = is_signed;
    return convert;
}

static int64_t unit_per_second(enum time_unit unit)
{
    static const int64_t per_second[] = {1, 1000, 1000000, 1000000000};
    return per_second[unit];
}

/* The field may ask for another unit than what is stored (seconds do not exist in Parquet). */
static struct value_convert in_unit(struct value_convert convert, const struct schema_leaf *leaf)
{
    if (leaf->logical.kind == PARQUET_LOGICAL_TIME ||
        leaf->logical.kind == PARQUET_LOGICAL_TIMESTAMP) {
        int64_t from = unit_per_second(leaf->logical.unit);
        int64_t to = unit_per_second(leaf->field->unit);
        convert.multiply = to > from ? to / from : 1;
        convert.divide = from > to ? from / to : 1;
    }
    return convert;
}

static struct value_convert from_integer(struct value_convert convert,
                                         const struct schema_leaf *leaf)
{
    switch (leaf->field->type) {
    case COLUMN_INT8:
        return integer(convert, 1, true);
    case COLUMN_UINT8:
        return integer(convert, 1, false);
    case COLUMN_INT16:
        return integer(convert, 2, true);
    case COLUMN_UINT16:
        return integer(convert, 2, false);
    case COLUMN_INT32:
    case COLUMN_DATE32:
        return integer(convert, 4, true);
    case COLUMN_UINT32:
        return integer(convert, 4, false);
    case COLUMN_INT64:
    case COLUMN_DURATION:
        return integer(convert, 8, true);
    case COLUMN_UINT64:
        return integer(convert, 8, false);
    case COLUMN_TIME32:
        return integer(in_unit(convert, leaf), 4, true);
    case COLUMN_TIME64:
    case COLUMN_TIMESTAMP:
        return integer(in_unit(convert, leaf), 8, true);
    case COLUMN_DATE64:
        convert.multiply = leaf->type == PARQUET_INT32 ? MS_PER_DAY : 1;
        return integer(convert, 8, true);
    case COLUMN_DECIMAL128:
        return integer(convert, 16, true);
    default:
        return convert;
    }
}

static bool is_text_or_binary(enum column_type type)
{
    return type == COLUMN_UTF8 || type == COLUMN_LARGE_UTF8 || type == COLUMN_BINARY ||
           type == COLUMN_LARGE_BINARY;
}

struct value_convert value_convert_find(const struct schema_leaf *leaf)
{
    struct value_convert convert = {CONVERT_UNSUPPORTED, 0, 0, false, 1, 1};
    enum column_type type = leaf->field->type;
    convert.in_width = parquet_type_width(leaf->type, leaf->type_length);
    convert.out_width = column_type_width(leaf->field);
    if (type == COLUMN_NULL) {
        convert.kind = CONVERT_NULL;
        convert.out_width = 1;
        return convert;
    }
    switch (leaf->type) {
    case PARQUET_BOOLEAN:
        convert.kind = type == COLUMN_BOOL ? CONVERT_SAME : CONVERT_UNSUPPORTED;
        convert.out_width = 1;
        break;
    case PARQUET_INT32:
    case PARQUET_INT64:
        convert = from_integer(convert, leaf);
        break;
    case PARQUET_INT96:
        convert.kind = type == COLUMN_TIMESTAMP && leaf->field->unit == UNIT_NANO
                           ? CONVERT_INT96
                           : CONVERT_UNSUPPORTED;
        break;
    case PARQUET_FLOAT:
        convert.kind = type == COLUMN_FLOAT32 ? CONVERT_SAME : CONVERT_UNSUPPORTED;
        break;
    case PARQUET_DOUBLE:
        convert.kind = type == COLUMN_FLOAT64 ? CONVERT_SAME : CONVERT_UNSUPPORTED;
        break;
    case PARQUET_BYTE_ARRAY:
        convert.kind = is_text_or_binary(type)     ? CONVERT_STRING
                       : type == COLUMN_DECIMAL128 ? CONVERT_DECIMAL_BYTES
                                                   : CONVERT_UNSUPPORTED;
        convert.out_width = 16;
        break;
    case PARQUET_FIXED:
        if (type == COLUMN_DECIMAL128) {
            convert.kind = CONVERT_DECIMAL_FIXED;
            convert.out_width = 16;
        } else if ((type == COLUMN_FIXED_BINARY || type == COLUMN_FLOAT16) &&
                   convert.in_width == convert.out_width) {
            convert.kind = CONVERT_SAME;
        }
        break;
    default:
        break;
    }
    return convert;
}

static int64_t load_integer(const uint8_t *in, uint32_t width, bool is_signed)
{
    if (width == 8) {
        return (int64_t)load_u64(in);
    }
    return is_signed ? (int64_t)(int32_t)load_u32(in) : (int64_t)load_u32(in);
}

static int64_t rescale(const struct value_convert *convert, int64_t value)
{
    if (convert->divide != 1) {
        int64_t quotient = value / convert->divide;
        return quotient - (value % convert->divide < 0); /* towards the past, as clocks go */
    }
    return (int64_t)((uint64_t)value * (uint64_t)convert->multiply);
}

static void integers_run(const struct value_convert *convert, const uint8_t *in, size_t count,
                         uint8_t *out)
{
    const uint32_t in_width = convert->in_width;
    const uint32_t out_width = convert->out_width;
    size_t i;
    for (i = 0; i < count; i++, in += in_width, out += out_width) {
        int64_t value = rescale(convert, load_integer(in, in_width, convert->is_signed));
        switch (out_width) {
        case 1:
            *out = (uint8_t)value;
            break;
        case 2:
            store_u16(out, (uint16_t)value);
            break;
        case 4:
            store_u32(out, (uint32_t)value);
            break;
        case 8:
            store_u64(out, (uint64_t)value);
            break;
        default: /* a decimal of 128 bits */
            store_u64(out, (uint64_t)value);
            store_u64(out + 8, value < 0 ? UINT64_MAX : 0);
            break;
        }
    }
}

bool decimal_from_big_endian(const uint8_t *in, size_t size, uint8_t out[16])
{
    const uint8_t fill = size != 0 && (in[0] & 0x80) != 0 ? 0xff : 0;
    size_t extra = size > 16 ? size - 16 : 0;
    size_t kept = size - extra;
    size_t i;
    memset(out, fill, 16);
    for (i = 0; i < kept && i < 16; i++) {
        out[i] = in[size - 1 - i];
    }
    /* What does not fit must be sign extension, and leave a byte that carries the sign. */
    for (i = 0; i < extra; i++) {
        if (in[i] != fill) {
            return false;
        }
    }
    return extra == 0 || (out[15] & 0x80) == (fill & 0x80);
}

int64_t int96_to_nanoseconds(const uint8_t in[12])
{
    int64_t days = (int64_t)load_u32(in + 8) - JULIAN_DAY_OF_1970;
    return (int64_t)((uint64_t)days * NS_PER_DAY + load_u64(in));
}

bool value_convert_run(const struct value_convert *convert, const uint8_t *in, size_t count,
                       uint8_t *out)
{
    bool fits = true;
    size_t i;
    switch (convert->kind) {
    case CONVERT_INTEGER:
        integers_run(convert, in, count, out);
        break;
    case CONVERT_DECIMAL_FIXED:
        for (i = 0; i < count; i++) {
            fits &= decimal_from_big_endian(in + i * convert->in_width, convert->in_width,
                                            out + 16 * i);
        }
        break;
    case CONVERT_INT96:
        for (i = 0; i < count; i++) {
            store_u64(out + 8 * i, (uint64_t)int96_to_nanoseconds(in + 12 * i));
        }
        break;
    default:
        memcpy(out, in, count * convert->out_width);
        break;
    }
    return fits;
}

bool value_convert_decimals(const struct colvec_string *in, size_t count, uint8_t *out)
{
    bool fits = true;
    size_t i;
    for (i = 0; i < count; i++) {
        fits &= decimal_from_big_endian((const uint8_t *)colvec_string_data(&in[i]), in[i].length,
                                        out + 16 * i);
    }
    return fits;
}
