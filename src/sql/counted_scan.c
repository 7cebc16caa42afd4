/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/counted_scan.h"

#include "base/alloc.h"
#include "base/error.h"
#include "sql/types.h"
#include "sql/value_counts_scan.h"

#include <string.h>

enum counted_output { OUTPUT_VALUE, OUTPUT_ROWS, OUTPUT_NONE };
#define OUTPUTS 2

struct counted_bind {
    struct statement *statement; /* one reference */
    struct relation *relation;   /* borrowed from the statement */
    size_t column;
};

struct counted_state {
    struct statement *statement; /* one reference */
    struct relation *relation;
    struct relation_scan *scan;
    enum counted_output outputs[OUTPUTS]; /* of the chunk */
    idx_t output_count;
};

/* One per engine thread: how often each code of the running dictionary came. */
struct counted_local {
    struct statement *statement; /* one reference; NULL: there is no worker yet */
    struct relation *relation;
    struct relation_worker *worker;
    struct relation_rows rows; /* the worker's last ones; they wait for the tally to be emptied */
    bool waiting;
    bool ended;
    const struct colvec *dictionary; /* of the tally; NULL: none */
    struct colvec_owner *owner;      /* keeps the dictionary */
    uint64_t *codes;                 /* owned; rows per code */
    size_t capacity;
    uint64_t next; /* code to be handed over; the number of codes stands for null */
    bool full;     /* the tally is being handed over */
    uint64_t nulls;
};

/* ---- binding ---- */

static void bind_free(void *data)
{
    struct counted_bind *bind = data;
    if (bind != NULL) {
        statement_release(bind->statement);
        mem_free(bind);
    }
}

static inlay_status bind_column(duckdb_bind_info info, struct counted_bind *bind,
                                const char *column, inlay_error *err)
{
    const struct schema *schema = bind->relation->ops->schema(bind->relation);
    const ptrdiff_t place = schema_find(schema, column);
    duckdb_logical_type type;
    if (place < 0 || (schema->fields[place].type != COLUMN_UTF8 &&
                      schema->fields[place].type != COLUMN_LARGE_UTF8)) {
        return error_set(err, INLAY_QUERY, "there is no text column \"%s\"", column);
    }
    bind->column = (size_t)place;
    INLAY_TRY(sql_type_of(&schema->fields[place], &type, err));
    duckdb_bind_add_result_column(info, column, type);
    duckdb_destroy_logical_type(&type);
    type = duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
    duckdb_bind_add_result_column(info, COUNTS_ROWS, type);
    duckdb_destroy_logical_type(&type);
    return INLAY_OK;
}

static void counted_bind(duckdb_bind_info info)
{
    struct counted_bind *bind = mem_zalloc(sizeof(*bind));
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
        status = error_set(&err, INLAY_QUERY, "inlay_scan_counted needs a table and a column");
        goto cleanup;
    }
    bind->statement = statement_retain(names.statement);
    INLAY_TRY_GOTO(status, statement_relation(names.statement, names.table, &bind->relation, &err),
                   cleanup);
    INLAY_TRY_GOTO(status, bind_column(info, bind, names.column, &err), cleanup);
    duckdb_bind_set_cardinality(info, bind->relation->ops->row_count(bind->relation), false);
    duckdb_bind_set_bind_data(info, bind, bind_free);
    bind = NULL;
cleanup:
    if (status != INLAY_OK) {
        scan_bind_fail(info, names.statement, &err);
    }
    bind_free(bind);
    scan_column_names_free(&names);
}

/* ---- starting ---- */

static void state_free(void *data)
{
    struct counted_state *state = data;
    if (state != NULL) {
        if (state->scan != NULL) {
            state->relation->ops->scan_close(state->scan);
        }
        statement_release(state->statement);
        mem_free(state);
    }
}

static inlay_status state_start(duckdb_init_info info, struct counted_state *state,
                                inlay_error *err)
{
    const struct counted_bind *bind = duckdb_init_get_bind_data(info);
    const struct scan_request request = {.columns = &bind->column,
                                         .count = 1,
                                         .predicate =
                                             statement_hint(bind->statement, bind->relation),
                                         .account = &bind->statement->account};
    idx_t i;
    state->statement = statement_retain(bind->statement);
    state->relation = bind->relation;
    state->output_count = duckdb_init_get_column_count(info);
    for (i = 0; i < state->output_count && i < OUTPUTS; i++) {
        const idx_t column = duckdb_init_get_column_index(info, i);
        state->outputs[i] = column == 0   ? OUTPUT_VALUE
                            : column == 1 ? OUTPUT_ROWS
                                          : OUTPUT_NONE; /* the engine's row marker */
    }
    return bind->relation->ops->scan_open(bind->relation, &request, &state->scan, err);
}

