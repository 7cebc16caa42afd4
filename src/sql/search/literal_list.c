/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/search/literal_list.h"

#include "base/buffer.h"
#include "base/error.h"
#include "sql/text_edit.h"
#include "sql/tree.h"

#include <string.h>
#include <strings.h>

#define LIST_TEXT_MAX REWRITTEN_MAX
#define PLACEHOLDER "\"inlay list\""

/* The engine's own text of a part of the statement: the part takes the place of a table's name in
 * a statement around it. */
static const char part_text[] =
    "SELECT json_deserialize_sql(replace(around, json_extract(around, $3::VARCHAR)::VARCHAR, "
    "json_extract(tree, $4::VARCHAR)::VARCHAR)::JSON) FROM (SELECT "
    "json_serialize_sql($1::VARCHAR)::VARCHAR AS tree, "
    "json_serialize_sql($2::VARCHAR)::VARCHAR AS around)";

/* ---- what may be one ---- */

static bool is_pure_function(const char *name)
{
    static const char *const names[] = {"unnest", "range", "generate_series"};
    size_t i;
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcasecmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* `top`: a name that one of its WITHs gives is no table. */
static bool reads_nothing(const struct json *value, const struct json *top)
{
    struct json_cursor cursor = {0};
    const struct json *member;
    const char *key;
    size_t i;
    for (i = 0; i < json_length(value); i++) {
        if (!reads_nothing(json_at(value, i), top)) {
            return false;
        }
    }
    if (value == NULL || json_kind_of(value) != JSON_KIND_OBJECT) {
        return true;
    }
    if (tree_is_type(value, "SHOW_REF") || tree_is_type(value, "PIVOT") ||
        json_has(value, "sample") ||
        (tree_is_type(value, "BASE_TABLE") &&
         !tree_has_with(top, tree_member(value, "table_name"))) ||
        (tree_is_type(value, "TABLE_FUNCTION") &&
         !is_pure_function(tree_member(json_find(value, "function"), "function_name")))) {
        return false;
    }
    while (json_next_member(value, &cursor, &key, &member)) {
        if (!reads_nothing(member, top)) {
            return false;
        }
    }
    return true;
}

bool literal_list_possible(const struct json *value)
{
    return reads_nothing(value, value);
}

/* ---- its text ---- */

static void put_columns(struct buffer *out, const struct json *names)
{
    size_t i;
    for (i = 0; i < json_length(names); i++) {
        const char *name = "";
        (void)json_as_string(json_at(names, i), "name", &name, NULL, NULL);
        buffer_printf(out, "%s", i != 0 ? ", " : "(");
        text_put_quoted(out, name, '"');
    }
    buffer_printf(out, "%s", json_length(names) != 0 ? ")" : "");
}

/* A name of a WITH has columns named there, and perhaps anew where it stands. */
static void put_around(struct buffer *out, const struct literal_source *source)
{
    if (source->with == NULL) {
        buffer_printf(out, "SELECT * FROM " PLACEHOLDER);
    } else {
        buffer_printf(out, "SELECT * FROM (SELECT * FROM (SELECT * FROM " PLACEHOLDER ") AS w");
        put_columns(out, json_find(source->with, "aliases"));
        buffer_printf(out, ") AS f");
        put_columns(out, json_find(source->from, "column_name_alias"));
    }
    buffer_u8(out, 0);
}

static inlay_status run(struct statement *statement, const char *text,
                        const struct sql_parameter *parameters, size_t count, duckdb_result *result,
                        bool *foreign, inlay_error *err)
{
    duckdb_prepared_statement prepared = NULL;
    const char *reason = NULL;
    inlay_status status = INLAY_OK;
    if (duckdb_prepare(statement->connection, text, &prepared) != DuckDBSuccess) {
        reason = duckdb_prepare_error(prepared);
    } else {
        status = sql_bind_parameters(prepared, parameters, count, err);
        if (status == INLAY_OK && duckdb_execute_prepared(prepared, result) != DuckDBSuccess) {
            reason = duckdb_result_error(result);
        }
    }
    if (reason != NULL) {
        *foreign = strncmp(reason, "Binder Error", 12) == 0;
        status = sql_error(statement, reason, NULL, err);
    }
    duckdb_destroy_prepare(&prepared);
    return status;
}

/* The first text of a result, in the arena. */
static inlay_status take_text(duckdb_result *result, struct arena *arena, const char **out,
                              inlay_error *err)
{
    char *text = duckdb_value_varchar(result, 0, 0);
    *out = text != NULL ? arena_strdup(arena, text) : NULL;
    duckdb_free(text);
    return *out != NULL ? INLAY_OK : error_no_memory(err);
}

static struct sql_parameter text_parameter(const char *text)
{
    struct sql_parameter parameter = {NULL, SQL_PARAMETER_TEXT, 0, 0, text, strlen(text)};
    return parameter;
}

static inlay_status part_of(struct statement *statement, struct arena *arena,
                            const struct literal_source *source, const char **out, inlay_error *err)
{
    struct sql_parameter parameters[4];
    struct buffer around;
    duckdb_result result;
    inlay_status status;
    bool foreign = false;
    memset(&result, 0, sizeof(result));
    buffer_init(&around, LIST_TEXT_MAX);
    put_around(&around, source);
    INLAY_TRY_GOTO(status, buffer_status(&around, err), cleanup);
    parameters[0] = text_parameter(source->text);
    parameters[1] = text_parameter((const char *)around.data);
    parameters[2] = text_parameter(
        source->with == NULL ? "/statements/0/node/from_table"
                             : "/statements/0/node/from_table/subquery/node/from_table/subquery");
    parameters[3] = text_parameter(source->pointer);
    INLAY_TRY_GOTO(status, run(statement, part_text, parameters, 4, &result, &foreign, err),
                   cleanup);
    status = take_text(&result, arena, out, err);
cleanup:
    duckdb_destroy_result(&result);
    buffer_free(&around);
    return status;
}

/* All parameters of the statement are named, since they are all bound. */
static void put_reading(struct buffer *out, const struct literal_source *source, const char *part)
{
    size_t i;
    for (i = 0; i < source->parameter_count; i++) {
        buffer_printf(out, "%s$", i == 0 ? "WITH \"inlay parameters\" AS (SELECT " : ", ");
        if (source->parameters[i].name != NULL) {
            buffer_printf(out, "%s", source->parameters[i].name);
        } else {
            buffer_printf(out, "%zu", i + 1);
        }
    }
    buffer_printf(out,
                  "%sSELECT COLUMNS(*)::VARCHAR, typeof(COLUMNS(*)) FROM (%s) AS " PLACEHOLDER
                  " LIMIT %d",
                  source->parameter_count != 0 ? ") " : "", part, LITERAL_ROWS_MAX + 1);
    buffer_u8(out, 0);
}

/* ---- its rows ---- */

static bool take_value(duckdb_data_chunk chunk, idx_t column, idx_t row, struct arena *arena,
                       struct literal *out)
{
    duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, column);
    uint64_t *mask = duckdb_vector_get_validity(vector);
    duckdb_string_t *text = (duckdb_string_t *)duckdb_vector_get_data(vector) + row;
    if (mask != NULL && !duckdb_validity_row_is_valid(mask, row)) {
        return true;
    }
    out->length = duckdb_string_t_length(*text);
    out->text = arena_strndup(arena, duckdb_string_t_data(text), out->length);
    return out->text != NULL;
}

