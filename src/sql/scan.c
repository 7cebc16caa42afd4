/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inlay_scan(name): the table function that reads a relation, and the replacement scan that turns
 * an unknown table name into a call of it. Projection is pushed down; every engine thread has a
 * worker of its own. A worker's vectors stay alive until its next call: the engine copies what it
 * keeps longer (hash tables, sorts, result buffers), so strings need no copy here.
 *
 * inlay_scan_coded(name, columns) gives the same and, behind it, a column "<name> (code)" for each
 * of these text columns: an ENUM of its values. Grouping statements are led to it (grouping.h).
 */
#include "base/alloc.h"
#include "base/error.h"
#include "sql/fill.h"
#include "sql/grouping.h"
#include "sql/statement_priv.h"
#include "sql/types.h"

#include <string.h>

struct coded_column {
    size_t column;                    /* of the schema */
    const struct text_values *values; /* borrowed from the statement */
};

struct scan_bind {
    struct statement *statement; /* one reference */
    struct relation *relation;   /* borrowed from the statement */
    struct coded_column coded[CODED_COLUMNS_MAX];
    size_t coded_count;
    bool places; /* two columns more */
};

struct scan_state {
    struct statement *statement; /* one reference */
    struct relation_scan *scan;
    struct relation *relation;
    size_t column_count; /* of the scan */
    idx_t output_count;  /* of the chunk */
    size_t *source_of;   /* output column -> scanned column; SIZE_MAX = a row marker */
    const struct text_values **values_of; /* output column -> of what it gives codes; NULL = none */
};

static void scan_bind_free(void *data)
{
    struct scan_bind *bind = data;
    if (bind != NULL) {
        statement_release(bind->statement);
        mem_free(bind);
    }
}

void scan_bind_fail(duckdb_bind_info info, struct statement *statement, const inlay_error *err)
{
    if (statement != NULL) {
        statement_fail(statement, err);
    }
    duckdb_bind_set_error(info, err->message);
}

static inlay_status bind_columns(duckdb_bind_info info, const struct schema *schema,
                                 inlay_error *err)
{
    size_t i;
    for (i = 0; i < schema->count; i++) {
        duckdb_logical_type type;
        INLAY_TRY(sql_type_of(&schema->fields[i], &type, err));
        duckdb_bind_add_result_column(info, schema->fields[i].name, type);
        duckdb_destroy_logical_type(&type);
    }
    return INLAY_OK;
}

struct statement *scan_bind_statement(duckdb_bind_info info, struct sql_engine *engine)
{
    duckdb_client_context context = NULL;
    struct statement *statement;
    duckdb_table_function_get_client_context(info, &context);
    statement = statement_of(engine, duckdb_client_context_get_connection_id(context));
    duckdb_destroy_client_context(&context);
    return statement;
}

/* Freed with duckdb_free; NULL when the value is none. The engine throws when asked for a null's.
 */
char *scan_text_of(duckdb_value value)
{
    return duckdb_is_null_value(value) ? NULL : duckdb_get_varchar(value);
}

static inlay_status coded_type(const struct text_values *values, duckdb_logical_type *out,
                               inlay_error *err)
{
    const char **texts = mem_alloc_array(values->count, sizeof(*texts));
    size_t i;
    if (texts == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < values->count; i++) {
        texts[i] = values->texts[i];
    }
    *out = duckdb_create_enum_type(texts, values->count);
    mem_free(texts);
    return *out != NULL ? INLAY_OK : error_no_memory(err);
}

