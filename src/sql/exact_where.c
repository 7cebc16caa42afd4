/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/exact_where.h"

#include "base/error.h"
#include "sql/lexer.h"
#include "sql/text_edit.h"

/* All but "select" are reserved words: no column is called so without quotes. */
static bool ends_condition(const char *text, const struct sql_token *token)
{
    static const char *const words[] = {"group",  "having", "window",    "qualify", "order",
                                        "limit",  "offset", "fetch",     "using",   "union",
                                        "except", "select", "intersect", "for"};
    size_t i;
    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (sql_token_is_word(text, token, words[i])) {
            return true;
        }
    }
    return false;
}

static bool is_sign(const char *text, const struct sql_token *token, char sign)
{
    return token->kind == SQL_TOKEN_SIGN && text[token->at] == sign;
}

/* ?, ?1, $1 and $name. */
static size_t parameter_length(const char *text, const struct sql_token *token)
{
    const struct sql_token next = sql_token_next(text, token->at + token->length);
    const bool named = next.at == token->at + token->length &&
                       (next.kind == SQL_TOKEN_WORD || next.kind == SQL_TOKEN_NUMBER);
    if (is_sign(text, token, '?')) {
        return 1 + (named && next.kind == SQL_TOKEN_NUMBER ? next.length : 0);
    }
    return is_sign(text, token, '$') && named ? 1 + next.length : 0;
}

/* The place of the only WHERE; 0: there is none, or there are several. */
static size_t only_where(const char *text, size_t skip)
{
    struct sql_token token = sql_token_next(text, skip);
    size_t found = 0;
    for (; token.kind != SQL_TOKEN_END; token = sql_token_next(text, token.at + token.length)) {
        if (sql_token_is_word(text, &token, "where")) {
            if (found != 0) {
                return 0;
            }
            found = token.at;
        }
    }
    return found;
}

inlay_status exact_where_rewrite(const char *text, size_t skip, char **out, inlay_error *err)
{
    const size_t where = only_where(text, skip);
    struct sql_token token;
    struct buffer made;
    struct text_edit edit;
    inlay_status status;
    int depth = 0;
    *out = NULL;
    if (where == 0) {
        return INLAY_OK;
    }
    buffer_init(&made, REWRITTEN_MAX);
    buffer_printf(&made, "WHERE true");
    token = sql_token_next(text, where + sizeof("where") - 1);
    while (token.kind != SQL_TOKEN_END && !(depth == 0 && ends_condition(text, &token)) &&
           !is_sign(text, &token, ';')) {
        const size_t length = parameter_length(text, &token);
        depth += is_sign(text, &token, '(') - is_sign(text, &token, ')');
        if (depth < 0) {
            break;
        }
        if (length != 0) {
            buffer_printf(&made, " AND (%.*s::VARCHAR IS NULL OR true)", (int)length,
                          text + token.at);
        }
        token = sql_token_next(text, token.at + (length != 0 ? length : token.length));
    }
    buffer_u8(&made, ' ');
    buffer_u8(&made, '\0');
    status = buffer_status(&made, err);
    if (status == INLAY_OK) {
        edit.at = where;
        edit.length = token.at - where;
        edit.text = (const char *)made.data;
        status = text_edits_apply(text, &edit, 1, out, err);
    }
    buffer_free(&made);
    return status;
}
