/* SPDX-License-Identifier: Apache-2.0 */
#include "superfile/vector_column.h"

#include "base/alloc.h"
#include "base/error.h"

#include <math.h>
#include <string.h>

bool vector_column_type(const struct field *field, enum vector_element *element)
{
    enum vector_element found;
    if (field->type != COLUMN_FIXED_LIST || field->width < 1 || field->width > VECTOR_MAX_DIM) {
        return false;
    }
    switch (field->children[0].type) {
    case COLUMN_FLOAT32:
        found = VECTOR_F32;
        break;
    case COLUMN_FLOAT16:
        found = VECTOR_F16;
        break;
    case COLUMN_FLOAT64:
        found = VECTOR_F64;
        break;
    case COLUMN_INT8:
        found = VECTOR_I8;
        break;
    default:
        return false;
    }
    if (element != NULL) {
        *element = found;
    }
    return true;
}

/* ---- building the index ---- */

inlay_status vector_column_check(const struct schema *columns, const char *name, inlay_error *err)
{
    ptrdiff_t column = schema_find(columns, name);
    char type[96] = "not a column";
    if (column >= 0) {
        if (vector_column_type(&columns->fields[column], NULL)) {
            return INLAY_OK;
        }
        field_type_text(&columns->fields[column], type, sizeof(type));
    }
    error_set(err, INLAY_SCHEMA,
              "a vector index needs a fixed list of 1 to %d float16, float32, float64 or int8; "
              "\"%s\" is %s",
              VECTOR_MAX_DIM, name, type);
    error_key(err, name);
    return INLAY_SCHEMA;
}

inlay_status vector_column_create(const struct schema *columns,
                                  const struct superfile_vector_column *config,
                                  const struct superfile_options *options, size_t budget,
                                  struct vector_column *out, inlay_error *err)
{
    struct vector_options wanted;
    size_t dim;
    memset(out, 0, sizeof(*out));
    buffer_init(&out->hot, SIZE_MAX);
    INLAY_TRY(vector_column_check(columns, config->column, err));
    out->column = (size_t)schema_find(columns, config->column);
    out->field = &columns->fields[out->column];
    (void)vector_column_type(out->field, &out->element);
    out->result.column = out->field->name;
    out->result.dim = (uint32_t)out->field->width;
    dim = (size_t)out->field->width;
    vector_options_init(&wanted);
    wanted.dim = (uint32_t)dim;
    wanted.metric = config->metric;
    wanted.element = out->element;
    wanted.code_bits = config->code_bits != 0 ? config->code_bits : wanted.code_bits;
    wanted.cell_rows = config->cell_rows;
    wanted.memory_budget = budget;
    wanted.spill_folder = options->spill_folder;
    wanted.pool = options->pool;
    wanted.cancel = options->cancel;
    wanted.progress = options->progress;
    out->stored = mem_alloc_array(dim, sizeof(double));
    out->vector = mem_alloc_array(dim, sizeof(float));
    if (out->stored == NULL || out->vector == NULL) {
        return error_no_memory(err);
    }
    return vector_builder_create(&wanted, &out->builder, err);
}

void vector_column_free(struct vector_column *column)
{
    vector_builder_free(column->builder);
    buffer_free(&column->hot);
    mem_free(column->stored);
    mem_free(column->vector);
    memset(column, 0, sizeof(*column));
}

static inlay_status bad_element(const struct vector_column *column, int64_t row, size_t element,
                                const char *what, inlay_error *err)
{
    error_set(err, INLAY_INVALID_ARGUMENT,
              "column '%s': element %zu of a vector is %s; an indexed vector is of finite float32, "
              "or null as a whole",
              column->field->name, element, what);
    error_key(err, column->field->name);
    error_row(err, row);
    return INLAY_INVALID_ARGUMENT;
}

/* The elements of a list, numbered from `first` among the child's values, as f32. */
static void load_vector(const struct vector_column *column, const struct array_view *items,
                        int64_t first)
{
    const struct vector_kernels *kernels = vector_kernels();
    size_t dim = (size_t)column->field->width;
    size_t i;
    if (items->codes != NULL) { /* values are elsewhere, one by one */
        for (i = 0; i < dim; i++) {
            int64_t at = first + (int64_t)i;
            if (!array_view_is_null(items, at)) {
                column->vector[i] = column->element == VECTOR_I8
                                        ? (float)array_view_int(items, at)
                                        : (float)array_view_float(items, at);
            }
        }
        return;
    }
    memcpy(column->element == VECTOR_F32 ? column->vector : column->stored,
           items->values + (uint64_t)first * items->width, dim * items->width);
    switch (column->element) {
    case VECTOR_F16:
        kernels->from_f16(column->stored, dim, column->vector);
        break;
    case VECTOR_F64:
        kernels->from_f64(column->stored, dim, column->vector);
        break;
    case VECTOR_I8:
        for (i = 0; i < dim; i++) {
            column->vector[i] = (float)((const int8_t *)column->stored)[i];
        }
        break;
    default:
        break;
    }
}

static inlay_status check_vector(const struct vector_column *column, const struct array_view *items,
                                 int64_t first, int64_t row, inlay_error *err)
{
    size_t dim = (size_t)column->field->width;
    unsigned bad = 0;
    size_t i;
    for (i = 0; items->null_count != 0 && i < dim; i++) {
        if (array_view_is_null(items, first + (int64_t)i)) {
            return bad_element(column, row, i, "null", err);
        }
    }
    for (i = 0; i < dim; i++) {
        bad |= !isfinite(column->vector[i]);
    }
    for (i = 0; bad != 0 && i < dim; i++) {
        if (!isfinite(column->vector[i])) {
            return bad_element(column, row, i,
                               isnan(column->vector[i]) ? "NaN" : "infinite as a float32", err);
        }
    }
    return INLAY_OK;
}

/* What the builder refuses (a vector too long to be squared) is a fault of the batch's row. */
static inlay_status add_vector(const struct vector_column *column, uint64_t first_row, int64_t row,
                               inlay_error *err)
{
    inlay_status status = vector_builder_add(column->builder, (uint32_t)(first_row + (uint64_t)row),
                                             column->vector, err);
    if (status == INLAY_INVALID_ARGUMENT) {
        (void)error_wrap(err, status, "column '%s': a vector that cannot be indexed",
                         column->field->name);
        error_key(err, column->field->name);
        error_row(err, row);
    }
    return status;
}

inlay_status vector_column_append(struct vector_column *column, const struct array_view *values,
                                  uint64_t first_row, inlay_error *err)
{
    const struct array_view *items = &values->children[0];
    int64_t row;
    for (row = 0; row < values->length; row++) {
        int64_t begin;
        int64_t end;
        if (array_view_is_null(values, row)) {
            continue;
        }
        array_view_list(values, row, &begin, &end);
        load_vector(column, items, begin);
        INLAY_TRY(check_vector(column, items, begin, row, err));
        INLAY_TRY(add_vector(column, first_row, row, err));
    }
    return INLAY_OK;
}

inlay_status vector_column_finish(struct vector_column *column, uint64_t rows,
                                  struct byte_sink *sink, inlay_error *err)
{
    INLAY_TRY(byte_sink_align(sink, 64, err));
    column->body_offset = sink->offset;
    INLAY_TRY(vector_builder_finish(column->builder, rows, sink, &column->hot,
                                    &column->result.summary, err));
    vector_builder_free(column->builder);
    column->builder = NULL;
    return INLAY_OK;
}
