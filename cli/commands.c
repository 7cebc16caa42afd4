/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of commands and global options. */
#include "command.h"

#include <string.h>

const struct option_spec global_options[] = {
    [GLOBAL_DB] = {"--db", 0, OPTION_TEXT, "URI",
                   "where the tables are: a folder, file:///folder or memory://\n"
                   "(default: $INLAY_DB, else ./inlay-data)"},
    [GLOBAL_JSON] = {"--json", 0, OPTION_FLAG, NULL,
                     "rows as NDJSON and single results as one object on stdout;\n"
                     "errors as one object on stderr"},
    [GLOBAL_CSV] = {"--csv", 0, OPTION_FLAG, NULL, "rows as CSV with a header"},
    [GLOBAL_COST] = {"--cost", 0, OPTION_FLAG, NULL,
                     "after the results: time, requests, bytes, what scans read, and the\n"
                     "price of it at an object store (stderr)"},
    [GLOBAL_NO_PROGRESS] = {"--no-progress", 0, OPTION_FLAG, NULL,
                            "no progress bar (it is only drawn on a terminal anyway)"},
    [GLOBAL_THREADS] = {"--threads", 0, OPTION_NUMBER, "N", "threads (default: all cores)"},
    [GLOBAL_MEMORY_LIMIT] =
        {"--memory-limit", 0, OPTION_SIZE, "SIZE",
         "working memory of SQL, such as 512MiB (default: 80 % of the machine)"},
    [GLOBAL_REQUEST_PRICE] = {"--request-price", 0, OPTION_REAL, "USD",
                              "what --cost counts per 1,000 requests (default: 0.0004, as S3\n"
                              "Standard asks for GET)"},
    [GLOBAL_TRANSFER_PRICE] = {"--transfer-price", 0, OPTION_REAL, "USD",
                               "the same per GB read (default: 0, as inside a region)"},
    [GLOBAL_HELP] = {"--help", 'h', OPTION_FLAG, NULL, "help on the program or a command"},
    {0},
};

const struct option_spec no_options[] = {{0}};

const struct command *const commands[] = {
    &command_import,
    &command_search,
    &command_nearest,
    &command_hybrid,
    &command_sql,
    &command_export,
    &command_tables,
    &command_schema,
    &command_create,
    &command_get,
    &command_stats,
    &command_recall,
    &command_versions,
    &command_inspect,
    &command_verify,
    &command_drop,
    &command_version,
    &command_help,
    NULL,
};

const struct command *command_find(const char *name)
{
    for (size_t i = 0; commands[i]; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}
