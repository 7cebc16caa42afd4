/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SELECT DISTINCT a, b FROM docs WHERE a > 'x', and SELECT count(DISTINCT a) FROM docs, do not care
 * how often a row comes. Where every column that they name has codes, "docs" becomes
 *
 *   (SELECT CAST("docs"."a (code)" AS VARCHAR) AS "a", ... FROM inlay_scan_coded('docs', ['a',
 * ...]) AS "docs" GROUP BY "docs"."a (code)", ...) AS "docs"
 */
#include "base/error.h"
#include "sql/grouping_priv.h"

#include <string.h>

bool grouping_is_distinct(const struct json *node)
{
    const struct json *modifiers = json_find(node, "modifiers");
    size_t i;
    for (i = 0; i < json_length(modifiers); i++) {
        const struct json *modifier = json_at(modifiers, i);
        if (strcmp(tree_member(modifier, "type"), "DISTINCT_MODIFIER") == 0) {
            return json_length(json_find(modifier, "distinct_on_targets")) == 0;
        }
    }
    return false;
}

/* count(DISTINCT column), where the column itself may be anything. */
static bool is_distinct_count(const struct json *item)
{
    const struct json *children = json_find(item, "children");
    bool distinct = false;
    return tree_is_class(item, "FUNCTION") &&
           strcmp(tree_member(item, "function_name"), "count") == 0 &&
           json_get_bool(item, "distinct", &distinct, NULL) == INLAY_OK && distinct &&
           tree_member(item, "schema")[0] == '\0' && !json_has(item, "filter") &&
           json_length(children) == 1 && tree_is_class(json_at(children, 0), "COLUMN_REF");
}

/* All items are columns under DISTINCT, or all are counts of distinct values. */
static bool repeats_do_not_matter(const struct json *node)
{
    const struct json *list = json_find(node, "select_list");
    const bool distinct = grouping_is_distinct(node);
    size_t i;
    for (i = 0; i < json_length(list); i++) {
        const struct json *item = json_at(list, i);
        if (distinct ? !tree_is_class(item, "COLUMN_REF") : !is_distinct_count(item)) {
            return false;
        }
    }
    return json_length(list) != 0 && !json_has(node, "having") && !json_has(node, "qualify") &&
           strcmp(tree_member(node, "aggregate_handling"), "STANDARD_HANDLING") == 0;
}

/* A function may be volatile; operators are not. */
static bool is_known(const struct json *value)
{
    static const char *const known[] = {"COLUMN_REF", "CONSTANT", "COMPARISON", "CONJUNCTION",
                                        "BETWEEN",    "OPERATOR", "PARAMETER"};
    const char *name = tree_member(value, "class");
    bool is_operator = false;
    size_t i;
    if (strcmp(name, "FUNCTION") == 0) {
        return is_distinct_count(value) ||
               (json_get_bool(value, "is_operator", &is_operator, NULL) == INLAY_OK && is_operator);
    }
    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(name, known[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Every column below must have codes. */
static inlay_status choose_all(struct grouped_select *select, const struct json *value,
                               inlay_error *err)
{
    struct json_cursor cursor = {0};
    const struct json *member;
    const char *key;
    size_t i;
    for (i = 0; i < json_length(value); i++) {
        INLAY_TRY(choose_all(select, json_at(value, i), err));
    }
    if (value == NULL || json_kind_of(value) != JSON_KIND_OBJECT || select->refused) {
        return INLAY_OK;
    }
    if (json_has(value, "class") && !is_known(value)) {
        select->refused = true;
    } else if (tree_is_class(value, "COLUMN_REF")) {
        ptrdiff_t column = grouping_column_of(select, value);
        INLAY_TRY(grouping_choose(select, column, err));
        select->refused = !grouping_is_coded(select, column);
    }
    while (json_next_member(value, &cursor, &key, &member)) {
        INLAY_TRY(choose_all(select, member, err));
    }
    return INLAY_OK;
}

static void edit_table(struct grouped_select *select, const struct json *from)
{
    struct buffer text;
    size_t i;
    buffer_init(&text, REWRITTEN_MAX);
    buffer_printf(&text, "(SELECT ");
    for (i = 0; i < select->coded_count; i++) {
        buffer_printf(&text, "%s", i != 0 ? ", " : "");
        grouping_put_text(select, &text, select->coded[i]);
        buffer_printf(&text, " AS ");
        text_put_quoted(&text, select->schema->fields[select->coded[i]].name, '"');
    }
    buffer_printf(&text, " FROM ");
    grouping_put_scan(select, &text);
    buffer_printf(&text, " AS ");
    text_put_quoted(&text, select->qualifier, '"');
    for (i = 0; i < select->coded_count; i++) {
        buffer_printf(&text, "%s", i != 0 ? ", " : " GROUP BY ");
        grouping_put_code(select, &text, select->coded[i]);
    }
    buffer_u8(&text, ')');
    grouping_edit_table(select, from, &text);
    buffer_free(&text);
}

inlay_status grouping_rewrite_distinct(struct rewrite *rewrite, const struct json *node,
                                       inlay_error *err)
{
    static const char *const parts[] = {"select_list", "where_clause", "modifiers"};
    const struct json *from = json_find(node, "from_table");
    struct grouped_select select = {.rewrite = rewrite};
    size_t i;
    if (json_has(node, "sample") || !repeats_do_not_matter(node) ||
        !grouping_table(&select, from)) {
        return INLAY_OK;
    }
    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        INLAY_TRY(choose_all(&select, json_find(node, parts[i]), err));
    }
    if (!select.refused && select.coded_count != 0) {
        edit_table(&select, from);
    }
    return INLAY_OK;
}
