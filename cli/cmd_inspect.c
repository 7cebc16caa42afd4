/* SPDX-License-Identifier: Apache-2.0 */
#include "out/layout.h"
#include "session.h"

static int run(struct session *session, const struct parsed *parsed)
{
    struct ArrowArrayStream stream = {0};
    struct layout layout = {0};
    const char *path = parsed->arguments[0];
    inlay_error err;
    inlay_error_init(&err);
    inlay_status status = inlay_inspect_file(path, &stream, &err);
    if (status == INLAY_OK && session->mode != OUTPUT_TABLE) {
        status = session_print(session, &stream, &err);
    } else if (status == INLAY_OK) {
        status = read_stream(&stream, layout_collect, &layout, &err);
        if (status == INLAY_OK) {
            struct printer printer;
            printer_init(&printer, stdout, session->mode);
            layout_merge(&layout);
            layout_draw(&printer, path, &layout);
        }
    }
    layout_free(&layout);
    return session_finish(session, status, &err);
}

const struct command command_inspect = {
    .name = "inspect",
    .arguments = "FILE",
    .summary = "draw the layout of a superfile or Parquet file",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = no_options,
    .description =
        "Draws the regions of a local file in order: row groups with their column chunks,\n"
        "page indexes, Bloom filters, text indexes, the hot region that opens the file in\n"
        "one read, the footer; each with offset, size, share of the file and details.\n"
        "Runs of page indexes and Bloom filters are one line; --json has them all.\n",
    .examples = "inlay inspect part.parquet\n"
                "inlay inspect part.parquet --json\n",
    .run = run,
};
