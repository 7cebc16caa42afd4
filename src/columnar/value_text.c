/* SPDX-License-Identifier: Apache-2.0 */
#include "columnar/value_text.h"

#include "columnar/scalar_text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static void add_list(struct buffer *out, const struct array_view *view, int64_t row)
{
    int64_t begin;
    int64_t end;
    int64_t i;
    array_view_list(view, row, &begin, &end);
    buffer_u8(out, '[');
    for (i = begin; i < end; i++) {
        if (i != begin) {
            buffer_u8(out, ',');
        }
        value_text_json(out, &view->children[0], i);
    }
    buffer_u8(out, ']');
}

static void add_struct(struct buffer *out, const struct array_view *view, int64_t row)
{
    size_t i;
    buffer_u8(out, '{');
    for (i = 0; i < view->child_count; i++) {
        const char *name = view->children[i].field->name;
        if (i != 0) {
            buffer_u8(out, ',');
        }
        scalar_text_json_string(out, (const uint8_t *)name, strlen(name));
        buffer_u8(out, ':');
        value_text_json(out, &view->children[i], row);
    }
    buffer_u8(out, '}');
}

/* What reads the same in text and in JSON; false: it is something else. */
static bool add_bare(struct buffer *out, const struct array_view *view, int64_t row)
{
    enum column_type type = view->field->type;
    if (type == COLUMN_BOOL) {
        buffer_printf(out, "%s", array_view_bool(view, row) ? "true" : "false");
    } else if (type == COLUMN_UINT64) {
        buffer_printf(out, "%" PRIu64, (uint64_t)array_view_int(view, row));
    } else if (column_type_is_integer(type) || type == COLUMN_DURATION) {
        buffer_printf(out, "%" PRId64, array_view_int(view, row));
    } else if (type == COLUMN_STRUCT) {
        add_struct(out, view, row);
    } else if (column_type_is_nested(type)) {
        add_list(out, view, row);
    } else {
        return false;
    }
    return true;
}

/* What JSON writes in quotes; false: it is something else. */
static bool add_quotable(struct buffer *out, const struct array_view *view, int64_t row)
{
    const struct field *field = view->field;
    switch (field->type) {
    case COLUMN_DECIMAL128:
        scalar_text_decimal(out, array_view_fixed(view, row), field->scale);
        return true;
    case COLUMN_DATE32:
        scalar_text_date(out, array_view_int(view, row));
        return true;
    case COLUMN_DATE64:
        scalar_text_timestamp(out, array_view_int(view, row), UNIT_MILLI, false);
        return true;
    case COLUMN_TIME32:
    case COLUMN_TIME64:
        scalar_text_time(out, array_view_int(view, row), field->unit);
        return true;
    case COLUMN_TIMESTAMP:
        scalar_text_timestamp(out, array_view_int(view, row), field->unit, field->timezone != NULL);
        return true;
    default:
        return false;
    }
}

static void add_float(struct buffer *out, const struct array_view *view, double value)
{
    if (view->field->type == COLUMN_FLOAT64) {
        scalar_text_real(out, value);
    } else {
        scalar_text_real32(out, (float)value);
    }
}

static bool is_float(const struct array_view *view)
{
    return view->field->type >= COLUMN_FLOAT16 && view->field->type <= COLUMN_FLOAT64;
}

static bool is_null(const struct array_view *view, int64_t row)
{
    return view->field->type == COLUMN_NULL || array_view_is_null(view, row);
}

void value_text_plain(struct buffer *out, const struct array_view *view, int64_t row)
{
    struct byte_view bytes;
    if (is_null(view, row) || add_bare(out, view, row) || add_quotable(out, view, row)) {
        return;
    }
    if (is_float(view)) {
        add_float(out, view, array_view_float(view, row));
        return;
    }
    bytes = array_view_bytes(view, row);
    if (column_type_is_utf8(view->field->type)) {
        if (bytes.length != 0) {
            buffer_append(out, bytes.data, bytes.length);
        }
    } else {
        buffer_append(out, "\\x", 2);
        scalar_text_hex(out, bytes.data, bytes.length);
    }
}

void value_text_json(struct buffer *out, const struct array_view *view, int64_t row)
{
    struct byte_view bytes;
    if (is_null(view, row)) {
        buffer_append(out, "null", 4);
    } else if (add_bare(out, view, row)) {
        return;
    } else if (is_float(view)) {
        double value = array_view_float(view, row);
        if (isfinite(value)) {
            add_float(out, view, value);
        } else {
            buffer_append(out, "null", 4);
        }
    } else if (column_type_is_utf8(view->field->type)) {
        bytes = array_view_bytes(view, row);
        scalar_text_json_string(out, bytes.data, bytes.length);
    } else {
        buffer_u8(out, '"');
        if (!add_quotable(out, view, row)) {
            bytes = array_view_bytes(view, row);
            scalar_text_base64(out, bytes.data, bytes.length);
        }
        buffer_u8(out, '"');
    }
}
