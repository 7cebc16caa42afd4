/* SPDX-License-Identifier: Apache-2.0 */
#include "table_schema.h"

static int run(struct session *session, const struct parsed *parsed)
{
    inlay_table *table = NULL;
    inlay_error err;
    inlay_error_init(&err);
    inlay_status status = session_open_table(session, parsed->arguments[0], &table, &err);
    if (status == INLAY_OK) {
        status = table_schema_print(session, table, &err);
    }
    inlay_table_close(table);
    return session_finish(session, status, &err);
}

const struct command command_schema = {
    .name = "schema",
    .arguments = "TABLE",
    .summary = "the columns of a table and their types",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = no_options,
    .description =
        "Prints the columns of a table, _id first, and which of them have a text index.\n"
        "The types are those that `inlay create` takes.\n",
    .examples = "inlay schema docs\n",
    .run = run,
};
