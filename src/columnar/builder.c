/* SPDX-License-Identifier: Apache-2.0 */
#include "columnar/builder.h"

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/checked.h"
#include "base/error.h"
#include "columnar/array.h"
#include "columnar/colvec_arrow.h"
#include "columnar/utf8.h"

#include <limits.h>
#include <math.h>
#include <string.h>

struct builder {
    struct field *field;  /* owned by the root of the tree */
    struct builder *root; /* holds the byte count of the tree */
    uint64_t bytes;       /* root only */
    uint64_t byte_cap;    /* root only */
    int64_t count;
    int64_t null_count;
    struct buffer validity; /* bitmap, made at the first null */
    struct buffer values;   /* fixed width, or the bitmap of bools */
    struct buffer offsets;  /* first entry 0 is written with the first row */
    struct buffer data;
    struct builder *children;
    size_t child_count;
};

/* ---- life ---- */

static void free_tree(struct builder *b)
{
    size_t i;
    for (i = 0; i < b->child_count; i++) {
        free_tree(&b->children[i]);
    }
    mem_free(b->children);
    buffer_free(&b->validity);
    buffer_free(&b->values);
    buffer_free(&b->offsets);
    buffer_free(&b->data);
}

void builder_free(struct builder *b)
{
    if (b != NULL) {
        free_tree(b);
        field_free(b->field);
        mem_free(b->field);
        mem_free(b);
    }
}

static inlay_status init_tree(struct builder *b, struct builder *root, struct field *field,
                              inlay_error *err)
{
    size_t i;
    b->field = field;
    b->root = root;
    field->dictionary = false;
    field->view = false;
    field->index_type = COLUMN_NULL;
    buffer_init(&b->validity, SIZE_MAX);
    buffer_init(&b->values, SIZE_MAX);
    buffer_init(&b->offsets, SIZE_MAX);
    buffer_init(&b->data, SIZE_MAX);
    if (field->child_count == 0) {
        return INLAY_OK;
    }
    b->children = mem_zalloc_array(field->child_count, sizeof(*b->children));
    if (b->children == NULL) {
        return error_no_memory(err);
    }
    b->child_count = field->child_count;
    for (i = 0; i < field->child_count; i++) {
        INLAY_TRY(init_tree(&b->children[i], root, &field->children[i], err));
    }
    return INLAY_OK;
}

inlay_status builder_new(const struct field *field, uint64_t byte_cap, struct builder **out,
                         inlay_error *err)
{
    struct builder *b = mem_zalloc(sizeof(*b));
    struct field *own = mem_zalloc(sizeof(*own));
    inlay_status status = INLAY_OK;
    *out = NULL;
    if (b == NULL || own == NULL) {
        status = error_no_memory(err);
    }
    if (status == INLAY_OK) {
        status = field_copy(field, own, err);
    }
    if (status == INLAY_OK) {
        b->byte_cap = byte_cap;
        b->field = own;
        own = NULL;
        status = init_tree(b, b, b->field, err);
    }
    if (status != INLAY_OK) {
        mem_free(own);
        if (b != NULL && b->field != NULL) {
            builder_free(b);
        } else {
            mem_free(b);
        }
        return status;
    }
    *out = b;
    return INLAY_OK;
}

inlay_status builder_new_batch(const struct schema *schema, uint64_t byte_cap, struct builder **out,
                               inlay_error *err)
{
    struct field root;
    memset(&root, 0, sizeof(root));
    root.type = COLUMN_STRUCT;
    root.children = schema->fields;
    root.child_count = schema->count;
    return builder_new(&root, byte_cap, out, err);
}

int64_t builder_count(const struct builder *b)
{
    return b->count;
}

uint64_t builder_bytes(const struct builder *b)
{
    return b->root->bytes;
}

const struct field *builder_field(const struct builder *b)
{
    return b->field;
}

struct builder *builder_child(struct builder *b, size_t index)
{
    return index < b->child_count ? &b->children[index] : NULL;
}

/* ---- errors and budget ---- */

static inlay_status refuse(const struct builder *b, const char *what, inlay_error *err)
{
    char type[96];
    inlay_status status;
    field_type_text(b->field, type, sizeof(type));
    status = error_set(err, INLAY_SCHEMA, "column \"%.200s\" (%s), row %lld: %s", b->field->name,
                       type, (long long)b->count, what);
    error_key(err, b->field->name);
    error_row(err, b->count);
    return status;
}

