/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SELECT ... FROM t ORDER BY c LIMIT n: where the relation knows a value that at least n rows
 * reach, the rows that do not reach it are not among the first n.
 */
#include "sql/hints/hints_priv.h"

#include <string.h>
#include <strings.h>

static bool read_count(struct hint_reader *reader, const struct json *expression, uint64_t *out)
{
    struct hint_literal literal;
    *out = 0;
    if (expression == NULL) {
        return true;
    }
    if (!hint_literal_of(reader, expression, &literal) || literal.kind != HINT_LITERAL_INTEGER ||
        literal.number < 0 || literal.number > INT64_MAX) {
        return false;
    }
    *out = (uint64_t)literal.number;
    return true;
}

/* The column that is ordered by, unless SELECT calls something else so. */
static ptrdiff_t ordered_column(const struct hint_reader *reader, const struct hint_select *select,
                                const struct json *expression)
{
    const struct json *list = json_find(select->node, "select_list");
    const struct json *names = json_find(expression, "column_names");
    ptrdiff_t column = hint_column(reader, select, expression);
    const char *name = "";
    size_t i;
    if (column < 0 || json_as_string(json_at(names, json_length(names) - 1), "name", &name, NULL,
                                     NULL) != INLAY_OK) {
        return -1;
    }
    for (i = 0; i < json_length(list); i++) {
        const struct json *entry = json_at(list, i);
        const struct json *parts = json_find(entry, "column_names");
        const char *called = tree_member(entry, "alias");
        if (called[0] == '\0' && json_length(parts) != 0) {
            (void)json_as_string(json_at(parts, json_length(parts) - 1), "name", &called, NULL,
                                 NULL);
        }
        if (strcasecmp(called, name) == 0 && hint_column(reader, select, entry) != column) {
            return -1;
        }
    }
    return column;
}

/* How the engine orders the column is how its statistics are ordered. */
static bool is_ordered_alike(const struct field *field)
{
    return stat_kind_of_type(field->type) != STAT_NONE &&
           (field->timezone == NULL || field->unit == UNIT_MICRO);
}

static const struct predicate *bounded(struct hint_reader *reader, ptrdiff_t column,
                                       const struct json *order, uint64_t rows)
{
    const struct hint_item *item = reader->target;
    const bool descending = tree_is_type(order, "DESCENDING");
    const struct predicate *parts[2];
    struct stat_value bound;
    if (rows == 0 || item->relation->ops->top_bound == NULL ||
        !item->relation->ops->top_bound(item->relation, (size_t)column, descending, rows, &bound)) {
        return NULL;
    }
    parts[0] =
        hint_test(reader, descending ? PREDICATE_GE : PREDICATE_LE, (uint32_t)column, &bound, 1);
    if (strcmp(tree_member(order, "null_order"), "NULLS FIRST") != 0) {
        return parts[0];
    }
    parts[1] = hint_test(reader, PREDICATE_IS_NULL, (uint32_t)column, NULL, 0);
    return hint_or(reader, parts, 2);
}

const struct predicate *hint_top(struct hint_reader *reader, const struct hint_select *select)
{
    const struct json *node = select->node;
    const struct json *modifiers = json_find(node, "modifiers");
    const struct json *orders = json_find(json_at(modifiers, 0), "orders");
    const struct json *limit = json_at(modifiers, 1);
    const struct hint_item *item = reader->target;
    ptrdiff_t column;
    uint64_t rows;
    uint64_t skipped;
    if (json_length(modifiers) != 2 || !tree_is_type(json_at(modifiers, 0), "ORDER_MODIFIER") ||
        !tree_is_type(limit, "LIMIT_MODIFIER") || json_has(node, "where_clause") ||
        item != select->items || item->next != NULL || item->sampled || item->blind ||
        !json_has(limit, "limit") || !hint_rows_stand_alone(node) ||
        !read_count(reader, json_find(limit, "limit"), &rows) ||
        !read_count(reader, json_find(limit, "offset"), &skipped)) {
        return NULL;
    }
    column = ordered_column(reader, select, json_find(json_at(orders, 0), "expression"));
    if (column < 0 || !is_ordered_alike(&item->schema->fields[column])) {
        return NULL;
    }
    return bounded(reader, column, json_at(orders, 0), rows + skipped);
}
