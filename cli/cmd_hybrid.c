/* SPDX-License-Identifier: Apache-2.0 */
#include "query_limits.h"
#include "query_vector.h"
#include "shown_columns.h"
#include "table_schema.h"

#include <string.h>

enum {
    OPT_COLUMN,
    OPT_VECTOR_COLUMN,
    OPT_LIKE,
    OPT_K,
    OPT_OFFSET,
    OPT_ALL,
    OPT_DEPTH,
    OPT_FUSION,
    OPT_RANK_CONSTANT,
    OPT_TEXT_WEIGHT,
    OPT_VECTOR_WEIGHT,
    OPT_RECALL,
    OPT_FILTER,
    OPT_COLUMNS,
    OPT_TIMEOUT
};

static const struct option_spec options[] = {
    [OPT_COLUMN] = {"--column", 'c', OPTION_TEXT, "NAME", "the text column (default: as search)"},
    [OPT_VECTOR_COLUMN] = {"--vector-column", 0, OPTION_TEXT, "NAME",
                           "the vector column (default: the first with a vector index)"},
    [OPT_LIKE] = {"--like", 0, OPTION_TEXT, "ID", "vectors like that of the row with this _id"},
    [OPT_K] = {"--k", 'k', OPTION_NUMBER, "N", "hits to show (default: 10)"},
    [OPT_OFFSET] = {"--offset", 0, OPTION_NUMBER, "N", "hits to skip first"},
    [OPT_ALL] = {"--all", 'a', OPTION_FLAG, NULL, "every word must occur, not just one"},
    [OPT_DEPTH] = {"--depth", 0, OPTION_NUMBER, "N",
                   "hits of each ranking that are fused (default: 10 times k, at least 100)"},
    [OPT_FUSION] = {"--fusion", 0, OPTION_TEXT, "KIND",
                    "rrf: weight / (constant + rank) (default), or normalized: weighted\n"
                    "scores, each ranking's scaled to 0..1"},
    [OPT_RANK_CONSTANT] = {"--rank-constant", 0, OPTION_REAL, "X", "of rrf (default: 60)"},
    [OPT_TEXT_WEIGHT] = {"--text-weight", 0, OPTION_REAL, "X", "of the text ranking (default: 1)"},
    [OPT_VECTOR_WEIGHT] = {"--vector-weight", 0, OPTION_REAL, "X",
                           "of the vector ranking (default: 1)"},
    [OPT_RECALL] = {"--recall", 0, OPTION_REAL, "SHARE",
                    "of the vector ranking, 0.80 to 0.999 (default: 0.99)"},
    [OPT_FILTER] = OPTION_SPEC_FILTER,
    [OPT_COLUMNS] = {"--columns", 0, OPTION_LIST, "NAME[,...]", "columns to show with each hit"},
    [OPT_TIMEOUT] = OPTION_SPEC_TIMEOUT,
    {0},
};

struct hybrid {
    struct session *session;
    const struct parsed *parsed;
    inlay_table *table;
    struct ArrowSchema schema;
    const char *text_column;
    struct vector_column vector_column;
    struct query_vector vector;
    struct shown_columns columns;
    inlay_filter filter;
    inlay_hybrid_options options;
    inlay_cost cost;
};

static inlay_status read_vector(struct hybrid *h, inlay_error *err)
{
    const struct option_value *like = &h->parsed->options[OPT_LIKE];
    inlay_id id;
    if (!like->set) {
        return query_vector_parse(h->parsed->arguments[2], &h->vector, err);
    }
    inlay_status status = inlay_id_from_text(like->text, &id, err);
    return status == INLAY_OK
               ? query_vector_of_row(h->table, h->vector_column.name, &id, &h->vector, err)
               : status;
}

static inlay_status read_fusion(struct hybrid *h, inlay_error *err)
{
    const char *kind = h->parsed->options[OPT_FUSION].text;
    if (!kind || strcmp(kind, "rrf") == 0) {
        h->options.fusion = INLAY_FUSION_RECIPROCAL_RANK;
    } else if (strcmp(kind, "normalized") == 0) {
        h->options.fusion = INLAY_FUSION_NORMALIZED;
    } else {
        return fail(err, INLAY_INVALID_ARGUMENT, "--fusion is rrf or normalized, not \"%s\"", kind);
    }
    return INLAY_OK;
}

static void set_real(const struct option_value *option, double *value)
{
    if (option->set) {
        *value = option->real;
    }
}

