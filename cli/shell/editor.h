/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading lines from a person. editor_libedit.c has editing, history and completion; editor_plain.c
 * is built where libedit is missing.
 */
#ifndef INLAY_CLI_SHELL_EDITOR_H
#define INLAY_CLI_SHELL_EDITOR_H

#include "../out/text.h"

struct editor;

enum editor_result { EDITOR_LINE, EDITOR_INTERRUPTED, EDITOR_END };

/* Given the line up to the cursor: what to insert, or the choices to list (complete.h). */
typedef void (*editor_completer)(void *context, const char *line, size_t cursor,
                                 struct text *append, struct text *choices);

struct editor *editor_open(editor_completer completer, void *context);
void editor_close(struct editor *editor); /* saves the history */

/* Reads a line, without its end, into `line`, and keeps it in the history. */
enum editor_result editor_read(struct editor *editor, const char *prompt, struct text *line);

#endif
