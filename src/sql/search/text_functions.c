/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/search/text_functions.h"

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/error.h"
#include "text/highlight.h"
#include "text/text_match.h"

#include <stdio.h>
#include <string.h>

#define ARGUMENTS_MAX 6
#define NAME_SIZE 32
#define SNIPPET_BYTES_MAX (1 << 20)
#define OUTPUT_MAX ((size_t)1 << 30)

enum operation { OPERATION_TOKENIZE, OPERATION_MATCH, OPERATION_HIGHLIGHT, OPERATION_SNIPPET };

struct text_function {
    const char *name;
    enum operation operation;
    const char *parameters; /* of the macro */
    const char *arguments;  /* what it hands to the function, analyzer last */
    size_t count;
    size_t bytes; /* the place of a number; SIZE_MAX: there is none */
};

static const struct text_function text_functions[] = {
    {"tokenize", OPERATION_TOKENIZE, "\"text\", analyzer := 'standard'", "\"text\", analyzer", 2,
     SIZE_MAX},
    {"match", OPERATION_MATCH, "\"text\", query, analyzer := 'standard'",
     "\"text\", query, analyzer", 3, SIZE_MAX},
    {"highlight", OPERATION_HIGHLIGHT,
     "\"text\", query, \"open\" := '<b>', \"close\" := '</b>', analyzer := 'standard'",
     "\"text\", query, \"open\", \"close\", analyzer", 5, SIZE_MAX},
    {"snippet", OPERATION_SNIPPET,
     "\"text\", query, bytes := 160, \"open\" := '<b>', \"close\" := '</b>', analyzer := "
     "'standard'",
     "\"text\", query, CAST(bytes AS BIGINT), \"open\", \"close\", analyzer", 6, 2},
};

struct piece {
    const char *data;
    size_t length;
};

/* What rows share as long as their analyzer and query stay the same. */
struct text_tool {
    const struct text_function *function;
    char name[NAME_SIZE]; /* of the analyzer */
    struct analyzer *analyzer;
    struct analyzer_scratch *scratch;
    char *query_text; /* owned */
    size_t query_length;
    struct text_query *query;
    struct highlight_term terms[HIGHLIGHT_MAX_TERMS]; /* of the query */
    size_t term_count;
    struct buffer out;
    struct buffer tags[2]; /* NUL terminated */
};

static void forget_query(struct text_tool *tool)
{
    text_query_free(tool->query);
    tool->query = NULL;
    mem_free(tool->query_text);
    tool->query_text = NULL;
    tool->term_count = 0;
}

static void forget_analyzer(struct text_tool *tool)
{
    forget_query(tool);
    analyzer_scratch_free(tool->scratch);
    tool->scratch = NULL;
    analyzer_free(tool->analyzer);
    tool->analyzer = NULL;
}

static inlay_status analyzer_of_name(const char *name, struct analyzer **out, inlay_error *err)
{
    static const char *const names[] = {"", "standard", "ascii", "whitespace", "keyword", "code"};
    struct analyzer_config config;
    size_t i;
    analyzer_config_init(&config);
    for (i = 1; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], name) == 0) {
            config.kind = (enum analyzer_kind)i;
            return analyzer_create(&config, out, err);
        }
    }
    if (name[0] == '\0' || strlen(name) >= sizeof(config.stemmer)) {
        return INLAY_INVALID_ARGUMENT;
    }
    memcpy(config.stemmer, name, strlen(name) + 1);
    return analyzer_create(&config, out, NULL);
}

static inlay_status use_analyzer(struct text_tool *tool, struct piece name, inlay_error *err)
{
    inlay_status status;
    if (tool->analyzer != NULL && strlen(tool->name) == name.length &&
        memcmp(tool->name, name.data, name.length) == 0) {
        return INLAY_OK;
    }
    forget_analyzer(tool);
    tool->name[0] = '\0';
    if (name.length < NAME_SIZE) {
        memcpy(tool->name, name.data, name.length);
        tool->name[name.length] = '\0';
    }
    status = analyzer_of_name(tool->name, &tool->analyzer, err);
    if (status == INLAY_NO_MEMORY) {
        return error_no_memory(err);
    }
    if (status != INLAY_OK) {
        return error_set(err, INLAY_QUERY,
                         "%s: there is no analyzer \"%.*s\"; known: standard, ascii, whitespace, "
                         "keyword, code, and the languages of stemmers such as english",
                         tool->function->name, (int)(name.length < 60 ? name.length : 60),
                         name.data);
    }
    return analyzer_scratch_create(tool->analyzer, &tool->scratch, err);
}

