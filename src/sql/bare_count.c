/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/bare_count.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static void skip_blanks(const char **at)
{
    while (isspace((unsigned char)**at)) {
        (*at)++;
    }
}

static bool name_character(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool take_word(const char **at, const char *word)
{
    size_t length = strlen(word);
    skip_blanks(at);
    if (strncasecmp(*at, word, length) != 0 || name_character((*at)[length])) {
        return false;
    }
    *at += length;
    return true;
}

static bool take_sign(const char **at, char sign)
{
    skip_blanks(at);
    if (**at != sign) {
        return false;
    }
    (*at)++;
    return true;
}

/* A plain or quoted name. `end` is the first character behind it. */
static bool take_name(const char **at, char name[BARE_COUNT_NAME])
{
    const char *start;
    size_t length = 0;
    bool quoted;
    skip_blanks(at);
    quoted = **at == '"';
    start = *at + quoted;
    if (!quoted && isdigit((unsigned char)*start)) {
        return false;
    }
    while (quoted ? start[length] != '"' && start[length] != '\0' : name_character(start[length])) {
        length++;
    }
    if (length == 0 || length >= BARE_COUNT_NAME || (quoted && start[length] != '"')) {
        return false;
    }
    memcpy(name, start, length);
    name[length] = '\0';
    *at = start + length + quoted;
    return !quoted || **at != '"'; /* a doubled quote is a quote inside */
}

bool bare_count_parse(const char *text, char table[BARE_COUNT_NAME], char alias[BARE_COUNT_NAME])
{
    const char *before_alias;
    alias[0] = '\0';
    table[0] = '\0';
    if (!take_word(&text, "select") || !take_word(&text, "count") || !take_sign(&text, '(') ||
        !take_sign(&text, '*') || !take_sign(&text, ')')) {
        return false;
    }
    before_alias = text;
    if (!take_word(&text, "from")) {
        bool as;
        text = before_alias;
        as = take_word(&text, "as");
        skip_blanks(&text);
        /* A plain word without AS may be a keyword: the engine knows. */
        if ((!as && *text != '"') || !take_name(&text, alias) || !take_word(&text, "from")) {
            return false;
        }
    }
    if (!take_name(&text, table)) {
        return false;
    }
    (void)take_sign(&text, ';');
    skip_blanks(&text);
    return *text == '\0';
}
