/* SPDX-License-Identifier: Apache-2.0 */
#include "columnar/array_check.h"

#include "base/error.h"
#include "columnar/utf8.h"

#include <stdio.h>
#include <string.h>

/* Where the check is: a chain of views from the batch down, kept on the stack. */
struct place {
    const struct place *up;
    const struct array_view *view;
    inlay_status bad;
    inlay_error *err;
};

static inlay_status check_rows(const struct place *place, int64_t first, int64_t count);

/* ---- errors ---- */

/* The row of a list whose items include `item`. */
static int64_t list_row(const struct array_view *list, int64_t item)
{
    int64_t low = 0;
    int64_t high = list->length;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        int64_t begin;
        int64_t end;
        array_view_list(list, middle, &begin, &end);
        if (end <= item) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static int64_t top_row(const struct place *place, int64_t row)
{
    for (place = place->up; place != NULL; place = place->up) {
        if (place->view->field->type != COLUMN_STRUCT) {
            row = list_row(place->view, row);
        }
    }
    return row;
}

static void write_path(const struct place *place, char *text, size_t size)
{
    size_t used;
    const char *name = place->view->field->name;
    text[0] = '\0';
    if (place->up != NULL) {
        write_path(place->up, text, size);
    }
    used = strlen(text);
    (void)snprintf(text + used, size - used, "%s%s", used != 0 ? "." : "",
                   name != NULL ? name : "");
}

static inlay_status bad_value(const struct place *place, int64_t row, inlay_status status,
                              const char *what)
{
    char path[256];
    row = top_row(place, row);
    write_path(place, path, sizeof(path));
    status =
        error_set(place->err, status, "column \"%s\", row %lld: %s", path, (long long)row, what);
    error_key(place->err, path);
    error_row(place->err, row);
    return status;
}

/* ---- nulls ---- */

/* Is row i really there, that is: is no struct around it null? */
static bool reachable(const struct place *place, int64_t row)
{
    const struct place *up = place->up;
    for (; up != NULL && up->view->field->type == COLUMN_STRUCT; up = up->up) {
        if (array_view_is_null(up->view, row)) {
            return false;
        }
    }
    if (up == NULL) {
        return true;
    }
    row = list_row(up->view, row);
    return row < up->view->length && !array_view_is_null(up->view, row) && reachable(up, row);
}

static inlay_status check_nulls(const struct place *place, int64_t first, int64_t count)
{
    const struct array_view *v = place->view;
    int64_t i;
    if (v->field->nullable ||
        (v->null_count == 0 && (v->codes == NULL || v->dictionary->null_count == 0))) {
        return INLAY_OK;
    }
    for (i = first; i < first + count; i++) {
        if (array_view_is_null(v, i) && reachable(place, i)) {
            return bad_value(place, i,
                             place->bad == INLAY_INVALID_ARGUMENT ? INLAY_SCHEMA : place->bad,
                             "null in a column that may not have nulls");
        }
    }
    return INLAY_OK;
}

/* ---- offsets ---- */

static int64_t offset_at(const struct array_view *v, int64_t i)
{
    return v->wide_offsets ? (int64_t)load_u64(v->offsets + 8 * i)
                           : (int32_t)load_u32(v->offsets + 4 * i);
}

static bool offsets_ascend_32(const uint8_t *offsets, int64_t count)
{
    uint32_t wrong = load_u32(offsets); /* negative at the start */
    int64_t i;
    for (i = 0; i < count; i++) {
        wrong |=
            (uint32_t)((int32_t)load_u32(offsets + 4 * i + 4) < (int32_t)load_u32(offsets + 4 * i))
            << 31;
    }
    return (wrong >> 31) == 0;
}

static inlay_status check_offsets(const struct place *place, int64_t first, int64_t count,
                                  int64_t limit)
{
    const struct array_view *v = place->view;
    int64_t previous;
    int64_t i;
    if (count == 0) {
        return INLAY_OK;
    }
    if (!v->wide_offsets && offsets_ascend_32(v->offsets + 4 * first, count) &&
        offset_at(v, first + count) <= limit) {
        return INLAY_OK;
    }
    previous = offset_at(v, first);
    if (previous < 0) {
        return bad_value(place, first, place->bad, "its offset is negative");
    }
    for (i = first; i < first + count; i++) {
        int64_t next = offset_at(v, i + 1);
        if (next < previous) {
            return bad_value(place, i, place->bad, "offsets do not ascend");
        }
        if (next > limit) {
            return bad_value(place, i, place->bad, "its offset is past the end of the values");
        }
        previous = next;
    }
    return INLAY_OK;
}

/* ---- strings ---- */

static inlay_status check_text_rows(const struct place *place, int64_t first, int64_t count)
{
    int64_t i;
    for (i = first; i < first + count; i++) {
        struct byte_view bytes = array_view_bytes(place->view, i);
        if (!utf8_valid(bytes.data, bytes.length)) {
            return bad_value(place, i, place->bad, "the text is not valid UTF-8");
        }
    }
    return INLAY_OK;
}

/* One pass over all bytes, then the offsets must stand where characters start. Bytes of null rows
 * may spoil this although they do not count, so a failure is looked at row by row. */
static bool text_is_valid_at_once(const struct array_view *v, int64_t first, int64_t count)
{
    int64_t begin = offset_at(v, first);
    int64_t end = offset_at(v, first + count);
    bool good = true;
    int64_t i;
    if (!utf8_valid(v->data + begin, (size_t)(end - begin))) {
        return false;
    }
    for (i = first + 1; i < first + count; i++) {
        int64_t offset = offset_at(v, i);
        good &= offset == end || utf8_starts_character(v->data[offset]);
    }
    return good;
}

static inlay_status check_strings(const struct place *place, int64_t first, int64_t count)
{
    const struct array_view *v = place->view;
    if (count == 0) {
        return INLAY_OK;
    }
    INLAY_TRY(check_offsets(place, first, count, v->data_length));
    if (v->data == NULL) {
        return offset_at(v, first) == offset_at(v, first + count)
                   ? INLAY_OK
                   : bad_value(place, first, place->bad, "the data buffer is missing");
    }
    if (!column_type_is_utf8(v->field->type) || text_is_valid_at_once(v, first, count)) {
        return INLAY_OK;
    }
    return check_text_rows(place, first, count);
}

static bool view_inside(const struct array_view *v, const uint8_t *view)
{
    uint32_t length = load_u32(view);
    uint32_t index = load_u32(view + 8);
    uint64_t offset = load_u32(view + 12);
    uint64_t size;
    if (length <= 12) {
        return true;
    }
    if (length > INT32_MAX || index >= (uint64_t)v->view_data_count ||
        v->view_data[index] == NULL) {
        return false;
    }
    size = load_u64(v->view_sizes + 8 * (uint64_t)index);
    return size <= INT64_MAX && offset <= size && length <= size - offset;
}

static inlay_status check_views(const struct place *place, int64_t first, int64_t count)
{
    const struct array_view *v = place->view;
    int64_t i;
    for (i = first; i < first + count; i++) {
        if (!array_view_is_null(v, i) && !view_inside(v, v->views + 16 * i)) {
            return bad_value(place, i, place->bad, "its view points outside its buffers");
        }
    }
    return column_type_is_utf8(v->field->type) ? check_text_rows(place, first, count) : INLAY_OK;
}

/* ---- decimals, dictionaries, nested types ---- */

static inlay_status check_decimals(const struct place *place, int64_t first, int64_t count)
{
    const struct array_view *v = place->view;
    unsigned __int128 limit = 1;
    int digits;
    int64_t i;
    for (digits = 0; digits < v->field->precision; digits++) {
        limit *= 10;
    }
    for (i = first; i < first + count; i++) {
        const uint8_t *p = v->values + 16 * (uint64_t)i;
        unsigned __int128 value = ((unsigned __int128)load_u64(p + 8) << 64) | load_u64(p);
        if ((load_u64(p + 8) >> 63) != 0) {
            value = -value;
        }
        if (value >= limit && !array_view_is_null(v, i)) {
            return bad_value(place, i, place->bad, "the decimal has more digits than its type");
        }
    }
    return INLAY_OK;
}

static inlay_status check_codes(const struct place *place, int64_t first, int64_t count)
{
    const struct array_view *v = place->view;
    uint64_t limit = (uint64_t)v->dictionary->length;
    int64_t i;
    /* A negative int8 or int16 index reads as a great one, so its sign bit needs its own look. */
    if (v->code_type == COLUMN_INT8 && limit > 128) {
        limit = 128;
    } else if (v->code_type == COLUMN_INT16 && limit > 32768) {
        limit = 32768;
    } else if (v->code_type == COLUMN_INT32 && limit > UINT32_C(0x80000000)) {
        limit = UINT32_C(0x80000000);
    }
    for (i = first; i < first + count; i++) {
        if ((uint64_t)array_view_code(v, i) >= limit &&
            (v->validity == NULL || bitmap_get(v->validity, v->bit_offset + i))) {
            return bad_value(place, i, place->bad, "the dictionary index is out of range");
        }
    }
    return INLAY_OK;
}

static inlay_status check_child(const struct place *place, size_t index, int64_t first,
                                int64_t count)
{
    struct place child = {place, &place->view->children[index], place->bad, place->err};
    return check_rows(&child, first, count);
}

static inlay_status check_lists(const struct place *place, int64_t first, int64_t count)
{
    const struct array_view *v = place->view;
    int64_t begin;
    int64_t end;
    int64_t unused;
    if (count == 0) {
        return INLAY_OK;
    }
    if (v->offsets != NULL) {
        INLAY_TRY(check_offsets(place, first, count, v->children[0].length));
    }
    array_view_list(v, first, &begin, &unused);
    array_view_list(v, first + count - 1, &unused, &end);
    return check_child(place, 0, begin, end - begin);
}

static inlay_status check_dictionary(const struct place *place, int64_t first, int64_t count)
{
    struct place values = {NULL, place->view->dictionary, place->bad, place->err};
    struct field field = *place->view->dictionary->field;
    struct array_view plain = *place->view->dictionary;
    field.nullable = true; /* nulls count where an index reaches them: check_nulls */
    field.dictionary = false;
    plain.field = &field;
    values.view = &plain;
    INLAY_TRY(check_rows(&values, 0, plain.length));
    INLAY_TRY(check_codes(place, first, count));
    return check_nulls(place, first, count);
}

static inlay_status check_rows(const struct place *place, int64_t first, int64_t count)
{
    const struct array_view *v = place->view;
    size_t i;
    if (v->codes != NULL) {
        return check_dictionary(place, first, count);
    }
    INLAY_TRY(check_nulls(place, first, count));
    if (v->views != NULL) {
        return check_views(place, first, count);
    }
    if (column_type_is_string(v->field->type)) {
        return check_strings(place, first, count);
    }
    switch (v->field->type) {
    case COLUMN_DECIMAL128:
        return check_decimals(place, first, count);
    case COLUMN_LIST:
    case COLUMN_LARGE_LIST:
    case COLUMN_FIXED_LIST:
        return check_lists(place, first, count);
    case COLUMN_STRUCT:
        for (i = 0; i < v->child_count; i++) {
            INLAY_TRY(check_child(place, i, first, count));
        }
        return INLAY_OK;
    default:
        return INLAY_OK;
    }
}

inlay_status array_check_values(const struct array_view *view, inlay_status bad, inlay_error *err)
{
    struct place root = {NULL, view, bad, err};
    return check_rows(&root, 0, view->length);
}
