/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/search/lateral.h"

#include "base/alloc.h"
#include "base/error.h"
#include "sql/lexer.h"
#include "sql/search/lateral_priv.h"
#include "sql/text_edit.h"
#include "sql/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ROOT "/statements/0/node"
/* Where lists of vectors are written out, number by number, trees are long: 250 bytes for each. */
#define LATERAL_TREE_MAX (16u << 20)
#define RELATIONS_MAX 256
#define WITHS_MAX 64
#define POINTER_MAX 4096
#define SHOWN_NAME_MAX 256

/* What a name of a WITH stands for. */
struct with_entry {
    const char *name;
    const char *pointer; /* of its query */
    const struct json *value;
};

/* A way through the tree, with what a call at this place can name. */
struct lateral_walk {
    struct statement *statement;
    const char *text;
    size_t skip;
    const struct sql_parameter *parameters;
    size_t parameter_count;
    struct lateral_text *out;
    struct lateral_relation *relations[RELATIONS_MAX]; /* the nearest last */
    size_t relation_count;
    struct with_entry withs[WITHS_MAX]; /* the nearest last */
    size_t with_count;
    char path[POINTER_MAX];                    /* JSON pointer of what is looked at */
    size_t path_length;                        /* POINTER_MAX: too long to be written */
    struct text_edit edits[LATERAL_CALLS_MAX]; /* the texts are owned */
    size_t edit_count;
    inlay_status status;
    inlay_error *err;
};

static void walk(struct lateral_walk *w, const struct json *value);

/* ---- the path ---- */

static size_t path_enter(struct lateral_walk *w, const char *key)
{
    const size_t before = w->path_length;
    const size_t length = strlen(key);
    if (before + 1 + length < POINTER_MAX) {
        w->path[before] = '/';
        memcpy(w->path + before + 1, key, length);
        w->path_length += 1 + length;
    } else {
        w->path_length = POINTER_MAX;
    }
    return before;
}

static size_t path_enter_item(struct lateral_walk *w, size_t index)
{
    char key[24];
    (void)snprintf(key, sizeof(key), "%zu", index);
    return path_enter(w, key);
}

/* NULL: too long, or no memory, which is told. */
static const char *path_copy(struct lateral_walk *w)
{
    const char *copy;
    if (w->path_length == POINTER_MAX) {
        return NULL;
    }
    copy = arena_strndup(&w->out->arena, w->path, w->path_length);
    if (copy == NULL) {
        w->status = error_no_memory(w->err);
    }
    return copy;
}

/* ---- elements of FROM ---- */

static const struct with_entry *find_with(const struct lateral_walk *w, const char *name)
{
    size_t i;
    for (i = w->with_count; i > 0; i--) {
        if (strcasecmp(w->withs[i - 1].name, name) == 0) {
            return &w->withs[i - 1];
        }
    }
    return NULL;
}

static void push_relation(struct lateral_walk *w, const struct json *from)
{
    const char *alias = tree_member(from, "alias");
    const char *table = tree_member(from, "table_name");
    struct lateral_relation *relation = arena_zalloc(&w->out->arena, sizeof(*relation));
    if (relation == NULL) {
        w->status = error_no_memory(w->err);
        return;
    }
    relation->alias = alias[0] != '\0' ? alias : table;
    relation->from = from;
    if (tree_is_type(from, "TABLE_FUNCTION") && alias[0] == '\0') {
        relation->alias = tree_member(json_find(from, "function"), "function_name");
    }
    if (tree_is_type(from, "BASE_TABLE") && !json_has(from, "schema_name") &&
        !json_has(from, "sample")) {
        const struct with_entry *with = find_with(w, table);
        if (with != NULL && literal_list_possible(json_find(with->value, "query"))) {
            relation->pointer = with->pointer;
            relation->with = with->value;
        }
    } else if (literal_list_possible(from)) {
        relation->pointer = path_copy(w);
    }
    if (w->relation_count < RELATIONS_MAX) {
        w->relations[w->relation_count++] = relation;
    }
}

/* NULL: it is no list of literals, or the walk has failed. */
static struct literal_rows *rows_of(struct lateral_walk *w, struct lateral_relation *relation)
{
    if (relation->rows == NULL && relation->pointer != NULL && w->status == INLAY_OK) {
        const struct literal_source source = {w->text + w->skip, relation->pointer,
                                              relation->from,    relation->with,
                                              w->parameters,     w->parameter_count};
        w->status =
            literal_list_read(w->statement, &w->out->arena, &source, &relation->rows, w->err);
        if (relation->rows == NULL) {
            relation->pointer = NULL;
        }
    }
    return relation->rows;
}