static void counted_init(duckdb_init_info info)
{
    const struct counted_bind *bind = duckdb_init_get_bind_data(info);
    struct counted_state *state = mem_zalloc(sizeof(*state));
    inlay_status status;
    inlay_error err;
    inlay_error_init(&err);
    status = state != NULL ? state_start(info, state, &err) : error_no_memory(&err);
    if (status != INLAY_OK) {
        state_free(state);
        statement_fail(bind->statement, &err);
        duckdb_init_set_error(info, err.message);
        return;
    }
    duckdb_init_set_max_threads(info, state->relation->ops->scan_parallelism(state->scan));
    duckdb_init_set_init_data(info, state, state_free);
}

static void forget_dictionary(struct counted_local *local)
{
    colvec_owner_release(local->owner);
    local->owner = NULL;
    local->dictionary = NULL;
    local->full = false;
    local->next = 0;
}

static void local_free(void *data)
{
    struct counted_local *local = data;
    forget_dictionary(local);
    if (local->worker != NULL) {
        local->relation->ops->worker_close(local->worker);
    }
    statement_release(local->statement);
    mem_free(local->codes);
    mem_free(local);
}

static void counted_local_init(duckdb_init_info info)
{
    struct counted_local *local = mem_zalloc(sizeof(*local));
    if (local == NULL) {
        duckdb_init_set_error(info, "out of memory");
        return;
    }
    duckdb_init_set_init_data(info, local, local_free);
}

/* ---- counting ---- */

static inlay_status take_dictionary(struct counted_local *local, const struct colvec *vector,
                                    inlay_error *err)
{
    const size_t count = (size_t)vector->dictionary->count;
    void *codes = local->codes;
    if (!mem_grow(&codes, &local->capacity, count + 1, sizeof(*local->codes))) {
        return error_no_memory(err);
    }
    local->codes = codes;
    memset(local->codes, 0, (count + 1) * sizeof(*local->codes));
    local->dictionary = vector->dictionary;
    local->owner = colvec_owner_retain(vector->owner);
    return INLAY_OK;
}

static uint64_t row_at(const struct relation_rows *rows, uint64_t i)
{
    return rows->picks != NULL ? rows->picks[i] : i;
}

static uint64_t rows_of(const struct relation_rows *rows)
{
    return rows->picks != NULL ? rows->pick_count : rows->count;
}

/* Adds the worker's rows to the tally. */
static void count_codes(struct counted_local *local, const struct colvec *vector)
{
    const uint64_t count = rows_of(&local->rows);
    uint64_t i;
    if (local->rows.picks == NULL && vector->null_count == 0) {
        for (i = 0; i < count; i++) {
            local->codes[vector->codes[i]]++;
        }
        return;
    }
    for (i = 0; i < count; i++) {
        const uint64_t row = row_at(&local->rows, i);
        if (colvec_valid(vector, row)) {
            local->codes[vector->codes[row]]++;
        } else {
            local->nulls++;
        }
    }
}

/* Reads on until something must be handed over: a full tally (local->full), or rows that no
 * dictionary of their own codes (local->waiting); neither: the end. */
static inlay_status read_on(struct counted_local *local, inlay_error *err)
{
    while (!local->full && !local->ended) {
        const struct colvec *vector;
        if (!local->waiting) {
            INLAY_TRY(local->relation->ops->worker_next(local->worker, &local->rows, err));
            local->ended = local->rows.count == 0;
            local->waiting = !local->ended;
        }
        vector = &local->rows.vectors[0];
        if (local->ended) {
            local->full = local->dictionary != NULL || local->nulls != 0;
        } else if (vector->form != COLVEC_DICTIONARY || vector->owner == NULL) {
            local->full = local->dictionary != NULL;
            return INLAY_OK;
        } else if (local->dictionary != NULL && local->dictionary != vector->dictionary) {
            local->full = true;
        } else {
            if (local->dictionary == NULL) {
                INLAY_TRY(take_dictionary(local, vector, err));
            }
            count_codes(local, vector);
            local->waiting = false;
        }
    }
    return INLAY_OK;
}

/* ---- handing over ---- */

