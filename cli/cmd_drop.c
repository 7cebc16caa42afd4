/* SPDX-License-Identifier: Apache-2.0 */
#include "out/json.h"
#include "session.h"

static int run(struct session *session, const struct parsed *parsed)
{
    inlay_error err;
    inlay_error_init(&err);
    inlay_status status = session_connect(session, false, &err);
    if (status == INLAY_OK) {
        status = inlay_drop_table(session->connection, parsed->arguments[0], &err);
    }
    if (status == INLAY_OK && session->mode == OUTPUT_JSON) {
        struct text out = {0};
        json_object_begin(&out);
        json_member_string(&out, "dropped", parsed->arguments[0]);
        json_object_end(&out);
        printf("%s\n", text_cstr(&out));
        text_free(&out);
    } else if (status == INLAY_OK) {
        printf("dropped %s\n", parsed->arguments[0]);
    }
    return session_finish(session, status, &err);
}

const struct command command_drop = {
    .name = "drop",
    .arguments = "TABLE",
    .summary = "remove a table from the list of tables",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = no_options,
    .description =
        "Drops the name of a table at once. Readers that have it open finish undisturbed.\n",
    .examples = "inlay drop notes\n",
    .run = run,
};