/* ---- columns in a call's arguments ---- */

static const char *name_at(const struct json *names, size_t i)
{
    const char *name = "";
    (void)json_as_string(json_at(names, i), "name", &name, NULL, NULL);
    return name;
}

/* The list whose column it is; NULL: none. */
static struct lateral_relation *find_list(struct lateral_walk *w, const struct json *names,
                                          size_t *column)
{
    const size_t parts = json_length(names);
    size_t i;
    for (i = w->relation_count; i > 0 && parts <= 2; i--) {
        struct lateral_relation *relation = w->relations[i - 1];
        const bool named = parts == 2 && strcasecmp(relation->alias, name_at(names, 0)) == 0;
        const struct literal_rows *rows = parts == 1 || named ? rows_of(w, relation) : NULL;
        const ptrdiff_t found =
            rows != NULL ? literal_list_column(rows, name_at(names, parts - 1)) : -1;
        if (found >= 0) {
            *column = (size_t)found;
            return relation;
        }
        if (named) {
            break;
        }
    }
    return NULL;
}

static struct sql_token next_of_code(const char *text, size_t from)
{
    struct sql_token token = sql_token_next(text, from);
    while (token.kind == SQL_TOKEN_COMMENT) {
        token = sql_token_next(text, token.at + token.length);
    }
    return token;
}

/* The length of a chain of names, a . "b"; 0: none stands there. */
static size_t chain_length(const char *text, size_t at, size_t parts)
{
    struct sql_token token = sql_token_next(text, at);
    size_t i;
    for (i = 0; token.at >= at; i++) {
        if ((token.kind != SQL_TOKEN_WORD && token.kind != SQL_TOKEN_NAME) || !token.closed) {
            return 0;
        }
        if (i + 1 == parts) {
            return token.at + token.length - at;
        }
        token = next_of_code(text, token.at + token.length);
        if (token.kind != SQL_TOKEN_SIGN || text[token.at] != '.') {
            return 0;
        }
        token = next_of_code(text, token.at + token.length);
    }
    return 0;
}

/* SIZE_MAX: the tree does not say. */
static size_t place_of(const struct lateral_walk *w, const struct json *value)
{
    int64_t place = -1;
    if (json_get_i64(value, "query_location", &place, NULL) != INLAY_OK || place < 0 ||
        (uint64_t)place >= strlen(w->text + w->skip)) {
        return SIZE_MAX;
    }
    return w->skip + (size_t)place;
}

static void keep_column(struct lateral_walk *w, const struct lateral_call *call,
                        const struct json *names, size_t at)
{
    struct lateral_column *column = &w->out->columns[w->out->column_count];
    char name[SHOWN_NAME_MAX];
    size_t used = 0;
    size_t i;
    if (w->out->column_count == LATERAL_COLUMNS_MAX) {
        return;
    }
    for (i = 0; i < json_length(names) && used < sizeof(name); i++) {
        used += (size_t)snprintf(name + used, sizeof(name) - used, "%s%s", i != 0 ? "." : "",
                                 name_at(names, i));
    }
    column->function = call->function->name;
    column->at = at;
    column->name = arena_strdup(&w->out->arena, name);
    if (column->name == NULL) {
        w->status = error_no_memory(w->err);
        return;
    }
    w->out->column_count++;
}

static void add_reference(struct lateral_walk *w, struct lateral_call *call,
                          const struct json *value)
{
    const struct json *names = json_find(value, "column_names");
    struct lateral_reference *reference = &call->references[call->reference_count];
    const size_t at = place_of(w, value);
    size_t i;
    if (call->reference_count == CALL_REFERENCES_MAX || at == SIZE_MAX || w->status != INLAY_OK) {
        return;
    }
    reference->at = at;
    reference->length = chain_length(w->text, at, json_length(names));
    reference->list = find_list(w, names, &reference->column);
    if (w->status != INLAY_OK) {
        return;
    }
    if (reference->list == NULL || reference->length == 0) {
        keep_column(w, call, names, at);
        return;
    }
    if (reference->list->padded) {
        w->status = error_set(w->err, INLAY_QUERY,
                              "%s needs a value for each row, but an outer join adds rows to "
                              "\"%s\" where all is NULL: join the list first",
                              call->function->name, reference->list->alias);
        error_offset(w->err, at);
        return;
    }
    for (i = 0; i < call->reference_count; i++) {
        if (call->references[i].at == at) {
            return; /* the tree repeats the operand of a CASE */
        }
    }
    call->reference_count++;
}