static inlay_status charge(struct builder *b, uint64_t bytes, inlay_error *err)
{
    struct builder *root = b->root;
    if (bytes > root->byte_cap || root->bytes > root->byte_cap - bytes) {
        inlay_status status = error_set(
            err, INLAY_OVER_BUDGET, "column \"%.200s\", row %lld: the batch would pass %llu bytes",
            b->field->name, (long long)b->count, (unsigned long long)root->byte_cap);
        error_row(err, b->count);
        return status;
    }
    root->bytes += bytes;
    return INLAY_OK;
}

static void refund(struct builder *b, uint64_t bytes)
{
    b->root->bytes -= bytes <= b->root->bytes ? bytes : b->root->bytes;
}

/* A buffer that failed is usable again with the length it had. */
static inlay_status settle(struct buffer *buffer, size_t length_before, inlay_error *err)
{
    inlay_status status = buffer_status(buffer, err);
    if (status != INLAY_OK) {
        buffer->len = length_before;
        buffer->status = INLAY_OK;
    }
    return status;
}

/* ---- bitmaps and offsets ---- */

/* Makes bits [0, count) exist; new ones have the value of `fill` (0 or 0xff). */
static inlay_status reserve_bits(struct buffer *bits, int64_t count, uint8_t fill, inlay_error *err)
{
    size_t needed = (size_t)((count + 7) / 8);
    size_t before = bits->len;
    if (needed > before) {
        buffer_fill(bits, fill, needed - before);
    }
    return settle(bits, before, err);
}

static void set_bit(uint8_t *bits, int64_t i, bool value)
{
    uint8_t mask = (uint8_t)(1u << (i & 7));
    bits[i >> 3] = value ? (uint8_t)(bits[i >> 3] | mask) : (uint8_t)(bits[i >> 3] & ~mask);
}

static bool wide_offsets(const struct builder *b)
{
    return b->field->type == COLUMN_LARGE_UTF8 || b->field->type == COLUMN_LARGE_BINARY ||
           b->field->type == COLUMN_LARGE_LIST;
}

static bool has_offsets(const struct builder *b)
{
    return column_type_is_string(b->field->type) || b->field->type == COLUMN_LIST ||
           b->field->type == COLUMN_LARGE_LIST;
}

static uint64_t end_offset(const struct builder *b, int64_t rows)
{
    if (b->offsets.len == 0) {
        return 0;
    }
    return wide_offsets(b) ? load_u64(b->offsets.data + 8 * rows)
                           : load_u32(b->offsets.data + 4 * rows);
}

static inlay_status push_offset(struct builder *b, uint64_t end, inlay_error *err)
{
    size_t before = b->offsets.len;
    if (!wide_offsets(b) && end > INT32_MAX) {
        return error_set(err, INLAY_OVER_BUDGET,
                         "column \"%.200s\": more than 2 GiB in one batch; use fewer rows",
                         b->field->name);
    }
    if (wide_offsets(b)) {
        if (before == 0) {
            buffer_u64(&b->offsets, 0);
        }
        buffer_u64(&b->offsets, end);
    } else {
        if (before == 0) {
            buffer_u32(&b->offsets, 0);
        }
        buffer_u32(&b->offsets, (uint32_t)end);
    }
    return settle(&b->offsets, before, err);
}

/* ---- rows ---- */

/* Ends a row whose value is in place. Only the validity bitmap can still fail. */
static inlay_status end_row(struct builder *b, bool valid, inlay_error *err)
{
    if (b->field->type != COLUMN_NULL && (!valid || b->validity.len != 0)) {
        INLAY_TRY(reserve_bits(&b->validity, b->count + 1, 0xff, err));
        set_bit(b->validity.data, b->count, valid);
    }
    b->null_count += !valid;
    b->count++;
    return INLAY_OK;
}

/* What a row of this type costs besides its variable part. */
static uint64_t row_cost(const struct builder *b)
{
    return 1 + (has_offsets(b) ? (wide_offsets(b) ? 8 : 4) : column_type_width(b->field));
}

static inlay_status append_blank(struct builder *b, bool valid, inlay_error *err);

