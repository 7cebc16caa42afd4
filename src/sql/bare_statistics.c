/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/bare_statistics.h"

#include "base/alloc.h"
#include "base/error.h"
#include "sql/lexer.h"
#include "sql/text_edit.h"
#include "sql/types.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define VALUES_MAX 64
#define PARAMETER_SIZE 8 /* "$64" */

struct bare {
    struct statement *statement;
    struct relation *relation;
    const char *qualifier;
    const char *text;
    duckdb_value values[VALUES_MAX];
    char parameters[VALUES_MAX][PARAMETER_SIZE]; /* what stands for them in the text */
    struct text_edit edits[VALUES_MAX + 1];      /* the calls, then FROM */
    size_t count;
};

/* ---- values ---- */

static duckdb_value zoned_value(const struct field *field, int64_t value)
{
    duckdb_timestamp micros = {value};
    const int64_t factor = field->unit == UNIT_SECOND ? 1000000 : 1000;
    if (field->unit == UNIT_NANO) {
        micros.micros = value >= 0 ? value / 1000 : -((-(value + 1)) / 1000) - 1;
    } else if (field->unit != UNIT_MICRO && __builtin_mul_overflow(value, factor, &micros.micros)) {
        return NULL;
    }
    return duckdb_create_timestamp_tz(micros);
}

static duckdb_value timestamp_value(const struct field *field, int64_t value)
{
    if (field->timezone != NULL) {
        return zoned_value(field, value);
    }
    switch (field->unit) {
    case UNIT_SECOND:
        return duckdb_create_timestamp_s((duckdb_timestamp_s){value});
    case UNIT_MILLI:
        return duckdb_create_timestamp_ms((duckdb_timestamp_ms){value});
    case UNIT_MICRO:
        return duckdb_create_timestamp((duckdb_timestamp){value});
    case UNIT_NANO:
        return duckdb_create_timestamp_ns((duckdb_timestamp_ns){value});
    }
    return NULL;
}

static duckdb_value time_value(const struct field *field, int64_t value)
{
    static const int64_t micros[] = {1000000, 1000, 1};
    return field->unit == UNIT_NANO
               ? duckdb_create_time_ns((duckdb_time_ns){value})
               : duckdb_create_time((duckdb_time){value * micros[field->unit]});
}

static duckdb_value signed_value(const struct field *field, int64_t value)
{
    switch (field->type) {
    case COLUMN_BOOL:
        return duckdb_create_bool(value != 0);
    case COLUMN_INT8:
        return duckdb_create_int8((int8_t)value);
    case COLUMN_INT16:
        return duckdb_create_int16((int16_t)value);
    case COLUMN_INT32:
        return duckdb_create_int32((int32_t)value);
    case COLUMN_INT64:
    case COLUMN_DURATION:
        return duckdb_create_int64(value);
    case COLUMN_DATE32:
        return duckdb_create_date((duckdb_date){(int32_t)value});
    case COLUMN_DATE64:
        return duckdb_create_timestamp_ms((duckdb_timestamp_ms){value});
    case COLUMN_TIME32:
    case COLUMN_TIME64:
        return time_value(field, value);
    case COLUMN_TIMESTAMP:
        return timestamp_value(field, value);
    default:
        return NULL;
    }
}

static duckdb_value unsigned_value(const struct field *field, uint64_t value)
{
    switch (field->type) {
    case COLUMN_UINT8:
        return duckdb_create_uint8((uint8_t)value);
    case COLUMN_UINT16:
        return duckdb_create_uint16((uint16_t)value);
    case COLUMN_UINT32:
        return duckdb_create_uint32((uint32_t)value);
    case COLUMN_UINT64:
        return duckdb_create_uint64(value);
    default:
        return NULL;
    }
}

