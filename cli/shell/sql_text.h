/* SPDX-License-Identifier: Apache-2.0 */
/* Where a SQL statement ends: the first semicolon outside quotes, comments and dollar quotes. */
#ifndef INLAY_CLI_SHELL_SQL_TEXT_H
#define INLAY_CLI_SHELL_SQL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Goes on where it stopped when text is appended whole lines at a time. Zero it for a new text. */
struct sql_scanner {
    size_t at;
    char inside; /* 0, ' " quotes, '-' and '*' comments, '$' a dollar quote */
    int depth;   /* of nested block comments */
    size_t tag;  /* where the opening $tag$ begins */
    size_t tag_length;
};

/* The offset behind the ending semicolon, or 0 when the statement goes on. */
size_t sql_scan_statement(struct sql_scanner *scanner, const char *text, size_t length);

/* Nothing but white space, comments and semicolons. */
bool sql_is_blank(const char *text, size_t length);

#endif