static void add_term(void *context, const uint8_t *text, uint32_t length)
{
    struct text_tool *tool = context;
    if (tool->term_count < HIGHLIGHT_MAX_TERMS) {
        tool->terms[tool->term_count++] = (struct highlight_term){text, length};
    }
}

static inlay_status use_query(struct text_tool *tool, struct piece text, inlay_error *err)
{
    if (tool->query != NULL && tool->query_length == text.length &&
        memcmp(tool->query_text, text.data, text.length) == 0) {
        return INLAY_OK;
    }
    forget_query(tool);
    tool->query_text = mem_strndup(text.data, text.length);
    tool->query_length = text.length;
    if (tool->query_text == NULL) {
        return error_no_memory(err);
    }
    INLAY_TRY(text_query_parse(tool->analyzer, text.data, text.length, NULL, &tool->query, err));
    text_query_terms(tool->query, add_term, tool);
    return INLAY_OK;
}

static const char *tag(struct text_tool *tool, size_t number, struct piece text)
{
    buffer_clear(&tool->tags[number]);
    buffer_append(&tool->tags[number], text.data, text.length);
    buffer_u8(&tool->tags[number], 0);
    return tool->tags[number].status == INLAY_OK ? (const char *)tool->tags[number].data : NULL;
}

static inlay_status mark(struct text_tool *tool, const struct piece *arguments, int64_t bytes,
                         inlay_error *err)
{
    const struct text_function *function = tool->function;
    const char *open_tag = tag(tool, 0, arguments[function->count - 3]);
    const char *close_tag = tag(tool, 1, arguments[function->count - 2]);
    buffer_clear(&tool->out);
    if (open_tag == NULL || close_tag == NULL) {
        return error_no_memory(err);
    }
    if (function->operation == OPERATION_HIGHLIGHT) {
        return text_query_mark(tool->query, tool->analyzer, tool->scratch, arguments[0].data,
                               arguments[0].length, open_tag, close_tag, &tool->out, err);
    }
    if (bytes < 1 || bytes > SNIPPET_BYTES_MAX) {
        return error_set(err, INLAY_QUERY, "snippet: bytes must be from 1 to %d, not %lld",
                         SNIPPET_BYTES_MAX, (long long)bytes);
    }
    return highlight_snippet(tool->analyzer, tool->scratch, arguments[0].data, arguments[0].length,
                             tool->terms, tool->term_count, (size_t)bytes, open_tag, close_tag,
                             &tool->out, err);
}

static inlay_status put_tokens(struct text_tool *tool, struct piece text, idx_t row,
                               duckdb_vector output, inlay_error *err)
{
    duckdb_list_entry *entries = duckdb_vector_get_data(output);
    duckdb_vector child;
    idx_t first = duckdb_list_vector_get_size(output);
    const struct token *tokens;
    size_t count;
    size_t i;
    INLAY_TRY(
        analyzer_run(tool->analyzer, tool->scratch, text.data, text.length, &tokens, &count, err));
    if (duckdb_list_vector_reserve(output, first + count) != DuckDBSuccess ||
        duckdb_list_vector_set_size(output, first + count) != DuckDBSuccess) {
        return error_no_memory(err);
    }
    child = duckdb_list_vector_get_child(output);
    for (i = 0; i < count; i++) {
        duckdb_vector_assign_string_element_len(child, first + i, (const char *)tokens[i].bytes,
                                                tokens[i].length);
    }
    entries[row].offset = first;
    entries[row].length = count;
    return INLAY_OK;
}

static inlay_status run_row(struct text_tool *tool, const struct piece *arguments, int64_t bytes,
                            idx_t row, duckdb_vector output, inlay_error *err)
{
    const struct text_function *function = tool->function;
    INLAY_TRY(use_analyzer(tool, arguments[function->count - 1], err));
    if (function->operation == OPERATION_TOKENIZE) {
        return put_tokens(tool, arguments[0], row, output, err);
    }
    INLAY_TRY(use_query(tool, arguments[1], err));
    if (function->operation == OPERATION_MATCH) {
        return text_query_matches(tool->query, tool->analyzer, tool->scratch, arguments[0].data,
                                  arguments[0].length, (bool *)duckdb_vector_get_data(output) + row,
                                  err);
    }
    INLAY_TRY(mark(tool, arguments, bytes, err));
    duckdb_vector_assign_string_element_len(output, row, (const char *)tool->out.data,
                                            tool->out.len);
    return INLAY_OK;
}

