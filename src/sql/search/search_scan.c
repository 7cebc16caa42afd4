/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's side of the search functions: binding, scanning, registration. A call is scanned by
 * one thread, so that its rows come best first. Only wanted columns are read; _id, scores and bare
 * counts come from the hits.
 */
#include "sql/search/search_scan.h"

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/bytes.h"
#include "base/error.h"
#include "sql/search/search_call.h"
#include "sql/search/search_rows.h"
#include "sql/search/search_run.h"
#include "sql/search/text_functions.h"
#include "sql/search/vector_functions.h"
#include "sql/types.h"

#include <stdio.h>
#include <string.h>

#define ID_COLUMN 0 /* of the table's file schema */
#define ID_BYTES 16
#define MACRO_TEXT_MAX 4096

/* A function of an engine: what its bindings are told. */
struct registered {
    struct sql_engine *engine;
    const struct search_function *function;
};

/* Where an output column comes from. */
enum source_kind { SOURCE_NONE, SOURCE_ID, SOURCE_STORED, SOURCE_ADDED };

struct search_state {
    const struct search_call *call;
    struct search_run *run;
    struct search_rows rows;
    enum source_kind *sources; /* owned; per output column, as the next */
    enum search_added *added;  /* owned */
    idx_t output_count;
    uint32_t *columns;      /* owned; the stored ones in order of output */
    duckdb_vector *targets; /* owned; the same */
    size_t column_count;
};

static inlay_status add_result_columns(duckdb_bind_info info, const struct search_call *call,
                                       inlay_error *err)
{
    static const duckdb_type types[] = {DUCKDB_TYPE_FLOAT,    DUCKDB_TYPE_DOUBLE,
                                        DUCKDB_TYPE_UINTEGER, DUCKDB_TYPE_FLOAT,
                                        DUCKDB_TYPE_UINTEGER, DUCKDB_TYPE_FLOAT};
    duckdb_logical_type type;
    size_t i;
    for (i = 0; i < call->schema->count; i++) {
        INLAY_TRY(sql_type_of(&call->schema->fields[i], &type, err));
        duckdb_bind_add_result_column(info, call->schema->fields[i].name, type);
        duckdb_destroy_logical_type(&type);
    }
    for (i = 0; i < call->added_count; i++) {
        char name[SEARCH_NAME_SIZE];
        search_added_name(call->schema, call->added[i], name);
        type = duckdb_create_logical_type(types[call->added[i]]);
        duckdb_bind_add_result_column(info, name, type);
        duckdb_destroy_logical_type(&type);
    }
    return INLAY_OK;
}

static uint64_t most_rows(const struct search_call *call)
{
    uint64_t rows = table_view_rows(call->view);
    rows = call->k < rows ? call->k : rows;
    return call->pushed_k < rows ? call->pushed_k : rows;
}

static void search_bind(duckdb_bind_info info)
{
    const struct registered *registered = duckdb_bind_get_extra_info(info);
    struct statement *statement = scan_bind_statement(info, registered->engine);
    struct search_call *call = NULL;
    inlay_status status;
    inlay_error err;
    inlay_error_init(&err);
    if (statement == NULL) {
        status = error_set(&err, INLAY_INTERNAL, "%s runs outside a statement",
                           registered->function->name);
    } else {
        status = search_call_bind(info, registered->function, statement, &call, &err);
    }
    if (status == INLAY_OK) {
        status = add_result_columns(info, call, &err);
    }
    if (status != INLAY_OK) {
        search_call_free(call);
        scan_bind_fail(info, statement, &err);
        return;
    }
    duckdb_bind_set_cardinality(info, most_rows(call), false);
    duckdb_bind_set_bind_data(info, call, search_call_free);
}

static void search_state_free(void *data)
{
    struct search_state *state = data;
    if (state != NULL) {
        search_rows_free(&state->rows);
        search_run_close(state->run);
        mem_free(state->sources);
        mem_free(state->added);
        mem_free(state->columns);
        mem_free(state->targets);
        mem_free(state);
    }
}

/* Anything beyond the result's columns is the engine's row marker: it needs rows, not values. */
static void project(duckdb_init_info info, struct search_state *state)
{
    const size_t stored = state->call->schema->count;
    idx_t i;
    for (i = 0; i < state->output_count; i++) {
        idx_t column = duckdb_init_get_column_index(info, i);
        state->sources[i] = SOURCE_NONE;
        if (column == ID_COLUMN) {
            state->sources[i] = SOURCE_ID;
        } else if (column < stored) {
            state->sources[i] = SOURCE_STORED;
            state->columns[state->column_count++] = (uint32_t)column;
        } else if (column - stored < state->call->added_count) {
            state->sources[i] = SOURCE_ADDED;
            state->added[i] = state->call->added[column - stored];
        }
    }
}