/* The value of a null row: zeros, an empty string or list, blank children. */
static inlay_status blank_value(struct builder *b, inlay_error *err)
{
    size_t before = b->values.len;
    size_t i;
    int32_t n;
    if (has_offsets(b)) {
        return push_offset(b, end_offset(b, b->count), err);
    }
    switch (b->field->type) {
    case COLUMN_NULL:
        return INLAY_OK;
    case COLUMN_BOOL:
        INLAY_TRY(reserve_bits(&b->values, b->count + 1, 0, err));
        set_bit(b->values.data, b->count, false);
        return INLAY_OK;
    case COLUMN_STRUCT:
        for (i = 0; i < b->child_count; i++) {
            INLAY_TRY(append_blank(&b->children[i], !b->children[i].field->nullable, err));
        }
        return INLAY_OK;
    case COLUMN_FIXED_LIST:
        for (n = 0; n < b->field->width; n++) {
            INLAY_TRY(append_blank(&b->children[0], !b->children[0].field->nullable, err));
        }
        return INLAY_OK;
    default:
        buffer_fill(&b->values, 0, column_type_width(b->field));
        return settle(&b->values, before, err);
    }
}

static inlay_status append_blank(struct builder *b, bool valid, inlay_error *err)
{
    int64_t rows = b->count;
    inlay_status status;
    INLAY_TRY(charge(b, row_cost(b), err));
    status = blank_value(b, err);
    if (status == INLAY_OK) {
        status = end_row(b, valid && b->field->type != COLUMN_NULL, err);
    }
    if (status != INLAY_OK) {
        refund(b, row_cost(b));
        builder_truncate(b, rows);
    }
    return status;
}

inlay_status builder_null(struct builder *b, inlay_error *err)
{
    if (!b->field->nullable) {
        return refuse(b, "null in a column that may not have nulls", err);
    }
    return append_blank(b, false, err);
}

/* `value` has the width of the type. */
static inlay_status append_fixed(struct builder *b, const void *value, inlay_error *err)
{
    uint32_t width = column_type_width(b->field);
    size_t before = b->values.len;
    inlay_status status;
    INLAY_TRY(charge(b, row_cost(b), err));
    buffer_append(&b->values, value, width);
    status = settle(&b->values, before, err);
    if (status == INLAY_OK) {
        status = end_row(b, true, err);
    }
    if (status != INLAY_OK) {
        b->values.len = before;
        refund(b, row_cost(b));
    }
    return status;
}

inlay_status builder_fixed(struct builder *b, const void *value, inlay_error *err)
{
    if (column_type_width(b->field) == 0 || b->field->type == COLUMN_BOOL) {
        return refuse(b, "a fixed-width value does not fit this type", err);
    }
    return append_fixed(b, value, err);
}

inlay_status builder_bool(struct builder *b, bool value, inlay_error *err)
{
    inlay_status status;
    if (b->field->type != COLUMN_BOOL) {
        return refuse(b, "a boolean does not fit this type", err);
    }
    INLAY_TRY(charge(b, row_cost(b), err));
    status = reserve_bits(&b->values, b->count + 1, 0, err);
    if (status == INLAY_OK) {
        set_bit(b->values.data, b->count, value);
        status = end_row(b, true, err);
    }
    if (status != INLAY_OK) {
        refund(b, row_cost(b));
    }
    return status;
}

/* Signed range of the integer-like types; false for every other type and uint64. */
static bool int_range(enum column_type type, int64_t *low, int64_t *high)
{
    static const struct {
        int64_t low;
        int64_t high;
    } ranges[] = {
        [COLUMN_INT8] = {INT8_MIN, INT8_MAX},
        [COLUMN_INT16] = {INT16_MIN, INT16_MAX},
        [COLUMN_INT32] = {INT32_MIN, INT32_MAX},
        [COLUMN_INT64] = {INT64_MIN, INT64_MAX},
        [COLUMN_UINT8] = {0, UINT8_MAX},
        [COLUMN_UINT16] = {0, UINT16_MAX},
        [COLUMN_UINT32] = {0, UINT32_MAX},
        [COLUMN_UINT64] = {0, INT64_MAX},
        [COLUMN_DATE32] = {INT32_MIN, INT32_MAX},
        [COLUMN_DATE64] = {INT64_MIN, INT64_MAX},
        [COLUMN_TIME32] = {INT32_MIN, INT32_MAX},
        [COLUMN_TIME64] = {INT64_MIN, INT64_MAX},
        [COLUMN_TIMESTAMP] = {INT64_MIN, INT64_MAX},
        [COLUMN_DURATION] = {INT64_MIN, INT64_MAX},
    };
    if ((size_t)type >= sizeof(ranges) / sizeof(ranges[0]) || ranges[type].high == 0) {
        return false;
    }
    *low = ranges[type].low;
    *high = ranges[type].high;
    return true;
}

