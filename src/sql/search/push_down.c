/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/search/push_down.h"

#include "base/alloc.h"
#include "base/error.h"
#include "sql/grouping_priv.h"
#include "sql/search/condition_text.h"
#include "sql/search/search_call.h"
#include "sql/tree.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PUSHES_MAX 16
#define CONDITION_MAX (64u << 10)

/* What goes in front of a call's closing parenthesis. */
struct pushing {
    struct statement *statement;
    const char *text;
    size_t skip; /* places of the tree count from here */
    const struct sql_parameter *parameters;
    size_t parameter_count;
    struct text_edit pushes[PUSHES_MAX]; /* insertions; the texts are owned */
    size_t count;
    bool no_memory;
};

/* A SELECT over one call. */
struct pushed_select {
    struct pushing *pushing;
    const struct json *node;
    const struct json *call;
    const struct search_function *function;
    struct condition_scope scope;
    char score[SEARCH_NAME_SIZE];
};

/* ---- the call ---- */

static const struct search_function *ranked_function(const char *name)
{
    size_t i;
    for (i = 0; i < search_function_count; i++) {
        if (strcasecmp(search_functions[i].name, name) == 0) {
            return search_functions[i].kind != SEARCH_TOKENS &&
                           search_functions[i].kind != SEARCH_VALUE
                       ? &search_functions[i]
                       : NULL;
        }
    }
    return NULL;
}

/* Arguments that say already how many rows, or that are not to be said twice; by place they come
 * behind the required ones. */
static bool is_bounded(const struct pushed_select *select)
{
    static const enum search_argument bounds[] = {ARGUMENT_K, ARGUMENT_OFFSET, ARGUMENT_SKIP,
                                                  ARGUMENT_PUSHED_K, ARGUMENT_PUSHED_FILTER};
    const struct json *arguments = json_find(select->call, "children");
    size_t places = 0;
    size_t i;
    size_t k;
    for (i = 0; i < json_length(arguments); i++) {
        const char *name = tree_member(json_at(arguments, i), "alias");
        places += name[0] == '\0';
        for (k = 0; k < sizeof(bounds) / sizeof(bounds[0]); k++) {
            if (strcasecmp(name, search_argument_name(bounds[k])) == 0) {
                return true;
            }
        }
    }
    return places > select->function->required;
}

/* The table's name, where it is a text that can be known now; the caller frees it. */
static char *table_name(const struct pushed_select *select)
{
    const struct json *first = json_at(json_find(select->call, "children"), 0);
    const struct sql_parameter *parameter = condition_parameter(&select->scope, first);
    const char *name = NULL;
    if (first == NULL || tree_member(first, "alias")[0] != '\0') {
        return NULL;
    }
    if (parameter != NULL) {
        return parameter->kind == SQL_PARAMETER_TEXT
                   ? mem_strndup(parameter->bytes, (size_t)parameter->length)
                   : NULL;
    }
    return tree_is_class(first, "CONSTANT") && json_get_string(json_find(first, "value"), "value",
                                                               &name, NULL, NULL) == INLAY_OK
               ? mem_strdup(name)
               : NULL;
}

static bool find_schema(struct pushed_select *select)
{
    struct relation *relation = NULL;
    char *name = table_name(select);
    inlay_status status;
    if (name == NULL) {
        return false;
    }
    status = statement_relation(select->pushing->statement, name, &relation, NULL);
    mem_free(name);
    if (status != INLAY_OK) {
        return false;
    }
    select->scope.schema = relation->ops->schema(relation);
    search_added_name(select->scope.schema,
                      select->function->kind == SEARCH_HYBRID ? ADDED_FUSED_SCORE : ADDED_SCORE,
                      select->score);
    return true;
}