static bool take_chunk(duckdb_data_chunk chunk, struct arena *arena, struct literal_rows *rows)
{
    const idx_t count = duckdb_data_chunk_get_size(chunk);
    idx_t row;
    size_t column;
    for (row = 0; row < count && rows->rows <= LITERAL_ROWS_MAX; row++) {
        struct literal *values = rows->values + rows->rows * rows->columns;
        for (column = 0; column < rows->columns; column++) {
            struct literal type = {NULL, 0};
            if (!take_value(chunk, column, row, arena, &values[column]) ||
                (rows->rows == 0 &&
                 !take_value(chunk, rows->columns + column, row, arena, &type))) {
                return false;
            }
            if (rows->rows == 0) {
                rows->types[column] = type.text;
            }
        }
        rows->rows++;
    }
    return true;
}

static inlay_status take_rows(duckdb_result *result, struct arena *arena, struct literal_rows **out,
                              inlay_error *err)
{
    struct literal_rows *rows = arena_zalloc(arena, sizeof(*rows));
    const size_t columns = (size_t)duckdb_column_count(result) / 2;
    duckdb_data_chunk chunk;
    bool taken = rows != NULL;
    size_t i;
    if (taken) {
        rows->columns = columns;
        rows->names = arena_zalloc_array(arena, columns, sizeof(*rows->names));
        rows->types = arena_zalloc_array(arena, columns, sizeof(*rows->types));
        rows->values =
            arena_zalloc_array(arena, (LITERAL_ROWS_MAX + 1) * columns, sizeof(*rows->values));
        taken = rows->names != NULL && rows->types != NULL && rows->values != NULL;
    }
    for (i = 0; i < columns && taken; i++) {
        rows->names[i] = arena_strdup(arena, duckdb_column_name(result, i));
        taken = rows->names[i] != NULL;
    }
    while (taken && (chunk = duckdb_fetch_chunk(*result)) != NULL) {
        taken = take_chunk(chunk, arena, rows);
        duckdb_destroy_data_chunk(&chunk);
    }
    *out = taken ? rows : NULL;
    return taken ? INLAY_OK : error_no_memory(err);
}

static inlay_status check_values(const struct literal_rows *rows, inlay_error *err)
{
    size_t i;
    for (i = 0; i < rows->rows * rows->columns; i++) {
        if (rows->values[i].text != NULL &&
            memchr(rows->values[i].text, 0, rows->values[i].length) != NULL) {
            return error_set(err, INLAY_QUERY,
                             "row %zu of the list that a search takes its arguments from has a NUL "
                             "byte",
                             i / rows->columns + 1);
        }
    }
    return INLAY_OK;
}

inlay_status literal_list_read(struct statement *statement, struct arena *arena,
                               const struct literal_source *source, struct literal_rows **out,
                               inlay_error *err)
{
    struct buffer text;
    const char *part = NULL;
    duckdb_result result;
    inlay_status status;
    bool foreign = false;
    *out = NULL;
    memset(&result, 0, sizeof(result));
    buffer_init(&text, LIST_TEXT_MAX);
    INLAY_TRY_GOTO(status, part_of(statement, arena, source, &part, err), cleanup);
    put_reading(&text, source, part);
    INLAY_TRY_GOTO(status, buffer_status(&text, err), cleanup);
    status = run(statement, (const char *)text.data, source->parameters, source->parameter_count,
                 &result, &foreign, err);
    if (status == INLAY_OK) {
        status = take_rows(&result, arena, out, err);
    } else if (status == INLAY_QUERY && foreign) {
        status = INLAY_OK;
    }
    if (status == INLAY_OK && *out != NULL) {
        status = check_values(*out, err);
    }
cleanup:
    duckdb_destroy_result(&result);
    buffer_free(&text);
    return status;
}

ptrdiff_t literal_list_column(const struct literal_rows *rows, const char *name)
{
    size_t i;
    for (i = 0; i < rows->columns; i++) {
        if (strcasecmp(rows->names[i], name) == 0) {
            return (ptrdiff_t)i;
        }
    }
    return -1;
}
