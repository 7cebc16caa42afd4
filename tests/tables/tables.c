/* SPDX-License-Identifier: Apache-2.0 */
#include "tables/tables.h"

#include "api/handles.h"
#include "base/error.h"
#include "columnar/stream.h"

#include <stdio.h>
#include <stdlib.h>

inlay_status tables_connect(struct provider *provider, const struct env *env,
                            inlay_connection **out, inlay_error *err)
{
    const struct connection_option strong = {"consistency", "strong"};
    struct connection *inner = NULL;
    inlay_connect_options options;
    inlay_status status = connection_open_on(provider, true, &strong, 1, env, &inner, err);
    *out = NULL;
    if (status != INLAY_OK) {
        provider_close(provider);
        return status;
    }
    inlay_connect_options_init(&options);
    options.threads = 2;
    return connection_wrap(inner, &options, out, err);
}

static void make_schema(struct schema *schema)
{
    memset(schema, 0, sizeof(*schema));
    assert_non_null(schema_add(schema, "key", COLUMN_INT64, false));
    assert_non_null(schema_add(schema, "body", COLUMN_UTF8, true));
}

inlay_status tables_create(inlay_connection *connection, const char *name, inlay_table **out,
                           inlay_error *err)
{
    inlay_text_index index;
    inlay_table_options options;
    struct schema schema = {NULL, 0};
    struct ArrowSchema arrow = {0};
    inlay_status status;
    inlay_text_index_init(&index);
    index.column = "body";
    inlay_table_options_init(&options);
    options.text_indexes = &index;
    options.text_index_count = 1;
    make_schema(&schema);
    status = schema_to_arrow(&schema, &arrow, err);
    if (status == INLAY_OK) {
        status = inlay_create_table(connection, name, &arrow, &options, out, err);
        arrow.release(&arrow);
    }
    schema_free(&schema);
    return status;
}

static void make_batch(const struct schema *schema, const struct table_row *rows, size_t count,
                       struct batch *out)
{
    struct builder *builder = NULL;
    struct ArrowArray array;
    size_t i;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(builder_new_batch(schema, UINT64_MAX, &builder, &err), err);
    for (i = 0; i < count; i++) {
        struct builder *body = builder_child(builder, 1);
        assert_ok(builder_int(builder_child(builder, 0), rows[i].key, &err), err);
        if (rows[i].body == NULL) {
            assert_ok(builder_null(body, &err), err);
        } else {
            assert_ok(builder_bytes_value(body, rows[i].body, strlen(rows[i].body), &err), err);
        }
        assert_ok(builder_close_row(builder, &err), err);
    }
    assert_ok(builder_finish(builder, &array, &err), err);
    builder_free(builder);
    assert_ok(batch_from_array(schema, &array, ARRAY_CHECK_FULL, INLAY_INVALID_ARGUMENT, out, &err),
              err);
}

void tables_stream(const struct table_row *rows, size_t count, size_t batch_rows,
                   struct ArrowArrayStream *out)
{
    size_t step = batch_rows != 0 ? batch_rows : count + 1;
    size_t batches = (count + step - 1) / step;
    struct batch *made = calloc(batches + 1, sizeof(*made));
    struct schema schema;
    size_t i;
    inlay_error err;
    inlay_error_init(&err);
    assert_non_null(made);
    make_schema(&schema);
    for (i = 0; i < batches; i++) {
        size_t left = count - i * step;
        make_batch(&schema, rows + i * step, left < step ? left : step, &made[i]);
    }
    assert_ok(stream_of_batches(&schema, made, batches, out, &err), err);
    schema_free(&schema);
    free(made);
}

inlay_status tables_append(inlay_table *table, const struct table_row *rows, size_t count,
                           size_t batch_rows, const inlay_append_options *options,
                           inlay_append_result *result, inlay_error *err)
{
    struct ArrowArrayStream stream;
    inlay_status status;
    tables_stream(rows, count, batch_rows, &stream);
    status = inlay_table_append(table, &stream, options, result, err);
    assert_null(stream.release);
    return status;
}

/* What the stream itself reported: its errno tells less. */
static inlay_status own_status(const struct ArrowArrayStream *stream, inlay_status status,
                               inlay_error *err)
{
    const inlay_error *own = stream_last_error(stream);
    if (status == INLAY_OK || own == NULL) {
        return status;
    }
    if (err != NULL) {
        *err = *own;
    }
    return own->status;
}

inlay_status tables_each_row(struct ArrowArrayStream *stream, tables_visit visit, void *context,
                             inlay_error *err)
{
    struct schema schema = {NULL, 0};
    bool end = false;
    inlay_status status = own_status(stream, stream_read_schema(stream, &schema, err), err);
    while (status == INLAY_OK) {
        struct array_view view;
        struct batch batch;
        int64_t row;
        status = own_status(stream, stream_read_batch(stream, &schema, &batch, &end, err), err);
        if (status != INLAY_OK || end) {
            break;
        }
        status = array_view_open_batch(&schema, &batch.array, ARRAY_CHECK_FULL, INLAY_INTERNAL,
                                       &view, err);
        if (status == INLAY_OK) {
            for (row = 0; row < batch.array.length; row++) {
                visit(context, &view, row);
            }
            array_view_close(&view);
        }
        batch_release(&batch);
    }
    schema_free(&schema);
    stream->release(stream);
    return status;
}

