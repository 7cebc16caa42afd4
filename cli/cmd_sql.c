/* SPDX-License-Identifier: Apache-2.0 */
#include "query_limits.h"
#include "session.h"
#include "shell/shell.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { OPT_FILE, OPT_TIMING, OPT_TIMEOUT };

static const struct option_spec options[] = {
    [OPT_FILE] = {"--file", 'f', OPTION_TEXT, "FILE", "run the statements of a file (- is stdin)"},
    [OPT_TIMING] = {"--timing", 0, OPTION_FLAG, NULL, "print the time of every statement"},
    [OPT_TIMEOUT] = OPTION_SPEC_TIMEOUT,
    {0},
};

static int run_file(struct shell *shell, const char *path)
{
    inlay_error err;
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    if (!file) {
        fail(&err, errno == ENOENT ? INLAY_NOT_FOUND : INLAY_IO, "cannot open \"%s\": %s", path,
             strerror(errno));
        return report_error(shell->session, &err);
    }
    int code = shell_run_file(shell, file);
    if (file != stdin) {
        fclose(file);
    }
    return code;
}

static int run(struct session *session, const struct parsed *parsed)
{
    inlay_error err;
    struct shell shell;
    int code;
    if (parsed->argument_count > 0 && parsed->options[OPT_FILE].set) {
        return report_misuse(session, &command_sql, "give a statement or --file, not both");
    }
    inlay_error_init(&err);
    inlay_status status = session_connect(session, false, &err);
    if (status != INLAY_OK) {
        return session_finish(session, status, &err);
    }
    interrupt_install();
    shell_init(&shell, session);
    shell.timeout_ms = option_ms(&parsed->options[OPT_TIMEOUT]);
    shell.timing = parsed->options[OPT_TIMING].set;
    if (parsed->argument_count > 0) {
        code = shell_run_text(&shell, parsed->arguments[0]);
    } else if (parsed->options[OPT_FILE].set) {
        code = run_file(&shell, parsed->options[OPT_FILE].text);
    } else if (isatty(STDIN_FILENO)) {
        code = shell_run_interactive(&shell);
    } else {
        code = shell_run_file(&shell, stdin);
    }
    shell_free(&shell);
    return code;
}

const struct command command_sql = {
    .name = "sql",
    .arguments = "[STATEMENT]",
    .summary = "run SQL, or open an interactive shell",
    .min_arguments = 0,
    .max_arguments = 1,
    .options = options,
    .description =
        "Runs a reading statement (SELECT, WITH, VALUES, EXPLAIN, DESCRIBE, SHOW TABLES) in\n"
        "DuckDB's dialect over the tables. Without a statement it opens a shell with\n"
        "history and completion on a terminal, and reads statements from stdin otherwise.\n"
        "Statements end with a semicolon; the first that fails ends a file. --timeout and\n"
        "Ctrl-C end the statement that runs.\n"
        "\n"
        "In the shell: .tables  .schema TABLE  .mode table|lines|json|csv\n"
        ".timing on|off  .cost on|off  .help  .quit\n",
    .examples = "inlay sql \"SELECT format, count(*) FROM docs GROUP BY format\"\n"
                "inlay sql --json \"SELECT path, title FROM docs LIMIT 3\"\n"
                "inlay sql -f report.sql --csv > report.csv\n"
                "inlay sql\n",
    .run = run,
};
