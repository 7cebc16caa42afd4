/* SPDX-License-Identifier: Apache-2.0 */
/* The prompt: lines are gathered until a semicolon; Ctrl-C drops what was typed or stops a result.
 */
#include "shell.h"

#include "../interrupt.h"
#include "../out/cell.h"
#include "complete.h"
#include "editor.h"
#include "sql_text.h"

#include <stdlib.h>
#include <string.h>

#define COMPLETED_TABLES 32 /* whose columns are completed */

struct names {
    struct word_list *words;
    struct session *session;
};

static void add_columns(struct names *names, const char *table_name)
{
    struct ArrowSchema schema = {0};
    inlay_table *table = NULL;
    if (inlay_open_table(names->session->connection, table_name, NULL, &table, NULL) != INLAY_OK) {
        return;
    }
    if (inlay_table_schema(table, &schema, NULL) == INLAY_OK) {
        for (int64_t i = 0; i < schema.n_children; i++) {
            word_list_add(names->words, schema.children[i]->name);
        }
        schema.release(&schema);
    }
    inlay_table_close(table);
}

static void add_tables(void *context, const struct ArrowSchema *schema,
                       const struct ArrowArray *batch)
{
    struct names *names = context;
    int64_t column = printer_column(schema, "name");
    for (int64_t row = 0; column >= 0 && row < batch->length; row++) {
        struct text name = {0};
        cell_add_text(&name, schema->children[column], batch->children[column], row + batch->offset,
                      SIZE_MAX);
        word_list_add(names->words, text_cstr(&name));
        if (row < COMPLETED_TABLES) {
            add_columns(names, text_cstr(&name));
        }
        text_free(&name);
    }
}

/* An editor_completer; the names are read anew each time, so that new tables complete too. */
static void complete_line(void *context, const char *line, size_t cursor, struct text *append,
                          struct text *choices)
{
    struct shell *shell = context;
    struct word_list words = {0};
    struct names names = {&words, shell->session};
    struct ArrowArrayStream tables = {0};
    inlay_error err;
    inlay_error_init(&err);
    word_list_add_keywords(&words);
    if (inlay_list_tables(shell->session->connection, &tables, &err) == INLAY_OK) {
        (void)read_stream(&tables, add_tables, &names, &err);
    }
    size_t start = complete_word_start(line, cursor);
    complete_word(&words, line + start, cursor - start, append, choices);
    word_list_free(&words);
}

/* Takes one line. Statements that it completes are run. */
static void take_line(struct shell *shell, struct text *buffer, struct sql_scanner *scanner,
                      const char *line)
{
    if (line[0] == '.' && sql_is_blank(text_cstr(buffer), buffer->length)) {
        (void)shell_run_dot(shell, line);
        return;
    }
    text_add_string(buffer, line);
    text_add_char(buffer, '\n');
    size_t end;
    while ((end = sql_scan_statement(scanner, buffer->data, buffer->length)) > 0) {
        (void)shell_run_statement(shell, buffer->data, end);
        memmove(buffer->data, buffer->data + end, buffer->length - end + 1);
        buffer->length -= end;
        *scanner = (struct sql_scanner){0};
    }
    if (sql_is_blank(buffer->data, buffer->length) && !scanner->inside) {
        text_clear(buffer);
        *scanner = (struct sql_scanner){0};
    }
}

int shell_run_interactive(struct shell *shell)
{
    struct text buffer = {0};
    struct text line = {0};
    struct sql_scanner scanner = {0};
    shell->interactive = true;
    interrupt_install();
    printf("inlay %s at %s. Statements end with ; — .help explains, .quit leaves.\n",
           inlay_version(), shell->session->db);
    struct editor *editor = editor_open(complete_line, shell);
    while (!shell->quit) {
        interrupt_reset();
        enum editor_result result =
            editor_read(editor, buffer.length > 0 ? "  ...> " : "inlay> ", &line);
        if (result == EDITOR_END) {
            putchar('\n');
            break;
        }
        if (result == EDITOR_INTERRUPTED) {
            putchar('\n');
            text_clear(&buffer);
            scanner = (struct sql_scanner){0};
            continue;
        }
        take_line(shell, &buffer, &scanner, text_cstr(&line));
        fflush(stdout);
    }
    editor_close(editor);
    text_free(&buffer);
    text_free(&line);
    return EXIT_DONE;
}
