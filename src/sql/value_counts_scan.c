/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/value_counts_scan.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

struct counts_bind {
    struct statement *statement;       /* one reference */
    const struct value_counts *counts; /* borrowed from the statement's relation */
};

struct counts_state {
    size_t next; /* value; the count of values stands for null */
};

inlay_status value_counts_of(struct statement *statement, struct relation *relation, size_t column,
                             bool make, const struct value_counts **out, inlay_error *err)
{
    *out = NULL;
    return relation->ops->value_counts != NULL
               ? relation->ops->value_counts(relation, column, make, statement_token(statement),
                                             out, err)
               : INLAY_OK;
}

static inlay_status find_counts(struct statement *statement, const char *table, const char *column,
                                const struct value_counts **out, inlay_error *err)
{
    struct relation *relation;
    ptrdiff_t place;
    INLAY_TRY(statement_relation(statement, table, &relation, err));
    place = schema_find(relation->ops->schema(relation), column);
    *out = NULL;
    if (place >= 0) {
        INLAY_TRY(value_counts_of(statement, relation, (size_t)place, true, out, err));
    }
    return *out != NULL ? INLAY_OK
                        : error_set(err, INLAY_QUERY,
                                    "the values of column \"%s\" are not known to be few", column);
}

static void counts_bind_free(void *data)
{
    struct counts_bind *bind = data;
    if (bind != NULL) {
        statement_release(bind->statement);
        mem_free(bind);
    }
}

static void counts_bind(duckdb_bind_info info)
{
    struct counts_bind *bind = mem_zalloc(sizeof(*bind));
    duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_logical_type number = duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
    struct scan_column_names names;
    inlay_status status;
    inlay_error err;
    inlay_error_init(&err);
    scan_column_names_get(info, &names);
    if (bind == NULL) {
        status = error_no_memory(&err);
        goto cleanup;
    }
    if (names.statement == NULL || names.table == NULL || names.column == NULL) {
        status = error_set(&err, INLAY_QUERY, "inlay_value_counts needs a table and a column");
        goto cleanup;
    }
    bind->statement = statement_retain(names.statement);
    INLAY_TRY_GOTO(status,
                   find_counts(names.statement, names.table, names.column, &bind->counts, &err),
                   cleanup);
    duckdb_bind_add_result_column(info, names.column, text);
    duckdb_bind_add_result_column(info, COUNTS_ROWS, number);
    duckdb_bind_set_cardinality(info, bind->counts->values->count + 1, false);
    duckdb_bind_set_bind_data(info, bind, counts_bind_free);
    bind = NULL;
cleanup:
    if (status != INLAY_OK) {
        scan_bind_fail(info, names.statement, &err);
    }
    counts_bind_free(bind);
    scan_column_names_free(&names);
    duckdb_destroy_logical_type(&number);
    duckdb_destroy_logical_type(&text);
}

static void counts_init(duckdb_init_info info)
{
    struct counts_state *state = mem_zalloc(sizeof(*state));
    if (state == NULL) {
        duckdb_init_set_error(info, "out of memory");
        return;
    }
    duckdb_init_set_max_threads(info, 1);
    duckdb_init_set_init_data(info, state, mem_free);
}

static void counts_function(duckdb_function_info info, duckdb_data_chunk output)
{
    const struct counts_bind *bind = duckdb_function_get_bind_data(info);
    struct counts_state *state = duckdb_function_get_init_data(info);
    const struct value_counts *counts = bind->counts;
    const size_t values = counts->values->count;
    duckdb_vector texts = duckdb_data_chunk_get_vector(output, 0);
    int64_t *numbers = duckdb_vector_get_data(duckdb_data_chunk_get_vector(output, 1));
    idx_t rows = 0;
    for (; state->next <= values && rows < RELATION_BATCH_ROWS; state->next++) {
        const uint64_t count = state->next < values ? counts->rows[state->next] : counts->nulls;
        if (count == 0) {
            continue;
        }
        if (state->next < values) {
            duckdb_vector_assign_string_element(texts, rows, counts->values->texts[state->next]);
        } else {
            duckdb_vector_ensure_validity_writable(texts);
            duckdb_validity_set_row_invalid(duckdb_vector_get_validity(texts), rows);
        }
        numbers[rows++] = (int64_t)count;
    }
    duckdb_data_chunk_set_size(output, rows);
}

inlay_status value_counts_register(struct sql_engine *engine, inlay_error *err)
{
    return scan_register_column(engine, "inlay_value_counts", counts_bind, counts_init, NULL,
                                counts_function, err);
}
