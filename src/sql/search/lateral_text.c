/* SPDX-License-Identifier: Apache-2.0 */
/* A search for each row of a list, as SQL that the engine takes: lateral.h shows it. */
#include "base/alloc.h"
#include "base/buffer.h"
#include "base/error.h"
#include "sql/lexer.h"
#include "sql/search/condition_text.h"
#include "sql/search/lateral_priv.h"
#include "sql/text_edit.h"
#include "sql/tree.h"

#include <string.h>
#include <strings.h>

/* A list and those of its rows that differ in the columns that the call names. */
struct used_list {
    struct lateral_relation *list;
    const struct lateral_reference *columns[CALL_REFERENCES_MAX]; /* one per column */
    size_t column_count;
    size_t *rows;
    size_t row_count;
    size_t chosen; /* of the rows, for the branch that is written */
};

struct branches {
    const struct lateral_call *call;
    struct used_list lists[CALL_LISTS_MAX];
    size_t list_count;
    size_t count;
};

/* ---- the rows that count ---- */

static const struct literal *value_at(const struct lateral_relation *list, size_t row,
                                      size_t column)
{
    return &list->rows->values[row * list->rows->columns + column];
}

static bool same_value(const struct literal *a, const struct literal *b)
{
    return a->text == NULL || b->text == NULL
               ? a->text == b->text
               : a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

static bool same_row(const struct used_list *used, size_t a, size_t b)
{
    size_t i;
    for (i = 0; i < used->column_count; i++) {
        size_t column = used->columns[i]->column;
        if (!same_value(value_at(used->list, a, column), value_at(used->list, b, column))) {
            return false;
        }
    }
    return true;
}

static inlay_status pick_rows(struct used_list *used, struct arena *arena, inlay_error *err)
{
    size_t row;
    size_t i;
    used->rows = arena_alloc_array(arena, used->list->rows->rows, sizeof(*used->rows));
    if (used->rows == NULL) {
        return error_no_memory(err);
    }
    for (row = 0; row < used->list->rows->rows; row++) {
        for (i = 0; i < used->row_count && !same_row(used, row, used->rows[i]); i++) {
        }
        if (i == used->row_count) {
            used->rows[used->row_count++] = row;
        }
    }
    return INLAY_OK;
}

static struct used_list *list_of(struct branches *branches, struct lateral_relation *list)
{
    size_t i;
    for (i = 0; i < branches->list_count; i++) {
        if (branches->lists[i].list == list) {
            return &branches->lists[i];
        }
    }
    if (branches->list_count == CALL_LISTS_MAX) {
        return NULL;
    }
    branches->lists[branches->list_count].list = list;
    return &branches->lists[branches->list_count++];
}

static void add_column(struct used_list *used, const struct lateral_reference *reference)
{
    size_t i;
    for (i = 0; i < used->column_count; i++) {
        if (used->columns[i]->column == reference->column) {
            return;
        }
    }
    used->columns[used->column_count++] = reference;
}

static inlay_status refuse(const struct lateral_call *call, inlay_error *err, const char *what)
{
    error_set(err, INLAY_QUERY,
              "%s would run once for each %s: at most %d of them are taken; give the list in parts",
              call->function->name, what, LITERAL_ROWS_MAX);
    error_offset(err, call->at);
    return INLAY_QUERY;
}

static inlay_status find_branches(struct branches *branches, struct arena *arena, inlay_error *err)
{
    const struct lateral_call *call = branches->call;
    size_t i;
    for (i = 0; i < call->reference_count; i++) {
        struct used_list *used = list_of(branches, call->references[i].list);
        if (used == NULL) {
            error_set(err, INLAY_QUERY, "%s takes its arguments from more than %d lists",
                      call->function->name, CALL_LISTS_MAX);
            error_offset(err, call->at);
            return INLAY_QUERY;
        }
        if (used->list->rows->rows > LITERAL_ROWS_MAX) {
            return refuse(call, err, "row of a list");
        }
        add_column(used, &call->references[i]);
    }
    branches->count = 1;
    for (i = 0; i < branches->list_count; i++) {
        INLAY_TRY(pick_rows(&branches->lists[i], arena, err));
        branches->count *= branches->lists[i].row_count;
        if (branches->count > LITERAL_ROWS_MAX) {
            return refuse(call, err, "combination of the rows of its lists");
        }
    }
    return INLAY_OK;
}

/* ---- the text ---- */

static void choose(struct branches *branches, size_t branch)
{
    size_t i;
    for (i = 0; i < branches->list_count; i++) {
        branches->lists[i].chosen = branch % branches->lists[i].row_count;
        branch /= branches->lists[i].row_count;
    }
}

static void put_value(struct buffer *out, const struct used_list *used, size_t column)
{
    const struct literal *value = value_at(used->list, used->rows[used->chosen], column);
    const char *type = used->list->rows->types[column];
    if (value->text == NULL) {
        buffer_printf(out, "NULL");
    } else if (strcmp(type, "VARCHAR") == 0) {
        text_put_quoted(out, value->text, '\'');
    } else {
        buffer_printf(out, "CAST(");
        text_put_quoted(out, value->text, '\'');
        buffer_printf(out, " AS %s)", type);
    }
}

static void put_pick(struct buffer *out, struct branches *branches)
{
    const struct lateral_call *call = branches->call;
    size_t branch;
    size_t i;
    size_t k;
    buffer_printf(out, "(SELECT CASE");
    for (branch = 0; branch < branches->count; branch++) {
        const char *join = " WHEN ";
        choose(branches, branch);
        for (i = 0; i < branches->list_count; i++) {
            const struct used_list *used = &branches->lists[i];
            for (k = 0; k < used->column_count; k++) {
                buffer_printf(out, "%s", join);
                buffer_append(out, call->text + used->columns[k]->at, used->columns[k]->length);
                buffer_printf(out, " IS NOT DISTINCT FROM ");
                put_value(out, used, used->columns[k]->column);
                join = " AND ";
            }
        }
        buffer_printf(out, " THEN %zu", branch + 1);
    }
    buffer_printf(out,
                  " ELSE error('the list that %s takes its arguments from has other values each "
                  "time it is read') END AS \"inlay pick\") AS \"inlay pick\"",
                  call->function->name);
}

static void put_call(struct buffer *out, struct branches *branches)
{
    const struct lateral_call *call = branches->call;
    size_t at = call->at;
    size_t i;
    for (i = 0; i < call->reference_count; i++) {
        const struct lateral_reference *reference = &call->references[i];
        buffer_append(out, call->text + at, reference->at - at);
        put_value(out, list_of(branches, reference->list), reference->column);
        at = reference->at + reference->length;
    }
    buffer_append(out, call->text + at, call->at + call->length - at);
}

static void put_searches(struct buffer *out, struct branches *branches)
{
    size_t branch;
    buffer_printf(out, "(SELECT \"inlay rows\".* EXCLUDE (\"inlay n\") FROM ");
    put_pick(out, branches);
    buffer_printf(out, " JOIN (");
    for (branch = 0; branch < branches->count; branch++) {
        choose(branches, branch);
        buffer_printf(out, "%sSELECT %zu AS \"inlay n\", * FROM ", branch != 0 ? " UNION ALL " : "",
                      branch + 1);
        put_call(out, branches);
    }
    buffer_printf(out, ") AS \"inlay rows\" ON \"inlay n\" = \"inlay pick\")");
}

/* ---- a list without rows ---- */

static inlay_status find_table(struct statement *statement, const struct lateral_call *call,
                               const struct condition_scope *scope, char **name,
                               struct relation **relation, inlay_error *err)
{
    const struct json *arguments = json_find(call->tree, "children");
    const char *constant = NULL;
    inlay_status status;
    size_t i;
    *name = NULL;
    for (i = 0; i < json_length(arguments) && *name == NULL && constant == NULL; i++) {
        const struct json *argument = json_at(arguments, i);
        const struct sql_parameter *parameter = condition_parameter(scope, argument);
        const char *alias = tree_member(argument, "alias");
        if (alias[0] != '\0' && strcasecmp(alias, search_argument_name(ARGUMENT_TABLE)) != 0) {
            continue;
        }
        if (parameter != NULL && parameter->kind == SQL_PARAMETER_TEXT) {
            *name = mem_strndup(parameter->bytes, (size_t)parameter->length);
        } else if (tree_is_class(argument, "CONSTANT")) {
            constant = tree_member(json_find(argument, "value"), "value");
            *name = mem_strdup(constant);
        } else {
            break;
        }
        if (*name == NULL) {
            return error_no_memory(err);
        }
    }
    if (*name == NULL) {
        error_set(err, INLAY_QUERY,
                  "%s takes its table's name from a list without rows: its columns are not known",
                  call->function->name);
        error_offset(err, call->at);
        return INLAY_QUERY;
    }
    status = statement_relation(statement, *name, relation, err);
    return status == INLAY_OK
               ? INLAY_OK
               : search_call_error(call->function, status == INLAY_NOT_FOUND ? INLAY_QUERY : status,
                                   err);
}

/* No search can be bound, since there is no argument for it; its columns are known all the same. */
static inlay_status put_nothing(struct buffer *out, struct statement *statement,
                                const struct lateral_call *call,
                                const struct condition_scope *scope, inlay_error *err)
{
    static const char *const types[] = {"FLOAT", "DOUBLE",   "UINTEGER",
                                        "FLOAT", "UINTEGER", "FLOAT"};
    enum search_added added[SEARCH_ADDED_MAX];
    struct relation *relation = NULL;
    char *table = NULL;
    inlay_status status = find_table(statement, call, scope, &table, &relation, err);
    const size_t count = search_added_columns(call->function->kind, added);
    size_t i;
    if (status == INLAY_OK) {
        buffer_printf(out, "(SELECT *");
        for (i = 0; i < count; i++) {
            char name[SEARCH_NAME_SIZE];
            search_added_name(relation->ops->schema(relation), added[i], name);
            buffer_printf(out, ", CAST(NULL AS %s) AS ", types[added[i]]);
            text_put_quoted(out, name, '"');
        }
        buffer_printf(out, " FROM inlay_scan(");
        text_put_quoted(out, table, '\'');
        buffer_printf(out, ") WHERE false)");
    }
    mem_free(table);
    return status;
}

inlay_status lateral_call_text(struct statement *statement, struct arena *arena,
                               const struct lateral_call *call,
                               const struct sql_parameter *parameters, size_t parameter_count,
                               char **out, inlay_error *err)
{
    struct branches *branches = arena_zalloc(arena, sizeof(*branches));
    const struct condition_scope scope = {NULL, NULL, parameters, parameter_count};
    struct buffer text;
    inlay_status status;
    size_t length;
    *out = NULL;
    if (branches == NULL) {
        return error_no_memory(err);
    }
    branches->call = call;
    INLAY_TRY(find_branches(branches, arena, err));
    buffer_init(&text, REWRITTEN_MAX);
    if (branches->count != 0) {
        put_searches(&text, branches);
    } else {
        INLAY_TRY_GOTO(status, put_nothing(&text, statement, call, &scope, err), cleanup);
    }
    if (!call->named) {
        buffer_printf(&text, " AS %s", call->function->name);
    }
    buffer_u8(&text, 0);
    status = buffer_status(&text, err);
    if (status == INLAY_OVER_BUDGET) {
        error_set(err, status,
                  "%s for each row of its list makes a statement of more than %u MiB; give the "
                  "list in parts",
                  call->function->name, REWRITTEN_MAX >> 20);
        error_offset(err, call->at);
    }
    *out = status == INLAY_OK ? (char *)buffer_take(&text, &length) : NULL;
cleanup:
    buffer_free(&text);
    return status;
}

/* ---- parameters without a number ---- */

static bool is_sign(const char *text, const struct sql_token *token, char sign)
{
    return token->kind == SQL_TOKEN_SIGN && text[token->at] == sign;
}

bool lateral_has_marks(const char *text, size_t from, size_t to)
{
    struct sql_token token = sql_token_next(text, from);
    while (token.at < to && token.kind != SQL_TOKEN_END && !is_sign(text, &token, '?')) {
        token = sql_token_next(text, token.at + token.length);
    }
    return token.at < to && token.kind != SQL_TOKEN_END;
}

static inlay_status number_marks(const char *text, struct version_names *names, struct buffer *out,
                                 inlay_error *err)
{
    struct sql_token token = sql_token_next(text, 0);
    size_t copied = 0;
    for (; token.kind != SQL_TOKEN_END; token = sql_token_next(text, token.at + token.length)) {
        void *edits = names->edits;
        struct version_edit *edit;
        if (is_sign(text, &token, '$')) {
            version_names_free(names);
            return INLAY_OK;
        }
        if (!is_sign(text, &token, '?')) {
            continue;
        }
        if (!mem_grow(&edits, &names->capacity, names->count + 1, sizeof(*names->edits))) {
            return error_no_memory(err);
        }
        names->edits = edits;
        edit = &names->edits[names->count++];
        buffer_append(out, text + copied, token.at - copied);
        edit->from = token.at;
        edit->from_end = copied = token.at + 1;
        edit->to = out->len;
        buffer_printf(out, "$%zu", names->count);
        edit->to_end = out->len;
    }
    buffer_append(out, text + copied, strlen(text + copied) + 1);
    return buffer_status(out, err);
}

inlay_status lateral_number_marks(const char *text, struct version_names *out, inlay_error *err)
{
    struct buffer numbered;
    inlay_status status;
    size_t length;
    memset(out, 0, sizeof(*out));
    buffer_init(&numbered, REWRITTEN_MAX);
    status = number_marks(text, out, &numbered, err);
    if (status == INLAY_OK && out->count != 0) {
        out->text = (char *)buffer_take(&numbered, &length);
    }
    buffer_free(&numbered);
    return status;
}
