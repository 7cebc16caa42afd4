/* SPDX-License-Identifier: Apache-2.0 */
#include "out/cell.h"
#include "session.h"

struct totals {
    uint64_t superfiles;
    uint64_t rows;
    uint64_t bytes;
    uint64_t hot_bytes;
};

static uint64_t sum(const struct ArrowSchema *schema, const struct ArrowArray *batch,
                    const char *name)
{
    int64_t column = printer_column(schema, name);
    uint64_t total = 0;
    for (int64_t row = 0; column >= 0 && row < batch->length; row++) {
        uint64_t value = 0;
        if (cell_integer(schema->children[column], batch->children[column], row + batch->offset,
                         &value)) {
            total += value;
        }
    }
    return total;
}

static void add_up(void *context, const struct ArrowSchema *schema, const struct ArrowArray *batch)
{
    struct totals *totals = context;
    totals->superfiles += (uint64_t)batch->length;
    totals->rows += sum(schema, batch, "rows");
    totals->bytes += sum(schema, batch, "bytes");
    totals->hot_bytes += sum(schema, batch, "hot_bytes");
}

static void print_totals(const char *table, const struct totals *totals)
{
    struct text out = {0};
    text_format(&out, "\n%s: ", table);
    text_add_count(&out, totals->rows);
    text_add_string(&out, totals->rows == 1 ? " row in " : " rows in ");
    text_add_count(&out, totals->superfiles);
    text_add_string(&out, totals->superfiles == 1 ? " superfile, " : " superfiles, ");
    text_add_bytes(&out, totals->bytes);
    if (totals->rows > 0) {
        text_add_string(&out, ", ");
        text_add_bytes(&out, totals->bytes / totals->rows);
        text_add_string(&out, " per row; ");
        text_add_bytes(&out, totals->hot_bytes);
        text_add_string(&out, " read to open it");
    }
    printf("%s\n", text_cstr(&out));
    text_free(&out);
}

/* Two ids take 64 columns; --json has them. */
static const char *const wide_columns[] = {"first_id", "last_id", NULL};

static int run(struct session *session, const struct parsed *parsed)
{
    struct ArrowArrayStream stream = {0};
    struct totals totals = {0};
    struct printer printer;
    inlay_table *table = NULL;
    inlay_error err;
    inlay_error_init(&err);
    inlay_status status = session_open_table(session, parsed->arguments[0], &table, &err);
    if (status == INLAY_OK) {
        status = inlay_table_superfiles(table, &stream, &err);
    }
    if (status == INLAY_OK) {
        printer_init(&printer, stdout, session->mode);
        printer.hidden = wide_columns;
        printer.observer = add_up;
        printer.observer_context = &totals;
        status = print_stream(&printer, &stream, NULL, &err);
    }
    if (status == INLAY_OK && session->mode == OUTPUT_TABLE) {
        print_totals(parsed->arguments[0], &totals);
    }
    inlay_table_close(table);
    return session_finish(session, status, &err);
}

const struct command command_stats = {
    .name = "stats",
    .arguments = "TABLE",
    .summary = "the superfiles of a table, with totals",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = no_options,
    .description = "Lists the superfiles of a table: key, rows, bytes, row groups, the hot bytes\n"
                   "that one read fetches to open it, with --json and --csv also its first and "
                   "last _id; then the totals.\n",
    .examples = "inlay stats docs\n"
                "inlay stats docs --json\n",
    .run = run,
};
