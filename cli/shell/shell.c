/* SPDX-License-Identifier: Apache-2.0 */
#include "shell.h"

#include "../interrupt.h"
#include "sql_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STATEMENT_MAX (16u << 20) /* bytes of one statement in a file */

void shell_init(struct shell *shell, struct session *session)
{
    *shell = (struct shell){.session = session};
}

void shell_free(struct shell *shell)
{
    *shell = (struct shell){0};
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void print_timing(const struct shell *shell, double seconds)
{
    struct text out = {0};
    if (shell->timing) {
        fflush(stdout);
        text_add_string(&out, "time: ");
        text_add_seconds(&out, seconds);
        fprintf(stderr, "%s\n", text_cstr(&out));
    }
    text_free(&out);
}

int shell_run_statement(struct shell *shell, const char *sql, size_t length)
{
    struct session *session = shell->session;
    struct ArrowArrayStream stream = {0};
    struct printer printer;
    inlay_query_options options;
    inlay_error err;
    inlay_cost cost;
    if (sql_is_blank(sql, length)) {
        return EXIT_DONE;
    }
    char *statement = memory_or_exit(strndup(sql, length));
    double start = seconds_now();
    inlay_error_init(&err);
    inlay_cost_init(&cost);
    printer_init(&printer, stdout, session->mode);
    printer.cancelled = interrupt_requested;
    printer.row_count = shell->interactive;
    inlay_query_options_init(&options);
    options.timeout_ms = shell->timeout_ms;
    options.cancel = interrupt_handle();
    inlay_status status =
        inlay_query_sql(session->connection, statement, NULL, 0, &options, &stream, &cost, &err);
    if (status == INLAY_OK) {
        status = print_stream(&printer, &stream, NULL, &err);
    }
    int code = EXIT_DONE;
    if (status == INLAY_OK) {
        session_print_cost(session, &cost);
        print_timing(shell, seconds_now() - start);
    } else {
        code = report_sql_error(session, &err, statement);
    }
    free(statement);
    return code;
}

int shell_run_text(struct shell *shell, const char *sql)
{
    int code = EXIT_DONE;
    size_t length = strlen(sql);
    while (code == EXIT_DONE && length > 0) {
        struct sql_scanner scanner = {0};
        size_t end = sql_scan_statement(&scanner, sql, length);
        size_t statement = end > 0 ? end : length;
        code = shell_run_statement(shell, sql, statement);
        sql += statement;
        length -= statement;
    }
    return code;
}

/* Runs the statements that are complete and takes them out of the buffer. */
static int run_complete(struct shell *shell, struct text *buffer, struct sql_scanner *scanner)
{
    int code = EXIT_DONE;
    size_t end;
    while (code == EXIT_DONE &&
           (end = sql_scan_statement(scanner, text_cstr(buffer), buffer->length)) > 0) {
        code = shell_run_statement(shell, buffer->data, end);
        memmove(buffer->data, buffer->data + end, buffer->length - end + 1);
        buffer->length -= end;
        *scanner = (struct sql_scanner){0};
    }
    return code;
}

static bool is_dot_line(const struct text *buffer, const char *line)
{
    return line[0] == '.' && sql_is_blank(text_cstr(buffer), buffer->length);
}

int shell_run_file(struct shell *shell, FILE *file)
{
    struct text buffer = {0};
    struct sql_scanner scanner = {0};
    inlay_error err;
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    int code = EXIT_DONE;
    while (code == EXIT_DONE && !shell->quit && (length = getline(&line, &capacity, file)) >= 0) {
        if (is_dot_line(&buffer, line)) {
            code = shell_run_dot(shell, line);
            continue;
        }
        text_add(&buffer, line, (size_t)length);
        code = run_complete(shell, &buffer, &scanner);
        if (code == EXIT_DONE && buffer.length > STATEMENT_MAX) {
            fail(&err, INLAY_OVER_BUDGET, "a statement is longer than 16 MiB; is a ; missing?");
            code = report_error(shell->session, &err);
        }
    }
    if (code == EXIT_DONE && interrupt_requested()) {
        fail(&err, INLAY_CANCELLED, "interrupted while reading statements");
        code = report_error(shell->session, &err);
    }
    if (code == EXIT_DONE && ferror(file)) {
        fail(&err, INLAY_IO, "cannot read the statements: %s", strerror(errno));
        code = report_error(shell->session, &err);
    }
    if (code == EXIT_DONE && !shell->quit) {
        code = shell_run_statement(shell, text_cstr(&buffer), buffer.length);
    }
    free(line);
    text_free(&buffer);
    return code;
}
