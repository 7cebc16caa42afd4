/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arrow input of a caller: the bytes choose a type and the contents of every buffer, whose sizes
 * are right (the interface has no way to state them). What validation accepts is walked.
 * Input: one byte of type text length, the text, then lengths, offsets and buffer bytes.
 */
#include "base/alloc.h"
#include "base/reader.h"
#include "columnar/array.h"
#include "columnar/array_view.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* `size` bytes in memory of exactly that size: input first, then zeros. */
static void *take(struct reader *in, size_t size)
{
    uint8_t *memory = mem_zalloc(size);
    size_t got = reader_left(in) < size ? reader_left(in) : size;
    if (memory != NULL && got != 0) {
        reader_copy(in, memory, got);
    }
    return memory;
}

static size_t buffer_size(const struct field *field, size_t rows)
{
    struct field codes = {.type = field->index_type};
    if (field->dictionary) {
        codes.type = codes.type != COLUMN_NULL ? codes.type : COLUMN_INT32;
        return rows * column_type_width(&codes);
    }
    if (field->type == COLUMN_BOOL) {
        return (rows + 7) / 8;
    }
    if (field->view) {
        return rows * 16;
    }
    if (field->type == COLUMN_LARGE_UTF8 || field->type == COLUMN_LARGE_BINARY ||
        field->type == COLUMN_LARGE_LIST) {
        return (rows + 1) * 8;
    }
    if (column_type_is_string(field->type) || field->type == COLUMN_LIST) {
        return (rows + 1) * 4;
    }
    return rows * column_type_width(field);
}

static bool make_array(struct reader *in, const struct field *field, struct ArrowArray *out);

static bool make_children(struct reader *in, const struct field *field, struct ArrowArray *out)
{
    struct field values = *field;
    size_t i;
    values.dictionary = false;
    if (field->dictionary) {
        return make_array(in, &values, out->dictionary);
    }
    for (i = 0; i < field->child_count; i++) {
        if (!make_array(in, &field->children[i], out->children[i])) {
            return false;
        }
    }
    return true;
}

/* Data of strings: as much as the last offset asks for, when that is little. */
static bool make_data(struct reader *in, const struct field *field, size_t rows,
                      struct ArrowArray *out)
{
    bool wide = field->type == COLUMN_LARGE_UTF8 || field->type == COLUMN_LARGE_BINARY;
    const uint8_t *offsets = out->buffers[1];
    uint64_t end = wide ? load_u64(offsets + 8 * rows) : load_u32(offsets + 4 * rows);
    if (end > 4096) {
        return false;
    }
    array_own_buffer(out, 2, take(in, (size_t)end));
    return true;
}

/* One data buffer of 32 bytes, and its size. */
static void make_view_data(struct reader *in, struct ArrowArray *out)
{
    static const uint8_t sizes[8] = {32};
    array_own_buffer(out, 2, take(in, 32));
    array_borrow_buffer(out, 3, sizes);
}

static bool make_array(struct reader *in, const struct field *field, struct ArrowArray *out)
{
    uint8_t flags = reader_u8(in);
    size_t rows = reader_u8(in) & 63;
    size_t offset = flags & 7;
    bool string = column_type_is_string(field->type) && !field->dictionary;
    bool one = (field->type == COLUMN_STRUCT || field->type == COLUMN_FIXED_LIST);
    int64_t buffers = field->type == COLUMN_NULL ? 0 : one ? 1 : string ? 3 + field->view : 2;
    if (field->child_count > 0 && field->type == COLUMN_FIXED_LIST && field->width > 64) {
        return false;
    }
    if (array_new(out, buffers, (int64_t)(field->dictionary ? 0 : field->child_count),
                  field->dictionary, NULL, NULL) != INLAY_OK) {
        return false;
    }
    out->length = (int64_t)rows;
    out->offset = (int64_t)offset;
    out->null_count = (flags & 8) != 0 ? -1 : 0;
    rows += offset;
    if (buffers > 0 && (flags & 16) != 0) {
        array_own_buffer(out, 0, take(in, (rows + 7) / 8));
    }
    if (buffers > 1) {
        array_own_buffer(out, 1, take(in, buffer_size(field, rows)));
    }
    if (string && field->view) {
        make_view_data(in, out);
    } else if (string && !make_data(in, field, rows, out)) {
        return false;
    }
    return make_children(in, field, out);
}

static uint64_t walk(const struct array_view *v, int64_t row)
{
    uint64_t sum = 0;
    size_t i;
    if (array_view_is_null(v, row)) {
        return 1;
    }
    if (column_type_is_string(v->field->type)) {
        struct byte_view bytes = array_view_bytes(v, row);
        for (i = 0; i < bytes.length; i++) {
            sum += bytes.data[i];
        }
    } else if (v->field->type == COLUMN_STRUCT) {
        for (i = 0; i < v->child_count; i++) {
            sum += walk(&v->children[i], row);
        }
    } else if (column_type_is_nested(v->field->type)) {
        int64_t begin;
        int64_t end;
        array_view_list(v, row, &begin, &end);
        for (; begin < end; begin++) {
            sum += walk(&v->children[0], begin);
        }
    } else if (v->field->type == COLUMN_BOOL) {
        sum += array_view_bool(v, row);
    } else {
        const uint8_t *p = array_view_fixed(v, row);
        for (i = 0; i < column_type_width(v->field); i++) {
            sum += p[i];
        }
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader in;
    struct field field;
    struct ArrowArray array;
    struct array_view view;
    char text[64] = {0};
    uint8_t layout;
    volatile uint64_t sum = 0;
    int64_t row;
    reader_init(&in, data, size, 0);
    layout = reader_u8(&in);
    reader_copy(&in, text, reader_u8(&in) & 63);
    if (field_type_parse(text, &field, NULL) != INLAY_OK) {
        return 0;
    }
    if (field.dictionary) {
        field.index_type = COLUMN_INT8 + (layout & 7);
    }
    field.view = (field.type == COLUMN_UTF8 || field.type == COLUMN_BINARY) && (layout & 8) != 0;
    field.nullable = (layout & 16) != 0;
    memset(&array, 0, sizeof(array));
    if (make_array(&in, &field, &array) &&
        array_view_open(&field, &array, ARRAY_CHECK_FULL, INLAY_INVALID_ARGUMENT, &view, NULL) ==
            INLAY_OK) {
        for (row = 0; row < view.length; row++) {
            sum += walk(&view, row);
        }
        array_view_close(&view);
    }
    array_release(&array);
    field_free(&field);
    (void)sum;
    return 0;
}
