/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/search/search_rows.h"

#include "base/alloc.h"
#include "base/error.h"
#include "parquet/fetch.h"
#include "sql/fill.h"
#include "sql/relation.h"

#include <stdlib.h>
#include <string.h>

struct ordered_hit {
    struct row_place place;
    uint32_t position; /* among the hits */
};

/* Hits of several superfiles, put together superfile by superfile. */
struct gathering {
    struct ordered_hit hits[RELATION_BATCH_ROWS];
    uint64_t rows[RELATION_BATCH_ROWS];
    size_t count;
    duckdb_vector *values; /* one per column; owned, as what they hold */
    size_t column_count;
    duckdb_selection_vector all; /* 0, 1, 2, ... */
};

static int by_place(const void *a, const void *b)
{
    const struct ordered_hit *x = a;
    const struct ordered_hit *y = b;
    if (x->place.entry != y->place.entry) {
        return x->place.entry < y->place.entry ? -1 : 1;
    }
    return x->place.row < y->place.row ? -1 : x->place.row > y->place.row;
}

static bool of_one_superfile(const struct table_hit *hits, size_t count)
{
    size_t i;
    for (i = 1; i < count; i++) {
        if (hits[i].place.entry != hits[0].place.entry) {
            return false;
        }
    }
    return true;
}

static inlay_status fetch(struct table_view *view, size_t entry, const uint64_t *rows, size_t count,
                          const uint32_t *columns, size_t column_count, struct parquet_batch *out,
                          inlay_error *err)
{
    struct superfile *file = NULL;
    inlay_status status = table_view_superfile(view, entry, &file, err);
    if (status == INLAY_OK) {
        status = parquet_fetch_rows(superfile_parquet(file), columns, column_count, rows, count,
                                    out, err);
    }
    superfile_release(file);
    return status;
}

static inlay_status fill_from_one(struct search_rows *rows, struct table_view *view,
                                  const struct table_hit *hits, size_t count,
                                  const uint32_t *columns, size_t column_count,
                                  const duckdb_vector *targets, inlay_error *err)
{
    uint64_t numbers[RELATION_BATCH_ROWS];
    size_t i;
    for (i = 0; i < count; i++) {
        numbers[i] = hits[i].place.row;
    }
    INLAY_TRY(
        fetch(view, hits[0].place.entry, numbers, count, columns, column_count, &rows->lent, err));
    for (i = 0; i < column_count; i++) {
        INLAY_TRY(sql_fill_vector(&rows->lent.columns[i], count, targets[i], err));
    }
    return INLAY_OK;
}

/* The engine copies the values, so that the fetched pages may go. */
static inlay_status append_column(struct gathering *g, size_t column, const struct colvec *source,
                                  size_t first, inlay_error *err)
{
    duckdb_logical_type type = duckdb_vector_get_column_type(g->values[column]);
    duckdb_vector part = duckdb_create_vector(type, RELATION_BATCH_ROWS);
    inlay_status status;
    duckdb_destroy_logical_type(&type);
    if (part == NULL) {
        return error_no_memory(err);
    }
    status = sql_fill_vector(source, source->count, part, err);
    if (status == INLAY_OK) {
        duckdb_vector_copy_sel(part, g->values[column], g->all, source->count, 0, first);
    }
    duckdb_destroy_vector(&part);
    return status;
}

static inlay_status append_superfile(struct gathering *g, struct table_view *view, size_t first,
                                     size_t end, const uint32_t *columns, inlay_error *err)
{
    struct parquet_batch batch;
    inlay_status status;
    size_t i;
    memset(&batch, 0, sizeof(batch));
    for (i = first; i < end; i++) {
        g->rows[i - first] = g->hits[i].place.row;
    }
    status = fetch(view, g->hits[first].place.entry, g->rows, end - first, columns, g->column_count,
                   &batch, err);
    for (i = 0; i < g->column_count && status == INLAY_OK; i++) {
        status = append_column(g, i, &batch.columns[i], first, err);
    }
    parquet_batch_release(&batch);
    return status;
}

