/* SPDX-License-Identifier: Apache-2.0 */
#include "column_list.h"
#include "session.h"

#include <stdlib.h>

enum { OPT_COLUMNS };

static const struct option_spec options[] = {
    [OPT_COLUMNS] = {"--columns", 0, OPTION_LIST, "NAME[,...]", "columns to show (default: all)"},
    {0},
};

static inlay_status parse_ids(const struct parsed *parsed, inlay_id *ids, inlay_error *err)
{
    inlay_status status = INLAY_OK;
    for (size_t i = 1; status == INLAY_OK && i < parsed->argument_count; i++) {
        status = inlay_id_from_text(parsed->arguments[i], &ids[i - 1], err);
    }
    return status;
}

static inlay_status get_rows(struct session *session, const struct parsed *parsed,
                             const inlay_id *ids, uint64_t *rows, inlay_error *err)
{
    struct ArrowArrayStream stream = {0};
    struct column_list columns;
    struct printer printer;
    inlay_cost cost;
    inlay_table *table = NULL;
    inlay_cost_init(&cost);
    column_list_parse(&parsed->options[OPT_COLUMNS], &columns);
    inlay_status status = session_open_table(session, parsed->arguments[0], &table, err);
    if (status == INLAY_OK) {
        status = inlay_table_get(table, ids, parsed->argument_count - 1, columns.names,
                                 columns.count, &stream, &cost, err);
    }
    if (status == INLAY_OK) {
        printer_init(&printer, stdout,
                     session->mode == OUTPUT_TABLE ? OUTPUT_LINES : session->mode);
        status = print_stream(&printer, &stream, rows, err);
    }
    if (status == INLAY_OK) {
        session_print_cost(session, &cost);
    }
    column_list_free(&columns);
    inlay_table_close(table);
    return status;
}

static int run(struct session *session, const struct parsed *parsed)
{
    uint64_t rows = 0;
    inlay_error err;
    inlay_error_init(&err);
    size_t wanted = parsed->argument_count - 1;
    inlay_id *ids = resize_or_exit(NULL, wanted, sizeof(*ids));
    inlay_status status = parse_ids(parsed, ids, &err);
    if (status == INLAY_OK) {
        status = get_rows(session, parsed, ids, &rows, &err);
    }
    if (status == INLAY_OK && rows < wanted) {
        status = fail(&err, INLAY_NOT_FOUND, "%llu of %zu rows were not found in table %s",
                      (unsigned long long)(wanted - rows), wanted, parsed->arguments[0]);
    }
    free(ids);
    return session_finish(session, status, &err);
}

const struct command command_get = {
    .name = "get",
    .arguments = "TABLE ID...",
    .summary = "rows by their _id",
    .min_arguments = 2,
    .max_arguments = ANY_NUMBER,
    .options = options,
    .description = "Prints rows by _id, in the order given. An id is the decimal number that SQL\n"
                   "and search show, or 32 hex digits. Exit code 3 when one is not there.\n",
    .examples = "inlay get docs 2163926402396430812087205126301696 --columns path,body\n",
    .run = run,
};
