/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/lexer.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Bytes above 127 are letters of names, as in the engine. */
static bool starts_word(char c)
{
    return isalpha((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool continues_word(char c)
{
    return starts_word(c) || isdigit((unsigned char)c) || c == '$';
}

static size_t word_length(const char *text)
{
    size_t length = 0;
    while (continues_word(text[length])) {
        length++;
    }
    return length;
}

/* From the opening quote at text[0]; a doubled quote stands for one. */
static size_t quoted_length(const char *text, bool backslashes, bool *closed)
{
    const char quote = text[0];
    size_t i = 1;
    *closed = false;
    while (text[i] != '\0') {
        if (backslashes && text[i] == '\\' && text[i + 1] != '\0') {
            i += 2;
        } else if (text[i] != quote) {
            i++;
        } else if (text[i + 1] == quote) {
            i += 2;
        } else {
            *closed = true;
            return i + 1;
        }
    }
    return i;
}

/* From the slash at text[0]: comments nest. */
static size_t comment_length(const char *text, bool *closed)
{
    size_t depth = 0;
    size_t i = 0;
    do {
        if (text[i] == '/' && text[i + 1] == '*') {
            depth++;
            i += 2;
        } else if (text[i] == '*' && text[i + 1] == '/') {
            depth--;
            i += 2;
        } else {
            i++;
        }
    } while (depth != 0 && text[i] != '\0');
    *closed = depth == 0;
    return i;
}

/* $tag$ ... $tag$ from the sign at text[0]; 0: no such string begins here. */
static size_t dollar_length(const char *text, bool *closed)
{
    size_t tag = 1;
    size_t i;
    if (isdigit((unsigned char)text[1])) {
        return 0;
    }
    while (continues_word(text[tag]) && text[tag] != '$') {
        tag++;
    }
    if (text[tag] != '$') {
        return 0;
    }
    tag++;
    for (i = tag; text[i] != '\0'; i++) {
        if (text[i] == '$' && strncmp(text + i, text, tag) == 0) {
            *closed = true;
            return i + tag;
        }
    }
    *closed = false;
    return i;
}

/* Digits, a fraction, an exponent; close enough to see where a number ends. */
static size_t number_length(const char *text)
{
    size_t i = 0;
    while (isalnum((unsigned char)text[i]) || text[i] == '_' ||
           (text[i] == '.' && isdigit((unsigned char)text[i + 1])) ||
           ((text[i] == '+' || text[i] == '-') && i != 0 && (text[i - 1] | 0x20) == 'e' &&
            isdigit((unsigned char)text[i + 1]))) {
        i++;
    }
    return i;
}

struct sql_token sql_token_next(const char *text, size_t from)
{
    struct sql_token token = {SQL_TOKEN_SIGN, from, 1, true};
    const char *at;
    while (isspace((unsigned char)text[token.at])) {
        token.at++;
    }
    at = text + token.at;
    if (at[0] == '\0') {
        token.kind = SQL_TOKEN_END;
        token.length = 0;
    } else if (at[0] == '\'') {
        token.kind = SQL_TOKEN_STRING;
        token.length = quoted_length(at, false, &token.closed);
    } else if ((at[0] == 'e' || at[0] == 'E') && at[1] == '\'') {
        token.kind = SQL_TOKEN_STRING;
        token.length = 1 + quoted_length(at + 1, true, &token.closed);
    } else if (at[0] == '"') {
        token.kind = SQL_TOKEN_NAME;
        token.length = quoted_length(at, false, &token.closed);
    } else if (at[0] == '-' && at[1] == '-') {
        token.kind = SQL_TOKEN_COMMENT;
        token.length = strcspn(at, "\n\r");
    } else if (at[0] == '/' && at[1] == '*') {
        token.kind = SQL_TOKEN_COMMENT;
        token.length = comment_length(at, &token.closed);
    } else if (starts_word(at[0])) {
        token.kind = SQL_TOKEN_WORD;
        token.length = word_length(at);
    } else if (isdigit((unsigned char)at[0])) {
        token.kind = SQL_TOKEN_NUMBER;
        token.length = number_length(at);
    } else if (at[0] == '$' && (token.length = dollar_length(at, &token.closed)) != 0) {
        token.kind = SQL_TOKEN_STRING;
    } else {
        token.length = 1;
    }
    return token;
}

bool sql_token_is_word(const char *text, const struct sql_token *token, const char *word)
{
    return token->kind == SQL_TOKEN_WORD && strlen(word) == token->length &&
           strncasecmp(text + token->at, word, token->length) == 0;
}

size_t sql_call_length(const char *text, size_t at, const char *name)
{
    struct sql_token token = sql_token_next(text, at);
    size_t depth = 0;
    const bool named = name != NULL ? sql_token_is_word(text, &token, name)
                                    : token.kind == SQL_TOKEN_WORD || token.kind == SQL_TOKEN_NAME;
    if (token.at != at || !named) {
        return 0;
    }
    do {
        token = sql_token_next(text, token.at + token.length);
        if (token.kind == SQL_TOKEN_END || !token.closed) {
            return 0;
        }
        if (token.kind == SQL_TOKEN_SIGN) {
            depth += text[token.at] == '(';
            depth -= text[token.at] == ')' && depth != 0;
        }
    } while (depth != 0 || token.kind == SQL_TOKEN_COMMENT);
    return text[token.at] == ')' ? token.at + token.length - at : 0;
}