static inlay_status search_start(duckdb_init_info info, struct search_state *state,
                                 inlay_error *err)
{
    size_t count;
    state->output_count = duckdb_init_get_column_count(info);
    count = (size_t)state->output_count;
    state->sources = mem_zalloc_array(count, sizeof(*state->sources));
    state->added = mem_zalloc_array(count, sizeof(*state->added));
    state->columns = mem_zalloc_array(count, sizeof(*state->columns));
    state->targets = mem_zalloc_array(count, sizeof(*state->targets));
    if (state->sources == NULL || state->added == NULL || state->columns == NULL ||
        state->targets == NULL) {
        return error_no_memory(err);
    }
    project(info, state);
    return search_run_open(state->call, &state->run, err);
}

static void search_init(duckdb_init_info info)
{
    const struct search_call *call = duckdb_init_get_bind_data(info);
    struct search_state *state = mem_zalloc(sizeof(*state));
    inlay_status status;
    inlay_error err;
    inlay_error_init(&err);
    if (state == NULL) {
        status = error_no_memory(&err);
    } else {
        state->call = call;
        status = search_start(info, state, &err);
    }
    if (status != INLAY_OK) {
        search_state_free(state);
        statement_fail(call->statement, &err);
        duckdb_init_set_error(info, err.message);
        return;
    }
    duckdb_init_set_max_threads(info, 1);
    duckdb_init_set_init_data(info, state, search_state_free);
}

static void put_ids(const struct table_hit *hits, size_t count, duckdb_vector target)
{
    uint8_t *out = duckdb_vector_get_data(target);
    size_t i;
    for (i = 0; i < count; i++) {
        store_u64(out + i * ID_BYTES, hits[i].id.lo);
        store_u64(out + i * ID_BYTES + 8, hits[i].id.hi);
    }
}

/* A rank of 0 says that the hit is not in that ranking: NULL, as what goes with it. */
static void put_fused(const struct fused_hit *hits, size_t count, enum search_added added,
                      duckdb_vector target)
{
    void *out = duckdb_vector_get_data(target);
    uint64_t *mask;
    size_t i;
    duckdb_vector_ensure_validity_writable(target);
    mask = duckdb_vector_get_validity(target);
    for (i = 0; i < count; i++) {
        bool text = added == ADDED_TEXT_RANK || added == ADDED_TEXT_SCORE;
        uint32_t rank = text ? hits[i].text_rank : hits[i].vector_rank;
        if (added == ADDED_FUSED_SCORE) {
            ((double *)out)[i] = hits[i].score;
            continue;
        }
        duckdb_validity_set_row_validity(mask, i, rank != 0);
        if (added == ADDED_TEXT_RANK || added == ADDED_VECTOR_RANK) {
            ((uint32_t *)out)[i] = rank;
        } else {
            ((float *)out)[i] = text ? hits[i].text_score : hits[i].vector_distance;
        }
    }
}

static void put_scores(const struct table_hit *hits, size_t count, duckdb_vector target)
{
    float *out = duckdb_vector_get_data(target);
    size_t i;
    for (i = 0; i < count; i++) {
        out[i] = hits[i].score;
    }
}

static inlay_status search_chunk(struct search_state *state, duckdb_data_chunk output,
                                 inlay_error *err)
{
    const struct table_hit *hits;
    const struct fused_hit *fused;
    size_t stored = 0;
    size_t count;
    idx_t i;
    INLAY_TRY(search_run_next(state->run, &hits, &fused, &count, err));
    for (i = 0; i < state->output_count; i++) {
        duckdb_vector target = duckdb_data_chunk_get_vector(output, i);
        if (state->sources[i] == SOURCE_STORED) {
            state->targets[stored++] = target;
        } else if (state->sources[i] == SOURCE_ID) {
            put_ids(hits, count, target);
        } else if (state->sources[i] == SOURCE_ADDED && state->added[i] == ADDED_SCORE) {
            put_scores(hits, count, target);
        } else if (state->sources[i] == SOURCE_ADDED && count != 0) {
            put_fused(fused, count, state->added[i], target);
        }
    }
    INLAY_TRY(search_rows_fill(&state->rows, state->call->view, hits, count, state->columns,
                               state->column_count, state->targets, err));
    duckdb_data_chunk_set_size(output, count);
    return INLAY_OK;
}

