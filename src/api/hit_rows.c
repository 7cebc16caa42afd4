/* SPDX-License-Identifier: Apache-2.0 */
#include "api/hit_rows.h"

#include "base/alloc.h"
#include "base/error.h"
#include "sql/filter.h"

#include <string.h>

static inlay_status add_row(const struct array_view *fetched, size_t column_count,
                            const struct hit_columns *added, struct builder *row, size_t hit,
                            inlay_error *err)
{
    struct byte_view text = {0};
    size_t c;
    for (c = 0; c < column_count; c++) {
        INLAY_TRY(
            builder_append(builder_child(row, c), &fetched->children[c], (int64_t)hit, 1, err));
    }
    if (added->with_text) {
        text = array_view_bytes(&fetched->children[column_count], (int64_t)hit);
    }
    INLAY_TRY(added->add_values(added->context, row, column_count, hit, text, err));
    return builder_close_row(row, err);
}

static inlay_status make_schema(const struct schema *fetched, size_t column_count,
                                const struct hit_columns *added, struct schema *out,
                                inlay_error *err)
{
    inlay_status status = schema_copy(fetched, out, err);
    if (status != INLAY_OK) {
        return status;
    }
    while (out->count > column_count) { /* the text that is fetched besides */
        field_free(&out->fields[--out->count]);
    }
    status = added->add_fields(added->context, out, err);
    if (status != INLAY_OK) {
        schema_free(out);
    }
    return status;
}

static inlay_status make_rows(const struct batch *batch, size_t count, size_t column_count,
                              const struct hit_columns *added, struct ArrowArrayStream *out,
                              inlay_error *err)
{
    struct array_view fetched;
    struct result_rows rows;
    struct schema schema;
    inlay_status status;
    size_t i;
    INLAY_TRY(array_view_open_batch(&batch->schema, &batch->array, ARRAY_CHECK_STRUCTURE,
                                    INLAY_INTERNAL, &fetched, err));
    status = make_schema(&batch->schema, column_count, added, &schema, err);
    if (status == INLAY_OK) {
        status = result_begin(&rows, &schema, err);
    }
    if (status != INLAY_OK) {
        array_view_close(&fetched);
        return status;
    }
    for (i = 0; i < count && status == INLAY_OK; i++) {
        status = add_row(&fetched, column_count, added, rows.builder, i, err);
    }
    if (status == INLAY_OK) {
        status = result_finish(&rows, out, err);
    } else {
        result_free(&rows);
    }
    array_view_close(&fetched);
    return status;
}

inlay_status hit_rows_stream(struct table_view *view, const struct row_place *first, size_t stride,
                             size_t count, const uint32_t *columns, size_t column_count,
                             const struct hit_columns *added, struct ArrowArrayStream *out,
                             inlay_error *err)
{
    uint32_t *wanted = mem_zalloc_array(column_count + 1, sizeof(*wanted));
    struct row_place *places = mem_zalloc_array(count + 1, sizeof(*places));
    struct batch batch;
    inlay_status status;
    size_t i;
    if (wanted == NULL || places == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    memcpy(wanted, columns, column_count * sizeof(*columns));
    wanted[column_count] = added->text_column;
    for (i = 0; i < count; i++) {
        memcpy(&places[i], (const char *)first + i * stride, sizeof(*places));
    }
    status = table_fetch(view, places, count, wanted, column_count + added->with_text, &batch, err);
    if (status == INLAY_OK) {
        status = make_rows(&batch, count, column_count, added, out, err);
        batch_release(&batch);
    }
cleanup:
    mem_free(places);
    mem_free(wanted);
    return status;
}

void inlay_filter_init(inlay_filter *filter)
{
    memset(filter, 0, sizeof(*filter));
    filter->struct_size = sizeof(*filter);
}

static struct id128 *copy_ids(const inlay_id *ids, size_t count)
{
    struct id128 *out = mem_zalloc_array(count + 1, sizeof(*out));
    size_t i;
    for (i = 0; out != NULL && i < count; i++) {
        out[i].hi = ids[i].hi;
        out[i].lo = ids[i].lo;
    }
    return out;
}

static inlay_status rows_by_ids(struct table_view *view, const inlay_filter *filter,
                                struct row_filter **out, inlay_error *err)
{
    struct id128 *allowed;
    struct id128 *excluded;
    inlay_status status;
    *out = NULL;
    if (filter->allowed == NULL && filter->excluded_count == 0) {
        return INLAY_OK;
    }
    allowed = filter->allowed != NULL ? copy_ids(filter->allowed, filter->allowed_count) : NULL;
    excluded = copy_ids(filter->excluded, filter->excluded_count);
    if ((filter->allowed != NULL && allowed == NULL) || excluded == NULL) {
        status = error_no_memory(err);
    } else {
        status = row_filter_by_ids(view, allowed, filter->allowed_count, excluded,
                                   filter->excluded_count, out, err);
    }
    mem_free(allowed);
    mem_free(excluded);
    return status;
}

static inlay_status rows_by_condition(inlay_table *table, struct table_view *view,
                                      const inlay_filter *filter, const struct cancel_token *cancel,
                                      const struct row_filter **out, inlay_error *err)
{
    struct sql_parameter *parameters = NULL;
    struct sql_engine *engine;
    inlay_status status;
    *out = NULL;
    if (filter->where == NULL) {
        return INLAY_OK;
    }
    INLAY_TRY(connection_engine(table->connection, &engine, err));
    INLAY_TRY(take_parameters(filter->parameters, filter->parameter_count, &parameters, err));
    status = sql_filter_rows_until(engine, table->name, view, filter->where, parameters,
                                   filter->parameter_count, cancel, out, err);
    mem_free(parameters);
    return status;
}

inlay_status filter_rows(inlay_table *table, struct table_view *view, const inlay_filter *filter,
                         const struct cancel_token *cancel, const struct row_filter **out,
                         inlay_error *err)
{
    struct row_filter *by_ids;
    inlay_status status;
    *out = NULL;
    if (filter == NULL) {
        return INLAY_OK;
    }
    INLAY_TRY(rows_by_ids(view, filter, &by_ids, err));
    status = rows_by_condition(table, view, filter, cancel, out, err);
    if (by_ids != NULL && status == INLAY_OK) {
        if (*out != NULL) {
            row_filter_intersect(by_ids, *out);
            row_filter_release(*out);
        }
        *out = by_ids;
    } else {
        row_filter_release(by_ids);
    }
    return status;
}
