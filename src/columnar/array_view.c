/* SPDX-License-Identifier: Apache-2.0 */
/* Opening views (shape checks) and reading rows; array_check.c validates contents. */
#include "columnar/array_view.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "base/error.h"
#include "columnar/array_check.h"

#include <string.h>

struct opener {
    inlay_status bad;
    inlay_error *err;
};

static inlay_status open_node(const struct opener *o, const struct field *field,
                              const struct ArrowArray *array, int64_t first, int64_t length,
                              struct array_view *out);

static inlay_status bad_shape(const struct opener *o, const struct field *field, const char *what)
{
    const char *name = field->name != NULL ? field->name : "";
    inlay_status status = error_set(o->err, o->bad, "column \"%.200s\": %s", name, what);
    error_key(o->err, name);
    return status;
}

/* Counts zero bits among `count` bits from `offset`. */
static int64_t count_zeros(const uint8_t *bits, int64_t offset, int64_t count)
{
    int64_t ones = 0;
    int64_t i = 0;
    for (; i < count && ((offset + i) & 7) != 0; i++) {
        ones += bitmap_get(bits, offset + i);
    }
    for (; count - i >= 64; i += 64) {
        ones += __builtin_popcountll(load_u64(bits + ((offset + i) >> 3)));
    }
    for (; i < count; i++) {
        ones += bitmap_get(bits, offset + i);
    }
    return count - ones;
}

static bool missing(const struct array_view *out, const void *buffer)
{
    return buffer == NULL && out->length != 0;
}

static const uint8_t *at(const void *buffer, int64_t first, uint32_t width)
{
    return buffer == NULL ? NULL : (const uint8_t *)buffer + (uint64_t)first * width;
}

static inlay_status open_child(const struct opener *o, const struct field *field,
                               const struct ArrowArray *array, size_t index, int64_t first,
                               int64_t length, struct array_view *out)
{
    const struct field *child = &field->children[index];
    if (array->children[index] == NULL) {
        return bad_shape(o, child, "the Arrow array lacks this child");
    }
    if (length < 0) {
        length = array->children[index]->length;
    }
    return open_node(o, child, array->children[index], first, length, &out->children[index]);
}

/* Opens the children on the rows that this window touches; `length` -1: all of them. */
static inlay_status open_children(const struct opener *o, const struct field *field,
                                  const struct ArrowArray *array, int64_t first, int64_t length,
                                  struct array_view *out)
{
    size_t i;
    if (array->n_children != (int64_t)field->child_count ||
        (array->n_children != 0 && array->children == NULL)) {
        return bad_shape(o, field, "the number of children differs from the schema's");
    }
    if (field->child_count == 0) {
        return INLAY_OK;
    }
    out->children = mem_zalloc_array(field->child_count, sizeof(*out->children));
    if (out->children == NULL) {
        return error_no_memory(o->err);
    }
    out->child_count = field->child_count; /* closing a zeroed child does nothing */
    for (i = 0; i < field->child_count; i++) {
        INLAY_TRY(open_child(o, field, array, i, first, length, out));
    }
    return INLAY_OK;
}

static inlay_status open_view_layout(const struct opener *o, const struct field *field,
                                     const struct ArrowArray *array, int64_t first,
                                     struct array_view *out)
{
    if (array->n_buffers < 3) {
        return bad_shape(o, field, "a view array must have at least three buffers");
    }
    out->view_data = array->buffers + 2;
    out->view_data_count = array->n_buffers - 3;
    out->view_sizes = array->buffers[array->n_buffers - 1];
    out->views = at(array->buffers[1], first, 16);
    if (missing(out, out->views) || (out->view_data_count != 0 && out->view_sizes == NULL)) {
        return bad_shape(o, field, "a buffer is missing");
    }
    return INLAY_OK;
}

static inlay_status open_strings(const struct opener *o, const struct field *field,
                                 const struct ArrowArray *array, int64_t first,
                                 struct array_view *out)
{
    if (field->view) {
        return open_view_layout(o, field, array, first, out);
    }
    if (array->n_buffers != 3) {
        return bad_shape(o, field, "a variable-width array must have three buffers");
    }
    out->wide_offsets = field->type == COLUMN_LARGE_UTF8 || field->type == COLUMN_LARGE_BINARY;
    out->offsets = at(array->buffers[1], first, out->wide_offsets ? 8 : 4);
    out->data = array->buffers[2];
    if (array->buffers[1] != NULL && array->length != 0) {
        int64_t end = array->offset + array->length;
        const uint8_t *last = at(array->buffers[1], end, out->wide_offsets ? 8 : 4);
        out->data_length = out->wide_offsets ? (int64_t)load_u64(last) : (int32_t)load_u32(last);
    }
    return missing(out, out->offsets) ? bad_shape(o, field, "the offsets buffer is missing")
                                      : INLAY_OK;
}

