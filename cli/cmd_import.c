/* SPDX-License-Identifier: Apache-2.0 */
#include "interrupt.h"
#include "out/json.h"
#include "progress.h"
#include "session.h"
#include "text_index.h"
#include "vector_index.h"

#include <math.h>

enum { OPT_FORMAT, OPT_TEXT, OPT_VECTOR, OPT_COMMIT_SIZE, OPT_PASSAGE, OPT_ENDING, OPT_NO_RESUME };

#define ENDINGS_MAX 64

static const struct option_spec options[] = {
    [OPT_FORMAT] = {"--format", 0, OPTION_TEXT, "FORMAT",
                    "csv, json, ndjson, parquet or text (default: by the name's ending;\n"
                    "a folder is text)"},
    [OPT_TEXT] = {"--text", 0, OPTION_LIST, "COLUMN[:ANALYZER[:STEMMER]]", TEXT_INDEX_HELP},
    [OPT_VECTOR] = {"--vector", 0, OPTION_LIST, "COLUMN[:METRIC[:BITS]]", VECTOR_INDEX_HELP},
    [OPT_COMMIT_SIZE] = {"--commit-size", 0, OPTION_SIZE, "SIZE",
                         "input per commit, which a broken import keeps (default: 256MiB,\nwith "
                         "vector indexes 1GiB)"},
    [OPT_PASSAGE] = {"--passage", 0, OPTION_SIZE, "SIZE",
                     "longest passage that text is split into (default: 1200)"},
    [OPT_ENDING] = {"--ending", 0, OPTION_LIST, ".EXT",
                    "file name endings to take from a folder; repeatable\n"
                    "(default: .txt .md .rst .html .gz and none)"},
    [OPT_NO_RESUME] = {"--no-resume", 0, OPTION_FLAG, NULL,
                       "import everything again, also what an earlier import committed"},
    {0},
};

static void print_json(const char *table, const char *source, const inlay_import_result *r)
{
    struct text out = {0};
    json_object_begin(&out);
    json_member_string(&out, "table", table);
    json_member_string(&out, "source", source);
    json_member_uint(&out, "rows", r->rows);
    json_member_uint(&out, "rows_skipped", r->rows_skipped);
    json_member_uint(&out, "files", r->files);
    json_member_uint(&out, "bytes", r->bytes);
    json_member_uint(&out, "commits", r->commits);
    json_member_uint(&out, "superfiles", r->superfiles);
    json_member_uint(&out, "bytes_written", r->bytes_written);
    json_member_uint(&out, "version", r->version);
    json_member_double(&out, "seconds", round(r->seconds * 1e6) / 1e6);
    json_object_end(&out);
    printf("%s\n", text_cstr(&out));
    text_free(&out);
}

static void print_text(const char *table, const char *source, const inlay_import_result *r)
{
    struct text out = {0};
    if (r->rows == 0 && r->rows_skipped > 0) {
        text_format(&out, "%s: nothing new in %s (", table, source);
        text_add_count(&out, r->rows_skipped);
        text_add_string(&out, " rows are there from an earlier import)");
    } else {
        text_format(&out, "%s: ", table);
        text_add_count(&out, r->rows);
        text_add_string(&out, r->rows == 1 ? " row from " : " rows from ");
        text_add_count(&out, r->files);
        text_format(&out, " %s (", r->files == 1 ? "file" : "files");
        text_add_bytes(&out, r->bytes);
        text_add_string(&out, ") in ");
        text_add_seconds(&out, r->seconds);
        if (r->seconds > 0) {
            text_add_string(&out, ", ");
            text_add_bytes(&out, (uint64_t)((double)r->bytes / r->seconds));
            text_add_string(&out, "/s");
        }
        text_format(&out, "; %llu %s, ", (unsigned long long)r->superfiles,
                    r->superfiles == 1 ? "superfile" : "superfiles");
        text_add_bytes(&out, r->bytes_written);
        text_add_string(&out, " written");
        if (r->rows_skipped > 0) {
            text_add_string(&out, "; ");
            text_add_count(&out, r->rows_skipped);
            text_add_string(&out, " rows were there already");
        }
    }
    printf("%s\n", text_cstr(&out));
    text_free(&out);
}

/* What an import that failed has kept is good to know. */
static void print_kept(const struct session *session, const inlay_import_result *r)
{
    if (session->mode != OUTPUT_JSON && r->rows > 0) {
        fprintf(stderr,
                "  %llu rows were committed before and stay; the same import goes on after them\n",
                (unsigned long long)r->rows);
    }
}