static inlay_status bind_coded(duckdb_bind_info info, struct scan_bind *bind, const char *column,
                               inlay_error *err)
{
    const struct schema *schema = bind->relation->ops->schema(bind->relation);
    ptrdiff_t found = schema_find(schema, column);
    struct coded_column *coded = &bind->coded[bind->coded_count];
    char name[CODE_NAME_SIZE];
    duckdb_logical_type type;
    if (found < 0 || bind->coded_count == CODED_COLUMNS_MAX ||
        !grouping_code_name(schema, (size_t)found, name)) {
        return error_set(err, INLAY_QUERY, "column \"%s\" cannot be scanned as codes", column);
    }
    coded->column = (size_t)found;
    INLAY_TRY(
        statement_text_values(bind->statement, bind->relation, coded->column, &coded->values, err));
    if (coded->values == NULL || coded->values->count == 0) {
        return error_set(err, INLAY_QUERY, "column \"%s\" has no codes", column);
    }
    INLAY_TRY(coded_type(coded->values, &type, err));
    duckdb_bind_add_result_column(info, name, type);
    duckdb_destroy_logical_type(&type);
    bind->coded_count++;
    return INLAY_OK;
}

static inlay_status bind_coded_columns(duckdb_bind_info info, struct scan_bind *bind,
                                       inlay_error *err)
{
    duckdb_value list = duckdb_bind_get_parameter(info, 1);
    inlay_status status = INLAY_OK;
    idx_t i;
    idx_t count = duckdb_is_null_value(list) ? 0 : duckdb_get_list_size(list);
    for (i = 0; i < count && status == INLAY_OK; i++) {
        duckdb_value item = duckdb_get_list_child(list, i);
        char *column = scan_text_of(item);
        status = column != NULL ? bind_coded(info, bind, column, err)
                                : error_set(err, INLAY_QUERY, "a column's name is NULL");
        duckdb_free(column);
        duckdb_destroy_value(&item);
    }
    duckdb_destroy_value(&list);
    return status;
}

static bool named_flag(duckdb_bind_info info, const char *name)
{
    duckdb_value value = duckdb_bind_get_named_parameter(info, name);
    bool set = value != NULL && !duckdb_is_null_value(value) && duckdb_get_bool(value);
    duckdb_destroy_value(&value);
    return set;
}

static void bind_places(duckdb_bind_info info)
{
    duckdb_logical_type number = duckdb_create_logical_type(DUCKDB_TYPE_UINTEGER);
    duckdb_bind_add_result_column(info, SCAN_PLACE_PART, number);
    duckdb_bind_add_result_column(info, SCAN_PLACE_ROW, number);
    duckdb_destroy_logical_type(&number);
}

static void scan_bind(duckdb_bind_info info)
{
    struct statement *statement = scan_bind_statement(info, duckdb_bind_get_extra_info(info));
    duckdb_value parameter = duckdb_bind_get_parameter(info, 0);
    char *name = scan_text_of(parameter);
    struct scan_bind *bind = mem_zalloc(sizeof(*bind));
    inlay_status status;
    inlay_error err;
    inlay_error_init(&err);
    if (statement == NULL || name == NULL || bind == NULL) {
        status = error_set(&err, INLAY_QUERY, "inlay_scan needs a table name");
        goto cleanup;
    }
    bind->statement = statement_retain(statement);
    INLAY_TRY_GOTO(status, statement_relation(statement, name, &bind->relation, &err), cleanup);
    INLAY_TRY_GOTO(status, bind_columns(info, bind->relation->ops->schema(bind->relation), &err),
                   cleanup);
    if (duckdb_bind_get_parameter_count(info) == 2) {
        INLAY_TRY_GOTO(status, bind_coded_columns(info, bind, &err), cleanup);
    }
    bind->places = named_flag(info, "places");
    if (bind->places) {
        bind_places(info);
    }
    duckdb_bind_set_cardinality(info, bind->relation->ops->row_count(bind->relation), true);
    duckdb_bind_set_bind_data(info, bind, scan_bind_free);
    bind = NULL;
cleanup:
    if (status != INLAY_OK) {
        scan_bind_fail(info, statement, &err);
    }
    scan_bind_free(bind);
    duckdb_free(name);
    duckdb_destroy_value(&parameter);
}

static void scan_state_free(void *data)
{
    struct scan_state *state = data;
    if (state != NULL) {
        if (state->scan != NULL) {
            state->relation->ops->scan_close(state->scan);
        }
        statement_release(state->statement);
        mem_free(state->source_of);
        mem_free(state->values_of);
        mem_free(state);
    }
}

/* The place of a relation's column among those that are scanned, where it is put at its first use.
 */