static bool find_call(struct pushed_select *select)
{
    const struct json *from = json_find(select->node, "from_table");
    const char *alias = tree_member(from, "alias");
    if (strcmp(tree_member(from, "type"), "TABLE_FUNCTION") != 0 ||
        json_has(from, "column_name_alias") || json_has(from, "sample") ||
        strcmp(tree_member(from, "with_ordinality"), "WITHOUT_ORDINALITY") != 0) {
        return false;
    }
    select->call = json_find(from, "function");
    select->function = ranked_function(tree_member(select->call, "function_name"));
    if (select->function == NULL || json_has(select->call, "schema") ||
        json_has(select->call, "catalog")) {
        return false;
    }
    select->scope.qualifier = alias[0] != '\0' ? alias : select->function->name;
    select->scope.parameters = select->pushing->parameters;
    select->scope.parameter_count = select->pushing->parameter_count;
    return !is_bounded(select) && find_schema(select);
}

/* ---- the rest of the SELECT ---- */

/* A row in, a row out: no aggregates, windows, UNNEST or subqueries. */
static bool is_plain(const struct json *value)
{
    static const char *const classes[] = {"COLUMN_REF", "STAR",        "CONSTANT", "PARAMETER",
                                          "COMPARISON", "CONJUNCTION", "OPERATOR", "CAST",
                                          "CASE",       "BETWEEN"};
    static const char *const functions[] = {
        "round",      "lower",  "upper",    "length",      "substr",        "substring",
        "left",       "right",  "trim",     "concat",      "highlight",     "snippet",
        "tokenize",   "match",  "coalesce", "abs",         "year",          "month",
        "floor",      "ceil",   "contains", "l2_distance", "inner_product", "cosine_distance",
        "list_value", "ifnull", "nullif",   "greatest",    "least",         "replace"};
    struct json_cursor cursor = {0};
    const struct json *member;
    const char *key;
    bool plain = true;
    size_t i;
    for (i = 0; i < json_length(value); i++) {
        plain = plain && is_plain(json_at(value, i));
    }
    if (value == NULL || json_kind_of(value) != JSON_KIND_OBJECT) {
        return plain;
    }
    if (json_has(value, "class")) {
        bool is_operator = false;
        (void)json_get_bool(value, "is_operator", &is_operator, NULL);
        plain = tree_is_class(value, "FUNCTION") && is_operator;
        for (i = 0; i < sizeof(classes) / sizeof(classes[0]) && !plain; i++) {
            plain = tree_is_class(value, classes[i]);
        }
        for (i = 0; i < sizeof(functions) / sizeof(functions[0]) && !plain; i++) {
            plain = tree_is_class(value, "FUNCTION") &&
                    strcasecmp(tree_member(value, "function_name"), functions[i]) == 0;
        }
    }
    while (plain && json_next_member(value, &cursor, &key, &member)) {
        plain = is_plain(member);
    }
    return plain;
}

static bool is_simple(const struct json *node)
{
    static const char *const others[] = {"group_expressions", "group_sets", "having", "qualify",
                                         "sample"};
    size_t i;
    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (json_has(node, others[i])) {
            return false;
        }
    }
    return strcmp(tree_member(node, "aggregate_handling"), "STANDARD_HANDLING") == 0 &&
           is_plain(json_find(node, "select_list"));
}

/* The item of the SELECT list that an ORDER BY element stands for, by alias or number; the element
 * itself otherwise. */
static const struct json *ordered_by(const struct pushed_select *select, const struct json *element)
{
    const struct json *list = json_find(select->node, "select_list");
    const struct json *names = json_find(element, "column_names");
    const char *name = "";
    int64_t number = 0;
    size_t i;
    if (tree_is_class(element, "CONSTANT")) {
        for (i = 0; i < json_length(list); i++) {
            if (tree_is_class(json_at(list, i), "STAR")) {
                return element;
            }
        }
        return json_get_i64(json_find(element, "value"), "value", &number, NULL) == INLAY_OK &&
                       number >= 1 && (uint64_t)number <= json_length(list)
                   ? json_at(list, (size_t)number - 1)
                   : element;
    }
    if (json_length(names) != 1 ||
        json_as_string(json_at(names, 0), "name", &name, NULL, NULL) != INLAY_OK) {
        return element;
    }
    for (i = 0; i < json_length(list); i++) {
        if (strcasecmp(tree_member(json_at(list, i), "alias"), name) == 0) {
            return json_at(list, i);
        }
    }
    return element;
}

