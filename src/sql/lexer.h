/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cuts SQL text into tokens the way the engine's own lexer does, as far as it takes to know what is
 * a name, what is a literal and what is neither code nor value: 'strings' with doubled quotes,
 * e'strings' with backslashes, $tag$strings$tag$, "names", nested comments. It never fails: what is
 * not closed is one token up to the end of the text. Holds nothing.
 */
#ifndef INLAY_SQL_LEXER_H
#define INLAY_SQL_LEXER_H

#include <stdbool.h>
#include <stddef.h>

enum sql_token_kind {
    SQL_TOKEN_END = 0,
    SQL_TOKEN_WORD,   /* a plain name or keyword */
    SQL_TOKEN_NAME,   /* "quoted" */
    SQL_TOKEN_STRING, /* in any of the quotes */
    SQL_TOKEN_NUMBER,
    SQL_TOKEN_COMMENT,
    SQL_TOKEN_SIGN /* one byte of anything else, such as ( or ; or part of an operator */
};

struct sql_token {
    enum sql_token_kind kind;
    size_t at; /* in the text */
    size_t length;
    bool closed; /* false: a quote or comment that has no end */
};

/* The token behind blanks at or after `from`. */
struct sql_token sql_token_next(const char *text, size_t from);

/* The bytes of a call of this name (lower case; NULL = any name, plain or quoted) that begins at
 * `at`, up to its closing parenthesis; 0 when no such call stands there. */
size_t sql_call_length(const char *text, size_t at, const char *name);

/* Is it this word (lower case), in any case? */
bool sql_token_is_word(const char *text, const struct sql_token *token, const char *word);

#endif
