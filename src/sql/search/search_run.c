/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/search/search_run.h"

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/error.h"
#include "parquet/fetch.h"
#include "sql/filter.h"

#include <string.h>

#define FILTER_TEXT_MAX (2u << 20)

struct search_run {
    const struct search_call *call;
    const struct row_filter *filter; /* one reference; NULL = all rows */
    /* Of a ranking: all hits. Of matches without one: a batch. */
    struct table_hit *hits;
    struct fused_hit *fused;
    size_t count;
    size_t next;
    /* Matches without a ranking. */
    struct rowset *rows; /* of the superfile before `entry`; NULL: none is begun */
    struct rowset_iterator iterator;
    struct superfile *file; /* the same; one reference */
    size_t entry;           /* the next superfile */
};

static bool is_ranked(const struct search_call *call)
{
    return call->function->kind != SEARCH_TOKENS && call->function->kind != SEARCH_VALUE;
}

/* ---- filters ---- */

static inlay_status filter_of(const struct search_call *call, const char *condition,
                              const struct row_filter **out, inlay_error *err)
{
    inlay_status status =
        sql_filter_rows_until(call->statement->engine, call->table, call->view, condition, NULL, 0,
                              statement_token(call->statement), out, err);
    if (status == INLAY_QUERY) {
        inlay_error inner = err != NULL ? *err : (inlay_error){0};
        return error_set(err, INLAY_QUERY, "filter is no condition over the table: %s",
                         inner.message);
    }
    return status;
}

static inlay_status filter_of_both(const struct search_call *call, const struct row_filter **out,
                                   inlay_error *err)
{
    struct buffer text;
    inlay_status status;
    if (call->filter == NULL) {
        return filter_of(call, call->pushed_filter, out, err);
    }
    buffer_init(&text, FILTER_TEXT_MAX);
    buffer_printf(&text, "(%s\n) AND (%s\n)", call->filter, call->pushed_filter);
    buffer_u8(&text, 0);
    status = buffer_status(&text, err);
    if (status == INLAY_OK) {
        status = filter_of(call, (const char *)text.data, out, err);
    }
    buffer_free(&text);
    return status;
}

/* ---- rankings ---- */

static inlay_status run_vector(struct search_run *run, uint64_t k, inlay_error *err)
{
    const struct search_call *call = run->call;
    struct vector_search_options options = call->vector_options;
    options.k = (size_t)k;
    /* Without a k of the call the order is that of all rows by their exact distance, whoever asks
     * for the first few of it. */
    options.exact = call->k == SEARCH_ALL;
    return table_vector_search(call->view, call->vector_column, call->vector, run->filter,
                               call->offset, &options, &run->hits, &run->count, NULL, err);
}

static inlay_status run_hybrid(struct search_run *run, uint64_t k, inlay_error *err)
{
    const struct search_call *call = run->call;
    struct hybrid_options options = call->hybrid;
    size_t i;
    options.k = k;
    options.offset = call->offset;
    if (call->k == SEARCH_ALL && options.depth == 0) {
        options.depth = SEARCH_ALL;
    }
    options.vector.exact = options.depth == SEARCH_ALL;
    INLAY_TRY(table_hybrid_search(call->view, call->targets[0].column, call->targets[0].query,
                                  call->vector_column, call->vector, run->filter, &options,
                                  &run->fused, &run->count, err));
    run->hits = mem_zalloc_array(run->count, sizeof(*run->hits));
    if (run->hits == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < run->count; i++) {
        run->hits[i].place = run->fused[i].place;
        run->hits[i].id = run->fused[i].id;
    }
    return INLAY_OK;
}

static inlay_status rank(struct search_run *run, uint64_t k, inlay_error *err)
{
    const struct search_call *call = run->call;
    if (k == 0 || call->view->list.count == 0) {
        return INLAY_OK;
    }
    if (call->function->kind == SEARCH_VECTOR) {
        return run_vector(run, k, err);
    }
    if (call->function->kind == SEARCH_HYBRID) {
        return run_hybrid(run, k, err);
    }
    return table_search_columns(call->view, call->targets, call->target_count, run->filter,
                                call->offset, k, &run->hits, &run->count, err);
}

/* What was pushed into the call only spares work: when the condition cannot be evaluated over all
 * rows (a cast that fails on a row that no hit is), the call runs as it was written, and the
 * statement evaluates the condition where it stands. */
static inlay_status start(struct search_run *run, inlay_error *err)
{
    const struct search_call *call = run->call;
    uint64_t k = call->k;
    if (call->pushed_filter != NULL) {
        inlay_status status = filter_of_both(call, &run->filter, err);
        if (status == INLAY_OK) {
            k = call->k < call->pushed_k ? call->k : call->pushed_k;
            return rank(run, k, err);
        }
        if (status != INLAY_QUERY) {
            return status;
        }
    } else {
        k = call->k < call->pushed_k ? call->k : call->pushed_k;
    }
    if (call->filter != NULL) {
        INLAY_TRY(filter_of(call, call->filter, &run->filter, err));
    }
    return is_ranked(call) ? rank(run, k, err) : INLAY_OK;
}

