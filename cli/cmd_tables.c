/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

static int run(struct session *session, const struct parsed *parsed)
{
    struct ArrowArrayStream stream = {0};
    inlay_error err;
    (void)parsed;
    inlay_error_init(&err);
    inlay_status status = session_connect(session, false, &err);
    if (status == INLAY_OK) {
        status = inlay_list_tables(session->connection, &stream, &err);
    }
    if (status == INLAY_OK) {
        status = session_print(session, &stream, &err);
    }
    return session_finish(session, status, &err);
}

const struct command command_tables = {
    .name = "tables",
    .arguments = "",
    .summary = "list the tables",
    .max_arguments = 0,
    .options = no_options,
    .description = "Lists the tables with their rows, superfiles, bytes, version and age.\n",
    .examples = "inlay tables\n"
                "inlay tables --db ./other-data --json\n",
    .run = run,
};
