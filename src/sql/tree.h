/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A statement's parse tree, as the engine's own parser gives it (json_serialize_sql): what grouping
 * by codes, hints and answers from statistics read. It costs 0.1 to 0.2 ms, so a statement asks for
 * it once, and only where it can be of use.
 */
#ifndef INLAY_SQL_TREE_H
#define INLAY_SQL_TREE_H

#include "base/json.h"
#include "sql/statement_priv.h"

struct sql_tree {
    char *text;               /* the engine's memory */
    struct json *document;    /* null and empty members are not in it */
    const struct json *node;  /* of the only statement's query */
    const struct json *names; /* named_param_map; NULL: no parameters */
};

/* The tree of a statement as JSON that any reader takes; NULL when the engine gives none. Freed
 * with duckdb_free. A text that is no SQL gives a tree that says so. */
char *sql_tree_text(struct statement *statement, const char *text);

/* *out->node is NULL when there is no tree: the engine gives none, or the statement is too long or
 * nested too deeply. sql_tree_free in any case. */
void sql_tree_make(struct statement *statement, const char *text, struct sql_tree *out);
/* The same with a bound of one's own: where nothing can be done without the tree. */
void sql_tree_make_within(struct statement *statement, const char *text, size_t bytes,
                          struct sql_tree *out);
void sql_tree_free(struct sql_tree *tree);

/* Empty members are left out of the tree: "" then. */
const char *tree_member(const struct json *object, const char *key);
bool tree_is_class(const struct json *value, const char *name);
bool tree_is_type(const struct json *value, const char *name);
/* Whether some WITH in this part of the tree gives the name. */
bool tree_has_with(const struct json *value, const char *name);
/* Is there such a word, or a longer one that holds it, in the statement? */
bool tree_has_word(const char *text, const char *word);

#endif