static duckdb_value value_of(const struct field *field, const struct stat_value *value)
{
    duckdb_decimal decimal = {0};
    if (value->kind != stat_kind_of_type(field->type)) {
        return NULL;
    }
    switch (value->kind) {
    case STAT_INT:
        return signed_value(field, value->as.i);
    case STAT_UINT:
        return unsigned_value(field, value->as.u);
    case STAT_FLOAT:
        if (value->as.f == 0) {
            return NULL; /* of which sign is not known */
        }
        return field->type == COLUMN_FLOAT64 ? duckdb_create_double(value->as.f)
                                             : duckdb_create_float((float)value->as.f);
    case STAT_BYTES:
        return column_type_is_utf8(field->type)
                   ? duckdb_create_varchar_length((const char *)value->as.bytes.data,
                                                  value->as.bytes.length)
                   : duckdb_create_blob(value->as.bytes.data, value->as.bytes.length);
    case STAT_INT128:
        decimal.width = (uint8_t)field->precision;
        decimal.scale = (uint8_t)field->scale;
        decimal.value = (duckdb_hugeint){value->as.wide.lo, value->as.wide.hi};
        return duckdb_create_decimal(decimal);
    case STAT_NONE:
        break;
    }
    return NULL;
}

/* ---- the statement ---- */

static ptrdiff_t column_of(const struct bare *bare, const struct json *reference)
{
    const struct schema *schema = bare->relation->ops->schema(bare->relation);
    const struct json *names = json_find(reference, "column_names");
    const size_t count = json_length(names);
    const char *first = "";
    const char *last = "";
    ptrdiff_t found = -1;
    size_t i;
    if (!tree_is_class(reference, "COLUMN_REF") || count < 1 || count > 2 ||
        json_as_string(json_at(names, 0), "name", &first, NULL, NULL) != INLAY_OK ||
        json_as_string(json_at(names, count - 1), "name", &last, NULL, NULL) != INLAY_OK ||
        (count == 2 && strcasecmp(first, bare->qualifier) != 0)) {
        return -1;
    }
    for (i = 0; i < schema->count; i++) {
        if (strcasecmp(schema->fields[i].name, last) == 0) {
            if (found >= 0) {
                return -1;
            }
            found = (ptrdiff_t)i;
        }
    }
    return found;
}

static duckdb_value count_value(uint64_t count)
{
    return count <= INT64_MAX ? duckdb_create_int64((int64_t)count) : NULL;
}

/* Takes the value over: one of another type than the column's would change the types around it. */
static duckdb_value of_type(const struct field *field, duckdb_value value)
{
    duckdb_logical_type type = NULL;
    if (value != NULL &&
        (sql_type_of(field, &type, NULL) != INLAY_OK ||
         duckdb_get_type_id(type) != duckdb_get_type_id(duckdb_get_value_type(value)))) {
        duckdb_destroy_value(&value);
    }
    if (type != NULL) {
        duckdb_destroy_logical_type(&type);
    }
    return value;
}

/* Bounds of long texts are inexact: the value is looked for in the pages that may have it. What
 * goes wrong there goes wrong, and is told, when the statement runs over the rows. */
static duckdb_value extreme_value(const struct bare *bare, ptrdiff_t column, bool greatest)
{
    const struct relation_ops *ops = bare->relation->ops;
    const struct stat_value *value = NULL;
    if (ops->extreme == NULL ||
        ops->extreme(bare->relation, (size_t)column, greatest, statement_token(bare->statement),
                     &value, NULL) != INLAY_OK ||
        value == NULL) {
        return NULL;
    }
    return value_of(&ops->schema(bare->relation)->fields[column], value);
}

static duckdb_value column_value(const struct bare *bare, const char *function, ptrdiff_t column)
{
    const struct relation_ops *ops = bare->relation->ops;
    const struct field *field = &ops->schema(bare->relation)->fields[column];
    struct relation_column_summary summary;
    if (ops->column_summary == NULL) {
        return NULL;
    }
    ops->column_summary(bare->relation, (size_t)column, &summary);
    if (strcmp(function, "count") == 0) {
        return summary.count_known ? count_value(summary.count) : NULL;
    }
    if (!summary.bounds_known) {
        return summary.count_known && summary.count != 0
                   ? of_type(field, extreme_value(bare, column, strcmp(function, "max") == 0))
                   : NULL;
    }
    return of_type(field,
                   value_of(field, strcmp(function, "min") == 0 ? &summary.min : &summary.max));
}