/* False: one of the arguments is NULL. */
static bool take_row(const struct text_function *function, duckdb_data_chunk input, idx_t row,
                     struct piece *arguments, int64_t *bytes)
{
    size_t i;
    for (i = 0; i < function->count; i++) {
        duckdb_vector vector = duckdb_data_chunk_get_vector(input, i);
        uint64_t *mask = duckdb_vector_get_validity(vector);
        if (mask != NULL && !duckdb_validity_row_is_valid(mask, row)) {
            return false;
        }
        if (i == function->bytes) {
            *bytes = ((const int64_t *)duckdb_vector_get_data(vector))[row];
        } else {
            duckdb_string_t *text = (duckdb_string_t *)duckdb_vector_get_data(vector) + row;
            arguments[i].data = duckdb_string_t_data(text);
            arguments[i].length = duckdb_string_t_length(*text);
        }
    }
    return true;
}

static void tool_free(struct text_tool *tool)
{
    forget_analyzer(tool);
    buffer_free(&tool->out);
    buffer_free(&tool->tags[0]);
    buffer_free(&tool->tags[1]);
    mem_free(tool);
}

static void text_run(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    struct text_tool *tool = mem_zalloc(sizeof(*tool));
    struct piece arguments[ARGUMENTS_MAX] = {{NULL, 0}};
    idx_t rows = duckdb_data_chunk_get_size(input);
    int64_t bytes = 0;
    idx_t i;
    inlay_error err;
    inlay_error_init(&err);
    if (tool == NULL) {
        duckdb_scalar_function_set_error(info, "out of memory");
        return;
    }
    tool->function = duckdb_scalar_function_get_extra_info(info);
    buffer_init(&tool->out, OUTPUT_MAX);
    buffer_init(&tool->tags[0], OUTPUT_MAX);
    buffer_init(&tool->tags[1], OUTPUT_MAX);
    for (i = 0; i < rows; i++) {
        if (!take_row(tool->function, input, i, arguments, &bytes)) {
            duckdb_vector_ensure_validity_writable(output);
            duckdb_validity_set_row_invalid(duckdb_vector_get_validity(output), i);
            if (tool->function->operation == OPERATION_TOKENIZE) {
                ((duckdb_list_entry *)duckdb_vector_get_data(output))[i] =
                    (duckdb_list_entry){0, 0};
            }
        } else if (run_row(tool, arguments, bytes, i, output, &err) != INLAY_OK) {
            duckdb_scalar_function_set_error(info, err.message);
            break;
        }
    }
    tool_free(tool);
}

/* ---- registration ---- */

static duckdb_logical_type result_type(enum operation operation)
{
    duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_logical_type list;
    if (operation == OPERATION_MATCH) {
        duckdb_destroy_logical_type(&text);
        return duckdb_create_logical_type(DUCKDB_TYPE_BOOLEAN);
    }
    if (operation != OPERATION_TOKENIZE) {
        return text;
    }
    list = duckdb_create_list_type(text);
    duckdb_destroy_logical_type(&text);
    return list;
}

static duckdb_state register_one(duckdb_connection connection, const struct text_function *function)
{
    duckdb_scalar_function made = duckdb_create_scalar_function();
    duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_logical_type number = duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
    duckdb_logical_type type = result_type(function->operation);
    duckdb_result result;
    duckdb_state state;
    char sql[512];
    size_t i;
    memset(&result, 0, sizeof(result));
    (void)snprintf(sql, sizeof(sql), "inlay_%s", function->name);
    duckdb_scalar_function_set_name(made, sql);
    for (i = 0; i < function->count; i++) {
        duckdb_scalar_function_add_parameter(made, i == function->bytes ? number : text);
    }
    duckdb_scalar_function_set_return_type(made, type);
    duckdb_scalar_function_set_extra_info(made, (void *)(uintptr_t)function, NULL);
    duckdb_scalar_function_set_function(made, text_run);
    state = duckdb_register_scalar_function(connection, made);
    duckdb_destroy_scalar_function(&made);
    duckdb_destroy_logical_type(&text);
    duckdb_destroy_logical_type(&number);
    duckdb_destroy_logical_type(&type);
    if (state == DuckDBSuccess) {
        /* The C API has no defaults and no names of arguments; macros have. */
        (void)snprintf(sql, sizeof(sql), "CREATE MACRO %s(%s) AS inlay_%s(%s)", function->name,
                       function->parameters, function->name, function->arguments);
        state = duckdb_query(connection, sql, &result);
        duckdb_destroy_result(&result);
    }
    return state;
}

inlay_status text_functions_register(duckdb_connection connection, inlay_error *err)
{
    size_t i;
    for (i = 0; i < sizeof(text_functions) / sizeof(text_functions[0]); i++) {
        if (register_one(connection, &text_functions[i]) != DuckDBSuccess) {
            return error_set(err, INLAY_INTERNAL, "the SQL engine refused the function %s",
                             text_functions[i].name);
        }
    }
    return INLAY_OK;
}
