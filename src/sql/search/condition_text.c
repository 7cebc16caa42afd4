/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/search/condition_text.h"

#include "sql/grouping_priv.h"
#include "sql/tree.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define DECIMAL_DIGITS 18 /* of what the tree holds as one integer */

static bool put(const struct condition_scope *scope, const struct json *node, struct buffer *out);

const char *condition_reference(const struct condition_scope *scope, const struct json *reference)
{
    const struct json *names = json_find(reference, "column_names");
    const size_t count = json_length(names);
    const char *qualifier = "";
    const char *name = NULL;
    if (!tree_is_class(reference, "COLUMN_REF") || count == 0 || count > 2 ||
        json_as_string(json_at(names, count - 1), "name", &name, NULL, NULL) != INLAY_OK) {
        return NULL;
    }
    if (count == 2 &&
        (json_as_string(json_at(names, 0), "name", &qualifier, NULL, NULL) != INLAY_OK ||
         strcasecmp(qualifier, scope->qualifier) != 0)) {
        return NULL;
    }
    return name;
}

ptrdiff_t condition_column(const struct condition_scope *scope, const struct json *reference)
{
    const char *name = condition_reference(scope, reference);
    return name != NULL ? grouping_find_column(scope->schema, name) : -1;
}

const struct sql_parameter *condition_parameter(const struct condition_scope *scope,
                                                const struct json *node)
{
    const char *name = tree_member(node, "identifier");
    size_t i;
    if (!tree_is_class(node, "PARAMETER")) {
        return NULL;
    }
    for (i = 0; i < scope->parameter_count; i++) {
        const char *given = scope->parameters[i].name;
        char number[24];
        (void)snprintf(number, sizeof(number), "%zu", i + 1);
        if (strcasecmp(given != NULL ? given : number, name) == 0) {
            return &scope->parameters[i];
        }
    }
    return NULL;
}

bool condition_count(const struct condition_scope *scope, const struct json *value, uint64_t *out)
{
    const struct sql_parameter *parameter = condition_parameter(scope, value);
    const struct json *constant = json_find(value, "value");
    int64_t number = -1;
    if (parameter != NULL) {
        number = parameter->kind == SQL_PARAMETER_INT64 ? parameter->integer : -1;
    } else if (!tree_is_class(value, "CONSTANT") ||
               strcmp(tree_member(json_find(constant, "type"), "id"), "VARCHAR") == 0 ||
               strcmp(tree_member(json_find(constant, "type"), "id"), "DECIMAL") == 0 ||
               json_get_i64(constant, "value", &number, NULL) != INLAY_OK) {
        return false;
    }
    *out = (uint64_t)number;
    return number >= 0;
}

static void put_text(struct buffer *out, const char *text, size_t length)
{
    size_t i;
    buffer_u8(out, '\'');
    for (i = 0; i < length; i++) {
        buffer_append(out, text + i, 1);
        buffer_append(out, text + i, text[i] == '\'' ? 1 : 0);
    }
    buffer_u8(out, '\'');
}

static bool put_double(struct buffer *out, double number)
{
    buffer_printf(out, "CAST('%.17g' AS DOUBLE)", number);
    return isfinite(number);
}

static bool put_parameter(const struct condition_scope *scope, const struct json *node,
                          struct buffer *out)
{
    const struct sql_parameter *parameter = condition_parameter(scope, node);
    if (parameter == NULL) {
        return false;
    }
    switch (parameter->kind) {
    case SQL_PARAMETER_NULL:
        buffer_printf(out, "NULL");
        return true;
    case SQL_PARAMETER_BOOL:
        buffer_printf(out, "%s", parameter->integer != 0 ? "true" : "false");
        return true;
    case SQL_PARAMETER_INT64:
        buffer_printf(out, "CAST('%lld' AS BIGINT)", (long long)parameter->integer);
        return true;
    case SQL_PARAMETER_DOUBLE:
        return put_double(out, parameter->number);
    case SQL_PARAMETER_TEXT:
        put_text(out, parameter->bytes, (size_t)parameter->length);
        return memchr(parameter->bytes, '\0', (size_t)parameter->length) == NULL;
    default:
        return false;
    }
}

/* The tree holds the digits of a decimal as one integer. */
static bool put_decimal(const struct json *constant, struct buffer *out)
{
    const struct json *info = json_find(json_find(constant, "type"), "type_info");
    char digits[DECIMAL_DIGITS + 8];
    int64_t unscaled = 0;
    int64_t width = 0;
    int64_t scale = 0;
    uint64_t whole;
    int written;
    if (json_get_i64(constant, "value", &unscaled, NULL) != INLAY_OK ||
        json_get_i64(info, "width", &width, NULL) != INLAY_OK) {
        return false;
    }
    (void)json_get_i64(info, "scale", &scale, NULL); /* 0 is not written */
    if (width < 1 || width > DECIMAL_DIGITS || scale < 0 || scale > width) {
        return false;
    }
    whole = unscaled < 0 ? 0 - (uint64_t)unscaled : (uint64_t)unscaled;
    written = snprintf(digits, sizeof(digits), "%0*llu", (int)scale + 1, (unsigned long long)whole);
    buffer_printf(out, "CAST('%s%.*s.%s' AS DECIMAL(%d, %d))", unscaled < 0 ? "-" : "",
                  written - (int)scale, digits, digits + written - scale, (int)width, (int)scale);
    return true;
}