static inlay_status open_lists(const struct opener *o, const struct field *field,
                               const struct ArrowArray *array, int64_t first,
                               struct array_view *out)
{
    if (field->type == COLUMN_FIXED_LIST) {
        int64_t items_first;
        int64_t items;
        if (array->n_buffers != 1) {
            return bad_shape(o, field, "a fixed-size list array must have one buffer");
        }
        if (!i64_mul(first, field->width, &items_first) ||
            !i64_mul(out->length, field->width, &items)) {
            return bad_shape(o, field, "the list is too long");
        }
        return open_children(o, field, array, items_first, items, out);
    }
    if (array->n_buffers != 2) {
        return bad_shape(o, field, "a list array must have two buffers");
    }
    out->wide_offsets = field->type == COLUMN_LARGE_LIST;
    out->offsets = at(array->buffers[1], first, out->wide_offsets ? 8 : 4);
    if (missing(out, out->offsets)) {
        return bad_shape(o, field, "the offsets buffer is missing");
    }
    return open_children(o, field, array, 0, -1, out);
}

static inlay_status open_fixed(const struct opener *o, const struct field *field,
                               const struct ArrowArray *array, int64_t first,
                               struct array_view *out)
{
    if (array->n_buffers != 2) {
        return bad_shape(o, field, "a fixed-width array must have two buffers");
    }
    if (missing(out, array->buffers[1])) {
        return bad_shape(o, field, "the values buffer is missing");
    }
    if (field->type == COLUMN_BOOL) {
        out->values = array->buffers[1];
    } else {
        out->width = column_type_width(field);
        out->values = at(array->buffers[1], first, out->width);
    }
    return out->width == 0 && field->type != COLUMN_BOOL
               ? bad_shape(o, field, "this type cannot be read from Arrow")
               : INLAY_OK;
}

static inlay_status open_dictionary(const struct opener *o, const struct field *field,
                                    const struct ArrowArray *array, int64_t first,
                                    struct array_view *out)
{
    struct field values = *field; /* shallow: shares the children */
    struct field codes;
    struct array_view *dictionary;
    memset(&codes, 0, sizeof(codes));
    codes.type = field->index_type != COLUMN_NULL ? field->index_type : COLUMN_INT32;
    if (array->n_buffers != 2 || array->dictionary == NULL) {
        return bad_shape(o, field, "a dictionary array must have two buffers and a dictionary");
    }
    if (missing(out, array->buffers[1])) {
        return bad_shape(o, field, "the dictionary indexes are missing");
    }
    out->codes = at(array->buffers[1], first, column_type_width(&codes));
    out->code_type = codes.type;
    dictionary = mem_zalloc(sizeof(*dictionary));
    if (dictionary == NULL) {
        return error_no_memory(o->err);
    }
    out->dictionary = dictionary;
    values.dictionary = false;
    INLAY_TRY(open_node(o, &values, array->dictionary, 0, array->dictionary->length, dictionary));
    dictionary->field = field;
    if (out->codes == NULL) {
        /* No rows: a harmless address, since `codes` also says that this is a dictionary. */
        out->codes = (const uint8_t *)"";
    }
    return INLAY_OK;
}

static inlay_status open_layout(const struct opener *o, const struct field *field,
                                const struct ArrowArray *array, int64_t first,
                                struct array_view *out)
{
    if (field->dictionary) {
        return open_dictionary(o, field, array, first, out);
    }
    if (column_type_is_string(field->type)) {
        return open_strings(o, field, array, first, out);
    }
    switch (field->type) {
    case COLUMN_NULL:
        out->null_count = out->length;
        return INLAY_OK;
    case COLUMN_STRUCT:
        return array->n_buffers != 1 ? bad_shape(o, field, "a struct array must have one buffer")
                                     : open_children(o, field, array, first, out->length, out);
    case COLUMN_LIST:
    case COLUMN_LARGE_LIST:
    case COLUMN_FIXED_LIST:
        return open_lists(o, field, array, first, out);
    default:
        return open_fixed(o, field, array, first, out);
    }
}

