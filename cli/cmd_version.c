/* SPDX-License-Identifier: Apache-2.0 */
#include "out/json.h"
#include "session.h"

static int run(struct session *session, const struct parsed *parsed)
{
    (void)parsed;
    if (session->mode == OUTPUT_JSON) {
        struct text out = {0};
        json_object_begin(&out);
        json_member_string(&out, "inlay", INLAY_VERSION);
        json_member_string(&out, "library", inlay_version());
        json_object_end(&out);
        printf("%s\n", text_cstr(&out));
        text_free(&out);
    } else {
        printf("inlay %s (library %s)\n", INLAY_VERSION, inlay_version());
    }
    return EXIT_DONE;
}

const struct command command_version = {
    .name = "version",
    .arguments = "",
    .summary = "the versions of the program and the library",
    .max_arguments = 0,
    .options = no_options,
    .description = "Prints the version of this program and of the library that it runs with.\n",
    .examples = "inlay version\n",
    .run = run,
};
