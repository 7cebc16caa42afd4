/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/grouping.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define EDITS_MAX 256
#define REWRITTEN_MAX (2u << 20)
#define TREE_BYTES_MAX (4u << 20)
#define TREE_DEPTH_MAX 200

/* `length` bytes at `at` of the statement's text become `text`. */
struct edit {
    size_t at;
    size_t length;
    const char *text;
};

struct rewrite {
    struct statement *statement;
    const char *text;
    size_t skip;        /* places count from here */
    size_t length;      /* of the whole text */
    struct arena arena; /* the edits' texts */
    struct edit edits[EDITS_MAX];
    size_t count;
    const struct json *with; /* the tree, searched for names of WITH */
};

/* One SELECT whose table is read with codes. */
struct grouped_select {
    struct rewrite *rewrite;
    const char *table;
    const char *qualifier; /* what its columns may be qualified with */
    const struct schema *schema;
    struct relation *relation;
    size_t coded[CODED_COLUMNS_MAX];
    size_t coded_count;
    bool refused;
};

bool grouping_code_name(const struct schema *schema, size_t column, char name[CODE_NAME_SIZE])
{
    const struct field *field = &schema->fields[column];
    size_t i;
    if ((field->type != COLUMN_UTF8 && field->type != COLUMN_LARGE_UTF8) ||
        (size_t)snprintf(name, CODE_NAME_SIZE, "%s (code)", field->name) >= CODE_NAME_SIZE) {
        return false;
    }
    for (i = 0; i < schema->count; i++) {
        if (strcasecmp(schema->fields[i].name, name) == 0) {
            return false;
        }
    }
    return true;
}

/* ---- the tree ---- */

/* Empty members are left out of the tree: "" then. */
static const char *member_text(const struct json *object, const char *key)
{
    const char *text = "";
    return json_get_string(object, key, &text, NULL, NULL) == INLAY_OK ? text : "";
}

static const struct json *items(const struct json *object, const char *key)
{
    return json_find(object, key);
}

static bool is_class(const struct json *value, const char *name)
{
    return strcmp(member_text(value, "class"), name) == 0;
}

/* SIZE_MAX: the tree does not say. */
static size_t place_of(const struct rewrite *rewrite, const struct json *value)
{
    int64_t place = -1;
    if (json_get_i64(value, "query_location", &place, NULL) != INLAY_OK || place < 0 ||
        (uint64_t)place >= rewrite->length - rewrite->skip) {
        return SIZE_MAX;
    }
    return rewrite->skip + (size_t)place;
}

/* ---- the text ---- */