/* NULL when the struct is well formed for this field, else what is wrong. */
static const char *shape_problem(const struct field *field, const struct ArrowArray *array,
                                 int64_t first, int64_t length)
{
    int64_t end;
    int64_t bits;
    if (array->release == NULL) {
        return "the Arrow array was already released";
    }
    if (array->length < 0 || array->offset < 0 || first > array->length ||
        length > array->length - first) {
        return "the Arrow array is shorter than its parent needs";
    }
    if (!i64_add(array->offset, array->length, &end) || !i64_mul(end, 64, &bits)) {
        return "the Arrow array is too long";
    }
    if (array->n_buffers < 0 || (array->n_buffers > 0 && array->buffers == NULL)) {
        return "the Arrow array has a bad buffer list";
    }
    if ((array->dictionary != NULL) != field->dictionary ||
        (array->n_children != 0 && !column_type_is_nested(field->type))) {
        return "children or dictionary of the Arrow array do not fit its type";
    }
    return NULL;
}

/* `first` and `length` choose rows of the array, counted behind its own offset. */
static inlay_status open_node(const struct opener *o, const struct field *field,
                              const struct ArrowArray *array, int64_t first, int64_t length,
                              struct array_view *out)
{
    const char *problem = shape_problem(field, array, first, length);
    int64_t start = problem == NULL ? array->offset + first : 0;
    memset(out, 0, sizeof(*out));
    out->field = field;
    if (problem != NULL) {
        return bad_shape(o, field, problem);
    }
    out->length = length;
    out->bit_offset = start;
    INLAY_TRY(open_layout(o, field, array, start, out));
    if (field->type == COLUMN_NULL || array->n_buffers == 0) {
        return INLAY_OK;
    }
    if (array->buffers[0] != NULL) {
        out->null_count = count_zeros(array->buffers[0], start, length);
        out->validity = out->null_count != 0 ? array->buffers[0] : NULL;
    } else if (array->null_count > 0 && length == array->length) {
        return bad_shape(o, field, "the Arrow array counts nulls but has no validity bitmap");
    }
    return INLAY_OK;
}

void array_view_close(struct array_view *view)
{
    size_t i;
    if (view == NULL) {
        return;
    }
    for (i = 0; i < view->child_count; i++) {
        array_view_close(&view->children[i]);
    }
    mem_free(view->children);
    if (view->dictionary != NULL) {
        struct array_view *dictionary = (struct array_view *)(uintptr_t)view->dictionary;
        array_view_close(dictionary);
        mem_free(dictionary);
    }
    memset(view, 0, sizeof(*view));
}

inlay_status array_view_open(const struct field *field, const struct ArrowArray *array,
                             enum array_check check, inlay_status bad, struct array_view *out,
                             inlay_error *err)
{
    struct opener o = {bad, err};
    inlay_status status = open_node(&o, field, array, 0, array->length, out);
    if (status == INLAY_OK && check == ARRAY_CHECK_FULL) {
        status = array_check_values(out, bad, err);
    }
    if (status != INLAY_OK) {
        array_view_close(out);
    }
    return status;
}

/* What the view of a batch shows as its field; its children are the columns' own fields. */
static const struct field batch_field = {.type = COLUMN_STRUCT};

inlay_status array_view_open_batch(const struct schema *schema, const struct ArrowArray *array,
                                   enum array_check check, inlay_status bad, struct array_view *out,
                                   inlay_error *err)
{
    struct opener o = {bad, err};
    struct field root = batch_field;
    inlay_status status;
    root.children = schema->fields;
    root.child_count = schema->count;
    status = open_node(&o, &root, array, 0, array->length, out);
    if (status == INLAY_OK && out->null_count != 0) {
        status = error_set(err, bad, "a record batch has null rows");
    }
    if (status == INLAY_OK && check == ARRAY_CHECK_FULL) {
        status = array_check_values(out, bad, err);
    }
    if (status != INLAY_OK) {
        array_view_close(out);
    } else {
        out->field = &batch_field;
    }
    return status;
}

/* ---- reading ---- */

bool array_view_bool(const struct array_view *v, int64_t i)
{
    if (v->codes != NULL) {
        i = array_view_code(v, i);
        v = v->dictionary;
    }
    return bitmap_get(v->values, v->bit_offset + i);
}

int64_t array_view_int(const struct array_view *v, int64_t i)
{
    const uint8_t *p;
    if (v->field->type == COLUMN_BOOL) {
        return array_view_bool(v, i);
    }
    p = array_view_fixed(v, i);
    switch (v->field->type) {
    case COLUMN_INT8:
        return (int8_t)*p;
    case COLUMN_UINT8:
        return *p;
    case COLUMN_INT16:
        return (int16_t)load_u16(p);
    case COLUMN_UINT16:
        return load_u16(p);
    case COLUMN_INT32:
    case COLUMN_DATE32:
    case COLUMN_TIME32:
        return (int32_t)load_u32(p);
    case COLUMN_UINT32:
        return load_u32(p);
    default:
        return (int64_t)load_u64(p);
    }
}