static bool put_constant(const struct json *node, struct buffer *out)
{
    const struct json *constant = json_find(node, "value");
    const struct json *value = json_find(constant, "value");
    const char *type = tree_member(json_find(constant, "type"), "id");
    bool is_null = false;
    const char *text;
    size_t length;
    int64_t number;
    double real;
    bool flag;
    if (json_get_bool(constant, "is_null", &is_null, NULL) == INLAY_OK && is_null) {
        buffer_printf(out, "NULL");
        return true;
    }
    if (strcmp(type, "VARCHAR") == 0) {
        if (json_as_string(value, "value", &text, &length, NULL) != INLAY_OK) {
            text = ""; /* empty members are not in the tree */
            length = 0;
        }
        put_text(out, text, length);
        return json_find(json_find(constant, "type"), "type_info") == NULL;
    }
    if (strcmp(type, "DECIMAL") == 0) {
        return put_decimal(constant, out);
    }
    if (strcmp(type, "DOUBLE") == 0) {
        return json_as_f64(value, "value", &real, NULL) == INLAY_OK && put_double(out, real);
    }
    if (strcmp(type, "BOOLEAN") == 0) {
        if (json_as_bool(value, "value", &flag, NULL) != INLAY_OK) {
            return false;
        }
        buffer_printf(out, "%s", flag ? "true" : "false");
        return true;
    }
    if ((strcmp(type, "INTEGER") != 0 && strcmp(type, "BIGINT") != 0) ||
        json_as_i64(value, "value", &number, NULL) != INLAY_OK) {
        return false;
    }
    buffer_printf(out, "%lld", (long long)number);
    return number != INT64_MIN;
}

/* "(a, b, c)", or with AND and OR between; at least one. */
static bool put_list(const struct condition_scope *scope, const struct json *list, size_t first,
                     const char *between, struct buffer *out)
{
    const size_t count = json_length(list);
    size_t i;
    buffer_u8(out, '(');
    for (i = first; i < count; i++) {
        buffer_printf(out, "%s", i != first ? between : "");
        if (!put(scope, json_at(list, i), out)) {
            return false;
        }
    }
    buffer_u8(out, ')');
    return count > first;
}

static bool put_pair(const struct condition_scope *scope, const struct json *left,
                     const char *between, const struct json *right, struct buffer *out)
{
    buffer_u8(out, '(');
    if (!put(scope, left, out)) {
        return false;
    }
    buffer_printf(out, " %s ", between);
    if (!put(scope, right, out)) {
        return false;
    }
    buffer_u8(out, ')');
    return true;
}

static const char *sign_of(const char *type)
{
    static const char *const signs[][2] = {
        {"COMPARE_EQUAL", "="},
        {"COMPARE_NOTEQUAL", "<>"},
        {"COMPARE_LESSTHAN", "<"},
        {"COMPARE_GREATERTHAN", ">"},
        {"COMPARE_LESSTHANOREQUALTO", "<="},
        {"COMPARE_GREATERTHANOREQUALTO", ">="},
        {"COMPARE_DISTINCT_FROM", "IS DISTINCT FROM"},
        {"COMPARE_NOT_DISTINCT_FROM", "IS NOT DISTINCT FROM"},
    };
    size_t i;
    for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (strcmp(signs[i][0], type) == 0) {
            return signs[i][1];
        }
    }
    return NULL;
}

static bool put_operator(const struct condition_scope *scope, const struct json *node,
                         struct buffer *out)
{
    const struct json *children = json_find(node, "children");
    const char *type = tree_member(node, "type");
    if (strcmp(type, "COMPARE_IN") == 0 || strcmp(type, "COMPARE_NOT_IN") == 0) {
        buffer_u8(out, '(');
        if (!put(scope, json_at(children, 0), out)) {
            return false;
        }
        buffer_printf(out, strcmp(type, "COMPARE_IN") == 0 ? " IN " : " NOT IN ");
        if (!put_list(scope, children, 1, ", ", out)) {
            return false;
        }
        buffer_u8(out, ')');
        return true;
    }
    buffer_printf(out, strcmp(type, "OPERATOR_NOT") == 0 ? "(NOT " : "(");
    if (json_length(children) != 1 || !put(scope, json_at(children, 0), out)) {
        return false;
    }
    if (strcmp(type, "OPERATOR_IS_NULL") == 0) {
        buffer_printf(out, " IS NULL");
    } else if (strcmp(type, "OPERATOR_IS_NOT_NULL") == 0) {
        buffer_printf(out, " IS NOT NULL");
    } else if (strcmp(type, "OPERATOR_NOT") != 0) {
        return false;
    }
    buffer_u8(out, ')');
    return true;
}