static size_t scanned_place(size_t column, size_t *columns, size_t *count)
{
    size_t i;
    for (i = 0; i < *count; i++) {
        if (columns[i] == column) {
            return i;
        }
    }
    columns[*count] = column;
    return (*count)++;
}

/* Which of the relation's columns the plan wants. Anything beyond the result's columns is the
 * engine's row marker, as in count(*): it needs rows, not values. */
static size_t projected_columns(duckdb_init_info info, struct scan_state *state,
                                const struct scan_bind *bind, size_t *columns)
{
    const size_t plain = bind->relation->ops->schema(bind->relation)->count;
    size_t count = 0;
    idx_t i;
    for (i = 0; i < state->output_count; i++) {
        idx_t column = duckdb_init_get_column_index(info, i);
        state->source_of[i] = SIZE_MAX;
        if (column < plain) {
            state->source_of[i] = scanned_place((size_t)column, columns, &count);
        } else if (column - plain < bind->coded_count) {
            const struct coded_column *coded = &bind->coded[column - plain];
            state->source_of[i] = scanned_place(coded->column, columns, &count);
            state->values_of[i] = coded->values;
        } else if (bind->places && column - plain - bind->coded_count < RELATION_PLACES) {
            state->source_of[i] =
                scanned_place((size_t)(column - bind->coded_count), columns, &count);
        }
    }
    return count;
}

static inlay_status scan_start(duckdb_init_info info, struct scan_state *state, inlay_error *err)
{
    const struct scan_bind *bind = duckdb_init_get_bind_data(info);
    struct scan_request request = {0};
    size_t *columns;
    inlay_status status;
    state->statement = statement_retain(bind->statement);
    state->relation = bind->relation;
    state->output_count = duckdb_init_get_column_count(info);
    state->source_of = mem_alloc_array((size_t)state->output_count, sizeof(*state->source_of));
    state->values_of = mem_zalloc_array((size_t)state->output_count, sizeof(*state->values_of));
    columns = mem_alloc_array((size_t)state->output_count, sizeof(*columns));
    if (state->source_of == NULL || state->values_of == NULL || columns == NULL) {
        mem_free(columns);
        return error_no_memory(err);
    }
    state->column_count = projected_columns(info, state, bind, columns);
    request.columns = columns;
    request.count = state->column_count;
    request.predicate = statement_hint(bind->statement, bind->relation);
    request.exact = statement_is_exact(bind->statement, bind->relation);
    if (request.exact || !bind->statement->top_of_where) {
        request.top = bind->statement->top;
    }
    request.cancel = statement_token(bind->statement);
    request.account = &bind->statement->account;
    status = bind->relation->ops->scan_open(bind->relation, &request, &state->scan, err);
    mem_free(columns);
    return status;
}

static void scan_init(duckdb_init_info info)
{
    const struct scan_bind *bind = duckdb_init_get_bind_data(info);
    struct scan_state *state = mem_zalloc(sizeof(*state));
    inlay_status status;
    inlay_error err;
    inlay_error_init(&err);
    status = state != NULL ? scan_start(info, state, &err) : error_no_memory(&err);
    if (status != INLAY_OK) {
        scan_state_free(state);
        statement_fail(bind->statement, &err);
        duckdb_init_set_error(info, err.message);
        return;
    }
    duckdb_init_set_max_threads(info, state->relation->ops->scan_parallelism(state->scan));
    duckdb_init_set_init_data(info, state, scan_state_free);
}

/* One per engine thread; opens its worker at the first call, where an error can be reported. */
struct scan_local {
    struct statement *statement; /* one reference; NULL: there is no worker yet */
    struct relation *relation;
    struct relation_worker *worker;
    struct text_coder *coders; /* owned; one per output column */
    idx_t coder_count;
};

static void scan_local_free(void *data)
{
    struct scan_local *local = data;
    idx_t i;
    for (i = 0; i < local->coder_count; i++) {
        text_coder_free(&local->coders[i]);
    }
    mem_free(local->coders);
    if (local->worker != NULL) {
        local->relation->ops->worker_close(local->worker);
    }
    statement_release(local->statement);
    mem_free(local);
}