static bool is_order(const struct pushed_select *select, const struct json *order,
                     const char *column, bool descending)
{
    const char *type = tree_member(order, "type");
    const char *name =
        condition_reference(&select->scope, ordered_by(select, json_find(order, "expression")));
    bool is_descending = strcmp(type, "DESCENDING") == 0;
    return name != NULL && strcasecmp(name, column) == 0 && is_descending == descending &&
           (is_descending || strcmp(type, "ASCENDING") == 0 || strcmp(type, "ORDER_DEFAULT") == 0);
}

/* Best first by the score, then perhaps by _id: the order of the ranking. */
static bool is_best_first(const struct pushed_select *select, const struct json *orders)
{
    const size_t count = json_length(orders);
    const bool descending = select->function->kind != SEARCH_VECTOR;
    return count >= 1 && count <= 2 &&
           is_order(select, json_at(orders, 0), select->score, descending) &&
           (count == 1 || is_order(select, json_at(orders, 1), "_id", false));
}

/* How many rows of the ranking come out at most. */
static bool find_limit(const struct pushed_select *select, uint64_t *rows)
{
    const struct json *modifiers = json_find(select->node, "modifiers");
    bool limited = false;
    size_t i;
    for (i = 0; i < json_length(modifiers); i++) {
        const struct json *modifier = json_at(modifiers, i);
        const char *type = tree_member(modifier, "type");
        uint64_t limit = 0;
        uint64_t offset = 0;
        if (strcmp(type, "ORDER_MODIFIER") == 0 && !limited) {
            if (!is_best_first(select, json_find(modifier, "orders"))) {
                return false;
            }
        } else if (strcmp(type, "LIMIT_MODIFIER") == 0) {
            if (!condition_count(&select->scope, json_find(modifier, "limit"), &limit) ||
                (json_has(modifier, "offset") &&
                 !condition_count(&select->scope, json_find(modifier, "offset"), &offset)) ||
                search_depth_check(limit, offset, NULL) != INLAY_OK) {
                return false;
            }
            *rows = limit + offset;
            limited = true;
        } else {
            return false;
        }
    }
    return limited;
}

/* ---- the text ---- */

static bool step_quoted(const char **at)
{
    const char quote = **at;
    for ((*at)++; **at != '\0'; (*at)++) {
        if (**at == quote && (*at)[1] == quote) {
            (*at)++;
        } else if (**at == quote) {
            return true;
        }
    }
    return false;
}

/* The parenthesis that closes the call; NULL where the text hides things in ways that are not
 * looked through: comments, escapes, dollar quotes. */
static const char *closing(const char *at)
{
    unsigned depth = 0;
    for (; *at != '\0'; at++) {
        if (*at == '\'' || *at == '"') {
            if (!step_quoted(&at)) {
                return NULL;
            }
        } else if ((*at == '-' && at[1] == '-') || (*at == '/' && at[1] == '*') ||
                   ((*at == 'e' || *at == 'E') && at[1] == '\'') ||
                   (*at == '$' && !isalnum((unsigned char)at[1])) ||
                   (*at == '$' && strchr(at + 1, '$') != NULL)) {
            return NULL;
        } else if (*at == '(') {
            depth++;
        } else if (*at == ')' && --depth == 0) {
            return at;
        }
    }
    return NULL;
}

/* Where the call's text ends, if it stands where the tree says. */
static const char *call_end(const struct pushed_select *select)
{
    const char *text = select->pushing->text + select->pushing->skip;
    const char *name = select->function->name;
    int64_t place = -1;
    if (json_get_i64(select->call, "query_location", &place, NULL) != INLAY_OK || place < 0 ||
        (uint64_t)place >= strlen(text) || strncasecmp(text + place, name, strlen(name)) != 0) {
        return NULL;
    }
    text += place + (int64_t)strlen(name);
    text += strspn(text, " \t\r\n");
    return *text == '(' ? closing(text) : NULL;
}