inlay_status builder_int(struct builder *b, int64_t value, inlay_error *err)
{
    uint8_t bytes[8];
    int64_t low;
    int64_t high;
    if (!int_range(b->field->type, &low, &high)) {
        return refuse(b, "an integer does not fit this type", err);
    }
    if (value < low || value > high) {
        return refuse(b, "the integer is out of the type's range", err);
    }
    store_u64(bytes, (uint64_t)value); /* little-endian: the low bytes come first */
    return append_fixed(b, bytes, err);
}

inlay_status builder_uint(struct builder *b, uint64_t value, inlay_error *err)
{
    if (value > INT64_MAX) {
        uint8_t bytes[8];
        if (b->field->type != COLUMN_UINT64) {
            return refuse(b, "the integer is out of the type's range", err);
        }
        store_u64(bytes, value);
        return append_fixed(b, bytes, err);
    }
    return builder_int(b, (int64_t)value, err);
}

uint16_t float16_from_double(double value)
{
    uint16_t sign = signbit(value) ? 0x8000 : 0;
    double magnitude = fabs(value);
    int exponent;
    double scaled;
    if (isnan(value)) {
        return sign | 0x7e00;
    }
    if (magnitude >= 65520.0) { /* rounds past the greatest finite value, 65504 */
        return sign | 0x7c00;
    }
    if (magnitude < 0x1p-14) { /* subnormal: units of 2^-24; a carry gives the least normal */
        return sign | (uint16_t)nearbyint(magnitude * 0x1p24);
    }
    (void)frexp(magnitude, &exponent);                   /* magnitude = [0.5, 1) * 2^exponent */
    scaled = nearbyint(ldexp(magnitude, 11 - exponent)); /* [1024, 2048] */
    /* Adding lets a carry out of the fraction raise the exponent. */
    return sign | (uint16_t)(((exponent + 13) << 10) + ((int)scaled));
}

inlay_status builder_float(struct builder *b, double value, inlay_error *err)
{
    uint8_t bytes[8];
    switch (b->field->type) {
    case COLUMN_FLOAT16:
        store_u16(bytes, float16_from_double(value));
        break;
    case COLUMN_FLOAT32: {
        float narrow = (float)value;
        uint32_t bits;
        memcpy(&bits, &narrow, sizeof(bits));
        store_u32(bytes, bits);
        break;
    }
    case COLUMN_FLOAT64: {
        uint64_t bits;
        memcpy(&bits, &value, sizeof(bits));
        store_u64(bytes, bits);
        break;
    }
    default:
        return refuse(b, "a float does not fit this type", err);
    }
    return append_fixed(b, bytes, err);
}

/* The text is known to be valid. */
static inlay_status append_bytes(struct builder *b, const void *data, uint64_t length,
                                 inlay_error *err)
{
    size_t data_before = b->data.len;
    size_t offsets_before = b->offsets.len;
    inlay_status status;
    INLAY_TRY(charge(b, row_cost(b) + length, err));
    buffer_append(&b->data, data, (size_t)length);
    status = settle(&b->data, data_before, err);
    if (status == INLAY_OK) {
        status = push_offset(b, b->data.len, err);
    }
    if (status == INLAY_OK) {
        status = end_row(b, true, err);
    }
    if (status != INLAY_OK) {
        b->data.len = data_before;
        b->offsets.len = offsets_before;
        refund(b, row_cost(b) + length);
    }
    return status;
}

inlay_status builder_bytes_value(struct builder *b, const void *data, uint64_t length,
                                 inlay_error *err)
{
    if (!column_type_is_string(b->field->type)) {
        return refuse(b, "text does not fit this type", err);
    }
    if (length > b->root->byte_cap) { /* before anything is added to it */
        return charge(b, length, err);
    }
    if (column_type_is_utf8(b->field->type) && !utf8_valid(data, (size_t)length)) {
        return refuse(b, "the text is not valid UTF-8", err);
    }
    return append_bytes(b, data, length, err);
}

static inlay_status close_struct(struct builder *b, inlay_error *err)
{
    size_t i;
    for (i = 0; i < b->child_count; i++) {
        if (b->children[i].count != b->count + 1) {
            return refuse(&b->children[i], "a struct row needs exactly one value of every child",
                          err);
        }
    }
    return INLAY_OK;
}

