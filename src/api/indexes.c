/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handles.h"
#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

static inlay_status indexes_schema(struct schema *schema, inlay_error *err)
{
    memset(schema, 0, sizeof(*schema));
    if (schema_add(schema, "column", COLUMN_UTF8, false) == NULL ||
        schema_add(schema, "kind", COLUMN_UTF8, false) == NULL ||
        schema_add(schema, "detail", COLUMN_UTF8, false) == NULL) {
        schema_free(schema);
        return error_no_memory(err);
    }
    return INLAY_OK;
}

static inlay_status add_index(struct result_rows *rows, const char *column, const char *kind,
                              const struct buffer *detail, inlay_error *err)
{
    INLAY_TRY(buffer_status(detail, err));
    INLAY_TRY(result_text(rows, 0, column, err));
    INLAY_TRY(result_text(rows, 1, kind, err));
    INLAY_TRY(builder_bytes_value(builder_child(rows->builder, 2), detail->data, detail->len, err));
    return builder_close_row(rows->builder, err);
}

static const char *analyzer_name(enum analyzer_kind kind)
{
    static const char *const names[] = {"", "standard", "ascii", "whitespace", "keyword", "code"};
    return (size_t)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "";
}

/* "standard, english, stop words, no positions" */
static void describe_text(const struct typed_text_index *index, struct buffer *out)
{
    buffer_printf(out, "%s", analyzer_name(index->config.kind));
    if (index->config.stemmer[0] != '\0') {
        buffer_printf(out, ", %s", index->config.stemmer);
    }
    if (index->config.stop_word_count != 0) {
        buffer_printf(out, ", stop words");
    }
    if (!index->positions) {
        buffer_printf(out, ", no positions");
    }
}

static inlay_status add_texts(const struct typed_table *table, struct result_rows *rows,
                              struct buffer *detail, inlay_error *err)
{
    size_t count;
    size_t i;
    const struct typed_text_index *texts = typed_table_texts(table, &count);
    for (i = 0; i < count; i++) {
        buffer_clear(detail);
        describe_text(&texts[i], detail);
        INLAY_TRY(add_index(rows, texts[i].column, "text", detail, err));
    }
    return INLAY_OK;
}

/* "cosine, 384 dimensions" */
static inlay_status add_vectors(const struct typed_table *table, struct result_rows *rows,
                                struct buffer *detail, inlay_error *err)
{
    const struct schema *columns = typed_table_columns(table);
    size_t count;
    size_t i;
    const struct typed_vector_index *vectors = typed_table_vectors(table, &count);
    for (i = 0; i < count; i++) {
        ptrdiff_t at = schema_find(columns, vectors[i].column);
        buffer_clear(detail);
        buffer_printf(detail, "%s, %d dimensions", vector_metric_name(vectors[i].metric),
                      at >= 0 ? (int)columns->fields[at].width : 0);
        if (vectors[i].code_bits != 4) {
            buffer_printf(detail, ", codes of %u bits", vectors[i].code_bits);
        }
        INLAY_TRY(add_index(rows, vectors[i].column, "vector", detail, err));
    }
    return INLAY_OK;
}

inlay_status inlay_table_indexes(inlay_table *table, struct ArrowArrayStream *out, inlay_error *err)
{
    struct result_rows rows;
    struct schema schema;
    struct buffer detail;
    inlay_status status;
    INLAY_TRY(check_argument(out, "out", err));
    memset(out, 0, sizeof(*out));
    INLAY_TRY(check_argument(table, "the table", err));
    INLAY_TRY(indexes_schema(&schema, err));
    INLAY_TRY(result_begin(&rows, &schema, err));
    buffer_init(&detail, SIZE_MAX);
    status = add_texts(table->typed, &rows, &detail, err);
    if (status == INLAY_OK) {
        status = add_vectors(table->typed, &rows, &detail, err);
    }
    buffer_free(&detail);
    if (status != INLAY_OK) {
        result_free(&rows);
        return status;
    }
    return result_finish(&rows, out, err);
}
