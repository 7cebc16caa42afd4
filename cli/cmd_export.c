/* SPDX-License-Identifier: Apache-2.0 */
#include "interrupt.h"
#include "out/json.h"
#include "progress.h"
#include "session.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { OPT_TABLE, OPT_FORMAT, OPT_OVERWRITE, OPT_ROW_GROUP };

static const struct option_spec options[] = {
    [OPT_TABLE] = {"--table", 0, OPTION_TEXT, "TABLE", "all rows and columns of a table"},
    [OPT_FORMAT] = {"--format", 0, OPTION_TEXT, "FORMAT",
                    "parquet, csv, tsv, ndjson or arrow (default: by the name's ending:\n"
                    ".parquet .csv .tsv .ndjson .jsonl .arrow .arrows)"},
    [OPT_OVERWRITE] = {"--overwrite", 0, OPTION_FLAG, NULL, "replace a file that exists"},
    [OPT_ROW_GROUP] = {"--row-group", 0, OPTION_SIZE, "SIZE",
                       "of Parquet, compressed (default: 24MiB)"},
    {0},
};

/* A short export needs no progress line. */
#define PROGRESS_SECONDS 1.0

static int report_late(void *context, const inlay_progress *now)
{
    if (now->seconds < PROGRESS_SECONDS) {
        return interrupt_requested() ? 1 : 0;
    }
    return progress_report(context, now);
}

static int write_stdout(void *context, const void *bytes, size_t length)
{
    (void)context;
    errno = 0;
    if (fwrite(bytes, 1, length, stdout) == length) {
        return 0;
    }
    return errno ? errno : EIO;
}

static void add_result_json(struct text *out, const char *path, const inlay_export_result *r)
{
    json_object_begin(out);
    json_member_string(out, "file", path);
    json_member_uint(out, "rows", r->rows);
    json_member_uint(out, "bytes", r->bytes);
    json_member_double(out, "seconds", round(r->seconds * 1e6) / 1e6);
    json_object_end(out);
}

static void add_result_text(struct text *out, const char *path, const inlay_export_result *r)
{
    text_format(out, "%s: ", strcmp(path, "-") == 0 ? "stdout" : path);
    text_add_count(out, r->rows);
    text_add_string(out, r->rows == 1 ? " row, " : " rows, ");
    text_add_bytes(out, r->bytes);
    text_add_string(out, " in ");
    text_add_seconds(out, r->seconds);
}

/* When the rows themselves go to stdout, what was done is said on stderr. */
static void print_result(const struct session *session, const char *path, bool to_stdout,
                         const inlay_export_result *r)
{
    struct text out = {0};
    if (session->mode == OUTPUT_JSON) {
        add_result_json(&out, path, r);
    } else {
        add_result_text(&out, path, r);
    }
    fflush(stdout);
    fprintf(to_stdout ? stderr : stdout, "%s\n", text_cstr(&out));
    text_free(&out);
}

/* Every character of a name stands for itself between quotes, doubled quotes included. */
static void add_table_statement(struct text *out, const char *table)
{
    text_add_string(out, "SELECT * FROM \"");
    for (const char *c = table; *c; c++) {
        text_add_string(out, *c == '"' ? "\"" : "");
        text_add_char(out, *c);
    }
    text_add_char(out, '"');
}

static int export_statement(struct session *session, const struct parsed *parsed, const char *sql,
                            const char *path)
{
    const struct option_value *o = parsed->options;
    bool to_stdout = strcmp(path, "-") == 0;
    struct progress progress = {.shown = session->progress};
    inlay_export_result result = {.struct_size = sizeof(result)};
    inlay_export_options export_options;
    inlay_cost cost;
    inlay_error err;
    inlay_error_init(&err);
    inlay_cost_init(&cost);
    inlay_export_options_init(&export_options);
    export_options.format = o[OPT_FORMAT].text;
    export_options.overwrite = o[OPT_OVERWRITE].set;
    export_options.row_group_bytes = o[OPT_ROW_GROUP].number;
    export_options.write = write_stdout;
    export_options.progress = report_late;
    export_options.progress_context = &progress;
    interrupt_install();
    inlay_status status = session_connect(session, false, &err);
    if (status == INLAY_OK) {
        status = inlay_export(session->connection, sql, NULL, 0, to_stdout ? NULL : path,
                              &export_options, &result, &cost, &err);
        progress_end(&progress);
    }
    if (status != INLAY_OK) {
        return o[OPT_TABLE].set ? report_error(session, &err)
                                : report_sql_error(session, &err, sql);
    }
    print_result(session, path, to_stdout, &result);
    session_print_cost(session, &cost);
    return EXIT_DONE;
}

static int run(struct session *session, const struct parsed *parsed)
{
    const struct option_value *table = &parsed->options[OPT_TABLE];
    const struct option_value *format = &parsed->options[OPT_FORMAT];
    const char *path = parsed->arguments[parsed->argument_count - 1];
    struct text statement = {0};
    int code;
    if (table->set == (parsed->argument_count == 2)) {
        return report_misuse(session, &command_export,
                             table->set ? "give a statement or --table, not both"
                                        : "give a statement and a file, or --table and a file");
    }
    if (strcmp(path, "-") == 0 && (!format->set || strcmp(format->text, "parquet") == 0)) {
        return report_misuse(session, &command_export,
                             format->set ? "Parquet goes to a file, not to stdout"
                                         : "stdout needs a --format: csv, tsv, ndjson or arrow");
    }
    if (table->set) {
        add_table_statement(&statement, table->text);
    } else {
        text_add_string(&statement, parsed->arguments[0]);
    }
    code = export_statement(session, parsed, text_cstr(&statement), path);
    text_free(&statement);
    return code;
}

const struct command command_export = {
    .name = "export",
    .arguments = "[STATEMENT] FILE",
    .summary = "rows of a statement or a table into a file",
    .min_arguments = 1,
    .max_arguments = 2,
    .options = options,
    .description =
        "Writes the rows of a reading statement, or of a whole table with its _id, to a\n"
        "Parquet, CSV, TSV, NDJSON or Arrow IPC stream file; - is stdout. Memory stays\n"
        "bounded. The file appears when it is complete: an export that breaks or is\n"
        "stopped by Ctrl-C leaves nothing. Parquet and Arrow keep every type; in CSV a\n"
        "null is an empty field and an empty string is \"\".\n",
    .examples = "inlay export \"SELECT path, title FROM docs WHERE format = 'md'\" titles.csv\n"
                "inlay export --table docs docs.parquet\n"
                "inlay export --table docs - --format ndjson | gzip > docs.ndjson.gz\n",
    .run = run,
};