inlay_status builder_close_row(struct builder *b, inlay_error *err)
{
    size_t offsets_before = b->offsets.len;
    inlay_status status;
    switch (b->field->type) {
    case COLUMN_STRUCT:
        INLAY_TRY(close_struct(b, err));
        break;
    case COLUMN_FIXED_LIST:
        if (b->children[0].count != (b->count + 1) * b->field->width) {
            return refuse(b, "a row of a fixed-size list has the wrong number of items", err);
        }
        break;
    case COLUMN_LIST:
    case COLUMN_LARGE_LIST:
        break;
    default:
        return refuse(b, "only rows of lists and structs are closed", err);
    }
    INLAY_TRY(charge(b, row_cost(b), err));
    status = has_offsets(b) ? push_offset(b, (uint64_t)b->children[0].count, err) : INLAY_OK;
    if (status == INLAY_OK) {
        status = end_row(b, true, err);
    }
    if (status != INLAY_OK) {
        b->offsets.len = offsets_before;
        refund(b, row_cost(b));
    }
    return status;
}

static void truncate_bits(struct buffer *bits, int64_t count)
{
    size_t bytes = (size_t)((count + 7) / 8);
    if (bits->len > bytes) {
        bits->len = bytes;
    }
}

static void truncate_children(struct builder *b, int64_t count)
{
    int64_t rows = count;
    size_t i;
    if (has_offsets(b)) {
        rows = (int64_t)end_offset(b, count);
    } else if (b->field->type == COLUMN_FIXED_LIST) {
        rows = count * b->field->width;
    }
    for (i = 0; i < b->child_count; i++) {
        builder_truncate(&b->children[i], rows);
    }
}

void builder_truncate(struct builder *b, int64_t count)
{
    int64_t i;
    if (count > b->count) {
        return;
    }
    truncate_children(b, count);
    refund(b, (uint64_t)(b->count - count) * row_cost(b));
    for (i = count; i < b->count && b->validity.len != 0; i++) {
        b->null_count -= !bitmap_get(b->validity.data, i);
    }
    if (b->field->type == COLUMN_NULL) {
        b->null_count = count;
    }
    truncate_bits(&b->validity, count);
    if (column_type_is_string(b->field->type)) {
        uint64_t end = end_offset(b, count);
        refund(b, b->data.len - end);
        b->data.len = (size_t)end;
    }
    if (has_offsets(b) && b->offsets.len != 0) {
        b->offsets.len = (size_t)(count + 1) * (wide_offsets(b) ? 8 : 4);
    } else if (b->field->type == COLUMN_BOOL) {
        truncate_bits(&b->values, count);
    } else {
        b->values.len = (size_t)count * column_type_width(b->field);
    }
    b->count = count;
}

/* ---- appending views ---- */

static inlay_status append_row(struct builder *b, const struct array_view *view, int64_t row,
                               inlay_error *err)
{
    const enum column_type type = b->field->type;
    size_t i;
    if (array_view_is_null(view, row)) {
        return builder_null(b, err);
    }
    if (column_type_is_string(type)) {
        struct byte_view bytes = array_view_bytes(view, row);
        return append_bytes(b, bytes.data, bytes.length, err);
    }
    if (type == COLUMN_BOOL) {
        return builder_bool(b, array_view_bool(view, row), err);
    }
    if (!column_type_is_nested(type)) {
        return append_fixed(b, array_view_fixed(view, row), err);
    }
    if (type == COLUMN_STRUCT) {
        for (i = 0; i < b->child_count; i++) {
            INLAY_TRY(builder_append(&b->children[i], &view->children[i], row, 1, err));
        }
    } else {
        int64_t begin;
        int64_t end;
        array_view_list(view, row, &begin, &end);
        INLAY_TRY(builder_append(&b->children[0], &view->children[0], begin, end - begin, err));
    }
    return builder_close_row(b, err);
}

/* Fixed-width values without nulls on either side: one copy. */
static inlay_status append_fixed_run(struct builder *b, const struct array_view *view,
                                     int64_t first, int64_t count, inlay_error *err)
{
    size_t before = b->values.len;
    uint64_t cost = row_cost(b) * (uint64_t)count;
    inlay_status status;
    INLAY_TRY(charge(b, cost, err));
    buffer_append(&b->values, view->values + (uint64_t)first * view->width,
                  (size_t)count * view->width);
    status = settle(&b->values, before, err);
    if (status == INLAY_OK) {
        b->count += count;
    } else {
        refund(b, cost);
    }
    return status;
}

