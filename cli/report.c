/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include "help.h"
#include "out/json.h"
#include "out/utf8.h"
#include "session.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int exit_code_of(const inlay_error *err)
{
    switch (err->status) {
    case INLAY_OK:
        return EXIT_DONE;
    case INLAY_INVALID_ARGUMENT:
        return EXIT_MISUSE;
    case INLAY_NOT_FOUND:
        return EXIT_NOT_FOUND;
    case INLAY_CONFLICT:
    case INLAY_TIMEOUT:
    case INLAY_UNAVAILABLE:
        return EXIT_RETRY;
    case INLAY_CORRUPT:
        return EXIT_CORRUPT;
    case INLAY_CANCELLED:
        return EXIT_INTERRUPTED;
    default:
        return err->retryable ? EXIT_RETRY : EXIT_FAILED;
    }
}

/* One line per detail, cleaned: file names and values in messages come from outside. */
static void print_line(const char *label, const char *value)
{
    struct text line = {0};
    while (*value) {
        size_t length = strcspn(value, "\n");
        text_add_string(&line, label);
        utf8_add_clean(&line, value, length, SIZE_MAX);
        text_add_char(&line, '\n');
        value += length + (value[length] == '\n');
        label = "            ";
    }
    fputs(text_cstr(&line), stderr);
    text_free(&line);
}

/* What the message does not say already. */
static void print_details(const inlay_error *err)
{
    char number[64];
    if (err->key[0] && !strstr(err->message, err->key)) {
        print_line("  where:    ", err->key);
    }
    snprintf(number, sizeof(number), "%lld", (long long)err->row);
    if (err->row >= 0 && !strstr(err->message, number)) {
        print_line("  row:      ", number);
    }
    if (err->expected[0] && err->found[0] &&
        (!strstr(err->message, err->expected) || !strstr(err->message, err->found))) {
        print_line("  expected: ", err->expected);
        print_line("  found:    ", err->found);
    }
    if (err->cause[0] && !strstr(err->message, err->cause)) {
        print_line("  cause:    ", err->cause);
    }
    if (err->retryable) {
        print_line("  ", "trying again may help");
    }
}

static void print_json(const inlay_error *err)
{
    struct text out = {0};
    json_object_begin(&out);
    json_member_name(&out, "error");
    json_object_begin(&out);
    json_member_string(&out, "status", inlay_status_name(err->status));
    json_member_int(&out, "code", (int64_t)err->status);
    json_member_int(&out, "exit_code", exit_code_of(err));
    json_member_string(&out, "message", err->message);
    json_member_bool(&out, "retryable", err->retryable != 0);
    json_member_string(&out, "key", err->key[0] ? err->key : NULL);
    if (err->offset >= 0) {
        json_member_int(&out, "offset", err->offset);
    }
    if (err->row >= 0) {
        json_member_int(&out, "row", err->row);
    }
    if (err->expected[0]) {
        json_member_string(&out, "expected", err->expected);
    }
    if (err->found[0]) {
        json_member_string(&out, "found", err->found);
    }
    if (err->cause[0]) {
        json_member_string(&out, "cause", err->cause);
    }
    json_object_end(&out);
    json_object_end(&out);
    fprintf(stderr, "%s\n", text_cstr(&out));
    text_free(&out);
}

int report_error(const struct session *session, const inlay_error *err)
{
    fflush(stdout);
    if (session && session->mode == OUTPUT_JSON) {
        print_json(err);
    } else {
        const char *message = err->message[0] ? err->message : inlay_status_name(err->status);
        print_line(err->status == INLAY_CANCELLED ? "inlay: " : "inlay: error: ", message);
        print_details(err);
    }
    return exit_code_of(err);
}

/* The line of the statement that holds the offset, and a caret under it. */
static void print_place(const char *sql, int64_t offset)
{
    size_t length = strlen(sql);
    if (offset < 0 || (size_t)offset > length) {
        return;
    }
    size_t at = (size_t)offset;
    size_t start = at;
    while (start > 0 && sql[start - 1] != '\n') {
        start--;
    }
    if (at - start > 60) {
        start = at - 60;
        while (start < at && ((unsigned char)sql[start] & 0xc0) == 0x80) {
            start++;
        }
    }
    struct text line = {0};
    text_add_string(&line, "  ");
    utf8_add_clean(&line, sql + start, strcspn(sql + start, "\n"), 100);
    text_add_string(&line, "\n  ");
    text_add_repeated(&line, " ", utf8_width(sql + start, at - start, 100));
    fprintf(stderr, "%s^\n", text_cstr(&line));
    text_free(&line);
}

int report_sql_error(const struct session *session, const inlay_error *err, const char *sql)
{
    int code = report_error(session, err);
    if (session->mode != OUTPUT_JSON && err->status == INLAY_QUERY && !strchr(err->message, '^') &&
        !strchr(err->cause, '^')) {
        print_place(sql, err->offset);
    }
    return code;
}

inlay_status fail(inlay_error *err, inlay_status status, const char *format, ...)
{
    va_list arguments;
    inlay_error_init(err);
    err->status = status;
    va_start(arguments, format);
    vsnprintf(err->message, sizeof(err->message), format, arguments);
    va_end(arguments);
    return status;
}

int report_misuse(const struct session *session, const struct command *command, const char *format,
                  ...)
{
    inlay_error err;
    va_list arguments;
    inlay_error_init(&err);
    err.status = INLAY_INVALID_ARGUMENT;
    va_start(arguments, format);
    vsnprintf(err.message, sizeof(err.message), format, arguments);
    va_end(arguments);
    report_error(session, &err);
    if (session && session->mode == OUTPUT_JSON) {
        return EXIT_MISUSE;
    }
    if (command) {
        help_print_usage(stderr, command);
        fprintf(stderr, "More: inlay help %s\n", command->name);
    } else {
        fputs("More: inlay help\n", stderr);
    }
    return EXIT_MISUSE;
}
