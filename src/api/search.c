/* SPDX-License-Identifier: Apache-2.0 */
#include "table/rows/search.h"
#include "api/handles.h"
#include "base/alloc.h"
#include "base/error.h"
#include "columnar/stream.h"
#include "text/highlight.h"

#include <string.h>

#define DEFAULT_K 10

void inlay_search_options_init(inlay_search_options *options)
{
    memset(options, 0, sizeof(*options));
    options->struct_size = sizeof(*options);
    options->k = DEFAULT_K;
}

/* The words of a query as highlighting looks for them: every term that is not excluded. */
struct query_terms {
    struct highlight_term terms[HIGHLIGHT_MAX_TERMS];
    size_t count;
};

static void add_term(struct query_terms *terms, const uint8_t *text, uint32_t length)
{
    if (terms->count < HIGHLIGHT_MAX_TERMS) {
        terms->terms[terms->count].bytes = text;
        terms->terms[terms->count].length = length;
        terms->count++;
    }
}

static void collect_terms(const struct text_node *node, struct query_terms *terms)
{
    uint32_t i;
    const struct text_node *part;
    switch (node->kind) {
    case TEXT_NODE_TERM:
        add_term(terms, node->text, node->length);
        break;
    case TEXT_NODE_PHRASE:
        for (i = 0; i < node->term_count; i++) {
            add_term(terms, node->terms[i].text, node->terms[i].length);
        }
        break;
    case TEXT_NODE_GROUP:
        for (part = node->first; part != NULL; part = part->next) {
            if (part->occur != TEXT_MUST_NOT) {
                collect_terms(part, terms); /* trees are at most QUERY_MAX_DEPTH deep */
            }
        }
        break;
    }
}

/* What turns hits into rows. */
struct search_result {
    const inlay_search_options *options;
    const struct typed_text_index *index;
    const struct text_query *query;
    struct table_view *view;
    struct table_hit *hits;
    size_t hit_count;
    uint32_t *columns; /* to return */
    size_t column_count;
    uint32_t text_column; /* of the snippets */
};

static inlay_status fetch_hits(const struct search_result *search, const uint32_t *columns,
                               size_t column_count, struct batch *out, inlay_error *err)
{
    struct row_place *places = mem_zalloc_array(search->hit_count + 1, sizeof(*places));
    inlay_status status;
    size_t i;
    if (places == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < search->hit_count; i++) {
        places[i] = search->hits[i].place;
    }
    status = table_fetch(search->view, places, search->hit_count, columns, column_count, out, err);
    mem_free(places);
    return status;
}

/* Makes the snippets of one result: a buffer and the query's words, kept from hit to hit. */
struct snippet_maker {
    struct analyzer_scratch *scratch;
    struct query_terms terms;
    struct buffer text;
};

static inlay_status add_snippet(const struct search_result *search, struct snippet_maker *maker,
                                struct byte_view text, struct builder *out, inlay_error *err)
{
    const inlay_search_options *options = search->options;
    buffer_clear(&maker->text);
    INLAY_TRY(highlight_snippet(
        search->index->analyzer, maker->scratch, text.data != NULL ? (const char *)text.data : "",
        (size_t)text.length, maker->terms.terms, maker->terms.count, options->snippet_bytes,
        options->highlight_open != NULL ? options->highlight_open : "",
        options->highlight_close != NULL ? options->highlight_close : "", &maker->text, err));
    return builder_bytes_value(out, maker->text.len != 0 ? (const void *)maker->text.data : "",
                               maker->text.len, err);
}

static inlay_status add_row(const struct search_result *search, struct snippet_maker *maker,
                            struct result_rows *rows, const struct array_view *fetched, size_t hit,
                            inlay_error *err)
{
    size_t columns = search->column_count;
    size_t c;
    for (c = 0; c < columns; c++) {
        INLAY_TRY(builder_append(builder_child(rows->builder, c), &fetched->children[c],
                                 (int64_t)hit, 1, err));
    }
    INLAY_TRY(
        builder_float(builder_child(rows->builder, columns), (double)search->hits[hit].score, err));
    if (search->options->snippet_bytes != 0) {
        INLAY_TRY(add_snippet(search, maker,
                              array_view_bytes(&fetched->children[columns], (int64_t)hit),
                              builder_child(rows->builder, columns + 1), err));
    }
    return builder_close_row(rows->builder, err);
}

static inlay_status add_rows(const struct search_result *search, struct result_rows *rows,
                             const struct array_view *fetched, inlay_error *err)
{
    struct snippet_maker maker = {.scratch = NULL};
    inlay_status status = analyzer_scratch_create(search->index->analyzer, &maker.scratch, err);
    size_t i;
    buffer_init(&maker.text, SIZE_MAX);
    if (search->query->root != NULL) {
        collect_terms(search->query->root, &maker.terms);
    }
    for (i = 0; i < search->hit_count && status == INLAY_OK; i++) {
        status = add_row(search, &maker, rows, fetched, i, err);
    }
    buffer_free(&maker.text);
    analyzer_scratch_free(maker.scratch);
    return status;
}