/* NULL: not known. */
static duckdb_value aggregate_value(const struct bare *bare, const struct json *call)
{
    const char *function = tree_member(call, "function_name");
    const struct json *children = json_find(call, "children");
    bool distinct = true;
    ptrdiff_t column;
    if (json_has(call, "filter") || json_has(call, "schema") ||
        json_has(json_find(call, "order_bys"), "orders") ||
        json_get_bool(call, "distinct", &distinct, NULL) != INLAY_OK || distinct) {
        return NULL;
    }
    if (strcmp(function, "count_star") == 0 && json_length(children) == 0) {
        return count_value(bare->relation->ops->row_count(bare->relation));
    }
    if ((strcmp(function, "count") != 0 && strcmp(function, "min") != 0 &&
         strcmp(function, "max") != 0) ||
        json_length(children) != 1) {
        return NULL;
    }
    column = column_of(bare, json_at(children, 0));
    return column >= 0 ? column_value(bare, function, column) : NULL;
}

static size_t place_of(const struct bare *bare, const struct json *value)
{
    int64_t place = -1;
    return json_get_i64(value, "query_location", &place, NULL) == INLAY_OK && place >= 0 &&
                   (uint64_t)place < strlen(bare->text)
               ? (size_t)place
               : SIZE_MAX;
}

/* A parameter takes the place of the call. False: its value is not known. */
static bool answer_aggregate(struct bare *bare, const struct json *call)
{
    const char *function = tree_member(call, "function_name");
    const size_t place = place_of(bare, call);
    const char *name = strcmp(function, "count_star") == 0 ? "count" : function;
    const size_t length = place != SIZE_MAX ? sql_call_length(bare->text, place, name) : 0;
    struct text_edit *edit = &bare->edits[bare->count];
    duckdb_value value;
    if (length == 0 || bare->count == VALUES_MAX || (value = aggregate_value(bare, call)) == NULL) {
        return false;
    }
    (void)snprintf(bare->parameters[bare->count], PARAMETER_SIZE, "$%zu", bare->count + 1);
    *edit = (struct text_edit){place, length, bare->parameters[bare->count]};
    bare->values[bare->count++] = value;
    return true;
}

/* What may stand around the aggregates: nothing that is one itself, reads a row or is not the same
 * each time. */
static bool is_known(const struct json *value)
{
    static const char *const known[] = {"CONSTANT", "COMPARISON", "CONJUNCTION", "OPERATOR",
                                        "CAST",     "CASE",       "BETWEEN"};
    static const char *const functions[] = {"round",     "abs",        "floor",      "ceil",
                                            "date_diff", "datediff",   "trunc",      "to_days",
                                            "to_hours",  "to_minutes", "to_seconds", "to_months",
                                            "to_years",  "greatest",   "least",      "concat"};
    bool is_operator = false;
    size_t i;
    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (tree_is_class(value, known[i])) {
            return true;
        }
    }
    if (!tree_is_class(value, "FUNCTION") || json_has(value, "schema") ||
        json_has(value, "filter")) {
        return false;
    }
    (void)json_get_bool(value, "is_operator", &is_operator, NULL);
    for (i = 0; i < sizeof(functions) / sizeof(functions[0]) && !is_operator; i++) {
        is_operator = strcmp(tree_member(value, "function_name"), functions[i]) == 0;
    }
    return is_operator;
}

