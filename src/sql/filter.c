/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/filter.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/hash.h"
#include "sql/condition.h"
#include "sql/table_relation.h"

#include <stdlib.h>
#include <string.h>

#define KEY_BYTES_MAX (64u << 20)

/* ---- the key ---- */

static size_t value_bytes(const struct sql_parameter *p)
{
    switch (p->kind) {
    case SQL_PARAMETER_FLOATS:
        return (size_t)p->length * sizeof(float);
    case SQL_PARAMETER_INT64S:
        return (size_t)p->length * sizeof(int64_t);
    case SQL_PARAMETER_ID:
        return (size_t)p->length * 2 * sizeof(uint64_t);
    default:
        return (size_t)p->length;
    }
}

static void put_text(struct buffer *out, const char *text)
{
    buffer_append(out, text, strlen(text) + 1);
}

static void put_texts(struct buffer *out, const struct sql_parameter *p)
{
    uint64_t i;
    for (i = 0; i < p->length; i++) {
        const char *text;
        memcpy(&text, (const uint8_t *)p->bytes + i * sizeof(text), sizeof(text));
        buffer_u8(out, text != NULL);
        put_text(out, text != NULL ? text : "");
    }
}

static void put_parameter(struct buffer *out, const struct sql_parameter *p)
{
    buffer_u8(out, p->name != NULL);
    put_text(out, p->name != NULL ? p->name : "");
    buffer_u32(out, (uint32_t)p->kind);
    buffer_u64(out, (uint64_t)p->integer);
    buffer_f64(out, p->number);
    buffer_u64(out, p->length);
    if (p->kind == SQL_PARAMETER_TEXTS) {
        put_texts(out, p);
    } else if (p->bytes != NULL) {
        buffer_append(out, p->bytes, value_bytes(p));
    }
}

/* The commit's id tells versions of a table apart that was dropped and made again. */
static inlay_status make_key(const char *name, const struct table_view *view, const char *condition,
                             const struct sql_parameter *parameters, size_t count,
                             struct filter_key *key, inlay_error *err)
{
    const struct snapshot *snapshot = view->snapshot;
    const char *location = typed_table_location(view->table);
    size_t i;
    buffer_init(&key->bytes, KEY_BYTES_MAX);
    buffer_u64(&key->bytes, snapshot->id);
    buffer_u64(&key->bytes, snapshot->commit_id.hi);
    buffer_u64(&key->bytes, snapshot->commit_id.lo);
    put_text(&key->bytes, location);
    put_text(&key->bytes, name);
    put_text(&key->bytes, condition);
    for (i = 0; i < count; i++) {
        put_parameter(&key->bytes, &parameters[i]);
    }
    INLAY_TRY(buffer_status(&key->bytes, err));
    key->hash = hash_xxh3_64(key->bytes.data, key->bytes.len);
    key->table = hash_xxh3_64(location, strlen(location));
    key->version = snapshot->id;
    return INLAY_OK;
}

/* ---- running it ---- */

/* Adds the places of one chunk: runs of rows of the same superfile. */
static inlay_status add_chunk(duckdb_data_chunk chunk, const struct table_view *view,
                              struct row_filter *filter, inlay_error *err)
{
    const uint32_t *parts = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
    const uint32_t *rows = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 1));
    const idx_t count = duckdb_data_chunk_get_size(chunk);
    idx_t start = 0;
    while (start < count) {
        const uint32_t part = parts[start];
        idx_t end = start;
        while (end < count && parts[end] == part && part < filter->count &&
               rows[end] < view->list.entries[part].rows) {
            end++;
        }
        if (end == start) {
            return error_set(err, INLAY_INTERNAL, "the scan named row %u of superfile %u",
                             rows[start], part);
        }
        rowset_add_many(filter->allowed[part], rows + start, (size_t)(end - start));
        start = end;
    }
    return INLAY_OK;
}

