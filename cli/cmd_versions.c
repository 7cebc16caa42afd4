/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

enum { OPT_LIMIT };

static const struct option_spec options[] = {
    [OPT_LIMIT] = {"--limit", 0, OPTION_NUMBER, "N", "only the newest N versions"},
    {0},
};

static int run(struct session *session, const struct parsed *parsed)
{
    struct ArrowArrayStream stream = {0};
    inlay_table *table = NULL;
    inlay_error err;
    inlay_error_init(&err);
    inlay_status status = session_open_table(session, parsed->arguments[0], &table, &err);
    if (status == INLAY_OK) {
        status = inlay_table_versions(table, parsed->options[OPT_LIMIT].number, &stream, &err);
    }
    if (status == INLAY_OK) {
        status = session_print(session, &stream, &err);
    }
    inlay_table_close(table);
    return session_finish(session, status, &err);
}

const struct command command_versions = {
    .name = "versions",
    .arguments = "TABLE",
    .summary = "the versions of a table, newest first",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = options,
    .description = "Lists the versions of a table: every commit makes one, and each stays as it\n"
                   "was.\n",
    .examples = "inlay versions docs --limit 5\n",
    .run = run,
};