inlay_status builder_append(struct builder *b, const struct array_view *view, int64_t first,
                            int64_t count, inlay_error *err)
{
    int64_t before = b->count;
    int64_t i;
    if (count == 0) {
        return INLAY_OK;
    }
    if (view->width != 0 && view->codes == NULL && view->null_count == 0 && b->validity.len == 0) {
        return append_fixed_run(b, view, first, count, err);
    }
    for (i = 0; i < count; i++) {
        inlay_status status = append_row(b, view, first + i, err);
        if (status != INLAY_OK) {
            builder_truncate(b, before);
            return status;
        }
    }
    return INLAY_OK;
}

inlay_status builder_append_batch(struct builder *b, const struct array_view *batch,
                                  inlay_error *err)
{
    int64_t before = b->count;
    inlay_status status = charge(b, (uint64_t)batch->length, err); /* a row_cost of 1 each */
    size_t i;
    if (status != INLAY_OK) {
        return status;
    }
    b->count += batch->length;
    for (i = 0; i < b->child_count && status == INLAY_OK; i++) {
        status = builder_append(&b->children[i], &batch->children[i], 0, batch->length, err);
    }
    if (status != INLAY_OK) {
        builder_truncate(b, before);
    }
    return status;
}

/* ---- finishing ---- */

static int64_t array_buffers(const struct builder *b)
{
    switch (b->field->type) {
    case COLUMN_NULL:
        return 0;
    case COLUMN_STRUCT:
    case COLUMN_FIXED_LIST:
        return 1;
    default:
        return column_type_is_string(b->field->type) ? 3 : 2;
    }
}

/* Everything that can fail: nodes, and memory behind every buffer that Arrow wants to exist. */
static inlay_status prepare(struct builder *b, struct ArrowArray *out, inlay_error *err)
{
    inlay_status status = INLAY_OK;
    size_t i;
    INLAY_TRY(array_new(out, array_buffers(b), (int64_t)b->child_count, false, NULL, err));
    out->length = b->count;
    out->null_count = b->null_count;
    if (has_offsets(b) && b->offsets.len == 0) {
        buffer_u64(&b->offsets, 0); /* one entry, of either width */
        status = settle(&b->offsets, 0, err);
        b->offsets.len = status == INLAY_OK && !wide_offsets(b) ? 4 : b->offsets.len;
    }
    for (i = 0; i < b->child_count && status == INLAY_OK; i++) {
        status = prepare(&b->children[i], out->children[i], err);
    }
    if (status == INLAY_OK && array_buffers(b) > 1) {
        struct buffer *last = column_type_is_string(b->field->type) ? &b->data : &b->values;
        size_t length = last->len;
        if (last->data == NULL) { /* an address, also for no bytes */
            buffer_u64(last, 0);
            status = settle(last, 0, err);
            last->len = length;
        }
    }
    if (status != INLAY_OK) {
        array_release(out);
    }
    return status;
}

static void give(struct ArrowArray *out, int64_t index, struct buffer *buffer)
{
    size_t length;
    if (buffer->data != NULL) {
        array_own_buffer(out, index, buffer_take(buffer, &length));
    }
}

static void hand_over(struct builder *b, struct ArrowArray *out)
{
    size_t i;
    if (array_buffers(b) > 0 && b->null_count != 0) {
        give(out, 0, &b->validity);
    }
    if (has_offsets(b)) {
        give(out, 1, &b->offsets);
        if (column_type_is_string(b->field->type)) {
            give(out, 2, &b->data);
        }
    } else if (array_buffers(b) > 1) {
        give(out, 1, &b->values);
    }
    buffer_free(&b->validity);
    b->count = 0;
    b->null_count = 0;
    for (i = 0; i < b->child_count; i++) {
        hand_over(&b->children[i], out->children[i]);
    }
}

inlay_status builder_finish(struct builder *b, struct ArrowArray *out, inlay_error *err)
{
    memset(out, 0, sizeof(*out));
    truncate_children(b, b->count);
    INLAY_TRY(prepare(b, out, err));
    hand_over(b, out);
    if (b == b->root) {
        b->bytes = 0;
    }
    return INLAY_OK;
}

inlay_status builder_finish_colvec(struct builder *b, struct colvec *out, inlay_error *err)
{
    struct ArrowArray array;
    INLAY_TRY(builder_finish(b, &array, err));
    return colvec_from_arrow(b->field, &array, out, err);
}
