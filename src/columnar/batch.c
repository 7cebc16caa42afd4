/* SPDX-License-Identifier: Apache-2.0 */
#include "columnar/batch.h"

#include "base/alloc.h"
#include "base/error.h"
#include "columnar/array.h"
#include "columnar/builder.h"
#include "columnar/coerce.h"

#include <string.h>

void batch_release(struct batch *batch)
{
    if (batch != NULL) {
        array_release(&batch->array);
        schema_free(&batch->schema);
        memset(batch, 0, sizeof(*batch));
    }
}

/* `schema` and `array` are taken over. */
static inlay_status adopt(struct schema *schema, struct ArrowArray *array, enum array_check check,
                          inlay_status bad, struct batch *out, inlay_error *err)
{
    struct array_view view;
    inlay_status status;
    out->schema = *schema;
    memset(schema, 0, sizeof(*schema));
    array_move(array, &out->array);
    status = array_view_open_batch(&out->schema, &out->array, check, bad, &view, err);
    if (status == INLAY_OK) {
        array_view_close(&view);
        status = array_share(&out->array, err);
    }
    if (status != INLAY_OK) {
        batch_release(out);
    }
    return status;
}

inlay_status batch_import(struct ArrowSchema *arrow, struct ArrowArray *array, struct batch *out,
                          inlay_error *err)
{
    struct schema schema;
    inlay_status status;
    memset(out, 0, sizeof(*out));
    status = schema_from_arrow(arrow, &schema, err);
    if (arrow->release != NULL) {
        arrow->release(arrow);
    }
    if (status != INLAY_OK) {
        array_release(array);
        return status;
    }
    return adopt(&schema, array, ARRAY_CHECK_FULL, INLAY_INVALID_ARGUMENT, out, err);
}

inlay_status batch_from_array(const struct schema *schema, struct ArrowArray *array,
                              enum array_check check, inlay_status bad, struct batch *out,
                              inlay_error *err)
{
    struct schema copy;
    inlay_status status = schema_copy(schema, &copy, err);
    memset(out, 0, sizeof(*out));
    if (status != INLAY_OK) {
        array_release(array);
        return status;
    }
    return adopt(&copy, array, check, bad, out, err);
}

inlay_status batch_export(struct batch *batch, struct ArrowSchema *schema, struct ArrowArray *array,
                          inlay_error *err)
{
    memset(array, 0, sizeof(*array));
    if (schema != NULL) {
        INLAY_TRY(schema_to_arrow_as_imported(&batch->schema, schema, err));
    }
    array_move(&batch->array, array);
    batch_release(batch);
    return INLAY_OK;
}

inlay_status batch_slice(const struct batch *batch, int64_t offset, int64_t length,
                         struct batch *out, inlay_error *err)
{
    inlay_status status;
    memset(out, 0, sizeof(*out));
    status = schema_copy(&batch->schema, &out->schema, err);
    if (status == INLAY_OK) {
        status = array_slice(&batch->array, offset, length, &out->array, err);
    }
    if (status != INLAY_OK) {
        batch_release(out);
    }
    return status;
}

/* An empty batch with room for columns; rows of the struct start at 0. */
static inlay_status begin_batch(size_t columns, int64_t rows, struct batch *out, inlay_error *err)
{
    memset(out, 0, sizeof(*out));
    INLAY_TRY(array_new(&out->array, 1, (int64_t)columns, false, NULL, err));
    out->array.length = rows;
    out->schema.fields = mem_zalloc_array(columns, sizeof(struct field));
    return out->schema.fields != NULL ? INLAY_OK : error_no_memory(err);
}

/* Column `index` of the batch without copying, as the next column of *out. */
static inlay_status pass_column(const struct batch *batch, size_t index, struct batch *out,
                                inlay_error *err)
{
    INLAY_TRY(
        field_copy(&batch->schema.fields[index], &out->schema.fields[out->schema.count], err));
    out->schema.count++;
    return array_slice(batch->array.children[index], batch->array.offset, batch->array.length,
                       out->array.children[out->schema.count - 1], err);
}

