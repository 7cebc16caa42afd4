/* SPDX-License-Identifier: Apache-2.0 */
#include "out/json.h"
#include "out/type_name.h"
#include "session.h"
#include "text_index.h"
#include "vector_index.h"

enum { OPT_COLUMN, OPT_TEXT, OPT_VECTOR };

static const struct option_spec options[] = {
    [OPT_COLUMN] = {"--column", 0, OPTION_LIST, "NAME:TYPE[,...]",
                    "columns of the table; a final ! forbids nulls; repeatable"},
    [OPT_TEXT] = {"--text", 0, OPTION_LIST, "COLUMN[:ANALYZER[:STEMMER]]", TEXT_INDEX_HELP},
    [OPT_VECTOR] = {"--vector", 0, OPTION_LIST, "COLUMN[:METRIC[:BITS]]", VECTOR_INDEX_HELP},
    {0},
};

static void print_created(const struct session *session, const char *table, size_t columns)
{
    struct text out = {0};
    if (session->mode == OUTPUT_JSON) {
        json_object_begin(&out);
        json_member_string(&out, "table", table);
        json_member_uint(&out, "columns", columns);
        json_object_end(&out);
        printf("%s\n", text_cstr(&out));
    } else {
        printf("created %s with %zu %s\n", table, columns, columns == 1 ? "column" : "columns");
    }
    text_free(&out);
}

static int create(struct session *session, const struct parsed *parsed, struct ArrowSchema *schema,
                  const struct text_indexes *texts, const struct vector_indexes *vectors)
{
    inlay_error err;
    inlay_table_options table_options;
    inlay_error_init(&err);
    inlay_table_options_init(&table_options);
    table_options.text_indexes = texts->items;
    table_options.text_index_count = texts->count;
    table_options.vector_indexes = vectors->items;
    table_options.vector_index_count = vectors->count;
    inlay_status status = session_connect(session, true, &err);
    if (status == INLAY_OK) {
        status = inlay_create_table(session->connection, parsed->arguments[0], schema,
                                    &table_options, NULL, &err);
    }
    if (status == INLAY_OK) {
        print_created(session, parsed->arguments[0], (size_t)schema->n_children);
    }
    return session_finish(session, status, &err);
}

static int run(struct session *session, const struct parsed *parsed)
{
    struct ArrowSchema schema = {0};
    struct text_indexes texts = {0};
    struct vector_indexes vectors = {0};
    struct text problem = {0};
    const struct option_value *columns = &parsed->options[OPT_COLUMN];
    int code;
    if (!type_parse_columns(columns->list, columns->count, &schema, &problem) ||
        !text_indexes_parse(&parsed->options[OPT_TEXT], &texts, &problem) ||
        !vector_indexes_parse(&parsed->options[OPT_VECTOR], &vectors, &problem)) {
        code = report_misuse(session, &command_create, "%s", text_cstr(&problem));
    } else {
        code = create(session, parsed, &schema, &texts, &vectors);
    }
    if (schema.release) {
        schema.release(&schema);
    }
    text_indexes_free(&texts);
    vector_indexes_free(&vectors);
    text_free(&problem);
    return code;
}

const struct command command_create = {
    .name = "create",
    .arguments = "TABLE",
    .summary = "make an empty table (import makes one by itself)",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = options,
    .description =
        "Makes an empty table. A column _id, ordered by creation time, is added. Types:\n"
        "utf8, bool, int8 to int64, uint8 to uint64, float32, float64, binary, date,\n"
        "time, timestamp (milliseconds, UTC), timestamp[us], decimal(10,2), binary(16),\n"
        "list<TYPE>, TYPE[N] (a fixed number of values, such as float32[384]).\n",
    .examples = "inlay create notes --column title:utf8,body:utf8,year:int32 --text body\n"
                "inlay create papers --column 'doi:utf8!' --column body:utf8 "
                "--text body:standard:english\n"
                "inlay create chunks --column body:utf8,embedding:float32[384] --text body "
                "--vector embedding\n",
    .run = run,
};