static inlay_status add_rows(struct statement *statement, duckdb_result *result,
                             const struct table_view *view, struct row_filter *filter,
                             inlay_error *err)
{
    duckdb_data_chunk chunk;
    const char *text;
    inlay_status status = INLAY_OK;
    while (status == INLAY_OK && (chunk = duckdb_fetch_chunk(*result)) != NULL) {
        status = add_chunk(chunk, view, filter, err);
        duckdb_destroy_data_chunk(&chunk);
    }
    text = status == INLAY_OK ? duckdb_result_error(result) : NULL;
    return text != NULL && text[0] != '\0' ? sql_error(statement, text, NULL, err) : status;
}

static inlay_status run(struct statement *statement, duckdb_prepared_statement prepared,
                        const struct table_view *view, const struct row_filter **out,
                        inlay_error *err)
{
    struct row_filter *filter = NULL;
    duckdb_result result;
    inlay_status status;
    size_t i;
    memset(&result, 0, sizeof(result));
    INLAY_TRY(row_filter_create(view, false, &filter, err));
    if (duckdb_execute_prepared_streaming(prepared, &result) != DuckDBSuccess) {
        status = sql_error(statement, duckdb_result_error(&result), NULL, err);
    } else {
        status = add_rows(statement, &result, view, filter, err);
    }
    duckdb_destroy_result(&result);
    if (status != INLAY_OK) {
        row_filter_release(filter);
        return status;
    }
    for (i = 0; i < filter->count; i++) {
        rowset_run_optimize(filter->allowed[i]);
    }
    *out = filter;
    return INLAY_OK;
}

/* What is asked, and the key under which others wait for it. */
struct question {
    struct sql_engine *engine;
    const char *name;
    struct table_view *view;
    const char *condition;
    const struct sql_parameter *parameters;
    size_t parameter_count;
    const struct cancel_token *cancel;
    const struct filter_key *key; /* NULL: nobody does */
};

static inlay_status pin_view(struct statement *statement, const struct question *question,
                             inlay_error *err)
{
    struct relation *relation = NULL;
    INLAY_TRY(table_relation_create(table_view_retain(question->view), &relation, err));
    return statement_pin(statement, question->name, relation, err);
}

static inlay_status answer(struct statement *statement, struct question *question,
                           const struct row_filter **out, inlay_error *err)
{
    duckdb_prepared_statement prepared = NULL;
    struct condition condition;
    inlay_status status;
    INLAY_TRY(condition_check(statement, question->name, question->condition, &condition, err));
    INLAY_TRY(pin_view(statement, question, err));
    INLAY_TRY(condition_prepare(statement, &condition,
                                typed_table_file_schema(question->view->table),
                                question->parameters, question->parameter_count, &prepared, err));
    if (question->key != NULL && (!condition.repeatable || statement->pinned_count > 1)) {
        /* Not to be kept: whoever waits need not wait longer. */
        filter_cache_done(question->engine->filters, question->key, NULL);
        question->key = NULL;
    }
    status = sql_bind_parameters(prepared, question->parameters, question->parameter_count, err);
    if (status == INLAY_OK) {
        status = run(statement, prepared, question->view, out, err);
    }
    duckdb_destroy_prepare(&prepared);
    return status;
}

static inlay_status make_filter(struct question *question, const struct row_filter **out,
                                inlay_error *err)
{
    struct statement *statement = NULL;
    inlay_status status;
    *out = NULL;
    status = statement_begin(question->engine, &statement, err);
    if (status == INLAY_OK) {
        statement_limit(statement, CANCEL_NO_TIMEOUT, question->cancel);
        status = statement_enter(statement, err);
    }
    if (status == INLAY_OK) {
        status = answer(statement, question, out, err);
        statement_leave(statement);
    }
    statement_end(statement);
    if (question->key != NULL) {
        filter_cache_done(question->engine->filters, question->key, *out);
    }
    return status;
}

