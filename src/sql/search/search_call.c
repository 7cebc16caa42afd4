/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/search/search_call.h"

#include "base/alloc.h"
#include "base/error.h"
#include "sql/search/search_arguments.h"
#include "sql/table_relation.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define LEAST_RECALL 0.8
#define MOST_RECALL 0.999

#define COMMON_ARGUMENTS                                                                           \
    ARGUMENT_FILTER, ARGUMENT_OFFSET, ARGUMENT_SKIP, ARGUMENT_PUSHED_K, ARGUMENT_PUSHED_FILTER

const struct search_function search_functions[] = {
    {"bm25_search",
     SEARCH_BM25,
     3,
     10,
     {ARGUMENT_TABLE, ARGUMENT_COLUMN, ARGUMENT_QUERY, ARGUMENT_K, ARGUMENT_MODE,
      COMMON_ARGUMENTS}},
    {"bm25_search_prefix",
     SEARCH_PREFIX,
     3,
     9,
     {ARGUMENT_TABLE, ARGUMENT_COLUMN, ARGUMENT_PREFIX, ARGUMENT_K, COMMON_ARGUMENTS}},
    {"vector_search",
     SEARCH_VECTOR,
     3,
     13,
     {ARGUMENT_TABLE, ARGUMENT_COLUMN, ARGUMENT_VECTOR, ARGUMENT_K, ARGUMENT_NPROBE,
      ARGUMENT_RECALL, ARGUMENT_RERANK, ARGUMENT_MAX_DISTANCE, COMMON_ARGUMENTS}},
    {"hybrid_search",
     SEARCH_HYBRID,
     5,
     16,
     {ARGUMENT_TABLE, ARGUMENT_TEXT_COLUMN, ARGUMENT_QUERY, ARGUMENT_VECTOR_COLUMN, ARGUMENT_VECTOR,
      ARGUMENT_K, ARGUMENT_MODE, ARGUMENT_DEPTH, ARGUMENT_RRF_K, ARGUMENT_WEIGHTS, ARGUMENT_FUSION,
      COMMON_ARGUMENTS}},
    {"token_match",
     SEARCH_TOKENS,
     3,
     5,
     {ARGUMENT_TABLE, ARGUMENT_COLUMN, ARGUMENT_QUERY, ARGUMENT_MODE, ARGUMENT_FILTER}},
    {"exact_match",
     SEARCH_VALUE,
     3,
     4,
     {ARGUMENT_TABLE, ARGUMENT_COLUMN, ARGUMENT_VALUE, ARGUMENT_FILTER}},
};
const size_t search_function_count = sizeof(search_functions) / sizeof(search_functions[0]);

const char *search_argument_name(enum search_argument argument)
{
    static const char *const names[] = {
        "table_name",    "column_name",  "text_column", "query",    "prefix",        "value",
        "vector_column", "vector",       "k",           "mode",     "nprobe",        "recall",
        "rerank",        "max_distance", "depth",       "rrf_k",    "weights",       "fusion",
        "filter",        "offset",       "skip",        "pushed_k", "pushed_filter",
    };
    return names[argument];
}

ptrdiff_t search_argument_place(const struct search_function *function,
                                enum search_argument argument)
{
    size_t i;
    for (i = 0; i < function->count; i++) {
        if (function->arguments[i] == argument) {
            return (ptrdiff_t)i;
        }
    }
    return -1;
}

size_t search_added_columns(enum search_kind kind, enum search_added added[SEARCH_ADDED_MAX])
{
    added[0] = ADDED_SCORE;
    if (kind != SEARCH_HYBRID) {
        return 1;
    }
    added[0] = ADDED_FUSED_SCORE;
    added[1] = ADDED_TEXT_RANK;
    added[2] = ADDED_TEXT_SCORE;
    added[3] = ADDED_VECTOR_RANK;
    added[4] = ADDED_VECTOR_DISTANCE;
    return 5;
}

