/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/grouping.h"

#include "base/alloc.h"
#include "base/error.h"
#include "sql/grouping_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- one SELECT ---- */

static bool class_is_known(const char *name)
{
    static const char *const known[] = {"COLUMN_REF",  "CONSTANT", "FUNCTION", "COMPARISON",
                                        "CONJUNCTION", "OPERATOR", "CAST",     "CASE",
                                        "BETWEEN",     "WINDOW",   "PARAMETER"};
    size_t i;
    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(name, known[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* The whole row as a value would show the code columns, alias() a column's name; and what the
 * statement itself calls like a code column must not be taken for one. */
static bool is_telling(const struct grouped_select *select, const struct json *value)
{
    static const char suffix[] = " (code)";
    const struct json *names = json_find(value, "column_names");
    const size_t count = json_length(names);
    const char *name = "";
    size_t length;
    if (tree_is_class(value, "FUNCTION")) {
        return strcasecmp(tree_member(value, "function_name"), "alias") == 0;
    }
    if (!tree_is_class(value, "COLUMN_REF") || count == 0 ||
        json_as_string(json_at(names, count - 1), "name", &name, &length, NULL) != INLAY_OK) {
        return false;
    }
    if (length >= strlen(suffix) && strcasecmp(name + length - strlen(suffix), suffix) == 0) {
        return true;
    }
    return count == 1 && strcasecmp(name, select->qualifier) == 0 &&
           grouping_find_column(select->schema, name) < 0;
}

static void decode_reference(struct grouped_select *select, const struct json *reference,
                             const char *alias)
{
    size_t place = grouping_place(select->rewrite, reference);
    ptrdiff_t column = grouping_column_of(select, reference);
    struct buffer text;
    buffer_init(&text, REWRITTEN_MAX);
    grouping_put_text(select, &text, (size_t)column);
    if (alias != NULL) {
        buffer_printf(&text, " AS ");
        text_put_quoted(&text, alias, '"');
    }
    grouping_edit(
        select, place,
        grouping_chain_length(select->rewrite, place, json_find(reference, "column_names")), &text);
    buffer_free(&text);
}

/* Looks at every expression below; with `decode`, coded columns become texts again there. */
static void visit_expressions(struct grouped_select *select, const struct json *value, bool decode)
{
    struct json_cursor cursor = {0};
    const struct json *member;
    const char *key;
    size_t i;
    for (i = 0; i < json_length(value); i++) {
        visit_expressions(select, json_at(value, i), decode);
    }
    if (value == NULL || json_kind_of(value) != JSON_KIND_OBJECT || select->refused) {
        return;
    }
    if (json_has(value, "class")) {
        if (!class_is_known(tree_member(value, "class")) || is_telling(select, value)) {
            select->refused = true;
            return;
        }
        if (decode && grouping_is_coded(select, grouping_column_of(select, value))) {
            decode_reference(select, value, NULL);
        }
    }
    while (json_next_member(value, &cursor, &key, &member)) {
        visit_expressions(select, member, decode);
    }
}

/* The SELECT item that a GROUP BY element stands for: by number, or by alias where no column has
 * that name. The element itself otherwise. */
static const struct json *grouped_by(const struct grouped_select *select, const struct json *node,
                                     const struct json *element)
{
    const struct json *list = json_find(node, "select_list");
    const struct json *names = json_find(element, "column_names");
    const char *name = "";
    int64_t number = 0;
    size_t i;
    if (tree_is_class(element, "CONSTANT") &&
        json_get_i64(json_find(element, "value"), "value", &number, NULL) == INLAY_OK) {
        return number >= 1 && (uint64_t)number <= json_length(list)
                   ? json_at(list, (size_t)number - 1)
                   : element;
    }
    if (grouping_column_of(select, element) >= 0 || json_length(names) != 1 ||
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

/* The length of a GROUP BY element in the text. */
static size_t element_length(const struct rewrite *rewrite, const struct json *element)
{
    size_t place = grouping_place(rewrite, element);
    int64_t number = 0;
    char digits[24];
    size_t length;
    if (!tree_is_class(element, "CONSTANT")) {
        return grouping_chain_length(rewrite, place, json_find(element, "column_names"));
    }
    (void)json_get_i64(json_find(element, "value"), "value", &number, NULL);
    length = (size_t)snprintf(digits, sizeof(digits), "%lld", (long long)number);
    return place != SIZE_MAX && strncmp(rewrite->text + place, digits, length) == 0 &&
                   !grouping_name_character(rewrite->text[place + length])
               ? length
               : 0;
}

static void edit_groups(struct grouped_select *select, const struct json *node)
{
    const struct json *groups = json_find(node, "group_expressions");
    size_t i;
    for (i = 0; i < json_length(groups); i++) {
        const struct json *element = json_at(groups, i);
        ptrdiff_t column = grouping_column_of(select, grouped_by(select, node, element));
        struct buffer text;
        if (!grouping_is_coded(select, column)) {
            visit_expressions(select, element, true);
            continue;
        }
        buffer_init(&text, REWRITTEN_MAX);
        grouping_put_code(select, &text, (size_t)column);
        grouping_edit(select, grouping_place(select->rewrite, element),
                      element_length(select->rewrite, element), &text);
        buffer_free(&text);
    }
}

/* GROUP BY ALL groups by every item without an aggregate. Known here: when all items are columns or
 * calls of these functions. */
static bool all_is_clear(const struct grouped_select *select, const struct json *node)
{
    static const char *const aggregates[] = {"count_star", "count", "sum", "min", "max", "avg"};
    const struct json *list = json_find(node, "select_list");
    size_t i;
    size_t k;
    for (i = 0; i < json_length(list); i++) {
        const struct json *item = json_at(list, i);
        bool aggregate = false;
        for (k = 0; k < sizeof(aggregates) / sizeof(aggregates[0]); k++) {
            aggregate |= tree_is_class(item, "FUNCTION") &&
                         strcmp(tree_member(item, "function_name"), aggregates[k]) == 0;
        }
        if (!aggregate && grouping_column_of(select, item) < 0) {
            return false;
        }
    }
    return select->rewrite->all_place != SIZE_MAX;
}

/* The columns that GROUP BY ALL stands for, in its place. */
static void edit_all(struct grouped_select *select, const struct json *node)
{
    const struct json *list = json_find(node, "select_list");
    struct buffer text;
    size_t i;
    buffer_init(&text, REWRITTEN_MAX);
    for (i = 0; i < json_length(list); i++) {
        ptrdiff_t column = grouping_column_of(select, json_at(list, i));
        if (column < 0) {
            continue;
        }
        buffer_printf(&text, "%s", text.len != 0 ? ", " : "");
        if (grouping_is_coded(select, column)) {
            grouping_put_code(select, &text, (size_t)column);
        } else {
            text_put_quoted(&text, select->qualifier, '"');
            buffer_u8(&text, '.');
            text_put_quoted(&text, select->schema->fields[column].name, '"');
        }
    }
    grouping_edit(select, select->rewrite->all_place, strlen("all"), &text);
    buffer_free(&text);
}

/* An item keeps its name: at the top the original statement names the columns; below, a plain
 * column is given its name back, and anything else needs an alias. */
static void edit_items(struct grouped_select *select, const struct json *node, bool top)
{
    const struct json *list = json_find(node, "select_list");
    size_t i;
    for (i = 0; i < json_length(list); i++) {
        const struct json *item = json_at(list, i);
        const char *alias = tree_member(item, "alias");
        ptrdiff_t column = grouping_column_of(select, item);
        ptrdiff_t named = grouping_find_column(select->schema, alias);
        size_t before = select->rewrite->count;
        if (grouping_is_coded(select, column)) {
            decode_reference(select, item,
                             alias[0] == '\0' ? select->schema->fields[column].name : NULL);
        } else {
            visit_expressions(select, item, true);
            select->refused |= !top && alias[0] == '\0' && select->rewrite->count != before;
        }
        /* In ORDER BY the alias would hide the column. */
        select->refused |= alias[0] != '\0' && grouping_is_coded(select, named) && named != column;
    }
}

static void edit_table(struct grouped_select *select, const struct json *from)
{
    struct buffer text;
    buffer_init(&text, REWRITTEN_MAX);
    grouping_put_scan(select, &text);
    grouping_edit_table(select, from, &text);
    buffer_free(&text);
}

/* The elements of GROUP BY, or for ALL the items of SELECT, that are columns with codes. */
static inlay_status choose_groups(struct grouped_select *select, const struct json *node, bool all,
                                  inlay_error *err)
{
    const struct json *groups = json_find(node, all ? "select_list" : "group_expressions");
    size_t i;
    for (i = 0; i < json_length(groups); i++) {
        const struct json *element = json_at(groups, i);
        const struct json *meant = all ? element : grouped_by(select, node, element);
        INLAY_TRY(grouping_choose(select, grouping_column_of(select, meant), err));
    }
    return INLAY_OK;
}

static inlay_status rewrite_select(struct rewrite *rewrite, const struct json *node, bool top,
                                   inlay_error *err)
{
    const struct json *from = json_find(node, "from_table");
    const bool all = strcmp(tree_member(node, "aggregate_handling"), "FORCE_AGGREGATES") == 0;
    struct grouped_select select = {.rewrite = rewrite};
    const size_t before = rewrite->count;
    bool counted;
    INLAY_TRY(grouping_rewrite_counts(rewrite, node, top, &counted, err));
    if (counted) {
        rewrite->counted = true;
        return INLAY_OK;
    }
    if (json_length(json_find(node, "group_expressions")) == 0 && !all) {
        return grouping_rewrite_distinct(rewrite, node, err);
    }
    if (json_has(node, "sample") || !grouping_table(&select, from) ||
        (all && !all_is_clear(&select, node))) {
        return INLAY_OK;
    }
    INLAY_TRY(choose_groups(&select, node, all, err));
    if (select.coded_count == 0) {
        return INLAY_OK;
    }
    visit_expressions(&select, json_find(node, "where_clause"), false);
    if (all) {
        edit_all(&select, node);
    } else {
        edit_groups(&select, node);
    }
    edit_items(&select, node, top);
    visit_expressions(&select, json_find(node, "having"), true);
    visit_expressions(&select, json_find(node, "qualify"), true);
    visit_expressions(&select, json_find(node, "modifiers"), true);
    edit_table(&select, from);
    if (select.refused) {
        rewrite->count = before;
    }
    return INLAY_OK;
}

static inlay_status rewrite_selects(struct rewrite *rewrite, const struct json *value, bool top,
                                    inlay_error *err)
{
    struct json_cursor cursor = {0};
    const struct json *member;
    const char *key;
    size_t i;
    for (i = 0; i < json_length(value); i++) {
        INLAY_TRY(rewrite_selects(rewrite, json_at(value, i), false, err));
    }
    if (json_kind_of(value) != JSON_KIND_OBJECT) {
        return INLAY_OK;
    }
    if (strcmp(tree_member(value, "type"), "SELECT_NODE") == 0) {
        INLAY_TRY(rewrite_select(rewrite, value, top, err));
    }
    while (json_next_member(value, &cursor, &key, &member)) {
        INLAY_TRY(rewrite_selects(rewrite, member, false, err));
    }
    return INLAY_OK;
}

/* ---- the statement ---- */

/* Other ways to write GROUP BY ALL, and several of them, cannot be told apart in the text. */
static size_t all_place(const char *tree, const char *text)
{
    static const char all[] = "FORCE_AGGREGATES";
    const char *first = strstr(tree, all);
    if (first == NULL || strstr(first + 1, all) != NULL) {
        return SIZE_MAX;
    }
    return grouping_all_place(text);
}

inlay_status grouping_rewrite(struct statement *statement, const struct sql_tree *tree,
                              const char *text, size_t skip, char **out, bool *counted,
                              inlay_error *err)
{
    struct rewrite *rewrite;
    inlay_status status = INLAY_OK;
    *out = NULL;
    *counted = false;
    if (!tree_has_word(text, "group") && !tree_has_word(text, "distinct") &&
        !tree_has_word(text, "count")) {
        return INLAY_OK;
    }
    rewrite = mem_zalloc(sizeof(*rewrite));
    if (rewrite == NULL) {
        return error_no_memory(err);
    }
    arena_init(&rewrite->arena, SIZE_MAX);
    rewrite->statement = statement;
    rewrite->text = text;
    rewrite->skip = skip;
    rewrite->length = strlen(text);
    rewrite->with = tree->document;
    rewrite->all_place = all_place(tree->text, text);
    status = rewrite_selects(rewrite, tree->node, true, err);
    if (status == INLAY_OK && rewrite->count != 0) {
        status = text_edits_apply(text, rewrite->edits, rewrite->count, out, err);
        *counted = rewrite->counted;
    }
    arena_free(&rewrite->arena);
    mem_free(rewrite);
    return status;
}