static bool name_character(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* Steps over one name, plain or quoted, that must be `name`. */
static bool step_name(const char **at, const char *name)
{
    size_t length = strlen(name);
    if (**at != '"') {
        if (strncmp(*at, name, length) != 0 || name_character((*at)[length])) {
            return false;
        }
        *at += length;
        return length != 0 && !isdigit((unsigned char)name[0]);
    }
    for (++*at; *name != '\0'; name++, ++*at) {
        if (**at != *name || (*name == '"' && *++*at != '"')) {
            return false;
        }
    }
    return *(*at)++ == '"' && **at != '"';
}

/* The length of the text of a name chain ("a.b") at a place; 0 when something else stands there. */
static size_t chain_length(const struct rewrite *rewrite, size_t place, const struct json *names)
{
    const char *start = rewrite->text + place;
    const char *at = start;
    size_t i;
    if (place == SIZE_MAX) {
        return 0;
    }
    for (i = 0; i < json_length(names); i++) {
        const char *name;
        if (json_as_string(json_at(names, i), "name", &name, NULL, NULL) != INLAY_OK ||
            (i != 0 && *at++ != '.') || !step_name(&at, name)) {
            return 0;
        }
    }
    return *at == '.' || *at == '(' ? 0 : (size_t)(at - start);
}

/* Edits the same place twice only in the same way (CASE repeats its operand in the tree). */
static void add_edit(struct grouped_select *select, size_t at, size_t length, struct buffer *text)
{
    struct rewrite *rewrite = select->rewrite;
    struct edit *edit;
    char *copy;
    size_t i;
    buffer_u8(text, 0);
    for (i = 0; i < rewrite->count; i++) {
        edit = &rewrite->edits[i];
        if (at < edit->at + edit->length && edit->at < at + length) {
            select->refused |= edit->at != at || text->data == NULL ||
                               strcmp(edit->text, (const char *)text->data) != 0;
            return;
        }
    }
    copy = text->status == INLAY_OK ? arena_dup(&rewrite->arena, text->data, text->len) : NULL;
    if (copy == NULL || rewrite->count == EDITS_MAX || length == 0) {
        select->refused = true;
        return;
    }
    edit = &rewrite->edits[rewrite->count++];
    edit->at = at;
    edit->length = length;
    edit->text = copy;
}

static void put_quoted(struct buffer *out, const char *text, char quote)
{
    buffer_u8(out, (uint8_t)quote);
    for (; *text != '\0'; text++) {
        if (*text == quote) {
            buffer_u8(out, (uint8_t)quote);
        }
        buffer_u8(out, (uint8_t)*text);
    }
    buffer_u8(out, (uint8_t)quote);
}

static void put_code(const struct grouped_select *select, struct buffer *out, size_t column)
{
    char name[CODE_NAME_SIZE];
    (void)grouping_code_name(select->schema, column, name);
    put_quoted(out, select->qualifier, '"');
    buffer_u8(out, '.');
    put_quoted(out, name, '"');
}

static void put_decoded(const struct grouped_select *select, struct buffer *out, size_t column)
{
    buffer_printf(out, "CAST(");
    put_code(select, out, column);
    buffer_printf(out, " AS VARCHAR)");
}

/* ---- one SELECT ---- */

static ptrdiff_t find_column(const struct schema *schema, const char *name)
{
    size_t i;
    for (i = 0; i < schema->count; i++) {
        if (strcasecmp(schema->fields[i].name, name) == 0) {
            return (ptrdiff_t)i;
        }
    }
    return -1;
}

/* The column that a reference names, plainly or qualified with the table; -1: none. */
static ptrdiff_t column_of(const struct grouped_select *select, const struct json *reference)
{
    const struct json *names = items(reference, "column_names");
    const char *first = "";
    const char *last = "";
    size_t count = json_length(names);
    if (!is_class(reference, "COLUMN_REF") || count < 1 || count > 2 ||
        json_as_string(json_at(names, 0), "name", &first, NULL, NULL) != INLAY_OK ||
        json_as_string(json_at(names, count - 1), "name", &last, NULL, NULL) != INLAY_OK ||
        (count == 2 && strcasecmp(first, select->qualifier) != 0)) {
        return -1;
    }
    return find_column(select->schema, last);
}

static bool is_coded(const struct grouped_select *select, ptrdiff_t column)
{
    size_t i;
    for (i = 0; i < select->coded_count; i++) {
        if (column >= 0 && select->coded[i] == (size_t)column) {
            return true;
        }
    }
    return false;
}

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

/* The whole row as a value would show the code columns, and alias() a column's name. */
static bool is_telling(const struct grouped_select *select, const struct json *value)
{
    const struct json *names = items(value, "column_names");
    const char *name = "";
    if (is_class(value, "FUNCTION")) {
        return strcasecmp(member_text(value, "function_name"), "alias") == 0;
    }
    return is_class(value, "COLUMN_REF") && json_length(names) == 1 &&
           json_as_string(json_at(names, 0), "name", &name, NULL, NULL) == INLAY_OK &&
           strcasecmp(name, select->qualifier) == 0 && find_column(select->schema, name) < 0;
}

static void decode_reference(struct grouped_select *select, const struct json *reference,
                             const char *alias)
{
    size_t place = place_of(select->rewrite, reference);
    ptrdiff_t column = column_of(select, reference);
    struct buffer text;
    buffer_init(&text, REWRITTEN_MAX);
    put_decoded(select, &text, (size_t)column);
    if (alias != NULL) {
        buffer_printf(&text, " AS ");
        put_quoted(&text, alias, '"');
    }
    add_edit(select, place, chain_length(select->rewrite, place, items(reference, "column_names")),
             &text);
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
        if (!class_is_known(member_text(value, "class")) || is_telling(select, value)) {
            select->refused = true;
            return;
        }
        if (decode && is_coded(select, column_of(select, value))) {
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
    const struct json *list = items(node, "select_list");
    const struct json *names = items(element, "column_names");
    const char *name = "";
    int64_t number = 0;
    size_t i;
    if (is_class(element, "CONSTANT") &&
        json_get_i64(json_find(element, "value"), "value", &number, NULL) == INLAY_OK) {
        return number >= 1 && (uint64_t)number <= json_length(list)
                   ? json_at(list, (size_t)number - 1)
                   : element;
    }
    if (column_of(select, element) >= 0 || json_length(names) != 1 ||
        json_as_string(json_at(names, 0), "name", &name, NULL, NULL) != INLAY_OK) {
        return element;
    }
    for (i = 0; i < json_length(list); i++) {
        if (strcasecmp(member_text(json_at(list, i), "alias"), name) == 0) {
            return json_at(list, i);
        }
    }
    return element;
}

/* The length of a GROUP BY element in the text. */
static size_t element_length(const struct rewrite *rewrite, const struct json *element)
{
    size_t place = place_of(rewrite, element);
    int64_t number = 0;
    char digits[24];
    size_t length;
    if (!is_class(element, "CONSTANT")) {
        return chain_length(rewrite, place, items(element, "column_names"));
    }
    (void)json_get_i64(json_find(element, "value"), "value", &number, NULL);
    length = (size_t)snprintf(digits, sizeof(digits), "%lld", (long long)number);
    return place != SIZE_MAX && strncmp(rewrite->text + place, digits, length) == 0 &&
                   !name_character(rewrite->text[place + length])
               ? length
               : 0;
}

/* Whether the column has codes; the first use asks the relation. */
static inlay_status choose_column(struct grouped_select *select, ptrdiff_t column, inlay_error *err)
{
    const struct text_values *values;
    char name[CODE_NAME_SIZE];
    if (column < 0 || is_coded(select, column) || select->coded_count == CODED_COLUMNS_MAX ||
        !grouping_code_name(select->schema, (size_t)column, name)) {
        return INLAY_OK;
    }
    INLAY_TRY(statement_text_values(select->rewrite->statement, select->relation, (size_t)column,
                                    &values, err));
    if (values != NULL && values->count != 0) {
        select->coded[select->coded_count++] = (size_t)column;
    }
    return INLAY_OK;
}

static void edit_groups(struct grouped_select *select, const struct json *node)
{
    const struct json *groups = items(node, "group_expressions");
    size_t i;
    for (i = 0; i < json_length(groups); i++) {
        const struct json *element = json_at(groups, i);
        ptrdiff_t column = column_of(select, grouped_by(select, node, element));
        struct buffer text;
        if (!is_coded(select, column)) {
            visit_expressions(select, element, true);
            continue;
        }
        buffer_init(&text, REWRITTEN_MAX);
        put_code(select, &text, (size_t)column);
        add_edit(select, place_of(select->rewrite, element),
                 element_length(select->rewrite, element), &text);
        buffer_free(&text);
    }
}

/* An item keeps its name: at the top the original statement names the columns; below, a plain
 * column is given its name back, and anything else needs an alias. */
static void edit_items(struct grouped_select *select, const struct json *node, bool top)
{
    const struct json *list = items(node, "select_list");
    size_t i;
    for (i = 0; i < json_length(list); i++) {
        const struct json *item = json_at(list, i);
        const char *alias = member_text(item, "alias");
        ptrdiff_t column = column_of(select, item);
        ptrdiff_t named = find_column(select->schema, alias);
        size_t before = select->rewrite->count;
        if (is_coded(select, column)) {
            decode_reference(select, item,
                             alias[0] == '\0' ? select->schema->fields[column].name : NULL);
        } else {
            visit_expressions(select, item, true);
            select->refused |= !top && alias[0] == '\0' && select->rewrite->count != before;
        }
        /* In ORDER BY the alias would hide the column. */
        select->refused |= alias[0] != '\0' && is_coded(select, named) && named != column;
    }
}

static void edit_table(struct grouped_select *select, const struct json *from)
{
    size_t place = place_of(select->rewrite, from);
    const char *at = select->rewrite->text + (place != SIZE_MAX ? place : 0);
    const char *start = at;
    struct buffer text;
    size_t i;
    if (place == SIZE_MAX || !step_name(&at, select->table)) {
        select->refused = true;
        return;
    }
    buffer_init(&text, REWRITTEN_MAX);
    buffer_printf(&text, "inlay_scan_coded(");
    put_quoted(&text, select->table, '\'');
    buffer_printf(&text, ", [");
    for (i = 0; i < select->coded_count; i++) {
        buffer_printf(&text, "%s", i != 0 ? ", " : "");
        put_quoted(&text, select->schema->fields[select->coded[i]].name, '\'');
    }
    buffer_printf(&text, "])");
    if (member_text(from, "alias")[0] == '\0') {
        buffer_printf(&text, " AS ");
        put_quoted(&text, select->table, '"');
    }
    add_edit(select, place, (size_t)(at - start), &text);
    buffer_free(&text);
}

/* Whether some WITH of the statement gives this name. */
static bool is_with_name(const struct json *value, const char *name)
{
    struct json_cursor cursor = {0};
    const struct json *map = json_find(json_find(value, "cte_map"), "map");
    const struct json *member;
    const char *key;
    size_t i;
    for (i = 0; i < json_length(map); i++) {
        if (strcasecmp(member_text(json_at(map, i), "key"), name) == 0) {
            return true;
        }
    }
    for (i = 0; i < json_length(value); i++) {
        if (is_with_name(json_at(value, i), name)) {
            return true;
        }
    }
    while (json_kind_of(value) == JSON_KIND_OBJECT &&
           json_next_member(value, &cursor, &key, &member)) {
        if (is_with_name(member, name)) {
            return true;
        }
    }
    return false;
}

/* A plain table that the statement has pinned, with enough rows. */
static bool table_of(struct grouped_select *select, const struct json *from)
{
    struct statement *statement = select->rewrite->statement;
    select->table = member_text(from, "table_name");
    select->qualifier = member_text(from, "alias");
    if (strcmp(member_text(from, "type"), "BASE_TABLE") != 0 || json_has(from, "sample") ||
        json_has(from, "at_clause") || json_length(items(from, "column_name_alias")) != 0 ||
        member_text(from, "schema_name")[0] != '\0' ||
        member_text(from, "catalog_name")[0] != '\0' || select->table[0] == '\0' ||
        is_with_name(select->rewrite->with, select->table)) {
        return false;
    }
    if (select->qualifier[0] == '\0') {
        select->qualifier = select->table;
    }
    select->relation = statement_pinned(statement, select->table);
    if (select->relation == NULL ||
        select->relation->ops->row_count(select->relation) < statement->engine->coded_rows) {
        return false;
    }
    select->schema = select->relation->ops->schema(select->relation);
    return true;
}

static inlay_status rewrite_select(struct rewrite *rewrite, const struct json *node, bool top,
                                   inlay_error *err)
{
    const struct json *groups = items(node, "group_expressions");
    const struct json *from = json_find(node, "from_table");
    struct grouped_select select = {.rewrite = rewrite};
    const size_t before = rewrite->count;
    size_t i;
    if (json_length(groups) == 0 || json_has(node, "sample") || !table_of(&select, from)) {
        return INLAY_OK;
    }
    for (i = 0; i < json_length(groups); i++) {
        const struct json *element = grouped_by(&select, node, json_at(groups, i));
        INLAY_TRY(choose_column(&select, column_of(&select, element), err));
    }
    if (select.coded_count == 0) {
        return INLAY_OK;
    }
    visit_expressions(&select, json_find(node, "where_clause"), false);
    edit_groups(&select, node);
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
    if (strcmp(member_text(value, "type"), "SELECT_NODE") == 0) {
        INLAY_TRY(rewrite_select(rewrite, value, top, err));
    }
    while (json_next_member(value, &cursor, &key, &member)) {
        INLAY_TRY(rewrite_selects(rewrite, member, false, err));
    }
    return INLAY_OK;
}

/* ---- the statement ---- */

static int by_place(const void *a, const void *b)
{
    const struct edit *x = a;
    const struct edit *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

static inlay_status edited_text(struct rewrite *rewrite, char **out, inlay_error *err)
{
    struct buffer text;
    inlay_status status;
    size_t length;
    size_t at = 0;
    size_t i;
    buffer_init(&text, REWRITTEN_MAX);
    qsort(rewrite->edits, rewrite->count, sizeof(rewrite->edits[0]), by_place);
    for (i = 0; i < rewrite->count; i++) {
        const struct edit *edit = &rewrite->edits[i];
        buffer_append(&text, rewrite->text + at, edit->at - at);
        buffer_append(&text, edit->text, strlen(edit->text));
        at = edit->at + edit->length;
    }
    buffer_append(&text, rewrite->text + at, rewrite->length - at + 1);
    status = buffer_status(&text, err);
    *out = status == INLAY_OK ? (char *)buffer_take(&text, &length) : NULL;
    buffer_free(&text);
    return status;
}

/* The engine writes "nowhere" as 2^64 - 1, which is no integer of JSON's readers. */
static void blank_unknown_places(char *tree)
{
    static const char nowhere[] = "18446744073709551615";
    char *at = tree;
    while ((at = strstr(at, nowhere)) != NULL) {
        memset(at, ' ', sizeof(nowhere) - 1);
        at[0] = '-';
        at[1] = '1';
    }
}

/* The statement's parse tree as JSON, without null and empty members; NULL when the engine gives
 * none. Freed with duckdb_free. */
static char *tree_text(struct statement *statement, const char *text)
{
    duckdb_prepared_statement prepared = NULL;
    duckdb_result result;
    char *tree = NULL;
    memset(&result, 0, sizeof(result));
    if (duckdb_prepare(statement->connection,
                       "SELECT json_serialize_sql($1::VARCHAR, skip_null := true, "
                       "skip_empty := true)::VARCHAR",
                       &prepared) == DuckDBSuccess &&
        duckdb_bind_varchar(prepared, 1, text) == DuckDBSuccess) {
        if (duckdb_execute_prepared(prepared, &result) == DuckDBSuccess) {
            tree = duckdb_value_varchar(&result, 0, 0);
        }
        duckdb_destroy_result(&result);
    }
    duckdb_destroy_prepare(&prepared);
    return tree;
}

static bool has_word(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (; *text != '\0'; text++) {
        if (strncasecmp(text, word, length) == 0) {
            return true;
        }
    }
    return false;
}

inlay_status grouping_rewrite(struct statement *statement, const char *text, size_t skip,
                              char **out, inlay_error *err)
{
    struct json *document = NULL;
    struct rewrite *rewrite = NULL;
    const struct json *node;
    inlay_status status = INLAY_OK;
    char *tree;
    *out = NULL;
    if (!has_word(text, "group") || (tree = tree_text(statement, text + skip)) == NULL) {
        return INLAY_OK;
    }
    blank_unknown_places(tree);
    if (json_parse(tree, strlen(tree), TREE_BYTES_MAX, TREE_DEPTH_MAX, &document, NULL) !=
        INLAY_OK) {
        goto cleanup;
    }
    rewrite = mem_zalloc(sizeof(*rewrite));
    if (rewrite == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    arena_init(&rewrite->arena, SIZE_MAX);
    rewrite->statement = statement;
    rewrite->text = text;
    rewrite->skip = skip;
    rewrite->length = strlen(text);
    rewrite->with = document;
    node = json_find(json_at(json_find(document, "statements"), 0), "node");
    if (node != NULL) {
        INLAY_TRY_GOTO(status, rewrite_selects(rewrite, node, true, err), cleanup);
    }
    if (rewrite->count != 0) {
        status = edited_text(rewrite, out, err);
    }
cleanup:
    if (rewrite != NULL) {
        arena_free(&rewrite->arena);
        mem_free(rewrite);
    }
    json_free(document);
    duckdb_free(tree);
    return status;
}