float float16_to_float(uint16_t bits)
{
    uint32_t sign = (uint32_t)(bits & 0x8000) << 16;
    uint32_t exponent = (bits >> 10) & 0x1f;
    uint32_t fraction = bits & 0x3ff;
    uint32_t out;
    float value;
    if (exponent == 0) { /* zero or subnormal: fraction * 2^-24 is exact */
        value = (float)fraction * 0x1p-24f;
        return sign != 0 ? -value : value;
    }
    out = sign | (exponent == 31 ? 0x7f800000 : (exponent + 112) << 23) | (fraction << 13);
    memcpy(&value, &out, sizeof(value));
    return value;
}

double array_view_float(const struct array_view *v, int64_t i)
{
    const uint8_t *p = array_view_fixed(v, i);
    if (v->field->type == COLUMN_FLOAT16) {
        return float16_to_float(load_u16(p));
    }
    if (v->field->type == COLUMN_FLOAT32) {
        uint32_t bits = load_u32(p);
        float value;
        memcpy(&value, &bits, sizeof(value));
        return value;
    }
    {
        uint64_t bits = load_u64(p);
        double value;
        memcpy(&value, &bits, sizeof(value));
        return value;
    }
}

/* Bytes of a row that is not null, of an array that is not a dictionary. */
static struct byte_view plain_bytes(const struct array_view *v, int64_t i)
{
    struct byte_view out;
    if (v->views != NULL) {
        const uint8_t *view = v->views + 16 * i;
        out.length = load_u32(view);
        out.data = out.length <= 12
                       ? view + 4
                       : (const uint8_t *)v->view_data[load_u32(view + 8)] + load_u32(view + 12);
        return out;
    }
    if (v->offsets == NULL) {
        out.data = v->values + (uint64_t)i * v->width;
        out.length = v->width;
    } else if (v->wide_offsets) {
        uint64_t begin = load_u64(v->offsets + 8 * i);
        out.data = v->data + begin;
        out.length = load_u64(v->offsets + 8 * i + 8) - begin;
    } else {
        uint32_t begin = load_u32(v->offsets + 4 * i);
        out.data = v->data + begin;
        out.length = load_u32(v->offsets + 4 * i + 4) - begin;
    }
    if (out.data == NULL) {
        out.data = (const uint8_t *)""; /* empty, but not null */
    }
    return out;
}

struct byte_view array_view_bytes(const struct array_view *v, int64_t i)
{
    static const struct byte_view null_row = {NULL, 0};
    if (array_view_is_null(v, i)) {
        return null_row;
    }
    return v->codes != NULL ? plain_bytes(v->dictionary, array_view_code(v, i)) : plain_bytes(v, i);
}

/* The common case: 32-bit offsets, no nulls. */
static void utf8_run(const struct array_view *v, int64_t first, int64_t count,
                     struct byte_view *out)
{
    const uint8_t *offsets = v->offsets + 4 * first;
    const uint8_t *data = v->data != NULL ? v->data : (const uint8_t *)"";
    uint32_t begin = load_u32(offsets);
    int64_t i;
    for (i = 0; i < count; i++) {
        uint32_t end = load_u32(offsets + 4 * i + 4);
        out[i].data = data + begin;
        out[i].length = end - begin;
        begin = end;
    }
}

void array_view_bytes_run(const struct array_view *v, int64_t first, int64_t count,
                          struct byte_view *out)
{
    int64_t i;
    if (count > 0 && v->offsets != NULL && !v->wide_offsets && v->null_count == 0) {
        utf8_run(v, first, count, out);
        return;
    }
    for (i = 0; i < count; i++) {
        out[i] = array_view_bytes(v, first + i);
    }
}

int64_t array_view_valid_run(const struct array_view *v, int64_t first, int64_t count,
                             uint8_t *valid)
{
    int64_t total = 0;
    int64_t i;
    if (v->null_count == 0 && (v->codes == NULL || v->dictionary->null_count == 0)) {
        memset(valid, 1, (size_t)count);
        return count;
    }
    for (i = 0; i < count; i++) {
        valid[i] = !array_view_is_null(v, first + i);
        total += valid[i];
    }
    return total;
}
