/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/search/vector_functions.h"

#include "base/alloc.h"
#include "base/error.h"
#include "vector/vector_distance.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct distance_function {
    const char *name;
    enum vector_metric metric;
};

static const struct distance_function distance_functions[] = {
    {"cosine_distance", VECTOR_COSINE},
    {"l2_distance", VECTOR_L2},
    {"inner_product", VECTOR_INNER_PRODUCT},
};

/* One argument: lists of floats. */
struct float_lists {
    const duckdb_list_entry *entries;
    const float *items;
    uint64_t *rows_valid; /* NULL: all */
    uint64_t *items_valid;
};

static struct float_lists lists_of(duckdb_vector vector)
{
    duckdb_vector child = duckdb_list_vector_get_child(vector);
    struct float_lists lists = {duckdb_vector_get_data(vector), duckdb_vector_get_data(child),
                                duckdb_vector_get_validity(vector),
                                duckdb_vector_get_validity(child)};
    return lists;
}

static bool is_valid(uint64_t *mask, uint64_t row)
{
    return mask == NULL || duckdb_validity_row_is_valid(mask, row);
}

static inlay_status check_items(const struct distance_function *function,
                                const struct float_lists *lists, const duckdb_list_entry *entry,
                                inlay_error *err)
{
    uint64_t i;
    for (i = 0; i < entry->length; i++) {
        if (!is_valid(lists->items_valid, entry->offset + i) ||
            !isfinite(lists->items[entry->offset + i])) {
            return error_set(err, INLAY_QUERY, "%s: element %llu of a vector is no finite number",
                             function->name, (unsigned long long)i + 1);
        }
    }
    return INLAY_OK;
}

static inlay_status distance_of(const struct distance_function *function,
                                const struct float_lists *a, const struct float_lists *b,
                                uint64_t row, float *out, inlay_error *err)
{
    const duckdb_list_entry *x = &a->entries[row];
    const duckdb_list_entry *y = &b->entries[row];
    float *scratch;
    if (x->length != y->length || x->length == 0 || x->length > UINT32_MAX) {
        return error_set(err, INLAY_QUERY,
                         "%s: the vectors have %llu and %llu elements; they must have the same "
                         "number, 1 or more",
                         function->name, (unsigned long long)x->length,
                         (unsigned long long)y->length);
    }
    INLAY_TRY(check_items(function, a, x, err));
    INLAY_TRY(check_items(function, b, y, err));
    scratch = mem_alloc_array((size_t)x->length, sizeof(*scratch));
    if (scratch == NULL) {
        return error_no_memory(err);
    }
    *out = vector_distance(function->metric, a->items + x->offset, b->items + y->offset,
                           (uint32_t)x->length, scratch);
    if (function->metric == VECTOR_INNER_PRODUCT) {
        *out = 0 - *out;
    }
    mem_free(scratch);
    return INLAY_OK;
}

static void distance_run(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    const struct distance_function *function = duckdb_scalar_function_get_extra_info(info);
    const struct float_lists a = lists_of(duckdb_data_chunk_get_vector(input, 0));
    const struct float_lists b = lists_of(duckdb_data_chunk_get_vector(input, 1));
    float *out = duckdb_vector_get_data(output);
    idx_t rows = duckdb_data_chunk_get_size(input);
    idx_t i;
    inlay_error err;
    inlay_error_init(&err);
    for (i = 0; i < rows; i++) {
        if (!is_valid(a.rows_valid, i) || !is_valid(b.rows_valid, i)) {
            duckdb_vector_ensure_validity_writable(output);
            duckdb_validity_set_row_invalid(duckdb_vector_get_validity(output), i);
        } else if (distance_of(function, &a, &b, i, &out[i], &err) != INLAY_OK) {
            duckdb_scalar_function_set_error(info, err.message);
            return;
        }
    }
}

static duckdb_state register_one(duckdb_connection connection,
                                 const struct distance_function *function)
{
    duckdb_scalar_function made = duckdb_create_scalar_function();
    duckdb_logical_type number = duckdb_create_logical_type(DUCKDB_TYPE_FLOAT);
    duckdb_logical_type list = duckdb_create_list_type(number);
    duckdb_result result;
    duckdb_state state;
    char text[256];
    memset(&result, 0, sizeof(result));
    (void)snprintf(text, sizeof(text), "inlay_%s", function->name);
    duckdb_scalar_function_set_name(made, text);
    duckdb_scalar_function_add_parameter(made, list);
    duckdb_scalar_function_add_parameter(made, list);
    duckdb_scalar_function_set_return_type(made, number);
    duckdb_scalar_function_set_extra_info(made, (void *)(uintptr_t)function, NULL);
    duckdb_scalar_function_set_function(made, distance_run);
    state = duckdb_register_scalar_function(connection, made);
    duckdb_destroy_scalar_function(&made);
    duckdb_destroy_logical_type(&list);
    duckdb_destroy_logical_type(&number);
    if (state == DuckDBSuccess) {
        /* The macro casts arrays, other numbers and texts to what the function takes. */
        (void)snprintf(text, sizeof(text),
                       "CREATE MACRO %s(a, b) AS inlay_%s(CAST(a AS FLOAT[]), CAST(b AS FLOAT[]))",
                       function->name, function->name);
        state = duckdb_query(connection, text, &result);
        duckdb_destroy_result(&result);
    }
    return state;
}

inlay_status vector_functions_register(duckdb_connection connection, inlay_error *err)
{
    size_t i;
    for (i = 0; i < sizeof(distance_functions) / sizeof(distance_functions[0]); i++) {
        if (register_one(connection, &distance_functions[i]) != DuckDBSuccess) {
            return error_set(err, INLAY_INTERNAL, "the SQL engine refused the function %s",
                             distance_functions[i].name);
        }
    }
    return INLAY_OK;
}