inlay_status batch_select(const struct batch *batch, const char *const *names, size_t count,
                          struct batch *out, inlay_error *err)
{
    inlay_status status = begin_batch(count, batch->array.length, out, err);
    size_t i;
    for (i = 0; i < count && status == INLAY_OK; i++) {
        ptrdiff_t index = schema_find(&batch->schema, names[i]);
        if (index < 0) {
            status = error_set(err, INLAY_NOT_FOUND, "there is no column \"%.200s\"", names[i]);
            error_key(err, names[i]);
        } else {
            status = pass_column(batch, (size_t)index, out, err);
        }
    }
    if (status == INLAY_OK) {
        status = array_share(&out->array, err);
    }
    if (status != INLAY_OK) {
        batch_release(out);
    }
    return status;
}

static inlay_status append_batch(struct builder *builder, const struct batch *batch,
                                 inlay_error *err)
{
    struct array_view view;
    inlay_status status;
    INLAY_TRY(array_view_open_batch(&batch->schema, &batch->array, ARRAY_CHECK_STRUCTURE,
                                    INLAY_INTERNAL, &view, err));
    status = builder_append_batch(builder, &view, err);
    array_view_close(&view);
    return status;
}

inlay_status batch_concat(const struct batch *const *batches, size_t count, uint64_t byte_cap,
                          struct batch *out, inlay_error *err)
{
    struct builder *builder = NULL;
    struct schema schema = {NULL, 0};
    struct ArrowArray array = {0};
    inlay_status status;
    size_t i;
    memset(out, 0, sizeof(*out));
    INLAY_TRY_GOTO(status, builder_new_batch(&batches[0]->schema, byte_cap, &builder, err),
                   cleanup);
    for (i = 0; i < count; i++) {
        size_t c;
        bool same = batches[i]->schema.count == batches[0]->schema.count;
        for (c = 0; same && c < batches[0]->schema.count; c++) {
            struct field left = batches[0]->schema.fields[c]; /* shallow, to level a hint */
            left.dictionary = batches[i]->schema.fields[c].dictionary;
            same = field_equal(&left, &batches[i]->schema.fields[c]);
        }
        if (!same) {
            status =
                error_set(err, INLAY_SCHEMA, "batch %zu has another schema than the first one", i);
            goto cleanup;
        }
        INLAY_TRY_GOTO(status, append_batch(builder, batches[i], err), cleanup);
    }
    INLAY_TRY_GOTO(status, builder_finish(builder, &array, err), cleanup);
    schema.fields = builder_field(builder)->children;
    schema.count = builder_field(builder)->child_count;
    status = batch_from_array(&schema, &array, ARRAY_CHECK_STRUCTURE, INLAY_INTERNAL, out, err);
cleanup:
    builder_free(builder);
    return status;
}

/* ---- coercion ---- */

static inlay_status wrong_column(const char *name, const char *what, inlay_error *err)
{
    inlay_status status = error_set(err, INLAY_SCHEMA, "column \"%.200s\": %s", name, what);
    error_key(err, name);
    return status;
}

/* Same values in whatever layout, children included? */
static bool passes_as_is(const struct field *from, const struct field *to)
{
    struct field source = *from; /* shallow */
    source.dictionary = to->dictionary;
    return field_same_type(&source, to);
}

