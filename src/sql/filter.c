/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/filter.h"

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/error.h"
#include "sql/statement_priv.h"
#include "sql/table_relation.h"

#include <string.h>

#define CONDITION_MAX (1u << 20)

/* The statement sees the view under the table's name: whatever is committed meanwhile. */
static inlay_status pin_view(struct statement *statement, const char *name, struct table_view *view,
                             inlay_error *err)
{
    void *items = statement->pinned;
    struct pinned_relation entry = {mem_strdup(name), NULL};
    if (entry.name == NULL ||
        !mem_grow(&items, &statement->pinned_capacity, 1, sizeof(*statement->pinned))) {
        mem_free(entry.name);
        return error_no_memory(err);
    }
    statement->pinned = items;
    if (table_relation_create(table_view_retain(view), &entry.relation, err) != INLAY_OK) {
        mem_free(entry.name);
        return INLAY_NO_MEMORY;
    }
    statement->pinned[statement->pinned_count++] = entry;
    return INLAY_OK;
}

static inlay_status take_places(duckdb_result *result, struct row_filter *filter)
{
    duckdb_data_chunk chunk;
    while ((chunk = duckdb_fetch_chunk(*result)) != NULL) {
        const uint32_t *parts = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
        const uint32_t *rows = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 1));
        idx_t count = duckdb_data_chunk_get_size(chunk);
        idx_t i;
        for (i = 0; i < count; i++) {
            rowset_add(filter->allowed[parts[i]], rows[i]);
        }
        duckdb_destroy_data_chunk(&chunk);
    }
    return INLAY_OK;
}

static inlay_status run_filter(struct statement *statement, const char *text,
                               struct row_filter *filter, inlay_error *err)
{
    duckdb_result result;
    inlay_status status = INLAY_OK;
    memset(&result, 0, sizeof(result));
    if (duckdb_query(statement->connection, text, &result) != DuckDBSuccess) {
        status = sql_error(statement, duckdb_result_error(&result), NULL, err);
    } else {
        status = take_places(&result, filter);
    }
    duckdb_destroy_result(&result);
    return status;
}

static inlay_status filter_text(const char *name, const char *condition, struct buffer *text,
                                inlay_error *err)
{
    const char *at;
    buffer_printf(text, "SELECT \"" SCAN_PLACE_PART "\", \"" SCAN_PLACE_ROW "\" FROM inlay_scan('");
    for (at = name; *at != '\0'; at++) {
        buffer_append(text, at, 1);
        buffer_append(text, at, *at == '\'' ? 1 : 0);
    }
    buffer_printf(text, "', places := true) AS \"");
    for (at = name; *at != '\0'; at++) {
        buffer_append(text, at, 1);
        buffer_append(text, at, *at == '"' ? 1 : 0);
    }
    buffer_printf(text, "\" WHERE (");
    buffer_append(text, condition, strlen(condition));
    buffer_printf(text, "\n)");
    buffer_u8(text, 0);
    return buffer_status(text, err);
}

static inlay_status create_filter(const struct table_view *view, struct row_filter **out,
                                  inlay_error *err)
{
    size_t i;
    *out = mem_zalloc(sizeof(**out));
    if (*out == NULL) {
        return error_no_memory(err);
    }
    (*out)->count = view->list.count;
    (*out)->allowed = mem_zalloc_array((*out)->count, sizeof(struct rowset *));
    if ((*out)->allowed == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < (*out)->count; i++) {
        INLAY_TRY(rowset_create(&(*out)->allowed[i], err));
    }
    return INLAY_OK;
}

inlay_status sql_filter_rows(struct sql_engine *engine, const char *name, struct table_view *view,
                             const char *condition, const struct sql_parameter *parameters,
                             size_t parameter_count, const struct row_filter **out,
                             inlay_error *err)
{
    struct row_filter *filter = NULL;
    struct statement *statement = NULL;
    struct buffer text;
    inlay_status status;
    (void)parameters;
    *out = NULL;
    buffer_init(&text, CONDITION_MAX);
    if (parameter_count != 0) {
        return error_set(err, INLAY_UNSUPPORTED, "conditions take no parameters");
    }
    INLAY_TRY_GOTO(status, create_filter(view, &filter, err), cleanup);
    INLAY_TRY_GOTO(status, filter_text(name, condition, &text, err), cleanup);
    INLAY_TRY_GOTO(status, statement_begin(engine, &statement, err), cleanup);
    INLAY_TRY_GOTO(status, pin_view(statement, name, view, err), cleanup);
    INLAY_TRY_GOTO(status, run_filter(statement, (const char *)text.data, filter, err), cleanup);
    *out = filter;
    filter = NULL;
cleanup:
    statement_end(statement);
    buffer_free(&text);
    row_filter_release(filter);
    return status;
}
