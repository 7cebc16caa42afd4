/* SPDX-License-Identifier: Apache-2.0 */
#include "complete.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const keywords[] = {
    "ALL",   "AND",      "AS",        "ASC",     "BETWEEN", "BY",     "CASE",     "CAST",   "COUNT",
    "DESC",  "DESCRIBE", "DISTINCT",  "ELSE",    "END",     "EXISTS", "EXPLAIN",  "FALSE",  "FROM",
    "FULL",  "GROUP",    "HAVING",    "ILIKE",   "IN",      "INNER",  "INTERVAL", "IS",     "JOIN",
    "LEFT",  "LIKE",     "LIMIT",     "NOT",     "NULL",    "OFFSET", "ON",       "OR",     "ORDER",
    "OUTER", "OVER",     "PARTITION", "QUALIFY", "RIGHT",   "SELECT", "SHOW",     "TABLES", "THEN",
    "TRUE",  "UNION",    "USING",     "VALUES",  "WHEN",    "WHERE",  "WITH",     ".cost",  ".help",
    ".mode", ".quit",    ".schema",   ".tables", ".timing",
};

void word_list_add(struct word_list *list, const char *word)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->words[i], word) == 0) {
            return;
        }
    }
    list->words = resize_or_exit(list->words, list->count + 1, sizeof(*list->words));
    list->words[list->count++] = copy_or_exit(word);
}

void word_list_free(struct word_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->words[i]);
    }
    free(list->words);
    *list = (struct word_list){0};
}

void word_list_add_keywords(struct word_list *list)
{
    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
        word_list_add(list, keywords[i]);
    }
}

static bool is_word_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_' || ((unsigned char)c & 0x80);
}

size_t complete_word_start(const char *line, size_t cursor)
{
    size_t start = cursor;
    while (start > 0 && is_word_byte(line[start - 1])) {
        start--;
    }
    if (start == 1 && line[0] == '.') {
        start = 0; /* a shell command */
    }
    return start;
}

static bool has_upper(const char *word, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (isupper((unsigned char)word[i])) {
            return true;
        }
    }
    return false;
}

static bool is_keyword(const char *word)
{
    return isupper((unsigned char)word[0]) && !strpbrk(word, "abcdefghijklmnopqrstuvwxyz_");
}

void complete_word(const struct word_list *list, const char *word, size_t length,
                   struct text *append, struct text *choices)
{
    const char *first = NULL;
    size_t common = 0;
    size_t matches = 0;
    for (size_t i = 0; length > 0 && i < list->count; i++) {
        const char *candidate = list->words[i];
        if (strncasecmp(candidate, word, length) != 0) {
            continue;
        }
        if (matches++ == 0) {
            first = candidate;
            common = strlen(candidate);
        }
        size_t same = 0;
        while (same < common &&
               tolower((unsigned char)first[same]) == tolower((unsigned char)candidate[same])) {
            same++;
        }
        common = same;
        text_format(choices, "%s\n", candidate);
    }
    if (matches == 0) {
        return;
    }
    bool lower = is_keyword(first) && !has_upper(word, length);
    for (size_t i = length; i < common; i++) {
        text_add_char(append, lower ? (char)tolower((unsigned char)first[i]) : first[i]);
    }
    if (matches == 1) {
        text_add_char(append, ' ');
    }
    if (append->length > 0) {
        text_clear(choices);
    }
}