static inlay_status gather(struct gathering *g, struct table_view *view,
                           const struct table_hit *hits, size_t count, const uint32_t *columns,
                           inlay_error *err)
{
    sel_t *all = duckdb_selection_vector_get_data_ptr(g->all);
    size_t first;
    size_t end;
    size_t i;
    for (i = 0; i < RELATION_BATCH_ROWS; i++) {
        all[i] = (sel_t)i;
    }
    g->count = count;
    for (i = 0; i < count; i++) {
        g->hits[i].place = hits[i].place;
        g->hits[i].position = (uint32_t)i;
    }
    qsort(g->hits, count, sizeof(g->hits[0]), by_place);
    for (first = 0; first < count; first = end) {
        for (end = first; end < count && g->hits[end].place.entry == g->hits[first].place.entry;
             end++) {
        }
        INLAY_TRY(append_superfile(g, view, first, end, columns, err));
    }
    return INLAY_OK;
}

/* The targets show the gathered values in the order of the hits. */
static inlay_status show(const struct gathering *g, const duckdb_vector *targets, inlay_error *err)
{
    duckdb_selection_vector order;
    sel_t *picks;
    size_t i;
    for (i = 0; i < g->column_count; i++) {
        size_t k;
        order = duckdb_create_selection_vector(RELATION_BATCH_ROWS);
        if (order == NULL) {
            return error_no_memory(err);
        }
        picks = duckdb_selection_vector_get_data_ptr(order);
        for (k = 0; k < g->count; k++) {
            picks[g->hits[k].position] = (sel_t)k;
        }
        duckdb_vector_reference_vector(targets[i], g->values[i]);
        duckdb_slice_vector(targets[i], order, g->count);
        duckdb_destroy_selection_vector(order);
    }
    return INLAY_OK;
}

static inlay_status fill_from_many(struct table_view *view, const struct table_hit *hits,
                                   size_t count, const uint32_t *columns, size_t column_count,
                                   const duckdb_vector *targets, inlay_error *err)
{
    struct gathering *g = mem_zalloc(sizeof(*g));
    inlay_status status = INLAY_OK;
    size_t i;
    if (g == NULL) {
        return error_no_memory(err);
    }
    g->values = mem_zalloc_array(column_count, sizeof(*g->values));
    g->column_count = g->values != NULL ? column_count : 0;
    g->all = duckdb_create_selection_vector(RELATION_BATCH_ROWS);
    if (g->values == NULL || g->all == NULL) {
        status = error_no_memory(err);
    }
    for (i = 0; i < column_count && status == INLAY_OK; i++) {
        duckdb_logical_type type = duckdb_vector_get_column_type(targets[i]);
        g->values[i] = duckdb_create_vector(type, RELATION_BATCH_ROWS);
        duckdb_destroy_logical_type(&type);
        if (g->values[i] == NULL) {
            status = error_no_memory(err);
        }
    }
    if (status == INLAY_OK) {
        status = gather(g, view, hits, count, columns, err);
    }
    if (status == INLAY_OK) {
        status = show(g, targets, err);
    }
    for (i = 0; i < g->column_count; i++) {
        if (g->values[i] != NULL) {
            duckdb_destroy_vector(&g->values[i]);
        }
    }
    if (g->all != NULL) {
        duckdb_destroy_selection_vector(g->all);
    }
    mem_free(g->values);
    mem_free(g);
    return status;
}

inlay_status search_rows_fill(struct search_rows *rows, struct table_view *view,
                              const struct table_hit *hits, size_t count, const uint32_t *columns,
                              size_t column_count, const duckdb_vector *targets, inlay_error *err)
{
    parquet_batch_release(&rows->lent);
    if (count == 0 || column_count == 0) {
        return INLAY_OK;
    }
    return of_one_superfile(hits, count)
               ? fill_from_one(rows, view, hits, count, columns, column_count, targets, err)
               : fill_from_many(view, hits, count, columns, column_count, targets, err);
}

void search_rows_free(struct search_rows *rows)
{
    parquet_batch_release(&rows->lent);
}
