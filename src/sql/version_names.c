/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/version_names.h"

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/error.h"
#include "sql/lexer.h"
#include "sql/statement_priv.h"

#include <ctype.h>
#include <string.h>

/* Words that may follow a table in FROM; any other is its alias. */
static const char *const following[] = {
    "anti",   "asof",        "cross",     "except",     "fetch",   "for",   "full",    "group",
    "having", "inner",       "intersect", "join",       "left",    "limit", "natural", "offset",
    "on",     "order",       "pivot",     "positional", "qualify", "right", "sample",  "select",
    "semi",   "tablesample", "union",     "unpivot",    "using",   "where", "window",
};

static bool is_alias(const char *text, const struct sql_token *token)
{
    size_t i;
    if (token->kind != SQL_TOKEN_WORD) {
        return token->kind == SQL_TOKEN_NAME;
    }
    for (i = 0; i < sizeof(following) / sizeof(following[0]); i++) {
        if (sql_token_is_word(text, token, following[i])) {
            return false;
        }
    }
    return true; /* AS among them */
}

static struct sql_token next_of_code(const char *text, const struct sql_token *token)
{
    struct sql_token next = sql_token_next(text, token->at + token->length);
    while (next.kind == SQL_TOKEN_COMMENT) {
        next = sql_token_next(text, next.at + next.length);
    }
    return next;
}

/* A whole number, or a plain string. */
static bool is_version(const char *text, const struct sql_token *token)
{
    size_t i;
    if (token->kind == SQL_TOKEN_STRING) {
        return token->closed && text[token->at] == '\'';
    }
    for (i = 0; i < token->length; i++) {
        if (!isdigit((unsigned char)text[token->at + i])) {
            return false;
        }
    }
    return token->kind == SQL_TOKEN_NUMBER;
}

/* Is there a version behind the name? Then `version` is its literal. */
static bool find_version(const char *text, const struct sql_token *name, struct sql_token *version)
{
    const size_t end = name->at + name->length;
    struct sql_token word;
    if (text[end] == '@') {
        *version = sql_token_next(text, end + 1);
        return version->at == end + 1 && is_version(text, version);
    }
    word = next_of_code(text, name);
    if (!sql_token_is_word(text, &word, "as")) {
        return false;
    }
    word = next_of_code(text, &word);
    if (!sql_token_is_word(text, &word, "of")) {
        return false;
    }
    *version = next_of_code(text, &word);
    return is_version(text, version);
}

/* The name without its quotes; doubled quotes stay doubled. */
static void put_name(struct buffer *out, const char *text, const struct sql_token *name)
{
    const size_t quote = name->kind == SQL_TOKEN_NAME;
    buffer_append(out, text + name->at + quote, name->length - 2 * quote);
}

static void put_version(struct buffer *out, const char *text, const struct sql_token *version)
{
    const size_t quote = version->kind == SQL_TOKEN_STRING;
    size_t i;
    for (i = version->at + quote; i < version->at + version->length - quote; i++) {
        buffer_u8(out, (uint8_t)text[i]);
        if (text[i] == '"') {
            buffer_u8(out, '"');
        }
    }
}

static inlay_status add_edit(struct version_names *names, const struct version_edit *edit,
                             inlay_error *err)
{
    void *edits = names->edits;
    if (!mem_grow(&edits, &names->capacity, names->count + 1, sizeof(*names->edits))) {
        return error_no_memory(err);
    }
    names->edits = edits;
    names->edits[names->count++] = *edit;
    return INLAY_OK;
}

static inlay_status rewrite(const char *text, struct version_names *names, struct buffer *out,
                            inlay_error *err)
{
    struct sql_token token = sql_token_next(text, 0);
    size_t copied = 0;
    for (; token.kind != SQL_TOKEN_END; token = sql_token_next(text, token.at + token.length)) {
        struct version_edit edit;
        struct sql_token version;
        struct sql_token next;
        if ((token.kind != SQL_TOKEN_WORD && token.kind != SQL_TOKEN_NAME) || !token.closed ||
            !find_version(text, &token, &version)) {
            continue;
        }
        buffer_append(out, text + copied, token.at - copied);
        edit.from = token.at;
        edit.to = out->len;
        buffer_u8(out, '"');
        put_name(out, text, &token);
        buffer_u8(out, '@');
        put_version(out, text, &version);
        buffer_u8(out, '"');
        next = next_of_code(text, &version);
        if (!is_alias(text, &next)) {
            buffer_printf(out, " AS \"");
            put_name(out, text, &token);
            buffer_u8(out, '"');
        }
        copied = version.at + version.length;
        edit.from_end = copied;
        edit.to_end = out->len;
        INLAY_TRY(add_edit(names, &edit, err));
        token = version;
    }
    buffer_append(out, text + copied, strlen(text + copied) + 1);
    return buffer_status(out, err);
}

inlay_status version_names_rewrite(const char *text, struct version_names *out, inlay_error *err)
{
    struct buffer rewritten;
    size_t length;
    inlay_status status;
    memset(out, 0, sizeof(*out));
    buffer_init(&rewritten, 4 * (size_t)SQL_TEXT_MAX);
    status = rewrite(text, out, &rewritten, err);
    if (status == INLAY_OK && out->count != 0) {
        out->text = (char *)buffer_take(&rewritten, &length);
    } else if (status != INLAY_OK) {
        version_names_free(out);
    }
    buffer_free(&rewritten);
    return status;
}

void version_names_free(struct version_names *names)
{
    mem_free(names->text);
    mem_free(names->edits);
    memset(names, 0, sizeof(*names));
}

int64_t version_names_place(const struct version_names *names, int64_t place)
{
    const struct version_edit *last = NULL;
    size_t i;
    if (place < 0) {
        return place;
    }
    for (i = 0; i < names->count && names->edits[i].to <= (uint64_t)place; i++) {
        last = &names->edits[i];
    }
    if (last == NULL) {
        return place;
    }
    return (uint64_t)place < last->to_end
               ? (int64_t)last->from
               : (int64_t)((uint64_t)place - last->to_end + last->from_end);
}
