/* SPDX-License-Identifier: Apache-2.0 */
#include "sql_text.h"

#include <ctype.h>
#include <string.h>

static bool at_string(const char *text, size_t length, size_t at, const char *what)
{
    size_t n = strlen(what);
    return length - at >= n && memcmp(text + at, what, n) == 0;
}

/* The length of "$tag$" at a dollar sign, or 0. */
static size_t dollar_tag(const char *text, size_t length, size_t at)
{
    size_t end = at + 1;
    while (end < length && (isalnum((unsigned char)text[end]) || text[end] == '_')) {
        end++;
    }
    return end < length && text[end] == '$' && !isdigit((unsigned char)text[at + 1]) ? end + 1 - at
                                                                                     : 0;
}

/* One step inside a quote or comment. Returns the bytes consumed. */
static size_t step_inside(struct sql_scanner *s, const char *text, size_t length)
{
    size_t at = s->at;
    switch (s->inside) {
    case '-':
        s->inside = text[at] == '\n' ? 0 : '-';
        return 1;
    case '*':
        if (at_string(text, length, at, "/*")) {
            s->depth++;
            return 2;
        }
        if (at_string(text, length, at, "*/")) {
            s->inside = --s->depth > 0 ? '*' : 0;
            return 2;
        }
        return 1;
    case '$':
        if (text[at] == '$' && length - at >= s->tag_length &&
            memcmp(text + at, text + s->tag, s->tag_length) == 0) {
            s->inside = 0;
            return s->tag_length;
        }
        return 1;
    default: /* a doubled quote closes and opens again, which comes to the same */
        s->inside = text[at] == s->inside ? 0 : s->inside;
        return 1;
    }
}

static size_t step_outside(struct sql_scanner *s, const char *text, size_t length)
{
    size_t at = s->at;
    char c = text[at];
    if (c == '\'' || c == '"') {
        s->inside = c;
    } else if (at_string(text, length, at, "--")) {
        s->inside = '-';
        return 2;
    } else if (at_string(text, length, at, "/*")) {
        s->inside = '*';
        s->depth = 1;
        return 2;
    } else if (c == '$') {
        size_t tag = dollar_tag(text, length, at);
        if (tag > 0) {
            s->inside = '$';
            s->tag = at;
            s->tag_length = tag;
            return tag;
        }
    }
    return 1;
}

size_t sql_scan_statement(struct sql_scanner *scanner, const char *text, size_t length)
{
    while (scanner->at < length) {
        if (scanner->inside) {
            scanner->at += step_inside(scanner, text, length);
        } else if (text[scanner->at] == ';') {
            return ++scanner->at;
        } else {
            scanner->at += step_outside(scanner, text, length);
        }
    }
    return 0;
}

bool sql_is_blank(const char *text, size_t length)
{
    struct sql_scanner s = {0};
    while (s.at < length) {
        if (s.inside) {
            s.at += step_inside(&s, text, length);
            continue;
        }
        if (!isspace((unsigned char)text[s.at]) && text[s.at] != ';' &&
            !at_string(text, length, s.at, "--") && !at_string(text, length, s.at, "/*")) {
            return false;
        }
        s.at += step_outside(&s, text, length);
    }
    return true;
}
