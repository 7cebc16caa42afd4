/* SPDX-License-Identifier: Apache-2.0 */
#include "out/json.h"
#include "session.h"
#include "table_schema.h"

enum { OPT_COLUMN, OPT_K, OPT_RECALL, OPT_NPROBE, OPT_CODES_ONLY, OPT_SAMPLES };

static const struct option_spec options[] = {
    [OPT_COLUMN] = {"--column", 'c', OPTION_TEXT, "NAME",
                    "the column to search (default: the first with a vector index)"},
    [OPT_K] = {"--k", 'k', OPTION_NUMBER, "N", "nearest rows that are asked for (default: 10)"},
    [OPT_RECALL] = {"--recall", 0, OPTION_REAL, "SHARE",
                    "the recall to ask for, 0.80 to 0.999 (default: 0.99)"},
    [OPT_NPROBE] = {"--nprobe", 0, OPTION_NUMBER, "N",
                    "look at this many cells, in place of --recall"},
    [OPT_CODES_ONLY] = {"--codes-only", 0, OPTION_FLAG, NULL,
                        "estimate distances from codes, without reading vectors"},
    [OPT_SAMPLES] = {"--samples", 0, OPTION_NUMBER, "N", "rows to search for (default: 200)"},
    {0},
};

static void print_json(const char *column, const inlay_vector_options *asked,
                       const inlay_recall_result *r)
{
    struct text out = {0};
    json_object_begin(&out);
    json_member_string(&out, "column", column);
    json_member_uint(&out, "k", asked->k);
    json_member_uint(&out, "queries", r->queries);
    json_member_double(&out, "recall", r->recall);
    json_member_double(&out, "least_recall", r->least_recall);
    json_member_double(&out, "cells_probed", r->cells_probed);
    json_member_double(&out, "rows_compared", r->rows_compared);
    json_member_double(&out, "search_seconds", r->search_seconds);
    json_member_double(&out, "exact_seconds", r->exact_seconds);
    json_object_end(&out);
    printf("%s\n", text_cstr(&out));
    text_free(&out);
}

static void print_text(const char *column, const inlay_vector_options *asked,
                       const inlay_recall_result *r)
{
    struct text out = {0};
    text_format(&out, "recall@%llu of column %s: %.4f over ", (unsigned long long)asked->k, column,
                r->recall);
    text_add_count(&out, r->queries);
    text_format(&out, " stored rows (least %.2f)\n", r->least_recall);
    text_format(&out, "a search looks at %.1f cells, compares %.0f stored vectors, and takes ",
                r->cells_probed, r->rows_compared);
    text_add_seconds(&out, r->search_seconds);
    text_add_string(&out, "; an exact one takes ");
    text_add_seconds(&out, r->exact_seconds);
    printf("%s\n", text_cstr(&out));
    text_free(&out);
}

static inlay_status measure(struct session *session, const struct parsed *parsed, inlay_error *err)
{
    const struct option_value *o = parsed->options;
    struct vector_column column = {0};
    inlay_vector_options wanted;
    inlay_recall_result result = {.struct_size = sizeof(result)};
    inlay_table *table = NULL;
    inlay_vector_options_init(&wanted);
    if (o[OPT_K].set) {
        wanted.k = o[OPT_K].number;
    }
    if (o[OPT_RECALL].set) {
        wanted.recall = o[OPT_RECALL].real;
    }
    wanted.nprobe = option_u32(&o[OPT_NPROBE]);
    wanted.codes_only = o[OPT_CODES_ONLY].set ? 1 : 0;
    inlay_status status = session_open_table(session, parsed->arguments[0], &table, err);
    if (status == INLAY_OK) {
        status = vector_column_choose(table, o[OPT_COLUMN].text, &column, err);
    }
    if (status == INLAY_OK) {
        status =
            inlay_measure_recall(table, column.name, &wanted, o[OPT_SAMPLES].number, &result, err);
    }
    if (status == INLAY_OK && session->mode == OUTPUT_JSON) {
        print_json(column.name, &wanted, &result);
    } else if (status == INLAY_OK) {
        print_text(column.name, &wanted, &result);
    }
    vector_column_free(&column);
    inlay_table_close(table);
    return status;
}

static int run(struct session *session, const struct parsed *parsed)
{
    inlay_error err;
    inlay_error_init(&err);
    inlay_status status = measure(session, parsed, &err);
    return session_finish(session, status, &err);
}

const struct command command_recall = {
    .name = "recall",
    .arguments = "TABLE",
    .summary = "how much of the truth vector searches of a table find",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = options,
    .description =
        "Searches for vectors that the table holds, with the index and by comparing with\n"
        "every vector, and tells which share of the true nearest rows the index found.\n",
    .examples = "inlay recall papers\n"
                "inlay recall papers -k 100 --recall 0.95 --samples 1000\n",
    .run = run,
};