/* What --text and --vector ask for. */
struct import_indexes {
    struct text_indexes texts;
    struct vector_indexes vectors;
};

static void fill_options(const struct parsed *parsed, const struct import_indexes *indexes,
                         const char **endings, inlay_import_options *out)
{
    const struct option_value *o = parsed->options;
    inlay_import_options_init(out);
    out->format = o[OPT_FORMAT].text;
    if (indexes->texts.count > 0) {
        out->text_indexes = indexes->texts.items;
        out->text_index_count = indexes->texts.count;
    }
    out->vector_indexes = indexes->vectors.items;
    out->vector_index_count = indexes->vectors.count;
    if (o[OPT_COMMIT_SIZE].set) {
        out->commit_bytes = o[OPT_COMMIT_SIZE].number;
    }
    if (o[OPT_PASSAGE].set) {
        out->passage_bytes = o[OPT_PASSAGE].number;
    }
    if (o[OPT_ENDING].set) {
        size_t count = o[OPT_ENDING].count < ENDINGS_MAX ? o[OPT_ENDING].count : ENDINGS_MAX;
        for (size_t i = 0; i < count; i++) {
            endings[i] = o[OPT_ENDING].list[i];
        }
        endings[count] = NULL;
        out->endings = endings;
    }
    out->resume = o[OPT_NO_RESUME].set ? 0 : 1;
}

/* Several sources go into the table one after the other. */
static int import_all(struct session *session, const struct parsed *parsed,
                      const struct import_indexes *indexes)
{
    const char *endings[ENDINGS_MAX + 1];
    const char *table = parsed->arguments[0];
    inlay_import_options import_options;
    struct progress progress = {.shown = session->progress};
    inlay_error err;
    inlay_error_init(&err);
    fill_options(parsed, indexes, endings, &import_options);
    import_options.progress = progress_report;
    import_options.progress_context = &progress;
    inlay_status status = session_connect(session, true, &err);
    for (size_t i = 1; status == INLAY_OK && i < parsed->argument_count; i++) {
        const char *source = parsed->arguments[i];
        inlay_import_result result = {.struct_size = sizeof(result)};
        status = inlay_import(session->connection, table, source, &import_options, &result, &err);
        progress_end(&progress);
        if (status != INLAY_OK) {
            int code = report_error(session, &err);
            print_kept(session, &result);
            return code;
        }
        if (session->mode == OUTPUT_JSON) {
            print_json(table, source, &result);
        } else {
            print_text(table, source, &result);
        }
        fflush(stdout);
    }
    return session_finish(session, status, &err);
}

static int run(struct session *session, const struct parsed *parsed)
{
    struct import_indexes indexes = {0};
    struct text problem = {0};
    int code;
    if (!text_indexes_parse(&parsed->options[OPT_TEXT], &indexes.texts, &problem) ||
        !vector_indexes_parse(&parsed->options[OPT_VECTOR], &indexes.vectors, &problem)) {
        code = report_misuse(session, &command_import, "%s", text_cstr(&problem));
    } else {
        interrupt_install();
        code = import_all(session, parsed, &indexes);
    }
    text_indexes_free(&indexes.texts);
    vector_indexes_free(&indexes.vectors);
    text_free(&problem);
    return code;
}

const struct command command_import = {
    .name = "import",
    .arguments = "TABLE SOURCE...",
    .summary = "files, or folders of text, into a table",
    .min_arguments = 2,
    .max_arguments = ANY_NUMBER,
    .options = options,
    .description =
        "Appends the rows of NDJSON, JSON, CSV or Parquet files, or the passages of a\n"
        "folder of text, Markdown and HTML, to a table. A table that does not exist is\n"
        "made from the input, with full-text indexes on its columns of longer text.\n"
        "Rows become visible commit by commit; an import that breaks or is stopped by\n"
        "Ctrl-C keeps what it committed, and the same command goes on after it. An error\n"
        "names the line, column or row.\n",
    .examples = "inlay import docs /usr/share/doc\n"
                "inlay import logs app.ndjson --text message\n"
                "inlay import papers papers.parquet --text abstract:standard:english\n"
                "inlay import chunks chunks.ndjson --text body --vector embedding\n"
                "inlay import notes ~/notes --ending .md --passage 800\n",
    .run = run,
};