static inlay_status fill_options(struct hybrid *h, inlay_error *err)
{
    const struct option_value *o = h->parsed->options;
    inlay_hybrid_options_init(&h->options);
    if (o[OPT_K].set) {
        h->options.k = o[OPT_K].number;
    }
    h->options.offset = o[OPT_OFFSET].number;
    h->options.depth = o[OPT_DEPTH].number;
    inlay_filter_init(&h->filter);
    h->filter.where = o[OPT_FILTER].text;
    h->options.filter = &h->filter;
    h->options.timeout_ms = option_ms(&o[OPT_TIMEOUT]);
    h->options.cancel = interrupt_handle();
    h->options.match_all = o[OPT_ALL].set ? 1 : 0;
    set_real(&o[OPT_RANK_CONSTANT], &h->options.rank_constant);
    set_real(&o[OPT_TEXT_WEIGHT], &h->options.text_weight);
    set_real(&o[OPT_VECTOR_WEIGHT], &h->options.vector_weight);
    set_real(&o[OPT_RECALL], &h->options.recall);
    shown_columns_choose(h->session, &o[OPT_COLUMNS], &h->schema, &h->columns);
    h->options.columns = h->columns.names;
    h->options.column_count = h->columns.count;
    return read_fusion(h, err);
}

static inlay_status open_table(struct hybrid *h, inlay_error *err)
{
    const struct option_value *o = h->parsed->options;
    inlay_status status = session_open_table(h->session, h->parsed->arguments[0], &h->table, err);
    if (status == INLAY_OK) {
        status = inlay_table_schema(h->table, &h->schema, err);
    }
    h->text_column = o[OPT_COLUMN].text;
    if (status == INLAY_OK && !h->text_column) {
        status = table_schema_search_column(h->table, &h->schema, &h->text_column, err);
    }
    return status == INLAY_OK
               ? vector_column_choose(h->table, o[OPT_VECTOR_COLUMN].text, &h->vector_column, err)
               : status;
}

static inlay_status search(struct hybrid *h, inlay_error *err)
{
    struct ArrowArrayStream stream = {0};
    inlay_status status = open_table(h, err);
    if (status == INLAY_OK) {
        status = fill_options(h, err);
    }
    if (status == INLAY_OK) {
        status = read_vector(h, err);
    }
    if (status == INLAY_OK) {
        status = inlay_hybrid_search(h->table, h->text_column, h->parsed->arguments[1],
                                     h->vector_column.name, h->vector.items, h->vector.count,
                                     &h->options, &stream, &h->cost, err);
    }
    return status == INLAY_OK
               ? session_print_hits(h->session, &stream, h->options.offset + 1, h->text_column, err)
               : status;
}

static int run(struct session *session, const struct parsed *parsed)
{
    struct hybrid h = {.session = session, .parsed = parsed};
    inlay_error err;
    if (parsed->options[OPT_LIKE].set == (parsed->argument_count == 3)) {
        return report_misuse(session, &command_hybrid, "give either a VECTOR or --like ID");
    }
    inlay_error_init(&err);
    inlay_cost_init(&h.cost);
    interrupt_install();
    inlay_status status = search(&h, &err);
    if (status == INLAY_OK) {
        session_print_cost(session, &h.cost);
    }
    if (h.schema.release) {
        h.schema.release(&h.schema);
    }
    shown_columns_free(&h.columns);
    query_vector_free(&h.vector);
    vector_column_free(&h.vector_column);
    inlay_table_close(h.table);
    return session_finish_filter(session, status, &err, parsed->options[OPT_FILTER].text);
}

const struct command command_hybrid = {
    .name = "hybrid",
    .arguments = "TABLE QUERY [VECTOR]",
    .summary = "the best rows for a query and a vector together",
    .min_arguments = 2,
    .max_arguments = 3,
    .options = options,
    .description =
        "Ranks rows by BM25 for the query and by distance to the vector, and fuses the\n"
        "two rankings. Each hit shows its place in both. VECTOR is a list of numbers such\n"
        "as [0.1,0.2], @FILE with one in it, or - for standard input; --like ID takes the\n"
        "vector of a stored row instead.\n",
    .examples = "inlay hybrid papers \"sparse attention\" @query.json\n"
                "inlay hybrid papers transformers --like 42 --vector-weight 2 -k 5\n"
                "inlay hybrid papers whale @query.json --filter \"lang IN ('en', 'de')\"\n",
    .run = run,
};
