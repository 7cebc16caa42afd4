/* SPDX-License-Identifier: Apache-2.0 */
#include "out/hits.h"
#include "query_limits.h"
#include "query_vector.h"
#include "shown_columns.h"
#include "table_schema.h"

enum {
    OPT_COLUMN,
    OPT_LIKE,
    OPT_K,
    OPT_OFFSET,
    OPT_WITHIN,
    OPT_RECALL,
    OPT_NPROBE,
    OPT_EXACT,
    OPT_CODES_ONLY,
    OPT_FILTER,
    OPT_COLUMNS,
    OPT_TIMEOUT
};

static const struct option_spec options[] = {
    [OPT_COLUMN] = {"--column", 'c', OPTION_TEXT, "NAME",
                    "the column to search (default: the first with a vector index)"},
    [OPT_LIKE] = {"--like", 0, OPTION_TEXT, "ID", "rows like the one with this _id"},
    [OPT_K] = {"--k", 'k', OPTION_NUMBER, "N", "hits to show (default: 10)"},
    [OPT_OFFSET] = {"--offset", 0, OPTION_NUMBER, "N", "hits to skip first"},
    [OPT_WITHIN] = {"--within", 0, OPTION_REAL, "DISTANCE", "only hits at most this far away"},
    [OPT_RECALL] = {"--recall", 0, OPTION_REAL, "SHARE",
                    "the share of the true nearest to find, 0.80 to 0.999 (default: 0.99)"},
    [OPT_NPROBE] = {"--nprobe", 0, OPTION_NUMBER, "N",
                    "look at this many cells, in place of --recall"},
    [OPT_EXACT] = {"--exact", 0, OPTION_FLAG, NULL, "compare with every vector"},
    [OPT_CODES_ONLY] = {"--codes-only", 0, OPTION_FLAG, NULL,
                        "estimate distances from codes, without reading vectors"},
    [OPT_FILTER] = OPTION_SPEC_FILTER,
    [OPT_COLUMNS] = {"--columns", 0, OPTION_LIST, "NAME[,...]", "columns to show with each hit"},
    [OPT_TIMEOUT] = OPTION_SPEC_TIMEOUT,
    {0},
};

struct nearest {
    struct session *session;
    const struct parsed *parsed;
    inlay_table *table;
    struct ArrowSchema schema;
    struct vector_column column;
    struct query_vector vector;
    inlay_id like;
    inlay_filter filter;
    struct shown_columns columns;
    inlay_vector_options options;
    inlay_cost cost;
};

static inlay_status read_vector(struct nearest *n, inlay_error *err)
{
    const struct option_value *like = &n->parsed->options[OPT_LIKE];
    if (!like->set) {
        return query_vector_parse(n->parsed->arguments[1], &n->vector, err);
    }
    inlay_status status = inlay_id_from_text(like->text, &n->like, err);
    n->filter.excluded = &n->like;
    n->filter.excluded_count = 1;
    return status == INLAY_OK
               ? query_vector_of_row(n->table, n->column.name, &n->like, &n->vector, err)
               : status;
}

static void fill_options(struct nearest *n)
{
    const struct option_value *o = n->parsed->options;
    inlay_vector_options_init(&n->options);
    if (o[OPT_K].set) {
        n->options.k = o[OPT_K].number;
    }
    n->options.offset = o[OPT_OFFSET].number;
    n->options.within = o[OPT_WITHIN].set ? 1 : 0;
    n->options.max_distance = (float)o[OPT_WITHIN].real;
    if (o[OPT_RECALL].set) {
        n->options.recall = o[OPT_RECALL].real;
    }
    inlay_filter_init(&n->filter);
    n->filter.where = o[OPT_FILTER].text;
    n->options.filter = &n->filter;
    n->options.timeout_ms = option_ms(&o[OPT_TIMEOUT]);
    n->options.cancel = interrupt_handle();
    n->options.nprobe = option_u32(&o[OPT_NPROBE]);
    n->options.exact = o[OPT_EXACT].set ? 1 : 0;
    n->options.codes_only = o[OPT_CODES_ONLY].set ? 1 : 0;
    shown_columns_choose(n->session, &o[OPT_COLUMNS], &n->schema, &n->columns);
    n->options.columns = n->columns.names;
    n->options.column_count = n->columns.count;
}

static inlay_status search(struct nearest *n, inlay_error *err)
{
    struct ArrowArrayStream stream = {0};
    inlay_status status = session_open_table(n->session, n->parsed->arguments[0], &n->table, err);
    if (status == INLAY_OK) {
        status = inlay_table_schema(n->table, &n->schema, err);
    }
    if (status == INLAY_OK) {
        status =
            vector_column_choose(n->table, n->parsed->options[OPT_COLUMN].text, &n->column, err);
    }
    if (status == INLAY_OK) {
        fill_options(n);
        status = read_vector(n, err);
    }
    if (status == INLAY_OK) {
        status = inlay_vector_search(n->table, n->column.name, n->vector.items, n->vector.count,
                                     &n->options, &stream, &n->cost, err);
    }
    return status == INLAY_OK
               ? session_print_hits(n->session, &stream, n->options.offset + 1, n->column.name, err)
               : status;
}

static int run(struct session *session, const struct parsed *parsed)
{
    struct nearest n = {.session = session, .parsed = parsed};
    inlay_error err;
    if (parsed->options[OPT_LIKE].set == (parsed->argument_count == 2)) {
        return report_misuse(session, &command_nearest, "give either a VECTOR or --like ID");
    }
    inlay_error_init(&err);
    inlay_cost_init(&n.cost);
    interrupt_install();
    inlay_status status = search(&n, &err);
    if (status == INLAY_OK) {
        session_print_cost(session, &n.cost);
    }
    if (n.schema.release) {
        n.schema.release(&n.schema);
    }
    shown_columns_free(&n.columns);
    query_vector_free(&n.vector);
    vector_column_free(&n.column);
    inlay_table_close(n.table);
    return session_finish_filter(session, status, &err, parsed->options[OPT_FILTER].text);
}

const struct command command_nearest = {
    .name = "nearest",
    .arguments = "TABLE [VECTOR]",
    .summary = "the rows whose vectors are nearest to a vector",
    .min_arguments = 1,
    .max_arguments = 2,
    .options = options,
    .description = "Shows the rows whose vectors are nearest, each with its distance: cosine\n"
                   "1 - cos (0 to 2), l2 the Euclidean distance, inner_product the negative "
                   "one.\n" QUERY_VECTOR_HELP,
    .examples = "inlay nearest papers '[0.12,-0.07,0.31]' -k 5\n"
                "inlay nearest papers @query.json --recall 0.95 --cost\n"
                "inlay nearest papers --like 42 --columns _id,title\n"
                "inlay nearest papers @query.json --filter 'year >= 2020'\n",
    .run = run,
};