inlay_status sql_filter_rows_until(struct sql_engine *engine, const char *name,
                                   struct table_view *view, const char *condition,
                                   const struct sql_parameter *parameters, size_t parameter_count,
                                   const struct cancel_token *cancel, const struct row_filter **out,
                                   inlay_error *err)
{
    struct filter_key key = {0};
    struct question question = {engine,          name,   view, condition, parameters,
                                parameter_count, cancel, &key};
    inlay_status status;
    *out = NULL;
    if (strnlen(condition, CONDITION_BYTES_MAX + 1) > CONDITION_BYTES_MAX) {
        return error_set(err, INLAY_OVER_BUDGET, "the condition is longer than %u bytes",
                         CONDITION_BYTES_MAX);
    }
    status = make_key(name, view, condition, parameters, parameter_count, &key, err);
    if (status == INLAY_OK) {
        status = filter_cache_get(engine->filters, &key, cancel, out, err);
    }
    if (status == INLAY_OK && *out == NULL) {
        status = make_filter(&question, out, err);
    }
    buffer_free(&key.bytes);
    return status;
}

inlay_status sql_filter_rows(struct sql_engine *engine, const char *name, struct table_view *view,
                             const char *condition, const struct sql_parameter *parameters,
                             size_t parameter_count, const struct row_filter **out,
                             inlay_error *err)
{
    return sql_filter_rows_until(engine, name, view, condition, parameters, parameter_count, NULL,
                                 out, err);
}

void sql_filter_counts(struct sql_engine *engine, struct filter_cache_counts *counts)
{
    filter_cache_count(engine->filters, counts);
}

/* ---- the rows of a mutation ---- */

#define ROW_BLOCK 1024

static inlay_status take_rows(struct table_view *view, const struct row_filter *filter,
                              struct resolved_row *rows, inlay_error *err)
{
    uint32_t block[ROW_BLOCK];
    size_t used = 0;
    size_t part;
    for (part = 0; part < filter->count; part++) {
        struct rowset_iterator iterator;
        struct superfile *file = NULL;
        size_t got;
        size_t i;
        if (rowset_is_empty(filter->allowed[part])) {
            continue;
        }
        INLAY_TRY(table_view_superfile(view, part, &file, err));
        rowset_iterate(filter->allowed[part], &iterator);
        while ((got = rowset_next_many(&iterator, block, ROW_BLOCK)) != 0) {
            for (i = 0; i < got; i++) {
                struct resolved_row *row = &rows[used++];
                row->superfile = (uint32_t)part;
                row->row = block[i];
                row->id = superfile_id(file, block[i]);
            }
        }
        superfile_release(file);
    }
    return INLAY_OK;
}

static int by_id(const void *a, const void *b)
{
    const struct id128 *x = &((const struct resolved_row *)a)->id;
    const struct id128 *y = &((const struct resolved_row *)b)->id;
    if (x->hi != y->hi) {
        return x->hi < y->hi ? -1 : 1;
    }
    return x->lo < y->lo ? -1 : x->lo > y->lo;
}

inlay_status sql_resolve_rows(struct sql_engine *engine, const char *name, struct table_view *view,
                              const char *condition, const struct sql_parameter *parameters,
                              size_t parameter_count, uint64_t limit, struct resolved_row **rows,
                              uint64_t *count, inlay_error *err)
{
    struct question question = {engine,          name, view, condition, parameters,
                                parameter_count, NULL, NULL};
    const struct row_filter *filter = NULL;
    struct resolved_row *found = NULL;
    uint64_t total;
    inlay_status status;
    *rows = NULL;
    *count = 0;
    INLAY_TRY(make_filter(&question, &filter, err));
    total = row_filter_rows(filter);
    if (total > limit) {
        status = error_set(err, INLAY_OVER_BUDGET,
                           "%llu rows satisfy the condition, at most %llu can be changed at once; "
                           "split it, for example by ranges of _id",
                           (unsigned long long)total, (unsigned long long)limit);
        goto cleanup;
    }
    found = mem_alloc_array((size_t)total, sizeof(*found));
    if (found == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    INLAY_TRY_GOTO(status, take_rows(view, filter, found, err), cleanup);
    qsort(found, (size_t)total, sizeof(*found), by_id);
    *rows = found;
    *count = total;
    found = NULL;
cleanup:
    mem_free(found);
    row_filter_release(filter);
    return status;
}