/* The chosen columns, score, and snippet when asked for. */
static inlay_status result_schema(const struct search_result *search, const struct schema *fetched,
                                  struct schema *out, inlay_error *err)
{
    inlay_status status = schema_copy(fetched, out, err);
    if (status != INLAY_OK) {
        return status;
    }
    while (out->count > search->column_count) { /* the text fetched for snippets */
        field_free(&out->fields[--out->count]);
    }
    if (schema_add(out, "score", COLUMN_FLOAT32, false) == NULL ||
        (search->options->snippet_bytes != 0 &&
         schema_add(out, "snippet", COLUMN_UTF8, false) == NULL)) {
        schema_free(out);
        return error_no_memory(err);
    }
    return INLAY_OK;
}

static inlay_status make_result(const struct search_result *search, struct ArrowArrayStream *out,
                                inlay_error *err)
{
    size_t fetch_count = search->column_count + (search->options->snippet_bytes != 0);
    uint32_t *columns = mem_zalloc_array(fetch_count, sizeof(*columns));
    struct result_rows rows;
    struct schema schema;
    struct batch batch;
    struct array_view fetched;
    inlay_status status;
    if (columns == NULL) {
        return error_no_memory(err);
    }
    memcpy(columns, search->columns, search->column_count * sizeof(*columns));
    if (search->options->snippet_bytes != 0) {
        columns[search->column_count] = search->text_column;
    }
    status = fetch_hits(search, columns, fetch_count, &batch, err);
    mem_free(columns);
    if (status != INLAY_OK) {
        return status;
    }
    status = array_view_open_batch(&batch.schema, &batch.array, ARRAY_CHECK_STRUCTURE,
                                   INLAY_INTERNAL, &fetched, err);
    if (status == INLAY_OK) {
        status = result_schema(search, &batch.schema, &schema, err);
        if (status == INLAY_OK) {
            status = result_begin(&rows, &schema, err);
        }
        if (status == INLAY_OK) {
            status = add_rows(search, &rows, &fetched, err);
            if (status == INLAY_OK) {
                status = result_finish(&rows, out, err);
            } else {
                result_free(&rows);
            }
        }
        array_view_close(&fetched);
    }
    batch_release(&batch);
    return status;
}

static inlay_status search_view(inlay_table *table, const char *column, const char *text,
                                const inlay_search_options *options, struct text_query **query,
                                struct table_view **view, inlay_error *err)
{
    INLAY_TRY(check_argument(table, "the table", err));
    INLAY_TRY(check_argument(column, "the column", err));
    INLAY_TRY(check_argument(text, "the query", err));
    INLAY_TRY(table_parse_query(table->typed, column, text, options->match_all != 0, query, err));
    return table_handle_view(table, view, err);
}

inlay_status inlay_bm25_search(inlay_table *table, const char *column, const char *query,
                               const inlay_search_options *options, struct ArrowArrayStream *out,
                               inlay_cost *cost, inlay_error *err)
{
    struct search_result search;
    struct text_query *parsed = NULL;
    struct cost_meter meter = {0};
    inlay_search_options defaults;
    inlay_status status;
    INLAY_TRY(check_argument(out, "out", err));
    memset(out, 0, sizeof(*out));
    memset(&search, 0, sizeof(search));
    inlay_search_options_init(&defaults);
    search.options = options != NULL ? options : &defaults;
    if (table != NULL) {
        meter = cost_start(table->connection, cost);
    }
    status = search_view(table, column, query, search.options, &parsed, &search.view, err);
    if (status == INLAY_OK) {
        search.query = parsed;
        search.index = typed_table_text(table->typed, column);
        search.text_column = (uint32_t)schema_find(typed_table_file_schema(table->typed), column);
        status =
            resolve_columns(table->typed, search.options->columns, search.options->column_count,
                            &search.columns, &search.column_count, err);
    }
    if (status == INLAY_OK) {
        status = table_search(search.view, column, parsed, search.options->offset,
                              search.options->k, NULL, &search.hits, &search.hit_count, err);
    }
    if (status == INLAY_OK) {
        status = make_result(&search, out, err);
    }
    cost_finish(&meter, search.view);
    mem_free(search.hits);
    mem_free(search.columns);
    table_view_release(search.view);
    text_query_free(parsed);
    return status;
}

inlay_status inlay_bm25_count(inlay_table *table, const char *column, const char *query,
                              const inlay_search_options *options, uint64_t *count,
                              inlay_cost *cost, inlay_error *err)
{
    struct text_query *parsed = NULL;
    struct table_view *view = NULL;
    struct cost_meter meter = {0};
    inlay_search_options defaults;
    inlay_status status;
    INLAY_TRY(check_argument(count, "count", err));
    *count = 0;
    inlay_search_options_init(&defaults);
    if (table != NULL) {
        meter = cost_start(table->connection, cost);
    }
    status = search_view(table, column, query, options != NULL ? options : &defaults, &parsed,
                         &view, err);
    if (status == INLAY_OK) {
        status = table_count_matches(view, column, parsed, count, err);
    }
    cost_finish(&meter, view);
    table_view_release(view);
    text_query_free(parsed);
    return status;
}
