/* SPDX-License-Identifier: Apache-2.0 */
/* Failures on stderr, as a sentence or as JSON, and the exit codes that go with them. */
#ifndef INLAY_CLI_REPORT_H
#define INLAY_CLI_REPORT_H

#include "inlay/error.h"

#include <stdbool.h>

struct session;
struct command;

enum exit_code {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_MISUSE = 2,
    EXIT_NOT_FOUND = 3,
    EXIT_RETRY = 4,
    EXIT_CORRUPT = 5,
    EXIT_INTERRUPTED = 130
};

int exit_code_of(const inlay_error *err);

/* Prints the error and returns its exit code. */
int report_error(const struct session *session, const inlay_error *err);

/* As above; `sql` shows where in the statement the error is. */
int report_sql_error(const struct session *session, const inlay_error *err, const char *sql);

/* A mistake on the command line: the message, the command's usage (`command` may be NULL), code 2.
 */
int report_misuse(const struct session *session, const struct command *command, const char *format,
                  ...) __attribute__((format(printf, 3, 4)));

/* Fills an error record of the program's own. */
inlay_status fail(inlay_error *err, inlay_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