/* Names differ in SQL when they do in more than case. */
static bool has_column(const struct schema *schema, const char *name)
{
    size_t i;
    for (i = 0; i < schema->count; i++) {
        if (strcasecmp(schema->fields[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

void search_added_name(const struct schema *schema, enum search_added added,
                       char name[SEARCH_NAME_SIZE])
{
    static const char *const names[] = {"score",      "score",       "bm25_rank",
                                        "bm25_score", "vector_rank", "vector_distance"};
    unsigned number;
    (void)snprintf(name, SEARCH_NAME_SIZE, "%s", names[added]);
    for (number = 1; has_column(schema, name); number++) {
        (void)snprintf(name, SEARCH_NAME_SIZE, "%s_%u", names[added], number);
    }
}

inlay_status search_call_error(const struct search_function *function, inlay_status status,
                               inlay_error *err)
{
    char text[sizeof(err->message)];
    if (status == INLAY_INVALID_ARGUMENT) {
        status = INLAY_QUERY;
    }
    if (err != NULL && status != INLAY_NO_MEMORY) {
        (void)snprintf(text, sizeof(text), "%s: %.*s", function->name,
                       (int)(sizeof(text) - SEARCH_NAME_SIZE), err->message);
        (void)snprintf(err->message, sizeof(err->message), "%s", text);
        err->status = status;
    }
    return status;
}

bool search_usage(const char *engine_text, char *out, size_t size)
{
    static const char start[] = "Binder Error: Macro ";
    const char *name = engine_text + strlen(start);
    size_t used;
    size_t i;
    size_t k;
    if (strncmp(engine_text, start, strlen(start)) != 0) {
        return false;
    }
    for (i = 0; i < search_function_count; i++) {
        const struct search_function *function = &search_functions[i];
        const size_t length = strlen(function->name);
        if (strncmp(name, function->name, length) != 0 || name[length] != '(') {
            continue;
        }
        used = (size_t)snprintf(out, size, "%s takes the arguments", function->name);
        for (k = 0; k < function->count && used < size; k++) {
            enum search_argument argument = function->arguments[k];
            if (argument != ARGUMENT_PUSHED_K && argument != ARGUMENT_PUSHED_FILTER) {
                used += (size_t)snprintf(out + used, size - used, "%s %s", k != 0 ? "," : "",
                                         search_argument_name(argument));
            }
        }
        if (used < size) {
            (void)snprintf(
                out + used, size - used,
                ", by place or by name (k := 10), each once; the first %zu must be given",
                function->required);
        }
        return true;
    }
    return false;
}

void search_call_free(void *data)
{
    struct search_call *call = data;
    size_t i;
    if (call == NULL) {
        return;
    }
    for (i = 0; i < call->target_count; i++) {
        text_query_free((struct text_query *)(uintptr_t)call->targets[i].query);
        mem_free(call->columns[i]);
    }
    mem_free(call->targets);
    mem_free(call->columns);
    mem_free(call->table);
    mem_free(call->value);
    mem_free(call->vector_column);
    mem_free(call->vector);
    mem_free(call->filter);
    mem_free(call->pushed_filter);
    statement_release(call->statement);
    mem_free(call);
}

/* ---- reading ---- */

static inlay_status check_required(const struct argument_reader *reader)
{
    const struct search_function *function = reader->function;
    size_t i;
    for (i = 0; i < function->required; i++) {
        if (!argument_given(reader, function->arguments[i])) {
            const char *name = search_argument_name(function->arguments[i]);
            error_set(reader->err, INLAY_QUERY, "argument %zu, %s, is missing or NULL", i + 1,
                      name);
            error_key(reader->err, name);
            return INLAY_QUERY;
        }
    }
    return INLAY_OK;
}

static inlay_status bind_table(const struct argument_reader *reader, struct search_call *call)
{
    struct relation *relation;
    INLAY_TRY(argument_text(reader, ARGUMENT_TABLE, &call->table));
    INLAY_TRY(statement_relation(call->statement, call->table, &relation, reader->err));
    call->view = table_relation_view(relation);
    call->schema = relation->ops->schema(relation);
    if (call->view == NULL) {
        return error_set(reader->err, INLAY_QUERY, "\"%s\" is no table that can be searched",
                         call->table);
    }
    return INLAY_OK;
}

static inlay_status mode_of(const struct argument_reader *reader, bool *require_all)
{
    char *mode = NULL;
    inlay_status status = argument_text(reader, ARGUMENT_MODE, &mode);
    *require_all = false;
    if (status == INLAY_OK && mode != NULL) {
        *require_all = strcasecmp(mode, "and") == 0;
        if (!*require_all && strcasecmp(mode, "or") != 0) {
            status = argument_refuse(reader, ARGUMENT_MODE, "must be 'or' or 'and'");
        }
    }
    mem_free(mode);
    return status;
}

/* One query per column: their analyzers differ. */
static inlay_status parse_target(const struct argument_reader *reader, struct search_call *call,
                                 const char *column, const char *text, bool require_all,
                                 struct text_query **out)
{
    switch (call->function->kind) {
    case SEARCH_PREFIX:
        return table_prefix_query(call->view, column, text, out, reader->err);
    case SEARCH_VALUE:
        return table_value_query(call->view->table, column, text, strlen(text), out,
                                 &call->value_has_tokens, reader->err);
    default:
        return table_parse_query(call->view->table, column, text, require_all, out, reader->err);
    }
}

static inlay_status bind_text(const struct argument_reader *reader, struct search_call *call,
                              enum search_argument column_argument,
                              enum search_argument text_argument)
{
    char *text = NULL;
    bool require_all = false;
    size_t count = 0;
    size_t i;
    inlay_status status = argument_texts(reader, column_argument, &call->columns, &count);
    if (call->columns != NULL) {
        call->targets = mem_zalloc_array(count, sizeof(*call->targets));
        call->target_count = call->targets != NULL ? count : 0;
        for (i = 0; call->targets == NULL && i < count; i++) {
            mem_free(call->columns[i]);
        }
    }
    INLAY_TRY(status);
    if (call->targets == NULL) {
        return error_no_memory(reader->err);
    }
    if (count > 1 && call->function->kind != SEARCH_BM25) {
        return argument_refuse(reader, column_argument, "must be one column");
    }
    INLAY_TRY(mode_of(reader, &require_all));
    INLAY_TRY(argument_text(reader, text_argument, &text));
    for (i = 0; i < count && status == INLAY_OK; i++) {
        struct text_query *query = NULL;
        status = parse_target(reader, call, call->columns[i], text, require_all, &query);
        call->targets[i].column = call->columns[i];
        call->targets[i].query = query;
    }
    if (call->function->kind == SEARCH_VALUE) {
        call->value = text;
        call->value_length = strlen(text);
    } else {
        mem_free(text);
    }
    return status;
}

static inlay_status bind_vector(const struct argument_reader *reader, struct search_call *call,
                                enum search_argument column_argument)
{
    INLAY_TRY(argument_text(reader, column_argument, &call->vector_column));
    INLAY_TRY(argument_floats(reader, ARGUMENT_VECTOR, &call->vector, &call->dim));
    return table_check_vectors(call->view->table, call->vector_column, call->vector, 1, call->dim,
                               reader->err);
}

/* Without k the ranking is whole and exact: how to look for a few would mean nothing. */
static inlay_status check_needs_k(const struct argument_reader *reader,
                                  const struct search_call *call)
{
    static const enum search_argument needing[] = {ARGUMENT_NPROBE, ARGUMENT_RECALL,
                                                   ARGUMENT_RERANK};
    size_t i;
    for (i = 0; i < sizeof(needing) / sizeof(needing[0]) && call->k == SEARCH_ALL; i++) {
        if (argument_given(reader, needing[i])) {
            const char *name = search_argument_name(needing[i]);
            error_set(reader->err, INLAY_QUERY,
                      "%s needs k: without k all rows are ranked by their exact distance", name);
            error_key(reader->err, name);
            return INLAY_QUERY;
        }
    }
    return INLAY_OK;
}

static inlay_status bind_rerank(const struct argument_reader *reader,
                                struct vector_search_options *options)
{
    char *text = NULL;
    inlay_status status = argument_text(reader, ARGUMENT_RERANK, &text);
    if (status == INLAY_OK && text != NULL) {
        if (strcasecmp(text, "codes") == 0) {
            options->rerank = VECTOR_RERANK_CODES;
        } else if (strcasecmp(text, "exact") != 0) {
            status = argument_refuse(reader, ARGUMENT_RERANK, "must be 'exact' or 'codes'");
        }
    }
    mem_free(text);
    return status;
}

static inlay_status bind_vector_options(const struct argument_reader *reader,
                                        struct search_call *call)
{
    struct vector_search_options *options = &call->vector_options;
    uint64_t nprobe = 1;
    double distance = 0;
    vector_search_options_init(options);
    INLAY_TRY(check_needs_k(reader, call));
    INLAY_TRY(argument_count(reader, ARGUMENT_NPROBE, &nprobe));
    if (nprobe == 0) {
        return argument_refuse(reader, ARGUMENT_NPROBE, "must be 1 or more");
    }
    if (argument_given(reader, ARGUMENT_NPROBE)) {
        options->nprobe = nprobe < UINT32_MAX ? (uint32_t)nprobe : UINT32_MAX;
    }
    INLAY_TRY(argument_number(reader, ARGUMENT_RECALL, &options->recall));
    if (!(options->recall >= LEAST_RECALL && options->recall <= MOST_RECALL)) {
        return argument_refuse(reader, ARGUMENT_RECALL, "must be from 0.80 to 0.999");
    }
    INLAY_TRY(bind_rerank(reader, options));
    if (argument_given(reader, ARGUMENT_MAX_DISTANCE)) {
        INLAY_TRY(argument_number(reader, ARGUMENT_MAX_DISTANCE, &distance));
        options->has_max_distance = true;
        options->max_distance = (float)distance;
    }
    return INLAY_OK;
}

static inlay_status bind_fusion(const struct argument_reader *reader, struct fusion_options *fusion)
{
    char *kind = NULL;
    float *weights = NULL;
    size_t count = 2;
    inlay_status status = argument_text(reader, ARGUMENT_FUSION, &kind);
    if (status == INLAY_OK && kind != NULL) {
        if (strcasecmp(kind, "normalized") == 0) {
            fusion->kind = FUSION_NORMALIZED;
        } else if (strcasecmp(kind, "rrf") != 0) {
            status = argument_refuse(reader, ARGUMENT_FUSION, "must be 'rrf' or 'normalized'");
        }
    }
    mem_free(kind);
    INLAY_TRY(status);
    INLAY_TRY(argument_number(reader, ARGUMENT_RRF_K, &fusion->rank_constant));
    status = argument_floats(reader, ARGUMENT_WEIGHTS, &weights, &count);
    if (status == INLAY_OK && count != 2) {
        status = argument_refuse(reader, ARGUMENT_WEIGHTS,
                                 "must be two numbers, of the text and of the vector ranking");
    } else if (status == INLAY_OK && weights != NULL) {
        fusion->text_weight = (double)weights[0];
        fusion->vector_weight = (double)weights[1];
    }
    mem_free(weights);
    INLAY_TRY(status);
    return fusion_options_check(fusion, reader->err);
}

static inlay_status bind_hybrid(const struct argument_reader *reader, struct search_call *call)
{
    struct hybrid_options *hybrid = &call->hybrid;
    fusion_options_init(&hybrid->fusion);
    vector_search_options_init(&hybrid->vector);
    INLAY_TRY(argument_count(reader, ARGUMENT_DEPTH, &hybrid->depth));
    if (argument_given(reader, ARGUMENT_DEPTH) && hybrid->depth == 0) {
        return argument_refuse(reader, ARGUMENT_DEPTH, "must be 1 or more");
    }
    return bind_fusion(reader, &hybrid->fusion);
}

/* How many rows: not more than there are, so that any k is a fine one. */
static inlay_status bind_counts(const struct argument_reader *reader, struct search_call *call)
{
    const uint64_t rows = table_view_rows(call->view);
    call->k = SEARCH_ALL;
    call->pushed_k = SEARCH_ALL;
    INLAY_TRY(argument_count(reader, ARGUMENT_K, &call->k));
    INLAY_TRY(argument_count(reader, ARGUMENT_PUSHED_K, &call->pushed_k));
    INLAY_TRY(argument_count(reader, ARGUMENT_OFFSET, &call->offset));
    INLAY_TRY(argument_count(reader, ARGUMENT_SKIP, &call->offset));
    if (call->k != SEARCH_ALL) {
        call->k = call->k < rows ? call->k : rows;
    }
    call->offset = call->offset < rows ? call->offset : rows;
    return INLAY_OK;
}

static inlay_status bind_ranked(const struct argument_reader *reader, struct search_call *call)
{
    switch (call->function->kind) {
    case SEARCH_VECTOR:
        INLAY_TRY(bind_vector(reader, call, ARGUMENT_COLUMN));
        return bind_vector_options(reader, call);
    case SEARCH_HYBRID:
        INLAY_TRY(bind_text(reader, call, ARGUMENT_TEXT_COLUMN, ARGUMENT_QUERY));
        INLAY_TRY(bind_vector(reader, call, ARGUMENT_VECTOR_COLUMN));
        return bind_hybrid(reader, call);
    case SEARCH_PREFIX:
        return bind_text(reader, call, ARGUMENT_COLUMN, ARGUMENT_PREFIX);
    case SEARCH_VALUE:
        return bind_text(reader, call, ARGUMENT_COLUMN, ARGUMENT_VALUE);
    default:
        return bind_text(reader, call, ARGUMENT_COLUMN, ARGUMENT_QUERY);
    }
}

static inlay_status bind_all(const struct argument_reader *reader, struct search_call *call)
{
    INLAY_TRY(check_required(reader));
    INLAY_TRY(bind_table(reader, call));
    INLAY_TRY(bind_counts(reader, call));
    INLAY_TRY(bind_ranked(reader, call));
    INLAY_TRY(argument_text(reader, ARGUMENT_FILTER, &call->filter));
    return argument_text(reader, ARGUMENT_PUSHED_FILTER, &call->pushed_filter);
}

inlay_status search_call_bind(duckdb_bind_info info, const struct search_function *function,
                              struct statement *statement, struct search_call **out,
                              inlay_error *err)
{
    const struct argument_reader reader = {info, function, err};
    struct search_call *call = mem_zalloc(sizeof(*call));
    inlay_status status;
    *out = NULL;
    if (call == NULL) {
        return error_no_memory(err);
    }
    call->function = function;
    call->statement = statement_retain(statement);
    call->added_count = search_added_columns(function->kind, call->added);
    status = bind_all(&reader, call);
    if (status != INLAY_OK) {
        search_call_free(call);
        return search_call_error(function, status, err);
    }
    *out = call;
    return INLAY_OK;
}
