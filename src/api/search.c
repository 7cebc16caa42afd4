/* SPDX-License-Identifier: Apache-2.0 */
#include "table/rows/search.h"
#include "api/hit_rows.h"
#include "api/limits.h"
#include "base/alloc.h"
#include "base/error.h"
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

/* One search on its way to rows. */
struct search_result {
    const inlay_search_options *options;
    const struct typed_text_index *index;
    const struct text_query *query;
    struct table_view *view;
    const struct row_filter *filter; /* NULL = all rows */
    struct table_hit *hits;
    size_t hit_count;
    uint32_t *columns; /* to return */
    size_t column_count;
    /* For snippets: a buffer and the query's words, kept from hit to hit. */
    struct analyzer_scratch *scratch;
    struct query_terms terms;
    struct buffer snippet;
};

static void search_free(struct search_result *search)
{
    row_filter_release(search->filter);
    mem_free(search->hits);
    mem_free(search->columns);
    buffer_free(&search->snippet);
    analyzer_scratch_free(search->scratch);
    table_view_release(search->view);
}

static inlay_status add_snippet(struct search_result *search, struct byte_view text,
                                struct builder *out, inlay_error *err)
{
    const inlay_search_options *options = search->options;
    buffer_clear(&search->snippet);
    INLAY_TRY(highlight_snippet(
        search->index->analyzer, search->scratch, text.data != NULL ? (const char *)text.data : "",
        (size_t)text.length, search->terms.terms, search->terms.count, options->snippet_bytes,
        options->highlight_open != NULL ? options->highlight_open : "",
        options->highlight_close != NULL ? options->highlight_close : "", &search->snippet, err));
    return builder_bytes_value(out,
                               search->snippet.len != 0 ? (const void *)search->snippet.data : "",
                               search->snippet.len, err);
}

/* score, and snippet when asked for */
static inlay_status add_fields(const void *context, struct schema *schema, inlay_error *err)
{
    const struct search_result *search = context;
    if (schema_add(schema, "score", COLUMN_FLOAT32, false) == NULL ||
        (search->options->snippet_bytes != 0 &&
         schema_add(schema, "snippet", COLUMN_UTF8, false) == NULL)) {
        return error_no_memory(err);
    }
    return INLAY_OK;
}

static inlay_status add_values(void *context, struct builder *row, size_t first, size_t hit,
                               struct byte_view text, inlay_error *err)
{
    struct search_result *search = context;
    INLAY_TRY(builder_float(builder_child(row, first), (double)search->hits[hit].score, err));
    return search->options->snippet_bytes != 0
               ? add_snippet(search, text, builder_child(row, first + 1), err)
               : INLAY_OK;
}

static inlay_status make_result(struct search_result *search, uint32_t text_column,
                                struct ArrowArrayStream *out, inlay_error *err)
{
    struct hit_columns added = {add_fields, add_values, search, search->options->snippet_bytes != 0,
                                text_column};
    INLAY_TRY(analyzer_scratch_create(search->index->analyzer, &search->scratch, err));
    if (search->query->root != NULL) {
        collect_terms(search->query->root, &search->terms);
    }
    return hit_rows_stream(search->view, &search->hits->place, sizeof(*search->hits),
                           search->hit_count, search->columns, search->column_count, &added, out,
                           err);
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
    struct call_limits limits;
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
    limits_start(&limits, search.options->timeout_ms, search.options->cancel);
    buffer_init(&search.snippet, SIZE_MAX);
    status = search_view(table, column, query, search.options, &parsed, &search.view, err);
    if (status == INLAY_OK) {
        search.query = parsed;
        search.index = typed_table_text(table->typed, column);
        status =
            resolve_columns(table->typed, search.options->columns, search.options->column_count,
                            &search.columns, &search.column_count, err);
    }
    if (status == INLAY_OK) {
        status = filter_rows(table, search.view, search.options->filter, limits.cancel,
                             &search.filter, err);
    }
    if (status == INLAY_OK) {
        status =
            table_search(search.view, column, parsed, search.filter, search.options->offset,
                         search.options->k, limits.cancel, &search.hits, &search.hit_count, err);
    }
    if (status == INLAY_OK) {
        status = cancel_check(limits.cancel, err); /* the rows may have to be fetched from afar */
    }
    if (status == INLAY_OK) {
        ptrdiff_t text_column = schema_find(typed_table_file_schema(table->typed), column);
        status = make_result(&search, (uint32_t)text_column, out, err);
    }
    cost_finish(&meter, search.view);
    search_free(&search);
    text_query_free(parsed);
    return status;
}

inlay_status inlay_bm25_count(inlay_table *table, const char *column, const char *query,
                              const inlay_search_options *options, uint64_t *count,
                              inlay_cost *cost, inlay_error *err)
{
    struct text_query *parsed = NULL;
    struct table_view *view = NULL;
    const struct row_filter *filter = NULL;
    struct call_limits limits;
    struct cost_meter meter = {0};
    inlay_search_options defaults;
    inlay_status status;
    INLAY_TRY(check_argument(count, "count", err));
    *count = 0;
    inlay_search_options_init(&defaults);
    if (table != NULL) {
        meter = cost_start(table->connection, cost);
    }
    options = options != NULL ? options : &defaults;
    limits_start(&limits, options->timeout_ms, options->cancel);
    status = search_view(table, column, query, options, &parsed, &view, err);
    if (status == INLAY_OK) {
        status = filter_rows(table, view, options->filter, limits.cancel, &filter, err);
    }
    if (status == INLAY_OK) {
        status = table_count_matches(view, column, parsed, filter, limits.cancel, count, err);
    }
    cost_finish(&meter, view);
    row_filter_release(filter);
    table_view_release(view);
    text_query_free(parsed);
    return status;
}
