/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/fill.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"
#include "columnar/array_view.h"

#include <string.h>

_Static_assert(sizeof(struct colvec_string) == sizeof(duckdb_string_t), "strings are handed over");

static void fill_validity(const struct colvec *source, uint64_t rows, duckdb_vector target)
{
    uint64_t *mask;
    if (source->validity == NULL || source->null_count == 0) {
        return;
    }
    duckdb_vector_ensure_validity_writable(target);
    mask = duckdb_vector_get_validity(target);
    memcpy(mask, source->validity, (size_t)((rows + 63) / 64) * sizeof(*mask));
}

static void fill_half(const struct colvec *source, uint64_t rows, float *out)
{
    const uint8_t *bytes = source->values;
    uint64_t i;
    for (i = 0; i < rows; i++) {
        out[i] = float16_to_float(load_u16(bytes + 2 * i));
    }
}

static void fill_time32(const struct colvec *source, uint64_t rows, int64_t *out)
{
    const uint8_t *bytes = source->values;
    int64_t factor = source->field->unit == UNIT_SECOND ? 1000000 : 1000;
    uint64_t i;
    for (i = 0; i < rows; i++) {
        out[i] = (int64_t)(int32_t)load_u32(bytes + 4 * i) * factor;
    }
}

/* The engine's zoned timestamps are in microseconds. Seconds beyond its range saturate, as infinity
 * is the engine's own answer there. */
static void fill_zoned(const struct colvec *source, uint64_t rows, int64_t *out)
{
    const uint8_t *bytes = source->values;
    uint64_t i;
    for (i = 0; i < rows; i++) {
        int64_t value = (int64_t)load_u64(bytes + 8 * i);
        int64_t factor = source->field->unit == UNIT_SECOND ? 1000000 : 1000;
        if (source->field->unit == UNIT_NANO) {
            out[i] = value >= 0 ? value / 1000 : -((-(value + 1)) / 1000) - 1;
        } else if (source->field->unit == UNIT_MICRO) {
            out[i] = value;
        } else if (__builtin_mul_overflow(value, factor, &out[i])) {
            out[i] = value > 0 ? INT64_MAX : -INT64_MAX;
        }
    }
}

/* Decimals of up to 18 digits live in narrower integers in the engine. */
static void fill_decimal(const struct colvec *source, uint64_t rows, void *out)
{
    const uint8_t *bytes = source->values;
    int32_t precision = source->field->precision;
    uint64_t i;
    if (precision > 18) {
        memcpy(out, bytes, (size_t)rows * 16);
        return;
    }
    for (i = 0; i < rows; i++) {
        int64_t value = (int64_t)load_u64(bytes + 16 * i);
        if (precision > 9) {
            ((int64_t *)out)[i] = value;
        } else if (precision > 4) {
            ((int32_t *)out)[i] = (int32_t)value;
        } else {
            ((int16_t *)out)[i] = (int16_t)value;
        }
    }
}

static void fill_fixed_binary(const struct colvec *source, uint64_t rows, void *out)
{
    const char *bytes = source->values;
    uint32_t width = (uint32_t)source->field->width;
    struct colvec_string *strings = out;
    uint64_t i;
    for (i = 0; i < rows; i++) {
        colvec_string_set(&strings[i], bytes + i * width, width);
    }
}

static void fill_flat_values(const struct colvec *source, uint64_t rows, duckdb_vector target)
{
    void *out = duckdb_vector_get_data(target);
    const struct field *field = source->field;
    if (rows == 0 || field->type == COLUMN_NULL) {
        return;
    }
    switch (field->type) {
    case COLUMN_FLOAT16:
        fill_half(source, rows, out);
        break;
    case COLUMN_TIME32:
        fill_time32(source, rows, out);
        break;
    case COLUMN_TIMESTAMP:
        if (field->timezone != NULL) {
            fill_zoned(source, rows, out);
        } else {
            memcpy(out, source->values, (size_t)rows * 8);
        }
        break;
    case COLUMN_DECIMAL128:
        fill_decimal(source, rows, out);
        break;
    case COLUMN_FIXED_BINARY:
        fill_fixed_binary(source, rows, out);
        break;
    case COLUMN_UTF8:
    case COLUMN_LARGE_UTF8:
    case COLUMN_BINARY:
    case COLUMN_LARGE_BINARY:
        memcpy(out, source->values, (size_t)rows * sizeof(struct colvec_string));
        break;
    default:
        memcpy(out, source->values, (size_t)rows * column_type_width(field));
        break;
    }
}

