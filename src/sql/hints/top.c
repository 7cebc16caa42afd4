/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SELECT ... FROM t ORDER BY c LIMIT n: where the relation knows a value that at least n rows
 * reach, the rows that do not reach it are not among the first n. Under a WHERE, or where it knows
 * no such value, a guessed one does as well if n rows come out; see top_guess.
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

/* ORDER BY column LIMIT rows OFFSET skipped, of one table, each row of which stands alone. */
struct top {
    ptrdiff_t column;
    const struct json *order;
    bool descending;
    uint64_t rows;
    uint64_t skipped;
};

static bool read_top(struct hint_reader *reader, const struct hint_select *select, struct top *out)
{
    const struct json *modifiers = json_find(select->node, "modifiers");
    const struct json *limit = json_at(modifiers, 1);
    const struct hint_item *item = reader->target;
    out->order = json_at(json_find(json_at(modifiers, 0), "orders"), 0);
    out->descending = tree_is_type(out->order, "DESCENDING");
    if (json_length(modifiers) != 2 || !tree_is_type(json_at(modifiers, 0), "ORDER_MODIFIER") ||
        !tree_is_type(limit, "LIMIT_MODIFIER") || !hint_stands_alone(item) ||
        !json_has(limit, "limit") || !hint_rows_stand_alone(select->node) ||
        !read_count(reader, json_find(limit, "limit"), &out->rows) ||
        !read_count(reader, json_find(limit, "offset"), &out->skipped)) {
        return false;
    }
    out->column = ordered_column(reader, select, json_find(out->order, "expression"));
    return out->rows != 0 && out->column >= 0 &&
           is_ordered_alike(&item->schema->fields[out->column]);
}

/* The rows that reach the bound. */
static const struct predicate *bounded(struct hint_reader *reader, const struct top *top,
                                       const struct stat_value *bound)
{
    const uint32_t column = (uint32_t)top->column;
    const struct predicate *parts[2];
    parts[0] = hint_test(reader, top->descending ? PREDICATE_GE : PREDICATE_LE, column, bound, 1);
    if (strcmp(tree_member(top->order, "null_order"), "NULLS FIRST") != 0) {
        return parts[0];
    }
    parts[1] = hint_test(reader, PREDICATE_IS_NULL, column, NULL, 0);
    return hint_or(reader, parts, 2);
}

/* Does every row reach the bound? Then it only costs a comparison of each. */
static bool reached_by_all(const struct relation *relation, const struct top *top,
                           const struct stat_value *bound)
{
    struct relation_column_summary summary = {.bounds_known = false};
    const struct stat_value *end = top->descending ? &summary.min : &summary.max;
    if (relation->ops->column_summary != NULL) {
        relation->ops->column_summary(relation, (size_t)top->column, &summary);
    }
    return summary.bounds_known && stat_comparable(end, bound) && stat_compare(end, bound) == 0;
}

const struct predicate *hint_top(struct hint_reader *reader, const struct hint_select *select)
{
    const struct relation *relation = reader->target->relation;
    struct stat_value bound;
    struct top top;
    if (json_has(select->node, "where_clause") || relation->ops->top_bound == NULL ||
        !read_top(reader, select, &top) ||
        !relation->ops->top_bound(relation, (size_t)top.column, top.descending,
                                  top.rows + top.skipped, &bound) ||
        reached_by_all(relation, &top, &bound)) {
        return NULL;
    }
    return bounded(reader, &top, &bound);
}

/* ---- guesses ---- */

/* Of every so many rows one is looked at first, from the narrowest guess to the widest. */
static const uint64_t guess_shares[TOP_GUESSES_MAX] = {128, 8};

/* A guess that takes in fewer rows for each that is wanted is not tried. */
#define GUESS_ROWS_PER_RESULT 16
/* Tables from this size on, in units of the engine's hint_rows: to run a statement once more costs
 * as much as to look at its conditions. */
#define GUESS_HINT_ROWS 16

/* Statistics must say that few rows beside the guessed ones are read. */
static void add_guess(struct hint_reader *reader, const struct top *top, uint64_t share,
                      const struct predicate *wide, struct top_guess *out)
{
    struct relation *relation = out->relation;
    const struct predicate *parts[2] = {wide, NULL};
    const struct predicate *guessed;
    struct stat_value bound;
    uint64_t rows;
    uint64_t wanted;
    uint64_t most;
    uint64_t left;
    if (!relation->ops->top_guess(relation, wide, (size_t)top->column, top->descending, share,
                                  &bound, &rows)) {
        return;
    }
    wanted = rows / share;
    most = wanted + rows / 8;
    if (rows / GUESS_HINT_ROWS < reader->statement->engine->hint_rows ||
        wanted / GUESS_ROWS_PER_RESULT < top->rows + top->skipped) {
        return;
    }
    parts[1] = bounded(reader, top, &bound);
    guessed = hint_and(reader, parts, 2);
    if (parts[1] == NULL || guessed == NULL ||
        relation->ops->rows_left(relation, guessed, most, &left, NULL) != INLAY_OK || left == 0 ||
        left > most) {
        return; /* an error comes again when the statement runs */
    }
    out->tries[out->count].bound = parts[1];
    out->tries[out->count].predicate = guessed;
    out->tries[out->count++].rows = left;
}

void hint_first_rows(struct hint_reader *reader)
{
    struct top top;
    reader->target = hint_only_table(reader);
    if (reader->target != NULL && read_top(reader, reader->target->select, &top)) {
        reader->statement->top = (struct scan_top){.column = (size_t)top.column,
                                                   .descending = top.descending,
                                                   .rows = top.rows + top.skipped};
        reader->statement->top_of_where = json_has(reader->target->select->node, "where_clause");
    }
}

void hint_guess(struct hint_reader *reader, const struct predicate *wide)
{
    struct top_guess *out = &reader->statement->guess;
    const struct hint_item *item = hint_only_table(reader);
    struct top top;
    size_t i;
    if (item == NULL || item->relation->ops->top_guess == NULL ||
        item->relation->ops->rows_left == NULL) {
        return;
    }
    reader->target = item;
    if (!read_top(reader, item->select, &top) || top.rows > TOP_GUESS_ROWS_MAX) {
        return;
    }
    out->relation = item->relation;
    out->wide = wide;
    out->rows = top.rows;
    for (i = 0; i < TOP_GUESSES_MAX && !reader->no_memory; i++) {
        add_guess(reader, &top, guess_shares[i], wide, out);
    }
}
