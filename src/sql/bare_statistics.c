/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/bare_statistics.h"

#include "base/buffer.h"
#include "base/error.h"

#include <string.h>
#include <strings.h>

#define ITEMS_MAX 64
#define TEXT_MAX 4096

struct bare {
    struct relation *relation;
    const char *qualifier;
    duckdb_value values[ITEMS_MAX];
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
        return NULL;
    }
    return value_of(field, strcmp(function, "min") == 0 ? &summary.min : &summary.max);
}

/* NULL: not known. */
static duckdb_value item_value(const struct bare *bare, const struct json *item)
{
    const char *function = tree_member(item, "function_name");
    const struct json *children = json_find(item, "children");
    bool distinct = true;
    ptrdiff_t column;
    if (!tree_is_class(item, "FUNCTION") || json_has(item, "filter") || json_has(item, "schema") ||
        json_has(json_find(item, "order_bys"), "orders") ||
        json_get_bool(item, "distinct", &distinct, NULL) != INLAY_OK || distinct) {
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

/* Puts a value for each item; false: one is not known. */
static bool answer_items(struct bare *bare, const struct json *list,
                         duckdb_prepared_statement original)
{
    size_t i;
    for (i = 0; i < json_length(list); i++) {
        duckdb_value value = item_value(bare, json_at(list, i));
        if (value == NULL) {
            return false;
        }
        bare->values[bare->count++] = value;
        if (duckdb_get_type_id(duckdb_get_value_type(value)) !=
            duckdb_prepared_statement_column_type(original, i)) {
            return false;
        }
    }
    return true;
}

static inlay_status prepare_values(struct statement *statement, const struct bare *bare,
                                   duckdb_prepared_statement *out, inlay_error *err)
{
    struct buffer text;
    inlay_status status;
    size_t i;
    buffer_init(&text, TEXT_MAX);
    for (i = 0; i < bare->count; i++) {
        buffer_printf(&text, "%s$%zu", i == 0 ? "SELECT " : ", ", i + 1);
    }
    buffer_u8(&text, 0);
    status = buffer_status(&text, err);
    if (status == INLAY_OK &&
        duckdb_prepare(statement->connection, (const char *)text.data, out) != DuckDBSuccess) {
        status = sql_error(statement, duckdb_prepare_error(*out), NULL, err);
    }
    for (i = 0; i < bare->count && status == INLAY_OK; i++) {
        if (duckdb_bind_value(*out, i + 1, bare->values[i]) != DuckDBSuccess) {
            status = sql_error(statement, duckdb_prepare_error(*out), NULL, err);
        }
    }
    if (status != INLAY_OK) {
        duckdb_destroy_prepare(out);
    }
    buffer_free(&text);
    return status;
}

inlay_status bare_statistics_plan(struct statement *statement, const struct sql_tree *tree,
                                  struct sql_plan *plan, inlay_error *err)
{
    const struct json *from = json_find(tree->node, "from_table");
    const struct json *list = json_find(tree->node, "select_list");
    struct bare bare = {.relation = NULL};
    inlay_status status = INLAY_OK;
    size_t i;
    if (!is_bare(tree->node) || json_length(list) > ITEMS_MAX ||
        (bare.relation = table_of(statement, from)) == NULL) {
        return INLAY_OK;
    }
    bare.qualifier = tree_member(from, "alias");
    if (bare.qualifier[0] == '\0') {
        bare.qualifier = tree_member(from, "table_name");
    }
    if (answer_items(&bare, list, plan->prepared) && bare.count != 0) {
        duckdb_prepared_statement answer = NULL;
        status = prepare_values(statement, &bare, &answer, err);
        if (status == INLAY_OK) {
            plan->original = plan->prepared;
            plan->prepared = answer;
            plan->bound = true;
        }
    }
    for (i = 0; i < bare.count; i++) {
        duckdb_destroy_value(&bare.values[i]);
    }
    return status;
}