static inlay_status fill_list(const struct colvec *source, uint64_t rows, duckdb_vector target,
                              inlay_error *err)
{
    duckdb_list_entry *entries = duckdb_vector_get_data(target);
    uint64_t first = source->offsets[0];
    uint64_t items = source->offsets[rows] - first;
    struct colvec child = source->children[0];
    uint64_t i;
    for (i = 0; i < rows; i++) {
        entries[i].offset = source->offsets[i] - first;
        entries[i].length = source->offsets[i + 1] - source->offsets[i];
    }
    if (first != 0 || child.count < items) {
        return error_set(err, INLAY_INTERNAL, "column \"%s\": a list vector does not start at 0",
                         source->field->name);
    }
    if (duckdb_list_vector_reserve(target, items) != DuckDBSuccess ||
        duckdb_list_vector_set_size(target, items) != DuckDBSuccess) {
        return error_no_memory(err);
    }
    return sql_fill_vector(&child, items, duckdb_list_vector_get_child(target), err);
}

static inlay_status fill_nested(const struct colvec *source, uint64_t rows, duckdb_vector target,
                                inlay_error *err)
{
    size_t i;
    if (source->field->type == COLUMN_FIXED_LIST) {
        return sql_fill_vector(&source->children[0], rows * (uint64_t)source->field->width,
                               duckdb_array_vector_get_child(target), err);
    }
    if (source->field->type != COLUMN_STRUCT) {
        return fill_list(source, rows, target, err);
    }
    for (i = 0; i < source->child_count; i++) {
        INLAY_TRY(sql_fill_vector(&source->children[i], rows,
                                  duckdb_struct_vector_get_child(target, i), err));
    }
    return INLAY_OK;
}

/* A dictionary becomes the engine's own dictionary vector: the values once, a selection per row. A
 * null row selects an extra null entry behind the values. */
static inlay_status fill_dictionary(const struct colvec *source, uint64_t rows,
                                    duckdb_vector target, inlay_error *err)
{
    const struct colvec *dictionary = source->dictionary;
    duckdb_logical_type type = duckdb_vector_get_column_type(target);
    duckdb_vector values = duckdb_create_vector(type, dictionary->count + 1);
    duckdb_selection_vector selection = duckdb_create_selection_vector(rows);
    inlay_status status = INLAY_OK;
    sel_t *picks;
    uint64_t i;
    duckdb_destroy_logical_type(&type);
    if (values == NULL || selection == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    fill_flat_values(dictionary, dictionary->count, values);
    duckdb_vector_ensure_validity_writable(values);
    duckdb_validity_set_row_invalid(duckdb_vector_get_validity(values), dictionary->count);
    picks = duckdb_selection_vector_get_data_ptr(selection);
    if (source->validity == NULL) {
        memcpy(picks, source->codes, (size_t)rows * sizeof(*picks));
    } else {
        for (i = 0; i < rows; i++) {
            picks[i] = colvec_valid(source, i) ? source->codes[i] : (sel_t)dictionary->count;
        }
    }
    duckdb_vector_reference_vector(target, values);
    duckdb_slice_vector(target, selection, rows);
cleanup:
    if (selection != NULL) {
        duckdb_destroy_selection_vector(selection);
    }
    if (values != NULL) {
        duckdb_destroy_vector(&values);
    }
    return status;
}

/* A long dictionary costs more to hand over per chunk than it saves. */
#define DICTIONARY_VALUES_MAX 512

static inlay_status fill_expanded(const struct colvec *source, uint64_t rows, duckdb_vector target,
                                  inlay_error *err)
{
    const struct colvec *dictionary = source->dictionary;
    uint32_t width = column_type_width(dictionary->field);
    const uint8_t *from = dictionary->values;
    struct colvec flat = *source;
    uint8_t *values;
    uint64_t i;
    if (width == 0) {
        width = sizeof(struct colvec_string);
    }
    values = mem_alloc_array((size_t)rows, width);
    if (values == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < rows; i++) {
        uint64_t code = colvec_valid(source, i) ? source->codes[i] : 0;
        if (dictionary->count != 0) {
            memcpy(values + i * width, from + code * width, width);
        } else {
            memset(values + i * width, 0, width);
        }
    }
    flat.form = COLVEC_FLAT;
    flat.values = values;
    fill_flat_values(&flat, rows, target);
    fill_validity(&flat, rows, target);
    mem_free(values);
    return INLAY_OK;
}

inlay_status sql_fill_vector(const struct colvec *source, uint64_t rows, duckdb_vector target,
                             inlay_error *err)
{
    if (source->form == COLVEC_DICTIONARY) {
        return source->dictionary->count <= DICTIONARY_VALUES_MAX
                   ? fill_dictionary(source, rows, target, err)
                   : fill_expanded(source, rows, target, err);
    }
    fill_validity(source, rows, target);
    if (source->child_count != 0) {
        return fill_nested(source, rows, target, err);
    }
    fill_flat_values(source, rows, target);
    return INLAY_OK;
}

inlay_status sql_fill_codes(struct text_coder *coder, const struct colvec *source, uint64_t rows,
                            duckdb_vector target, inlay_error *err)
{
    fill_validity(source, rows, target);
    return text_coder_translate(coder, source, rows, duckdb_vector_get_data(target), err);
}
