/* SPDX-License-Identifier: Apache-2.0 */
#include "editor.h"

#include "../interrupt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct editor {
    char *line;
    size_t capacity;
};

struct editor *editor_open(editor_completer completer, void *context)
{
    (void)completer;
    (void)context;
    return memory_or_exit(calloc(1, sizeof(struct editor)));
}

void editor_close(struct editor *editor)
{
    free(editor->line);
    free(editor);
}

enum editor_result editor_read(struct editor *editor, const char *prompt, struct text *line)
{
    fputs(prompt, stdout);
    fflush(stdout);
    errno = 0;
    ssize_t length = getline(&editor->line, &editor->capacity, stdin);
    if (length < 0) {
        bool interrupted = errno == EINTR && interrupt_requested();
        clearerr(stdin);
        return interrupted ? EDITOR_INTERRUPTED : EDITOR_END;
    }
    if (length > 0 && editor->line[length - 1] == '\n') {
        length--;
    }
    text_clear(line);
    text_add(line, editor->line, (size_t)length);
    return EDITOR_LINE;
}
