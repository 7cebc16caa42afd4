/* SPDX-License-Identifier: Apache-2.0 */
/* What a command is: its words for people and its function. One per cmd_*.c file. */
#ifndef INLAY_CLI_COMMAND_H
#define INLAY_CLI_COMMAND_H

#include "options.h"

struct session;

#define ANY_NUMBER SIZE_MAX

struct command {
    const char *name;
    const char *arguments; /* "TABLE QUERY" */
    const char *summary;   /* half a line */
    size_t min_arguments;
    size_t max_arguments;
    const struct option_spec *options;
    const char *description; /* paragraphs; lines of at most 78 columns */
    const char *examples;    /* one per line */
    /* Returns an exit code (report.h). */
    int (*run)(struct session *session, const struct parsed *parsed);
};

/* The indexes of the global options in parsed->globals. */
enum global_option {
    GLOBAL_DB,
    GLOBAL_JSON,
    GLOBAL_CSV,
    GLOBAL_COST,
    GLOBAL_NO_PROGRESS,
    GLOBAL_THREADS,
    GLOBAL_MEMORY_LIMIT,
    GLOBAL_REQUEST_PRICE,
    GLOBAL_TRANSFER_PRICE,
    GLOBAL_HELP
};

extern const struct option_spec global_options[];
extern const struct option_spec no_options[];
extern const struct command *const commands[]; /* in the order of the help; ended by NULL */

const struct command *command_find(const char *name); /* NULL when there is none */

extern const struct command command_import;
extern const struct command command_search;
extern const struct command command_nearest;
extern const struct command command_hybrid;
extern const struct command command_recall;
extern const struct command command_sql;
extern const struct command command_export;
extern const struct command command_tables;
extern const struct command command_schema;
extern const struct command command_create;
extern const struct command command_get;
extern const struct command command_versions;
extern const struct command command_stats;
extern const struct command command_inspect;
extern const struct command command_verify;
extern const struct command command_drop;
extern const struct command command_version;
extern const struct command command_help;

#endif
