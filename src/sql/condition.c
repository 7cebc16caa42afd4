/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/condition.h"

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "sql/hints/hints.h"
#include "sql/lexer.h"
#include "sql/text_edit.h"
#include "sql/tree.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define TREE_BYTES_MAX (16u << 20)
#define TREE_DEPTH_MAX 500

/* The catalog's functions that are not CONSISTENT (a test compares), and what the parser or a macro
 * makes of them. */
const char *const condition_changing_names[] = {
    "age",
    "ago",
    "current_catalog",
    "current_connection_id",
    "current_database",
    "current_date",
    "current_localtime",
    "current_localtimestamp",
    "current_query",
    "current_query_id",
    "current_schema",
    "current_schemas",
    "current_time",
    "current_timestamp",
    "current_transaction_id",
    "current_user",
    "currval",
    "error",
    "gen_random_uuid",
    "get_current_time",
    "get_current_timestamp",
    "in_search_path",
    "localtime",
    "localtimestamp",
    "nextval",
    "now",
    "pg_conf_load_time",
    "pg_postmaster_start_time",
    "random",
    "setseed",
    "sleep_ms",
    "stats",
    "today",
    "transaction_timestamp",
    "txid_current",
    "user",
    "uuid",
    "uuidv4",
    "uuidv7",
    "write_log",
};
const size_t condition_changing_count =
    sizeof(condition_changing_names) / sizeof(condition_changing_names[0]);

/* Rankings inside of what restricts a ranking, and ways around the pinned version. */
static const char *const search_functions[] = {
    "bm25_search", "bm25_search_prefix", "exact_match", "hybrid_search",
    "inlay_scan",  "inlay_scan_coded",   "token_match", "vector_search",
};

