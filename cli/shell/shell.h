/* SPDX-License-Identifier: Apache-2.0 */
/* Running SQL: one text, a file, or a person at a prompt. */
#ifndef INLAY_CLI_SHELL_SHELL_H
#define INLAY_CLI_SHELL_SHELL_H

#include "../session.h"

struct shell {
    struct session *session; /* connected */
    uint64_t timeout_ms;     /* of a statement; 0 = none */
    bool timing;
    bool interactive;
    bool quit;
};

void shell_init(struct shell *shell, struct session *session);
void shell_free(struct shell *shell);

/* These return the exit code of the first statement that failed, which ends the first two. */
int shell_run_text(struct shell *shell, const char *sql);
int shell_run_file(struct shell *shell, FILE *file);
int shell_run_interactive(struct shell *shell);

/* One statement, printed. */
int shell_run_statement(struct shell *shell, const char *sql, size_t length);

/* A line that begins with a dot. */
int shell_run_dot(struct shell *shell, const char *line);

#endif