static inlay_status convert_column(const struct array_view *column, const struct field *to,
                                   uint64_t byte_cap, struct batch *out, inlay_error *err)
{
    struct builder *builder = NULL;
    inlay_status status;
    size_t index = out->schema.count;
    if (!coerce_possible(column->field, to)) {
        char from_text[96];
        char to_text[96];
        field_type_text(column->field, from_text, sizeof(from_text));
        field_type_text(to, to_text, sizeof(to_text));
        status = error_set(err, INLAY_SCHEMA, "column \"%.200s\": %s cannot become %s without loss",
                           to->name, from_text, to_text);
        error_key(err, to->name);
        error_expected(err, "%s", to_text);
        error_found(err, "%s", from_text);
        return status;
    }
    INLAY_TRY_GOTO(status, builder_new(to, byte_cap, &builder, err), cleanup);
    INLAY_TRY_GOTO(status, coerce_append(builder, column, err), cleanup);
    INLAY_TRY_GOTO(status, field_copy(builder_field(builder), &out->schema.fields[index], err),
                   cleanup);
    out->schema.count++;
    INLAY_TRY_GOTO(status, builder_finish(builder, out->array.children[index], err), cleanup);
    status = array_share(out->array.children[index], err);
cleanup:
    builder_free(builder);
    return status;
}

/* The right type already: refuse nulls that the target forbids, then pass it on. */
static inlay_status keep_column(const struct batch *batch, size_t index,
                                const struct array_view *column, const struct field *to,
                                struct batch *out, inlay_error *err)
{
    int64_t row;
    for (row = 0; !to->nullable && row < column->length; row++) {
        if (array_view_is_null(column, row)) {
            inlay_status status =
                wrong_column(to->name, "null in a column that may not have nulls", err);
            error_row(err, row);
            return status;
        }
    }
    INLAY_TRY(pass_column(batch, index, out, err));
    out->schema.fields[out->schema.count - 1].nullable = to->nullable;
    return INLAY_OK;
}

static inlay_status missing_column(int64_t rows, const struct field *to, uint64_t byte_cap,
                                   struct batch *out, inlay_error *err)
{
    static const struct field nothing = {.type = COLUMN_NULL, .nullable = true};
    struct array_view column;
    if (!to->nullable) {
        return wrong_column(to->name, "it is missing and may not be null", err);
    }
    memset(&column, 0, sizeof(column));
    column.field = &nothing;
    column.length = rows;
    column.null_count = rows;
    return convert_column(&column, to, byte_cap, out, err);
}

static inlay_status refuse_unknown(const struct batch *batch, const struct schema *target,
                                   inlay_error *err)
{
    size_t i;
    for (i = 0; i < batch->schema.count; i++) {
        const char *name = batch->schema.fields[i].name;
        if (schema_find(target, name) < 0) {
            return wrong_column(name, "the table has no such column", err);
        }
        if (schema_find(&batch->schema, name) != (ptrdiff_t)i) {
            return wrong_column(name, "it occurs more than once", err);
        }
    }
    return INLAY_OK;
}

inlay_status batch_coerce(const struct batch *batch, const struct schema *target, uint64_t byte_cap,
                          struct batch *out, inlay_error *err)
{
    struct array_view view;
    inlay_status status;
    size_t i;
    memset(out, 0, sizeof(*out));
    INLAY_TRY(refuse_unknown(batch, target, err));
    INLAY_TRY(array_view_open_batch(&batch->schema, &batch->array, ARRAY_CHECK_STRUCTURE,
                                    INLAY_INTERNAL, &view, err));
    status = begin_batch(target->count, batch->array.length, out, err);
    for (i = 0; i < target->count && status == INLAY_OK; i++) {
        const struct field *to = &target->fields[i];
        ptrdiff_t index = schema_find(&batch->schema, to->name);
        if (index < 0) {
            status = missing_column(batch->array.length, to, byte_cap, out, err);
        } else if (passes_as_is(&batch->schema.fields[index], to)) {
            status = keep_column(batch, (size_t)index, &view.children[index], to, out, err);
        } else {
            status = convert_column(&view.children[index], to, byte_cap, out, err);
        }
    }
    if (status == INLAY_OK) {
        status = array_share(&out->array, err);
    }
    array_view_close(&view);
    if (status != INLAY_OK) {
        batch_release(out);
    }
    return status;
}
