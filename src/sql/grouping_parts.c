/* SPDX-License-Identifier: Apache-2.0 */
/* What the rewriting of statements shares: reading the tree, finding names in the text, edits. */
#include "base/error.h"
#include "sql/grouping_priv.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

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

/* SIZE_MAX: the tree does not say. */
size_t grouping_place(const struct rewrite *rewrite, const struct json *value)
{
    int64_t place = -1;
    if (json_get_i64(value, "query_location", &place, NULL) != INLAY_OK || place < 0 ||
        (uint64_t)place >= rewrite->length - rewrite->skip) {
        return SIZE_MAX;
    }
    return rewrite->skip + (size_t)place;
}

/* ---- the text ---- */

bool grouping_name_character(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* Steps over one name, plain or quoted, that must be `name`. */
bool grouping_step_name(const char **at, const char *name)
{
    size_t length = strlen(name);
    if (**at != '"') {
        if (strncmp(*at, name, length) != 0 || grouping_name_character((*at)[length])) {
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
size_t grouping_chain_length(const struct rewrite *rewrite, size_t place, const struct json *names)
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
            (i != 0 && *at++ != '.') || !grouping_step_name(&at, name)) {
            return 0;
        }
    }
    return *at == '.' || *at == '(' ? 0 : (size_t)(at - start);
}

/* Edits the same place twice only in the same way (CASE repeats its operand in the tree). */
void grouping_edit(struct grouped_select *select, size_t at, size_t length, struct buffer *text)
{
    struct rewrite *rewrite = select->rewrite;
    struct text_edit *edit;
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

void grouping_put_code(const struct grouped_select *select, struct buffer *out, size_t column)
{
    char name[CODE_NAME_SIZE];
    (void)grouping_code_name(select->schema, column, name);
    text_put_quoted(out, select->qualifier, '"');
    buffer_u8(out, '.');
    text_put_quoted(out, name, '"');
}

void grouping_put_text(const struct grouped_select *select, struct buffer *out, size_t column)
{
    buffer_printf(out, "CAST(");
    grouping_put_code(select, out, column);
    buffer_printf(out, " AS VARCHAR)");
}

/* One word or sign of the text outside quotes, from *at on; *length is its length. False at the
 * end, and at what hides text in another way: comments, escapes, dollar quotes. */
static bool next_token(const char **at, size_t *length, bool *plain)
{
    const char *start;
    while (isspace((unsigned char)**at)) {
        ++*at;
    }
    start = *at;
    *length = 1;
    *plain = *start != '\\' && strncmp(start, "--", 2) != 0 && strncmp(start, "/*", 2) != 0 &&
             !(*start == '$' && !isdigit((unsigned char)start[1]));
    if (*start == '\0' || !*plain) {
        return false;
    }
    if (*start == '\'' || *start == '"') {
        const char *end = strchr(start + 1, *start);
        *length = end != NULL ? (size_t)(end - start) + 1 : strlen(start);
        *plain = memchr(start, '\\', *length) == NULL;
    } else {
        while (grouping_name_character(*start) && grouping_name_character(start[*length])) {
            ++*length;
        }
    }
    return *plain;
}

size_t grouping_all_place(const char *text)
{
    static const char *const words[] = {"group", "by", "all"};
    const char *at = text;
    size_t place = SIZE_MAX;
    size_t matched = 0;
    size_t length;
    bool plain;
    while (next_token(&at, &length, &plain)) {
        bool fits =
            strlen(words[matched]) == length && strncasecmp(at, words[matched], length) == 0;
        matched = fits ? matched + 1 : (length == 5 && strncasecmp(at, "group", 5) == 0);
        if (matched == 3) {
            if (place != SIZE_MAX) {
                return SIZE_MAX;
            }
            place = (size_t)(at - text);
            matched = 0;
        }
        at += length;
    }
    return plain ? place : SIZE_MAX;
}

void grouping_put_scan(const struct grouped_select *select, struct buffer *out)
{
    size_t i;
    buffer_printf(out, "inlay_scan_coded(");
    text_put_quoted(out, select->table, '\'');
    buffer_printf(out, ", [");
    for (i = 0; i < select->coded_count; i++) {
        buffer_printf(out, "%s", i != 0 ? ", " : "");
        text_put_quoted(out, select->schema->fields[select->coded[i]].name, '\'');
    }
    buffer_printf(out, "])");
}

void grouping_edit_table(struct grouped_select *select, const struct json *from,
                         struct buffer *text)
{
    const size_t place = grouping_place(select->rewrite, from);
    const char *start = select->rewrite->text + (place != SIZE_MAX ? place : 0);
    const char *end = start;
    if (place == SIZE_MAX || !grouping_step_name(&end, select->table)) {
        select->refused = true;
        return;
    }
    if (tree_member(from, "alias")[0] == '\0') {
        buffer_printf(text, " AS ");
        text_put_quoted(text, select->table, '"');
    }
    grouping_edit(select, place, (size_t)(end - start), text);
}

/* ---- columns and tables ---- */

ptrdiff_t grouping_find_column(const struct schema *schema, const char *name)
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
ptrdiff_t grouping_column_of(const struct grouped_select *select, const struct json *reference)
{
    const struct json *names = json_find(reference, "column_names");
    const char *first = "";
    const char *last = "";
    size_t count = json_length(names);
    if (!tree_is_class(reference, "COLUMN_REF") || count < 1 || count > 2 ||
        json_as_string(json_at(names, 0), "name", &first, NULL, NULL) != INLAY_OK ||
        json_as_string(json_at(names, count - 1), "name", &last, NULL, NULL) != INLAY_OK ||
        (count == 2 && strcasecmp(first, select->qualifier) != 0)) {
        return -1;
    }
    return grouping_find_column(select->schema, last);
}

bool grouping_is_coded(const struct grouped_select *select, ptrdiff_t column)
{
    size_t i;
    for (i = 0; i < select->coded_count; i++) {
        if (column >= 0 && select->coded[i] == (size_t)column) {
            return true;
        }
    }
    return false;
}

/* Whether the column has codes; the first use asks the relation. */
inlay_status grouping_choose(struct grouped_select *select, ptrdiff_t column, inlay_error *err)
{
    const struct text_values *values;
    char name[CODE_NAME_SIZE];
    if (column < 0 || grouping_is_coded(select, column) ||
        select->coded_count == CODED_COLUMNS_MAX ||
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

/* A plain table that the statement has pinned, with enough rows. */
bool grouping_table(struct grouped_select *select, const struct json *from)
{
    struct statement *statement = select->rewrite->statement;
    select->table = tree_member(from, "table_name");
    select->qualifier = tree_member(from, "alias");
    if (strcmp(tree_member(from, "type"), "BASE_TABLE") != 0 || json_has(from, "sample") ||
        json_has(from, "at_clause") || json_length(json_find(from, "column_name_alias")) != 0 ||
        tree_member(from, "schema_name")[0] != '\0' ||
        tree_member(from, "catalog_name")[0] != '\0' || select->table[0] == '\0' ||
        tree_has_with(select->rewrite->with, select->table)) {
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