static bool put_function(const struct condition_scope *scope, const struct json *node,
                         struct buffer *out)
{
    static const char *const signs[] = {"~~", "!~~", "~~*", "!~~*"}; /* LIKE and its like */
    static const char *const names[] = {"lower",       "upper",     "length", "contains",
                                        "starts_with", "ends_with", "prefix", "suffix"};
    const struct json *children = json_find(node, "children");
    const char *name = tree_member(node, "function_name");
    size_t i;
    if (json_has(node, "schema") || json_has(node, "catalog") || json_has(node, "filter")) {
        return false;
    }
    for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (strcmp(signs[i], name) == 0 && json_length(children) == 2) {
            return put_pair(scope, json_at(children, 0), name, json_at(children, 1), out);
        }
    }
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcasecmp(names[i], name) == 0) {
            buffer_printf(out, "%s", names[i]);
            return put_list(scope, children, 0, ", ", out);
        }
    }
    return false;
}

static bool put_cast(const struct condition_scope *scope, const struct json *node,
                     struct buffer *out)
{
    static const char *const types[] = {"DATE",     "TIMESTAMP", "TIME",    "BOOLEAN",
                                        "SMALLINT", "INTEGER",   "BIGINT",  "HUGEINT",
                                        "FLOAT",    "DOUBLE",    "VARCHAR", "UBIGINT"};
    const struct json *type = json_find(node, "cast_type");
    const char *name = tree_member(type, "id");
    bool try_cast = true;
    size_t i;
    if (json_has(type, "type_info") ||
        json_get_bool(node, "try_cast", &try_cast, NULL) != INLAY_OK || try_cast) {
        return false;
    }
    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(types[i], name) == 0) {
            buffer_printf(out, "CAST(");
            if (!put(scope, json_find(node, "child"), out)) {
                return false;
            }
            buffer_printf(out, " AS %s)", name);
            return true;
        }
    }
    return false;
}

static bool put_between(const struct condition_scope *scope, const struct json *node,
                        struct buffer *out)
{
    buffer_u8(out, '(');
    if (!put(scope, json_find(node, "input"), out)) {
        return false;
    }
    buffer_printf(out, " BETWEEN ");
    if (!put(scope, json_find(node, "lower"), out)) {
        return false;
    }
    buffer_printf(out, " AND ");
    if (!put(scope, json_find(node, "upper"), out)) {
        return false;
    }
    buffer_u8(out, ')');
    return true;
}

static bool put_column(const struct condition_scope *scope, const struct json *node,
                       struct buffer *out)
{
    ptrdiff_t column = condition_column(scope, node);
    if (column < 0) {
        return false;
    }
    text_put_quoted(out, scope->schema->fields[column].name, '"');
    return true;
}

static bool put(const struct condition_scope *scope, const struct json *node, struct buffer *out)
{
    const char *class_name = tree_member(node, "class");
    if (strcmp(class_name, "COLUMN_REF") == 0) {
        return put_column(scope, node, out);
    }
    if (strcmp(class_name, "CONSTANT") == 0) {
        return put_constant(node, out);
    }
    if (strcmp(class_name, "PARAMETER") == 0) {
        return put_parameter(scope, node, out);
    }
    if (strcmp(class_name, "COMPARISON") == 0) {
        const char *sign = sign_of(tree_member(node, "type"));
        return sign != NULL &&
               put_pair(scope, json_find(node, "left"), sign, json_find(node, "right"), out);
    }
    if (strcmp(class_name, "CONJUNCTION") == 0) {
        bool all = strcmp(tree_member(node, "type"), "CONJUNCTION_AND") == 0;
        return put_list(scope, json_find(node, "children"), 0, all ? " AND " : " OR ", out);
    }
    if (strcmp(class_name, "OPERATOR") == 0) {
        return put_operator(scope, node, out);
    }
    if (strcmp(class_name, "BETWEEN") == 0) {
        return strcmp(tree_member(node, "type"), "COMPARE_BETWEEN") == 0 &&
               put_between(scope, node, out);
    }
    if (strcmp(class_name, "FUNCTION") == 0) {
        return put_function(scope, node, out);
    }
    return strcmp(class_name, "CAST") == 0 && put_cast(scope, node, out);
}

bool condition_text(const struct condition_scope *scope, const struct json *condition,
                    struct buffer *out)
{
    return put(scope, condition, out) && out->status == INLAY_OK;
}
