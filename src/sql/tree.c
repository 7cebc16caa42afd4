/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/tree.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define TREE_BYTES_MAX (256u << 10) /* longer statements stay as they are */
#define TREE_DEPTH_MAX 200

/* Integers above 2^63 - 1, which JSON's readers refuse, stand in two places: the engine writes
 * "nowhere" as the place 2^64 - 1, and the lower halves of large numbers. The first becomes -1, the
 * second a string, "low":"123" for "lower":123. Neither pattern occurs inside a string, where
 * quotes are escaped. */
static void make_readable(char *tree)
{
    static const char place[] = "\"query_location\":";
    static const char nowhere[] = "18446744073709551615";
    static const char lower[] = "\"lower\":";
    char *at = tree;
    while ((at = strstr(at, place)) != NULL) {
        at += strlen(place);
        if (strncmp(at, nowhere, strlen(nowhere)) == 0) {
            memset(at, ' ', strlen(nowhere));
            at[0] = '-';
            at[1] = '1';
        }
    }
    at = tree;
    while ((at = strstr(at, lower)) != NULL) {
        size_t digits = strspn(at + strlen(lower), "0123456789");
        if (digits != 0) {
            memcpy(at, "\"low\":\"", 7);
            memmove(at + 7, at + strlen(lower), digits);
            at[7 + digits] = '"';
        }
        at += strlen(lower);
    }
}

char *sql_tree_text(struct statement *statement, const char *text)
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
    if (tree != NULL) {
        make_readable(tree);
    }
    return tree;
}

void sql_tree_make(struct statement *statement, const char *text, struct sql_tree *out)
{
    sql_tree_make_within(statement, text, TREE_BYTES_MAX, out);
}

void sql_tree_make_within(struct statement *statement, const char *text, size_t bytes,
                          struct sql_tree *out)
{
    const struct json *first;
    memset(out, 0, sizeof(*out));
    out->text = sql_tree_text(statement, text);
    if (out->text == NULL) {
        return;
    }
    if (json_parse(out->text, strlen(out->text), bytes, TREE_DEPTH_MAX, &out->document, NULL) !=
        INLAY_OK) {
        return;
    }
    first = json_at(json_find(out->document, "statements"), 0);
    out->node = json_find(first, "node");
    out->names = json_find(first, "named_param_map");
}

void sql_tree_free(struct sql_tree *tree)
{
    json_free(tree->document);
    duckdb_free(tree->text);
    memset(tree, 0, sizeof(*tree));
}

const char *tree_member(const struct json *object, const char *key)
{
    const char *text = "";
    return json_get_string(object, key, &text, NULL, NULL) == INLAY_OK ? text : "";
}

bool tree_is_class(const struct json *value, const char *name)
{
    return strcmp(tree_member(value, "class"), name) == 0;
}

bool tree_is_type(const struct json *value, const char *name)
{
    return strcmp(tree_member(value, "type"), name) == 0;
}

bool tree_has_word(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (; *text != '\0'; text++) {
        if (tolower((unsigned char)*text) == word[0] && strncasecmp(text, word, length) == 0) {
            return true;
        }
    }
    return false;
}

bool tree_has_with(const struct json *value, const char *name)
{
    struct json_cursor cursor = {0};
    const struct json *map = json_find(json_find(value, "cte_map"), "map");
    const struct json *member;
    const char *key;
    size_t i;
    for (i = 0; i < json_length(map); i++) {
        if (strcasecmp(tree_member(json_at(map, i), "key"), name) == 0) {
            return true;
        }
    }
    for (i = 0; i < json_length(value); i++) {
        if (tree_has_with(json_at(value, i), name)) {
            return true;
        }
    }
    while (json_kind_of(value) == JSON_KIND_OBJECT &&
           json_next_member(value, &cursor, &key, &member)) {
        if (tree_has_with(member, name)) {
            return true;
        }
    }
    return false;
}
