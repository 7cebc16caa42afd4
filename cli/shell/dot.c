/* SPDX-License-Identifier: Apache-2.0 */
/* The shell's own commands. */
#include "shell.h"

#include "../suggest.h"
#include "../table_schema.h"

#include <stdlib.h>
#include <string.h>

struct dot_command {
    const char *name;
    const char *argument; /* NULL = takes none */
    const char *help;
    int (*run)(struct shell *shell, const char *argument);
};

static int misuse(struct shell *shell, const char *message, const char *argument)
{
    inlay_error err;
    fail(&err, INLAY_INVALID_ARGUMENT, "%s, not \"%s\"", message, argument);
    return report_error(shell->session, &err);
}

static int run_tables(struct shell *shell, const char *argument)
{
    struct ArrowArrayStream stream = {0};
    inlay_error err;
    (void)argument;
    inlay_error_init(&err);
    inlay_status status = inlay_list_tables(shell->session->connection, &stream, &err);
    if (status == INLAY_OK) {
        status = session_print(shell->session, &stream, &err);
    }
    return session_finish(shell->session, status, &err);
}

static int run_schema(struct shell *shell, const char *argument)
{
    inlay_table *table = NULL;
    inlay_error err;
    inlay_error_init(&err);
    inlay_status status =
        inlay_open_table(shell->session->connection, argument, NULL, &table, &err);
    if (status == INLAY_OK) {
        status = table_schema_print(shell->session, table, &err);
    }
    inlay_table_close(table);
    return session_finish(shell->session, status, &err);
}

static int run_mode(struct shell *shell, const char *argument)
{
    static const char *const names[] = {"table", "lines", "json", "csv"};
    static const enum output_mode modes[] = {OUTPUT_TABLE, OUTPUT_LINES, OUTPUT_JSON, OUTPUT_CSV};
    for (size_t i = 0; i < 4; i++) {
        if (strcmp(names[i], argument) == 0) {
            shell->session->mode = modes[i];
            return EXIT_DONE;
        }
    }
    return misuse(shell, ".mode takes table, lines, json or csv", argument);
}

static int set_switch(struct shell *shell, bool *what, const char *argument)
{
    if (strcmp(argument, "on") == 0 || strcmp(argument, "off") == 0) {
        *what = argument[1] == 'n';
        return EXIT_DONE;
    }
    return misuse(shell, "say on or off", argument);
}

static int run_timing(struct shell *shell, const char *argument)
{
    return set_switch(shell, &shell->timing, argument);
}

static int run_cost(struct shell *shell, const char *argument)
{
    return set_switch(shell, &shell->session->cost, argument);
}

static int run_quit(struct shell *shell, const char *argument)
{
    (void)argument;
    shell->quit = true;
    return EXIT_DONE;
}

static int run_help(struct shell *shell, const char *argument);

static const struct dot_command dot_commands[] = {
    {".tables", NULL, "the tables", run_tables},
    {".schema", "TABLE", "the columns of a table", run_schema},
    {".mode", "table|lines|json|csv", "how rows are printed", run_mode},
    {".timing", "on|off", "the time of each statement", run_timing},
    {".cost", "on|off", "requests and bytes of each statement", run_cost},
    {".help", NULL, "this list", run_help},
    {".quit", NULL, "leave (Ctrl-D does too)", run_quit},
    {".exit", NULL, "leave", run_quit},
};
#define DOT_COMMAND_COUNT (sizeof(dot_commands) / sizeof(dot_commands[0]))

static int run_help(struct shell *shell, const char *argument)
{
    (void)shell;
    (void)argument;
    puts("Statements end with a semicolon and may take several lines; Ctrl-C drops what is typed.");
    for (size_t i = 0; i < DOT_COMMAND_COUNT; i++) {
        const struct dot_command *c = &dot_commands[i];
        printf("  %-8s %-21s %s\n", c->name, c->argument ? c->argument : "", c->help);
    }
    puts("Try: SELECT * FROM docs LIMIT 3;   DESCRIBE docs;   SHOW TABLES;");
    return EXIT_DONE;
}

static int run_parsed(struct shell *shell, const char *name, const char *argument)
{
    const char *names[DOT_COMMAND_COUNT];
    inlay_error err;
    for (size_t i = 0; i < DOT_COMMAND_COUNT; i++) {
        const struct dot_command *c = &dot_commands[i];
        names[i] = c->name;
        if (strcmp(c->name, name) != 0) {
            continue;
        }
        if (!c->argument == !*argument) {
            return c->run(shell, argument);
        }
        fail(&err, INLAY_INVALID_ARGUMENT, "%s takes %s", name,
             c->argument ? c->argument : "no argument");
        return report_error(shell->session, &err);
    }
    const char *nearest = suggest_nearest(name, names, DOT_COMMAND_COUNT);
    fail(&err, INLAY_INVALID_ARGUMENT, "unknown command %s; did you mean %s?", name,
         nearest ? nearest : ".help");
    return report_error(shell->session, &err);
}

/* ".name argument;" with white space around and an optional final semicolon. */
int shell_run_dot(struct shell *shell, const char *line)
{
    static const char spaces[] = " \t\r\n;";
    char *name = copy_or_exit(line);
    size_t length = strlen(name);
    while (length > 0 && strchr(spaces, name[length - 1])) {
        name[--length] = '\0';
    }
    char *argument = name + strcspn(name, spaces);
    if (*argument) {
        *argument++ = '\0';
        argument += strspn(argument, spaces);
    }
    int code = run_parsed(shell, name, argument);
    free(name);
    return code;
}
