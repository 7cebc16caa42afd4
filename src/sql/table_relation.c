/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/table_relation.h"

#include "base/alloc.h"
#include "base/error.h"
#include "sql/table_relation_priv.h"
#include "sql/table_statistics.h"
#include "table/predicate/row_bounds.h"
#include "table/predicate/row_test.h"
#include "table/rows/extremes.h"

const struct schema *table_relation_schema(const struct relation *relation)
{
    const struct table_relation *table = (const struct table_relation *)relation;
    return typed_table_file_schema(table->view->table);
}

static uint64_t relation_row_count(const struct relation *relation)
{
    return table_view_rows(((const struct table_relation *)relation)->view);
}

static bool relation_decides(const struct relation *relation, const struct predicate *predicate)
{
    return row_test_decides(predicate, table_relation_schema(relation));
}

static enum relation_text_index relation_text_index(const struct relation *relation, size_t column)
{
    const struct typed_text_index *text =
        typed_table_text(((const struct table_relation *)relation)->view->table,
                         table_relation_schema(relation)->fields[column].name);
    if (text == NULL) {
        return RELATION_NOT_INDEXED;
    }
    return row_bounds_terms_are_texts(text) ? RELATION_INDEXED_WHOLE : RELATION_INDEXED;
}

static inlay_status relation_text_values(struct relation *relation, size_t column,
                                         struct text_values **out, inlay_error *err)
{
    return table_view_text_values(((struct table_relation *)relation)->view, column, out, err);
}

static inlay_status relation_value_counts(struct relation *relation, size_t column, bool make,
                                          const struct cancel_token *cancel,
                                          const struct value_counts **out, inlay_error *err)
{
    return table_view_value_counts(((struct table_relation *)relation)->view, column, make, cancel,
                                   out, err);
}

static inlay_status relation_repeats(struct relation *relation, size_t column, bool *out,
                                     inlay_error *err)
{
    return table_view_repeats(((struct table_relation *)relation)->view, column, RELATION_REPEATS,
                              out, err);
}

static bool relation_top_bound(const struct relation *relation, size_t column, bool descending,
                               uint64_t rows, struct stat_value *out)
{
    return table_statistics_top_bound(((const struct table_relation *)relation)->view, column,
                                      descending, rows, out);
}

static bool relation_top_guess(const struct relation *relation, const struct predicate *predicate,
                               size_t column, bool descending, uint64_t share,
                               struct stat_value *out, uint64_t *rows)
{
    return table_statistics_top_guess(((const struct table_relation *)relation)->view, predicate,
                                      column, descending, share, out, rows);
}

static inlay_status relation_rows_left(struct relation *relation, const struct predicate *predicate,
                                       uint64_t most, uint64_t *out, inlay_error *err)
{
    return table_statistics_rows_left(((struct table_relation *)relation)->view, predicate, most,
                                      out, err);
}

static void relation_column_summary(const struct relation *relation, size_t column,
                                    struct relation_column_summary *out)
{
    table_statistics_summary(((const struct table_relation *)relation)->view, column, out);
}

static inlay_status relation_extreme(struct relation *relation, size_t column, bool greatest,
                                     const struct cancel_token *cancel,
                                     const struct stat_value **out, inlay_error *err)
{
    return table_view_extreme(((struct table_relation *)relation)->view, column, greatest, cancel,
                              out, err);
}

static void relation_facts(const struct relation *relation, struct relation_facts *out)
{
    const struct table_view *view = ((const struct table_relation *)relation)->view;
    out->version = view->snapshot->id;
    out->superfiles = view->list.count;
}

static void relation_release(struct relation *relation)
{
    struct table_relation *table = (struct table_relation *)relation;
    table_view_release(table->view);
    mem_free(table);
}

static const struct relation_ops table_relation_ops = {
    .schema = table_relation_schema,
    .row_count = relation_row_count,
    .scan_open = table_scan_open,
    .scan_parallelism = table_scan_parallelism,
    .worker_open = table_worker_open,
    .worker_next = table_worker_next,
    .worker_close = table_worker_close,
    .scan_close = table_scan_close,
    .release = relation_release,
    .decides = relation_decides,
    .text_index = relation_text_index,
    .text_values = relation_text_values,
    .value_counts = relation_value_counts,
    .repeats = relation_repeats,
    .top_bound = relation_top_bound,
    .top_guess = relation_top_guess,
    .rows_left = relation_rows_left,
    .column_summary = relation_column_summary,
    .extreme = relation_extreme,
    .facts = relation_facts,
};

inlay_status table_relation_create(struct table_view *view, struct relation **out, inlay_error *err)
{
    struct table_relation *relation = mem_zalloc(sizeof(*relation));
    *out = NULL;
    if (relation == NULL) {
        table_view_release(view);
        return error_no_memory(err);
    }
    relation->base.ops = &table_relation_ops;
    relation->view = view;
    *out = &relation->base;
    return INLAY_OK;
}

struct table_view *table_relation_view(const struct relation *relation)
{
    return relation->ops == &table_relation_ops ? ((const struct table_relation *)relation)->view
                                                : NULL;
}