static void find_references(struct lateral_walk *w, struct lateral_call *call,
                            const struct json *value)
{
    struct json_cursor cursor = {0};
    const struct json *member;
    const char *key;
    size_t i;
    for (i = 0; i < json_length(value); i++) {
        find_references(w, call, json_at(value, i));
    }
    if (value == NULL || json_kind_of(value) != JSON_KIND_OBJECT) {
        return;
    }
    if (tree_is_class(value, "COLUMN_REF")) {
        add_reference(w, call, value);
        return;
    }
    while (json_next_member(value, &cursor, &key, &member)) {
        find_references(w, call, member);
    }
}

/* ---- calls ---- */

static const struct search_function *function_of(const struct json *from)
{
    const struct json *tree = json_find(from, "function");
    const char *name = tree_member(tree, "function_name");
    size_t i;
    for (i = 0; i < search_function_count; i++) {
        if (strcasecmp(search_functions[i].name, name) == 0 && !json_has(tree, "schema") &&
            !json_has(tree, "catalog")) {
            return &search_functions[i];
        }
    }
    return NULL;
}

/* The call's text: its name, and all up to the parenthesis that closes it. */
static bool find_extent(const struct lateral_walk *w, struct lateral_call *call)
{
    const size_t place = place_of(w, call->tree);
    if (place == SIZE_MAX) {
        return false;
    }
    call->at = place;
    call->length = sql_call_length(w->text, place, NULL);
    return call->length != 0;
}