static void scan_local_init(duckdb_init_info info)
{
    struct scan_local *local = mem_zalloc(sizeof(*local));
    if (local == NULL) {
        duckdb_init_set_error(info, "out of memory");
        return;
    }
    duckdb_init_set_init_data(info, local, scan_local_free);
}

static inlay_status worker_start(struct scan_state *state, struct scan_local *local,
                                 inlay_error *err)
{
    idx_t i;
    if (local->statement == NULL) {
        local->statement = statement_retain(state->statement);
    }
    local->relation = state->relation;
    mem_free(local->coders);
    local->coder_count = 0;
    local->coders = mem_zalloc_array((size_t)state->output_count, sizeof(*local->coders));
    if (local->coders == NULL) {
        return error_no_memory(err);
    }
    local->coder_count = state->output_count;
    for (i = 0; i < state->output_count; i++) {
        local->coders[i].values = state->values_of[i];
    }
    return state->relation->ops->worker_open(state->scan, &local->worker, err);
}

/* The vectors as they are, seen through a selection: nothing is copied. */
static inlay_status pick_rows(const struct scan_state *state, const struct relation_rows *rows,
                              duckdb_data_chunk output, inlay_error *err)
{
    duckdb_selection_vector selection = duckdb_create_selection_vector(rows->pick_count);
    idx_t i;
    if (selection == NULL) {
        return error_no_memory(err);
    }
    memcpy(duckdb_selection_vector_get_data_ptr(selection), rows->picks,
           (size_t)rows->pick_count * sizeof(*rows->picks));
    for (i = 0; i < state->output_count; i++) {
        if (state->source_of[i] != SIZE_MAX) {
            duckdb_slice_vector(duckdb_data_chunk_get_vector(output, i), selection,
                                rows->pick_count);
        }
    }
    duckdb_destroy_selection_vector(selection);
    return INLAY_OK;
}

static inlay_status scan_chunk(struct scan_state *state, struct scan_local *local,
                               duckdb_data_chunk output, inlay_error *err)
{
    struct relation_rows rows = {.count = 0};
    idx_t i;
    if (local->worker == NULL) {
        INLAY_TRY(worker_start(state, local, err));
    }
    INLAY_TRY(local->relation->ops->worker_next(local->worker, &rows, err));
    for (i = 0; i < state->output_count && rows.count != 0; i++) {
        duckdb_vector target = duckdb_data_chunk_get_vector(output, i);
        size_t place = state->source_of[i];
        if (state->values_of[i] != NULL) {
            INLAY_TRY(
                sql_fill_codes(&local->coders[i], &rows.vectors[place], rows.count, target, err));
        } else if (place != SIZE_MAX) {
            INLAY_TRY(sql_fill_vector(&rows.vectors[place], rows.count, target, err));
        }
    }
    if (rows.picks != NULL) {
        INLAY_TRY(pick_rows(state, &rows, output, err));
    }
    duckdb_data_chunk_set_size(output, rows.picks != NULL ? rows.pick_count : rows.count);
    return INLAY_OK;
}

static void scan_function(duckdb_function_info info, duckdb_data_chunk output)
{
    struct scan_state *state = duckdb_function_get_init_data(info);
    struct scan_local *local = duckdb_function_get_local_init_data(info);
    inlay_error err;
    inlay_error_init(&err);
    if (scan_chunk(state, local, output, &err) != INLAY_OK) {
        statement_fail(state->statement, &err);
        duckdb_data_chunk_set_size(output, 0);
        duckdb_function_set_error(info, err.message);
    }
}

static void replace_table(duckdb_replacement_scan_info info, const char *table_name, void *data)
{
    duckdb_value parameter;
    (void)data;
    duckdb_replacement_scan_set_function_name(info, "inlay_scan");
    parameter = duckdb_create_varchar(table_name);
    duckdb_replacement_scan_add_parameter(info, parameter);
    duckdb_destroy_value(&parameter);
}