static bool is_listed(const char *name, const char *const *names, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) {
        if (strcasecmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static inlay_status refuse(inlay_error *err, size_t at, const char *why)
{
    error_set(err, INLAY_QUERY, "%s", why);
    error_offset(err, at);
    return INLAY_QUERY;
}

static bool is_one_of(const char *text, const struct sql_token *token, const char *signs)
{
    return token->kind == SQL_TOKEN_SIGN && strchr(signs, text[token->at]) != NULL;
}

/* Brackets are balanced and nothing is left open: the text cannot leave the brackets that it will
 * stand in. */
static inlay_status check_tokens(const char *text, inlay_error *err)
{
    size_t opened[CONDITION_DEPTH_MAX];
    size_t depth = 0;
    struct sql_token token = sql_token_next(text, 0);
    if (strnlen(text, CONDITION_BYTES_MAX + 1) > CONDITION_BYTES_MAX) {
        return error_set(err, INLAY_OVER_BUDGET, "the condition is longer than %u bytes",
                         CONDITION_BYTES_MAX);
    }
    if (token.kind == SQL_TOKEN_END) {
        return refuse(err, 0, "the condition is empty");
    }
    for (; token.kind != SQL_TOKEN_END; token = sql_token_next(text, token.at + token.length)) {
        if (token.kind == SQL_TOKEN_COMMENT) {
            return refuse(err, token.at, "a condition is one expression, without comments");
        }
        if (!token.closed) {
            return refuse(err, token.at, "the condition has a quote that is not closed");
        }
        if (is_one_of(text, &token, ";")) {
            return refuse(err, token.at, "a condition is one expression, without a semicolon");
        }
        if (is_one_of(text, &token, "([{")) {
            if (depth == CONDITION_DEPTH_MAX) {
                error_set(err, INLAY_OVER_BUDGET,
                          "the condition has more than %d brackets in "
                          "brackets",
                          CONDITION_DEPTH_MAX);
                error_offset(err, token.at);
                return INLAY_OVER_BUDGET;
            }
            opened[depth++] = token.at;
        } else if (is_one_of(text, &token, ")]}")) {
            if (depth == 0) {
                return refuse(err, token.at, "the condition closes a bracket that it did not open");
            }
            depth--;
        }
    }
    return depth == 0
               ? INLAY_OK
               : refuse(err, opened[depth - 1], "the condition has a bracket that is not closed");
}

/* ---- the parse tree ---- */

/* Without brackets, in which a SELECT would be an expression, too. */
static const char TREE_HEAD[] = "SELECT\n";

struct walk {
    struct condition *condition;
    inlay_error *err;
};

/* Where a node stands in the condition; its beginning when the tree does not say. */
static size_t place_of(const struct json *node)
{
    int64_t place = 0;
    (void)json_get_i64(node, "query_location", &place, NULL);
    place -= (int64_t)sizeof(TREE_HEAD) - 1;
    return place > 0 ? (size_t)place : 0;
}

static inlay_status visit_column(struct walk *walk, const struct json *node)
{
    const struct json *names = json_find(node, "column_names");
    const char *name = NULL;
    if (json_length(names) == 0 || json_as_string(json_at(names, json_length(names) - 1), "name",
                                                  &name, NULL, NULL) != INLAY_OK) {
        return INLAY_OK;
    }
    if (strcasecmp(name, SCAN_PLACE_PART) == 0 || strcasecmp(name, SCAN_PLACE_ROW) == 0) {
        return refuse(walk->err, place_of(node), "a condition cannot look at the places of rows");
    }
    if (is_listed(name, condition_changing_names, condition_changing_count)) {
        walk->condition->repeatable = false; /* current_date, written as a name */
    }
    return INLAY_OK;
}

static inlay_status visit_function(struct walk *walk, const struct json *node)
{
    const char *name = tree_member(node, "function_name");
    if (is_listed(name, search_functions, sizeof(search_functions) / sizeof(*search_functions))) {
        char why[160];
        (void)snprintf(why, sizeof(why), "a condition cannot call the search function %s", name);
        return refuse(walk->err, place_of(node), why);
    }
    if (is_listed(name, condition_changing_names, condition_changing_count)) {
        walk->condition->repeatable = false;
    }
    return INLAY_OK;
}

static inlay_status visit_node(struct walk *walk, const struct json *node, bool in_subquery)
{
    const char *class = tree_member(node, "class");
    if (strcmp(class, "COLUMN_REF") == 0) {
        return visit_column(walk, node);
    }
    if (strcmp(class, "FUNCTION") == 0) {
        return visit_function(walk, node);
    }
    if (strcmp(class, "SUBQUERY") == 0) {
        walk->condition->has_subquery = true;
    } else if (strcmp(class, "WINDOW") == 0 && !in_subquery) {
        return refuse(walk->err, place_of(node),
                      "a condition cannot contain window functions; put them into a subquery");
    } else if (strcmp(class, "STAR") == 0 && !in_subquery) {
        return refuse(walk->err, place_of(node),
                      "a condition names its columns; * and COLUMNS(...) are not possible");
    }
    return INLAY_OK;
}

/* As deep as the tree, which is TREE_DEPTH_MAX. */
static inlay_status visit(struct walk *walk, const struct json *value, bool in_subquery)
{
    struct json_cursor cursor = {0};
    const struct json *child;
    const char *key;
    size_t i;
    if (value == NULL) {
        return INLAY_OK;
    }
    for (i = 0; i < json_length(value); i++) {
        INLAY_TRY(visit(walk, json_at(value, i), in_subquery));
    }
    if (json_kind_of(value) != JSON_KIND_OBJECT) {
        return INLAY_OK;
    }
    INLAY_TRY(visit_node(walk, value, in_subquery));
    while (json_next_member(value, &cursor, &key, &child)) {
        INLAY_TRY(visit(walk, child, in_subquery || strcmp(key, "subquery") == 0));
    }
    return INLAY_OK;
}

/* A sentence of the parser about our text becomes one about the condition. */
static inlay_status syntax_error(const struct json *document, const struct condition *condition,
                                 inlay_error *err)
{
    const char *message = tree_member(document, "error_message");
    const char *position = tree_member(document, "position");
    size_t length = strlen(condition->text);
    size_t at = 0;
    for (; *position >= '0' && *position <= '9' && at < SQL_TEXT_MAX; position++) {
        at = at * 10 + (size_t)(*position - '0');
    }
    at = at > sizeof(TREE_HEAD) - 1 ? at - (sizeof(TREE_HEAD) - 1) : 0;
    if (at >= length) {
        return refuse(err, length, "the condition ends where more is expected");
    }
    error_set(err, INLAY_QUERY, "the condition is no SQL expression: %s",
              message[0] != '\0' ? message : "it cannot be read");
    error_offset(err, at);
    return INLAY_QUERY;
}

/* One statement, one plain SELECT of one expression. */
static inlay_status check_shape(const struct json *document, const struct condition *condition,
                                const struct json **node, inlay_error *err)
{
    const struct json *statements = json_find(document, "statements");
    bool failed = false;
    (void)json_get_bool(document, "error", &failed, NULL);
    if (failed) {
        return syntax_error(document, condition, err);
    }
    *node = json_find(json_at(statements, 0), "node");
    if (json_length(statements) != 1 || *node == NULL ||
        strcmp(tree_member(*node, "type"), "SELECT_NODE") != 0 ||
        json_length(json_find(*node, "select_list")) != 1 ||
        json_has(json_at(json_find(*node, "select_list"), 0), "alias") ||
        json_has(*node, "modifiers") || json_has(*node, "where_clause") ||
        json_has(*node, "having") || json_has(*node, "group_expressions") ||
        strcmp(tree_member(json_find(*node, "from_table"), "type"), "EMPTY") != 0) {
        return refuse(err, 0, "a condition is one expression that is true or false for a row");
    }
    return INLAY_OK;
}

static inlay_status check_tree(struct statement *statement, struct condition *condition,
                               inlay_error *err)
{
    struct walk walk = {condition, err};
    struct json *document = NULL;
    const struct json *node = NULL;
    struct buffer text;
    char *tree = NULL;
    inlay_status status;
    buffer_init(&text, SQL_TEXT_MAX);
    buffer_printf(&text, "%s%s", TREE_HEAD, condition->text);
    buffer_u8(&text, 0);
    INLAY_TRY_GOTO(status, buffer_status(&text, err), cleanup);
    tree = sql_tree_text(statement, (const char *)text.data);
    if (tree == NULL) {
        status = refuse(err, 0, "the condition cannot be read as SQL");
        goto cleanup;
    }
    if (json_parse(tree, strlen(tree), TREE_BYTES_MAX, TREE_DEPTH_MAX, &document, NULL) !=
        INLAY_OK) {
        status = error_set(err, INLAY_OVER_BUDGET, "the condition is nested too deeply");
        goto cleanup;
    }
    INLAY_TRY_GOTO(status, check_shape(document, condition, &node, err), cleanup);
    status = visit(&walk, json_find(node, "select_list"), false);
cleanup:
    json_free(document);
    duckdb_free(tree);
    buffer_free(&text);
    return status;
}

inlay_status condition_check(struct statement *statement, const char *table, const char *text,
                             struct condition *out, inlay_error *err)
{
    out->text = text;
    out->table = table;
    out->repeatable = true;
    out->has_subquery = false;
    INLAY_TRY(check_tokens(text, err));
    return check_tree(statement, out, err);
}

/* ---- the statement ---- */

/* SELECT `columns`, or the condition itself when there are none, FROM the table. `at` is where the
 * condition stands. */
static inlay_status make_text(const struct condition *condition, bool where, char **out, size_t *at,
                              inlay_error *err)
{
    struct buffer text;
    size_t length;
    inlay_status status;
    buffer_init(&text, SQL_TEXT_MAX);
    if (where) {
        buffer_printf(&text, "SELECT \"%s\", \"%s\"", SCAN_PLACE_PART, SCAN_PLACE_ROW);
    } else {
        buffer_printf(&text, "SELECT (\n");
        *at = text.len;
        buffer_printf(&text, "%s\n)", condition->text);
    }
    buffer_printf(&text, " FROM inlay_scan(");
    text_put_quoted(&text, condition->table, '\'');
    buffer_printf(&text, ", places := true) AS ");
    text_put_quoted(&text, condition->table, '"');
    if (where) {
        buffer_printf(&text, " WHERE (\n");
        *at = text.len;
        buffer_printf(&text, "%s\n)", condition->text);
    }
    buffer_u8(&text, 0);
    status = buffer_status(&text, err);
    *out = status == INLAY_OK ? (char *)buffer_take(&text, &length) : NULL;
    buffer_free(&text);
    return status;
}

/* The name between the quotes behind `before`, when the engine's text has that. */
static bool quoted_after(const char *text, const char *before, char *name, size_t size)
{
    const char *start = strstr(text, before);
    const char *end;
    if (start == NULL) {
        return false;
    }
    start += strlen(before);
    end = strchr(start, '"');
    if (end == NULL || (size_t)(end - start) >= size) {
        return false;
    }
    memcpy(name, start, (size_t)(end - start));
    name[end - start] = '\0';
    return true;
}

static void no_column(const struct condition *condition, const struct schema *schema,
                      const char *name, inlay_error *err)
{
    char names[440] = "";
    size_t used = 0;
    size_t i;
    for (i = 0; i < schema->count; i++) {
        size_t length = strlen(schema->fields[i].name);
        if (used + length + 8 >= sizeof(names)) {
            (void)snprintf(names + used, sizeof(names) - used, ", ...");
            break;
        }
        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i != 0 ? ", " : "",
                                 schema->fields[i].name);
    }
    error_set(err, INLAY_QUERY, "there is no column \"%.100s\"; the columns of %.100s are %s", name,
              condition->table, names);
    error_key(err, name);
}

/* The engine's failure as one about the condition, which stands at `at` of `sql`. */
static inlay_status engine_refused(struct statement *statement, const struct condition *condition,
                                   const struct schema *schema, const char *engine_text,
                                   const char *sql, size_t at, inlay_error *err)
{
    inlay_error own;
    inlay_status status;
    int64_t place;
    char name[128];
    inlay_error_init(&own);
    status = sql_error(statement, engine_text, sql, &own);
    place = own.offset >= (int64_t)at ? own.offset - (int64_t)at : -1;
    place = place <= (int64_t)strlen(condition->text) ? place : -1;
    if (status == INLAY_QUERY && strstr(engine_text, "cannot contain aggregates") != NULL) {
        error_set(&own, INLAY_QUERY,
                  "a condition cannot contain aggregates; put them into a subquery");
    } else if (status == INLAY_QUERY && !condition->has_subquery &&
               (quoted_after(engine_text, "Referenced column \"", name, sizeof(name)) ||
                quoted_after(engine_text, "does not have a column named \"", name, sizeof(name)))) {
        no_column(condition, schema, name, &own);
    }
    own.offset = place;
    if (err != NULL) {
        *err = own;
    }
    return status;
}

static inlay_status prepare(struct statement *statement, const struct condition *condition,
                            const struct schema *schema, bool where, duckdb_prepared_statement *out,
                            inlay_error *err)
{
    char *sql = NULL;
    size_t at = 0;
    inlay_status status = make_text(condition, where, &sql, &at, err);
    if (status == INLAY_OK && duckdb_prepare(statement->connection, sql, out) != DuckDBSuccess) {
        const char *text = duckdb_prepare_error(*out);
        status =
            engine_refused(statement, condition, schema, text != NULL ? text : "", sql, at, err);
        duckdb_destroy_prepare(out);
    }
    mem_free(sql);
    return status;
}

/* A parameter alone has no type yet: it is taken, and cast when it is there. */
static inlay_status check_boolean(struct statement *statement, const struct condition *condition,
                                  const struct schema *schema, inlay_error *err)
{
    duckdb_prepared_statement prepared = NULL;
    duckdb_type type;
    INLAY_TRY(prepare(statement, condition, schema, false, &prepared, err));
    type = duckdb_prepared_statement_column_type(prepared, 0);
    duckdb_destroy_prepare(&prepared);
    return type == DUCKDB_TYPE_BOOLEAN || type == DUCKDB_TYPE_INVALID || type == DUCKDB_TYPE_SQLNULL
               ? INLAY_OK
               : refuse(err, 0,
                        "a condition is true or false for a row; this one is a value of "
                        "another type");
}

/* The scan that the condition is asked of need not read what cannot satisfy it. */
static inlay_status set_hints(struct statement *statement, const struct condition *condition,
                              const struct sql_parameter *parameters, size_t count,
                              inlay_error *err)
{
    struct sql_tree tree;
    char *sql = NULL;
    size_t at = 0;
    inlay_status status;
    if (statement->engine->hints_off ||
        statement_most_rows(statement) < statement->engine->hint_rows) {
        return INLAY_OK;
    }
    INLAY_TRY(make_text(condition, true, &sql, &at, err));
    sql_tree_make(statement, sql, &tree);
    status = tree.node != NULL ? hints_set(statement, &tree, parameters, count, err) : INLAY_OK;
    sql_tree_free(&tree);
    mem_free(sql);
    return status;
}

inlay_status condition_prepare(struct statement *statement, const struct condition *condition,
                               const struct schema *schema, const struct sql_parameter *parameters,
                               size_t count, duckdb_prepared_statement *out, inlay_error *err)
{
    inlay_status status;
    *out = NULL;
    INLAY_TRY(prepare(statement, condition, schema, true, out, err));
    status = check_boolean(statement, condition, schema, err);
    if (status == INLAY_OK) {
        status = set_hints(statement, condition, parameters, count, err);
    }
    if (status != INLAY_OK) {
        duckdb_destroy_prepare(out);
    }
    return status;
}
