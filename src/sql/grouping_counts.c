/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A SELECT that names one text column of few values, and counts rows, needs no row:
 *
 *   SELECT lang, count(*) AS n FROM docs WHERE lang <> 'de' GROUP BY lang ORDER BY n DESC
 *
 * is run over the values and in how many rows each is (value_counts_scan.h):
 *
 *   SELECT lang, CAST(coalesce(sum("docs"."inlay rows"), 0) AS BIGINT) AS n
 *   FROM inlay_value_counts('docs', 'lang') AS "docs" WHERE lang <> 'de' GROUP BY lang ORDER BY n
 *   DESC
 *
 * or, where the values are many but come again and again, over a scan that adds up each row group
 * (counted_scan.h), inlay_scan_counted('docs', 'lang').
 *
 * A row of the relation stands for several rows with its value, so only what does not depend on how
 * often a row comes may stand beside the counts: conditions, the column itself where it is grouped,
 * min, max, count(DISTINCT).
 */
#include "base/error.h"
#include "sql/grouping_priv.h"
#include "sql/lexer.h"
#include "sql/value_counts_scan.h"

#include <string.h>
#include <strings.h>

/* Learning the counts reads the column once. With a condition, indexes may answer sooner where the
 * table is larger. */
#define COUNTED_ROWS_MAX (16u << 20)

struct counted_select {
    struct grouped_select select;
    const struct json *node;
    ptrdiff_t column; /* the only one that is named; -1: none yet */
    bool has_counts;  /* calls that count rows */
    size_t counts;    /* of them edited */
    const char *from; /* the table function that gives them; NULL: none */
};

/* ---- what may stand in it ---- */

static bool is_count(const struct json *value)
{
    const char *name = tree_member(value, "function_name");
    bool distinct = true;
    return tree_is_class(value, "FUNCTION") && !json_has(value, "filter") &&
           !json_has(value, "schema") && !json_has(json_find(value, "order_bys"), "orders") &&
           json_get_bool(value, "distinct", &distinct, NULL) == INLAY_OK && !distinct &&
           ((strcmp(name, "count_star") == 0 && !json_has(value, "children")) ||
            (strcmp(name, "count") == 0 && json_length(json_find(value, "children")) == 1 &&
             tree_is_class(json_at(json_find(value, "children"), 0), "COLUMN_REF")));
}

/* Aggregates that do not see how often a value comes. */
static bool is_repeatable(const struct json *value)
{
    const char *name = tree_member(value, "function_name");
    bool distinct = false;
    if (!tree_is_class(value, "FUNCTION") || json_has(value, "filter") ||
        json_has(value, "schema") || json_length(json_find(value, "children")) != 1) {
        return false;
    }
    (void)json_get_bool(value, "distinct", &distinct, NULL);
    return strcmp(name, "min") == 0 || strcmp(name, "max") == 0 ||
           (strcmp(name, "count") == 0 && distinct);
}

static bool is_plain_function(const struct json *value)
{
    static const char *const names[] = {"lower",       "upper",    "length", "substr", "substring",
                                        "left",        "right",    "concat", "trim",   "round",
                                        "starts_with", "contains", "prefix", "suffix", "ifnull"};
    bool is_operator = false;
    size_t i;
    (void)json_get_bool(value, "is_operator", &is_operator, NULL);
    for (i = 0; i < sizeof(names) / sizeof(names[0]) && !is_operator; i++) {
        is_operator = strcasecmp(tree_member(value, "function_name"), names[i]) == 0;
    }
    return is_operator && !json_has(value, "filter") && !json_has(value, "schema");
}

static bool is_known(const struct json *value)
{
    static const char *const known[] = {"COLUMN_REF",  "CONSTANT", "COMPARISON",
                                        "CONJUNCTION", "OPERATOR", "CAST",
                                        "CASE",        "BETWEEN",  "PARAMETER"};
    const char *name = tree_member(value, "class");
    size_t i;
    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(name, known[i]) == 0) {
            return true;
        }
    }
    return tree_is_class(value, "FUNCTION") &&
           (is_count(value) || is_repeatable(value) || is_plain_function(value));
}

