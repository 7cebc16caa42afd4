/* SPDX-License-Identifier: Apache-2.0 */
#include "interrupt.h"
#include "out/json.h"
#include "progress.h"
#include "session.h"

#include <string.h>

struct check {
    const char *what;
    uint64_t superfiles; /* of a table */
    bool is_table;
    bool is_superfile;
    uint64_t rows; /* of a file */
    uint64_t bytes;
    uint64_t checksums;
};

/* Table names hold no dots and no slashes; ./name is always a file. */
static bool is_table_name(const char *text)
{
    return text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")] ==
           '\0';
}

static void print_check(const struct session *session, const struct check *check)
{
    struct text out = {0};
    if (session->mode == OUTPUT_JSON) {
        json_object_begin(&out);
        json_member_string(&out, check->is_table ? "table" : "file", check->what);
        json_member_bool(&out, "intact", true);
        if (check->is_table) {
            json_member_uint(&out, "superfiles", check->superfiles);
        } else {
            json_member_bool(&out, "is_superfile", check->is_superfile);
            json_member_uint(&out, "rows", check->rows);
        }
        json_member_uint(&out, "bytes", check->bytes);
        json_member_uint(&out, "checksums", check->checksums);
        json_object_end(&out);
    } else {
        text_format(&out, "%s: intact (", check->what);
        if (check->is_table) {
            text_add_count(&out, check->superfiles);
            text_add_string(&out, check->superfiles == 1 ? " superfile, " : " superfiles, ");
        } else {
            text_add_string(&out, check->is_superfile ? "a superfile, " : "a Parquet file, ");
            text_add_count(&out, check->rows);
            text_add_string(&out, check->rows == 1 ? " row, " : " rows, ");
        }
        text_add_bytes(&out, check->bytes);
        text_add_string(&out, " read, ");
        text_add_count(&out, check->checksums);
        text_add_string(&out,
                        check->checksums == 1 ? " checksum compared)" : " checksums compared)");
    }
    printf("%s\n", text_cstr(&out));
    text_free(&out);
}

static inlay_status verify_table(struct session *session, struct check *check, inlay_error *err)
{
    inlay_verify_result result = {.struct_size = sizeof(result)};
    struct progress progress = {.shown = session->progress};
    inlay_table *table = NULL;
    interrupt_install();
    inlay_status status = session_open_table(session, check->what, &table, err);
    if (status == INLAY_OK) {
        status = inlay_table_verify(table, progress_report, &progress, &result, err);
        progress_end(&progress);
    }
    inlay_table_close(table);
    check->superfiles = result.superfiles;
    check->bytes = result.bytes;
    check->checksums = result.checksums;
    return status;
}

static inlay_status verify_file(struct check *check, inlay_error *err)
{
    inlay_file_check result = {.struct_size = sizeof(result)};
    inlay_status status = inlay_verify_file(check->what, &result, err);
    check->is_superfile = result.is_superfile != 0;
    check->rows = result.rows;
    check->bytes = result.bytes;
    check->checksums = result.checksums;
    return status;
}

static int run(struct session *session, const struct parsed *parsed)
{
    struct check check = {.what = parsed->arguments[0]};
    inlay_error err;
    inlay_error_init(&err);
    check.is_table = is_table_name(check.what);
    inlay_status status =
        check.is_table ? verify_table(session, &check, &err) : verify_file(&check, &err);
    if (status == INLAY_OK) {
        print_check(session, &check);
    }
    return session_finish(session, status, &err);
}

const struct command command_verify = {
    .name = "verify",
    .arguments = "TABLE|FILE",
    .summary = "compare every checksum of a table or file",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = no_options,
    .description =
        "Reads everything that the current version of a table names, or one Parquet file,\n"
        "and compares every checksum. The first difference is an error that names the\n"
        "object and the offset, with exit code 5. A name with a dot or a slash is a file\n"
        "(./docs is the file, docs the table).\n",
    .examples = "inlay verify docs\n"
                "inlay verify ./part.parquet\n",
    .run = run,
};