static duckdb_state register_scan(duckdb_connection connection, struct sql_engine *engine,
                                  const char *name, duckdb_logical_type columns)
{
    duckdb_table_function function = duckdb_create_table_function();
    duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_logical_type flag = duckdb_create_logical_type(DUCKDB_TYPE_BOOLEAN);
    duckdb_state state;
    duckdb_table_function_set_name(function, name);
    duckdb_table_function_add_parameter(function, text);
    if (columns != NULL) {
        duckdb_table_function_add_parameter(function, columns);
    } else {
        duckdb_table_function_add_named_parameter(function, "places", flag);
    }
    duckdb_table_function_set_extra_info(function, engine, NULL);
    duckdb_table_function_set_bind(function, scan_bind);
    duckdb_table_function_set_init(function, scan_init);
    duckdb_table_function_set_local_init(function, scan_local_init);
    duckdb_table_function_set_function(function, scan_function);
    duckdb_table_function_supports_projection_pushdown(function, true);
    state = duckdb_register_table_function(connection, function);
    duckdb_destroy_table_function(&function);
    duckdb_destroy_logical_type(&flag);
    duckdb_destroy_logical_type(&text);
    return state;
}

void scan_column_names_get(duckdb_bind_info info, struct scan_column_names *out)
{
    duckdb_value table = duckdb_bind_get_parameter(info, 0);
    duckdb_value column = duckdb_bind_get_parameter(info, 1);
    out->statement = scan_bind_statement(info, duckdb_bind_get_extra_info(info));
    out->table = scan_text_of(table);
    out->column = scan_text_of(column);
    duckdb_destroy_value(&column);
    duckdb_destroy_value(&table);
}

void scan_column_names_free(struct scan_column_names *names)
{
    duckdb_free(names->column);
    duckdb_free(names->table);
}

inlay_status scan_register_column(struct sql_engine *engine, const char *name,
                                  duckdb_table_function_bind_t bind,
                                  duckdb_table_function_init_t init,
                                  duckdb_table_function_init_t local_init,
                                  duckdb_table_function_t function, inlay_error *err)
{
    duckdb_table_function made = duckdb_create_table_function();
    duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_connection connection = NULL;
    duckdb_state state = duckdb_connect(engine->database, &connection);
    duckdb_table_function_set_name(made, name);
    duckdb_table_function_add_parameter(made, text);
    duckdb_table_function_add_parameter(made, text);
    duckdb_table_function_set_extra_info(made, engine, NULL);
    duckdb_table_function_set_bind(made, bind);
    duckdb_table_function_set_init(made, init);
    duckdb_table_function_set_function(made, function);
    if (local_init != NULL) {
        duckdb_table_function_set_local_init(made, local_init);
        duckdb_table_function_supports_projection_pushdown(made, true);
    }
    if (state == DuckDBSuccess) {
        state = duckdb_register_table_function(connection, made);
        duckdb_disconnect(&connection);
    }
    duckdb_destroy_table_function(&made);
    duckdb_destroy_logical_type(&text);
    return state == DuckDBSuccess
               ? INLAY_OK
               : error_set(err, INLAY_INTERNAL, "the SQL engine refused the table function");
}

inlay_status scan_register(struct sql_engine *engine, inlay_error *err)
{
    duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_logical_type texts = duckdb_create_list_type(text);
    duckdb_connection connection = NULL;
    duckdb_state state = duckdb_connect(engine->database, &connection);
    if (state == DuckDBSuccess) {
        state = register_scan(connection, engine, "inlay_scan", NULL);
    }
    if (state == DuckDBSuccess) {
        state = register_scan(connection, engine, "inlay_scan_coded", texts);
    }
    if (connection != NULL) {
        duckdb_disconnect(&connection);
    }
    duckdb_destroy_logical_type(&texts);
    duckdb_destroy_logical_type(&text);
    if (state != DuckDBSuccess) {
        return error_set(err, INLAY_INTERNAL, "the SQL engine refused the table function");
    }
    duckdb_add_replacement_scan(engine->database, replace_table, NULL, NULL);
    return INLAY_OK;
}