struct counted_chunk {
    struct colvec_string *values; /* NULL: not wanted, as the next */
    int64_t *rows;
    duckdb_vector vector; /* of the values */
    idx_t count;
};

static void put(struct counted_chunk *chunk, const struct colvec_string *value, uint64_t rows)
{
    if (chunk->values != NULL && value != NULL) {
        chunk->values[chunk->count] = *value;
    } else if (chunk->values != NULL) {
        duckdb_vector_ensure_validity_writable(chunk->vector);
        duckdb_validity_set_row_invalid(duckdb_vector_get_validity(chunk->vector), chunk->count);
    }
    if (chunk->rows != NULL) {
        chunk->rows[chunk->count] = (int64_t)rows;
    }
    chunk->count++;
}

static void put_tally(struct counted_local *local, struct counted_chunk *chunk)
{
    const struct colvec *dictionary = local->dictionary;
    const uint64_t codes = dictionary != NULL ? dictionary->count : 0;
    const struct colvec_string *values = dictionary != NULL ? dictionary->values : NULL;
    for (; local->next < codes && chunk->count < RELATION_BATCH_ROWS; local->next++) {
        if (local->codes[local->next] != 0) {
            put(chunk, &values[local->next], local->codes[local->next]);
        }
    }
    if (local->next == codes && chunk->count < RELATION_BATCH_ROWS) {
        if (local->nulls != 0) {
            put(chunk, NULL, local->nulls);
            local->nulls = 0;
        }
        local->next++;
    }
}

/* The dictionary must live until the engine comes again. */
static bool tally_is_done(const struct counted_local *local)
{
    const uint64_t codes = local->dictionary != NULL ? local->dictionary->count : 0;
    return local->full && local->next > codes;
}

static void put_rows(struct counted_local *local, struct counted_chunk *chunk)
{
    const struct colvec *vector = &local->rows.vectors[0];
    const bool coded = vector->form == COLVEC_DICTIONARY;
    const struct colvec_string *values = coded ? vector->dictionary->values : vector->values;
    const uint64_t count = rows_of(&local->rows);
    uint64_t i;
    for (i = 0; i < count; i++) {
        const uint64_t row = row_at(&local->rows, i);
        const uint64_t place = coded && colvec_valid(vector, row) ? vector->codes[row] : row;
        put(chunk, colvec_valid(vector, row) ? &values[place] : NULL, 1);
    }
    local->waiting = false;
}

static inlay_status fill_chunk(struct counted_state *state, struct counted_local *local,
                               struct counted_chunk *chunk, inlay_error *err)
{
    if (local->statement == NULL) {
        local->statement = statement_retain(state->statement);
        local->relation = state->relation;
        INLAY_TRY(state->relation->ops->worker_open(state->scan, &local->worker, err));
    }
    while (chunk->count == 0) {
        if (tally_is_done(local)) {
            forget_dictionary(local);
        }
        INLAY_TRY(read_on(local, err));
        if (local->full) {
            put_tally(local, chunk);
        } else if (local->waiting) {
            put_rows(local, chunk);
        } else {
            break;
        }
    }
    return INLAY_OK;
}

static void counted_function(duckdb_function_info info, duckdb_data_chunk output)
{
    struct counted_state *state = duckdb_function_get_init_data(info);
    struct counted_local *local = duckdb_function_get_local_init_data(info);
    struct counted_chunk chunk = {.values = NULL};
    inlay_error err;
    idx_t i;
    inlay_error_init(&err);
    for (i = 0; i < state->output_count && i < OUTPUTS; i++) {
        duckdb_vector vector = duckdb_data_chunk_get_vector(output, i);
        if (state->outputs[i] == OUTPUT_VALUE) {
            chunk.vector = vector;
            chunk.values = duckdb_vector_get_data(vector);
        } else if (state->outputs[i] == OUTPUT_ROWS) {
            chunk.rows = duckdb_vector_get_data(vector);
        }
    }
    if (fill_chunk(state, local, &chunk, &err) != INLAY_OK) {
        statement_fail(state->statement, &err);
        duckdb_function_set_error(info, err.message);
        chunk.count = 0;
    }
    duckdb_data_chunk_set_size(output, chunk.count);
}

inlay_status counted_scan_register(struct sql_engine *engine, inlay_error *err)
{
    return scan_register_column(engine, "inlay_scan_counted", counted_bind, counted_init,
                                counted_local_init, counted_function, err);
}