/* The alias of an item that a name without a column stands for. */
static bool is_alias(const struct counted_select *counted, const struct json *reference)
{
    const struct json *list = json_find(counted->node, "select_list");
    const struct json *names = json_find(reference, "column_names");
    const char *name = "";
    size_t i;
    if (json_length(names) != 1 ||
        json_as_string(json_at(names, 0), "name", &name, NULL, NULL) != INLAY_OK) {
        return false;
    }
    for (i = 0; i < json_length(list); i++) {
        if (strcasecmp(tree_member(json_at(list, i), "alias"), name) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- the calls ---- */

static void edit_count(struct counted_select *counted, const struct json *call)
{
    struct grouped_select *select = &counted->select;
    const size_t place = grouping_place(select->rewrite, call);
    struct buffer text;
    buffer_init(&text, REWRITTEN_MAX);
    buffer_printf(&text, "CAST(coalesce(sum(");
    text_put_quoted(&text, select->qualifier, '"');
    buffer_u8(&text, '.');
    text_put_quoted(&text, COUNTS_ROWS, '"');
    buffer_u8(&text, ')');
    if (strcmp(tree_member(call, "function_name"), "count") == 0) {
        buffer_printf(&text, " FILTER (WHERE ");
        text_put_quoted(&text, select->qualifier, '"');
        buffer_u8(&text, '.');
        text_put_quoted(&text, select->schema->fields[counted->column].name, '"');
        buffer_printf(&text, " IS NOT NULL)");
    }
    buffer_printf(&text, ", 0) AS BIGINT)");
    grouping_edit(select, place,
                  place != SIZE_MAX ? sql_call_length(select->rewrite->text, place, "count") : 0,
                  &text);
    buffer_free(&text);
    counted->counts++;
}

/* Looks at every expression below: names of other columns, and what is not known, refuse. With
 * `edit` the counts are exchanged, else only the column is learnt. */
static void visit(struct counted_select *counted, const struct json *value, bool edit)
{
    struct json_cursor cursor = {0};
    const struct json *member;
    const char *key;
    size_t i;
    for (i = 0; i < json_length(value); i++) {
        visit(counted, json_at(value, i), edit);
    }
    if (value == NULL || json_kind_of(value) != JSON_KIND_OBJECT || counted->select.refused) {
        return;
    }
    if (json_has(value, "class") && !is_known(value)) {
        counted->select.refused = true;
        return;
    }
    if (tree_is_class(value, "COLUMN_REF")) {
        const ptrdiff_t column = grouping_column_of(&counted->select, value);
        if (column >= 0) {
            counted->select.refused |= counted->column >= 0 && counted->column != column;
            counted->column = column;
        } else {
            counted->select.refused |= !is_alias(counted, value);
        }
    }
    if (is_count(value)) {
        counted->has_counts = true;
        if (edit) {
            edit_count(counted, value);
            return;
        }
    }
    while (json_next_member(value, &cursor, &key, &member)) {
        visit(counted, member, edit);
    }
}

static bool has_aggregate(const struct json *value)
{
    struct json_cursor cursor = {0};
    const struct json *member;
    const char *key;
    size_t i;
    for (i = 0; i < json_length(value); i++) {
        if (has_aggregate(json_at(value, i))) {
            return true;
        }
    }
    if (value == NULL || json_kind_of(value) != JSON_KIND_OBJECT) {
        return false;
    }
    if (is_count(value) || is_repeatable(value)) {
        return true;
    }
    while (json_next_member(value, &cursor, &key, &member)) {
        if (has_aggregate(member)) {
            return true;
        }
    }
    return false;
}

/* ---- the SELECT ---- */

/* One row per group, one row in all, or none that is like another. */
static bool is_aggregated(const struct json *node)
{
    const bool all = strcmp(tree_member(node, "aggregate_handling"), "FORCE_AGGREGATES") == 0;
    const bool plain = strcmp(tree_member(node, "aggregate_handling"), "STANDARD_HANDLING") == 0;
    const struct json *list = json_find(node, "select_list");
    const size_t groups = json_length(json_find(node, "group_expressions"));
    bool every = json_length(list) != 0;
    size_t i;
    for (i = 0; i < json_length(list); i++) {
        every = every && has_aggregate(json_at(list, i));
    }
    return !json_has(node, "sample") && !json_has(node, "qualify") &&
           (all || (plain && (groups != 0 || every || grouping_is_distinct(node))));
}

static void visit_all(struct counted_select *counted, bool top, bool edit)
{
    static const char *const clauses[] = {"where_clause", "group_expressions", "having",
                                          "modifiers"};
    const struct json *list = json_find(counted->node, "select_list");
    size_t i;
    for (i = 0; i < json_length(list); i++) {
        const size_t before = counted->counts;
        visit(counted, json_at(list, i), edit);
        /* Below the top an item without an alias is named after its text. */
        counted->select.refused |=
            !top && counted->counts != before && tree_member(json_at(list, i), "alias")[0] == '\0';
    }
    for (i = 0; i < sizeof(clauses) / sizeof(clauses[0]); i++) {
        visit(counted, json_find(counted->node, clauses[i]), edit);
    }
}

static void edit_table(struct counted_select *counted, const struct json *from)
{
    struct grouped_select *select = &counted->select;
    struct buffer text;
    buffer_init(&text, REWRITTEN_MAX);
    buffer_printf(&text, "%s(", counted->from);
    text_put_quoted(&text, select->table, '\'');
    buffer_printf(&text, ", ");
    text_put_quoted(&text, select->schema->fields[counted->column].name, '\'');
    buffer_u8(&text, ')');
    grouping_edit_table(select, from, &text);
    buffer_free(&text);
}

/* Many values, of which each comes often? */
static inlay_status choose_scan(struct counted_select *counted, inlay_error *err)
{
    const struct grouped_select *select = &counted->select;
    const struct relation_ops *ops = select->relation->ops;
    const struct text_values *few;
    bool repeats = false;
    INLAY_TRY(statement_text_values(select->rewrite->statement, select->relation,
                                    (size_t)counted->column, &few, err));
    if (few == NULL && ops->repeats != NULL) {
        INLAY_TRY(ops->repeats(select->relation, (size_t)counted->column, &repeats, err));
    }
    counted->from = repeats ? "inlay_scan_counted" : NULL;
    return INLAY_OK;
}

static inlay_status choose_from(struct counted_select *counted, inlay_error *err)
{
    const struct grouped_select *select = &counted->select;
    const struct value_counts *counts;
    const uint64_t rows = select->relation->ops->row_count(select->relation);
    char name[CODE_NAME_SIZE];
    /* The condition for codes: a text column. */
    if (counted->column < 0 || !grouping_code_name(select->schema, (size_t)counted->column, name) ||
        schema_find(select->schema, COUNTS_ROWS) >= 0) {
        return INLAY_OK;
    }
    INLAY_TRY(value_counts_of(select->rewrite->statement, select->relation, (size_t)counted->column,
                              !json_has(counted->node, "where_clause") || rows <= COUNTED_ROWS_MAX,
                              &counts, err));
    if (counts == NULL) {
        return choose_scan(counted, err);
    }
    /* Without a count codes are as good. */
    counted->from = counted->has_counts ? "inlay_value_counts" : NULL;
    return INLAY_OK;
}

inlay_status grouping_rewrite_counts(struct rewrite *rewrite, const struct json *node, bool top,
                                     bool *done, inlay_error *err)
{
    const struct json *from = json_find(node, "from_table");
    struct counted_select counted = {.select = {.rewrite = rewrite}, .node = node, .column = -1};
    const size_t before = rewrite->count;
    *done = false;
    if (!is_aggregated(node) || !grouping_table(&counted.select, from)) {
        return INLAY_OK;
    }
    visit_all(&counted, top, false);
    if (counted.select.refused) {
        return INLAY_OK;
    }
    INLAY_TRY(choose_from(&counted, err));
    if (counted.from == NULL) {
        return INLAY_OK;
    }
    visit_all(&counted, top, true);
    edit_table(&counted, from);
    *done = !counted.select.refused;
    if (!*done) {
        rewrite->count = before;
    }
    return INLAY_OK;
}