static void search_function(duckdb_function_info info, duckdb_data_chunk output)
{
    struct search_state *state = duckdb_function_get_init_data(info);
    inlay_error err;
    inlay_error_init(&err);
    if (search_chunk(state, output, &err) != INLAY_OK) {
        statement_fail(state->call->statement, &err);
        duckdb_data_chunk_set_size(output, 0);
        duckdb_function_set_error(info, err.message);
    }
}

/* ---- registration ---- */

static void registered_free(void *data)
{
    mem_free(data);
}

static inlay_status register_function(duckdb_connection connection, struct sql_engine *engine,
                                      const struct search_function *function, inlay_error *err)
{
    struct registered *registered = mem_zalloc(sizeof(*registered));
    duckdb_table_function made;
    duckdb_logical_type any;
    duckdb_state state;
    char name[SEARCH_NAME_SIZE + 8];
    size_t i;
    if (registered == NULL) {
        return error_no_memory(err);
    }
    registered->engine = engine;
    registered->function = function;
    (void)snprintf(name, sizeof(name), "inlay_%s", function->name);
    made = duckdb_create_table_function();
    any = duckdb_create_logical_type(DUCKDB_TYPE_ANY);
    duckdb_table_function_set_name(made, name);
    for (i = 0; i < function->count; i++) {
        duckdb_table_function_add_parameter(made, any);
    }
    duckdb_table_function_set_extra_info(made, registered, registered_free);
    duckdb_table_function_set_bind(made, search_bind);
    duckdb_table_function_set_init(made, search_init);
    duckdb_table_function_set_function(made, search_function);
    duckdb_table_function_supports_projection_pushdown(made, true);
    state = duckdb_register_table_function(connection, made);
    duckdb_destroy_logical_type(&any);
    duckdb_destroy_table_function(&made);
    return state == DuckDBSuccess
               ? INLAY_OK
               : error_set(err, INLAY_INTERNAL, "the SQL engine refused %s", function->name);
}

static inlay_status run(duckdb_connection connection, const char *text, inlay_error *err)
{
    duckdb_result result;
    inlay_status status = INLAY_OK;
    memset(&result, 0, sizeof(result));
    if (duckdb_query(connection, text, &result) != DuckDBSuccess) {
        status = error_set(err, INLAY_INTERNAL, "the SQL engine refused %s: %s", text,
                           duckdb_result_error(&result));
    }
    duckdb_destroy_result(&result);
    return status;
}

/* CREATE MACRO name(a := NULL, ...) AS TABLE SELECT * FROM inlay_name(a, ...). */
static inlay_status make_macro(duckdb_connection connection, const struct search_function *function,
                               inlay_error *err)
{
    struct buffer text;
    inlay_status status;
    size_t i;
    buffer_init(&text, MACRO_TEXT_MAX);
    buffer_printf(&text, "CREATE MACRO %s(", function->name);
    for (i = 0; i < function->count; i++) {
        buffer_printf(&text, "%s\"%s\" := NULL", i != 0 ? ", " : "",
                      search_argument_name(function->arguments[i]));
    }
    buffer_printf(&text, ") AS TABLE SELECT * FROM inlay_%s(", function->name);
    for (i = 0; i < function->count; i++) {
        buffer_printf(&text, "%s\"%s\"", i != 0 ? ", " : "",
                      search_argument_name(function->arguments[i]));
    }
    buffer_printf(&text, ")");
    buffer_u8(&text, 0);
    status = buffer_status(&text, err);
    if (status == INLAY_OK) {
        status = run(connection, (const char *)text.data, err);
    }
    buffer_free(&text);
    return status;
}

inlay_status search_register(struct sql_engine *engine, inlay_error *err)
{
    duckdb_connection connection = NULL;
    inlay_status status = INLAY_OK;
    size_t i;
    if (duckdb_connect(engine->database, &connection) != DuckDBSuccess) {
        return error_set(err, INLAY_INTERNAL, "the SQL engine gave no connection");
    }
    for (i = 0; i < search_function_count && status == INLAY_OK; i++) {
        status = register_function(connection, engine, &search_functions[i], err);
        if (status == INLAY_OK) {
            status = make_macro(connection, &search_functions[i], err);
        }
    }
    if (status == INLAY_OK) {
        status = text_functions_register(connection, err);
    }
    if (status == INLAY_OK) {
        status = vector_functions_register(connection, err);
    }
    duckdb_disconnect(&connection);
    return status;
}