static void add_push(const struct pushed_select *select, uint64_t rows, const char *condition)
{
    struct pushing *pushing = select->pushing;
    const char *end = call_end(select);
    struct buffer text;
    if (end == NULL || pushing->count == PUSHES_MAX) {
        return;
    }
    buffer_init(&text, 2 * CONDITION_MAX + 128);
    buffer_printf(&text, ", pushed_k := %llu", (unsigned long long)rows);
    if (condition != NULL) {
        buffer_printf(&text, ", pushed_filter := ");
        text_put_quoted(&text, condition, '\'');
    }
    buffer_u8(&text, 0);
    if (text.status == INLAY_OK) {
        size_t length;
        pushing->pushes[pushing->count].at = (size_t)(end - pushing->text);
        pushing->pushes[pushing->count++].text = (char *)buffer_take(&text, &length);
    } else if (text.status == INLAY_NO_MEMORY) {
        pushing->no_memory = true;
    }
    buffer_free(&text);
}

/* ---- the statement ---- */

static void push_select(struct pushing *pushing, const struct json *node)
{
    struct pushed_select select;
    const struct json *where = json_find(node, "where_clause");
    struct buffer condition;
    uint64_t rows = 0;
    memset(&select, 0, sizeof(select));
    select.pushing = pushing;
    select.node = node;
    if (!is_simple(node) || !find_call(&select) || !find_limit(&select, &rows)) {
        return;
    }
    if (where == NULL) {
        add_push(&select, rows, NULL);
        return;
    }
    if (select.function->kind == SEARCH_HYBRID) {
        return;
    }
    buffer_init(&condition, CONDITION_MAX);
    if (condition_text(&select.scope, where, &condition)) {
        buffer_u8(&condition, 0);
        if (condition.status == INLAY_OK) {
            add_push(&select, rows, (const char *)condition.data);
        }
    }
    pushing->no_memory |= condition.status == INLAY_NO_MEMORY;
    buffer_free(&condition);
}

static void push_selects(struct pushing *pushing, const struct json *value)
{
    struct json_cursor cursor = {0};
    const struct json *member;
    const char *key;
    size_t i;
    for (i = 0; i < json_length(value); i++) {
        push_selects(pushing, json_at(value, i));
    }
    if (value == NULL || json_kind_of(value) != JSON_KIND_OBJECT) {
        return;
    }
    if (strcmp(tree_member(value, "type"), "SELECT_NODE") == 0) {
        push_select(pushing, value);
    }
    while (json_next_member(value, &cursor, &key, &member)) {
        /* A subquery without an alias names its column after its text, which must stay. */
        if (strcmp(key, "select_list") != 0) {
            push_selects(pushing, member);
        }
    }
}

inlay_status search_push_down(struct statement *statement, const char *text, size_t skip,
                              const struct sql_parameter *parameters, size_t parameter_count,
                              char **out, inlay_error *err)
{
    struct pushing pushing = {.statement = statement,
                              .text = text,
                              .skip = skip,
                              .parameters = parameters,
                              .parameter_count = parameter_count};
    struct sql_tree tree;
    inlay_status status = INLAY_OK;
    size_t i;
    *out = NULL;
    if (!tree_has_word(text, "_search") || !tree_has_word(text, "limit")) {
        return INLAY_OK;
    }
    sql_tree_make(statement, text + skip, &tree);
    if (tree.node != NULL) {
        push_selects(&pushing, tree.document);
    }
    if (pushing.no_memory) {
        status = error_no_memory(err);
    } else if (pushing.count != 0) {
        status = text_edits_apply(text, pushing.pushes, pushing.count, out, err);
    }
    for (i = 0; i < pushing.count; i++) {
        mem_free((void *)(uintptr_t)pushing.pushes[i].text);
    }
    sql_tree_free(&tree);
    return status;
}