static bool is_aggregate(const struct json *value)
{
    static const char *const names[] = {"count_star", "count", "min", "max"};
    size_t i;
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (tree_is_class(value, "FUNCTION") &&
            strcmp(tree_member(value, "function_name"), names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool answer_expression(struct bare *bare, const struct json *value)
{
    struct json_cursor cursor = {0};
    const struct json *member;
    const char *key;
    size_t i;
    for (i = 0; i < json_length(value); i++) {
        if (!answer_expression(bare, json_at(value, i))) {
            return false;
        }
    }
    if (value == NULL || json_kind_of(value) != JSON_KIND_OBJECT) {
        return true;
    }
    if (is_aggregate(value)) {
        return answer_aggregate(bare, value);
    }
    if (json_has(value, "class") && !is_known(value)) {
        return false;
    }
    while (json_next_member(value, &cursor, &key, &member)) {
        if (!answer_expression(bare, member)) {
            return false;
        }
    }
    return true;
}

static bool is_bare(const struct json *node)
{
    static const char *const others[] = {
        "where_clause", "group_expressions", "group_sets", "having", "qualify",
        "sample",       "modifiers",         "cte_map"};
    size_t i;
    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (json_has(node, others[i])) {
            return false;
        }
    }
    return tree_is_type(node, "SELECT_NODE") &&
           strcmp(tree_member(node, "aggregate_handling"), "STANDARD_HANDLING") == 0;
}

/* The one table of FROM; NULL: something else. */
static struct relation *table_of(struct statement *statement, const struct json *from)
{
    static const char *const others[] = {"sample", "at_clause", "column_name_alias", "schema_name",
                                         "catalog_name"};
    size_t i;
    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (json_has(from, others[i])) {
            return NULL;
        }
    }
    return tree_is_type(from, "BASE_TABLE")
               ? statement_pinned(statement, tree_member(from, "table_name"))
               : NULL;
}

/* Puts values for each item, of which there must be some; false: one is not known. */
static bool answer_items(struct bare *bare, const struct json *list)
{
    size_t i;
    for (i = 0; i < json_length(list); i++) {
        const size_t before = bare->count;
        if (!answer_expression(bare, json_at(list, i)) || bare->count == before) {
            return false;
        }
    }
    return json_length(list) != 0;
}

/* The FROM of SELECT ... FROM table, behind which nothing else is wanted, is left out. False where
 * it is written in another way. */
static bool cut_from(struct bare *bare, const struct json *from)
{
    const size_t place = place_of(bare, from);
    struct sql_token token = sql_token_next(bare->text, 0);
    struct text_edit *cut = &bare->edits[bare->count];
    *cut = (struct text_edit){SIZE_MAX, 0, ""};
    if (place == SIZE_MAX || !sql_token_is_word(bare->text, &token, "select")) {
        return false;
    }
    for (; token.kind != SQL_TOKEN_END && token.at < place;
         token = sql_token_next(bare->text, token.at + token.length)) {
        if (sql_token_is_word(bare->text, &token, "from")) {
            cut->at = token.at;
        }
    }
    cut->length = cut->at != SIZE_MAX ? strlen(bare->text + cut->at) : 0;
    return cut->length != 0;
}

/* *out stays NULL where the engine makes something else of it. */
static inlay_status prepare_values(struct statement *statement, struct bare *bare,
                                   duckdb_prepared_statement *out, inlay_error *err)
{
    char *text = NULL;
    bool same;
    size_t i;
    INLAY_TRY(text_edits_apply(bare->text, bare->edits, bare->count + 1, &text, err));
    same = duckdb_prepare(statement->connection, text, out) == DuckDBSuccess;
    for (i = 0; i < bare->count && same; i++) {
        same = duckdb_bind_value(*out, i + 1, bare->values[i]) == DuckDBSuccess;
    }
    if (!same) {
        duckdb_destroy_prepare(out);
    }
    mem_free(text);
    return INLAY_OK;
}

inlay_status bare_statistics_plan(struct statement *statement, const struct sql_tree *tree,
                                  const char *text, struct sql_plan *plan, inlay_error *err)
{
    const struct json *from = json_find(tree->node, "from_table");
    struct bare bare = {.statement = statement, .text = text};
    duckdb_prepared_statement answer = NULL;
    inlay_status status = INLAY_OK;
    size_t i;
    if (!is_bare(tree->node) || (bare.relation = table_of(statement, from)) == NULL) {
        return INLAY_OK;
    }
    bare.qualifier = tree_member(from, "alias");
    if (bare.qualifier[0] == '\0') {
        bare.qualifier = tree_member(from, "table_name");
    }
    if (answer_items(&bare, json_find(tree->node, "select_list")) && cut_from(&bare, from)) {
        status = prepare_values(statement, &bare, &answer, err);
    }
    if (answer != NULL) {
        plan->original = plan->prepared;
        plan->prepared = answer;
        plan->bound = true;
    }
    for (i = 0; i < bare.count; i++) {
        duckdb_destroy_value(&bare.values[i]);
    }
    return status;
}