static inlay_id read_id(const struct array_view *column, int64_t row)
{
    const uint8_t *value = array_view_fixed(column, row);
    inlay_id id = {load_u64(value + 8), load_u64(value)};
    return id;
}

struct hit_reader {
    struct table_hit_seen *hits;
    size_t count;
    size_t room;
};

static void visit_hit(void *context, const struct array_view *batch, int64_t row)
{
    struct hit_reader *reader = context;
    struct table_hit_seen *hit = &reader->hits[reader->count++];
    float score = (float)array_view_float(&batch->children[2], row);
    assert_true(reader->count <= reader->room);
    hit->id = read_id(&batch->children[0], row);
    hit->key = array_view_int(&batch->children[1], row);
    memcpy(&hit->score_bits, &score, sizeof(score));
}

inlay_status tables_search(inlay_table *table, const char *query,
                           const inlay_search_options *options, struct table_hit_seen *hits,
                           size_t *count, inlay_error *err)
{
    static const char *const columns[] = {"_id", "key"};
    struct hit_reader reader = {hits, 0, 0};
    struct ArrowArrayStream stream;
    inlay_search_options chosen;
    inlay_status status;
    inlay_search_options_init(&chosen);
    if (options != NULL) {
        chosen = *options;
    }
    chosen.columns = columns;
    chosen.column_count = 2;
    reader.room = (size_t)chosen.k;
    status = inlay_bm25_search(table, "body", query, &chosen, &stream, NULL, err);
    if (status == INLAY_OK) {
        status = tables_each_row(&stream, visit_hit, &reader, err);
    }
    *count = reader.count;
    return status;
}

struct value_reader {
    int64_t *values;
    size_t count;
    bool seen;
};

static void visit_values(void *context, const struct array_view *batch, int64_t row)
{
    struct value_reader *reader = context;
    size_t i;
    for (i = 0; !reader->seen && i < reader->count && i < batch->child_count; i++) {
        assert_true(column_type_is_integer(batch->children[i].field->type));
        if (!array_view_is_null(&batch->children[i], row)) {
            reader->values[i] = array_view_int(&batch->children[i], row);
        }
    }
    reader->seen = true;
}

inlay_status tables_sql(inlay_connection *connection, const char *sql, int64_t *values,
                        size_t count, inlay_error *err)
{
    struct value_reader reader = {values, count, false};
    struct ArrowArrayStream stream;
    size_t i;
    for (i = 0; i < count; i++) {
        values[i] = INT64_MIN;
    }
    INLAY_TRY(inlay_query_sql(connection, sql, NULL, 0, NULL, &stream, NULL, err));
    return tables_each_row(&stream, visit_values, &reader, err);
}

static void visit_row(void *context, const struct array_view *batch, int64_t row)
{
    struct table_rows *out = context;
    struct table_row *to;
    if ((out->count & (out->count - 1)) == 0) { /* grow by doubling */
        size_t room = out->count != 0 ? 2 * out->count : 1;
        out->rows = realloc(out->rows, room * sizeof(*out->rows));
        out->ids = realloc(out->ids, room * sizeof(*out->ids));
        assert_true(out->rows != NULL && out->ids != NULL);
    }
    out->ids[out->count] = read_id(&batch->children[0], row);
    to = &out->rows[out->count++];
    to->key = array_view_int(&batch->children[1], row);
    to->body = NULL;
    if (!array_view_is_null(&batch->children[2], row)) {
        struct byte_view text = array_view_bytes(&batch->children[2], row);
        /* Not strndup: the value is not terminated, which strict string checks object to. */
        char *body = calloc((size_t)text.length + 1, 1);
        assert_non_null(body);
        memcpy(body, text.data, (size_t)text.length);
        to->body = body;
    }
}

void table_rows_free(struct table_rows *rows)
{
    size_t i;
    for (i = 0; i < rows->count; i++) {
        free((void *)(uintptr_t)rows->rows[i].body);
    }
    free(rows->rows);
    free(rows->ids);
    memset(rows, 0, sizeof(*rows));
}

inlay_status tables_scan(inlay_connection *connection, const char *name, const char *tail,
                         struct table_rows *out, inlay_error *err)
{
    struct ArrowArrayStream stream;
    char sql[512];
    memset(out, 0, sizeof(*out));
    (void)snprintf(sql, sizeof(sql), "SELECT _id, key, body FROM %s %s", name, tail);
    INLAY_TRY(inlay_query_sql(connection, sql, NULL, 0, NULL, &stream, NULL, err));
    return tables_each_row(&stream, visit_row, out, err);
}

inlay_status tables_get(inlay_table *table, const inlay_id *ids, size_t count,
                        struct table_rows *out, inlay_error *err)
{
    static const char *const columns[] = {"_id", "key", "body"};
    struct ArrowArrayStream stream;
    memset(out, 0, sizeof(*out));
    INLAY_TRY(inlay_table_get(table, ids, count, columns, 3, &stream, NULL, err));
    return tables_each_row(&stream, visit_row, out, err);
}

uint64_t tables_scale(void)
{
    const char *text = getenv("INLAY_TEST_SCALE");
    long scale = text != NULL ? strtol(text, NULL, 10) : 1;
    return scale > 1 ? (uint64_t)scale : 1;
}