static int by_place(const void *a, const void *b)
{
    const struct lateral_reference *x = a;
    const struct lateral_reference *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

static void rewrite_call(struct lateral_walk *w, struct lateral_call *call)
{
    char *text = NULL;
    if (w->edit_count == LATERAL_CALLS_MAX) {
        w->status = error_set(w->err, INLAY_QUERY,
                              "%s is one search too many: at most %d of a statement can take their "
                              "arguments from lists",
                              call->function->name, LATERAL_CALLS_MAX);
        error_offset(w->err, call->at);
        return;
    }
    if (lateral_has_marks(w->text, call->at, call->at + call->length)) {
        w->status = error_set(w->err, INLAY_QUERY,
                              "%s is run several times for the rows of its list: number the "
                              "parameters in its arguments as the others are ($1)",
                              call->function->name);
        error_offset(w->err, call->at);
        return;
    }
    qsort(call->references, call->reference_count, sizeof(call->references[0]), by_place);
    w->status = lateral_call_text(w->statement, &w->out->arena, call, w->parameters,
                                  w->parameter_count, &text, w->err);
    if (w->status == INLAY_OK) {
        struct text_edit *edit = &w->edits[w->edit_count++];
        edit->at = call->at;
        edit->length = call->length;
        edit->text = text;
    }
}

static void visit_call(struct lateral_walk *w, const struct json *from,
                       const struct search_function *function)
{
    struct lateral_call *call = arena_zalloc(&w->out->arena, sizeof(*call));
    if (call == NULL) {
        w->status = error_no_memory(w->err);
        return;
    }
    call->function = function;
    call->tree = json_find(from, "function");
    call->text = w->text;
    call->named = tree_member(from, "alias")[0] != '\0';
    if (!find_extent(w, call)) {
        return;
    }
    find_references(w, call, json_find(call->tree, "children"));
    if (w->status == INLAY_OK && call->reference_count != 0) {
        rewrite_call(w, call);
    }
}

/* ---- the way ---- */

static void pad(struct lateral_walk *w, size_t from, size_t to)
{
    for (; from < to; from++) {
        w->relations[from]->padded = true;
    }
}

static void walk_from(struct lateral_walk *w, const struct json *from);

static void walk_join(struct lateral_walk *w, const struct json *join)
{
    const size_t first = w->relation_count;
    size_t middle;
    size_t path = path_enter(w, "left");
    const bool full =
        tree_is_type(join, "JOIN") && (strcmp(tree_member(join, "join_type"), "FULL") == 0 ||
                                       strcmp(tree_member(join, "join_type"), "OUTER") == 0 ||
                                       strcmp(tree_member(join, "ref_type"), "POSITIONAL") == 0);
    walk_from(w, json_find(join, "left"));
    w->path_length = path;
    middle = w->relation_count;
    path = path_enter(w, "right");
    walk_from(w, json_find(join, "right"));
    w->path_length = path;
    if (full || strcmp(tree_member(join, "join_type"), "RIGHT") == 0) {
        pad(w, first, middle);
    }
    if (full || strcmp(tree_member(join, "join_type"), "LEFT") == 0) {
        pad(w, middle, w->relation_count);
    }
    path = path_enter(w, "condition");
    walk(w, json_find(join, "condition"));
    w->path_length = path;
}

/* What is left of an element is what its calls can name. */
static void walk_from(struct lateral_walk *w, const struct json *from)
{
    const struct search_function *function = NULL;
    if (tree_is_type(from, "JOIN")) {
        walk_join(w, from);
        return;
    }
    if (tree_is_type(from, "TABLE_FUNCTION")) {
        function = function_of(from);
    }
    if (function != NULL) {
        visit_call(w, from, function);
    } else {
        walk(w, from);
    }
    if (w->status == INLAY_OK) {
        push_relation(w, from);
    }
}

/* Each query of a WITH sees those before it. */
static void walk_withs(struct lateral_walk *w, const struct json *node)
{
    const struct json *map = json_find(json_find(node, "cte_map"), "map");
    const size_t path = path_enter(w, "cte_map/map");
    size_t i;
    for (i = 0; i < json_length(map) && w->status == INLAY_OK; i++) {
        const struct json *entry = json_at(map, i);
        const size_t item = path_enter_item(w, i);
        (void)path_enter(w, "value/query");
        walk(w, json_find(json_find(entry, "value"), "query"));
        if (w->with_count < WITHS_MAX && w->status == INLAY_OK) {
            struct with_entry *with = &w->withs[w->with_count++];
            with->name = tree_member(entry, "key");
            with->value = json_find(entry, "value");
            with->pointer = path_copy(w);
        }
        w->path_length = item;
    }
    w->path_length = path;
}

static void walk(struct lateral_walk *w, const struct json *value)
{
    const size_t relations = w->relation_count;
    const size_t withs = w->with_count;
    struct json_cursor cursor = {0};
    const struct json *member;
    const char *key;
    size_t path;
    size_t i;
    for (i = 0; i < json_length(value) && w->status == INLAY_OK; i++) {
        path = path_enter_item(w, i);
        walk(w, json_at(value, i));
        w->path_length = path;
    }
    if (value == NULL || json_kind_of(value) != JSON_KIND_OBJECT || w->status != INLAY_OK) {
        return;
    }
    walk_withs(w, value);
    if (json_has(value, "from_table")) {
        path = path_enter(w, "from_table");
        walk_from(w, json_find(value, "from_table"));
        w->path_length = path;
    }
    while (w->status == INLAY_OK && json_next_member(value, &cursor, &key, &member)) {
        if (strcmp(key, "cte_map") != 0 && strcmp(key, "from_table") != 0) {
            path = path_enter(w, key);
            walk(w, member);
            w->path_length = path;
        }
    }
    w->relation_count = relations;
    w->with_count = withs;
}

/* ---- the statement ---- */

static int by_text(const void *a, const void *b)
{
    const struct text_edit *x = a;
    const struct text_edit *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

/* Where in the new text each edit stands. */
static void keep_edits(struct lateral_walk *w)
{
    size_t shift = 0; /* modulo 2^64 */
    size_t i;
    qsort(w->edits, w->edit_count, sizeof(w->edits[0]), by_text);
    for (i = 0; i < w->edit_count; i++) {
        const struct text_edit *edit = &w->edits[i];
        struct version_edit *kept = &w->out->edits[w->out->edit_count++];
        kept->from = edit->at;
        kept->from_end = edit->at + edit->length;
        kept->to = edit->at + shift;
        kept->to_end = kept->to + strlen(edit->text);
        shift = kept->to_end - kept->from_end;
    }
}

/* Walks the numbered text. */
static inlay_status rewrite(struct lateral_walk *w, struct lateral_text *out, inlay_error *err)
{
    struct sql_tree tree;
    inlay_status status;
    size_t i;
    sql_tree_make_within(w->statement, w->text + w->skip, LATERAL_TREE_MAX, &tree);
    if (tree.node == NULL) {
        w->status = error_set(err, INLAY_OVER_BUDGET,
                              "a search takes its arguments from a list in a statement that is too "
                              "long or nested too deeply for that, or memory is short: give lists "
                              "of vectors as texts ('[1, 2]') or parameters");
    } else {
        w->path_length = strlen(ROOT);
        memcpy(w->path, ROOT, w->path_length);
        walk(w, tree.node);
    }
    status = w->status;
    if (status == INLAY_OK && w->edit_count != 0) {
        keep_edits(w);
        status = text_edits_apply(w->text, w->edits, w->edit_count, &out->text, err);
    }
    for (i = 0; i < w->edit_count; i++) {
        mem_free((void *)(uintptr_t)w->edits[i].text);
    }
    sql_tree_free(&tree);
    return status;
}

inlay_status search_lateral_rewrite(struct statement *statement, const char *text, size_t skip,
                                    const struct sql_parameter *parameters, size_t parameter_count,
                                    struct lateral_text *out, inlay_error *err)
{
    struct lateral_walk *w = mem_zalloc(sizeof(*w));
    inlay_status status = INLAY_OK;
    memset(out, 0, sizeof(*out));
    arena_init(&out->arena, SIZE_MAX);
    if (w == NULL) {
        return error_no_memory(err);
    }
    INLAY_TRY_GOTO(status, lateral_number_marks(text, &out->numbered, err), cleanup);
    w->statement = statement;
    w->text = out->numbered.text != NULL ? out->numbered.text : text;
    w->skip = skip;
    w->parameters = parameters;
    w->parameter_count = parameter_count;
    w->out = out;
    w->err = err;
    status = rewrite(w, out, err);
    if (status != INLAY_OK && err != NULL) {
        err->offset = version_names_place(&out->numbered, err->offset);
    }
cleanup:
    mem_free(w);
    return status;
}

void lateral_text_free(struct lateral_text *lateral)
{
    mem_free(lateral->text);
    version_names_free(&lateral->numbered);
    arena_free(&lateral->arena);
    memset(lateral, 0, sizeof(*lateral));
}

/* ---- failures ---- */

static const char complaint[] = " does not support lateral join column parameters";
static const char before_name[] = "cannot use column \"";
static const char behind_name[] = "\" in this context";

bool search_lateral_refused(const inlay_error *failure)
{
    return failure->status == INLAY_QUERY && strstr(failure->message, complaint) != NULL &&
           strstr(failure->message, "Table function \"inlay_") != NULL;
}

/* "bm25_search: k must be ..." */
static bool is_of_search(const inlay_error *failure)
{
    size_t i;
    for (i = 0; i < search_function_count; i++) {
        const size_t length = strlen(search_functions[i].name);
        if (strncmp(failure->message, search_functions[i].name, length) == 0 &&
            failure->message[length] == ':') {
            return true;
        }
    }
    return false;
}

/* The column that the engine's message names, in `name`; NULL: a call has none such. */
static const struct lateral_column *refused_column(const struct lateral_text *lateral,
                                                   const char *message, char name[SHOWN_NAME_MAX])
{
    const char *start = strstr(message, before_name);
    const char *end = start != NULL ? strstr(start, behind_name) : NULL;
    size_t i;
    start = start != NULL ? start + strlen(before_name) : "";
    (void)snprintf(name, SHOWN_NAME_MAX, "%.*s", end != NULL ? (int)(end - start) : 0, start);
    for (i = 0; i < lateral->column_count; i++) {
        if (strcasecmp(lateral->columns[i].name, name) == 0) {
            return &lateral->columns[i];
        }
    }
    return NULL;
}

void search_lateral_explain(const struct lateral_text *lateral, inlay_error *err)
{
    const struct version_names edits = {.edits = (struct version_edit *)(uintptr_t)lateral->edits,
                                        .count = lateral->edit_count};
    const struct lateral_column *column;
    char name[SHOWN_NAME_MAX];
    int64_t place = err->offset;
    if (lateral->text != NULL) {
        place = version_names_place(&edits, place);
        if (place < 0 && lateral->edit_count == 1 && is_of_search(err)) {
            place = (int64_t)lateral->edits[0].from; /* the only call that was written anew */
        }
        place = version_names_place(&lateral->numbered, place);
    }
    if (search_lateral_refused(err)) {
        column = refused_column(lateral, err->message, name);
        if (column != NULL) {
            place = version_names_place(&lateral->numbered, (int64_t)column->at);
        }
        error_set(err, INLAY_QUERY,
                  "%s takes values, not columns of tables: \"%s\" can only come from a list of "
                  "literals (VALUES, unnest) before it in FROM",
                  column != NULL ? column->function : "a search", name);
        error_key(err, name);
    }
    err->offset = place;
}
