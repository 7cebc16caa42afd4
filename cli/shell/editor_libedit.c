/* SPDX-License-Identifier: Apache-2.0 */
#include "editor.h"

#include "../interrupt.h"
#include "history_file.h"

#include <histedit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HISTORY_LINES 2000

struct editor {
    EditLine *line;
    History *history;
    struct text history_path; /* empty = not kept */
    char *prompt;
    editor_completer completer;
    void *context;
};

static struct editor *editor_of(EditLine *line)
{
    void *data = NULL;
    el_get(line, EL_CLIENTDATA, &data);
    return data;
}

static char *prompt_of(EditLine *line)
{
    return editor_of(line)->prompt;
}

static unsigned char complete(EditLine *line, int key)
{
    struct editor *editor = editor_of(line);
    const LineInfo *info = el_line(line);
    struct text append = {0};
    struct text choices = {0};
    unsigned char result = CC_ERROR;
    (void)key;
    editor->completer(editor->context, info->buffer, (size_t)(info->cursor - info->buffer), &append,
                      &choices);
    if (append.length > 0) {
        result = el_insertstr(line, append.data) == 0 ? CC_REFRESH : CC_ERROR;
    } else if (choices.length > 0) {
        for (char *p = choices.data; *p; p++) {
            *p = *p == '\n' ? ' ' : *p;
        }
        printf("\n%s\n", choices.data);
        result = CC_REDISPLAY;
    }
    text_free(&append);
    text_free(&choices);
    return result;
}

struct editor *editor_open(editor_completer completer, void *context)
{
    HistEvent event;
    struct editor *editor = memory_or_exit(calloc(1, sizeof(*editor)));
    editor->completer = completer;
    editor->context = context;
    editor->prompt = copy_or_exit("");
    editor->history = memory_or_exit(history_init());
    history(editor->history, &event, H_SETSIZE, HISTORY_LINES);
    history(editor->history, &event, H_SETUNIQUE, 1);
    if (history_file_path(&editor->history_path)) {
        history(editor->history, &event, H_LOAD, editor->history_path.data);
    } else {
        text_clear(&editor->history_path);
    }
    editor->line = memory_or_exit(el_init("inlay", stdin, stdout, stderr));
    el_set(editor->line, EL_CLIENTDATA, editor);
    el_set(editor->line, EL_PROMPT, prompt_of);
    el_set(editor->line, EL_EDITOR, "emacs");
    el_set(editor->line, EL_HIST, history, editor->history);
    /* The wide form borrows its strings; the narrow one would leak copies of them. */
    el_wset(editor->line, EL_ADDFN, L"inlay-complete", L"Complete a word", complete);
    el_set(editor->line, EL_BIND, "^I", "inlay-complete", NULL);
    el_source(editor->line, NULL); /* the user's ~/.editrc */
    return editor;
}

void editor_close(struct editor *editor)
{
    HistEvent event;
    if (editor->history_path.length > 0) {
        history(editor->history, &event, H_SAVE, editor->history_path.data);
    }
    el_end(editor->line);
    history_end(editor->history);
    text_free(&editor->history_path);
    free(editor->prompt);
    free(editor);
}

enum editor_result editor_read(struct editor *editor, const char *prompt, struct text *line)
{
    HistEvent event;
    int length = 0;
    free(editor->prompt);
    editor->prompt = copy_or_exit(prompt);
    const char *read = el_gets(editor->line, &length);
    if (!read || length <= 0) {
        return interrupt_requested() ? EDITOR_INTERRUPTED : EDITOR_END;
    }
    text_clear(line);
    text_add(line, read, strcspn(read, "\n"));
    if (line->length > 0) {
        history(editor->history, &event, H_ENTER, line->data);
    }
    return EDITOR_LINE;
}