inlay_status search_run_open(const struct search_call *call, struct search_run **out,
                             inlay_error *err)
{
    struct search_run *run = mem_zalloc(sizeof(*run));
    inlay_status status;
    *out = NULL;
    if (run == NULL) {
        return error_no_memory(err);
    }
    run->call = call;
    status = start(run, err);
    if (status != INLAY_OK) {
        search_run_close(run);
        return search_call_error(call->function, status, err);
    }
    *out = run;
    return INLAY_OK;
}

void search_run_close(struct search_run *run)
{
    if (run != NULL) {
        row_filter_release(run->filter);
        mem_free(run->hits);
        mem_free(run->fused);
        rowset_free(run->rows);
        superfile_release(run->file);
        mem_free(run);
    }
}

/* ---- matches without a ranking ---- */

/* The rows of a superfile that may match: of exact_match, those with the value's tokens. */
static inlay_status begin_superfile(struct search_run *run, inlay_error *err)
{
    const struct search_call *call = run->call;
    rowset_free(run->rows);
    run->rows = NULL;
    superfile_release(run->file);
    run->file = NULL;
    INLAY_TRY(rowset_create(&run->rows, err));
    INLAY_TRY(table_view_superfile(call->view, run->entry, &run->file, err));
    if (call->function->kind == SEARCH_VALUE && !call->value_has_tokens) {
        const struct rowset *allowed = row_filter_entry(run->filter, run->entry);
        rowset_add_range(run->rows, 0, call->view->list.entries[run->entry].rows);
        if (allowed != NULL) {
            rowset_and(run->rows, allowed);
        }
    } else {
        INLAY_TRY(table_match_rows(call->view, run->entry, call->targets[0].column,
                                   call->targets[0].query, run->filter, run->rows, err));
    }
    rowset_iterate(run->rows, &run->iterator);
    run->entry++;
    return INLAY_OK;
}

/* Keeps the rows whose whole value it is. */
static inlay_status keep_equal(struct search_run *run, uint32_t *rows, size_t *count,
                               inlay_error *err)
{
    const struct search_call *call = run->call;
    const uint32_t column = (uint32_t)schema_find(call->schema, call->targets[0].column);
    uint64_t wide[RELATION_BATCH_ROWS];
    struct parquet_batch batch;
    size_t kept = 0;
    size_t i;
    memset(&batch, 0, sizeof(batch));
    for (i = 0; i < *count; i++) {
        wide[i] = rows[i];
    }
    INLAY_TRY(
        parquet_fetch_rows(superfile_parquet(run->file), &column, 1, wide, *count, &batch, err));
    for (i = 0; i < *count; i++) {
        const struct colvec *values = &batch.columns[0];
        const struct colvec_string *value = (const struct colvec_string *)values->values + i;
        if (colvec_valid(values, i) && value->length == call->value_length &&
            memcmp(colvec_string_data(value), call->value, call->value_length) == 0) {
            rows[kept++] = rows[i];
        }
    }
    parquet_batch_release(&batch);
    *count = kept;
    return INLAY_OK;
}

static inlay_status match_more(struct search_run *run, inlay_error *err)
{
    uint32_t rows[RELATION_BATCH_ROWS];
    size_t count = 0;
    size_t i;
    run->count = 0;
    run->next = 0;
    while (count == 0) {
        if (run->rows != NULL) {
            count = rowset_next_many(&run->iterator, rows, RELATION_BATCH_ROWS);
        }
        if (count == 0) {
            if (run->entry == run->call->view->list.count) {
                return INLAY_OK;
            }
            INLAY_TRY(begin_superfile(run, err));
        } else if (run->call->function->kind == SEARCH_VALUE) {
            INLAY_TRY(keep_equal(run, rows, &count, err));
        }
    }
    if (run->hits == NULL) {
        run->hits = mem_zalloc_array(RELATION_BATCH_ROWS, sizeof(*run->hits));
        if (run->hits == NULL) {
            return error_no_memory(err);
        }
    }
    for (i = 0; i < count; i++) {
        run->hits[i].place = (struct row_place){run->entry - 1, rows[i]};
        run->hits[i].id = superfile_id(run->file, rows[i]);
    }
    run->count = count;
    return INLAY_OK;
}

inlay_status search_run_next(struct search_run *run, const struct table_hit **hits,
                             const struct fused_hit **fused, size_t *count, inlay_error *err)
{
    size_t left;
    *count = 0;
    if (!is_ranked(run->call)) {
        inlay_status status = match_more(run, err);
        if (status != INLAY_OK) {
            return search_call_error(run->call->function, status, err);
        }
    }
    left = run->count - run->next;
    *count = left < RELATION_BATCH_ROWS ? left : RELATION_BATCH_ROWS;
    *hits = run->hits + run->next;
    *fused = run->fused != NULL ? run->fused + run->next : NULL;
    run->next += *count;
    return INLAY_OK;
}
